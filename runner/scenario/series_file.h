/// @file
/// Files of values over time: lines of a time and a value, or of values that are equally far apart.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "models/base/time_types.h"
#include "runner/scenario/document.h"
#include "runner/scenario/fields.h"

namespace orrery::scenario {

/// Takes the value of a line; returns false if it is none.
using TakeValue = std::function<bool(Instant at, std::string_view value)>;

/// Hands on the lines of the file at `path`, whose times grow; `named` is where the scenario names
/// it. Reports the file if it cannot be read or has no values, and bad lines, the first ten one by
/// one.
///
/// A time is a number of seconds, a duration, or a date and time ("1998-06-15 14:29"), which counts
/// from the first one. With an `interval` a line is one value. The first line may name the columns;
/// empty lines and those that begin with # are passed over.
void read_series_file(const std::string& path, const Value& named, std::optional<Duration> interval,
                      const TakeValue& take, Report& report);

}  // namespace orrery::scenario
