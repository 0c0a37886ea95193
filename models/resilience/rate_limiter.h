/// @file
/// The rate limiter of resilience4j: so many permits in each cycle of the clock, and permits of
/// later cycles may be reserved by those who can wait.
///
/// Source: resilience4j 2.x, AtomicRateLimiter, RateLimiterConfig.
#pragma once

#include <algorithm>
#include <cstdint>

#include "models/base/contract.h"
#include "models/base/time_types.h"

namespace orrery::resilience {

struct RateLimiterConfig {
  std::uint32_t limit_for_period = 50;                         ///< [permits per cycle], >= 1
  Duration limit_refresh_period = Duration::nanoseconds(500);  ///< > 0
  Duration timeout = Duration::seconds(5);                     ///< The longest wait for a permit.
};

class RateLimiter {
 public:
  struct Reservation {
    bool granted = false;
    Duration wait;  ///< Granted: until the call may begin. Refused: until it fails, the timeout.

    friend bool operator==(const Reservation&, const Reservation&) = default;
  };

  /// Cycles are counted from `origin`: when the limiter's process began.
  RateLimiter(const RateLimiterConfig& config, Instant origin)
      : config_{config}, origin_{origin}, permits_{config.limit_for_period} {
    expects(config.limit_for_period >= 1 && config.limit_refresh_period > Duration{},
            "a rate is a permit or more in a time that is not nothing");
  }

  /// One permit at once or later, if it comes within the timeout; `timeout` included.
  [[nodiscard]] Reservation reserve(Instant now) {
    refresh(now);
    const Duration wait = wait_for_permit(now);
    if (wait > config_.timeout) return {false, config_.timeout};
    --permits_;
    return {true, wait};
  }

  /// Left in this cycle; negative when permits of later ones are reserved.
  [[nodiscard]] std::int64_t permits(Instant now) {
    refresh(now);
    return permits_;
  }

 private:
  void refresh(Instant now) {
    const std::int64_t cycle = (now - origin_).count_ns() / config_.limit_refresh_period.count_ns();
    if (cycle == cycle_) return;
    const std::int64_t limit = config_.limit_for_period;
    // Debts are paid cycle by cycle. Cycles beyond those that fill it up would overflow 64 bits.
    const std::int64_t enough = (limit - permits_) / limit + 1;
    permits_ = std::min(permits_ + std::min(cycle - cycle_, enough) * limit, limit);
    cycle_ = cycle;
  }
  [[nodiscard]] Duration wait_for_permit(Instant now) const {
    if (permits_ >= 1) return {};
    const Duration period = config_.limit_refresh_period;
    const std::int64_t limit = config_.limit_for_period;
    const Duration to_next_cycle = period * (cycle_ + 1) - (now - origin_);
    const std::int64_t missing_then = 1 - (permits_ + limit);
    // Worked example: limit 2, all reserved twice (-2): at the next cycle 0, so one more full
    // cycle.
    const std::int64_t full_cycles = missing_then <= 0 ? 0 : (missing_then + limit - 1) / limit;
    return to_next_cycle + period * full_cycles;
  }

  RateLimiterConfig config_;
  Instant origin_;
  std::int64_t cycle_ = 0;
  std::int64_t permits_;
};

}  // namespace orrery::resilience
