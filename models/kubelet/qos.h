/// @file
/// What a pod's requests and limits mean to the kernel of its node.
///
/// Source: Kubernetes pkg/kubelet/qos/policy.go (1.32), pkg/kubelet/cm/helpers_linux.go,
/// opencontainers cgroups (weight from shares).
#pragma once

#include <cstdint>

#include "models/api/pod.h"
#include "models/base/time_types.h"

namespace orrery::kubelet {

/// Priority class system-node-critical: among the last to be killed.
[[nodiscard]] bool is_node_critical(const api::PodSpec& spec);

/// Priority of the system classes (2,000,000,000 and more): never evicted by the kubelet.
[[nodiscard]] bool is_critical(const api::PodSpec& spec);

/// How readily the kernel kills the container when memory is out, [-997, 1000]; highest first.
/// `container` is one of the pod's. Requires: node_memory_bytes > 0.
[[nodiscard]] std::int32_t oom_score_adj(const api::PodSpec& spec, const api::Container& container,
                                         std::int64_t node_memory_bytes);

/// CPU shares (cgroup v1) of a request [1/1000 core], in [2, 262144]; none counts as 0.
[[nodiscard]] std::int64_t cpu_shares(std::int64_t request_milli);

/// The cgroup v2 weight of CPU shares, in [1, 10000].
[[nodiscard]] std::int64_t cpu_weight(std::int64_t shares);

inline constexpr Duration kCpuPeriod = Duration::milliseconds(100);

/// The CPU time that a limit [1/1000 core] allows per period: at least 1 ms; 0 for no limit.
[[nodiscard]] Duration cpu_quota(std::int64_t limit_milli, Duration period = kCpuPeriod);

}  // namespace orrery::kubelet
