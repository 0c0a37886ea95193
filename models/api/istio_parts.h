/// @file
/// What the readers of Istio's rules share: texts of durations, limits, percentages.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "models/api/istio.h"
#include "models/api/object_reader.h"

namespace orrery::api::istio {

/// "1h30m", "250ms", "1.5s": as Go writes durations. Nothing below 0 or without a unit.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);

/// A duration of at least `least`; returns whether it was set.
bool read_duration(ObjectReader& in, const char* name, Duration least, Duration& out);
bool read_duration(ObjectReader& in, const char* name, Duration least,
                   std::optional<Duration>& out);

/// A whole number of at least 0.
bool read_count(ObjectReader& in, const char* name, std::uint32_t& out,
                std::int64_t max = INT32_MAX);
/// The same, where 0 is as if it were absent.
void read_limit(ObjectReader& in, const char* name, std::optional<std::uint32_t>& out);

/// A number from 0 to 100, with decimals.
bool read_percent(ObjectReader& in, const char* name, double& out);

/// Notes a field that is there, as something without effect on a run.
void note(ObjectReader& in, const char* name);

[[nodiscard]] DestinationRule read_destination_rule(RuleMeta meta, ObjectReader& spec);
[[nodiscard]] VirtualService read_virtual_service(RuleMeta meta, ObjectReader& spec);

}  // namespace orrery::api::istio
