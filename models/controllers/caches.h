/// @file
/// The caches of a controller manager: one informer for each kind that some controller looks at.
#pragma once

#include <array>

#include "models/controllers/informer.h"

namespace orrery::controllers {

/// Slots of the informers are 1 + the number of their kind. All controllers read the same caches,
/// which must outlive them.
class Caches {
 public:
  Caches(const Ports& ports, const InformerConfig& config);
  Caches(const Caches&) = delete;
  Caches& operator=(const Caches&) = delete;

  void start();
  [[nodiscard]] bool synced() const;
  /// The informer of that kind, or nullptr: nobody looks at it.
  [[nodiscard]] Informer* of(api::Kind kind) { return by_kind_[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] const Informer* of(api::Kind kind) const {
    return by_kind_[static_cast<std::size_t>(kind)];
  }

  Informer pods;
  Informer nodes;
  Informer deployments;
  Informer replica_sets;
  Informer services;
  Informer endpoint_slices;
  Informer config_maps;
  Informer leases;
  Informer replication_controllers;
  Informer stateful_sets;
  Informer daemon_sets;
  Informer controller_revisions;
  Informer jobs;
  Informer cron_jobs;
  Informer autoscalers;
  Informer disruption_budgets;
  Informer volumes;
  Informer claims;
  Informer storage_classes;
  Informer attachments;
  Informer secrets;
  Informer namespaces;
  Informer quotas;
  Informer pod_metrics;

 private:
  std::array<Informer*, api::kKindCount> by_kind_{};  ///< Null: not cached.
};

}  // namespace orrery::controllers
