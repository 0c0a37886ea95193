/// @file
/// Distributions of durations, drawn by key so that no draw depends on another.
#pragma once

#include <cstdint>
#include <string>

#include "models/base/random.h"
#include "models/base/time_types.h"

namespace orrery {

/// A non-negative random duration.
class Distribution {
 public:
  enum class Shape : std::uint8_t { Constant, Exponential, LogNormal, Uniform };

  constexpr Distribution() = default;  ///< Constantly 0.

  static Distribution constant(Duration value);
  static Distribution exponential(Duration mean);
  /// Requires: 0 < median <= p99.
  static Distribution lognormal_from_median(Duration median, Duration p99);
  /// The lognormal with this mean and 99th percentile; of the two that exist, the narrower one.
  /// Requires: 0 < mean <= p99 and p99/mean <= 14.9 (no lognormal is wider: exp(2.326^2 / 2)).
  static Distribution lognormal_from_mean(Duration mean, Duration p99);
  /// Requires: 0 <= low <= high.
  static Distribution uniform(Duration low, Duration high);

  /// One draw, at most about 292 years.
  [[nodiscard]] Duration draw(const Draws& draws, Purpose purpose, std::uint64_t key,
                              std::uint64_t attempt = 0) const;

  [[nodiscard]] Shape shape() const { return shape_; }
  [[nodiscard]] Duration mean() const;
  /// "exponential, mean 5ms": for listings.
  [[nodiscard]] std::string describe() const;

  friend bool operator==(const Distribution&, const Distribution&) = default;

 private:
  Shape shape_ = Shape::Constant;
  Duration first_;    ///< Constant: value. Exponential: mean. Lognormal: median. Uniform: low.
  Duration second_;   ///< Uniform: high.
  double sigma_ = 0;  ///< Lognormal: standard deviation of the logarithm.
};

}  // namespace orrery
