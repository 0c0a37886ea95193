/// @file
/// Envoy's adaptive concurrency: now and then the proxy measures how fast answers come with next to
/// no load, and between these measurements it follows the ratio of that to what it sees.
///
/// Source: Envoy adaptive_concurrency.proto, gradient_controller.
#pragma once

#include <algorithm>
#include <cstdint>

#include "models/base/contract.h"
#include "models/base/time_types.h"
#include "models/resilience/adaptive_concurrency/decimal_histogram.h"

namespace orrery::resilience {

struct GradientLimitConfig {
  Duration min_rtt_interval;                 ///< Mandatory, >= 1 ms.
  Duration concurrency_update_interval;      ///< Mandatory, >= 1 ms.
  std::uint32_t min_rtt_request_count = 50;  ///< Samples of one measurement.
  double min_rtt_jitter = 15.0;              ///< [%] of the interval, added by a draw.
  std::uint32_t min_concurrency = 3;         ///< Limit during a measurement, and the lowest.
  double min_rtt_buffer = 25.0;              ///< [%] that answers may be slower.
  std::uint32_t max_concurrency_limit = 1000;
  double sample_aggregate_percentile = 50.0;  ///< Of both round-trip times.
};

/// How many requests of one proxy may be under way.
class GradientLimit {
 public:
  /// `config` must outlive this. Begins with a measurement.
  GradientLimit(const GradientLimitConfig& config, Instant now);

  /// Whether a request may go on; else it is answered 503.
  [[nodiscard]] bool try_acquire() {
    if (in_flight_ >= limit_) return false;
    ++in_flight_;
    return true;
  }
  /// A request has ended that was sent at `sent`. `draw` is for the jitter of the next measurement.
  void on_completed(Instant sent, Instant now, std::uint64_t draw) {
    on_cancelled();
    if (sent < measured_from_) return;
    samples_.record(now - sent);
    if (measuring() && samples_.count() >= config_->min_rtt_request_count)
      end_measurement(now, draw);
  }
  /// A request was given up: no sample.
  void on_cancelled() {
    expects(in_flight_ > 0, "what ends has been let through");
    --in_flight_;
  }

  /// When `on_timer` is due.
  [[nodiscard]] Instant next_timer() const { return std::min(update_timer_, measure_timer_); }
  /// Does what is due; at equal instants the limit is updated before a measurement begins.
  void on_timer(Instant now);

  [[nodiscard]] std::uint32_t limit() const { return limit_; }
  [[nodiscard]] std::uint32_t in_flight() const { return in_flight_; }
  [[nodiscard]] bool measuring() const { return deferred_limit_ > 0; }
  [[nodiscard]] Duration min_rtt() const { return Duration::microseconds(min_rtt_us_); }

 private:
  void begin_measurement(Instant now);
  void end_measurement(Instant now, std::uint64_t draw);
  void set_limit(std::uint32_t limit, Instant now);
  [[nodiscard]] std::int64_t take_quantile();

  const GradientLimitConfig* config_;
  std::uint32_t limit_;
  std::uint32_t in_flight_ = 0;
  std::uint32_t deferred_limit_ = 0;  ///< What returns after the measurement; 0: none under way.
  std::uint32_t updates_at_minimum_ = 0;  ///< In a row.
  std::int64_t min_rtt_us_ = 0;
  Instant measured_from_;  ///< Requests sent before are no samples.
  Instant update_timer_;
  Instant measure_timer_ = Instant::never();
  DecimalHistogram samples_;
};

}  // namespace orrery::resilience
