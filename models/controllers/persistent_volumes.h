/// @file
/// Which volume belongs to which claim: binding, making volumes on demand, what becomes of a volume
/// whose claim is gone.
///
/// Source: Kubernetes pkg/controller/volume/persistentvolume (pv_controller.go, index.go),
/// pkg/controller/volume/pvcprotection and pvprotection; external-provisioner of the CSI project.
#pragma once

#include <optional>
#include <vector>

#include "models/api/objects.h"
#include "models/controllers/plan.h"

namespace orrery::controllers {

/// How long the storage takes. Not of Kubernetes: a scenario may say other values.
struct StorageTimes {
  Duration provision = Duration::seconds(5);  ///< From asking for a volume until there is one.
  Duration remove = Duration::seconds(5);     ///< From the release of a volume until it is gone.
  Duration resize = Duration::seconds(5);     ///< From a larger request until there is room.
  Duration attach = Duration::seconds(10);
  Duration detach = Duration::seconds(2);
};

/// Whether a node can reach the volume.
[[nodiscard]] bool reaches(const api::PersistentVolume& volume, const api::Node& node);

/// The volume for a claim: one made for it before all others, then the smallest that is large
/// enough, of the same class and volume mode, with all its access modes and labels; among equals
/// the first by name. With `node`, only what that node reaches. With `delayed` and no node, only
/// one made for the claim. Nullptr if there is none.
[[nodiscard]] const api::PersistentVolume* find_volume_for(
    const api::PersistentVolumeClaim& claim,
    const std::vector<const api::PersistentVolume*>& volumes, const api::Node* node, bool delayed);

/// What the controller sees of a claim. Pointers are read during the call.
struct ClaimView {
  const api::PersistentVolumeClaim* claim = nullptr;
  const api::StorageClass* storage_class = nullptr;  ///< The claim's; null: there is none.
  const api::StorageClass* default_class = nullptr;
  std::vector<const api::PersistentVolume*> volumes;
  const api::Node* first_consumer = nullptr;  ///< Where the first pod goes, once that is known.
  bool in_use = false;                        ///< A pod that has a node refers to it.
  std::optional<Instant> asked_since;         ///< For a volume, or for more room.
};

struct ClaimPlan {
  Plan plan;
  bool asks = false;  ///< The storage is working for it.
};

/// Binds, asks for a volume, grows, notices a loss, and lets go of a deleted claim that nobody
/// uses.
[[nodiscard]] ClaimPlan reconcile_claim(const ClaimView& view, const StorageTimes& times,
                                        Instant now);

struct VolumeView {
  const api::PersistentVolume* volume = nullptr;
  const api::PersistentVolumeClaim* claim = nullptr;  ///< Of its claimRef's name; null: none.
  bool attached = false;                              ///< To any node, or about to be.
  std::optional<Instant> released_since;
};

struct VolumePlan {
  Plan plan;
  bool released = false;
};

/// Says whether the volume is free, bound or released; deletes a released one that was made on
/// demand with reclaim policy Delete, once it is attached nowhere.
[[nodiscard]] VolumePlan reconcile_volume(const VolumeView& view, const StorageTimes& times,
                                          Instant now);

}  // namespace orrery::controllers
