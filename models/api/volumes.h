/// @file
/// Volumes that outlive pods: claims, volumes, classes, attachments.
///
/// Source: Kubernetes core/v1 (PersistentVolume, PersistentVolumeClaim), storage/v1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/api/meta.h"
#include "models/api/pod.h"

namespace orrery::api {

/// On a claim: the node its first pod goes to, set by the scheduler.
inline constexpr const char* kSelectedNodeAnnotation = "volume.kubernetes.io/selected-node";
/// On a claim: who is asked to make a volume for it.
inline constexpr const char* kProvisionerAnnotation = "volume.kubernetes.io/storage-provisioner";
/// On a volume: who made it, and can therefore delete it.
inline constexpr const char* kProvisionedByAnnotation = "pv.kubernetes.io/provisioned-by";
/// The provisioner of classes whose volumes are made by hand.
inline constexpr const char* kNoProvisioner = "kubernetes.io/no-provisioner";
/// Keep a claim that a pod uses, and a volume that is bound.
inline constexpr const char* kClaimProtection = "kubernetes.io/pvc-protection";
inline constexpr const char* kVolumeProtection = "kubernetes.io/pv-protection";

enum class AccessMode : std::uint8_t {
  ReadWriteOnce,
  ReadOnlyMany,
  ReadWriteMany,
  ReadWriteOncePod
};

struct ClaimSpec {
  std::vector<AccessMode> access_modes;
  std::int64_t request_bytes = 0;
  std::optional<std::string> storage_class;  ///< Absent: the default class; "": none.
  std::string volume_name;
  std::optional<LabelSelector> selector;
  bool block = false;  ///< volumeMode Block; otherwise Filesystem.

  friend bool operator==(const ClaimSpec&, const ClaimSpec&) = default;
};
enum class ClaimPhase : std::uint8_t { Pending, Bound, Lost };
struct PersistentVolumeClaim {
  ObjectMeta meta;
  ClaimSpec spec;
  ClaimPhase phase = ClaimPhase::Pending;
  std::int64_t capacity_bytes = 0;  ///< Of the bound volume.

  friend bool operator==(const PersistentVolumeClaim&, const PersistentVolumeClaim&) = default;
};

enum class ReclaimPolicy : std::uint8_t { Retain, Delete, Recycle };
enum class VolumePhase : std::uint8_t { Pending, Available, Bound, Released, Failed };
struct PersistentVolume {
  ObjectMeta meta;
  std::int64_t capacity_bytes = 0;
  std::vector<AccessMode> access_modes;
  std::string storage_class;
  ReclaimPolicy reclaim = ReclaimPolicy::Retain;
  std::optional<std::vector<NodeSelectorTerm>> node_affinity;  ///< Absent: reachable from anywhere.
  bool block = false;
  /// Attached to one node at a time before it is mounted (a network disk); otherwise a share or a
  /// local path, which is only mounted.
  bool attachable = true;
  std::string path;  ///< Of a host path or local volume: where it is on its node; otherwise empty.
  std::string claim_namespace;  ///< spec.claimRef; empty: free.
  std::string claim_name;
  std::string claim_uid;
  VolumePhase phase = VolumePhase::Pending;

  friend bool operator==(const PersistentVolume&, const PersistentVolume&) = default;
};

struct StorageClass {
  ObjectMeta meta;
  std::string provisioner;  ///< "kubernetes.io/no-provisioner": volumes are made by hand.
  ReclaimPolicy reclaim = ReclaimPolicy::Delete;
  bool wait_for_first_consumer = false;
  bool allow_expansion = false;
  bool is_default = false;  ///< Annotation storageclass.kubernetes.io/is-default-class.

  friend bool operator==(const StorageClass&, const StorageClass&) = default;
};

struct VolumeAttachment {
  ObjectMeta meta;
  std::string node_name;
  std::string volume_name;
  bool attached = false;
  std::string attach_error;  ///< Why it is not attached yet, for people.

  friend bool operator==(const VolumeAttachment&, const VolumeAttachment&) = default;
};

/// The name of the attachment of a volume to a node.
[[nodiscard]] std::string attachment_name(const std::string& volume, const std::string& node);

/// Written to by one node at a time: such a volume is attached to one node only.
[[nodiscard]] bool is_exclusive(const std::vector<AccessMode>& modes);

}  // namespace orrery::api
