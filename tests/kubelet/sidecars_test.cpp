// Sidecars: init containers that stay (sheet sections 1, 4 and 5).
#include <gtest/gtest.h>

#include "tests/kubelet/kubelet_world.h"

namespace orrery::testing {
namespace {

using ports::RuntimeVerb;

api::Container container_named(const std::string& name, bool sidecar) {
  api::Container container;
  container.name = name;
  container.image = "shop/" + name;
  container.sidecar = sidecar;
  return container;
}

struct SidecarWorld : KubeletWorld {
  void add_init(const std::string& name, bool sidecar) {
    api::Container container = container_named(name, sidecar);
    runtime.images.insert(container.image);
    template_pod.spec.init_containers.push_back(container);
  }
  api::Container& init(std::size_t index) { return template_pod.spec.init_containers[index]; }
  void begin() {
    start_kubelet();
    run(1_min);
    api.create(template_pod);
  }
  [[nodiscard]] const api::ContainerStatus& init_status(std::size_t index) const {
    return pod()->status.init_container_statuses.at(index);
  }
  [[nodiscard]] Instant started_at(const std::string& name) const {
    for (const ports::ContainerInfo& info : runtime.containers()) {
      if (info.name == name) return info.started_at;
    }
    return Instant::never();
  }
  /// When each container was told to stop, by name; the last time.
  [[nodiscard]] std::map<std::string, FakeRuntime::Logged> stops() const {
    std::map<std::string, FakeRuntime::Logged> stopped;
    for (const auto& logged : runtime.log()) {
      if (logged.call.verb != RuntimeVerb::StopContainer) continue;
      stopped[name_of.at(logged.call.container_id)] = logged;
    }
    return stopped;
  }
  void remember_names() {
    for (const ports::ContainerInfo& info : runtime.containers()) name_of[info.id] = info.name;
  }

  api::Pod template_pod = make_pod();
  std::map<std::string, std::string> name_of;
};

TEST(Sidecar, TheNextInitContainerStartsWhenItsStartupProbeHasSucceeded) {
  SidecarWorld world;
  world.add_init("mesh", true);
  world.add_init("migrate", false);
  world.init(0).startup = http_probe("/started");
  world.init(0).startup->period = 2_s;
  world.init(0).startup->failure_threshold = 30;
  world.runtime.programs["shop/migrate"].exits_after = 3_s;
  world.prober.answers["http:8080/started"].outcome = ports::Outcome::Refused;
  world.begin();
  world.run(10_s);
  EXPECT_EQ(world.running_count("mesh"), 1U);
  EXPECT_EQ(world.running_count("migrate"), 0U);
  EXPECT_EQ(world.pod()->status.phase, api::PodPhase::Pending);
  EXPECT_FALSE(world.init_status(0).started);
  world.prober.answers.clear();
  world.run(3_s);
  EXPECT_EQ(world.running_count("migrate"), 1U);
  EXPECT_TRUE(world.init_status(0).started);
  ASSERT_TRUE(world.run_until_ready());
  EXPECT_EQ(world.running_count("mesh"), 1U);
  EXPECT_EQ(api::find_condition(world.pod()->status.conditions, "Initialized")->status,
            api::ConditionStatus::True);
}

TEST(Sidecar, WithoutAStartupProbeTheNextStartsWhenItIsStarted) {
  SidecarWorld world;
  world.add_init("mesh", true);
  world.begin();
  ASSERT_TRUE(world.run_until_ready(5_s));
  EXPECT_LT(world.started_at("mesh"), world.started_at("app"));
}

TEST(Sidecar, RestartsForThePodsLifeWhateverThePodsRestartPolicyAndTouchesNobodyElse) {
  SidecarWorld world;
  world.add_init("mesh", true);
  world.template_pod.spec.restart_policy = api::RestartPolicy::Never;
  world.begin();
  ASSERT_TRUE(world.run_until_ready(5_s));
  world.runtime.exit_container(world.runtime.running("mesh")->id, 0);
  world.run(2_s);
  EXPECT_EQ(world.running_count("mesh"), 1U);
  EXPECT_EQ(world.init_status(0).restart_count, 1);
  EXPECT_EQ(world.status().restart_count, 0);
  EXPECT_EQ(world.pod()->status.phase, api::PodPhase::Running);
  world.runtime.exit_container(world.runtime.running("mesh")->id, 1);
  world.run(2_s);
  EXPECT_EQ(world.init_status(0).reason, "CrashLoopBackOff");
}

TEST(Sidecar, ThatRestartsDuringInitialisationHoldsUpNobody) {
  SidecarWorld world;
  world.add_init("mesh", true);
  world.add_init("migrate", false);
  world.runtime.programs["shop/migrate"].exits_after = 5_s;
  world.begin();
  ASSERT_TRUE(world.run_while_not([&] { return world.running_count("migrate") == 1; }, 5_s));
  world.runtime.exit_container(world.runtime.running("mesh")->id, 1);
  world.run(1_s);
  world.runtime.exit_container(world.runtime.running("mesh")->id, 1);
  world.run(1_s);
  EXPECT_EQ(world.running_count("mesh"), 0U) << "it waits for its back-off";
  ASSERT_TRUE(world.run_while_not([&] { return world.running_count("app") == 1; }, 5_s));
}

TEST(Sidecar, CountsForTheReadinessOfThePod) {
  SidecarWorld world;
  world.add_init("mesh", true);
  world.init(0).readiness = http_probe("/mesh");
  world.prober.answers["http:8080/mesh"].outcome = ports::Outcome::Refused;
  world.begin();
  world.run(15_s);
  EXPECT_EQ(world.running_count("app"), 1U);
  EXPECT_FALSE(world.ready());
  EXPECT_EQ(api::find_condition(world.pod()->status.conditions, "ContainersReady")->message,
            "containers with unready status: [mesh]");
  world.prober.answers.clear();
  EXPECT_TRUE(world.run_until_ready(20_s));
}

TEST(Sidecar, IsRestartedWhenItsLivenessFails) {
  SidecarWorld world;
  world.add_init("mesh", true);
  world.init(0).liveness = http_probe("/live");
  world.init(0).liveness->period = 1_s;
  world.init(0).liveness->failure_threshold = 2;
  world.begin();
  ASSERT_TRUE(world.run_until_ready(5_s));
  world.prober.answers["http:8080/live"].outcome = ports::Outcome::Refused;
  world.run(3_s);
  world.prober.answers.clear();
  world.run(3_s);
  EXPECT_EQ(world.init_status(0).restart_count, 1);
  EXPECT_EQ(world.status().restart_count, 0);
}

TEST(Sidecar, DoesNotBlockTheCompletionOfThePod) {
  SidecarWorld world;
  world.add_init("mesh", true);
  world.template_pod.spec.restart_policy = api::RestartPolicy::Never;
  world.runtime.programs[kImage].exits_after = 20_s;
  world.runtime.programs["shop/mesh"].term_time = 3_s;
  world.begin();
  ASSERT_TRUE(world.run_until_ready(5_s));
  world.run(21_s);
  EXPECT_EQ(world.pod()->status.phase, api::PodPhase::Running) << "the sidecar is still ending";
  world.run(4_s);
  EXPECT_EQ(world.pod()->status.phase, api::PodPhase::Succeeded);
  EXPECT_TRUE(world.runtime.empty());
}

TEST(Sidecar, SidecarsEndAfterTheMainContainersInReverseOrder) {
  SidecarWorld world;
  world.add_init("first", true);
  world.add_init("second", true);
  world.runtime.programs[kImage].term_time = 4_s;
  world.runtime.programs["shop/second"].term_time = 3_s;
  world.begin();
  ASSERT_TRUE(world.run_until_ready(5_s));
  world.remember_names();
  const Instant asked = world.executor.now();
  world.remove();
  world.run(10_s);
  const auto stops = world.stops();
  EXPECT_LT(stops.at("app").at - asked, 10_ms);
  EXPECT_GE(stops.at("second").at - asked, 4_s);
  EXPECT_LT(stops.at("second").at - asked, 4100_ms);
  EXPECT_GE(stops.at("first").at - asked, 7_s);
  EXPECT_LT(stops.at("first").at - asked, 7100_ms);
  EXPECT_EQ(world.pod(), nullptr);
}

TEST(Sidecar, WaitsForTheOthersForItsRemainingGraceAtMostAndThenGetsTwoSeconds) {
  SidecarWorld world;
  world.add_init("mesh", true);
  world.runtime.programs[kImage].term_time.reset();
  world.runtime.programs["shop/mesh"].term_time.reset();
  world.template_pod.spec.termination_grace = 10_s;
  world.begin();
  ASSERT_TRUE(world.run_until_ready(5_s));
  world.remember_names();
  const Instant asked = world.executor.now();
  world.remove();
  world.run(20_s);
  const auto stops = world.stops();
  EXPECT_GE(stops.at("mesh").at - asked, 10_s);
  EXPECT_LT(stops.at("mesh").at - asked, 10100_ms);
  EXPECT_EQ(stops.at("mesh").call.timeout, 2_s);
  EXPECT_EQ(world.pod(), nullptr);
}

TEST(Sidecar, ItsPreStopHookStartsAtOnceWithTheOthers) {
  SidecarWorld world;
  world.add_init("mesh", true);
  world.init(0).pre_stop = api::ExecAction{{"/bin/leave"}};
  world.runtime.programs[kImage].term_time = 5_s;
  world.begin();
  ASSERT_TRUE(world.run_until_ready(5_s));
  world.remember_names();
  const Instant asked = world.executor.now();
  world.remove();
  world.run(10_s);
  ASSERT_EQ(world.runtime.log_of(RuntimeVerb::Exec).size(), 1U);
  EXPECT_LT(world.runtime.log_of(RuntimeVerb::Exec)[0].at - asked, 100_ms);
  EXPECT_GE(world.stops().at("mesh").at - asked, 5_s);
}

TEST(Sidecar, AShorterDeletionBringsItsTurnForward) {
  SidecarWorld world;
  world.add_init("mesh", true);
  world.runtime.programs[kImage].term_time.reset();
  world.begin();
  ASSERT_TRUE(world.run_until_ready(5_s));
  world.remember_names();
  const Instant asked = world.executor.now();
  world.remove();
  world.run(1_s);
  world.remove("web", 5_s);
  world.run(12_s);
  EXPECT_LE(world.stops().at("mesh").at - asked, 7_s);
  EXPECT_EQ(world.pod(), nullptr);
}

TEST(Sidecar, OfAnAdoptedPodStartsNothingAgain) {
  SidecarWorld world;
  world.add_init("mesh", true);
  world.add_init("migrate", false);
  world.runtime.programs["shop/migrate"].exits_after = 1_s;
  world.begin();
  ASSERT_TRUE(world.run_until_ready(10_s));
  const std::size_t starts = world.runtime.log_of(RuntimeVerb::StartContainer).size();
  world.restart_kubelet();
  world.run(30_s);
  EXPECT_EQ(world.runtime.log_of(RuntimeVerb::StartContainer).size(), starts);
  EXPECT_TRUE(world.ready());
}

}  // namespace
}  // namespace orrery::testing
