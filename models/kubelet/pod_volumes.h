/// @file
/// The volumes of one pod on its node: waiting for them, making them usable before anything of the
/// pod starts, keeping mounted configuration up to date, taking them away at the end.
///
/// Source: Kubernetes pkg/kubelet/volumemanager (volume_manager.go, reconciler), pkg/volume/util
/// (atomic_writer.go).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "models/kubelet/followed_objects.h"
#include "models/kubelet/node_services.h"
#include "models/kubelet/pod_environment.h"
#include "models/kubelet/volumes_in_use.h"

namespace orrery::kubelet {

/// Whether the pod has volumes or refers to ConfigMaps or Secrets.
[[nodiscard]] bool has_volumes(const api::Pod& pod);

class PodVolumes {
 public:
  /// What the pods of a node share; must outlive them.
  struct Shared {
    const NodeServices& node;
    FollowedObjects& objects;
    VolumesInUse& in_use;
  };

  /// Follows what the pod refers to. `tag` names the pod, its topic is Volume.
  PodVolumes(const Shared& shared, CallTag tag, const api::Pod& pod);
  PodVolumes(const PodVolumes&) = delete;
  PodVolumes& operator=(const PodVolumes&) = delete;

  /// Starts what can be started now. True when every volume is mounted and everything that
  /// variables refer to is known: the pod may go on. An attempt lasts mount_wait; after one that
  /// was in vain the pod does not go on before the next.
  [[nodiscard]] bool mount();

  /// A container starts anew: configuration that changed is brought up to date.
  void refresh();

  /// A reply or timer of this pod's volumes. True: the pod should be looked at again.
  [[nodiscard]] bool on_event(CallTag tag, const ports::Event& event);

  /// Whether the pod waits for news of this object.
  [[nodiscard]] bool waits_for(const api::ObjectKey& key) const;
  /// Whether the pod waits for the API server to know what is in use here.
  [[nodiscard]] bool waits_for_report() const;
  /// It is known which volumes the pod uses.
  [[nodiscard]] bool claims_resolved() const;

  [[nodiscard]] std::vector<ports::Mount> mounts_of(const api::Container& container) const;
  /// For what variables refer to; null for what is not there.
  [[nodiscard]] Lookup lookup() const;
  /// A container was created with this environment and what is mounted now.
  void note_created(const api::Container& container, const Environment& environment);

  /// Takes everything away; nothing of the pod runs any more. True when that is done. `always`:
  /// even if no volume is known, as of a pod that only the runtime has.
  [[nodiscard]] bool unmount(bool always);

  /// The pod needs nothing of it any more, and nothing more will be done. Done by a successful
  /// unmount, too.
  void release();

  /// Which configuration the pod runs with, sorted.
  [[nodiscard]] std::vector<api::ConfigInUse> configs() const;

 private:
  enum class Stage : std::uint8_t { Waiting, Preparing, Mounted };
  struct Entry {
    const api::Volume* volume = nullptr;
    Stage stage = Stage::Waiting;
    bool was_mounted = false;
    std::uint64_t call = 0;
    /// Of the configuration that is mounted, or being mounted: by source.
    std::vector<std::uint64_t> versions;
    std::string claimed;      ///< The PersistentVolume behind a claim.
    std::string path;         ///< Of a host path, or of a volume that the node has itself.
    bool counted = false;     ///< Among the node's volumes in use.
    bool unreported = false;  ///< Waits for the API server to know.
    Instant retry_at;
  };
  enum class End : std::uint8_t { No, Asked, Failed, Done };

  void follow(const api::ObjectKey& key);
  void advance(std::uint32_t index);
  void advance_config(std::uint32_t index);
  /// By source; nothing while one of them is not known.
  [[nodiscard]] std::optional<std::vector<std::uint64_t>> versions_of(const Entry& entry) const;
  [[nodiscard]] std::optional<api::Labels> files_of(const Entry& entry) const;
  void advance_claim(std::uint32_t index, const api::ClaimVolume& claim);
  /// Which versions of which sources the volume has been made of.
  [[nodiscard]] std::vector<api::ConfigInUse> uses_of(const Entry& entry,
                                                      const std::string& where) const;
  void prepare(std::uint32_t index, ports::VolumeOrder order);
  void try_later(Entry& entry);
  void update_configs();
  void arm();
  [[nodiscard]] bool all_mounted() const;
  [[nodiscard]] ports::VolumeOrder order_for(const Entry& entry,
                                             ports::VolumeOrder::Kind kind) const;
  [[nodiscard]] Duration jitter(Duration base);

  Shared shared_;
  const NodeServices& node_;
  CallTag tag_;
  api::Pod pod_;  ///< As first seen: a pod's volumes never change.
  std::vector<Entry> entries_;
  std::vector<api::ObjectKey> references_;  ///< ConfigMaps and Secrets.
  std::vector<api::ObjectKey> followed_;
  std::vector<api::ConfigInUse> of_containers_;
  std::uint32_t sequence_ = 0;
  std::uint64_t jitter_count_ = 0;
  std::optional<ports::Timer> timer_;
  std::optional<Instant> attempt_ends_;
  Instant next_attempt_;
  std::optional<Instant> refresh_at_;
  bool mounted_ = false;  ///< Once, all of them.
  End end_ = End::No;
  std::uint64_t end_call_ = 0;
  RetryDelay end_retry_;
  Instant end_retry_at_;
};

}  // namespace orrery::kubelet
