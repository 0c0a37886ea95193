/// @file
/// The PodDisruptionBudget controller: how many more pods may be evicted now.
///
/// Source: Kubernetes pkg/controller/disruption/disruption.go.
#pragma once

#include <cstdint>
#include <vector>

#include "models/api/objects.h"
#include "models/controllers/plan.h"

namespace orrery::controllers {

struct DisruptionConfig {
  /// An eviction that was let through counts as done for so long, until the pod shows that it goes.
  Duration disrupted_pod_timeout = Duration::minutes(2);  ///< DeletionTimeout
};

/// What the controller sees of a budget. Nothing is null; pointers are read during the call.
struct DisruptionView {
  const api::PodDisruptionBudget* budget = nullptr;
  std::vector<const api::Pod*> pods;  ///< Those its selector matches.
  /// How many pods their controllers want in all; for pods of a Deployment the Deployment says so.
  /// Pods without a controller add nothing.
  std::int32_t scale = 0;
  /// Some pod's controller has no size: shares of it, and what may be missing, cannot be told.
  bool has_unscalable = false;
};

[[nodiscard]] Plan reconcile_disruption(const DisruptionView& view, const DisruptionConfig& config,
                                        Instant now);

}  // namespace orrery::controllers
