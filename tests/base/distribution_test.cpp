#include "models/base/distribution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace orrery {
namespace {

constexpr std::size_t kCount = 200'000;

struct Moments {
  double mean = 0;
  double deviation = 0;
  std::vector<double> sorted;

  [[nodiscard]] double quantile(double p) const {
    return sorted[static_cast<std::size_t>(p * static_cast<double>(sorted.size()))];
  }
};

Moments moments_of(const Distribution& distribution) {
  const Draws draws{7};
  Moments m;
  double squares = 0;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const double x = to_seconds(distribution.draw(draws, Purpose::ServiceTime, i));
    m.sorted.push_back(x);
    m.mean += x / kCount;
    squares += x * x / kCount;
  }
  m.deviation = std::sqrt(squares - m.mean * m.mean);
  std::sort(m.sorted.begin(), m.sorted.end());
  return m;
}

/// Four standard errors of the mean.
double tolerance(const Moments& m) { return 4 * m.deviation / std::sqrt(double{kCount}); }

TEST(Distribution, ConstantIsAlwaysItsValue) {
  const Moments m = moments_of(Distribution::constant(5_ms));
  EXPECT_EQ(m.sorted.front(), 0.005);
  EXPECT_EQ(m.sorted.back(), 0.005);
  EXPECT_EQ(Distribution{}.mean(), 0_ns);
}

TEST(Distribution, ExponentialHasMeanAndDeviationAlike) {
  const Moments m = moments_of(Distribution::exponential(10_ms));
  EXPECT_NEAR(m.mean, 0.010, tolerance(m));
  EXPECT_NEAR(m.deviation, 0.010, 0.00015);
  EXPECT_NEAR(m.quantile(0.5), 0.010 * std::log(2.0), 0.0001);
}

TEST(Distribution, LognormalFromMedianHasMedianAndP99) {
  const Distribution distribution = Distribution::lognormal_from_median(2_s, 5_s);
  const Moments m = moments_of(distribution);
  EXPECT_NEAR(m.quantile(0.5), 2.0, 0.01);
  EXPECT_NEAR(m.quantile(0.99), 5.0, 0.08);
  EXPECT_NEAR(m.mean, to_seconds(distribution.mean()), tolerance(m));
}

TEST(Distribution, LognormalFromMeanHasMeanAndP99) {
  const Moments m = moments_of(Distribution::lognormal_from_mean(Duration::microseconds(1200),
                                                                 Duration::microseconds(2700)));
  EXPECT_NEAR(m.mean, 0.0012, tolerance(m));
  EXPECT_NEAR(m.quantile(0.99), 0.0027, 0.00004);
}

TEST(Distribution, LognormalReachesTheWidestRatioThatExists) {
  const Distribution widest = Distribution::lognormal_from_mean(10_ms, 149_ms);
  EXPECT_NEAR(to_seconds(widest.mean()), 0.010, 1e-8);
  EXPECT_EQ(Distribution::lognormal_from_mean(10_ms, 10_ms).mean(), 10_ms);
}

TEST(Distribution, UniformStaysWithinItsBoundsAndReachesThem) {
  const Moments m = moments_of(Distribution::uniform(1_ms, 3_ms));
  EXPECT_NEAR(m.mean, 0.002, tolerance(m));
  EXPECT_NEAR(m.deviation, 0.002 / std::sqrt(12.0), 0.00001);
  const Draws draws{1};
  const Distribution small = Distribution::uniform(1_ns, 3_ns);
  std::vector<int> counts(4, 0);
  for (std::uint64_t i = 0; i < 300; ++i) {
    const std::int64_t ns = small.draw(draws, Purpose::ServiceTime, i).count_ns();
    ASSERT_TRUE(ns >= 1 && ns <= 3);
    ++counts[static_cast<std::size_t>(ns)];
  }
  EXPECT_GT(counts[1], 0);
  EXPECT_GT(counts[3], 0);
}

TEST(Distribution, DescribesItself) {
  EXPECT_EQ(Distribution::constant(5_ms).describe(), "5ms");
  EXPECT_EQ(Distribution::exponential(5_ms).describe(), "exponential, mean 5ms");
  EXPECT_EQ(Distribution::uniform(1_ms, 2_ms).describe(), "uniform, 1ms to 2ms");
  EXPECT_EQ(Distribution::lognormal_from_median(2_s, 2_s).describe(),
            "lognormal, median 2s, p99 2s");
}

TEST(DistributionDeathTest, RefusesParametersThatNoDistributionHas) {
  EXPECT_EXIT((void)Distribution::lognormal_from_median(2_s, 1_s), testing::ExitedWithCode(70),
              "median <= p99");
  EXPECT_EXIT((void)Distribution::lognormal_from_mean(10_ms, 150_ms), testing::ExitedWithCode(70),
              "14.9");
  EXPECT_EXIT((void)Distribution::uniform(2_s, 1_s), testing::ExitedWithCode(70), "low <= high");
}

}  // namespace
}  // namespace orrery
