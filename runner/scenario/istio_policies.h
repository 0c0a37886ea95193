/// @file
/// The policies that Istio gives the calls of services whose pods have a sidecar, and of clients
/// that come through a gateway: from DestinationRules, VirtualServices and Istio's own defaults.
///
/// Source: istio pilot/pkg/networking (cluster_traffic_policy, retry.go, route.go), 1.24 and later.
#pragma once

#include <vector>

#include "models/api/istio.h"
#include "runner/scenario/parts.h"
#include "runner/scenario/policies.h"

namespace orrery::scenario {

/// Of every caller with a proxy, for each service it calls; by each of the `states`, which are the
/// rules that hold at first and then after each change of them. A subset that calls were sent to
/// stays a cluster of its caller as long as a rule has it, with no calls if no route names it.
///
/// What the rules ask for and a run cannot do is added to the scenario as not modelled, rules that
/// never hold for any call as idle. Subsets that no rule has are problems. Services are read by
/// then.
[[nodiscard]] std::vector<SourcedPolicies> istio_policies(
    const std::vector<api::istio::Rules>& states, Reading& reading);

/// Puts what is applied in the place of the rules of the same names, or beside the others.
void apply_rules(api::istio::Rules& rules, const api::istio::Rules& applied);
/// "VirtualService/shop/cart"; whether it was there.
bool delete_rule(api::istio::Rules& rules, const std::string& name);
/// Of all of them.
[[nodiscard]] std::vector<std::string> names_of(const api::istio::Rules& rules);

}  // namespace orrery::scenario
