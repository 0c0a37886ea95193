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
  s.duration = 60_s;
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

runner::WorkloadSample count_at(Duration at, std::int32_t available) {
  runner::WorkloadSample s;
  s.at = Instant::at(at);
  s.desired = 3;
  s.available = available;
  return s;
}

scenario::Scenario scenario_recovering(Duration within) {
  scenario::Scenario s;
  s.duration = 60_s;
  s.expectations.push_back(
      {"back",
       scenario::RecoveryExpectation{{api::Kind::Deployment, "default", "web"}, "kill", within},
       {}});
  return s;
}

/// Three pods of web; one of them is short from 11 s to 15 s. Another workload stays short.
RunResult run_with_a_kill_at_10_s() {
  RunResult run;
  run.faults.push_back(
      {"kill", "pod-kill", Instant::at(10_s), {"Pod/default/web-1"}, "", Instant::never()});
  run.workloads["default/web"].samples = {count_at(0_s, 0),  count_at(2_s, 3),  count_at(11_s, 2),
                                          count_at(15_s, 3), count_at(40_s, 2), count_at(50_s, 3)};
  run.workloads["default/api"].samples = {count_at(2_s, 3), count_at(10_s, 2)};
  return run;
}

TEST(Judge, ARecoveryIsThatOfItsTarget) {
  const RunResult run = run_with_a_kill_at_10_s();
  const Judgement in_time = judge(scenario_recovering(5_s), {run});
  EXPECT_EQ(in_time.verdict, Verdict::Pass);
  EXPECT_EQ(in_time.expectations[0].observed_text, "back 5 s after kill");
  EXPECT_EQ(judge(scenario_recovering(Duration::milliseconds(4900)), {run}).verdict, Verdict::Fail);
}

TEST(Judge, WhatNeverWasShortIsBackAtOnceAndWhatStaysShortNever) {
  RunResult run = run_with_a_kill_at_10_s();
  run.workloads["default/web"].samples = {count_at(0_s, 0), count_at(2_s, 3)};
  EXPECT_EQ(judge(scenario_recovering(5_s), {run}).expectations[0].observed->mean, 0);
  run.workloads["default/web"].samples.push_back(count_at(10_s, 2));
  EXPECT_EQ(judge(scenario_recovering(5_s), {run}).expectations[0].observed_text, "never");
}

scenario::Scenario scenario_counting(scenario::Quantifier quantifier, Bound bound) {
  scenario::Scenario s;
  s.duration = 60_s;
  scenario::CountExpectation what;
  what.count = scenario::TargetCount{{api::Kind::Deployment, "default", "web"}, "available"};
  what.subject = "available";
  what.quantifier = quantifier;
  what.bound = std::move(bound);
  what.during.from = Instant::at(10_s);
  s.expectations.push_back({"up", what, {}});
  return s;
}

const Bound kAtLeastTwo{Bound::Relation::GreaterEqual, 2, ">= 2"};

RunResult run_counting(std::vector<runner::WorkloadSample> samples) {
  RunResult run;
  run.workloads["default/web"].samples = std::move(samples);
  return run;
}

TEST(Judge, AlwaysLooksAtCountsThatReachIntoTheWindow) {
  const auto s = scenario_counting(scenario::Quantifier::Always, kAtLeastTwo);
  EXPECT_EQ(judge(s, {run_counting({count_at(0_s, 0), count_at(5_s, 3)})}).verdict, Verdict::Pass);
  const Judgement j =
      judge(s, {run_counting({count_at(0_s, 0), count_at(5_s, 1), count_at(11_s, 3)})});
  EXPECT_EQ(j.verdict, Verdict::Fail);
  EXPECT_EQ(j.expectations[0].why, "first broken at 10s");
  EXPECT_EQ(j.expectations[0].observed_text, "min available 1");
}

TEST(Judge, NeverIsBrokenByTheFirstTimeItHolds) {
  const Bound many{Bound::Relation::Greater, 3, "> 3"};
  const auto s = scenario_counting(scenario::Quantifier::Never, many);
  EXPECT_EQ(judge(s, {run_counting({count_at(0_s, 9), count_at(5_s, 3)})}).verdict, Verdict::Pass);
  const Judgement j = judge(s, {run_counting({count_at(0_s, 3), count_at(20_s, 4)})});
  EXPECT_EQ(j.verdict, Verdict::Fail);
  EXPECT_EQ(j.expectations[0].why, "first broken at 20s");
}

TEST(Judge, EventuallyCountsFromTheStartOfTheWindowAndMayHaveToLast) {
  auto s = scenario_counting(scenario::Quantifier::Eventually, kAtLeastTwo);
  const RunResult run =
      run_counting({count_at(0_s, 0), count_at(14_s, 2), count_at(15_s, 1), count_at(20_s, 2)});
  Judgement j = judge(s, {run});
  EXPECT_EQ(j.verdict, Verdict::Pass);
  EXPECT_EQ(j.expectations[0].observed_text, "available after 4 s");
  std::get<scenario::CountExpectation>(s.expectations[0].what).lasting = 2_s;
  EXPECT_EQ(judge(s, {run}).expectations[0].observed_text, "available after 10 s");
  std::get<scenario::CountExpectation>(s.expectations[0].what).lasting = 41_s;
  EXPECT_EQ(judge(s, {run}).verdict, Verdict::Fail);
}

TEST(Judge, FinallyLooksAtTheEndOfTheWindowAlone) {
  const Bound three{Bound::Relation::Equal, 3, "== 3"};
  auto s = scenario_counting(scenario::Quantifier::Finally, three);
  const RunResult run = run_counting({count_at(0_s, 0), count_at(20_s, 3), count_at(30_s, 4)});
  EXPECT_EQ(judge(s, {run}).verdict, Verdict::Fail);
  std::get<scenario::CountExpectation>(s.expectations[0].what).during.until = Instant::at(30_s);
  EXPECT_EQ(judge(s, {run}).verdict, Verdict::Pass);
}

TEST(Judge, ACountHasToHoldInEveryRun) {
  const auto s = scenario_counting(scenario::Quantifier::Always, kAtLeastTwo);
  const Judgement j =
      judge(s, {run_counting({count_at(0_s, 2)}), run_counting({count_at(0_s, 1)})});
  EXPECT_EQ(j.verdict, Verdict::Fail);
  EXPECT_EQ(j.expectations[0].seeds_passed, 1U);
}

TEST(Judge, EventsOfTheLogAreCountedUpToATime) {
  scenario::Scenario s;
  s.duration = 60_s;
  scenario::CountExpectation what;
  what.count = scenario::EventCount{"created", "Pod/default/web-*", "by"};
  what.subject = "created events";
  what.quantifier = scenario::Quantifier::Finally;
  what.bound = {Bound::Relation::Equal, 2, "== 2"};
  s.expectations.push_back({"pods", what, {}});
  RunResult run;
  run.log = {{1, 0, Instant::at(1_s), "created", "Pod/default/web-1", "by ReplicaSet/web"},
             {2, 0, Instant::at(1_s), "created", "Pod/default/web-2", "by ReplicaSet/web"},
             {3, 0, Instant::at(2_s), "created", "Pod/default/other", "by ReplicaSet/other"},
             {4, 0, Instant::at(3_s), "deleted", "Pod/default/web-1", ""}};
  EXPECT_EQ(judge(s, {run}).verdict, Verdict::Pass);
}

/// A group that was left at 20 s, which a fault at 19 s had caused, and has a lag from then on.
RunResult run_behind() {
  RunResult run;
  run.groups["mails/default/mailer"] = {{Instant::at(0_s), 0, 0, 0, 0, {}},
                                        {Instant::at(20_s), 100, 100, 0, 0, {}},
                                        {Instant::at(30_s), 200, 140, 3, 5, 6_s},
                                        {Instant::at(40_s), 300, 300, 3, 5, {}}};
  run.log = {{1, 0, Instant::at(19_s), "fault", "Node/a", "gone: node-loss"},
             {2, 1, Instant::at(20_s), "consumers-leave", "Service/default/mailer",
              "topic mails: 1 consumer"},
             {3, 0, Instant::at(21_s), "consumers-leave", "Service/default/mailer",
              "topic others: 1 consumer"},
             {4, 0, Instant::at(35_s), "consumers-leave", "Service/default/mailer",
              "topic mails: 0 consumers"}};
  return run;
}

scenario::Scenario scenario_of_group(const char* figure, scenario::Quantifier quantifier,
                                     Bound bound) {
  scenario::Scenario s = scenario_counting(quantifier, std::move(bound));
  auto& what = std::get<scenario::CountExpectation>(s.expectations[0].what);
  what.count = scenario::GroupCount{"mails", "default/mailer", figure};
  what.subject = figure;
  return s;
}

TEST(Judge, AGroupThatFallsBehindIsExplainedByWhoLeftIt) {
  const Bound few{Bound::Relation::Less, 50, "< 50"};
  const Judgement j =
      judge(scenario_of_group("lag", scenario::Quantifier::Always, few), {run_behind()});
  EXPECT_EQ(j.verdict, Verdict::Fail);
  EXPECT_EQ(j.expectations[0].observed_text, "max lag 60");
  EXPECT_EQ(j.expectations[0].why,
            "first broken at 30s; consumers left at 20s: fault Node/a (gone: node-loss)");
  RunResult nobody = run_behind();
  nobody.log.clear();
  EXPECT_NE(judge(scenario_of_group("lag", scenario::Quantifier::Always, few), {nobody})
                .expectations[0]
                .why.find("no consumer had left"),
            std::string::npos);
  EXPECT_EQ(
      judge(scenario_of_group("lag", scenario::Quantifier::Finally, few), {run_behind()}).verdict,
      Verdict::Pass);
}

TEST(Judge, TheAgeOfAGroupsOldestMessageIsATime) {
  const Bound short_time{Bound::Relation::Less, 5, "< 5s"};
  const Judgement j =
      judge(scenario_of_group("age", scenario::Quantifier::Always, short_time), {run_behind()});
  EXPECT_EQ(j.verdict, Verdict::Fail);
  EXPECT_EQ(j.expectations[0].observed_text, "max age 6 s");
  EXPECT_EQ(j.expectations[0].observed->mean, 6);
  const Bound longer{Bound::Relation::LessEqual, 6, "<= 6s"};
  EXPECT_EQ(
      judge(scenario_of_group("age", scenario::Quantifier::Always, longer), {run_behind()}).verdict,
      Verdict::Pass);
  for (const auto& [figure, last] : std::vector<std::pair<const char*, double>>{
           {"published", 300}, {"finished", 300}, {"dead", 3}, {"redelivered", 5}}) {
    const Bound exactly{Bound::Relation::Equal, last, "=="};
    EXPECT_EQ(
        judge(scenario_of_group(figure, scenario::Quantifier::Finally, exactly), {run_behind()})
            .verdict,
        Verdict::Pass)
        << figure;
  }
}

TEST(Judge, ARangeThatTheIntervalEnclosesIsInconclusive) {
  EXPECT_EQ(judge_interval({Bound::Relation::Between, 4, "4..6", 6}, 4.5, 5.5), Verdict::Pass);
  EXPECT_EQ(judge_interval({Bound::Relation::Between, 4, "4..6", 6}, 3, 5), Verdict::Inconclusive);
  EXPECT_EQ(judge_interval({Bound::Relation::Between, 4, "4..6", 6}, 3, 7), Verdict::Inconclusive);
  EXPECT_EQ(judge_interval({Bound::Relation::Between, 4, "4..6", 6}, 7, 8), Verdict::Fail);
  EXPECT_EQ(judge_interval({Bound::Relation::Unequal, 4, "!= 4"}, 3, 5), Verdict::Inconclusive);
  EXPECT_EQ(judge_interval({Bound::Relation::Unequal, 4, "!= 4"}, 5, 6), Verdict::Pass);
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
    r.workloads["default/web"].rollouts.push_back(
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
