/// @file
/// Envoy's local rate limit: a token bucket of one proxy; a request without a token is answered
/// 429.
///
/// Source: Envoy local_ratelimit_impl, token_bucket.proto; the filling changed with 1.31.
#pragma once

#include <algorithm>
#include <cstdint>

#include "models/base/contract.h"
#include "models/base/time_types.h"

namespace orrery::resilience {

struct LocalRateLimitConfig {
  enum class Filling : std::uint8_t {
    AtIntervals,  ///< tokens_per_fill at once, by a timer: up to 1.30.
    Continuous,   ///< By and by at the same rate: 1.31 and later.
  };
  std::uint32_t max_tokens = 1;                         ///< >= 1; the bucket is full at first.
  std::uint32_t tokens_per_fill = 1;                    ///< >= 1
  Duration fill_interval = Duration::milliseconds(50);  ///< >= 50 ms
  Filling filling = Filling::Continuous;

  friend bool operator==(const LocalRateLimitConfig&, const LocalRateLimitConfig&) = default;
};

class LocalRateLimit {
 public:
  LocalRateLimit(const LocalRateLimitConfig& config, Instant now)
      : config_{config},
        full_{config.fill_interval.count_ns() * config.max_tokens},
        credit_{full_},
        filled_at_{now} {
    expects(
        config.max_tokens >= 1 && config.tokens_per_fill >= 1 && config.fill_interval > Duration{},
        "a token bucket holds tokens and is filled");
  }

  /// Whether a request may pass; if so it has taken a token.
  [[nodiscard]] bool try_acquire(Instant now) {
    fill(now);
    const std::int64_t token = config_.fill_interval.count_ns();
    if (credit_ < token) return false;
    credit_ -= token;
    return true;
  }
  /// Whole tokens in the bucket.
  [[nodiscard]] std::int64_t tokens(Instant now) {
    fill(now);
    return credit_ / config_.fill_interval.count_ns();
  }

 private:
  void fill(Instant now) {
    std::int64_t elapsed = (now - filled_at_).count_ns();
    if (config_.filling == LocalRateLimitConfig::Filling::AtIntervals) {
      elapsed -= elapsed % config_.fill_interval.count_ns();
    }
    filled_at_ = filled_at_ + Duration::nanoseconds(elapsed);
    const std::int64_t per_ns = config_.tokens_per_fill;
    std::int64_t gained = 0;
    const bool filled_up =
        __builtin_mul_overflow(elapsed, per_ns, &gained) || gained > full_ - credit_;
    credit_ = filled_up ? full_ : credit_ + gained;
  }

  // A nanosecond brings `tokens_per_fill` of credit and a token costs the interval's nanoseconds:
  // whole numbers throughout.
  LocalRateLimitConfig config_;
  std::int64_t full_;
  std::int64_t credit_;
  Instant filled_at_;
};

}  // namespace orrery::resilience
