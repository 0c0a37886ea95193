#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "runner/scenario/reading.h"
#include "runner/session/sim_session.h"
#include "runner/verdict/verdict.h"
#include "tests/registry/registry.h"

namespace orrery::registry {
namespace {

using namespace orrery::literals;
using scenario::FaultAction;
using scenario::FaultKind;
using scenario::Scenario;

constexpr Duration kFaultAt = 20_s;
constexpr Duration kEnd = 120_s;
const api::ObjectKey kWeb{api::Kind::Deployment, "default", "web"};
const api::ObjectKey kService{api::Kind::Service, "default", "web"};
const api::ObjectKey kNode{api::Kind::Node, "", "h1"};

FaultAction lasting(FaultKind kind, Duration lasts) {
  FaultAction fault;
  fault.kind = kind;
  fault.lasts = lasts;
  return fault;
}

FaultAction on(FaultAction fault, const api::ObjectKey& target) {
  fault.target = target;
  return fault;
}

FaultAction of(FaultAction fault, const std::string& process, Duration delay = {}) {
  fault.process = process;
  fault.delay = delay;
  return fault;
}

/// Of what comes to the Service.
FaultAction on_the_way(FaultKind kind, Duration delay = {}, std::int32_t status = 0) {
  FaultAction fault = lasting(kind, 10_s);
  fault.delay = delay;
  scenario::EdgeSettings& edge = fault.edge.emplace();
  edge.to.everybody = false;
  edge.to.services = {"default/web"};
  edge.status = status;
  if (kind == FaultKind::NetworkPartition) edge.direction = scenario::EdgeDirection::Both;
  if (kind == FaultKind::NetworkLoss || kind == FaultKind::NetworkCorrupt) edge.probability = 0.8;
  return fault;
}

bool rolls_out(const FaultCycle& cycle) {
  return cycle.symptom == Symptom::Rollout || cycle.symptom == Symptom::Held ||
         cycle.fault.kind == FaultKind::StaleEndpoints;
}

/// What the pods of the Deployment may use of CPU and memory.
void limit_pods(Scenario& s) {
  for (api::ManifestObject& manifest : s.objects) {
    auto* deployment = std::get_if<api::Deployment>(&manifest.object);
    if (deployment == nullptr) continue;
    api::Container& container = deployment->spec.pod_template.spec.containers[0];
    container.limits.cpu_milli = 500;
    container.limits.memory_bytes = 64 << 20;
  }
}

/// Two nodes in zones of their own with a pod each, whose next image has to be pulled.
Scenario world_of(const FaultCycle& cycle) {
  scenario::ScenarioReading reading = scenario::read_scenario("scenarios/live/two-pods.json");
  Scenario s = std::move(reading.scenario.value());
  s.expectations.clear();
  s.timeline.clear();
  s.duration = kEnd;
  s.first_seed = 1;
  s.last_seed = 2;  // With one alone, the run would be in this process.
  s.cluster.nodes[0].zone = "a";
  s.cluster.nodes[1].zone = "b";
  if (cycle.fault.kind == FaultKind::DiskFull) s.cluster.nodes[0].disk_bytes = 100LL << 30;
  s.cluster.network.registry_bytes_per_second = 125'000'000;
  auto& image = s.images.at("localhost/orrery-workload:2");
  image.on_nodes = false;
  image.layers = {{.id = {}, .bytes = 100'000'000}};
  limit_pods(s);
  if (cycle.fault.kind == FaultKind::SlowClose) {  // Connections of a request at a time.
    resilience::ConnectionPoolConfig pool;
    pool.thresholds.max_connections = 8;
    s.policies[{"", "default/web"}].pool = pool;
  }
  if (cycle.fault.target == kService) {
    scenario::ServiceBehaviour& web = s.services.at("default/web");
    web.leader.emplace().election = Distribution::constant(3_s);
    for (scenario::Operation& operation : web.operations) operation.writes = true;
  }
  if (rolls_out(cycle)) {
    scenario::SetAction rollout;
    rollout.target = kWeb;
    rollout.image = "localhost/orrery-workload:2";
    const bool before = cycle.symptom == Symptom::Held;
    const Instant at = Instant::at(before ? kFaultAt - 200_ms : kFaultAt + 1_s);
    s.timeline.push_back({"rollout", at, rollout, {}});
  }
  return s;
}

/// In a process of its own, as image pulls want it.
std::optional<runner::RunResult> run(const Scenario& s) {
  const auto results = session::simulate_all(s, 2, [](std::uint64_t) {});
  if (!results || results->size() != 2) return std::nullopt;
  return results->front();
}

std::uint64_t failures(const runner::RunResult& run, Duration from, Duration to) {
  const auto stats =
      verdict::within(run.services.at("default/web"), Instant::at(from), Instant::at(to));
  return stats.requests - stats.succeeded;
}

Instant rolled_out(const runner::RunResult& run) {
  const auto& rollouts = run.workloads.at("default/web").rollouts;
  return rollouts.empty() ? Instant::never() : rollouts[0].completed.value_or(Instant::never());
}

std::int64_t restarts(const runner::RunResult& run) {
  return std::count_if(run.log.begin(), run.log.end(), [](const auto& record) {
    return record.detail.find("restart 1") != std::string::npos;
  });
}

std::int64_t pods_created(const runner::RunResult& run) {
  return std::count_if(run.log.begin(), run.log.end(), [](const auto& record) {
    return record.what == "created" && record.subject.starts_with("Pod/");
  });
}

std::optional<Instant> first_of(const runner::RunResult& run, const std::string& what) {
  for (const auto& record : run.log) {
    if (record.what == what) return record.at;
  }
  return std::nullopt;
}

void expect_onset(const FaultCycle& cycle, const runner::RunResult& with,
                  const runner::RunResult& without) {
  const runner::FaultResult& fault = with.faults.at(0);
  EXPECT_FALSE(fault.targets.empty()) << "it hits nothing: " << fault.effect;
  EXPECT_EQ(fault.at, Instant::at(kFaultAt));
  EXPECT_EQ(first_of(with, "fault"), Instant::at(kFaultAt));
  // Until then the two runs are one; what began shortly before may still be hit.
  EXPECT_EQ(failures(with, 0_s, kFaultAt - 1_s), failures(without, 0_s, kFaultAt - 1_s));
  switch (cycle.symptom) {
    case Symptom::Failures:
      EXPECT_GT(failures(with, kFaultAt, kEnd), failures(without, kFaultAt, kEnd));
      break;
    case Symptom::Rollout:
    case Symptom::Held:
      EXPECT_GT(rolled_out(with), rolled_out(without) + 200_ms);
      break;
    case Symptom::Pods:
      EXPECT_GT(pods_created(with), pods_created(without));
      break;
    case Symptom::Restarts:
      EXPECT_GT(restarts(with), restarts(without));
      break;
  }
}

/// It waits for a chance, and nobody tells the session when it is over: the rollout shows it.
bool ends_untold(const FaultAction& fault) {
  return fault.kind == FaultKind::CrashAfterWrites || fault.kind == FaultKind::WatchLate;
}

void expect_end(const FaultAction& fault, const runner::RunResult& with) {
  if (ends_untold(fault)) {
    EXPECT_GE(rolled_out(with), Instant::at(kFaultAt + fault.lasts.value_or(fault.delay)));
  } else if (fault.kind == FaultKind::Unwell) {
    EXPECT_EQ(failures(with, kFaultAt + *fault.lasts + 3_s, kEnd - 2_s), 0U);
  } else if (fault.lasts) {
    EXPECT_EQ(first_of(with, "fault-ends"), Instant::at(kFaultAt + *fault.lasts));
  }
}

void expect_recovery(const FaultCycle& cycle, const runner::RunResult& with) {
  EXPECT_TRUE(with.faults.at(0).recovered || ends_untold(cycle.fault)) << "it never recovers";
  if (rolls_out(cycle)) {
    EXPECT_LT(rolled_out(with), Instant::at(kEnd - 20_s)) << "the rollout never ends";
  }
  EXPECT_EQ(failures(with, kEnd - 20_s, kEnd - 2_s), 0U) << "requests still fail at the end";
  const runner::WorkloadSample& last = with.workloads.at("default/web").samples.back();
  EXPECT_EQ(last.desired, 2);
  EXPECT_EQ(last.available, 2);
  EXPECT_EQ(last.total, 2);
}

}  // namespace

std::vector<FaultCycle> fault_cycles() {
  std::vector<FaultCycle> all;
  const auto add = [&](FaultAction fault, Symptom symptom = Symptom::Rollout) {
    all.push_back({std::move(fault), symptom});
  };
  FaultAction once;
  once.kind = FaultKind::ContainerKill;
  add(on(once, kWeb), Symptom::Restarts);
  once.kind = FaultKind::PodKill;
  add(on(once, kWeb), Symptom::Pods);
  add(on(lasting(FaultKind::Unwell, 10_s), kWeb), Symptom::Failures);
  add(on(lasting(FaultKind::NodeLoss, 10_s), kNode), Symptom::Failures);
  FaultAction zone = lasting(FaultKind::ZoneLoss, 10_s);
  zone.zone = "a";
  add(zone, Symptom::Failures);
  add(on(lasting(FaultKind::NodeAgentKill, 20_s), kNode));
  add(on(lasting(FaultKind::KubeletKill, 20_s), kNode));
  add(on(lasting(FaultKind::NodePartition, 20_s), kNode));
  add(lasting(FaultKind::ControlPlaneKill, 10_s), Symptom::Held);
  add(lasting(FaultKind::ControllerManagerKill, 10_s));
  add(lasting(FaultKind::SchedulerKill, 10_s));
  add(of(lasting(FaultKind::CrashAfterWrites, 10_s), "controller-manager"));
  add(of(lasting(FaultKind::ApiSlow, 20_s), "", 1_s));
  add(lasting(FaultKind::ApiRefusing, 10_s), Symptom::Held);
  add(lasting(FaultKind::ApiUnavailable, 10_s), Symptom::Held);
  add(of(lasting(FaultKind::WatchStale, 20_s), "controller-manager", 5_s));
  add(of(lasting(FaultKind::WatchMiss, 10_s), "Node/h1"));
  FaultAction late;
  late.kind = FaultKind::WatchLate;
  add(of(late, "Node/h1", 5_s));
  add(lasting(FaultKind::StoreKill, 10_s), Symptom::Held);
  FaultAction slow = lasting(FaultKind::StoreSlow, 20_s);
  slow.delay = 1_s;
  add(slow);
  FaultAction registry = lasting(FaultKind::RegistrySlow, 10_s);
  registry.bytes_per_second = 1'000'000;
  add(registry);
  add(lasting(FaultKind::RegistryDown, 10_s));
  // The users wait for a second.
  add(on_the_way(FaultKind::NetworkDelay, 2_s), Symptom::Failures);
  add(on_the_way(FaultKind::NetworkLoss), Symptom::Failures);
  add(on_the_way(FaultKind::NetworkCorrupt), Symptom::Failures);
  add(on_the_way(FaultKind::NetworkPartition), Symptom::Failures);
  add(on_the_way(FaultKind::Reset), Symptom::Failures);
  add(on_the_way(FaultKind::DnsError), Symptom::Failures);
  add(on_the_way(FaultKind::HttpAbort, {}, 503), Symptom::Failures);
  add(on_the_way(FaultKind::HttpDelay, 2_s), Symptom::Failures);
  add(on_the_way(FaultKind::HttpReplace, {}, 500), Symptom::Failures);
  FaultAction narrow = on_the_way(FaultKind::NetworkBandwidth);
  narrow.bytes_per_second = 10'000;  // 14 requests a second.
  add(narrow, Symptom::Failures);
  FaultAction large = on_the_way(FaultKind::LimitData);
  large.edge->limit_bytes = 600;  // Headers alone are more.
  add(large, Symptom::Failures);
  add(on_the_way(FaultKind::SlowClose, 2_s), Symptom::Failures);
  for (const scenario::WrongConfig wrong :
       {scenario::WrongConfig::Port, scenario::WrongConfig::Service,
        scenario::WrongConfig::Timeout}) {
    FaultAction told = on_the_way(FaultKind::BadConfig);
    told.edge->wrong = wrong;
    told.edge->timeout = 1_ms;
    add(told, Symptom::Failures);
  }
  add(on(lasting(FaultKind::DiskFull, 25_s), kNode), Symptom::Pods);
  add(on(lasting(FaultKind::PodFailure, 10_s), kWeb), Symptom::Restarts);
  FaultAction stress = on(lasting(FaultKind::CpuStress, 10_s), kWeb);
  stress.threads = 1000;
  add(stress, Symptom::Failures);
  FaultAction hog = on(lasting(FaultKind::MemoryStress, 10_s), kWeb);
  hog.memory_bytes = 65 << 20;
  add(hog, Symptom::Restarts);
  add(on(lasting(FaultKind::GcPause, 5_s), kWeb), Symptom::Failures);
  FaultAction waits = on(lasting(FaultKind::IoLatency, 10_s), kWeb);
  waits.delay = 2_s;
  add(waits, Symptom::Failures);
  add(of(lasting(FaultKind::StaleEndpoints, 20_s), "clients"), Symptom::Failures);
  FaultAction leader = on(lasting(FaultKind::SlowLeader, 10_s), kService);
  leader.delay = 2_s;
  add(leader, Symptom::Failures);
  once.kind = FaultKind::LeaderKill;
  add(on(once, kService), Symptom::Failures);
  return all;
}

void expect_whole_course(const FaultCycle& cycle) {
  Scenario s = world_of(cycle);
  const auto without = run(s);
  s.timeline.push_back({"fault", Instant::at(kFaultAt), cycle.fault, {}});
  std::sort(s.timeline.begin(), s.timeline.end(),
            [](const auto& a, const auto& b) { return a.at < b.at; });
  const auto with = run(s);
  ASSERT_TRUE(with && without) << "a run broke";
  ASSERT_EQ(with->faults.size(), 1U);
  expect_onset(cycle, *with, *without);
  expect_end(cycle.fault, *with);
  expect_recovery(cycle, *with);
}

}  // namespace orrery::registry
