/// @file
/// When pods that are ready become available: after minReadySeconds, without anything else
/// changing.
#pragma once

#include <vector>

#include "models/api/pod.h"
#include "models/controllers/plan.h"

namespace orrery::controllers {

/// Asks for another look `slack` after the next of the pods has been ready for `min_ready`.
///
/// Source: Kubernetes pkg/controller/replicaset (updatePod), pkg/controller/statefulset: "a second
/// to avoid milliseconds skew".
inline void look_again_when_available(Plan& plan, const std::vector<const api::Pod*>& pods,
                                      Duration min_ready, Duration slack, Instant now) {
  for (const api::Pod* pod : pods) {
    if (!api::is_ready(*pod) || api::is_available(*pod, min_ready, now)) continue;
    const Instant since = api::find_condition(pod->status.conditions, "Ready")->last_transition;
    plan.look_again(since + min_ready - now + slack);
  }
}

}  // namespace orrery::controllers
