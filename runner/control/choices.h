/// @file
/// What somebody who has a run in hand can choose from.
#pragma once

#include <nlohmann/json.hpp>

#include "runner/scenario/scenario.h"

namespace orrery::control {

/// {"services": {"default/cart": ["Deployment/default/cart"]},
///  "workloads": {"Deployment/default/cart": {"replicas": 3, "image": "cart:1"}},
///  "images": ["cart:1"], "leaders": ["default/ledger"], "policies": {"clients": ["default/cart"]}}
///
/// Services with the workloads whose pods they select; a DaemonSet has no "replicas"; images are
/// all that the run knows, leaders the services that have one; policies are of callers, with whom
/// they call by one.
[[nodiscard]] nlohmann::json choices_of(const scenario::Scenario& scenario);

}  // namespace orrery::control
