// Termination (sheet section 5).
#include <gtest/gtest.h>

#include "tests/kubelet/kubelet_world.h"

namespace orrery::testing {
namespace {

using ports::RuntimeVerb;

struct TerminationWorld : KubeletWorld {
  explicit TerminationWorld(const api::Pod& pod) {
    start_kubelet();
    run(1_min);
    api.create(pod);
    expects(run_until_ready(), "the pod of the test gets ready");
  }
  std::vector<FakeRuntime::Logged> stops() { return runtime.log_of(RuntimeVerb::StopContainer); }
  bool gone() { return pod() == nullptr && runtime.empty() && kubelet->pod_count() == 0; }
};

api::Pod with_pre_stop(api::LifecycleAction action, Duration grace = 30_s) {
  api::Pod pod = make_pod();
  pod.spec.containers[0].pre_stop = std::move(action);
  pod.spec.termination_grace = grace;
  return pod;
}

TEST(Termination, StopsRemovesAndThenDeletesTheObject) {
  TerminationWorld world{make_pod()};
  const std::size_t before = world.runtime.log().size();
  world.remove();
  ASSERT_TRUE(world.run_while_not([&] { return world.gone(); }, 5_s));
  std::vector<RuntimeVerb> verbs;
  for (std::size_t i = before; i < world.runtime.log().size(); ++i) {
    verbs.push_back(world.runtime.log()[i].call.verb);
  }
  EXPECT_EQ(verbs, (std::vector{RuntimeVerb::StopContainer, RuntimeVerb::RemoveContainer,
                                RuntimeVerb::StopSandbox, RuntimeVerb::RemoveSandbox}));
  EXPECT_EQ(world.stops()[0].call.timeout, 30_s);
  const FakeApiServer::Logged& last = world.api.log().back();
  EXPECT_EQ(last.call.verb, ports::Verb::Delete);
  EXPECT_EQ(last.call.grace, Duration{});
  EXPECT_FALSE(last.call.uid.empty());
}

TEST(Termination, ThePodEndsReadyWhenItsContainersStopAndThenGetsItsFinalPhase) {
  TerminationWorld world{make_pod()};
  world.remove();
  ASSERT_TRUE(world.run_while_not([&] { return world.gone(); }, 5_s));
  const api::Pod* last = nullptr;
  for (const auto& logged : world.api.log()) {
    if (logged.call.verb == ports::Verb::UpdateStatus && logged.call.key.kind == api::Kind::Pod) {
      last = &std::get<api::Pod>(*logged.call.object);
    }
  }
  ASSERT_NE(last, nullptr);
  EXPECT_FALSE(api::is_ready(*last));
  EXPECT_EQ(last->status.phase, api::PodPhase::Failed) << "143 is not 0";
}

TEST(Termination, AProcessThatIgnoresTermIsKilledWhenGraceIsOver) {
  TerminationWorld world{make_pod()};
  world.runtime.programs[kImage].term_time.reset();
  const Instant asked = world.executor.now();
  world.remove();
  ASSERT_TRUE(world.run_while_not([&] { return world.gone(); }, 1_min));
  EXPECT_GE(world.executor.now() - asked, 30_s);
  EXPECT_LE(world.executor.now() - asked, 31_s);
}

TEST(Termination, PreStopSleepEatsGrace) {
  TerminationWorld world{with_pre_stop(api::SleepAction{10_s})};
  world.remove();
  world.run(9_s);
  EXPECT_TRUE(world.stops().empty());
  world.run(2_s);
  ASSERT_EQ(world.stops().size(), 1U);
  EXPECT_EQ(world.stops()[0].call.timeout, 20_s);
}

TEST(Termination, PreStopIsBoundedByGraceAndTwoSecondsRemain) {
  TerminationWorld world{with_pre_stop(api::SleepAction{5_min}, 20_s)};
  const Instant asked = world.executor.now();
  world.remove();
  world.run(25_s);
  ASSERT_EQ(world.stops().size(), 1U);
  EXPECT_EQ(world.stops()[0].at - asked, 20_s + world.api.latency);
  EXPECT_EQ(world.stops()[0].call.timeout, 2_s);
}

TEST(Termination, PreStopExecRunsInTheContainerAndItsFailureChangesNothing) {
  TerminationWorld world{with_pre_stop(api::ExecAction{{"/bin/drain"}})};
  world.runtime.programs[kImage].exec_time = 4_s;
  world.runtime.programs[kImage].exec_exit_code = 1;
  world.remove();
  world.run(3_s);
  EXPECT_TRUE(world.stops().empty());
  world.run(2_s);
  ASSERT_EQ(world.stops().size(), 1U);
  EXPECT_EQ(world.stops()[0].call.timeout, 26_s);
}

TEST(Termination, PreStopHttpGoesThroughTheProber) {
  api::HttpGetAction action;
  action.path = "/drain";
  action.port = 8080;
  TerminationWorld world{with_pre_stop(action)};
  world.prober.answers["http:8080/drain"] = {.delay = 3_s};
  world.remove();
  world.run(4_s);
  EXPECT_EQ(world.prober.times_of("http:8080/drain").size(), 1U);
  ASSERT_EQ(world.stops().size(), 1U);
  EXPECT_EQ(world.stops()[0].call.timeout, 27_s);
}

TEST(Termination, ContainersAreStoppedInParallel) {
  api::Pod pod = make_pod();
  api::Container second = pod.spec.containers[0];
  second.name = "second";
  pod.spec.containers.push_back(second);
  TerminationWorld world{pod};
  world.remove();
  world.run(1_s);
  ASSERT_EQ(world.stops().size(), 2U);
  EXPECT_EQ(world.stops()[0].at, world.stops()[1].at);
}

TEST(Termination, AForcedDeletionKillsWithTheMinimumGraceAndWithoutPreStop) {
  TerminationWorld world{with_pre_stop(api::SleepAction{10_s})};
  world.remove("web", Duration{});
  EXPECT_EQ(world.pod(), nullptr);
  world.run(100_ms);
  ASSERT_EQ(world.stops().size(), 1U);
  EXPECT_EQ(world.stops()[0].call.timeout, 2_s);
  ASSERT_TRUE(world.run_while_not([&] { return world.gone(); }, 5_s));
}

TEST(Termination, ASecondShorterDeletionBringsTheKillForward) {
  TerminationWorld world{make_pod()};
  world.runtime.programs[kImage].term_time.reset();
  const Instant asked = world.executor.now();
  world.remove();
  world.run(5_s);
  world.remove("web", 3_s);
  ASSERT_TRUE(world.run_while_not([&] { return world.gone(); }, 1_min));
  EXPECT_LE(world.executor.now() - asked, 9_s);
}

TEST(Termination, ReadinessGoesOnAndLivenessStops) {
  api::Pod pod = with_pre_stop(api::SleepAction{25_s});
  pod.spec.containers[0].readiness = http_probe("/ready");
  pod.spec.containers[0].liveness = http_probe("/live");
  TerminationWorld world{pod};
  world.run(30_s);
  const std::size_t live = world.prober.times_of("http:8080/live").size();
  const std::size_t ready = world.prober.times_of("http:8080/ready").size();
  world.remove();
  world.run(20_s);
  EXPECT_TRUE(world.ready()) << "still serving";
  EXPECT_EQ(world.prober.times_of("http:8080/live").size(), live);
  EXPECT_GE(world.prober.times_of("http:8080/ready").size(), ready + 2);
}

TEST(Termination, APodInTheMiddleOfItsStartIsTakenDown) {
  for (int ms = 0; ms < 900; ms += 7) {
    SCOPED_TRACE(ms);
    KubeletWorld world;
    world.runtime.images.clear();
    world.start_kubelet();
    world.run(5_s);
    world.api.create(make_pod());
    world.run(Duration::milliseconds(ms));
    world.remove();
    ASSERT_TRUE(world.run_while_not([&] { return world.pod() == nullptr && world.runtime.empty(); },
                                    1_min));
    world.run(2_s);
    EXPECT_EQ(world.kubelet->pod_count(), 0U);
  }
}

TEST(Termination, FailingStopsAndRemovalsAreRepeated) {
  TerminationWorld world{make_pod()};
  int refusals = 0;
  world.runtime.set_interposer(
      [&](std::uint64_t, const ports::RuntimeCall& call) -> std::optional<FakeRuntime::Verdict> {
        if (call.verb == RuntimeVerb::List || ++refusals % 3 != 0) {
          if (call.verb != RuntimeVerb::List) return FakeRuntime::Verdict{ports::Outcome::Unknown};
        }
        return std::nullopt;
      });
  world.remove();
  ASSERT_TRUE(world.run_while_not([&] { return world.gone(); }, 1_min));
}

}  // namespace
}  // namespace orrery::testing
