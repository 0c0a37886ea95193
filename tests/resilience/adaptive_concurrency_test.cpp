#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "models/resilience/adaptive_concurrency/aimd_limit.h"
#include "models/resilience/adaptive_concurrency/concurrency_limiter.h"
#include "models/resilience/adaptive_concurrency/decimal_histogram.h"
#include "models/resilience/adaptive_concurrency/gradient_limit.h"
#include "models/resilience/adaptive_concurrency/vegas_limit.h"
#include "tests/resilience/conformance.h"

namespace orrery::resilience {
namespace {

// --- histogram ---

TEST(DecimalHistogram, FindsQuantilesAsInTheTable) {
  struct Case {
    const char* rule;
    std::vector<Duration> samples;
    double quantile;
    std::int64_t us;
  };
  const std::vector<Case> cases{
      {"one sample: the end of its share of the bin", {250_us}, 1.0, 260},
      {"the middle of the bin", {250_us}, 0.5, 255},
      {"two in one bin", {250_us, 259_us}, 0.5, 255},
      {"the lower of two bins, at its end", {100_us, 200_us}, 0.5, 110},
      {"the upper of two bins", {100_us, 200_us}, 0.75, 205},
      {"bins of a tenth below 10 us", {5_us}, 1.0, 5},
      {"99 us and 100 us are in bins of their own", {99_us, 100_us}, 0.5, 100},
      {"nothing is 0", {999_ns}, 0.5, 0},
      {"seconds", {2_s}, 0.0, 2'000'000},
      {"too long", {5000_s}, 0.0, 990'000'000},
  };
  for (const Case& c : cases) {
    DecimalHistogram histogram;
    for (const Duration sample : c.samples) histogram.record(sample);
    EXPECT_EQ(histogram.quantile_us(c.quantile), c.us) << c.rule;
  }
}

TEST(DecimalHistogram, IsWithinTenPercentOfTheSamples) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    DecimalHistogram histogram;
    std::vector<double> samples;
    for (std::uint64_t i = 0; i < 201; ++i) {
      const std::uint64_t draw = mix64(seed * 1000 + i);
      const auto us = static_cast<std::int64_t>(10 + draw % (10ULL << (seed % 24)));
      histogram.record(Duration::microseconds(us));
      samples.push_back(static_cast<double>(us));
    }
    std::sort(samples.begin(), samples.end());
    const auto median = static_cast<double>(histogram.quantile_us(0.5));
    EXPECT_GE(median, samples[99] / 1.1 - 1) << "seed " << seed;
    EXPECT_LE(median, samples[101] * 1.1 + 1) << "seed " << seed;
  }
}

// --- gradient ---

GradientLimitConfig gradient() {
  GradientLimitConfig config;
  config.min_rtt_interval = 60_s;
  config.concurrency_update_interval = 100_ms;
  config.min_rtt_jitter = 0.0;
  return config;
}

/// `count` requests one after the other, each taking `rtt`; returns when the last has ended.
Instant answer(GradientLimit& limit, int count, Duration rtt, Instant now, std::uint64_t draw = 0) {
  for (int i = 0; i < count; ++i) {
    EXPECT_TRUE(limit.try_acquire());
    limit.on_completed(now, now + rtt, draw);
    now = now + rtt;
  }
  return now;
}
/// One update after a window in which every answer took `rtt`.
void update(GradientLimit& limit, Duration rtt) {
  const Instant due = limit.next_timer();
  EXPECT_TRUE(limit.try_acquire());
  limit.on_completed(due - rtt, due, 0);
  limit.on_timer(due);
}

TEST(GradientLimit, MeasuresFirstWithALimitOfThreeOverFiftyRequests) {
  const GradientLimitConfig config = gradient();
  GradientLimit limit{config, Instant{}};
  EXPECT_TRUE(limit.measuring());
  EXPECT_TRUE(limit.try_acquire());
  EXPECT_TRUE(limit.try_acquire());
  EXPECT_TRUE(limit.try_acquire());
  EXPECT_FALSE(limit.try_acquire());
  for (int i = 0; i < 3; ++i) limit.on_cancelled();
  const Instant now = answer(limit, 49, 10_ms, Instant{});
  EXPECT_TRUE(limit.measuring()) << "49: one below";
  (void)answer(limit, 1, 10_ms, now);
  EXPECT_FALSE(limit.measuring());
  EXPECT_EQ(limit.min_rtt(), 10'500_us) << "the middle of the bin from 10 to 11 ms";
}

TEST(GradientLimit, UpdatesAsInTheTable) {
  // Measured: 10.5 ms, with the buffer 13.125 ms. Answers of one kind are seen as the middle of
  // their bin.
  struct Case {
    const char* source;
    const char* rule;
    std::vector<Duration> rtts;  ///< Of one window after the other.
    std::uint32_t limit;         ///< After the last.
  };
  const std::vector<Case> cases{
      {"3.8", "limit 3, as before the measurement", {}, 3},
      {"3.8", "gradient 1.25: 3.75 + 1.94, truncated", {10_ms}, 5},
      {"3.8", "and so on: 6.25 + 2.5", {10_ms, 10_ms}, 8},
      {"3.8", "at most 2: 6 + 2.45", {1_ms}, 8},
      {"3.8", "at least 0.5: 8 to 4 + 2", {1_ms, 100_ms}, 6},
      {"3.8", "never below the minimum", {100_ms}, 3},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.source) + ": " + c.rule);
    const GradientLimitConfig config = gradient();
    GradientLimit limit{config, Instant{}};
    (void)answer(limit, 50, 10_ms, Instant{});
    for (const Duration rtt : c.rtts) update(limit, rtt);
    EXPECT_EQ(limit.limit(), c.limit);
  }
  conformance::table("limit.gradient", cases);
}

TEST(GradientLimit, NeverExceedsTheMaximum) {
  GradientLimitConfig config = gradient();
  config.max_concurrency_limit = 40;
  GradientLimit limit{config, Instant{}};
  (void)answer(limit, 50, 10_ms, Instant{});
  for (int i = 0; i < 20; ++i) update(limit, 1_ms);
  EXPECT_EQ(limit.limit(), 40U);
}

TEST(GradientLimit, WindowsWithoutSamplesChangeNothing) {
  const GradientLimitConfig config = gradient();
  GradientLimit limit{config, Instant{}};
  (void)answer(limit, 50, 10_ms, Instant{});
  update(limit, 10_ms);
  const std::uint32_t before = limit.limit();
  for (int i = 0; i < 10; ++i) limit.on_timer(limit.next_timer());
  EXPECT_EQ(limit.limit(), before);
  EXPECT_FALSE(limit.measuring());
}

TEST(GradientLimit, MeasuresAgainAtTheIntervalAndThenTheOldLimitReturns) {
  const GradientLimitConfig config = gradient();
  GradientLimit limit{config, Instant{}};
  const Instant measured = answer(limit, 50, 10_ms, Instant{});
  for (int i = 0; i < 6; ++i) update(limit, 10_ms);
  const std::uint32_t before = limit.limit();
  ASSERT_GT(before, 20U);
  while (!limit.measuring()) limit.on_timer(limit.next_timer());
  EXPECT_EQ(limit.limit(), 3U);
  const Instant again = measured + 60_s;
  EXPECT_TRUE(limit.try_acquire());
  limit.on_completed(again - 1_ns, again + 9_s, 0);  // sent before: no sample
  limit.on_timer(again + 1_s);                       // an update that is due changes nothing
  (void)answer(limit, 49, 20_ms, again);
  EXPECT_TRUE(limit.measuring());
  (void)answer(limit, 1, 20_ms, again);
  EXPECT_FALSE(limit.measuring());
  EXPECT_EQ(limit.limit(), before);
  EXPECT_EQ(limit.min_rtt(), 20'500_us);
}

TEST(GradientLimit, MeasuresAgainAfterFiveWindowsInARowAtTheMinimum) {
  const GradientLimitConfig config = gradient();
  GradientLimit limit{config, Instant{}};
  (void)answer(limit, 50, 10_ms, Instant{});
  for (int i = 0; i < 4; ++i) update(limit, 100_ms);
  EXPECT_FALSE(limit.measuring());
  update(limit, 100_ms);
  limit.on_timer(limit.next_timer());
  EXPECT_TRUE(limit.measuring());
}

TEST(GradientLimit, AWindowAboveTheMinimumBreaksTheRow) {
  const GradientLimitConfig config = gradient();
  GradientLimit limit{config, Instant{}};
  (void)answer(limit, 50, 10_ms, Instant{});
  for (int i = 0; i < 4; ++i) update(limit, 100_ms);
  update(limit, 10_ms);   // 5
  update(limit, 100_ms);  // back to 4
  for (int i = 0; i < 4; ++i) update(limit, 100_ms);
  EXPECT_FALSE(limit.measuring());
}

TEST(GradientLimit, DrawsJitterInWholeMillisecondsBelowItsPart) {
  GradientLimitConfig config = gradient();
  config.min_rtt_interval = 20_ms;
  config.min_rtt_jitter = 15.0;
  config.concurrency_update_interval = 1_s;
  std::set<std::int64_t> seen;
  for (std::uint64_t i = 0; i < 200; ++i) {
    GradientLimit limit{config, Instant{}};
    const Instant measured = answer(limit, 50, 10_us, Instant{}, mix64(i));
    seen.insert((limit.next_timer() - measured).count_ns());
  }
  EXPECT_EQ(seen, (std::set<std::int64_t>{20'000'000, 21'000'000, 22'000'000}));
}

// --- AIMD ---

TEST(AimdLimit, MovesAsInTheTable) {
  struct Case {
    const char* rule;
    std::uint32_t initial, in_flight;
    Duration rtt;
    bool dropped;
    std::uint32_t limit;
    const char* source = "Netflix AIMDLimit";
  };
  const std::vector<Case> cases{
      {"half in use: one more", 40, 20, 1_ms, false, 41},
      {"one below half: no change", 40, 19, 1_ms, false, 40},
      {"dropped: nine tenths, truncated", 45, 1, 1_ms, true, 40},
      {"the timeout itself is none", 40, 20, 5_s, false, 41},
      {"strictly longer counts as dropped", 40, 20, 5_s + 1_ns, false, 36},
      {"never below the minimum", 21, 1, 1_ms, true, 20},
      {"never above the maximum", 200, 200, 1_ms, false, 200},
  };
  for (const Case& c : cases) {
    AimdLimitConfig config;
    config.initial_limit = c.initial;
    AimdLimit limit{config};
    limit.update(c.rtt, c.in_flight, c.dropped, 0);
    EXPECT_EQ(limit.limit(), c.limit) << c.rule;
  }
  conformance::table("limit.aimd", cases);
}

// --- Vegas ---

TEST(VegasLimit, MovesAsInTheTable) {
  struct Case {
    const char* rule;
    std::uint32_t initial, in_flight;
    Duration rtt;  ///< After one of 10 ms.
    bool dropped;
    std::uint32_t limit;
    const char* source = "Netflix VegasLimit";
  };
  const std::vector<Case> cases{
      {"no queue: six more", 20, 20, 10_ms, false, 26},
      {"a queue of 1, the threshold: six more", 20, 20, 10'500_us, false, 26},
      {"a queue of 2: one more", 20, 20, 11_ms, false, 21},
      {"a queue of 3, alpha: no change", 20, 20, 11'500_us, false, 20},
      {"a queue of 6, beta: no change", 20, 20, 14_ms, false, 20},
      {"a queue of 7: one less", 20, 20, 15_ms, false, 19},
      {"half in use is enough", 20, 10, 10_ms, false, 26},
      {"less than half: no change", 20, 9, 10_ms, false, 20},
      {"dropped: one less, in use or not", 20, 1, 10_ms, true, 19},
      {"a faster answer than ever only teaches", 20, 20, 9_ms, true, 20},
      {"steps of 2 from 100 on", 100, 100, 10_ms, true, 98},
      {"steps of the root from 1000 on", 1000, 1000, 10_ms, true, 969},
      {"never above the maximum", 999, 999, 10_ms, false, 1000},
      {"never below 1", 1, 1, 10_ms, true, 1},
  };
  for (const Case& c : cases) {
    VegasLimitConfig config;
    config.initial_limit = c.initial;
    config.probe_multiplier = 1'000'000;  // no probe here
    VegasLimit limit{config, 0};
    limit.update(10_ms, c.in_flight, false, 0);
    EXPECT_EQ(limit.limit(), c.initial) << "the first answer only teaches";
    limit.update(c.rtt, c.in_flight, c.dropped, 0);
    EXPECT_EQ(limit.limit(), c.limit) << c.rule;
  }
  conformance::table("limit.vegas", cases);
}

TEST(VegasLimit, ProbesForTheShortestTimeAgain) {
  const VegasLimitConfig config;
  VegasLimit limit{config, 0};  // draw 0: half of 30 * 20 calls
  limit.update(10_ms, 1, false, 0);
  for (int i = 0; i < 298; ++i) limit.update(30_ms, 1, false, 0);
  EXPECT_EQ(limit.shortest_rtt(), 10_ms) << "299 calls: one below";
  limit.update(30_ms, 1, false, 0);
  EXPECT_EQ(limit.shortest_rtt(), 30_ms);
}

TEST(ConcurrencyLimiter, LetsThroughUpToTheLimit) {
  AimdLimitConfig config;
  config.initial_limit = config.min_limit = 2;
  ConcurrencyLimiter<AimdLimit> limiter{AimdLimit{config}};
  EXPECT_EQ(limiter.try_acquire(), 1U);
  EXPECT_EQ(limiter.try_acquire(), 2U);
  EXPECT_EQ(limiter.try_acquire(), std::nullopt);
  limiter.on_ignored();
  EXPECT_EQ(limiter.limit(), 2U);
  limiter.on_completed(1_ms, 2, false, 0);
  EXPECT_EQ(limiter.limit(), 3U);
  EXPECT_EQ(limiter.in_flight(), 0U);
  for (std::uint32_t n = 1; n <= 3; ++n) EXPECT_EQ(limiter.try_acquire(), n);
  EXPECT_EQ(limiter.try_acquire(), std::nullopt);
}

}  // namespace
}  // namespace orrery::resilience
