/// @file
/// e^-x for x >= 0, inline and the same on every machine: what moving averages multiply by on every
/// sample.
///
/// The general exponential of models/base has a division in each of its seventeen terms; this one
/// takes 2^(-k/256) from a table and needs four terms for the rest.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "models/base/time_types.h"

namespace orrery::resilience {

namespace decay_detail {

inline constexpr double kLn2 = 0.69314718055994530942;

/// 2^(-k/256) for k = 0..255, by the series of e^-x, which needs no more than 20 terms below ln 2.
inline constexpr std::array<double, 256> kPowers = [] {
  std::array<double, 256> powers{};
  for (std::size_t k = 0; k < powers.size(); ++k) {
    const double x = static_cast<double>(k) * kLn2 / 256.0;
    double sum = 1.0;
    for (int n = 20; n >= 1; --n) sum = 1.0 - sum * x / n;
    powers[k] = sum;
  }
  return powers;
}();

}  // namespace decay_detail

/// e^-x; relative error below 2^-42. 0 for x above 700. Requires: x >= 0.
///
/// Worked example: x = 1 -> x * 256 / ln 2 = 369.3, k = 369, r = 0.00089; 2^(-369/256) * e^-r =
/// 0.36788.
[[nodiscard]] inline double exp_of_minus(double x) {
  expects(x >= 0, "a decay takes time that is not negative");
  if (x > 700.0) return 0.0;
  const auto k = static_cast<std::uint64_t>(x * (256.0 / decay_detail::kLn2));
  const double r = x - static_cast<double>(k) * (decay_detail::kLn2 / 256.0);
  const double octaves = std::bit_cast<double>((1023 - k / 256) << 52);
  // Grouped so that the products do not wait for each other; the next term is below 2^-49.
  const double rest = (1.0 - r) + r * r * ((0.5 - r * (1.0 / 6.0)) + r * r * (1.0 / 24.0));
  return decay_detail::kPowers[k % 256] * octaves * rest;
}

/// How an average loses weight with time: e^(-elapsed / time constant).
class ExponentialDecay {
 public:
  /// Requires: time_constant > 0.
  explicit ExponentialDecay(Duration time_constant)
      : per_ns_{1.0 / static_cast<double>(time_constant.count_ns())} {
    expects(time_constant > Duration{}, "a decay has a time constant above 0");
  }

  /// The part that is left. Requires: elapsed >= 0.
  [[nodiscard]] double left_after(Duration elapsed) const {
    return exp_of_minus(static_cast<double>(elapsed.count_ns()) * per_ns_);
  }

 private:
  double per_ns_;
};

}  // namespace orrery::resilience
