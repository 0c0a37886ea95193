/// @file
/// Reading what is called: the calls of operations and the steps of journeys.
#pragma once

#include <vector>

#include "runner/scenario/parts.h"

namespace orrery::scenario {

/// A call of an operation; `before`: those of the step before it, or nullptr.
[[nodiscard]] Call read_call(const Value& value, const std::vector<Call>* before, Reading& reading);

/// A step of a journey: as a call, with fewer keys.
[[nodiscard]] JourneyStep read_step(const Value& value, Reading& reading);

/// "service" or "service:operation", the latter beside it in `operation` if that is given. What it
/// names is checked with all that is called.
[[nodiscard]] Call read_call_target(const Value& target, const Value* operation,
                                    const char* expected, Reading& reading);

/// Whether any call has a payload, judged from the text alone.
[[nodiscard]] bool names_payload(const Value* services);

}  // namespace orrery::scenario
