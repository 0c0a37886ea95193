#include "models/resilience/adaptive_retry_rate.h"

#include <gtest/gtest.h>

#include <cmath>

namespace orrery::resilience {
namespace {

Instant at_ms(std::int64_t ms) { return Instant::at(Duration::milliseconds(ms)); }

/// A client that has been answered `per_second` times a second from second 100 to `until_ms`.
AdaptiveRetryRate steady(int per_second, std::int64_t until_ms) {
  AdaptiveRetryRate rate{at_ms(100'000)};
  for (std::int64_t ms = 100'000; ms < until_ms; ms += 1000 / per_second) {
    rate.answered(false, at_ms(ms));
  }
  return rate;
}

TEST(AdaptiveRetryRate, LimitsNothingBeforeTheFirstThrottlingAnswer) {
  AdaptiveRetryRate rate = steady(100, 110'000);
  EXPECT_FALSE(rate.enabled());
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(rate.acquire(at_ms(110'000)), 0_s);
}

TEST(AdaptiveRetryRate, MeasuresInHalfSecondsSmoothedByFourFifths) {
  AdaptiveRetryRate rate{at_ms(100'000)};
  for (int i = 0; i < 4; ++i) rate.answered(false, at_ms(100'100));
  EXPECT_EQ(rate.measured_rate(), 0.0) << "the half second is not over";
  rate.answered(false, at_ms(100'500));
  EXPECT_DOUBLE_EQ(rate.measured_rate(), 0.8 * 10.0) << "5 answers in 0.5 s, from 0";
  rate.answered(false, at_ms(100'999));
  EXPECT_DOUBLE_EQ(rate.measured_rate(), 8.0) << "one below the next half second";
  rate.answered(false, at_ms(101'000));
  EXPECT_DOUBLE_EQ(rate.measured_rate(), 0.8 * 4.0 + 0.2 * 8.0);
}

TEST(AdaptiveRetryRate, FallsToSevenTenthsWhenThrottled) {
  AdaptiveRetryRate rate = steady(10, 120'000);
  rate.answered(true, at_ms(120'001));
  const double measured = rate.measured_rate();
  EXPECT_NEAR(measured, 10.0, 1.0);
  EXPECT_TRUE(rate.enabled());
  EXPECT_DOUBLE_EQ(rate.rate(), 0.7 * measured);
  rate.answered(true, at_ms(120'002));
  EXPECT_DOUBLE_EQ(rate.rate(), 0.7 * 0.7 * measured) << "from the lower of measured and allowed";
}

TEST(AdaptiveRetryRate, ComesBackAlongTheCubic) {
  AdaptiveRetryRate rate = steady(10, 120'000);
  rate.answered(true, at_ms(120'000));
  const double w_max = rate.measured_rate();
  const double k = std::cbrt(w_max * 0.3 / 0.4);
  for (std::int64_t ms = 120'100; ms <= 123'000; ms += 100) {
    rate.answered(false, at_ms(ms));
    const double t = static_cast<double>(ms - 120'000) / 1000.0;
    const double cubic = 0.4 * std::pow(t - k, 3) + w_max;
    EXPECT_NEAR(rate.rate(), std::min(cubic, 2.0 * rate.measured_rate()), 1e-9) << t;
  }
}

TEST(AdaptiveRetryRate, StaysBetweenHalfARequestAndTwiceTheMeasuredRate) {
  AdaptiveRetryRate idle{at_ms(100'000)};
  idle.answered(true, at_ms(100'001));
  EXPECT_EQ(idle.rate(), 0.5) << "nothing measured: the least";
  AdaptiveRetryRate rate = steady(10, 120'000);
  rate.answered(true, at_ms(120'000));
  for (std::int64_t ms = 120'100; ms <= 140'000; ms += 100) rate.answered(false, at_ms(ms));
  EXPECT_DOUBLE_EQ(rate.rate(), 2.0 * rate.measured_rate()) << "the cubic is far above by now";
}

TEST(AdaptiveRetryRate, LetsRequestsWaitForATokenOnceEnabled) {
  AdaptiveRetryRate rate{at_ms(100'000)};
  rate.answered(true, at_ms(100'000));  // 0.5 a second, no tokens yet
  EXPECT_EQ(rate.acquire(at_ms(100'000)), 2_s);
  EXPECT_GT(rate.acquire(at_ms(101'999)), 0_s);
  EXPECT_EQ(rate.acquire(at_ms(102'000)), 0_s);
  EXPECT_EQ(rate.acquire(at_ms(102'000)), 2_s) << "the token was taken";
  EXPECT_EQ(rate.acquire(at_ms(200'000)), 0_s);
  EXPECT_GT(rate.acquire(at_ms(200'000)), 0_s) << "below one a second, one token is kept at most";
}

}  // namespace
}  // namespace orrery::resilience
