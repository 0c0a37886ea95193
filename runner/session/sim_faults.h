/// @file
/// Faults of the simulated world that hit no pod: control plane, store, connections, registry.
#pragma once

#include <string>
#include <vector>

#include "runner/scenario/fault.h"
#include "sim/world/sim_world.h"

namespace orrery::session {

/// What a fault did.
struct Strike {
  std::vector<std::string> targets;  ///< Empty: it hit nothing.
  std::string effect;                ///< In a few words, above all why it hit nothing.
};

/// Whether the fault is one of these.
[[nodiscard]] bool is_world_fault(scenario::FaultKind kind);

/// Requires: is_world_fault(fault.kind).
[[nodiscard]] Strike strike(sim::SimWorld& world, const scenario::FaultAction& fault,
                            ports::CauseId cause);

/// How a fault that lasted has ended.
struct FaultEnd {
  bool recovered = false;  ///< A process that it had ended runs again.
  std::string nothing;     ///< Set: it turned out to have hit nothing, and why.
};

/// Undoes what strike() did. Requires: it had hit something.
[[nodiscard]] FaultEnd end_strike(sim::SimWorld& world, const scenario::FaultAction& fault,
                                  ports::CauseId cause);

/// At the end of a run: why a fault that waited for a chance hit nothing; empty: it hit, or it is
/// none of that kind.
[[nodiscard]] std::string missed_chance(sim::SimWorld& world, const scenario::FaultAction& fault);

}  // namespace orrery::session
