/// @file
/// AWS SDK adaptive mode: a client that is throttled slows all its requests down, and comes back
/// along the curve of TCP CUBIC.
///
/// Source: botocore retries/adaptive, throttling, bucket; RFC 8312 for the curve.
#pragma once

#include <cstdint>

#include "models/base/time_types.h"

namespace orrery::resilience {

/// The client's own rate limiter. No limit before the first throttling answer.
class AdaptiveRetryRate {
 public:
  explicit AdaptiveRetryRate(Instant now);

  /// How long a request that wants to be sent now has to wait before it asks again; 0: it may be
  /// sent, and its token is taken.
  [[nodiscard]] Duration acquire(Instant now);

  /// An answer has come, or a try has failed.
  void answered(bool throttled, Instant now);

  [[nodiscard]] bool enabled() const { return enabled_; }
  /// Requests per second that may be sent; >= 0.5.
  [[nodiscard]] double rate() const { return fill_rate_; }
  /// Requests per second that were answered, smoothed.
  [[nodiscard]] double measured_rate() const { return measured_rate_; }

 private:
  void measure(double now);
  void refill(double now);
  void set_rate(double rate, double now);

  double last_fail_;            ///< Of the last throttling answer [s].
  double rate_at_fail_ = 0.0;   ///< w_max [requests/s].
  double plateau_after_ = 0.0;  ///< K [s].
  double measured_rate_ = 0.0;
  double bucket_start_;  ///< Of the half second being counted [s].
  double fill_rate_ = 1.0;
  double capacity_max_ = 1.0;
  double capacity_ = 0.0;  ///< Tokens.
  double filled_at_;       ///< [s]
  std::uint32_t count_ = 0;
  bool enabled_ = false;
};

}  // namespace orrery::resilience
