/// @file
/// What the scheduler knows of a node: the node itself and what its pods have reserved.
///
/// Source: Kubernetes pkg/scheduler/framework (NodeInfo).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "models/api/objects.h"

namespace orrery::scheduler {

/// Requests of a pod in the two forms that plug-ins count.
struct PodDemand {
  api::PodResources requests;  ///< As given; absent is 0.
  api::PodResources assumed;   ///< Absent is 100m of CPU and 200 MiB of memory, per container.
  std::vector<std::pair<std::int32_t, std::string>> host_ports;  ///< Number and protocol.

  friend bool operator==(const PodDemand&, const PodDemand&) = default;
};

/// Source: Kubernetes pkg/scheduler/util/pod_resources.go (DefaultMilliCPURequest and
/// DefaultMemoryRequest).
[[nodiscard]] PodDemand demand_of(const api::PodSpec& spec);

struct NodeState {
  const api::Node* node = nullptr;
  api::PodResources requested;  ///< Sum of requests.
  api::PodResources assumed;    ///< Sum of requests with defaults.
  std::int64_t pod_count = 0;
  std::map<std::pair<std::int32_t, std::string>, int> host_ports;  ///< Taken: by how many pods.

  void add(const PodDemand& demand);
  /// Requires: added before.
  void remove(const PodDemand& demand);
};

}  // namespace orrery::scheduler
