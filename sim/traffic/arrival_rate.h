/// @file
/// A rate that changes with time, and when the arrivals of such a Poisson process come.
///
/// A process of unit rate is stretched: the next arrival is where the area under the rate has grown
/// by the next gap of the unit process. So there is one draw for each arrival, whatever the rate.
///
/// Source: Cinlar 1975, Introduction to Stochastic Processes: inversion of the cumulative rate.
#pragma once

#include <cstddef>
#include <vector>

#include "models/base/time_types.h"

namespace orrery::sim {

/// A rate from a time on, counted from where the series begins.
struct RatePoint {
  Duration at;
  double per_second = 0;

  friend bool operator==(const RatePoint&, const RatePoint&) = default;
};

/// Nothing arrives before its first point; the last rate lasts.
struct RateSeries {
  std::vector<RatePoint> points;  ///< By time, each later than the one before; rates >= 0.
  bool lines = false;             ///< The rate goes straight from point to point, without steps.
  Duration period;                ///< It begins anew so often, after its last point; 0: never.
  Duration offset;                ///< So much of it is over when the load begins; >= 0.

  friend bool operator==(const RateSeries&, const RateSeries&) = default;
};

/// The area under a series, from either side.
class ArrivalRate {
 public:
  /// Requires: a series as described.
  explicit ArrivalRate(const RateSeries& series);

  /// From the beginning of the load: when `gap` more arrivals are expected than at `after`.
  /// Duration::max() if there are never so many. O(log points). Requires: gap >= 0.
  [[nodiscard]] Duration next(Duration after, double gap) const;

 private:
  /// From one point to the next.
  struct Piece {
    std::int64_t from_ns = 0;
    double rate = 0;       ///< At its beginning [1/s].
    double slope = 0;      ///< [1/s^2]
    double area_from = 0;  ///< Under all pieces before.
  };
  [[nodiscard]] double area_at(std::int64_t at_ns) const;
  /// Requires: the pieces have the area.
  [[nodiscard]] double time_ns_of(double area) const;

  std::vector<Piece> pieces_;
  std::int64_t period_ns_ = 0;
  std::int64_t offset_ns_ = 0;
  double period_area_ = 0;
};

}  // namespace orrery::sim
