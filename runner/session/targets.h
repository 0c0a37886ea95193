/// @file
/// What an entry of the timeline would hit in a simulated world as it is now.
#pragma once

#include <string>
#include <vector>

#include "models/base/random.h"
#include "runner/scenario/scenario.h"
#include "sim/world/sim_world.h"

namespace orrery::session {

[[nodiscard]] std::vector<api::ObjectPtr> pods_and_nodes(const sim::SimWorld& world);

/// "namespace/name" of the Service that a fault of leaders hits.
[[nodiscard]] std::string service_of(const scenario::FaultAction& fault);

/// The pods or nodes that a fault hits, drawn by seed and id. Requires: it hits any such thing.
[[nodiscard]] std::vector<api::ObjectPtr> targets_of(const sim::SimWorld& world,
                                                     const std::string& id,
                                                     const scenario::FaultAction& fault,
                                                     const Draws& draws);

/// The Services to which calls are made by the changed policies: "Service/shop/cart".
[[nodiscard]] std::vector<std::string> services_called(const scenario::PolicyAction& action);

/// Where a fault strikes, as its record of the log says: "Service/default/cart to everybody",
/// "control-plane", "zone/b", "Deployment/default/web".
[[nodiscard]] std::string place_of(const scenario::FaultAction& fault);

/// The objects that the entry would hit, those that go down with them behind these; of what hits no
/// object, where it strikes. Empty: nothing is there to be hit.
[[nodiscard]] std::vector<std::string> would_hit(const sim::SimWorld& world,
                                                 const scenario::TimelineEntry& entry,
                                                 const Draws& draws);

}  // namespace orrery::session
