#include "models/base/time_types.h"

#include <array>
#include <cmath>
#include <utility>

namespace orrery {
namespace {

struct Unit {
  std::string_view suffix;
  std::int64_t ns;
};

}  // namespace

std::string to_string(Duration duration) {
  constexpr std::array<std::pair<Unit, std::size_t>, 4> kUnits{
      {{{"s", 1'000'000'000}, 9}, {{"ms", 1'000'000}, 6}, {{"us", 1'000}, 3}, {{"ns", 1}, 0}}};
  const std::int64_t count = duration.count_ns();
  if (count == 0) return "0s";
  // Through unsigned, because the most negative value has no positive twin.
  const bool negative = count < 0;
  const auto magnitude =
      negative ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  for (const auto& [unit, digits] : kUnits) {
    const auto size = static_cast<std::uint64_t>(unit.ns);
    if (magnitude < size) continue;
    std::string text = (negative ? "-" : "") + std::to_string(magnitude / size);
    if (const std::uint64_t rest = magnitude % size; rest != 0) {
      std::string fraction = std::to_string(rest);
      fraction.insert(0, digits - fraction.size(), '0');
      fraction.erase(fraction.find_last_not_of('0') + 1);
      text += "." + fraction;
    }
    return text + std::string{unit.suffix};
  }
  contract_violation("a duration other than 0 has at least one nanosecond");
}

std::string to_string(Instant instant) { return to_string(instant.since_start()); }

std::optional<Duration> parse_duration(std::string_view text) {
  constexpr std::array<Unit, 7> kUnits{{{"ns", 1},
                                        {"us", 1'000},
                                        {"ms", 1'000'000},
                                        {"min", 60'000'000'000},
                                        {"s", 1'000'000'000},
                                        {"m", 60'000'000'000},
                                        {"h", 3'600'000'000'000}}};
  const std::size_t number_end = text.find_first_not_of("0123456789.");
  if (number_end == 0 || number_end == std::string_view::npos) return std::nullopt;
  const std::string_view number = text.substr(0, number_end);
  const std::string_view suffix = text.substr(number_end);
  for (const Unit& unit : kUnits) {
    if (suffix != unit.suffix) continue;
    std::int64_t whole = 0;
    std::size_t i = 0;
    for (; i < number.size() && number[i] != '.'; ++i) {
      if (__builtin_mul_overflow(whole, std::int64_t{10}, &whole)) return std::nullopt;
      if (__builtin_add_overflow(whole, std::int64_t{number[i] - '0'}, &whole)) return std::nullopt;
    }
    std::int64_t ns = 0;
    if (__builtin_mul_overflow(whole, unit.ns, &ns)) return std::nullopt;
    if (i == number.size()) return Duration::nanoseconds(ns);
    if (i == 0 || i + 1 == number.size()) return std::nullopt;
    std::int64_t place = unit.ns;
    for (++i; i < number.size(); ++i) {
      if (number[i] == '.') return std::nullopt;
      const std::int64_t digit = number[i] - '0';
      if (digit != 0 && place % 10 != 0) return std::nullopt;
      place /= 10;
      if (__builtin_add_overflow(ns, digit * place, &ns)) return std::nullopt;
    }
    return Duration::nanoseconds(ns);
  }
  return std::nullopt;
}

Duration ceil_from_seconds(double seconds) {
  expects(std::isfinite(seconds) && std::fabs(seconds) < 9.2e9,
          "seconds fit 64 bits of nanoseconds");
  return Duration::nanoseconds(static_cast<std::int64_t>(std::ceil(seconds * 1e9)));
}

}  // namespace orrery
