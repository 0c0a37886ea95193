/// @file
/// What tells a pod that is made to go from one that failed: its condition DisruptionTarget.
///
/// Source: Kubernetes documentation, Disruptions (pod disruption conditions).
#pragma once

#include <string>
#include <vector>

#include "models/api/objects.h"
#include "models/controllers/plan.h"

namespace orrery::controllers {

/// Who makes the pod go.
struct Disruption {
  std::string reason;
  std::string message;
};

/// Status writes that give the pods the condition, to be made before they are deleted. Pods that
/// have it for this reason need none.
[[nodiscard]] Batch mark_disrupted(const std::vector<const api::Pod*>& pods,
                                   const Disruption& disruption, Instant now);

/// The same for pods that nobody is left to report on: those that have not ended get phase Failed.
[[nodiscard]] Batch mark_lost(const std::vector<const api::Pod*>& pods,
                              const Disruption& disruption, Instant now);

}  // namespace orrery::controllers
