#include "runner/verdict/request_figures.h"

#include <gtest/gtest.h>

namespace orrery::verdict {
namespace {

/// `requests` in each of so many seconds, of which `failed` fail in those from `bad_from` on.
runner::RequestSeries series_of(int seconds, std::uint64_t requests, int bad_from, int bad_until,
                                std::uint64_t failed) {
  runner::RequestSeries series;
  for (int second = 0; second < seconds; ++second) {
    const bool bad = second >= bad_from && second < bad_until;
    runner::RequestSample sample;
    sample.at = Instant::at(Duration::seconds(second));
    sample.stats.requests = requests;
    sample.stats.succeeded = requests - (bad ? failed : 0);
    for (std::uint64_t i = 0; i < requests; ++i) sample.stats.latency.add(bad ? 100_ms : 10_ms);
    series.samples.push_back(std::move(sample));
  }
  return series;
}

scenario::RequestExpectation about(const std::string& metric) {
  scenario::RequestExpectation what;
  what.metric = metric;
  return what;
}

Instant at(Duration d) { return Instant::at(d); }

TEST(RequestFigures, RatesAreOverTheSecondsOfTheWindow) {
  const auto series = series_of(60, 10, 0, 10, 5);
  EXPECT_EQ(*RequestWatch(series, at(0_s), at(60_s)).figure(about("requestRate")), 10);
  EXPECT_EQ(*RequestWatch(series, at(0_s), at(20_s)).figure(about("errorRate")), 2.5);
  EXPECT_EQ(*RequestWatch(series, at(0_s), at(60_s)).figure(about("errors")), 50);
}

TEST(RequestFigures, AvailabilityIsTheShareOfGoodSeconds) {
  const auto series = series_of(100, 20, 0, 10, 2);
  auto what = about("availability");
  EXPECT_EQ(*RequestWatch(series, at(0_s), at(100_s)).figure(what), 0.9);
  what.good_second = 0.9;
  EXPECT_EQ(*RequestWatch(series, at(0_s), at(100_s)).figure(what), 1.0);
}

TEST(RequestFigures, TheBudgetIsThatOfTheWorstWindow) {
  // 100 errors of 1,000 requests in the worst 10 s; a budget of 1 % is used ten times over.
  const auto series = series_of(100, 100, 40, 50, 10);
  auto what = about("budgetUsed");
  what.slo = scenario::Slo{0.99, 10_s};
  EXPECT_NEAR(*RequestWatch(series, at(0_s), at(100_s)).figure(what), 10, 1e-9);
  what.slo = scenario::Slo{0.99, 100_s};
  EXPECT_NEAR(*RequestWatch(series, at(0_s), at(100_s)).figure(what), 1, 1e-9);
}

TEST(RequestFigures, SeveralWindowsBurnAsFastAsTheSlowest) {
  const auto series = series_of(100, 100, 40, 50, 10);
  auto what = about("burnRate");
  what.slo = scenario::Slo{0.99, 100_s};
  what.over = {10_s};
  EXPECT_NEAR(*RequestWatch(series, at(0_s), at(100_s)).figure(what), 10, 1e-9);
  what.over = {10_s, 50_s};
  EXPECT_NEAR(*RequestWatch(series, at(0_s), at(100_s)).figure(what), 2, 1e-9);
}

TEST(RequestFigures, TheWorstHalfMinuteIsFoundWhereverItStarts) {
  const auto series = series_of(120, 10, 50, 70, 5);
  const RequestWatch watch{series, at(0_s), at(120_s)};
  const auto success = watch.worst_half_minute("success");
  ASSERT_TRUE(success);
  EXPECT_NEAR(success->value, 200.0 / 300, 1e-12);
  EXPECT_EQ(success->from, at(40_s));
  EXPECT_NEAR(watch.worst_half_minute("p50")->value, 0.1, 0.005);
  EXPECT_FALSE(watch.worst_half_minute("requests"));
  EXPECT_FALSE(RequestWatch(series, at(0_s), at(30_s)).worst_half_minute("success"));
}

TEST(RequestFigures, SecondsWithoutRequestsSayNothing) {
  const runner::RequestSeries none;
  const RequestWatch watch{none, at(0_s), at(60_s)};
  for (const char* metric : {"success", "availability", "p99", "mean"}) {
    EXPECT_FALSE(watch.figure(about(metric))) << metric;
  }
  EXPECT_EQ(*watch.figure(about("requests")), 0);
}

}  // namespace
}  // namespace orrery::verdict
