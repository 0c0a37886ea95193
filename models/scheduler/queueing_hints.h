/// @file
/// Which events may let a rejected pod fit: by the type of the event alone, or by what changed.
///
/// Source: Kubernetes EventsToRegister and queueing hints of pkg/scheduler/framework/plugins;
/// eventhandlers.go (preCheckForNode); feature gate SchedulerQueueingHints, on since 1.32.
#pragma once

#include <cstdint>

#include "models/scheduler/cluster_state.h"
#include "models/scheduler/plugins.h"

namespace orrery::scheduler {

/// Kinds of events; one change may be several.
namespace event_kind {
inline constexpr std::uint32_t kNodeAdded = 1U << 0;
inline constexpr std::uint32_t kNodeRemoved = 1U << 1;
inline constexpr std::uint32_t kNodeLabels = 1U << 2;
inline constexpr std::uint32_t kNodeTaints = 1U << 3;  ///< Or its unschedulable flag.
inline constexpr std::uint32_t kNodeAllocatable = 1U << 4;
inline constexpr std::uint32_t kPodAssigned = 1U << 5;
inline constexpr std::uint32_t kPodLabels = 1U << 6;  ///< Of an assigned pod.
inline constexpr std::uint32_t kPodGone = 1U << 7;    ///< An assigned pod.
inline constexpr std::uint32_t kClaim = 1U << 8;
inline constexpr std::uint32_t kVolume = 1U << 9;
inline constexpr std::uint32_t kStorageClass = 1U << 10;
}  // namespace event_kind

/// Pointers are set as far as the event has such an object, and live as long as the event.
struct ClusterEvent {
  std::uint32_t kinds = 0;
  const api::Node* node_before = nullptr;
  const api::Node* node_after = nullptr;
  const api::Pod* pod_before = nullptr;
  const api::Pod* pod_after = nullptr;
  const api::PersistentVolumeClaim* claim = nullptr;
};

/// How two versions of a node differ in what filters look at.
[[nodiscard]] std::uint32_t node_changes(const api::Node& before, const api::Node& after);

/// Kinds of events that a filter registers for.
[[nodiscard]] std::uint32_t events_of(FilterPlugin plugin);

/// A rejected pod and what is known of the cluster.
struct WaitingPod {
  const api::Pod& pod;
  const PodShape& shape;
  FilterSet rejected_by;
};

/// Up to 1.31: one of the filters that rejected the pod registers for the event; for a node's
/// taints, if it registers for new nodes (kubernetes/kubernetes#122292). A new or changed node must
/// have room for the pod, and an assigned pod must match its required affinity.
[[nodiscard]] bool worth_by_type(const WaitingPod& waiting, const ClusterEvent& event,
                                 const ClusterState& state);

/// From 1.32: one of the filters that rejected the pod finds that the change may help it.
[[nodiscard]] bool worth_by_hint(const WaitingPod& waiting, const ClusterEvent& event,
                                 const ClusterState& state);

/// The same for a change of the waiting pod itself.
[[nodiscard]] bool own_change_is_worth(const api::Pod& before, const api::Pod& after,
                                       FilterSet rejected_by, bool hints);

}  // namespace orrery::scheduler
