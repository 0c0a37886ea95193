/// @file
/// What a pod's volumes ask of its node, and which volume or class serves a claim that waits for
/// its first consumer.
///
/// Source: Kubernetes pkg/scheduler/framework/plugins (volumebinding, volumezone,
/// volumerestrictions, nodevolumelimits).
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "models/controllers/informer.h"
#include "models/scheduler/cluster_state.h"
#include "models/scheduler/plugins.h"

namespace orrery::scheduler {

/// Written to a claim by the scheduler: its volume is to be made for this node.
inline constexpr const char* kSelectedNodeAnnotation = "volume.kubernetes.io/selected-node";
/// Allocatable of a node: how many volumes of one provisioner it can have attached.
inline constexpr const char* kAttachLimitPrefix = "attachable-volumes-csi-";

/// Decided, but not yet seen to be done.
struct VolumeAssumptions {
  std::set<std::string> volumes;               ///< Reserved for a claim.
  std::map<PodName, std::string> claim_nodes;  ///< Where a claim (by its name) is provisioned.
};

/// The scheduler's copies of the storage kinds. They must outlive it.
struct VolumeCaches {
  const controllers::Informer& claims;
  const controllers::Informer& volumes;
  const controllers::Informer& classes;
  const VolumeAssumptions& assumptions;
};

/// A claim without a volume whose class waits for a pod.
struct WaitingClaim {
  const api::PersistentVolumeClaim* claim = nullptr;
  bool can_be_provisioned = false;
  std::string selected_node;  ///< Where it is being provisioned; empty: nowhere yet.
};

/// The volumes of one pod, as they are now.
struct PodVolumes {
  std::string obstacle;  ///< Why no node will do; empty: some may.
  FilterPlugin obstacle_of = FilterPlugin::VolumeBinding;
  std::vector<const api::PersistentVolume*> bound;
  std::vector<WaitingClaim> waiting;
  std::vector<std::string> exclusive;  ///< Claims ReadWriteOncePod: "namespace/name".
};
[[nodiscard]] PodVolumes volumes_of(const api::Pod& pod, const VolumeCaches& caches);

/// The smallest free volume that serves the claim on the node and is not `taken`; nullptr: none.
[[nodiscard]] const api::PersistentVolume* volume_for(const api::PersistentVolumeClaim& claim,
                                                      const api::Node& node,
                                                      const std::set<std::string>& taken,
                                                      const VolumeCaches& caches);

/// Every waiting claim finds a volume, or can be provisioned, on the node.
[[nodiscard]] bool can_bind_on(const PodVolumes& volumes, const api::Node& node,
                               const VolumeCaches& caches);

/// The bound volumes can be reached from the node.
[[nodiscard]] bool reachable_from(const PodVolumes& volumes, const api::Node& node);

/// The zone labels of the bound volumes, if any, name the node's zone.
[[nodiscard]] bool in_zone_of(const PodVolumes& volumes, const api::Node& node);

/// With the pod's volumes, no provisioner has more volumes on the node than it can have attached.
[[nodiscard]] bool within_attach_limits(const PodVolumes& volumes, const NodeState& node,
                                        std::span<PlacedPod* const> pods,
                                        const VolumeCaches& caches);

}  // namespace orrery::scheduler
