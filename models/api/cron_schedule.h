/// @file
/// Cron schedules: five fields or a macro, and the moments they name.
///
/// Source: robfig/cron v3 (ParseStandard), which Kubernetes uses: names of months and days, Sunday
/// as 0 alone, days of month and week joined by OR when both are restricted. Local times that a
/// clock change skips do not fire, repeated ones fire twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "models/api/time_zone.h"
#include "models/base/result.h"
#include "models/base/time_types.h"

namespace orrery::api {

class CronSchedule {
 public:
  /// "*/5 * * * *", "@hourly", "@every 1h30m". A Failure says what was expected, and where.
  [[nodiscard]] static Result<CronSchedule> parse(std::string_view text);

  /// The first moment later than `after`, both in seconds since 1970 UTC; nothing if there is none
  /// within five years ("0 0 30 2 *").
  [[nodiscard]] std::optional<std::int64_t> next(std::int64_t after, const TimeZone& zone) const;

 private:
  /// Bit n: the value n fits.
  struct Field {
    std::uint64_t values = 0;
    bool every = false;  ///< Written as * or ?.
  };
  [[nodiscard]] static Result<Field> parse_field(std::string_view text, std::size_t index);
  [[nodiscard]] bool fits_day(std::int64_t days) const;

  Field minutes_;
  Field hours_;
  Field days_of_month_;
  Field months_;
  Field days_of_week_;
  std::optional<std::int64_t> every_seconds_;  ///< @every; the fields do not count then.
};

}  // namespace orrery::api
