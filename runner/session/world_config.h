/// @file
/// From a scenario, which speaks in names, to the simulated world, which is told everything.
#pragma once

#include <cstdint>

#include "runner/scenario/scenario.h"
#include "sim/world/sim_world.h"

namespace orrery::session {

/// Requires: `scenario` was read without problems, so that every name resolves.
[[nodiscard]] sim::WorldConfig world_config(const scenario::Scenario& scenario, std::uint64_t seed);

}  // namespace orrery::session
