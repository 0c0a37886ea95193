// Whole runs in the simulated world, from a scenario's text to its verdict.
#include "runner/session/sim_session.h"

#include <gtest/gtest.h>

#include "runner/report/report.h"
#include "runner/scenario/reading.h"
#include "runner/verdict/verdict.h"

namespace orrery::session {
namespace {

using scenario::Scenario;
using verdict::Verdict;

Scenario read(const std::string& path) {
  scenario::ScenarioReading reading = scenario::read_scenario(path);
  for (const api::Problem& problem : reading.problems) ADD_FAILURE() << to_string(problem);
  return reading.scenario.value_or(Scenario{});
}

Scenario two_pods() { return read("scenarios/live/two-pods.json"); }

/// The two pods with a timeline of its own.
Scenario with_timeline(std::vector<scenario::TimelineEntry> timeline) {
  Scenario s = two_pods();
  s.timeline = std::move(timeline);
  s.expectations.clear();
  return s;
}

scenario::TimelineEntry fault(Duration at, scenario::FaultKind kind,
                              std::optional<api::ObjectKey> target,
                              std::optional<Duration> lasts = std::nullopt) {
  scenario::FaultAction action;
  action.kind = kind;
  action.target = std::move(target);
  action.lasts = lasts;
  return {"fault", Instant::at(at), action, {}};
}

const api::ObjectKey kWeb{api::Kind::Deployment, "default", "web"};

std::uint64_t failures(const runner::RunResult& run, const Scenario& s) {
  const auto stats = verdict::within(run.services.at("default/web"), Instant::at(s.warmup),
                                     Instant::at(s.duration) - 2_s);
  return stats.requests - stats.succeeded;
}

TEST(SimSession, SameSeedSameBytes) {
  const Scenario s = two_pods();
  const auto summary = [&] {
    const std::vector<runner::RunResult> results{simulate(s, 3)};
    const auto judgement = verdict::judge(s, results);
    const report::FinishedRun run{s, report::World::Sim, results, judgement};
    return report::summary_json(run) + report::events_jsonl(run) + report::html_report(run);
  };
  EXPECT_EQ(summary(), summary());
  EXPECT_NE(simulate(s, 3).fingerprint, simulate(s, 4).fingerprint);
}

TEST(SimSession, ManyProcessesGiveWhatOneGives) {
  Scenario s = two_pods();
  s.first_seed = 1;
  s.last_seed = 4;
  const auto pooled = simulate_all(s, 3, [](std::uint64_t) {});
  ASSERT_TRUE(pooled.has_value());
  ASSERT_EQ(pooled->size(), 4U);
  for (const runner::RunResult& run : *pooled) {
    EXPECT_EQ(run.fingerprint, simulate(s, run.seed).fingerprint);
  }
}

TEST(SimSession, TheLiveScenarioPassesWithItsOwnExpectations) {
  Scenario s = two_pods();
  s.first_seed = 1;
  s.last_seed = 5;
  const auto results = simulate_all(s, 2, [](std::uint64_t) {});
  ASSERT_TRUE(results.has_value());
  const auto judgement = verdict::judge(s, *results);
  for (const auto& e : judgement.expectations) {
    EXPECT_EQ(e.verdict, Verdict::Pass) << e.id << ": " << e.observed_text << " " << e.why;
  }
  EXPECT_TRUE(judgement.notes.empty());
}

TEST(SimSession, TheShopPassesOverFiveSeeds) {
  Scenario s = read("scenarios/shop/rollout-and-kill.json");
  s.first_seed = 1;
  s.last_seed = 5;
  const auto results = simulate_all(s, 2, [](std::uint64_t) {});
  ASSERT_TRUE(results.has_value());
  const auto judgement = verdict::judge(s, *results);
  EXPECT_EQ(judgement.verdict, Verdict::Pass);
}

TEST(SimSession, NothingFailsWhereNothingHappens) {
  const Scenario s = with_timeline({});
  const auto run = simulate(s, 1);
  EXPECT_TRUE(run.steady_before_first_fault);
  EXPECT_EQ(failures(run, s), 0U);
}

TEST(SimSession, AKilledContainerComesBackInItsPod) {
  const Scenario s = with_timeline({fault(10_s, scenario::FaultKind::ContainerKill, kWeb)});
  const auto run = simulate(s, 1);
  ASSERT_EQ(run.faults.size(), 1U);
  EXPECT_EQ(run.faults[0].targets.size(), 1U);
  ASSERT_TRUE(run.faults[0].recovered);
  bool restarted = false;
  for (const auto& record : run.log) {
    restarted = restarted || record.detail.find("restart 1") != std::string::npos;
  }
  EXPECT_TRUE(restarted);
}

TEST(SimSession, AKilledPodIsReplacedByAnotherOne) {
  const Scenario s = with_timeline({fault(10_s, scenario::FaultKind::PodKill, kWeb)});
  const auto run = simulate(s, 1);
  ASSERT_TRUE(run.faults.at(0).recovered);
  std::size_t pods_created = 0;
  for (const auto& record : run.log) {
    if (record.what == "created" && record.subject.starts_with("Pod/")) ++pods_created;
  }
  EXPECT_EQ(pods_created, 3U);
}

TEST(SimSession, ALostNodesPodsComeBackElsewhereAfterItsTolerations) {
  Scenario s = with_timeline(
      {fault(20_s, scenario::FaultKind::NodeLoss, api::ObjectKey{api::Kind::Node, "", "h1"})});
  s.duration = Duration::minutes(8);
  const auto run = simulate(s, 1);
  ASSERT_TRUE(run.faults.at(0).recovered);
  // Silence is noticed 40 s after the last lease, up to 10 s old, at a look every 5 s; pods
  // tolerate that for 300 s, then one starts elsewhere.
  const Duration back = *run.faults[0].recovered - run.faults[0].at;
  EXPECT_GE(back, 330_s);
  EXPECT_LE(back, 350_s);
}

TEST(SimSession, AKilledControlPlaneDelaysTheRolloutAndNoRequest) {
  std::vector<scenario::TimelineEntry> timeline = two_pods().timeline;
  std::erase_if(timeline, [](const auto& entry) { return entry.id == "kill"; });
  const Scenario s = with_timeline(timeline);
  const auto run = simulate(s, 1);
  ASSERT_TRUE(run.workloads.at("default/web").rollouts.at(0).completed);
  EXPECT_EQ(failures(run, s), 0U);
}

TEST(SimSession, AFaultThatHitsNothingSaysSo) {
  const Scenario s = with_timeline({fault(10_s, scenario::FaultKind::PodKill,
                                          api::ObjectKey{api::Kind::Pod, "default", "nobody"})});
  const auto run = simulate(s, 1);
  EXPECT_TRUE(run.faults.at(0).targets.empty());
  EXPECT_EQ(run.faults[0].effect, "nothing matched its target");
  EXPECT_EQ(verdict::judge(s, {run}).verdict, Verdict::Inconclusive);
}

TEST(SimSession, AnImageThatIsNotThereIsPulledOverTheSharedLink) {
  // Two nodes pull 125 MB at the same time over a registry link of 125 MB/s: both need 2 s.
  Scenario s = with_timeline({});
  s.cluster.network.registry_bytes_per_second = 125'000'000;
  s.cluster.network.node_bytes_per_second = 1'250'000'000;
  s.cluster.network.zone_bytes_per_second = 1'250'000'000;
  auto& image = s.images.at("localhost/orrery-workload:1");
  image.on_nodes = false;
  image.layers = {{.id = {}, .bytes = 100'000'000}, {.id = {}, .bytes = 25'000'000}};
  s.first_seed = 1;
  s.last_seed = 2;  // Each in a process of its own, as SimGrid wants it.
  ASSERT_TRUE(can_simulate(s).has_value());
  const auto results = simulate_all(s, 2, [](std::uint64_t) {});
  ASSERT_TRUE(results.has_value());
  for (const runner::RunResult& run : *results) {
    std::optional<Instant> started;
    for (const auto& record : run.log) {
      if (record.what == "started" && !started) started = record.at;
    }
    ASSERT_TRUE(started);
    EXPECT_GT(*started, Instant::at(2_s));
    EXPECT_LT(*started, Instant::at(2500_ms));
  }
}

TEST(SimSession, APodThatNoNodeTakesSaysWhyInTheLog) {
  Scenario s = with_timeline({});
  for (scenario::ClusterNode& node : s.cluster.nodes) node.cpu_milli = 10;
  const runner::RunResult run = simulate(s, 1);
  std::size_t told = 0;
  for (const recording::LogRecord& record : run.log) {
    if (record.what != "unschedulable") continue;
    ++told;
    EXPECT_NE(record.detail.find("Insufficient cpu"), std::string::npos) << record.detail;
    EXPECT_TRUE(record.subject.starts_with("Pod/default/web-")) << record.subject;
  }
  EXPECT_EQ(told, 2U) << "each of the pods, once";
}

TEST(SimSession, EveryRecordStandsAfterItsCause) {
  const auto run = simulate(two_pods(), 1);
  std::size_t with_cause = 0;
  for (const auto& record : run.log) {
    EXPECT_LT(record.cause, record.id);
    if (record.cause != 0) ++with_cause;
  }
  EXPECT_GT(with_cause, 10U);
}
}  // namespace
}  // namespace orrery::session
