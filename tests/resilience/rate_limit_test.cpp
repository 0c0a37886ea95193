#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "models/resilience/global_rate_limit.h"
#include "models/resilience/local_rate_limit.h"
#include "models/resilience/rate_limiter.h"
#include "tests/resilience/conformance.h"

namespace orrery::resilience {
namespace {

// --- resilience4j ---

TEST(RateLimiter, ReservesAsInTheTable) {
  struct Ask {
    Duration at;
    int count;
    bool granted;
    Duration wait;  ///< Of the last of them.
  };
  struct Case {
    const char* source;
    const char* rule;
    RateLimiterConfig config;
    std::vector<Ask> asks;
  };
  const std::vector<Case> cases{
      {"2 defaults",
       "50 at once, the 51st at the next 500 ns",
       {},
       {{0_s, 50, true, 0_s}, {0_s, 1, true, 500_ns}}},
      {"2 cycles",
       "permits are filled up at the cycle, not before",
       {2, 1_s, 0_s},
       {{0_s, 2, true, 0_s},
        {1_s - 1_ns, 1, false, 0_s},
        {1_s, 2, true, 0_s},
        {1_s, 1, false, 0_s}}},
      {"2 cycles",
       "up to the limit, never above it",
       {2, 1_s, 0_s},
       {{100_s, 2, true, 0_s}, {100_s, 1, false, 0_s}}},
      {"2 cycles",
       "cycles are the clock's: two limits around a boundary",
       {2, 1_s, 0_s},
       {{999_ms, 2, true, 0_s}, {1_s, 2, true, 0_s}}},
      {"2 reserve",
       "a waiter who fits reserves at once",
       {2, 1_s, 5_s},
       {{300_ms, 2, true, 0_s},
        {300_ms, 1, true, 700_ms},
        {300_ms, 1, true, 700_ms},
        {300_ms, 1, true, 1700_ms}}},
      {"2 reserve",
       "what is reserved is missing in its cycle",
       {2, 1_s, 1_s},
       {{0_s, 3, true, 1_s}, {1_s, 1, true, 0_s}, {1_s, 1, true, 1_s}}},
      {"2 timeout",
       "a wait of the timeout itself fits",
       {1, 1_s, 700_ms},
       {{300_ms, 1, true, 0_s}, {300_ms, 1, true, 700_ms}}},
      {"2 timeout",
       "a nanosecond more does not, and is refused after the timeout",
       {1, 1_s, 700_ms - 1_ns},
       {{300_ms, 1, true, 0_s}, {300_ms, 1, false, 700_ms - 1_ns}}},
      {"2 timeout",
       "the refused reserve nothing",
       {1, 1_s, 1_s},
       {{0_s, 2, true, 1_s}, {0_s, 5, false, 1_s}, {1_s, 1, true, 1_s}, {3_s, 1, true, 0_s}}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.source) + ": " + c.rule);
    RateLimiter limiter{c.config, Instant{}};
    for (const Ask& ask : c.asks) {
      RateLimiter::Reservation last;
      for (int i = 0; i < ask.count; ++i) last = limiter.reserve(Instant::at(ask.at));
      EXPECT_EQ(last, (RateLimiter::Reservation{ask.granted, ask.wait})) << to_string(ask.at);
    }
  }
}

TEST(RateLimiter, LetsNoMoreThanTheLimitBeginInAnyCycle) {
  RateLimiter limiter{{3, 10_ms, 45_ms}, Instant{}};
  std::vector<int> begun(3000, 0);
  Instant now;
  for (std::uint64_t i = 0; i < 6000; ++i) {
    now = now + Duration::microseconds(static_cast<std::int64_t>(mix64(i) % 6000));
    const auto reservation = limiter.reserve(now);
    if (!reservation.granted) continue;
    const std::int64_t cycle = (now + reservation.wait).count_ns() / (10_ms).count_ns();
    ASSERT_LE(++begun[static_cast<std::size_t>(cycle)], 3) << "call " << i;
    ASSERT_LE(reservation.wait, 45_ms);
  }
}

// --- Envoy, local ---

TEST(LocalRateLimit, PassesAsInTheTable) {
  struct Ask {
    Duration at;
    int asked;
    int passed;
  };
  struct Case {
    const char* source;
    const char* rule;
    LocalRateLimitConfig config;
    std::vector<Ask> asks;
  };
  using Filling = LocalRateLimitConfig::Filling;
  const std::vector<Case> cases{
      {"3.8 local",
       "the bucket is full at first",
       {5, 1, 1_s, Filling::AtIntervals},
       {{0_s, 9, 5}}},
      {"3.8 local",
       "tokens_per_fill at the interval, not before",
       {5, 2, 1_s, Filling::AtIntervals},
       {{0_s, 5, 5}, {1_s - 1_ns, 1, 0}, {1_s, 9, 2}, {1500_ms, 1, 0}, {2_s, 9, 2}}},
      {"3.8 local", "never above max_tokens", {5, 2, 1_s, Filling::AtIntervals}, {{100_s, 9, 5}}},
      {"3.8 local",
       "intervals go on from the creation, whoever asks when",
       {5, 1, 1_s, Filling::AtIntervals},
       {{0_s, 5, 5}, {1900_ms, 9, 1}, {2_s, 9, 1}}},
      {"3.8 local 1.31",
       "continuous: a token as soon as its time has come",
       {5, 2, 1_s, Filling::Continuous},
       {{0_s, 5, 5}, {500_ms - 1_ns, 1, 0}, {500_ms, 9, 1}, {1_s, 9, 1}}},
      {"3.8 local 1.31",
       "parts of tokens are kept",
       {5, 2, 1_s, Filling::Continuous},
       {{0_s, 5, 5}, {700_ms, 9, 1}, {1_s, 9, 1}, {1400_ms, 9, 0}}},
      {"3.8 local 1.31",
       "never above max_tokens",
       {5, 2, 1_s, Filling::Continuous},
       {{100_s, 9, 5}, {100_s, 1, 0}}},
  };
  conformance::table("rateLimit", cases);
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.source) + ": " + c.rule);
    LocalRateLimit limit{c.config, Instant{}};
    for (const Ask& ask : c.asks) {
      int passed = 0;
      for (int i = 0; i < ask.asked; ++i) passed += limit.try_acquire(Instant::at(ask.at));
      EXPECT_EQ(passed, ask.passed) << to_string(ask.at);
    }
  }
}

TEST(LocalRateLimit, PassesAtMostTheBucketAndTheRate) {
  for (const auto filling :
       {LocalRateLimitConfig::Filling::AtIntervals, LocalRateLimitConfig::Filling::Continuous}) {
    LocalRateLimit limit{{20, 7, 100_ms, filling}, Instant{}};
    std::int64_t passed = 0;
    Instant now;
    for (std::uint64_t i = 0; i < 20000; ++i) {
      now = now + Duration::microseconds(static_cast<std::int64_t>(mix64(i) % 10000));
      passed += limit.try_acquire(now);
      ASSERT_LE(passed, 20 + now.count_ns() * 7 / (100_ms).count_ns());
    }
    // Asked 2.9 times as often as tokens come, nearly every token is taken.
    EXPECT_GT(passed, now.count_ns() * 7 / (100_ms).count_ns() - 20);
  }
}

// --- Envoy, global ---

TEST(GlobalRateLimit, DecidesAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    bool deny;
    RateLimitReply reply;
    std::optional<std::uint16_t> status;
  };
  const std::vector<Case> cases{
      {"3.8 global", "within the limit", false, RateLimitReply::Ok, std::nullopt},
      {"3.8 global", "over the limit", false, RateLimitReply::OverLimit, 429},
      {"3.8 global", "no answer in 20 ms: fail open", false, RateLimitReply::Error, std::nullopt},
      {"3.8 global", "or closed if so configured", true, RateLimitReply::Error, 500},
      {"3.8 global", "which changes nothing otherwise", true, RateLimitReply::Ok, std::nullopt},
      {"3.8 global", "nor over the limit", true, RateLimitReply::OverLimit, 429},
  };
  conformance::table("globalRateLimit", cases);
  for (const Case& c : cases) {
    GlobalRateLimitConfig config;
    config.failure_mode_deny = c.deny;
    EXPECT_EQ(rejected_with(config, c.reply), c.status) << c.source << ": " << c.rule;
  }
  EXPECT_EQ(GlobalRateLimitConfig{}.timeout, 20_ms);
}

TEST(FixedWindowLimit, CountsTheClocksWindows) {
  FixedWindowLimit limit{2, 1_s, 400_ms};
  const auto over = [&](Duration at) {
    return limit.ask(Instant::at(at)) == RateLimitReply::OverLimit;
  };
  EXPECT_FALSE(over(0_s));
  EXPECT_FALSE(over(0_s));
  EXPECT_TRUE(over(0_s));
  EXPECT_TRUE(over(599_ms));
  EXPECT_FALSE(over(600_ms));
  EXPECT_FALSE(over(600_ms));
  EXPECT_TRUE(over(600_ms));
}

}  // namespace
}  // namespace orrery::resilience
