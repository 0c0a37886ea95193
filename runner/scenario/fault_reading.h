/// @file
/// Reads what a timeline entry says of a fault.
#pragma once

#include "runner/scenario/fault.h"
#include "runner/scenario/parts.h"

namespace orrery::scenario {

/// The keys of a timeline entry that say more about its fault.
inline constexpr const char* kFaultKeys[] = {
    "threads",     "memory", "target",      "count",  "for",   "how",   "container",
    "zone",        "delay",  "bandwidth",   "from",   "to",    "share", "direction",
    "probability", "jitter", "correlation", "status", "every", "times"};

/// Requires: `entry` has a member "fault", and `fields` knows kFaultKeys.
[[nodiscard]] FaultAction read_fault(const Fields& fields, const Value& entry, Reading& reading);

}  // namespace orrery::scenario
