/// @file
/// Instants and durations as whole nanoseconds, in two types that cannot be mixed up.
///
/// Integers, because events at equal times must compare equal on every machine. Checked, because a
/// doubling back-off overflows 64 bits after some sixty attempts, and 292 years never are a result.
/// Nothing here tells the time: whoever needs it is handed an Instant.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "models/base/contract.h"

// clang before 17 emits calls of consteval functions that stand in default arguments.
#if defined(__clang__) && __clang_major__ < 17
#define ORRERY_CONSTEVAL constexpr
#else
#define ORRERY_CONSTEVAL consteval
#endif

namespace orrery {

/// A length of time [ns], signed.
class Duration {
 public:
  constexpr Duration() = default;

  static constexpr Duration nanoseconds(std::int64_t count) { return Duration{count}; }
  static constexpr Duration microseconds(std::int64_t count) { return Duration{1'000} * count; }
  static constexpr Duration milliseconds(std::int64_t count) { return Duration{1'000'000} * count; }
  static constexpr Duration seconds(std::int64_t count) { return Duration{1'000'000'000} * count; }
  static constexpr Duration minutes(std::int64_t count) { return seconds(60) * count; }
  static constexpr Duration max() { return Duration{std::numeric_limits<std::int64_t>::max()}; }

  [[nodiscard]] constexpr std::int64_t count_ns() const { return ns_; }

  friend constexpr auto operator<=>(Duration, Duration) = default;

  friend constexpr Duration operator+(Duration a, Duration b) {
    Duration sum;
    expects(!__builtin_add_overflow(a.ns_, b.ns_, &sum.ns_),
            "the sum of two durations fits 64 bits");
    return sum;
  }
  friend constexpr Duration operator-(Duration a, Duration b) {
    Duration rest;
    expects(!__builtin_sub_overflow(a.ns_, b.ns_, &rest.ns_),
            "the difference of two durations fits 64 bits");
    return rest;
  }
  friend constexpr Duration operator*(Duration a, std::int64_t times) {
    Duration product;
    expects(!__builtin_mul_overflow(a.ns_, times, &product.ns_),
            "the product of a duration and a count fits 64 bits");
    return product;
  }
  /// Truncates toward zero. Requires: `parts` is not 0.
  friend constexpr Duration operator/(Duration a, std::int64_t parts) {
    expects(parts != 0, "a duration is divided by a count other than 0");
    return Duration{a.ns_ / parts};
  }
  constexpr Duration& operator+=(Duration other) { return *this = *this + other; }

 private:
  explicit constexpr Duration(std::int64_t ns) : ns_{ns} {}

  std::int64_t ns_ = 0;
};

/// A point in time, counted from the start of the run.
///
/// Simulated, that is virtual time; live, the monotonic clock less the run's persisted epoch.
class Instant {
 public:
  constexpr Instant() = default;  ///< The start of the run.

  static constexpr Instant at(Duration since_start) { return Instant{since_start}; }
  static constexpr Instant never() { return Instant{Duration::max()}; }

  [[nodiscard]] constexpr Duration since_start() const { return since_start_; }
  [[nodiscard]] constexpr std::int64_t count_ns() const { return since_start_.count_ns(); }

  friend constexpr auto operator<=>(Instant, Instant) = default;

  friend constexpr Instant operator+(Instant t, Duration d) { return at(t.since_start_ + d); }
  friend constexpr Instant operator-(Instant t, Duration d) { return at(t.since_start_ - d); }
  friend constexpr Duration operator-(Instant later, Instant earlier) {
    return later.since_start_ - earlier.since_start_;
  }

 private:
  explicit constexpr Instant(Duration since_start) : since_start_{since_start} {}

  Duration since_start_;
};

inline namespace literals {

ORRERY_CONSTEVAL std::int64_t literal_count(unsigned long long count) {
  expects(count <= static_cast<unsigned long long>(std::numeric_limits<std::int64_t>::max()),
          "a literal fits 64 bits");
  return static_cast<std::int64_t>(count);
}
ORRERY_CONSTEVAL Duration operator""_ns(unsigned long long n) {
  return Duration::nanoseconds(literal_count(n));
}
ORRERY_CONSTEVAL Duration operator""_us(unsigned long long n) {
  return Duration::microseconds(literal_count(n));
}
ORRERY_CONSTEVAL Duration operator""_ms(unsigned long long n) {
  return Duration::milliseconds(literal_count(n));
}
ORRERY_CONSTEVAL Duration operator""_s(unsigned long long n) {
  return Duration::seconds(literal_count(n));
}
ORRERY_CONSTEVAL Duration operator""_min(unsigned long long n) {
  return Duration::minutes(literal_count(n));
}

}  // namespace literals

/// Exact decimal text in the largest unit whose whole part is not 0: "1.5s", "250us", "0s".
[[nodiscard]] std::string to_string(Duration duration);

/// The text of `instant - start of run`, as above.
[[nodiscard]] std::string to_string(Instant instant);

/// Reads "250ms", "1.5s", "2min", "1h": a decimal number directly followed by ns, us, ms, s, m, min
/// or h. Returns nothing for a missing unit, a sign, a part of a nanosecond, or more than 64 bits.
[[nodiscard]] std::optional<Duration> parse_duration(std::string_view text);

/// Seconds as a floating-point number, for reports and library borders only: the nearest one, up to
/// 2^53 ns (104 days), so that 15 s are 15.0.
[[nodiscard]] constexpr double to_seconds(Duration d) {
  return static_cast<double>(d.count_ns()) / 1e9;
}

/// The nearest duration to `seconds`, rounded up to a whole nanosecond, so that a completion that a
/// library dates in floating point is never early. Requires: finite and within range.
[[nodiscard]] Duration ceil_from_seconds(double seconds);

}  // namespace orrery
