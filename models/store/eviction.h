/// @file
/// Whether a pod may be evicted now, as its disruption budgets say.
///
/// Source: Kubernetes pkg/registry/core/pod/storage/eviction.go.
#pragma once

#include <optional>
#include <string>

#include "models/ports/event.h"
#include "models/store/object_table.h"

namespace orrery::store {

struct EvictionVerdict {
  ports::Outcome outcome = ports::Outcome::Ok;
  std::string message;                             ///< Why not.
  std::optional<api::PodDisruptionBudget> budget;  ///< With the eviction entered; nothing: as is.
};

[[nodiscard]] EvictionVerdict decide_eviction(const api::Pod& pod, const Tables& tables,
                                              Instant now);

}  // namespace orrery::store
