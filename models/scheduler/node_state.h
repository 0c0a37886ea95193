/// @file
/// What the scheduler knows of one node: its size, and what its pods have reserved.
///
/// Source: Kubernetes pkg/scheduler/framework (NodeInfo).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "models/api/objects.h"

namespace orrery::scheduler {

/// A port of the node's own address.
struct HostPort {
  std::int32_t port = 0;
  std::string protocol;
  std::string ip;  ///< "0.0.0.0": all addresses of the node.

  friend auto operator<=>(const HostPort&, const HostPort&) = default;
};

/// Requests of a pod in the two forms that plug-ins count.
struct PodDemand {
  api::PodResources requests;  ///< As given; absent is 0.
  api::PodResources assumed;   ///< Absent is 100m of CPU and 200 MiB of memory, per container.
  std::vector<HostPort> host_ports;

  friend bool operator==(const PodDemand&, const PodDemand&) = default;
};

/// Source: Kubernetes pkg/scheduler/util/pod_resources.go (DefaultMilliCPURequest and
/// DefaultMemoryRequest).
[[nodiscard]] PodDemand demand_of(const api::PodSpec& spec);

/// The numbers that every cycle reads of every node stand first and by value.
struct NodeState {
  const api::Node* node = nullptr;  ///< Null: gone, though pods still name it.
  std::int64_t cpu_milli = 0;       ///< Allocatable.
  std::int64_t memory_bytes = 0;
  std::int64_t pods_max = 0;
  std::int64_t requested_cpu_milli = 0;  ///< Sum of requests.
  std::int64_t requested_memory_bytes = 0;
  std::int64_t assumed_cpu_milli = 0;  ///< Sum of requests with defaults.
  std::int64_t assumed_memory_bytes = 0;
  std::int64_t pod_count = 0;
  std::uint32_t version = 0;      ///< Moves whenever anything of it does.
  bool repels = false;            ///< Unschedulable, or a taint NoSchedule or NoExecute.
  bool is_second_choice = false;  ///< A taint PreferNoSchedule.
  std::map<std::string, std::int64_t> requested_extended;
  std::map<HostPort, int> host_ports;  ///< Taken: by how many pods.

  /// Takes over size and taints. `changed` must outlive the state or its next set_node.
  void set_node(const api::Node* changed);
  void add(const PodDemand& demand);
  /// Requires: added before.
  void remove(const PodDemand& demand);

  /// Whether one of the ports is taken. An address of the node conflicts with all of them.
  [[nodiscard]] bool has_conflict(const std::vector<HostPort>& wanted) const;
};

}  // namespace orrery::scheduler
