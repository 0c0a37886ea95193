#include "runner/verdict/verdict.h"

#include <gtest/gtest.h>

namespace orrery::verdict {
namespace {

using runner::RunResult;
using scenario::Bound;

TEST(StudentT, QuantilesMatchTheTables) {
  // Source: NIST/SEMATECH e-Handbook, table of critical values of Student's t.
  EXPECT_NEAR(student_t_quantile(0.975, 1), 12.7062, 1e-4);
  EXPECT_NEAR(student_t_quantile(0.975, 2), 4.3027, 1e-4);
  EXPECT_NEAR(student_t_quantile(0.95, 5), 2.0150, 1e-4);
  EXPECT_NEAR(student_t_quantile(0.975, 10), 2.2281, 1e-4);
  EXPECT_NEAR(student_t_quantile(0.975, 19), 2.0930, 1e-4);
  EXPECT_NEAR(student_t_quantile(0.995, 100), 2.6259, 1e-4);
  EXPECT_NEAR(student_t_quantile(0.025, 10), -2.2281, 1e-4);
}

TEST(Estimate, OneValueHasNoInterval) {
  const Estimate e = estimate({3.0}, 0.95);
  EXPECT_EQ(e.mean, 3.0);
  EXPECT_FALSE(e.low);
}

TEST(Estimate, IntervalOfSeveralIsStudents) {
  const Estimate e = estimate({1, 2, 3, 4, 5}, 0.95);
  EXPECT_NEAR(e.mean, 3.0, 1e-12);
  EXPECT_NEAR(*e.high - e.mean, 2.7764 * 1.5811 / 2.2361, 1e-3);
}

/// A run with `requests` in second 0 of which `failed` failed after 100 ms, the others after 10 ms.
RunResult run_with(std::uint64_t seed, std::uint64_t requests, std::uint64_t failed) {
  RunResult run;
  run.seed = seed;
  runner::RequestSample sample;
  sample.stats.requests = requests;
  sample.stats.succeeded = requests - failed;
  if (failed > 0) sample.stats.errors["timeout"] = failed;
  for (std::uint64_t i = 0; i < requests; ++i)
    sample.stats.latency.add(i < failed ? 100_ms : 10_ms);
  run.services["default/web"].samples.push_back(sample);
  return run;
}

scenario::Scenario scenario_wanting(Bound bound, const std::string& metric,
                                    std::uint64_t min_requests = 0) {
  scenario::Scenario s;
  scenario::RequestExpectation what;
  what.service = "default/web";
  what.metric = metric;
  what.bound = std::move(bound);
  what.min_requests = min_requests;
  s.expectations.push_back({"e", what, {}});
  return s;
}

const Bound kAlmostAll{Bound::Relation::GreaterEqual, 0.99, ">= 99%"};

TEST(Judge, OneRunIsJudgedOnItsValue) {
  EXPECT_EQ(judge(scenario_wanting(kAlmostAll, "success"), {run_with(1, 100, 1)}).verdict,
            Verdict::Pass);
  const Judgement failed = judge(scenario_wanting(kAlmostAll, "success"), {run_with(1, 100, 2)});
  EXPECT_EQ(failed.verdict, Verdict::Fail);
  EXPECT_EQ(failed.expectations[0].why, "timeout 2; worst second at 0s");
}

TEST(Judge, SeveralRunsAreJudgedOnTheInterval) {
  const auto s = scenario_wanting(kAlmostAll, "success");
  EXPECT_EQ(judge(s, {run_with(1, 1000, 1), run_with(2, 1000, 2), run_with(3, 1000, 1)}).verdict,
            Verdict::Pass);
  EXPECT_EQ(judge(s, {run_with(1, 1000, 50), run_with(2, 1000, 51), run_with(3, 1000, 49)}).verdict,
            Verdict::Fail);
  const Judgement between =
      judge(s, {run_with(1, 1000, 1), run_with(2, 1000, 25), run_with(3, 1000, 2)});
  EXPECT_EQ(between.verdict, Verdict::Inconclusive);
  EXPECT_EQ(between.expectations[0].seeds_passed, 2U);
}

TEST(Judge, TooFewRequestsAreInconclusive) {
  EXPECT_EQ(judge(scenario_wanting(kAlmostAll, "success", 500), {run_with(1, 100, 0)}).verdict,
            Verdict::Inconclusive);
  EXPECT_EQ(judge(scenario_wanting(kAlmostAll, "success"), {run_with(1, 0, 0)}).verdict,
            Verdict::Inconclusive);
}

TEST(Judge, AFaultThatHitNothingMakesTheRunInconclusive) {
  RunResult run = run_with(1, 100, 0);
  run.faults.push_back({"kill", "pod-kill", Instant{}, {}, "nothing matched its target", {}});
  const Judgement j = judge(scenario_wanting(kAlmostAll, "success"), {run});
  EXPECT_EQ(j.verdict, Verdict::Inconclusive);
  EXPECT_EQ(j.notes,
            std::vector<std::string>{"seed 1: kill hit nothing: nothing matched its target"});
}

TEST(Judge, LatencyIsOfAllRequestsWithinTheWindow) {
  const Bound fast{Bound::Relation::Less, 0.05, "< 50ms"};
  EXPECT_EQ(judge(scenario_wanting(fast, "p50"), {run_with(1, 100, 10)}).verdict, Verdict::Pass);
  EXPECT_EQ(judge(scenario_wanting(fast, "p99"), {run_with(1, 100, 10)}).verdict, Verdict::Fail);
  auto s = scenario_wanting(fast, "p99");
  std::get<scenario::RequestExpectation>(s.expectations[0].what).during.from = Instant::at(1_s);
  EXPECT_EQ(judge(s, {run_with(1, 100, 10)}).verdict, Verdict::Inconclusive);
}

runner::DeploymentSample count_at(Duration at, std::int32_t available) {
  runner::DeploymentSample s;
  s.at = Instant::at(at);
  s.desired = 3;
  s.available = available;
  return s;
}

TEST(Judge, AlwaysLooksAtCountsThatReachIntoTheWindow) {
  scenario::Scenario s;
  scenario::AlwaysExpectation what;
  what.target = {api::Kind::Deployment, "default", "web"};
  what.metric = "available";
  what.bound = {Bound::Relation::GreaterEqual, 2, ">= 2"};
  what.during.from = Instant::at(10_s);
  s.expectations.push_back({"up", what, {}});
  RunResult run;
  run.deployments["default/web"].samples = {count_at(0_s, 0), count_at(5_s, 3)};
  EXPECT_EQ(judge(s, {run}).verdict, Verdict::Pass);
  run.deployments["default/web"].samples = {count_at(0_s, 0), count_at(5_s, 1), count_at(11_s, 3)};
  const Judgement j = judge(s, {run});
  EXPECT_EQ(j.verdict, Verdict::Fail);
  EXPECT_EQ(j.expectations[0].why, "first broken at 10s");
}

TEST(Judge, ARolloutHasToBeCompleteInTimeInEveryRun) {
  scenario::Scenario s;
  scenario::RolloutExpectation what;
  what.target = {api::Kind::Deployment, "default", "web"};
  what.rollout = "new";
  what.deadline = Instant::at(60_s);
  what.text = "new+50s";
  s.expectations.push_back({"rolled", what, {}});
  const auto run = [](std::optional<Duration> completed) {
    RunResult r;
    r.deployments["default/web"].rollouts.push_back(
        {"new", Instant::at(10_s),
         completed ? std::optional{Instant::at(*completed)} : std::nullopt});
    return r;
  };
  EXPECT_EQ(judge(s, {run(30_s), run(60_s)}).verdict, Verdict::Pass);
  EXPECT_EQ(judge(s, {run(30_s), run(61_s)}).verdict, Verdict::Fail);
  EXPECT_EQ(judge(s, {run(std::nullopt)}).expectations[0].observed_text, "never");
}

TEST(Judge, ExitCodesAreThoseOfTheManual) {
  EXPECT_EQ(exit_code(Verdict::Pass), 0);
  EXPECT_EQ(exit_code(Verdict::Fail), 1);
  EXPECT_EQ(exit_code(Verdict::Inconclusive), 3);
}

}  // namespace
}  // namespace orrery::verdict
