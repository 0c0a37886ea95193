/// @file
/// Envoy's global rate limit: a service is asked before the request goes on, and what the proxy
/// does when it does not answer.
///
/// Source: Envoy rate_limit.proto, ratelimit filter; envoyproxy/ratelimit for the counting.
#pragma once

#include <cstdint>
#include <optional>

#include "models/base/contract.h"
#include "models/base/time_types.h"

namespace orrery::resilience {

struct GlobalRateLimitConfig {
  Duration timeout = Duration::milliseconds(20);  ///< Of the question to the service.
  bool failure_mode_deny = false;                 ///< false: fail open.
  std::uint16_t rate_limited_status = 429;        ///< 400..599
  std::uint16_t status_on_error = 500;            ///< When it denies on failure.

  friend bool operator==(const GlobalRateLimitConfig&, const GlobalRateLimitConfig&) = default;
};

enum class RateLimitReply : std::uint8_t {
  Ok,
  OverLimit,
  Error,  ///< Refused, failed or not there within the timeout.
};

/// The status that a request is answered with; nothing when it goes on.
[[nodiscard]] constexpr std::optional<std::uint16_t> rejected_with(
    const GlobalRateLimitConfig& config, RateLimitReply reply) {
  if (reply == RateLimitReply::OverLimit) return config.rate_limited_status;
  if (reply == RateLimitReply::Error && config.failure_mode_deny) return config.status_on_error;
  return std::nullopt;
}

/// One counter of the rate limit service: a fixed window that begins with the clock's units, so
/// that twice the limit may pass around a boundary.
class FixedWindowLimit {
 public:
  /// `phase`: how far into a unit of the clock the run began. Requires: unit > 0, 0 <= phase <
  /// unit.
  FixedWindowLimit(std::uint32_t requests_per_unit, Duration unit, Duration phase = {})
      : requests_per_unit_{requests_per_unit}, unit_{unit}, phase_{phase} {
    expects(unit > Duration{} && phase >= Duration{} && phase < unit,
            "a window lasts, and the run begins within it");
  }

  /// Counts one request, over the limit or not. Returns Ok or OverLimit.
  [[nodiscard]] RateLimitReply ask(Instant now) {
    const std::int64_t window = (now.since_start() + phase_).count_ns() / unit_.count_ns();
    if (window != window_) {
      window_ = window;
      count_ = 0;
    }
    ++count_;
    return count_ > requests_per_unit_ ? RateLimitReply::OverLimit : RateLimitReply::Ok;
  }

 private:
  std::uint32_t requests_per_unit_;
  Duration unit_;
  Duration phase_;
  std::int64_t window_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace orrery::resilience
