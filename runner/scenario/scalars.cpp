#include "runner/scenario/scalars.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace orrery::scenario {
namespace {

constexpr std::uint64_t kSeedsMax = 100'000;
constexpr const char* kDurationExpected = "a duration with its unit, such as \"250ms\" or \"2min\"";

bool is_scalar(const Value& value) {
  return value.type == Value::Type::Text || value.type == Value::Type::Number;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

template <class Integer>
std::optional<Integer> parse_integer(std::string_view text) {
  Integer number{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stopped != end) return std::nullopt;
  return number;
}

/// The two durations of {"lognormal": {"mean" or "median": ..., "p99": ...}}.
std::optional<Distribution> read_lognormal(const Value& value, Report& report) {
  const Fields fields{value, {"mean", "median", "p99"}, report};
  if (value.type != Value::Type::Object) return std::nullopt;
  const Value* mean = fields.find("mean");
  const Value* median = fields.find("median");
  const Value* p99 = fields.require("p99", "the 99th percentile");
  if ((mean == nullptr) == (median == nullptr)) {
    report.add(value, "either \"mean\" or \"median\"");
    return std::nullopt;
  }
  const auto middle = read_duration(mean != nullptr ? *mean : *median, report);
  if (p99 == nullptr) return std::nullopt;
  const auto tail = read_duration(*p99, report);
  if (!middle || !tail) return std::nullopt;
  if (*middle <= Duration{} || *tail < *middle) {
    report.add(*p99, fmt::format("0 < {} <= p99", mean != nullptr ? "mean" : "median"));
    return std::nullopt;
  }
  if (mean == nullptr) return Distribution::lognormal_from_median(*middle, *tail);
  if (to_seconds(*tail) > 14.9 * to_seconds(*middle)) {
    report.add(*p99, "a p99 of at most 14.9 times the mean",
               "no lognormal has a wider one; give \"median\" instead");
    return std::nullopt;
  }
  return Distribution::lognormal_from_mean(*middle, *tail);
}

std::optional<Distribution> read_uniform(const Value& value, Report& report) {
  const auto& ends = items(value, "a list of two durations", report);
  if (value.type != Value::Type::List) return std::nullopt;
  if (ends.size() != 2) {
    report.add(value.where, "two durations", fmt::format("{} values", ends.size()));
    return std::nullopt;
  }
  const auto low = read_duration(ends[0], report);
  const auto high = read_duration(ends[1], report);
  if (!low || !high) return std::nullopt;
  if (*high < *low) {
    report.add(ends[1], "the larger duration second");
    return std::nullopt;
  }
  return Distribution::uniform(*low, *high);
}

/// "150%" -> 1.5.
std::optional<double> parse_share(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  const auto number = parse_number(trimmed(text));
  if (!number || *number < 0 || *number > 1e9) return std::nullopt;
  return *number / 100;
}

/// The value of a bound in the unit that its measure has.
std::optional<double> parse_measured(std::string_view text, Measure measure) {
  switch (measure) {
    case Measure::Ratio:
      return parse_percent(text);
    case Measure::Share:
      return parse_share(text);
    case Measure::Time: {
      const auto duration = parse_duration(text);
      return duration ? std::optional{to_seconds(*duration)} : std::nullopt;
    }
    case Measure::Rate:
      // A bound may well be 0, which no load is.
      return text.starts_with("0/") ? std::optional{0.0} : parse_rate(text);
    case Measure::Count:
    case Measure::Number: {
      auto value = parse_number(text);
      const bool whole = value && *value == std::floor(*value);
      if (value && (*value < 0 || *value > 1e15 || (measure == Measure::Count && !whole))) {
        value.reset();
      }
      return value;
    }
  }
  contract_violation("a measure has one of the known values");
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stopped != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<double> parse_percent(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  const auto number = parse_number(trimmed(text));
  if (!number || *number < 0 || *number > 100) return std::nullopt;
  return *number / 100;
}

std::optional<double> parse_rate(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 3> kUnits = {
      {{"/s", 1.0}, {"/min", 60.0}, {"/h", 3600.0}}};
  for (const auto& [unit, seconds] : kUnits) {
    if (!text.ends_with(unit)) continue;
    const auto number = parse_number(trimmed(text.substr(0, text.size() - unit.size())));
    if (!number || *number <= 0 || *number > 1e9) return std::nullopt;
    return *number / seconds;
  }
  return std::nullopt;
}

std::optional<std::int64_t> parse_bandwidth(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, double>, 5> kUnits = {
      {{"kbps", 1e3}, {"Mbps", 1e6}, {"Gbps", 1e9}, {"Tbps", 1e12}, {"bps", 1.0}}};
  for (const auto& [unit, bits] : kUnits) {
    if (!text.ends_with(unit)) continue;
    const auto number = parse_number(trimmed(text.substr(0, text.size() - unit.size())));
    const double bytes = number ? *number * bits / 8 : 0;
    if (bytes < 1 || bytes > 1e15) return std::nullopt;
    return static_cast<std::int64_t>(bytes);
  }
  return std::nullopt;
}

std::optional<SeedRange> parse_seeds(std::string_view text) {
  const auto dots = text.find("..");
  const auto first = parse_integer<std::uint64_t>(text.substr(0, dots));
  const auto last =
      dots == std::string_view::npos ? first : parse_integer<std::uint64_t>(text.substr(dots + 2));
  if (!first || !last || *last < *first || *last - *first >= kSeedsMax) return std::nullopt;
  return SeedRange{*first, *last};
}

std::optional<Bound> parse_bound(std::string_view text, Measure measure) {
  static constexpr std::array<std::pair<std::string_view, Bound::Relation>, 6> kRelations = {
      {{"<=", Bound::Relation::LessEqual},
       {">=", Bound::Relation::GreaterEqual},
       {"==", Bound::Relation::Equal},
       {"!=", Bound::Relation::Unequal},
       {"<", Bound::Relation::Less},
       {">", Bound::Relation::Greater}}};
  for (const auto& [sign, relation] : kRelations) {
    if (!text.starts_with(sign)) continue;
    const auto value = parse_measured(trimmed(text.substr(sign.size())), measure);
    if (!value) return std::nullopt;
    return Bound{relation, *value, std::string{text}, 0};
  }
  const auto dots = text.find("..");
  if (dots == std::string_view::npos) return std::nullopt;
  const auto low = parse_measured(trimmed(text.substr(0, dots)), measure);
  const auto high = parse_measured(trimmed(text.substr(dots + 2)), measure);
  if (!low || !high || *high < *low) return std::nullopt;
  return Bound{Bound::Relation::Between, *low, std::string{text}, *high};
}

std::optional<std::string> read_text(const Value& value, const std::string& expected,
                                     Report& report) {
  if (value.type == Value::Type::Text && !value.text.empty()) return value.text;
  report.add(value, expected);
  return std::nullopt;
}

std::optional<Duration> read_duration(const Value& value, Report& report) {
  if (value.type == Value::Type::Text) {
    if (const auto duration = parse_duration(value.text)) return duration;
  }
  std::string hint;
  if (is_scalar(value) && parse_number(value.text)) {
    hint = fmt::format("write \"{}s\" or \"{}ms\"", value.text, value.text);
  }
  report.add(value, kDurationExpected, hint);
  return std::nullopt;
}

std::optional<double> read_percent(const Value& value, Report& report) {
  if (value.type == Value::Type::Text) {
    if (const auto ratio = parse_percent(value.text)) return ratio;
  }
  report.add(value, "a percentage from \"0%\" to \"100%\"");
  return std::nullopt;
}

std::optional<double> read_chance(const Value& value, Report& report) {
  const auto chance = read_percent(value, report);
  if (chance && *chance <= 0) {
    report.add(value, "a percentage above 0%");
    return std::nullopt;
  }
  return chance;
}

std::optional<bool> read_boolean(const Value& value, Report& report) {
  if (value.type == Value::Type::Boolean) return value.text == "true";
  report.add(value, "true or false");
  return std::nullopt;
}

std::optional<std::int64_t> read_bandwidth(const Value& value, Report& report) {
  if (value.type == Value::Type::Text) {
    if (const auto bandwidth = parse_bandwidth(value.text)) return bandwidth;
  }
  report.add(value, "a bandwidth in bits per second, such as \"1Gbps\"");
  return std::nullopt;
}

std::optional<Distribution> read_distribution(const Value& value, Report& report) {
  if (value.type != Value::Type::Object) {
    const auto duration = read_duration(value, report);
    if (!duration) return std::nullopt;
    return Distribution::constant(*duration);
  }
  const Fields fields{value, {"exponential", "lognormal", "uniform"}, report};
  if (value.children.size() != 1) {
    report.add(value.where, "one distribution: exponential, lognormal or uniform",
               fmt::format("{} keys", value.children.size()));
    return std::nullopt;
  }
  if (const Value* parameters = fields.find("lognormal"))
    return read_lognormal(*parameters, report);
  if (const Value* ends = fields.find("uniform")) return read_uniform(*ends, report);
  if (const Value* mean = fields.find("exponential")) {
    const auto duration = read_duration(*mean, report);
    if (duration) return Distribution::exponential(*duration);
  }
  return std::nullopt;
}

std::optional<Bound> read_bound(const Value& value, Measure measure, Report& report) {
  if (value.type == Value::Type::Text) {
    if (auto bound = parse_bound(value.text, measure)) return bound;
  }
  switch (measure) {
    case Measure::Ratio:
    case Measure::Share:
      report.add(value, "a bound on a percentage, such as \">= 99.5%\"");
      break;
    case Measure::Time:
      report.add(value, "a bound on a duration, such as \"< 800ms\"");
      break;
    case Measure::Count:
      report.add(value, "a bound on a count, such as \">= 2\" or \"4..6\"");
      break;
    case Measure::Rate:
      report.add(value, "a bound on a rate, such as \">= 40/s\"");
      break;
    case Measure::Number:
      report.add(value, "a bound on a number, such as \"< 14.4\"");
      break;
  }
  return std::nullopt;
}

std::optional<std::int64_t> read_count(const Value& value, std::int64_t least, std::int64_t most,
                                       Report& report) {
  if (value.type == Value::Type::Number) {
    const auto count = parse_integer<std::int64_t>(value.text);
    if (count && *count >= least && *count <= most) return count;
  }
  report.add(value, fmt::format("a whole number from {} to {}", least, most));
  return std::nullopt;
}

}  // namespace orrery::scenario
