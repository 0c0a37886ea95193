/// @file
/// The controllers of storage, as the loop runs them: views from the caches for the pure functions
/// of persistent_volumes.h and volume_attachments.h.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "models/controllers/caches.h"
#include "models/controllers/claim_users.h"
#include "models/controllers/controller.h"
#include "models/controllers/persistent_volumes.h"
#include "models/controllers/volume_attachments.h"

namespace orrery::controllers {

/// Keys: PersistentVolumeClaims and PersistentVolumes.
class PersistentVolumeController : public Controller {
 public:
  PersistentVolumeController(const Caches& caches, const StorageTimes& times)
      : caches_{caches}, times_{times} {}
  void observe(const Change& change, WorkQueue& queue, Instant now) override;
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                 Instant now) override;

 private:
  [[nodiscard]] Plan reconcile_claim_named(const api::ObjectKey& key, Instant now);
  [[nodiscard]] Plan reconcile_volume_named(const api::ObjectKey& key, Instant now);
  void add_open_claims(WorkQueue& queue) const;
  /// The node of the annotation or, without one, of the first pod that has a node.
  [[nodiscard]] const api::Node* first_consumer(const api::PersistentVolumeClaim& claim) const;

  const Caches& caches_;
  StorageTimes times_;
  ClaimUsers users_;
  /// When the storage began to work for a claim, or to remove a volume; by uid.
  std::map<std::string, Instant> since_;
};

/// Keys: PersistentVolumes, by name; they need not exist any more.
class AttachDetachController : public Controller {
 public:
  AttachDetachController(const Caches& caches, const AttachDetachConfig& config,
                         const StorageTimes& times)
      : caches_{caches}, config_{config}, times_{times} {}
  void observe(const Change& change, WorkQueue& queue, Instant now) override;
  Plan reconcile(const api::ObjectKey& key, const std::optional<CallFailure>& last_failure,
                 Instant now) override;

 private:
  using Place = std::pair<std::string, std::string>;  ///< Volume and node.

  void add(const std::string& volume, WorkQueue& queue, Instant now) const;
  void add_volume_of_claim(const std::string& namespace_name, const std::string& claim,
                           WorkQueue& queue, Instant now) const;
  [[nodiscard]] AttachNode look_at(const std::string& node, const std::string& volume) const;

  const Caches& caches_;
  AttachDetachConfig config_;
  StorageTimes times_;
  ClaimUsers users_;
  std::map<Place, Instant> unwanted_since_;
};

}  // namespace orrery::controllers
