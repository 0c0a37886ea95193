#include "models/base/quantity.h"

#include <array>
#include <limits>

namespace orrery {
namespace {

__extension__ using Wide = unsigned __int128;

/// text * scale, rounded up to a whole number.
std::optional<std::int64_t> parse_scaled(std::string_view text, std::uint64_t scale) {
  std::size_t i = 0;
  std::uint64_t digits = 0;
  std::size_t digit_count = 0;
  int fraction_digits = 0;
  bool in_fraction = false;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !in_fraction) {
      in_fraction = true;
    } else if (c >= '0' && c <= '9') {
      if (__builtin_mul_overflow(digits, std::uint64_t{10}, &digits)) return std::nullopt;
      if (__builtin_add_overflow(digits, static_cast<std::uint64_t>(c - '0'), &digits)) {
        return std::nullopt;
      }
      ++digit_count;
      if (in_fraction) ++fraction_digits;
    } else {
      break;
    }
  }
  if (digit_count == 0) return std::nullopt;

  int power_of_ten = -fraction_digits;
  int power_of_two = 0;
  const std::string_view suffix = text.substr(i);
  struct Suffix {
    std::string_view name;
    int ten;
    int two;
  };
  static constexpr std::array<Suffix, 16> kSuffixes{{{"", 0, 0},
                                                     {"n", -9, 0},
                                                     {"u", -6, 0},
                                                     {"m", -3, 0},
                                                     {"k", 3, 0},
                                                     {"M", 6, 0},
                                                     {"G", 9, 0},
                                                     {"T", 12, 0},
                                                     {"P", 15, 0},
                                                     {"E", 18, 0},
                                                     {"Ki", 0, 10},
                                                     {"Mi", 0, 20},
                                                     {"Gi", 0, 30},
                                                     {"Ti", 0, 40},
                                                     {"Pi", 0, 50},
                                                     {"Ei", 0, 60}}};
  bool known = false;
  for (const Suffix& candidate : kSuffixes) {
    if (suffix != candidate.name) continue;
    power_of_ten += candidate.ten;
    power_of_two = candidate.two;
    known = true;
  }
  if (!known) {
    if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return std::nullopt;
    std::size_t at = 1;
    const bool negative = suffix[1] == '-';
    if (suffix[1] == '-' || suffix[1] == '+') ++at;
    if (at == suffix.size() || suffix.size() - at > 2) return std::nullopt;
    int exponent = 0;
    for (; at < suffix.size(); ++at) {
      if (suffix[at] < '0' || suffix[at] > '9') return std::nullopt;
      exponent = exponent * 10 + (suffix[at] - '0');
    }
    power_of_ten += negative ? -exponent : exponent;
  }

  constexpr Wide kLimit = static_cast<Wide>(std::numeric_limits<std::int64_t>::max());
  Wide value = static_cast<Wide>(digits) * scale;  // below 2^74: scale is at most 1000
  if (value == 0) return 0;
  Wide divisor = 1;
  for (; power_of_ten < 0 && divisor <= kLimit; ++power_of_ten) divisor *= 10;
  if (power_of_ten < 0) return 1;  // less than one unit, rounded up
  for (; power_of_ten > 0; --power_of_ten) {
    value *= 10;
    if (value / divisor > kLimit) return std::nullopt;
  }
  for (; power_of_two > 0; power_of_two -= 10) {
    if (value > ~Wide{0} / 1024) return std::nullopt;
    value *= 1024;
    if (value / divisor > kLimit) return std::nullopt;
  }
  const Wide rounded = (value + divisor - 1) / divisor;
  if (rounded > kLimit) return std::nullopt;
  return static_cast<std::int64_t>(rounded);
}

}  // namespace

std::optional<std::int64_t> parse_milli(std::string_view text) { return parse_scaled(text, 1000); }

std::optional<std::int64_t> parse_amount(std::string_view text) { return parse_scaled(text, 1); }

std::string milli_text(std::int64_t milli) {
  return milli % 1000 == 0 ? std::to_string(milli / 1000) : std::to_string(milli) + "m";
}

std::string amount_text(std::int64_t amount) {
  static constexpr std::array<const char*, 7> kSuffixes{"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  std::size_t step = 0;
  while (amount != 0 && amount % 1024 == 0 && step + 1 < kSuffixes.size()) {
    amount /= 1024;
    ++step;
  }
  return std::to_string(amount) + kSuffixes[step];
}

}  // namespace orrery
