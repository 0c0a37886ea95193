/// @file
/// What the parameters of a sweep must not be together, wherever they were given: in the scenario,
/// on the command line, or some here and some there.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "runner/scenario/scenario.h"

namespace orrery::scenario {

inline constexpr std::size_t kSweepPointsMax = 100'000;

/// The path of a parameter that is given twice, in whichever way it is written: of two values at
/// one place the second would win without a word.
[[nodiscard]] std::optional<std::string> parameter_given_twice(const Sweep& sweep);

/// Whether there are more combinations than kSweepPointsMax.
[[nodiscard]] bool too_many_points(const Sweep& sweep);

}  // namespace orrery::scenario
