/// @file
/// Every number the cluster autoscaler lives by, and the groups of nodes it works on.
///
/// Source: kubernetes/autoscaler cluster-autoscaler, the flags of main.go (1.30) unless a file is
/// named.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "models/api/objects.h"

namespace orrery::controllers {

/// Which of the groups that would help is made larger. Ties are drawn.
enum class Expander : std::uint8_t {
  Random,
  MostPods,    ///< Where most pods find a place.
  LeastWaste,  ///< Where the least share of CPU and memory is left over.
  Priority,    ///< Of the highest priority; groups without one only where none has any.
};
inline constexpr std::array<const char*, 4> kExpanderNames{"random", "most-pods", "least-waste",
                                                           "priority"};
[[nodiscard]] inline const char* to_string(Expander expander) {
  return kExpanderNames.at(static_cast<std::size_t>(expander));
}

struct ClusterAutoscalerConfig {
  Duration scan_interval = Duration::seconds(10);  ///< --scan-interval

  // Scale-up.
  Duration new_pod_scale_up_delay = Duration{};  ///< --new-pod-scale-up-delay
  /// While all pods that need help are younger, nothing is done (static_autoscaler.go
  /// unschedulablePodTimeBuffer).
  Duration very_new_pod = Duration::seconds(2);
  std::int32_t expendable_priority = -10;  ///< --expendable-pods-priority-cutoff
  Expander expander = Expander::Random;    ///< --expander; least-waste from 1.33 (autoscaler#7631)
  std::int32_t nodes_total_max = 0;  ///< Of the whole cluster; 0: no limit (--max-nodes-total).
  std::int32_t nodes_per_scale_up_max = 1000;                ///< --max-nodes-per-scaleup
  Duration max_node_provision_time = Duration::minutes(15);  ///< --max-node-provision-time
  Duration max_node_startup_time = Duration::minutes(15);    ///< clusterstate.go MaxNodeStartupTime
  Duration group_backoff_initial = Duration::minutes(5);  ///< --initial-node-group-backoff-duration
  Duration group_backoff_max = Duration::minutes(30);     ///< --max-node-group-backoff-duration
  Duration group_backoff_reset = Duration::minutes(180);  ///< --node-group-backoff-reset-timeout
  std::int32_t ok_total_unready_count = 3;                ///< --ok-total-unready-count
  std::int32_t max_total_unready_percentage = 45;         ///< --max-total-unready-percentage

  // Scale-down.
  /// A node is looked at when the larger of its requested shares of CPU and memory is below this
  /// [percent] (--scale-down-utilization-threshold).
  std::int32_t utilization_threshold = 50;
  Duration scale_down_unneeded_time = Duration::minutes(10);    ///< --scale-down-unneeded-time
  Duration scale_down_unready_time = Duration::minutes(20);     ///< --scale-down-unready-time
  Duration scale_down_delay_after_add = Duration::minutes(10);  ///< --scale-down-delay-after-add
  Duration scale_down_delay_after_failure =
      Duration::minutes(3);                                  ///< --scale-down-delay-after-failure
  Duration unremovable_recheck = Duration::minutes(5);       ///< --unremovable-node-recheck-timeout
  std::int32_t scale_down_parallelism = 10;                  ///< --max-scale-down-parallelism
  std::int32_t drain_parallelism = 1;                        ///< --max-drain-parallelism
  std::int32_t soft_taints_max = 10;                         ///< --max-bulk-soft-taint-count
  Duration delete_delay_after_taint = Duration::seconds(5);  ///< --node-delete-delay-after-taint
  Duration max_graceful_termination = Duration::seconds(600);  ///< --max-graceful-termination-sec
  Duration max_pod_eviction_time = Duration::minutes(2);       ///< --max-pod-eviction-time
  Duration eviction_retry = Duration::seconds(10);  ///< actuation/drain.go DefaultEvictionRetryTime
  Duration eviction_headroom =
      Duration::seconds(30);                  ///< actuation/drain.go DefaultPodEvictionHeadroom
  Duration gone_poll = Duration::seconds(5);  ///< actuation/drain.go, waiting for pods to go
};

/// Nodes of one kind, of which the cloud has more or fewer running.
struct NodeGroup {
  std::string name;
  std::int32_t min = 0;
  std::int32_t max = 0;
  /// As the ConfigMap cluster-autoscaler-priority-expander gives it; absent: it is not in there.
  std::optional<std::int32_t> priority;
  api::Node node;  ///< What each of them is, as its kubelet would register it.
};

/// The group of a node, and of a machine of the cloud.
inline constexpr const char* kNodeGroupLabel = "node-group";

}  // namespace orrery::controllers
