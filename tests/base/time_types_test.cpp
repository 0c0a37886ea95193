#include "models/base/time_types.h"

#include <gtest/gtest.h>

#include <array>

namespace orrery {
namespace {

struct DurationCase {
  const char* text;
  std::optional<Duration> meaning;
};

TEST(DurationText, IsReadOnlyWithAUnitAndExactly) {
  const std::array<DurationCase, 26> cases{{
      {"250ms", 250_ms},
      {"1.5s", 1500_ms},
      {"2min", 2_min},
      {"2m", 2_min},
      {"1h", 60_min},
      {"0s", 0_ns},
      {"7us", 7_us},
      {"1ns", 1_ns},
      {"0.000000001s", 1_ns},
      {"1.0ns", 1_ns},
      {"9223372036854775807ns", Duration::max()},
      {"9223372036854775808ns", std::nullopt},
      {"9223372036.854775808s", std::nullopt},
      {"99999999999999999999h", std::nullopt},
      {"0.5ns", std::nullopt},
      {"0.0000000001s", std::nullopt},
      {"", std::nullopt},
      {"5", std::nullopt},
      {"s", std::nullopt},
      {".5s", std::nullopt},
      {"5.s", std::nullopt},
      {"1.2.3s", std::nullopt},
      {"-1s", std::nullopt},
      {"+1s", std::nullopt},
      {"1 s", std::nullopt},
      {"1S", std::nullopt},
  }};
  for (const DurationCase& c : cases) EXPECT_EQ(parse_duration(c.text), c.meaning) << c.text;
}

TEST(DurationText, NamesTheLargestUnitThatFits) {
  const std::array<std::pair<Duration, const char*>, 9> cases{{
      {0_ns, "0s"},
      {1500_ms, "1.5s"},
      {250_us, "250us"},
      {1_ns, "1ns"},
      {90_min, "5400s"},
      {Duration::nanoseconds(-1), "-1ns"},
      {Duration::milliseconds(-1500), "-1.5s"},
      {Duration::max(), "9223372036.854775807s"},
      {Duration::nanoseconds(std::numeric_limits<std::int64_t>::min()), "-9223372036.854775808s"},
  }};
  for (const auto& [duration, text] : cases) EXPECT_EQ(to_string(duration), text);
}

TEST(DurationText, ReadsBackAsWritten) {
  for (std::int64_t ns = 0; ns < 3'000'000'000'000; ns = ns * 3 + 7) {
    const Duration duration = Duration::nanoseconds(ns);
    EXPECT_EQ(parse_duration(to_string(duration)), duration) << ns;
  }
}

TEST(Durations, AreAddedAndComparedAsWholeNanoseconds) {
  EXPECT_EQ(1_s + 500_ms, 1500_ms);
  EXPECT_EQ(1_s - 1500_ms, Duration::milliseconds(-500));
  EXPECT_EQ(10_ms * 3, 30_ms);
  EXPECT_EQ(7_ns / 2, 3_ns);
  EXPECT_LT(999_ms, 1_s);
  EXPECT_EQ((Instant::at(3_s) - Instant::at(1_s)), 2_s);
  EXPECT_EQ(Instant::at(3_s) - 1_s, Instant::at(2_s));
}

TEST(Durations, InSecondsAreTheNearestNumber) {
  EXPECT_EQ(to_seconds(15_s), 15.0);
  for (std::int64_t n = 0; n < 100'000; ++n) {
    ASSERT_EQ(to_seconds(Duration::seconds(n)), static_cast<double>(n));
    ASSERT_EQ(to_seconds(Duration::milliseconds(n)), static_cast<double>(n) / 1000) << n;
  }
}

TEST(Durations, FromSecondsAreNeverEarly) {
  EXPECT_EQ(ceil_from_seconds(0.1), Duration::nanoseconds(100'000'000));
  EXPECT_EQ(ceil_from_seconds(1e-10), 1_ns);
  EXPECT_EQ(ceil_from_seconds(0.0), 0_ns);
}

TEST(DurationsDeathTest, OverflowIsOurBugAndEndsTheProcessWith70) {
  const Duration max = Duration::max();
  EXPECT_EXIT((void)(max + 1_ns), testing::ExitedWithCode(70), "sum of two durations fits");
  EXPECT_EXIT((void)(Duration{} - max - 2_ns), testing::ExitedWithCode(70), "difference");
  EXPECT_EXIT((void)(max * 2), testing::ExitedWithCode(70), "product");
  EXPECT_EXIT((void)(1_s / 0), testing::ExitedWithCode(70), "other than 0");
  EXPECT_EXIT((void)ceil_from_seconds(1e10), testing::ExitedWithCode(70), "fit 64 bits");
}

}  // namespace
}  // namespace orrery
