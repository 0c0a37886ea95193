/// @file
/// Whether a value, or an interval that holds it, keeps a bound; and figures as people read them.
#pragma once

#include <cstdint>
#include <string>

#include "runner/scenario/scenario.h"

namespace orrery::verdict {

enum class Verdict : std::uint8_t { Pass, Fail, Inconclusive };
[[nodiscard]] const char* to_string(Verdict verdict);

/// Whether `value` keeps the bound, with a hair of tolerance for what was computed.
[[nodiscard]] bool keeps(const scenario::Bound& bound, double value);

/// Pass if every value of [low, high] keeps the bound, Fail if none does.
[[nodiscard]] Verdict judge_interval(const scenario::Bound& bound, double low, double high);

/// Whether large values keep the bound (1), small ones (-1), or those in the middle (0).
[[nodiscard]] int direction(const scenario::Bound& bound);

/// "412 ms", "1.34 s", "3:12 min".
[[nodiscard]] std::string seconds_text(double seconds);

/// A value of a metric of requests in its unit: "99.71 %", "412 ms", "53.1/s", "17".
[[nodiscard]] std::string value_text(const std::string& metric, double value);

}  // namespace orrery::verdict
