#include "models/api/time_zone.h"

#include <algorithm>
#include <charconv>

#include "models/api/time_zone_table.h"

namespace orrery::api {
namespace {

constexpr std::int64_t kDay = 86'400;

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// Reads the parts of a POSIX TZ string from its front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_{text} {}

  [[nodiscard]] bool done() const { return rest_.empty(); }
  [[nodiscard]] bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
  bool skip(char c) {
    if (!next_is(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// "CET" or "<+03>".
  bool abbreviation() {
    if (skip('<')) {
      const std::size_t end = rest_.find('>');
      if (end == std::string_view::npos || end == 0) return false;
      rest_.remove_prefix(end + 1);
      return true;
    }
    const auto letters = static_cast<std::size_t>(
        std::find_if(rest_.begin(), rest_.end(),
                     [](char c) { return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')); }) -
        rest_.begin());
    rest_.remove_prefix(letters);
    return letters >= 3;
  }

  std::optional<int> number() {
    int value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc{} || rest_.empty() || rest_.front() == '-') return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  /// "[+-]hh[:mm[:ss]]" in seconds.
  std::optional<int> time() {
    const bool negative = next_is('-');
    if (!skip('-')) skip('+');
    int seconds = 0;
    for (int unit = 3600; unit > 0; unit /= 60) {
      const auto part = number();
      if (!part || *part > (unit == 3600 ? 167 : 59)) return std::nullopt;
      seconds += *part * unit;
      if (unit == 1 || !skip(':')) break;
    }
    return negative ? -seconds : seconds;
  }

  /// ",M3.5.0/2"
  std::optional<YearlyChange> change() {
    if (!skip(',') || !skip('M')) return std::nullopt;
    const auto month = number();
    if (!month || !skip('.')) return std::nullopt;
    const auto week = number();
    if (!week || !skip('.')) return std::nullopt;
    const auto weekday = number();
    if (!weekday || *month < 1 || *month > 12 || *week < 1 || *week > 5 || *weekday > 6) {
      return std::nullopt;
    }
    int seconds = 2 * 3600;
    if (skip('/')) {
      const auto given = time();
      if (!given) return std::nullopt;
      seconds = *given;
    }
    return YearlyChange{*month, *week, *weekday, seconds};
  }

 private:
  std::string_view rest_;
};

/// When the change of that year happens, in seconds since 1970 of the clock that it ends.
std::int64_t local_time_of(const YearlyChange& change, std::int64_t year) {
  const std::int64_t first = days_from({year, change.month, 1});
  const int to_weekday = (change.weekday - weekday_of(first) + 7) % 7;
  std::int64_t day = first + to_weekday + 7 * (change.week - 1);
  // Week 5 is the last one, which may be the fourth.
  if (day_from(day).month != change.month) day -= 7;
  return day * kDay + change.seconds;
}

}  // namespace

// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March.
std::int64_t days_from(const CalendarDay& day) {
  const std::int64_t year = day.month <= 2 ? day.year - 1 : day.year;
  const std::int64_t era = floor_div(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year =
      (153 * (day.month + (day.month > 2 ? -3 : 9)) + 2) / 5 + day.day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

CalendarDay day_from(std::int64_t days) {
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = floor_div(shifted, 146'097);
  const std::int64_t day_of_era = shifted - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  CalendarDay day;
  day.day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  day.month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  day.year = year_of_era + era * 400 + (day.month <= 2 ? 1 : 0);
  return day;
}

int weekday_of(std::int64_t days) {
  return static_cast<int>(((days + 4) % 7 + 7) % 7);  // 1970-01-01 was a Thursday.
}

std::optional<TimeZone> TimeZone::named(std::string_view name) {
  const auto zones = named_zones();
  const auto found =
      std::lower_bound(zones.begin(), zones.end(), name,
                       [](const NamedZone& z, std::string_view n) { return z.name < n; });
  if (found == zones.end() || found->name != name) return std::nullopt;
  return from_posix(found->rules);
}

std::optional<TimeZone> TimeZone::from_posix(std::string_view text) {
  Scanner scanner{text};
  TimeZone zone;
  if (!scanner.abbreviation()) return std::nullopt;
  const auto west = scanner.time();
  if (!west) return std::nullopt;
  zone.standard_offset_ = zone.summer_offset_ = -*west;
  if (scanner.done()) return zone;
  if (!scanner.abbreviation()) return std::nullopt;
  zone.has_summer_ = true;
  zone.summer_offset_ = zone.standard_offset_ + 3600;
  if (!scanner.next_is(',')) {
    const auto summer_west = scanner.time();
    if (!summer_west) return std::nullopt;
    zone.summer_offset_ = -*summer_west;
  }
  const auto begins = scanner.change();
  const auto ends = begins ? scanner.change() : std::nullopt;
  if (!ends || !scanner.done()) return std::nullopt;
  zone.summer_begins_ = *begins;
  zone.summer_ends_ = *ends;
  return zone;
}

std::int64_t TimeZone::offset_at(std::int64_t utc_seconds) const {
  if (!has_summer_) return standard_offset_;
  const std::int64_t year = day_from(floor_div(utc_seconds + standard_offset_, kDay)).year;
  const std::int64_t begins = local_time_of(summer_begins_, year) - standard_offset_;
  const std::int64_t ends = local_time_of(summer_ends_, year) - summer_offset_;
  // South of the equator, summer lasts beyond the end of the year.
  const bool summer = begins < ends ? utc_seconds >= begins && utc_seconds < ends
                                    : utc_seconds >= begins || utc_seconds < ends;
  return summer ? summer_offset_ : standard_offset_;
}

std::optional<std::int64_t> parse_date_time(std::string_view text) {
  // 0123-56-89T12:45:78Z
  const auto digits = [&](std::size_t at, std::size_t count) -> std::optional<int> {
    int value = 0;
    if (at + count > text.size()) return std::nullopt;
    for (std::size_t i = at; i < at + count; ++i) {
      if (text[i] < '0' || text[i] > '9') return std::nullopt;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  const auto year = digits(0, 4);
  const auto month = digits(5, 2);
  const auto day = digits(8, 2);
  const auto hour = digits(11, 2);
  const auto minute = digits(14, 2);
  const auto second = digits(17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  if (*month < 1 || *month > 12 || *day < 1 || *hour > 23 || *minute > 59 || *second > 59) {
    return std::nullopt;
  }
  const std::int64_t days = days_from({*year, *month, *day});
  if (day_from(days).day != *day) return std::nullopt;  // 30 February
  const std::int64_t local = days * kDay + *hour * 3600 + *minute * 60 + *second;
  const std::string_view zone = text.substr(19);
  if (zone == "Z") return local;
  const auto zone_hour = digits(20, 2);
  const auto zone_minute = digits(23, 2);
  if (zone.size() != 6 || (zone[0] != '+' && zone[0] != '-') || zone[3] != ':' || !zone_hour ||
      !zone_minute || *zone_hour > 14 || *zone_minute > 59) {
    return std::nullopt;
  }
  const std::int64_t east = *zone_hour * 3600 + *zone_minute * 60;
  return zone[0] == '+' ? local - east : local + east;
}

}  // namespace orrery::api
