/// @file
/// What a service does with more requests than it can work on.
#pragma once

#include "models/resilience/server_policy.h"
#include "runner/scenario/fields.h"

namespace orrery::scenario {

/// `queue` and `limit` of a service.
void read_server(const Fields& service, resilience::ServerPolicy& into, Report& report);

}  // namespace orrery::scenario
