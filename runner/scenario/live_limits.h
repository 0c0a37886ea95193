/// @file
/// What of a scenario live hosts cannot do.
#pragma once

#include <vector>

#include "models/api/reading.h"
#include "runner/scenario/scenario.h"

namespace orrery::scenario {

/// A Problem for every entry of the scenario that has a meaning in the simulated world alone:
/// groups of nodes, programs, sources of metrics, policies of callers, some faults. Empty: it can
/// be run live.
[[nodiscard]] std::vector<api::Problem> simulated_alone(const Scenario& scenario);

}  // namespace orrery::scenario
