/// @file
/// Time zones: what a clock on the wall shows at a moment, by rules that repeat every year.
///
/// The zones stand in a table of our own, because a result must not depend on the machine's. Rules
/// of the past are not kept: a date before a zone's last reform is taken by the rule of today.
///
/// Source: POSIX.1 TZ variable, RFC 8536 (hours up to 167).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace orrery::api {

/// A day of the year: the `week`-th `weekday` of a month, week 5 being the last.
struct YearlyChange {
  int month = 1;    ///< [1, 12]
  int week = 1;     ///< [1, 5]
  int weekday = 0;  ///< Sunday is 0.
  int seconds = 0;  ///< After local midnight; may be negative or beyond the day.
};

class TimeZone {
 public:
  TimeZone() = default;  ///< UTC.

  /// The zone of that name in the tz database ("Europe/Berlin", "Etc/UTC"), or nothing.
  [[nodiscard]] static std::optional<TimeZone> named(std::string_view name);
  /// From a POSIX TZ string such as "CET-1CEST,M3.5.0,M10.5.0/3"; nothing if it is none.
  [[nodiscard]] static std::optional<TimeZone> from_posix(std::string_view text);

  /// Seconds east of UTC at a moment given in seconds since 1970 UTC.
  [[nodiscard]] std::int64_t offset_at(std::int64_t utc_seconds) const;

 private:
  std::int64_t standard_offset_ = 0;
  std::int64_t summer_offset_ = 0;
  bool has_summer_ = false;
  YearlyChange summer_begins_;  ///< In standard time.
  YearlyChange summer_ends_;    ///< In summer time.
};

/// A day of the proleptic Gregorian calendar.
struct CalendarDay {
  std::int64_t year = 1970;
  int month = 1;
  int day = 1;
};
/// Days since 1970-01-01, which may be negative, and back. Cost: a few divisions.
[[nodiscard]] std::int64_t days_from(const CalendarDay& day);
[[nodiscard]] CalendarDay day_from(std::int64_t days);
/// Sunday is 0.
[[nodiscard]] int weekday_of(std::int64_t days);

/// Seconds since 1970 of "2024-03-01T00:00:00Z", with Z or an offset such as +01:00, or nothing.
[[nodiscard]] std::optional<std::int64_t> parse_date_time(std::string_view text);

}  // namespace orrery::api
