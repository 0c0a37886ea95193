/// @file
/// A limit after TCP Vegas: from the time of an answer and the shortest one seen it reckons how
/// many calls queue at the callee, and keeps that number small.
///
/// Source: Netflix concurrency-limits, VegasLimit, Log10RootFunction; Brakmo and Peterson 1995.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "models/base/contract.h"
#include "models/base/time_types.h"
#include "models/resilience/draw.h"

namespace orrery::resilience {

struct VegasLimitConfig {
  std::uint32_t initial_limit = 20;
  std::uint32_t max_concurrency = 1000;
  double smoothing = 1.0;               ///< > 0, at most 1: the part of a new limit that counts.
  std::uint32_t probe_multiplier = 30;  ///< Calls between probes, in limits.
};

class VegasLimit {
 public:
  /// `draw` sets the distance to the first probe.
  VegasLimit(const VegasLimitConfig& config, std::uint64_t draw)
      : config_{config}, limit_{static_cast<double>(config.initial_limit)} {
    draw_distance(draw);
  }

  /// A call has ended. Requires: rtt > 0.
  void update(Duration rtt, std::uint32_t in_flight, bool dropped, std::uint64_t draw) {
    expects(rtt > Duration{}, "an answer takes time");
    ++since_probe_;
    if (probe_distance_ * config_.probe_multiplier * limit_ <= since_probe_) {
      draw_distance(draw);
      since_probe_ = 0;
      shortest_ = rtt;
      return;
    }
    if (shortest_ == Duration{} || rtt < shortest_) {
      shortest_ = rtt;
      return;
    }
    adjust(rtt, in_flight, dropped);
  }

  [[nodiscard]] std::uint32_t limit() const { return static_cast<std::uint32_t>(limit_); }
  [[nodiscard]] Duration shortest_rtt() const { return shortest_; }

 private:
  /// The step of a limit: 1 below 100, 2 below 1000, then its root.
  static double step(std::uint32_t limit) {
    if (limit < 100) return 1.0;
    return limit < 1000 ? 2.0 : std::floor(std::sqrt(limit));
  }
  void draw_distance(std::uint64_t draw) { probe_distance_ = 0.5 + unit_from(draw) * 0.5; }

  void adjust(Duration rtt, std::uint32_t in_flight, bool dropped) {
    const double one = step(limit());
    double next = limit_;
    if (dropped) {
      next -= one;
    } else if (in_flight * 2.0 < limit_) {
      return;  // the limit is not what holds calls back
    } else {
      // Worked example: limit 20, shortest 10 ms, now 20 ms: 10 queue, more than 6: one less.
      const double queue = std::ceil(limit_ * (1.0 - static_cast<double>(shortest_.count_ns()) /
                                                         static_cast<double>(rtt.count_ns())));
      const double alpha = 3.0 * one;
      const double beta = 6.0 * one;
      if (queue <= one) {
        next += beta;
      } else if (queue < alpha) {
        next += one;
      } else if (queue > beta) {
        next -= one;
      } else {
        return;
      }
    }
    next = std::clamp(next, 1.0, static_cast<double>(config_.max_concurrency));
    limit_ = (1.0 - config_.smoothing) * limit_ + config_.smoothing * next;
  }

  VegasLimitConfig config_;
  double limit_;
  double probe_distance_ = 1.0;    ///< 0.5..1, drawn at each probe.
  std::uint32_t since_probe_ = 0;  ///< Calls.
  Duration shortest_;              ///< 0: none yet.
};

}  // namespace orrery::resilience
