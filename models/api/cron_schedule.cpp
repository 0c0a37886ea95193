#include "models/api/cron_schedule.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string>
#include <vector>

namespace orrery::api {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kSearchDays = 5 * 366;

struct FieldRule {
  const char* name;
  int min;
  int max;
};
constexpr std::array<FieldRule, 5> kFields{{{"minute", 0, 59},
                                            {"hour", 0, 23},
                                            {"day of month", 1, 31},
                                            {"month", 1, 12},
                                            {"day of week", 0, 6}}};
constexpr std::size_t kMonthField = 3;
constexpr std::size_t kWeekdayField = 4;
constexpr std::array<std::string_view, 12> kMonthNames{"jan", "feb", "mar", "apr", "may", "jun",
                                                       "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kDayNames{"sun", "mon", "tue", "wed",
                                                    "thu", "fri", "sat"};

struct Macro {
  std::string_view name;
  std::string_view fields;
};
constexpr std::array<Macro, 7> kMacros{{{"@yearly", "0 0 1 1 *"},
                                        {"@annually", "0 0 1 1 *"},
                                        {"@monthly", "0 0 1 * *"},
                                        {"@weekly", "0 0 * * 0"},
                                        {"@daily", "0 0 * * *"},
                                        {"@midnight", "0 0 * * *"},
                                        {"@hourly", "0 * * * *"}}};

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t start = text.find_first_not_of(" \t");
    if (start == std::string_view::npos) return words;
    text.remove_prefix(start);
    const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::optional<int> parse_number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text.front() == '-' || error != std::errc{} ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::string lower(std::string_view text) {
  std::string result{text};
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

template <std::size_t N>
std::optional<int> position(std::string_view name, const std::array<std::string_view, N>& names) {
  for (std::size_t i = 0; i < N; ++i) {
    if (lower(name) == names[i]) return static_cast<int>(i);
  }
  return std::nullopt;
}

/// A number, or the name of a month or day.
std::optional<int> parse_value(std::string_view text, std::size_t field) {
  if (const auto number = parse_number(text)) return number;
  if (field == kWeekdayField) return position(text, kDayNames);
  if (field == kMonthField) {
    if (const auto month = position(text, kMonthNames)) return *month + 1;
  }
  return std::nullopt;
}

/// Go's durations: "1h30m", "90s", "1.5h". In whole seconds, at least one.
std::optional<std::int64_t> parse_every(std::string_view text) {
  Duration sum;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const std::size_t unit = text.find_first_not_of("0123456789.");
    if (unit == std::string_view::npos || unit == 0) return std::nullopt;
    const std::size_t end = std::min(text.find_first_of("0123456789.", unit), text.size());
    const auto part = parse_duration(text.substr(0, end));
    if (!part || *part > Duration::max() - sum) return std::nullopt;
    sum += *part;
    text.remove_prefix(end);
  }
  return std::max<std::int64_t>(1, sum.count_ns() / Duration::seconds(1).count_ns());
}

}  // namespace

Result<CronSchedule::Field> CronSchedule::parse_field(std::string_view text, std::size_t index) {
  const FieldRule& rule = kFields[index];
  const auto wrong = [&](std::string_view part) {
    return failure(
        fmt::format("a schedule whose {} is within {} to {}", rule.name, rule.min, rule.max),
        fmt::format("\"{}\" is not", part));
  };
  Field field;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const std::size_t slash = part.find('/');
    const std::string_view range = part.substr(0, slash);
    const std::size_t dash = range.find('-');
    const bool any = range == "*" || range == "?";
    std::optional<int> low = any ? rule.min : parse_value(range.substr(0, dash), index);
    std::optional<int> high = any ? rule.max : low;
    if (!any && dash != std::string_view::npos) high = parse_value(range.substr(dash + 1), index);
    int step = 1;
    if (slash != std::string_view::npos) {
      const auto given = parse_number(part.substr(slash + 1));
      if (!given || *given == 0) return wrong(part);
      step = *given;
      // "5/15" means from 5 on.
      if (!any && dash == std::string_view::npos) high = rule.max;
    }
    if (!low || !high || *low < rule.min || *high > rule.max || *low > *high) return wrong(part);
    for (int value = *low; value <= *high; value += step) {
      field.values |= std::uint64_t{1} << value;
      if (step > rule.max) break;
    }
    field.every = field.every || (any && step == 1);
    if (comma == std::string_view::npos) return field;
    text.remove_prefix(comma + 1);
  }
}

Result<CronSchedule> CronSchedule::parse(std::string_view text) {
  constexpr const char* kExpected = "five fields, such as \"*/5 * * * *\", or a macro";
  CronSchedule schedule;
  if (text.starts_with("@every ")) {
    schedule.every_seconds_ = parse_every(text.substr(7));
    if (!schedule.every_seconds_) {
      return failure("a duration after @every, such as \"@every 1h30m\"");
    }
    return schedule;
  }
  if (text.starts_with("TZ=") || text.starts_with("CRON_TZ=")) {
    return failure("a schedule without a time zone", "use the field timeZone");
  }
  if (text.starts_with('@')) {
    for (const Macro& macro : kMacros) {
      if (macro.name == text) return parse(macro.fields);
    }
    return failure(kExpected,
                   "@yearly, @monthly, @weekly, @daily, @hourly and @every are the macros");
  }
  const auto words = words_of(text);
  if (words.size() != kFields.size()) {
    return failure(kExpected, fmt::format("it has {} fields", words.size()));
  }
  const std::array<Field*, kFields.size()> targets{&schedule.minutes_, &schedule.hours_,
                                                   &schedule.days_of_month_, &schedule.months_,
                                                   &schedule.days_of_week_};
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    const Result<Field> field = parse_field(words[i], i);
    if (!field) return tl::unexpected{field.error()};
    *targets[i] = *field;
  }
  return schedule;
}

bool CronSchedule::fits_day(std::int64_t days) const {
  const CalendarDay date = day_from(days);
  const auto holds = [](const Field& field, int value) { return (field.values >> value & 1) != 0; };
  if (!holds(months_, date.month)) return false;
  const bool by_month = holds(days_of_month_, date.day);
  const bool by_week = holds(days_of_week_, weekday_of(days));
  const bool one_is_open = days_of_month_.every || days_of_week_.every;
  return one_is_open ? by_month && by_week : by_month || by_week;
}

std::optional<std::int64_t> CronSchedule::next(std::int64_t after, const TimeZone& zone) const {
  if (every_seconds_) return after + *every_seconds_;
  const auto local_day = [&](std::int64_t t) { return floor_div(t + zone.offset_at(t), kDay); };
  std::int64_t t = (floor_div(after, 60) + 1) * 60;
  const std::int64_t last_day = local_day(t) + kSearchDays;
  while (true) {
    const std::int64_t day = local_day(t);
    if (day > last_day) return std::nullopt;
    if (!fits_day(day)) {
      // To the next day's first minute, which a clock change may have moved.
      t += (day + 1) * kDay - (t + zone.offset_at(t));
      while (local_day(t - 60) > day) t -= 60;
      continue;
    }
    for (; local_day(t) == day; t += 60) {
      const std::int64_t second = t + zone.offset_at(t) - day * kDay;
      const bool fits = (hours_.values >> (second / 3600) & 1) != 0 &&
                        (minutes_.values >> (second / 60 % 60) & 1) != 0;
      if (fits) return t;
    }
  }
}

}  // namespace orrery::api
