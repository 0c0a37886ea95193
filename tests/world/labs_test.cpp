// Figures that a reader can work out by hand, from a pod's manifest to what its users see: a
// failing liveness probe, a container that exits at once, a pod that answers 503.
#include <gtest/gtest.h>

#include "models/recording/event_log.h"
#include "sim/traffic/request_engine.h"
#include "sim/world/sim_world.h"

namespace orrery::sim {
namespace {

constexpr Duration kTaken = Duration::seconds(60);  ///< The kubelet is no longer young then.

class Lab {
 public:
  explicit Lab(WorldConfig config) : world{std::move(config), log, nullptr} {
    world.start();
    world.run_until(Instant::at(kTaken));
  }

  static WorldConfig config() {
    WorldConfig made;
    WorldNode node;
    node.name = "n1";
    node.resources = {8000, 32LL << 30, 110, {}};
    made.nodes.push_back(std::move(node));
    made.images["app:1"].start = Distribution::constant(1_ms);
    made.profile = *profile::profile_named("kubernetes-1.30");
    return made;
  }

  static api::Pod pod(const std::string& name) {
    api::Pod made;
    made.meta.name = name;
    made.meta.namespace_name = "default";
    made.meta.labels["app"] = "web";
    made.spec.node_name = "n1";
    api::Container container;
    container.name = "app";
    container.image = "app:1";
    made.spec.containers.push_back(container);
    return made;
  }

  void create(api::Object object) {
    ports::ApiCall call;
    call.verb = ports::Verb::Create;
    call.key = api::key_of(object);
    call.object = std::make_shared<const api::Object>(std::move(object));
    EXPECT_EQ(world.apply(call, 0), ports::Outcome::Ok);
  }

  void run_to(Duration since_taken) { world.run_until(Instant::at(kTaken + since_taken)); }
  [[nodiscard]] double seconds_since_taken(Instant when) const {
    return to_seconds(when - Instant::at(kTaken));
  }
  [[nodiscard]] const api::Pod& seen(const std::string& name = "web") const {
    return std::get<api::Pod>(*world.api().find({api::Kind::Pod, "default", name}));
  }
  [[nodiscard]] const api::ContainerStatus& status(const std::string& name = "web") const {
    return seen(name).status.container_statuses.at(0);
  }

  recording::EventLog log;
  SimWorld world;
};

api::Probe every_five_seconds(api::ProbeAction action) {
  api::Probe probe;
  probe.action = std::move(action);
  probe.initial_delay = 5_s;
  probe.period = 5_s;
  probe.failure_threshold = 3;
  probe.timeout = 1_s;
  return probe;
}

TEST(LabLiveness, AFileThatVanishesAfter32SecondsIsFoundAt45AndTheRestartKeepsAddressAndNode) {
  WorldConfig config = Lab::config();
  config.images["app:1"].process.unwell_after = 32_s;
  Lab lab{config};
  api::Pod pod = Lab::pod("web");
  pod.spec.containers[0].liveness = every_five_seconds(api::ExecAction{{"cat", "/tmp/healthy"}});
  lab.create(pod);
  lab.run_to(44_s);
  const std::string address = lab.seen().status.pod_ip;
  EXPECT_EQ(lab.status().restart_count, 0);
  lab.run_to(50_s);
  EXPECT_EQ(lab.status().restart_count, 1);
  EXPECT_NEAR(lab.seconds_since_taken(lab.status().last_finished_at), 45.0, 0.3);
  EXPECT_EQ(lab.seen().status.pod_ip, address);
  EXPECT_EQ(lab.seen().spec.node_name, "n1");
}

TEST(LabLiveness, AContainerThatIgnoresTermHoldsUntil75Seconds) {
  WorldConfig config = Lab::config();
  config.images["app:1"].process.unwell_after = 32_s;
  config.images["app:1"].process.ignores_term = true;
  Lab lab{config};
  api::Pod pod = Lab::pod("web");
  pod.spec.containers[0].liveness = every_five_seconds(api::ExecAction{{"cat", "/tmp/healthy"}});
  lab.create(pod);
  lab.run_to(80_s);
  EXPECT_NEAR(lab.seconds_since_taken(lab.status().last_finished_at), 75.0, 0.3);
  EXPECT_EQ(lab.status().last_exit_code, 137);
}

TEST(LabLiveness, AContainerThatExitsAtOnceIsStartedSevenTimesInTenMinutes) {
  WorldConfig config = Lab::config();
  config.images["app:1"].process.runs_for = Distribution::constant(Duration{});
  config.images["app:1"].process.exit_code = 1;
  // Without the lateness of the kubelet's next look, which is 10 to 15 s in this version.
  config.profile.kubelet.resync_follows_delay = true;
  config.profile.kubelet.resync_jitter = 0;
  Lab lab{config};
  lab.create(Lab::pod("web"));
  const double starts[] = {0, 0, 10, 30, 70, 150, 310, 610};
  std::int32_t restarts = -1;
  std::vector<double> seen;
  for (int tick = 0; tick < 6300; ++tick) {
    lab.run_to(Duration::milliseconds(100) * tick);
    const auto* statuses = &lab.seen().status.container_statuses;
    if (statuses->empty() || statuses->at(0).container_id.empty()) continue;
    if (statuses->at(0).restart_count == restarts) continue;
    restarts = statuses->at(0).restart_count;
    seen.push_back(0.1 * tick);
  }
  ASSERT_EQ(seen.size(), std::size(starts));
  for (std::size_t i = 0; i < seen.size(); ++i) {
    // Every start takes 60 to 90 ms, which add up.
    EXPECT_GE(seen[i], starts[i]) << i;
    EXPECT_LE(seen[i], starts[i] + 0.5 + 0.3 * static_cast<double>(i)) << i;
  }
}

struct TrafficLab : Lab {
  static WorldConfig config(double rate) {
    WorldConfig made = Lab::config();
    ServiceModel service;
    service.name = "default/web";
    service.port_name = "http";
    OperationModel get;
    get.name = "get";
    get.cpu = Distribution::exponential(10_ms);
    service.operations.push_back(get);
    made.traffic.services.push_back(service);
    made.traffic.journeys.push_back({.name = "visit", .steps = {{0, 0}}, .timeout = {}});
    LoadModel load;
    load.rate_per_second = rate;
    load.from = Instant::at(kTaken + 10_s);
    load.mix.push_back({0, 1.0});
    made.traffic.load.push_back(load);
    made.bindings.push_back({.service = 0,
                             .namespace_name = "default",
                             .selector = {{"app", "web"}},
                             .target_port = 8080,
                             .drains_on_term = true});
    made.timings.endpoint_delay = 500_ms;
    made.images["app:1"].start = Distribution::constant(1_s);
    return made;
  }
  explicit TrafficLab(WorldConfig with) : Lab{std::move(with)} {
    api::Service service;
    service.meta.name = "web";
    service.meta.namespace_name = "default";
    service.spec.selector = {{"app", "web"}};
    api::ServicePort port;
    port.name = "http";
    port.port = 80;
    port.target_port = 8080;
    service.spec.ports.push_back(port);
    create(service);
  }
  /// Requests that failed, by the second of the lab in which they started.
  [[nodiscard]] std::uint64_t errors(Duration from, Duration until) const {
    std::uint64_t count = 0;
    for (const RequestSample& sample : world.traffic().service(0).samples()) {
      if (sample.at < Instant::at(kTaken + from) || sample.at >= Instant::at(kTaken + until)) {
        continue;
      }
      count += sample.counts.ended_count() - sample.counts.of(RequestOutcome::Ok);
    }
    return count;
  }
};

TEST(LabReadiness, APodThatAnswers503IsOutAt45And5AndBackTwoAndAHalfSecondsAfterItsRecovery) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    WorldConfig config = TrafficLab::config(40);
    config.seed = seed;
    TrafficLab lab{config};
    for (const char* name : {"web-1", "web-2"}) {
      api::Pod pod = Lab::pod(name);
      api::HttpGetAction ready;
      ready.path = "/readiness";
      ready.port = 8080;
      pod.spec.containers[0].readiness = every_five_seconds(ready);
      lab.create(pod);
    }
    lab.run_to(33_s);
    EXPECT_EQ(lab.errors(12_s, 33_s), 0U);
    ASSERT_TRUE(lab.world.afflict(lab.seen("web-1"), "app", Illness::Fails, 60_s, 0));
    lab.run_to(44900_ms);
    EXPECT_TRUE(api::is_ready(lab.seen("web-1")));
    lab.run_to(45200_ms);
    EXPECT_FALSE(api::is_ready(lab.seen("web-1"))) << "failed at 35, 40 and 45 s";
    lab.run_to(94900_ms);
    EXPECT_FALSE(api::is_ready(lab.seen("web-1")));
    lab.run_to(95200_ms);
    EXPECT_TRUE(api::is_ready(lab.seen("web-1"))) << "in the tables 0.5 s later";
    lab.run_to(110_s);
    // 40 a second, half of them to the sick pod, for 12.5 s: 250, give or take three deviations.
    const std::uint64_t failed = lab.errors(33_s, 110_s);
    EXPECT_GE(failed, 203U);
    EXPECT_LE(failed, 297U);
    EXPECT_EQ(lab.errors(47_s, 110_s), 0U);
    EXPECT_EQ(lab.status("web-1").restart_count, 0);
  }
}

TEST(LabThreads, LivenessOnTheThreadsOfRequestsRestartsAPodThatIsOnlyBusy) {
  for (const bool shared : {false, true}) {
    SCOPED_TRACE(shared);
    WorldConfig config = TrafficLab::config(40);
    config.traffic.services[0].concurrency = 4;
    config.traffic.services[0].operations[0].cpu = Distribution::constant(1_s);
    config.traffic.services[0].probes_share_threads = shared;
    TrafficLab lab{config};
    api::Pod pod = Lab::pod("web");
    api::HttpGetAction alive;
    alive.port = 8080;
    pod.spec.containers[0].liveness = every_five_seconds(alive);
    lab.create(pod);
    lab.run_to(120_s);
    if (shared) {
      EXPECT_GE(lab.status().restart_count, 2) << "again and again: a storm";
    } else {
      EXPECT_EQ(lab.status().restart_count, 0);
    }
  }
}

TEST(LabMemory, RequestsThatNeedMoreThanTheLimitEndTheContainer) {
  WorldConfig config = TrafficLab::config(40);
  config.traffic.services[0].operations[0].cpu = Distribution::constant(2_s);
  config.images["app:1"].process.memory = {50 << 20, 0, 1 << 20};
  TrafficLab lab{config};
  api::Pod pod = Lab::pod("web");
  pod.spec.containers[0].limits.memory_bytes = 100 << 20;
  lab.create(pod);
  lab.run_to(30_s);
  EXPECT_GE(lab.status().restart_count, 1) << "80 at a time do not fit where 50 do";
  EXPECT_EQ(lab.status().last_reason, "OOMKilled");
  EXPECT_EQ(lab.status().last_exit_code, 137);
}

TEST(LabMemory, ALeakOfEveryRequestEndsTheContainerAfterSoMany) {
  for (const std::int64_t per_request : {std::int64_t{0}, std::int64_t{3} << 20}) {
    WorldConfig config = TrafficLab::config(20);
    config.traffic.services[0].operations[0].cpu = Distribution::constant(1_ms);
    config.images["app:1"].process.memory = {50 << 20, 0, per_request, 1 << 20};
    TrafficLab lab{config};
    api::Pod pod = Lab::pod("web");
    pod.spec.containers[0].limits.memory_bytes = 100 << 20;
    lab.create(pod);
    lab.run_to(10_s);
    for (int tenth = 101; lab.status().restart_count == 0 && tenth < 200; ++tenth) {
      lab.run_to(Duration::milliseconds(100 * tenth));
    }
    // 50 MiB are left: the 51st answer is one too many, or the 49th request, which needs 3 MiB
    // more.
    EXPECT_EQ(lab.status().restart_count, 1);
    EXPECT_EQ(lab.status().last_reason, "OOMKilled");
    EXPECT_EQ(lab.world.traffic().service(0).totals().of(RequestOutcome::Ok),
              per_request == 0 ? 51U : 48U);
  }
}

TEST(LabMemory, ALeakWithoutLimitEndsInEvictionByTheNode) {
  WorldConfig config = Lab::config();
  config.nodes[0].resources.memory_bytes = 1 << 30;
  config.images["app:1"].process.memory = {100 << 20, 10 << 20, 0};
  Lab lab{config};
  lab.create(Lab::pod("web"));
  // 1024 - 100 MiB are used up by 924 MiB: after (924 - 100) / 10 = 82.4 s.
  lab.run_to(80_s);
  EXPECT_EQ(lab.seen().status.phase, api::PodPhase::Running);
  lab.run_to(96_s);
  EXPECT_EQ(lab.seen().status.phase, api::PodPhase::Failed);
  EXPECT_EQ(lab.seen().status.reason, "Evicted");
  const auto& node = std::get<api::Node>(*lab.world.api().find({api::Kind::Node, {}, "n1"}));
  EXPECT_EQ(api::find_condition(node.status.conditions, "MemoryPressure")->status,
            api::ConditionStatus::True);
}

TEST(LabCpu, ALimitStretchesResponsesByWaitingForTheNextPeriod) {
  const auto longest = [](std::optional<std::int64_t> limit) {
    WorldConfig config = TrafficLab::config(5);
    config.traffic.services[0].operations[0].cpu = Distribution::constant(30_ms);
    TrafficLab lab{config};
    api::Pod pod = Lab::pod("web");
    pod.spec.containers[0].limits.cpu_milli = limit;
    lab.create(pod);
    lab.run_to(60_s);
    return static_cast<double>(lab.world.traffic().service(0).totals().latency_max_ns) / 1e9;
  };
  EXPECT_LT(longest(std::nullopt), 0.1);
  EXPECT_GT(longest(200), 0.1);
}

}  // namespace
}  // namespace orrery::sim
