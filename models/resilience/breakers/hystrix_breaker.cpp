#include "models/resilience/breakers/hystrix_breaker.h"

#include <algorithm>

namespace orrery::resilience {

HystrixBreaker::HystrixBreaker(const HystrixBreakerConfig& config, Instant now)
    : config_{&config}, next_tick_{now + config.health_snapshot_interval} {
  const std::int64_t interval = config.health_snapshot_interval.count_ns();
  expects(interval > 0 && config.rolling_window.count_ns() >= interval &&
              config.rolling_window.count_ns() % interval == 0,
          "the window of a breaker is a whole number of intervals");
  expects(config.error_threshold_percentage >= 1, "a breaker trips by errors");
  intervals_.resize(static_cast<std::size_t>(config.rolling_window.count_ns() / interval));
}

std::uint32_t HystrixBreaker::error_percentage() const {
  if (window_.total == 0) return 0;
  // Worked example: 29 of 100 is 0.29 * 100 = 28.999..., hence 28. In whole numbers it would be 29,
  // and a breaker at 29 % would trip one call earlier than the original.
  return static_cast<std::uint32_t>(static_cast<double>(window_.errors) / window_.total * 100);
}

std::optional<BreakerChange> HystrixBreaker::tick_until(Instant now) {
  const Duration interval = config_->health_snapshot_interval;
  std::optional<BreakerChange> change;
  for (; now >= next_tick_; next_tick_ = next_tick_ + interval) {
    if (window_.total == 0 && current_.total == 0) {
      const std::int64_t missed = (now - next_tick_).count_ns() / interval.count_ns();
      next_tick_ = next_tick_ + interval * missed;  // an empty window stays empty
      continue;
    }
    Counts& oldest = intervals_[oldest_];
    window_.total += current_.total - oldest.total;
    window_.errors += current_.errors - oldest.errors;
    oldest = current_;
    current_ = {};
    oldest_ = oldest_ + 1 == intervals_.size() ? 0 : oldest_ + 1;
    // No call is needed for a trip: when successes leave the window, the percentage rises.
    if (state_ == BreakerState::Closed && window_.total >= config_->request_volume_threshold &&
        error_percentage() >= config_->error_threshold_percentage) {
      opened_at_ = next_tick_;
      change = become(BreakerState::Open, BreakerCause::FailureRate, next_tick_);
    }
  }
  return change;
}

BreakerChange HystrixBreaker::end_trial(bool success, Instant now) {
  if (!success) {
    opened_at_ = now;
    return become(BreakerState::Open, BreakerCause::TrialFailed, now);
  }
  // The counts begin anew, and so do their intervals. The trial itself is counted after that.
  std::fill(intervals_.begin(), intervals_.end(), Counts{});
  window_ = current_ = {};
  next_tick_ = now + config_->health_snapshot_interval;
  return become(BreakerState::Closed, BreakerCause::TrialSucceeded, now);
}

}  // namespace orrery::resilience
