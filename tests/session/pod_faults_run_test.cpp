// Faults of pods and of proxies, in whole runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "runner/scenario/reading.h"
#include "runner/session/sim_session.h"
#include "runner/verdict/verdict.h"
#include "runner/why/chains.h"

namespace orrery::session {
namespace {

using scenario::FaultAction;
using scenario::FaultKind;
using scenario::Scenario;

const api::ObjectKey kWeb{api::Kind::Deployment, "default", "web"};

/// The two pods of the live scenario, with a fault from 10 s to 20 s.
Scenario with_fault(FaultKind kind, bool limited = false) {
  scenario::ScenarioReading reading = scenario::read_scenario("scenarios/live/two-pods.json");
  Scenario s = std::move(reading.scenario.value());
  s.expectations.clear();
  for (api::ManifestObject& manifest : s.objects) {
    auto* deployment = std::get_if<api::Deployment>(&manifest.object);
    if (deployment == nullptr || !limited) continue;
    deployment->spec.pod_template.spec.containers[0].limits.cpu_milli = 500;
  }
  FaultAction fault;
  fault.kind = kind;
  fault.target = kWeb;
  fault.count = 2;
  fault.lasts = 10_s;
  fault.threads = 1000;
  fault.delay = 2_s;
  s.timeline = {{"trouble", Instant::at(10_s), fault, {}}};
  return s;
}

std::uint64_t failures(const runner::RunResult& run, Duration from, Duration to) {
  const auto stats =
      verdict::within(run.services.at("default/web"), Instant::at(from), Instant::at(to));
  return stats.requests - stats.succeeded;
}

/// The record at the head of the chain of most failures.
std::string origin(const runner::RunResult& run) {
  const auto chains = why::chains_of(run.log, run.failures, {});
  return chains.empty() ? "" : chains[0].steps[0].what + " " + chains[0].steps[0].detail;
}

TEST(PodFaultInARun, IsTheOriginOfWhatFailsThroughItAndIsOverWhenItEnds) {
  for (const FaultKind kind :
       {FaultKind::PodFailure, FaultKind::CpuStress, FaultKind::GcPause, FaultKind::IoLatency}) {
    SCOPED_TRACE(to_string(kind));
    const auto run = simulate(with_fault(kind, kind == FaultKind::CpuStress), 1);
    EXPECT_EQ(run.faults.at(0).targets.size(), 2U) << run.faults.at(0).effect;
    EXPECT_GT(failures(run, 10_s, 20_s), 300U);
    EXPECT_EQ(failures(run, 27_s, 38_s), 0U);
    EXPECT_TRUE(run.faults[0].recovered);
    EXPECT_EQ(origin(run), std::string{"fault trouble: "} + to_string(kind));
    EXPECT_EQ(run.fingerprint,
              simulate(with_fault(kind, kind == FaultKind::CpuStress), 1).fingerprint);
  }
}

TEST(PodFaultInARun, OfACpuThatHasNoQuotaHitsNothingAndSaysWhy) {
  const auto run = simulate(with_fault(FaultKind::CpuStress), 1);
  EXPECT_TRUE(run.faults.at(0).targets.empty());
  EXPECT_EQ(run.faults[0].effect,
            "no container of it has a CPU limit whose quota could be shared, and nodes have no "
            "cpuContention");
}

TEST(PodFailure, LeavesThePodWhereItIsWithOtherContainers) {
  const auto run = simulate(with_fault(FaultKind::PodFailure), 1);
  const auto created = std::count_if(run.log.begin(), run.log.end(), [](const auto& record) {
    return record.what == "created" && record.subject.starts_with("Pod/");
  });
  EXPECT_EQ(created, 2) << "no pod is replaced";
  const auto stats =
      verdict::within(run.services.at("default/web"), Instant::at(15_s), Instant::at(19_s));
  EXPECT_EQ(stats.succeeded, 0U) << "nobody serves while it lasts";
}

/// A node has nothing left of its disk from 12 s to 42 s. Its kubelet looks every 10 s.
Scenario with_full_disk(bool writes) {
  Scenario s = with_fault(FaultKind::DiskFull);
  auto& fault = std::get<FaultAction>(s.timeline[0].action);
  fault.target = api::ObjectKey{api::Kind::Node, "", "h1"};
  fault.lasts = 30_s;
  s.timeline[0].at = Instant::at(12_s);
  s.duration = 120_s;
  s.services.at("default/web").operations[0].writes = writes;
  for (scenario::ClusterNode& node : s.cluster.nodes) node.disk_bytes = std::int64_t{100} << 30;
  return s;
}

TEST(DiskFull, FailsWhatWritesUntilTheKubeletEvictsThePods) {
  const auto run = simulate(with_full_disk(true), 1);
  EXPECT_EQ(run.faults.at(0).targets, std::vector<std::string>{"Node/h1"});
  EXPECT_TRUE(run.faults[0].recovered);
  EXPECT_GT(failures(run, 12_s, 20_s), 150U) << "half of the requests, for 8 s";
  EXPECT_EQ(origin(run), "fault trouble: disk-full");
  const auto created = std::count_if(run.log.begin(), run.log.end(), [](const auto& record) {
    return record.what == "created" && record.subject.starts_with("Pod/");
  });
  EXPECT_EQ(created, 3) << "the pod is evicted";
  EXPECT_EQ(failures(run, 25_s, 118_s), 0U) << "and another one serves elsewhere";
  const auto& last = run.workloads.at("default/web").samples.back();
  EXPECT_EQ(last.available, 2);
  EXPECT_EQ(run.fingerprint, simulate(with_full_disk(true), 1).fingerprint);

  EXPECT_EQ(failures(simulate(with_full_disk(false), 1), 12_s, 17_s), 0U)
      << "what does not write goes on";
}

TEST(StaleEndpoints, SendRequestsToPodsThatHaveGone) {
  Scenario s = with_fault(FaultKind::StaleEndpoints);
  auto& fault = std::get<FaultAction>(s.timeline[0].action);
  fault.target.reset();
  fault.process = "clients";
  fault.lasts = 20_s;
  s.duration = 60_s;
  const auto quiet = simulate(s, 1);
  EXPECT_EQ(failures(quiet, 3_s, 38_s), 0U) << "old is right while nothing changes";

  scenario::SetAction rollout;
  rollout.target = kWeb;
  rollout.image = "localhost/orrery-workload:2";
  s.timeline.push_back({"rollout", Instant::at(12_s), rollout, {}});
  const auto run = simulate(s, 1);
  EXPECT_EQ(failures(run, 3_s, 10_s), 0U);
  EXPECT_GT(failures(run, 15_s, 30_s), 300U);
  // Whoever was cut off tries again after 0.8 s, then after twice as long each time: at 25 s or so.
  EXPECT_GT(failures(run, 30_s, 33_s), 0U);
  EXPECT_EQ(failures(run, 50_s, 58_s), 0U);
  EXPECT_EQ(origin(run), "fault trouble: stale-endpoints");
}

}  // namespace
}  // namespace orrery::session
