/// @file
/// Objects that are read and understood and find nothing to act on, mostly for a misspelt label.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/api/reading.h"
#include "runner/scenario/catalog.h"
#include "runner/scenario/idle_object.h"
#include "runner/scenario/scenario.h"

namespace orrery::scenario {

/// The Services, PodDisruptionBudgets and NetworkPolicies among `objects` whose selector matches
/// none of the pods that the catalog knows of, Services with a targetPort by a name that none of
/// their pods has, and the HorizontalPodAutoscalers of something that the catalog does not know. A
/// selector that is empty or missing is left alone: it says what it means.
[[nodiscard]] std::vector<IdleObject> idle_objects(const std::vector<api::ManifestObject>& objects,
                                                   const Catalog& catalog);

/// What makes pods, or is one, for a scheduler that neither Kubernetes has nor `schedulers` names:
/// no node ever gets them.
[[nodiscard]] std::vector<IdleObject> never_scheduled(
    const Catalog& catalog, const std::map<std::string, SchedulerSettings>& schedulers);

/// Probes at a port that no container of their pod declares and no Service sends requests to: in a
/// run nobody listens there, though a process may in life. One per container and kind of probe.
[[nodiscard]] std::vector<IdleObject> probed_where_nobody_listens(
    const std::vector<api::ManifestObject>& objects, const Catalog& catalog);

}  // namespace orrery::scenario
