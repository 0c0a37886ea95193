/// @file
/// What policies did, for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner/run_result.h"

namespace orrery::why {

/// "1,234,567"
[[nodiscard]] std::string grouped(std::uint64_t number);

/// A line for each of those that did anything but let calls pass: "front -> cart: 120 calls, 173
/// tries, 53 hedges, 7 turned away by breakers, 2 by bulkheads"; of what comes after the tries,
/// what is not 0.
[[nodiscard]] std::vector<std::string> policy_lines(
    const std::vector<runner::PolicyCounts>& policies);

}  // namespace orrery::why
