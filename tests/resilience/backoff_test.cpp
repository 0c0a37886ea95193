#include "models/resilience/backoff.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "tests/resilience/conformance.h"

namespace orrery::resilience {
namespace {

constexpr double kAlmostOne = 1.0 - 0x1p-53;  // the greatest draw below 1

EnvoyBackoff envoy(Duration base, Duration max,
                   EnvoyBackoff::Formula formula = EnvoyBackoff::Formula::Doubling) {
  return {base, max, formula};
}
AwsJitterBackoff aws(AwsJitterBackoff::Kind kind) { return {kind, 100_ms, 2_s}; }

TEST(Backoff, DelaysAsInTheTable) {
  using Formula = EnvoyBackoff::Formula;
  using Kind = AwsJitterBackoff::Kind;
  using Jitter = GrpcBackoff::Jitter;
  struct Case {
    const char* source;
    const char* rule;
    Backoff backoff;
    std::uint32_t retry;
    double unit;
    std::optional<Duration> previous;
    Duration expected;
  };
  const auto none = std::nullopt;
  const Resilience4jBackoff plain{500_ms, 1.5, 0.0, Duration::max()};
  const Resilience4jBackoff random{500_ms, 1.5, 0.5, Duration::max()};
  const GrpcBackoff grpc{100_ms, 1_s, 2.0, Jitter::FifthEitherWay};
  const GrpcBackoff grpc_before{100_ms, 1_s, 2.0, Jitter::Full};
  const std::vector<Case> cases{
      {"2", "fixed 500 ms", FixedBackoff{}, 1, 0.0, none, 500_ms},
      {"2", "fixed, whatever the draw", FixedBackoff{}, 9, kAlmostOne, none, 500_ms},

      {"3.4", "uniform from 0", EnvoyBackoff{}, 1, 0.0, none, 0_ms},
      {"3.4", "to below 25 ms, in whole ms", EnvoyBackoff{}, 1, kAlmostOne, none, 24_ms},
      {"3.4", "the middle of the second", EnvoyBackoff{}, 2, 0.5, none, 25_ms},
      {"3.4", "below 100 ms at the third", EnvoyBackoff{}, 3, kAlmostOne, none, 99_ms},
      {"3.4", "below 250 ms at the fifth", EnvoyBackoff{}, 5, kAlmostOne, none, 249_ms},
      {"3.4", "before 1.16: below 75 ms at the second",
       envoy(25_ms, 250_ms, Formula::PowersOfTwoLessOne), 2, kAlmostOne, none, 74_ms},

      {"2", "initial 500 ms", plain, 1, 0.0, none, 500_ms},
      {"2", "times 1.5", plain, 2, 0.0, none, 750_ms},
      {"2", "times 1.5 again", plain, 3, 0.0, none, 1125_ms},
      {"2", "each step cut to whole ms: 1687.5", plain, 4, 0.0, none, 1687_ms},
      {"2", "and the next from there: 2530.5", plain, 5, 0.0, none, 2530_ms},
      {"2", "at most max", Resilience4jBackoff{500_ms, 1.5, 0.0, 1_s}, 3, 0.0, none, 1_s},
      {"2", "from d * 0.5", random, 1, 0.0, none, 250_ms},
      {"2", "the middle is d", random, 1, 0.5, none, 500_ms},
      {"2", "to d * 1.5", random, 1, 0.999, none, 749_ms},
      {"2", "at least 1 ms", Resilience4jBackoff{1_ms, 1.5, 0.5, Duration::max()}, 1, 0.0, none,
       1_ms},
      {"2", "max after the draw", Resilience4jBackoff{500_ms, 1.5, 0.5, 600_ms}, 1, kAlmostOne,
       none, 600_ms},

      {"6 A6", "initial * 0.8", grpc, 1, 0.0, none, 80_ms},
      {"6 A6", "the middle", grpc, 1, 0.5, none, 100_ms},
      {"6 A6", "times 2 to the n - 1", grpc, 3, 0.5, none, 400_ms},
      {"6 A6", "the last below max", grpc, 4, 0.5, none, 800_ms},
      {"6 A6", "at most max, before the jitter", grpc, 5, 0.5, none, 1_s},
      {"6 A6", "max * 0.8", grpc, 5, 0.0, none, 800_ms},
      {"6 A6", "before August 2024: from 0", grpc_before, 1, 0.0, none, 0_ms},
      {"6 A6", "before August 2024: half the bound", grpc_before, 2, 0.5, none, 100_ms},

      {"6 connection-backoff", "first 1 s, no jitter", GrpcConnectionBackoff{}, 1, 0.9, none, 1_s},
      {"6 connection-backoff", "1.6 s", GrpcConnectionBackoff{}, 2, 0.5, none, 1600_ms},
      {"6 connection-backoff", "less a fifth", GrpcConnectionBackoff{}, 2, 0.0, none, 1280_ms},
      {"6 connection-backoff", "at most 120 s", GrpcConnectionBackoff{}, 40, 0.5, none, 120_s},

      {"7", "none: base * 2^n", aws(Kind::None), 1, 0.3, none, 200_ms},
      {"7", "none: the last below the cap", aws(Kind::None), 4, 0.3, none, 1600_ms},
      {"7", "none: the cap", aws(Kind::None), 5, 0.3, none, 2_s},
      {"7", "full: from 0", aws(Kind::Full), 1, 0.0, none, 0_ms},
      {"7", "full: part of base * 2^n", aws(Kind::Full), 2, 0.25, none, 100_ms},
      {"7", "equal: half at least", aws(Kind::Equal), 2, 0.0, none, 200_ms},
      {"7", "equal: half and part of half", aws(Kind::Equal), 2, 0.5, none, 300_ms},
      {"7", "decorrelated: previous starts at base", aws(Kind::Decorrelated), 1, 0.5, none, 200_ms},
      {"7", "decorrelated: from base", aws(Kind::Decorrelated), 2, 0.0, 400_ms, 100_ms},
      {"7", "decorrelated: to 3 * previous", aws(Kind::Decorrelated), 2, 0.5, 500_ms, 800_ms},
      {"7", "decorrelated: at most the cap", aws(Kind::Decorrelated), 3, 0.9, 1_s, 2_s},

      {"7 standard", "from 0 to 1 s", AwsSdkBackoff{}, 1, 0.5, none, 500_ms},
      {"7 standard", "to 2 s", AwsSdkBackoff{}, 2, 0.5, none, 1_s},
      {"7 standard", "to 16 s at the fifth", AwsSdkBackoff{}, 5, 0.5, none, 8_s},
      {"7 standard", "to 20 s from the sixth", AwsSdkBackoff{}, 6, 0.5, none, 10_s},
      {"7 2026", "base 50 ms", AwsSdkBackoff{50_ms, 20_s}, 2, 0.5, none, 50_ms},

      {"5", "1 s", LinkerdBackoff{}, 1, 0.0, none, 1_s},
      {"5", "and up to half of it", LinkerdBackoff{}, 1, 0.5, none, 1250_ms},
      {"5", "doubled", LinkerdBackoff{}, 2, 0.0, none, 2_s},
      {"5", "32 s, with jitter", LinkerdBackoff{}, 6, 0.5, none, 40_s},
      {"5", "60 s", LinkerdBackoff{}, 7, 0.0, none, 60_s},
      {"5", "jitter never goes above the maximum", LinkerdBackoff{}, 7, 0.9, none, 60_s},
      {"5", "nor when only the sum would", LinkerdBackoff{1_s, 40_s, 0.5}, 6, 0.9, none, 40_s},
  };
  for (const Case& c : cases) {
    const char* const names[] = {"", "envoy", "resilience4j", "grpc",
                                 "", "aws",   "awsSdk",       "linkerd"};
    if (const std::string name = names[c.backoff.index()]; !name.empty()) {
      conformance::row("retries.backoff." + name, c.source, c.rule);
    }
    EXPECT_EQ(to_string(backoff_delay(c.backoff, c.retry, c.unit, c.previous)),
              to_string(c.expected))
        << c.source << ": " << c.rule;
  }
}

TEST(EnvoyBackoff, HasTheBoundsInTheTable) {
  using Formula = EnvoyBackoff::Formula;
  struct Case {
    const char* source;
    const char* rule;
    EnvoyBackoff backoff;
    std::vector<std::int64_t> expected_ms;
  };
  const std::vector<Case> cases{
      {"3.4", "1.16 to now", envoy(25_ms, 250_ms), {25, 50, 100, 200, 250, 250}},
      {"3.4",
       "before 1.16",
       envoy(25_ms, 250_ms, Formula::PowersOfTwoLessOne),
       {25, 75, 175, 250, 250}},
      {"3.4", "at max / 2 the next is max", envoy(25_ms, 100_ms), {25, 50, 100, 100}},
      {"3.4", "just below max / 2 it doubles", envoy(25_ms, 102_ms), {25, 50, 100, 102}},
      {"3.4", "half of an odd max is cut", envoy(25_ms, 101_ms), {25, 50, 101}},
      {"3.4", "base = max", envoy(25_ms, 25_ms), {25, 25}},
  };
  for (const Case& c : cases) {
    for (std::uint32_t n = 0; n < c.expected_ms.size(); ++n) {
      EXPECT_EQ(c.backoff.bound(n + 1), Duration::milliseconds(c.expected_ms[n]))
          << c.source << ": " << c.rule << ", retry " << n + 1;
    }
  }
}

TEST(Backoff, NeverOverflowsHoweverManyRetries) {
  const std::vector<Backoff> kinds{FixedBackoff{},
                                   envoy(25_ms, 250_ms),
                                   envoy(25_ms, 250_ms, EnvoyBackoff::Formula::PowersOfTwoLessOne),
                                   Resilience4jBackoff{},
                                   GrpcBackoff{},
                                   GrpcConnectionBackoff{},
                                   aws(AwsJitterBackoff::Kind::Full),
                                   AwsSdkBackoff{},
                                   LinkerdBackoff{}};
  for (const Backoff& kind : kinds) {
    for (const std::uint32_t retry : {64U, 1000U, 4000000000U}) {
      EXPECT_GE(backoff_delay(kind, retry, 0.5, std::nullopt), 0_ns);
    }
  }
}

TEST(GrpcConnectionBackoff, GivesAnAttemptAtLeastTwentySeconds) {
  const GrpcConnectionBackoff backoff;
  EXPECT_EQ(backoff.connect_timeout(20_s - 1_ns), 20_s);
  EXPECT_EQ(backoff.connect_timeout(20_s + 1_ns), 20_s + 1_ns);
}

TEST(AwsRetryAfter, IsClippedToFiveSecondsAboveTheDelay) {
  struct Case {
    const char* source;
    const char* rule;
    Duration retry_after;
    Duration expected;
  };
  const std::vector<Case> cases{
      {"7 2026", "one below the delay", 1_s - 1_ns, 1_s},
      {"7 2026", "within", 3_s, 3_s},
      {"7 2026", "at the delay + 5 s", 6_s, 6_s},
      {"7 2026", "one above", 6_s + 1_ns, 6_s},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(aws_retry_after(1_s, c.retry_after), c.expected) << c.source << ": " << c.rule;
  }
}

TEST(RateLimitedBackoff, FollowsHeadersAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    ResetHeader header;
    std::uint64_t value;
    double unit;
    std::optional<Duration> expected;
  };
  const auto seconds = ResetHeader::Seconds;
  const auto unix_time = ResetHeader::UnixTimestamp;
  const std::vector<Case> cases{
      {"3.4", "from x", seconds, 10, 0.0, 10_s},
      {"3.4", "to 1.5 x, in whole ms", seconds, 10, kAlmostOne, 14999_ms},
      {"3.4", "the middle", seconds, 10, 0.5, 12500_ms},
      {"3.4", "0 is ignored", seconds, 0, 0.0, std::nullopt},
      {"3.4", "1 s", seconds, 1, 0.0, 1_s},
      {"3.4", "299 s", seconds, 299, 0.0, 299_s},
      {"3.4", "300 s", seconds, 300, 0.0, 300_s},
      {"3.4", "301 s is ignored", seconds, 301, 0.0, std::nullopt},
      {"3.4", "unix: the seconds from now", unix_time, 1'000'020, 0.0, 20_s},
      {"3.4", "unix: now is ignored", unix_time, 1'000'000, 0.0, std::nullopt},
      {"3.4", "unix: the past is ignored", unix_time, 999'999, 0.0, std::nullopt},
      {"3.4", "unix: 300 s ahead", unix_time, 1'000'300, 0.0, 300_s},
      {"3.4", "unix: 301 s ahead is ignored", unix_time, 1'000'301, 0.0, std::nullopt},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(RateLimitedBackoff{}.delay(c.header, c.value, 1'000'000, c.unit), c.expected)
        << c.source << ": " << c.rule;
  }
}

TEST(BackoffDeathTest, RefusesWhatIsNoRetryOrNoDraw) {
  EXPECT_EXIT((void)backoff_delay(FixedBackoff{}, 0, 0.5), ::testing::ExitedWithCode(70), "from 1");
  EXPECT_EXIT((void)backoff_delay(FixedBackoff{}, 1, 1.0), ::testing::ExitedWithCode(70), "unit");
}

}  // namespace
}  // namespace orrery::resilience
