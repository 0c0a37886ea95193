#include "models/resilience/adaptive_retry_rate.h"

#include <algorithm>
#include <cmath>

#include "models/base/random.h"

namespace orrery::resilience {
namespace {

constexpr double kScale = 0.4;      // C of the cubic
constexpr double kBeta = 0.7;       // what is left of the rate after throttling
constexpr double kSmoothing = 0.8;  // weight of the newest half second
constexpr double kRateMin = 0.5;    // requests/s
constexpr double kHeadroom = 2.0;   // times the measured rate at most

double cube_root(double x) { return x <= 0.0 ? 0.0 : portable_exp(portable_log(x) / 3.0); }
double seconds_of(Instant instant) { return to_seconds(instant.since_start()); }

}  // namespace

AdaptiveRetryRate::AdaptiveRetryRate(Instant now)
    : last_fail_{seconds_of(now)},
      bucket_start_{std::floor(seconds_of(now))},
      filled_at_{seconds_of(now)} {}

Duration AdaptiveRetryRate::acquire(Instant now) {
  if (!enabled_) return Duration{};
  refill(seconds_of(now));
  if (capacity_ >= 1.0) {
    capacity_ -= 1.0;
    return Duration{};
  }
  // At least a nanosecond, so that whoever waits makes progress.
  return std::max(ceil_from_seconds((1.0 - capacity_) / fill_rate_), Duration::nanoseconds(1));
}

// Worked example: throttled at 10/s: rate 7, K = cbrt(10 * 0.3 / 0.4) = 1.957 s. One second later
// 0.4 * (1 - 1.957)^3 + 10 = 9.65; at 1.957 s again 10, then above.
void AdaptiveRetryRate::answered(bool throttled, Instant instant) {
  const double now = seconds_of(instant);
  measure(now);
  double rate = 0.0;
  if (throttled) {
    rate_at_fail_ = enabled_ ? std::min(measured_rate_, fill_rate_) : measured_rate_;
    plateau_after_ = cube_root(rate_at_fail_ * (1.0 - kBeta) / kScale);
    last_fail_ = now;
    rate = rate_at_fail_ * kBeta;
    enabled_ = true;
  } else {
    const double t = now - last_fail_ - plateau_after_;
    rate = kScale * t * t * t + rate_at_fail_;
  }
  set_rate(std::min(rate, kHeadroom * measured_rate_), now);
}

void AdaptiveRetryRate::measure(double now) {
  ++count_;
  const double bucket = std::floor(now * 2.0) / 2.0;
  if (bucket <= bucket_start_) return;
  const double rate = count_ / (bucket - bucket_start_);
  measured_rate_ = rate * kSmoothing + measured_rate_ * (1.0 - kSmoothing);
  count_ = 0;
  bucket_start_ = bucket;
}

void AdaptiveRetryRate::refill(double now) {
  capacity_ = std::min(capacity_max_, capacity_ + (now - filled_at_) * fill_rate_);
  filled_at_ = now;
}

void AdaptiveRetryRate::set_rate(double rate, double now) {
  refill(now);  // what has passed was filled at the rate of then
  fill_rate_ = std::max(rate, kRateMin);
  capacity_max_ = std::max(rate, 1.0);
  capacity_ = std::min(capacity_, capacity_max_);
}

}  // namespace orrery::resilience
