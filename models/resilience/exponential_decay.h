/// @file
/// e^-x for x >= 0, inline and the same on every machine: what moving averages multiply by on every
/// sample.
///
/// The weight of an old value after `elapsed` is e^(-elapsed / time constant). The general
/// exponential of models/base costs a division per term of its series; this one takes 2^(-k/32)
/// from a table and needs six terms for the rest.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "models/base/time_types.h"

namespace orrery::resilience {

namespace decay_detail {

/// The six terms of e^-r that matter for 0 <= r < ln 2 / 32; the next is below 2^-53.
constexpr double exp_of_minus(double r) {
  double sum = 1.0;
  for (int n = 7; n >= 1; --n) sum = 1.0 - sum * r * (1.0 / n);
  return sum;
}

inline constexpr double kLn2 = 0.69314718055994530942;

inline constexpr std::array<double, 32> kPowers = [] {
  std::array<double, 32> powers{};
  double power = 1.0;
  // Each from its own octave fraction, so that errors do not add up.
  for (std::size_t k = 0; k < powers.size(); ++k) {
    power = 1.0;
    double r = static_cast<double>(k) * kLn2 / 32.0;
    for (; r > 0.02; r -= 0.02) power *= exp_of_minus(0.02);
    powers[k] = power * exp_of_minus(r);
  }
  return powers;
}();

}  // namespace decay_detail

/// e^-x; relative error below 2^-42. 0 for x above 700. Requires: x >= 0.
///
/// Worked example: x = 1 -> x * 32 / ln 2 = 46.17, k = 46, r = 0.0036; 2^(-46/32) * e^-r = 0.36788.
[[nodiscard]] inline double exp_of_minus(double x) {
  expects(x >= 0, "a decay takes time that is not negative");
  if (x > 700.0) return 0.0;
  const auto k = static_cast<std::uint64_t>(x * (32.0 / decay_detail::kLn2));
  const double r = x - static_cast<double>(k) * (decay_detail::kLn2 / 32.0);
  const double octaves = std::bit_cast<double>((1023 - k / 32) << 52);
  return decay_detail::kPowers[k % 32] * octaves * decay_detail::exp_of_minus(r);
}

/// What is left of an average after `elapsed`: e^(-elapsed / time_constant).
/// Requires: elapsed >= 0, time_constant > 0.
[[nodiscard]] inline double decay_after(Duration elapsed, Duration time_constant) {
  return exp_of_minus(static_cast<double>(elapsed.count_ns()) /
                      static_cast<double>(time_constant.count_ns()));
}

}  // namespace orrery::resilience
