/// @file
/// What Orrery says to a container runtime about a pod, and what the runtime's answers mean.
///
/// Pure functions between our values and CRI's messages. Labels and annotations follow the kubelet
/// where it has a name for the thing, so that tools that read a kubelet's containers read ours.
///
/// Source: Kubernetes kubelet, pkg/kubelet/kuberuntime (labels.go, kuberuntime_sandbox.go,
/// kuberuntime_container_linux.go, pkg/kubelet/cm/helpers_linux.go).
#pragma once

#include <grpcpp/support/status.h>

#include <map>
#include <string>

#include "models/api/pod.h"
#include "models/ports/container_runtime.h"
#include "real-backend/cri/containerd_runtime.h"
#include "real-backend/cri/runtime.pb.h"

namespace orrery::cri {

inline constexpr char kManagedByLabel[] = "app.kubernetes.io/managed-by";
inline constexpr char kManagedByOrrery[] = "orrery";
inline constexpr char kNodeLabel[] = "orrery.node";
inline constexpr char kPodNameLabel[] = "io.kubernetes.pod.name";
inline constexpr char kPodNamespaceLabel[] = "io.kubernetes.pod.namespace";
inline constexpr char kPodUidLabel[] = "io.kubernetes.pod.uid";
inline constexpr char kContainerNameLabel[] = "io.kubernetes.container.name";
/// The Pod as JSON. An annotation, because containerd refuses labels of more than 4096 bytes.
inline constexpr char kPodAnnotation[] = "orrery.pod";

/// What every sandbox and container of this node carries: the selector of a list.
[[nodiscard]] std::map<std::string, std::string> selector_of(const ContainerdNode& node);

/// The sandbox of `pod`. Its identity at the runtime is (name, namespace, uid, attempt).
[[nodiscard]] runtime::v1::PodSandboxConfig sandbox_config(const api::Object& pod,
                                                           const ContainerdNode& node,
                                                           std::uint32_t attempt);

/// The container that `call` (CreateContainer) asks for. Requires: the pod has that container.
[[nodiscard]] runtime::v1::ContainerConfig container_config(const ports::RuntimeCall& call,
                                                            const ContainerdNode& node);

/// CPU and memory as the kubelet sets them with cgroup v1. Shares come from the request, or from
/// the limit if there is no request: 1024 per core, at least 2. The quota is the limit per 100 ms,
/// at least 1 ms. Absent limits are 0: none.
[[nodiscard]] runtime::v1::LinuxContainerResources resources_of(const api::Container& container);

/// Whole seconds, rounded up: CRI's unit for time-outs.
[[nodiscard]] std::int64_t ceil_seconds(Duration duration);

/// What the end of a CRI call means.
///
/// A call that changes something and may have been received before the connection or the deadline
/// ended it is Unknown; a call that only looks is Unreachable. containerd reports most refusals as
/// status UNKNOWN with a text: Refused.
[[nodiscard]] ports::Outcome outcome_of(ports::RuntimeVerb verb, const grpc::Status& status);

}  // namespace orrery::cri
