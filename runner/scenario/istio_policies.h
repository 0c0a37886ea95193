/// @file
/// The policies that Istio gives the calls of services whose pods have a sidecar, and of clients
/// that come through a gateway: from DestinationRules, VirtualServices and Istio's own defaults.
///
/// Source: istio pilot/pkg/networking (cluster_traffic_policy, retry.go, route.go), 1.24 and later.
#pragma once

#include "models/api/istio.h"
#include "runner/scenario/parts.h"
#include "runner/scenario/policies.h"

namespace orrery::scenario {

/// Of every caller with a proxy, for each service it calls.
///
/// What the rules ask for and a run cannot do, and rules that hold for no call, are added to the
/// scenario as not modelled. Subsets that no rule has are problems. Services are read by then.
[[nodiscard]] SourcedPolicies istio_policies(const api::istio::Rules& rules, Reading& reading);

}  // namespace orrery::scenario
