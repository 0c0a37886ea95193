// A pod from its binding to its removal: order of calls, images, restarts, status.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/kubelet/kubelet_world.h"

namespace orrery::testing {
namespace {

using ports::RuntimeVerb;

std::vector<RuntimeVerb> verbs(const FakeRuntime& runtime) {
  std::vector<RuntimeVerb> all;
  for (const auto& logged : runtime.log()) {
    const RuntimeVerb verb = logged.call.verb;
    const bool look =
        verb == RuntimeVerb::List || verb == RuntimeVerb::Stats || verb == RuntimeVerb::Images;
    if (!look) all.push_back(verb);
  }
  return all;
}

TEST(PodLife, SandboxThenImageThenCreateThenStart) {
  KubeletWorld world;
  world.runtime.images.clear();
  world.api.create(make_pod());
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  EXPECT_EQ(verbs(world.runtime),
            (std::vector{RuntimeVerb::RunSandbox, RuntimeVerb::ImageStatus, RuntimeVerb::PullImage,
                         RuntimeVerb::CreateContainer, RuntimeVerb::StartContainer}));
  const api::PodStatus& status = world.pod()->status;
  EXPECT_EQ(status.phase, api::PodPhase::Running);
  EXPECT_EQ(status.pod_ip, "10.91.0.2");
  EXPECT_EQ(status.host_ip, "10.90.0.1");
  EXPECT_TRUE(status.start_time.has_value());
  EXPECT_EQ(api::find_condition(status.conditions, "Initialized")->status,
            api::ConditionStatus::True);
  EXPECT_EQ(world.status().phase, api::ContainerPhase::Running);
}

TEST(PodLife, NothingIsDoneBeforeBothListsAreKnown) {
  KubeletWorld world;
  world.api.create(make_pod());
  world.runtime.delays.list = 5_s;
  world.start_kubelet();
  world.run(4_s);
  EXPECT_TRUE(verbs(world.runtime).empty());
  ASSERT_TRUE(world.run_until_ready());
}

TEST(PodLife, AddsLessThanTwoMillisecondsToTheRuntime) {
  KubeletWorld world;
  world.api.latency = {};
  world.start_kubelet();
  world.run(10_s);
  const Instant bound = world.executor.now();
  world.api.create(make_pod());
  ASSERT_TRUE(world.run_until_ready());
  EXPECT_LE(world.executor.now() - bound, 90_ms + 1_ms + 8_ms + 57_ms + 2_ms);
}

TEST(PodLife, InitContainersRunInOrderEachToItsEnd) {
  KubeletWorld world;
  api::Pod pod = make_pod();
  for (const char* name : {"first", "second"}) {
    api::Container init;
    init.name = name;
    init.image = std::string{"shop/"} + name;
    world.runtime.images.insert(init.image);
    world.runtime.programs[init.image].exits_after = 3_s;
    pod.spec.init_containers.push_back(init);
  }
  world.api.create(pod);
  world.start_kubelet();
  world.run(2_s);
  EXPECT_EQ(world.pod()->status.phase, api::PodPhase::Pending);
  EXPECT_EQ(world.status().reason, "PodInitializing");
  EXPECT_EQ(world.running_count("first"), 1U);
  EXPECT_EQ(world.running_count("second"), 0U);
  world.run(3_s);
  EXPECT_EQ(world.running_count("second"), 1U);
  ASSERT_TRUE(world.run_until_ready());
  EXPECT_EQ(world.pod()->status.init_container_statuses[1].reason, "Completed");
}

TEST(PodLife, InitFailureWithPolicyNeverFailsThePod) {
  KubeletWorld world;
  api::Pod pod = make_pod();
  pod.spec.restart_policy = api::RestartPolicy::Never;
  api::Container init;
  init.name = "first";
  init.image = kImage;
  pod.spec.init_containers.push_back(init);
  world.runtime.programs[kImage] = {.exits_after = 1_s, .exit_code = 2};
  world.api.create(pod);
  world.start_kubelet();
  world.run(30_s);
  EXPECT_EQ(world.pod()->status.phase, api::PodPhase::Failed);
  EXPECT_TRUE(world.runtime.empty());
}

TEST(PodLife, PhaseFollowsRestartPolicyAndExitCode) {
  struct Case {
    const char* name;
    api::RestartPolicy policy;
    std::int32_t exit_code;
    api::PodPhase phase;
    std::int32_t restarts;
  };
  const Case cases[] = {
      {"never, 0", api::RestartPolicy::Never, 0, api::PodPhase::Succeeded, 0},
      {"never, 3", api::RestartPolicy::Never, 3, api::PodPhase::Failed, 0},
      {"on failure, 0", api::RestartPolicy::OnFailure, 0, api::PodPhase::Succeeded, 0},
      {"on failure, 3", api::RestartPolicy::OnFailure, 3, api::PodPhase::Running, 1},
      {"always, 0", api::RestartPolicy::Always, 0, api::PodPhase::Running, 1},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    KubeletWorld world;
    api::Pod pod = make_pod();
    pod.spec.restart_policy = c.policy;
    world.runtime.programs[kImage] = {.exits_after = 5_s, .exit_code = c.exit_code};
    world.api.create(pod);
    world.start_kubelet();
    world.run(8_s);
    EXPECT_EQ(world.pod()->status.phase, c.phase);
    EXPECT_EQ(world.status().restart_count, c.restarts);
  }
}

TEST(PodLife, StatusTellsTheExitOfTheContainerBefore) {
  KubeletWorld world;
  world.api.create(make_pod());
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  world.runtime.exit_container(world.runtime.running("app")->id, 137, "OOMKilled");
  world.run(1_s);
  EXPECT_EQ(world.status().phase, api::ContainerPhase::Running);
  EXPECT_EQ(world.status().last_reason, "OOMKilled");
  EXPECT_EQ(world.status().last_exit_code, 137);
  EXPECT_EQ(world.status().restart_count, 1);
  EXPECT_EQ(world.runtime.containers().size(), 1U) << "the dead container is removed";
}

// --- Restart back-off (sheet section 2) ---

/// Seconds from each exit to the start that follows, for a container that runs `alive`.
std::vector<double> restart_delays(KubeletWorld& world, Duration alive, int crashes) {
  std::vector<double> delays;
  world.api.create(make_pod());
  world.start_kubelet();
  for (int i = 0; i < crashes; ++i) {
    if (!world.run_while_not([&] { return world.running_count() == 1; }, 20_min)) break;
    world.run(alive);
    world.crash();
    const Instant ended = world.executor.now();
    world.run_while_not([&] { return world.running_count() == 1; }, 20_min);
    delays.push_back(to_seconds(world.executor.now() - ended));
  }
  return delays;
}

TEST(RestartBackOff, FirstRestartIsImmediateThenDoublesToTheCapWithTheResyncOnTop) {
  KubeletWorld world;
  const std::vector<double> delays = restart_delays(world, 1_s, 9);
  const double nominal[] = {0, 10, 20, 40, 80, 160, 300, 300, 300};
  ASSERT_EQ(delays.size(), std::size(nominal));
  EXPECT_LT(delays[0], 1.0);
  for (std::size_t i = 1; i < delays.size(); ++i) {
    EXPECT_GE(delays[i], nominal[i]) << i;
    EXPECT_LE(delays[i], nominal[i] + 15.2) << "a re-sync comes every 10..15 s: " << i;
  }
}

TEST(RestartBackOff, FollowsTheRemainingDelayWhereConfigured) {
  kubelet::KubeletConfig config;
  config.resync_follows_delay = true;
  config.resync_jitter = 0;
  KubeletWorld world{config};
  const std::vector<double> delays = restart_delays(world, 1_s, 5);
  const double nominal[] = {0, 10, 20, 40, 80};
  for (std::size_t i = 1; i < 5; ++i) EXPECT_NEAR(delays[i], nominal[i], 0.2) << i;
}

TEST(RestartBackOff, IsForgottenAfterMoreThanTenMinutesOfRunning) {
  KubeletWorld world;
  (void)restart_delays(world, 1_s, 4);
  world.run(601_s);
  world.crash();
  world.run(1_s);
  EXPECT_EQ(world.running_count(), 1U);
}

TEST(RestartBackOff, AShorterGoodRunKeepsTheHighWaterMark) {
  KubeletWorld world;
  (void)restart_delays(world, 1_s, 4);  // The last delay was 40 s.
  world.run(590_s);
  world.crash();
  world.run(79_s);
  EXPECT_EQ(world.running_count(), 0U);
  EXPECT_EQ(world.status().reason, "CrashLoopBackOff");
  EXPECT_EQ(world.pod()->status.phase, api::PodPhase::Running);
  world.run(17_s);
  EXPECT_EQ(world.running_count(), 1U);
}

TEST(RestartBackOff, ANewImageStartsAfresh) {
  KubeletWorld world;
  (void)restart_delays(world, 1_s, 4);
  world.runtime.images.insert("shop/app:2");
  api::Pod pod = *world.pod();
  pod.spec.containers[0].image = "shop/app:2";
  world.api.update(pod);
  world.run(2_s);
  ASSERT_NE(world.runtime.running("app"), nullptr);
  EXPECT_EQ(world.runtime.running("app")->image, "shop/app:2");
}

// --- Images ---

TEST(Images, PolicyDecidesWhetherToAskOrPull) {
  struct Case {
    const char* name;
    api::PullPolicy policy;
    bool present;
    std::size_t asked;
    std::size_t pulled;
    bool runs;
  };
  const Case cases[] = {
      {"always, present", api::PullPolicy::Always, true, 0, 1, true},
      {"if not present, present", api::PullPolicy::IfNotPresent, true, 1, 0, true},
      {"if not present, absent", api::PullPolicy::IfNotPresent, false, 1, 1, true},
      {"never, present", api::PullPolicy::Never, true, 1, 0, true},
      {"never, absent", api::PullPolicy::Never, false, 1, 0, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    KubeletWorld world;
    if (!c.present) world.runtime.images.clear();
    api::Pod pod = make_pod();
    pod.spec.containers[0].pull_policy = c.policy;
    world.api.create(pod);
    world.start_kubelet();
    world.run(5_s);
    EXPECT_EQ(world.runtime.log_of(RuntimeVerb::ImageStatus).size(), c.asked);
    EXPECT_EQ(world.runtime.log_of(RuntimeVerb::PullImage).size(), c.pulled);
    EXPECT_EQ(world.running_count() == 1, c.runs);
    if (!c.runs) {
      EXPECT_EQ(world.status().reason, "ErrImageNeverPull");
    }
  }
}

TEST(Images, AFailedPullBacksOffFromTheLastFailure) {
  KubeletWorld world;
  world.runtime.images.clear();
  world.runtime.missing_images.insert(kImage);
  world.api.create(make_pod());
  world.start_kubelet();
  world.run(5_s);
  EXPECT_EQ(world.status().reason, "ErrImagePull");
  EXPECT_EQ(world.pod()->status.phase, api::PodPhase::Pending);
  world.run(15_min);
  std::vector<Instant> times;
  for (const auto& logged : world.runtime.log_of(RuntimeVerb::PullImage)) {
    times.push_back(logged.at);
  }
  const double nominal[] = {10, 20, 40, 80, 160};
  ASSERT_GE(times.size(), 6U);
  for (std::size_t i = 0; i < 5; ++i) {
    const double gap = to_seconds(times[i + 1] - times[i]);
    EXPECT_GE(gap, nominal[i]) << i;
    EXPECT_LE(gap, nominal[i] + 16) << i;
  }
  EXPECT_EQ(world.status().reason, "ImagePullBackOff");
  world.runtime.missing_images.clear();
  EXPECT_TRUE(world.run_until_ready(6_min));
}

TEST(Images, ArePulledOneAtATime) {
  KubeletWorld world;
  world.runtime.delays.pull = 10_s;
  for (const char* name : {"a", "b", "c"}) {
    api::Pod pod = make_pod(name);
    pod.spec.containers[0].image = std::string{"shop/"} + name;
    world.api.create(pod);
  }
  world.start_kubelet();
  world.run(40_s);
  const auto pulls = world.runtime.log_of(RuntimeVerb::PullImage);
  ASSERT_EQ(pulls.size(), 3U);
  EXPECT_EQ(pulls[1].at - pulls[0].at, 10_s);
  EXPECT_EQ(pulls[2].at - pulls[1].at, 10_s);
}

// --- Configuration ---

TEST(ConfigMaps, AMissingOneKeepsTheContainerWaiting) {
  KubeletWorld world;
  api::Pod pod = make_pod();
  api::EnvVar variable;
  variable.name = "COLOUR";
  variable.config_map = "settings";
  variable.config_map_key = "colour";
  pod.spec.containers[0].env.push_back(variable);
  world.api.create(pod);
  world.start_kubelet();
  world.run(20_s);
  EXPECT_EQ(world.status().reason, "CreateContainerConfigError");
  api::ConfigMap map;
  map.meta.name = "settings";
  map.meta.namespace_name = "default";
  map.data["colour"] = "green";
  world.api.create(map);
  ASSERT_TRUE(world.run_until_ready(20_s));
  const auto created = world.runtime.log_of(RuntimeVerb::CreateContainer);
  ASSERT_EQ(created.size(), 1U);
  EXPECT_EQ(created[0].call.env[0].value, "green");
  EXPECT_TRUE(created[0].call.env[0].config_map.empty());
}

// --- Hooks ---

TEST(PostStart, HoldsBackRunningUntilItEnded) {
  KubeletWorld world;
  api::Pod pod = make_pod();
  pod.spec.containers[0].post_start = api::SleepAction{5_s};
  world.api.create(pod);
  world.start_kubelet();
  world.run(3_s);
  EXPECT_EQ(world.status().phase, api::ContainerPhase::Waiting);
  world.run(3_s);
  EXPECT_EQ(world.status().phase, api::ContainerPhase::Running);
  EXPECT_TRUE(world.ready());
}

TEST(PostStart, AFailureKillsTheContainerAndItIsRestarted) {
  KubeletWorld world;
  api::Pod pod = make_pod();
  pod.spec.containers[0].post_start = api::ExecAction{{"/bin/warm"}};
  world.runtime.programs[kImage].exec_exit_code = 1;
  world.api.create(pod);
  world.start_kubelet();
  world.run(1_s);
  EXPECT_GE(world.runtime.log_of(RuntimeVerb::StopContainer).size(), 1U);
  world.runtime.programs[kImage].exec_exit_code = 0;
  EXPECT_TRUE(world.run_until_ready());
}

}  // namespace
}  // namespace orrery::testing
