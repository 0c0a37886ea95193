/// @file
/// The small texts of a scenario: percentages, rates, bandwidths, bounds, distributions.
///
/// Each comes as a pure parser of text, and as a reader that reports what it cannot read. Readers
/// return nothing exactly when they reported a problem.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "models/base/distribution.h"
#include "runner/scenario/document.h"
#include "runner/scenario/fields.h"
#include "runner/scenario/metrics.h"
#include "runner/scenario/scenario.h"

namespace orrery::scenario {

/// A finite decimal number, nothing before or after it.
[[nodiscard]] std::optional<double> parse_number(std::string_view text);

/// "99.5%" -> 0.995. Nothing outside 0%..100% or without the sign.
[[nodiscard]] std::optional<double> parse_percent(std::string_view text);

/// "200/s", "12000/min", "5/h" -> per second. Nothing for 0 and below.
[[nodiscard]] std::optional<double> parse_rate(std::string_view text);

/// "10Gbps" -> bytes per second. Units bps, kbps, Mbps, Gbps, Tbps: bits, by thousands.
[[nodiscard]] std::optional<std::int64_t> parse_bandwidth(std::string_view text);

struct SeedRange {
  std::uint64_t first = 1;
  std::uint64_t last = 1;
};
/// "1..20" or "7". Nothing when it counts down or holds more than 100,000 seeds.
[[nodiscard]] std::optional<SeedRange> parse_seeds(std::string_view text);

/// ">= 99.5%", "< 800ms", "== 2", and ranges with both ends included: "4..6".
[[nodiscard]] std::optional<Bound> parse_bound(std::string_view text, Measure measure);

[[nodiscard]] std::optional<std::string> read_text(const Value& value, const std::string& expected,
                                                   Report& report);
[[nodiscard]] std::optional<Duration> read_duration(const Value& value, Report& report);
[[nodiscard]] std::optional<double> read_percent(const Value& value, Report& report);
/// The same above 0%.
[[nodiscard]] std::optional<double> read_chance(const Value& value, Report& report);
[[nodiscard]] std::optional<bool> read_boolean(const Value& value, Report& report);
[[nodiscard]] std::optional<std::int64_t> read_bandwidth(const Value& value, Report& report);
[[nodiscard]] std::optional<Distribution> read_distribution(const Value& value, Report& report);
[[nodiscard]] std::optional<Bound> read_bound(const Value& value, Measure measure, Report& report);
/// A whole number in least..most.
[[nodiscard]] std::optional<std::int64_t> read_count(const Value& value, std::int64_t least,
                                                     std::int64_t most, Report& report);

}  // namespace orrery::scenario
