/// @file
/// Reads what a timeline entry says of a fault on the way between callers and the called.
#pragma once

#include "runner/scenario/fault.h"
#include "runner/scenario/parts.h"

namespace orrery::scenario {

/// Into `fault.edge`. Keys that do not belong to faults of this kind are problems.
void read_edge(const Fields& fields, const Value& entry, FaultAction& fault, Reading& reading);

}  // namespace orrery::scenario
