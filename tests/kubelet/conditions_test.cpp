// Conditions, readiness gates, deadlines and networks of pods (sheet section 1).
#include <gtest/gtest.h>

#include "tests/kubelet/kubelet_world.h"

namespace orrery::testing {
namespace {

const api::Condition& condition(const KubeletWorld& world, const char* type) {
  static const api::Condition kNone;
  const api::Condition* found = api::find_condition(world.pod()->status.conditions, type);
  return found == nullptr ? kNone : *found;
}

bool holds(const KubeletWorld& world, const char* type) {
  return condition(world, type).status == api::ConditionStatus::True;
}

TEST(Conditions, PodReadyToStartContainersFollowsTheSandbox) {
  KubeletWorld world;
  world.runtime.delays.start = 5_s;
  world.api.create(make_pod());
  world.start_kubelet();
  world.run(50_ms);
  EXPECT_FALSE(holds(world, "PodReadyToStartContainers"));
  world.run(1_s);
  EXPECT_TRUE(holds(world, "PodReadyToStartContainers"));
  EXPECT_FALSE(holds(world, "ContainersReady"));
  ASSERT_TRUE(world.run_until_ready());
  world.runtime.exit_sandbox(world.runtime.sandboxes()[0].id);
  ASSERT_TRUE(world.run_while_not([&] { return !holds(world, "PodReadyToStartContainers"); }, 5_s));
  EXPECT_TRUE(world.run_until_ready());
}

TEST(Conditions, ContainersAreStartedOnceTheirStartupProbeHasPassed) {
  KubeletWorld world;
  api::Pod pod = make_pod();
  pod.spec.containers[0].startup = http_probe("/started");
  pod.spec.containers[0].startup->failure_threshold = 30;
  world.prober.answers["http:8080/started"].outcome = ports::Outcome::Refused;
  world.api.create(pod);
  world.start_kubelet();
  world.run(15_s);
  EXPECT_EQ(world.status().phase, api::ContainerPhase::Running);
  EXPECT_FALSE(world.status().started);
  world.prober.answers.clear();
  world.run(11_s);
  EXPECT_TRUE(world.status().started);
}

TEST(ReadinessGates, KeepThePodUnreadyUntilEveryOneIsTrue) {
  KubeletWorld world;
  api::Pod pod = make_pod();
  pod.spec.readiness_gates = {"shop/balancer", "shop/registered"};
  world.api.create(pod);
  world.start_kubelet();
  world.run(5_s);
  EXPECT_TRUE(holds(world, "ContainersReady"));
  EXPECT_FALSE(world.ready());
  EXPECT_EQ(condition(world, "Ready").reason, "ReadinessGatesNotReady");
  const auto set = [&](const char* type) {
    api::Pod changed = *world.pod();
    api::set_condition(changed.status.conditions, type, api::ConditionStatus::True, "", "",
                       world.executor.now());
    world.api.update_status(changed);
    world.run(1_s);
  };
  set("shop/balancer");
  EXPECT_FALSE(world.ready());
  set("shop/registered");
  EXPECT_TRUE(world.ready());
}

TEST(ActiveDeadline, FailsThePodWhenItHasBeenOnTheNodeForLonger) {
  KubeletWorld world;
  world.start_kubelet();
  world.run(10500_ms);
  api::Pod pod = make_pod();
  pod.spec.active_deadline = 20_s;
  world.api.create(pod);
  world.run(20_s);
  EXPECT_EQ(world.pod()->status.phase, api::PodPhase::Running);
  EXPECT_EQ(world.running_count(), 1U);
  // Seen within the second in which the deadline passes.
  world.run(1_s);
  EXPECT_EQ(world.pod()->status.phase, api::PodPhase::Failed);
  EXPECT_EQ(world.pod()->status.reason, "DeadlineExceeded");
  EXPECT_EQ(api::find_condition(world.pod()->status.conditions, "DisruptionTarget"), nullptr);
  world.run(5_s);
  EXPECT_TRUE(world.runtime.empty());
  const auto stops = world.runtime.log_of(ports::RuntimeVerb::StopContainer);
  ASSERT_EQ(stops.size(), 1U);
  EXPECT_EQ(stops[0].call.timeout, 30_s) << "the pod's own grace";
}

TEST(ActiveDeadline, ReportsTheFailureWhenNothingRunsAnyMore) {
  KubeletWorld world;
  world.start_kubelet();
  api::Pod pod = make_pod();
  pod.spec.active_deadline = 10_s;
  world.runtime.programs[kImage].term_time = 5_s;
  world.api.create(pod);
  world.run(13_s);
  EXPECT_EQ(world.running_count(), 1U);
  EXPECT_EQ(world.pod()->status.phase, api::PodPhase::Running);
  world.run(5_s);
  EXPECT_EQ(world.pod()->status.phase, api::PodPhase::Failed);
}

TEST(HostNetwork, ThePodHasTheNodesAddressAndIsProbedThere) {
  KubeletWorld world;
  api::Pod pod = make_pod();
  pod.spec.host_network = true;
  pod.spec.containers[0].readiness = http_probe("/ready");
  world.api.create(pod);
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  EXPECT_EQ(world.pod()->status.pod_ip, "10.90.0.1");
  ASSERT_FALSE(world.prober.log().empty());
  EXPECT_EQ(world.prober.log()[0].address, "10.90.0.1");
}

TEST(InitContainers, ThatFailAreRestartedWithBackOffUnlessThePolicyIsNever) {
  KubeletWorld world;
  api::Pod pod = make_pod();
  pod.spec.restart_policy = api::RestartPolicy::OnFailure;
  api::Container init;
  init.name = "first";
  init.image = "shop/first";
  pod.spec.init_containers.push_back(init);
  world.runtime.images.insert(init.image);
  world.runtime.programs[init.image] = {.exits_after = 1_s, .exit_code = 3};
  world.api.create(pod);
  world.start_kubelet();
  world.run(8_s);
  const api::ContainerStatus& first = world.pod()->status.init_container_statuses[0];
  EXPECT_EQ(first.reason, "CrashLoopBackOff");
  EXPECT_EQ(first.restart_count, 1);
  EXPECT_EQ(world.pod()->status.phase, api::PodPhase::Pending);
  EXPECT_FALSE(holds(world, "Initialized"));
  world.runtime.programs[init.image].exit_code = 0;
  ASSERT_TRUE(world.run_until_ready(30_s));
  EXPECT_TRUE(world.pod()->status.init_container_statuses[0].ready);
}

}  // namespace
}  // namespace orrery::testing
