#include "runner/verdict/comparison.h"

#include <gtest/gtest.h>

namespace orrery::verdict {
namespace {

using runner::RunResult;

/// Five runs whose requests take these milliseconds, a little different from seed to seed.
std::vector<RunResult> runs_taking(std::int64_t milliseconds, std::uint64_t failed = 0) {
  std::vector<RunResult> runs;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    RunResult run;
    run.seed = seed;
    runner::RequestSample sample;
    sample.stats.requests = 1000;
    sample.stats.succeeded = 1000 - failed;
    for (int i = 0; i < 1000; ++i) {
      sample.stats.latency.add(Duration::milliseconds(milliseconds) +
                               Duration::microseconds(static_cast<std::int64_t>(seed) * 100));
    }
    run.services["default/web"].samples.push_back(std::move(sample));
    run.log = {{1, 0, Instant::at(1_s), "created", "Pod/default/a", ""},
               {2, 0, Instant::at(2_s), "ready", "Pod/default/a", ""}};
    runs.push_back(std::move(run));
  }
  return runs;
}

Comparison compared(const std::vector<RunResult>& base, const std::vector<RunResult>& head,
                    double tolerance = 0.01) {
  const scenario::Scenario scenario;
  const Judgement none;
  return compare({scenario, base, none}, {scenario, head, none}, 0.95, tolerance);
}

Change change_of(const Comparison& comparison, const std::string& name) {
  for (const FigureChange& change : comparison.figures) {
    if (change.name == name) return change.change;
  }
  return Change::Unclear;
}

TEST(Compare, EqualVariantsAreTheSameInEveryFigure) {
  const Comparison same = compared(runs_taking(10), runs_taking(10));
  EXPECT_FALSE(same.regression);
  EXPECT_FALSE(same.divergence);
  for (const FigureChange& change : same.figures) {
    EXPECT_EQ(change.change, Change::Same) << change.name;
  }
}

TEST(Compare, SlowerRequestsAreARegressionAndFasterOnesAreNot) {
  const Comparison slower = compared(runs_taking(10), runs_taking(20));
  EXPECT_TRUE(slower.regression);
  EXPECT_EQ(change_of(slower, "service default/web p99"), Change::Worse);
  const Comparison faster = compared(runs_taking(20), runs_taking(10));
  EXPECT_FALSE(faster.regression);
  EXPECT_EQ(change_of(faster, "service default/web p99"), Change::Better);
}

TEST(Compare, AFewMoreErrorsAreLargeBesideFewErrors) {
  // 99.9 % to 99 %: less than one percent of success, ten times the errors.
  const Comparison worse = compared(runs_taking(10, 1), runs_taking(10, 10));
  EXPECT_EQ(change_of(worse, "service default/web success"), Change::Worse);
  EXPECT_TRUE(worse.regression);
}

TEST(Compare, ChangesBelowTheToleranceDoNotCount) {
  EXPECT_TRUE(compared(runs_taking(100), runs_taking(104), 0.0).regression);
  EXPECT_FALSE(compared(runs_taking(100), runs_taking(104), 0.1).regression);
}

TEST(Compare, TheFirstRecordThatDiffersIsTold) {
  auto head = runs_taking(10);
  head.front().log[1].what = "not-ready";
  const Comparison comparison = compared(runs_taking(10), head);
  ASSERT_TRUE(comparison.divergence);
  EXPECT_EQ(comparison.divergence->index, 1U);
  EXPECT_EQ(comparison.divergence->base, "2s ready Pod/default/a");
  EXPECT_EQ(comparison.divergence->head, "2s not-ready Pod/default/a");
}

TEST(Compare, AnExpectationThatNoLongerPassesIsARegression) {
  const scenario::Scenario scenario;
  const auto runs = runs_taking(10);
  Judgement passed;
  passed.expectations.resize(1);
  passed.expectations[0].id = "front";
  passed.expectations[0].verdict = Verdict::Pass;
  Judgement failed = passed;
  failed.expectations[0].verdict = Verdict::Fail;
  EXPECT_TRUE(compare({scenario, runs, passed}, {scenario, runs, failed}, 0.95, 0.01).regression);
  EXPECT_FALSE(compare({scenario, runs, failed}, {scenario, runs, passed}, 0.95, 0.01).regression);
}

TEST(Compare, WhatOneSideLacksIsNamed) {
  auto head = runs_taking(10);
  for (RunResult& run : head) run.services.clear();
  EXPECT_FALSE(compared(runs_taking(10), head).missing.empty());
}

}  // namespace
}  // namespace orrery::verdict
