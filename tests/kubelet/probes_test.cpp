// Probes (sheet section 3), to the second.
#include <gtest/gtest.h>

#include "models/kubelet/probe_worker.h"
#include "tests/kubelet/kubelet_world.h"

namespace orrery::testing {
namespace {

const FakeProber::Answer kFails{.outcome = ports::Outcome::Refused};
const FakeProber::Answer kHangs{.delay = 1_min};
const FakeProber::Answer kNoVerdict{.outcome = ports::Outcome::Unreachable};

/// A kubelet that has been up for long, and a pod given to it now.
struct ProbeWorld : KubeletWorld {
  ProbeWorld() {
    start_kubelet();
    run(10_min);
  }
  Instant give(const api::Pod& pod) {
    taken = executor.now() + api.latency;  // When the kubelet hears of it.
    api.create(pod);
    return taken;
  }
  Instant taken;
};

api::Pod with_readiness(api::Probe probe) {
  api::Pod pod = make_pod();
  pod.spec.containers[0].readiness = std::move(probe);
  return pod;
}
api::Pod with_liveness(api::Probe probe) {
  api::Pod pod = make_pod();
  pod.spec.containers[0].liveness = std::move(probe);
  return pod;
}

TEST(Liveness, TicksOnAFixedGridFromWhenTheKubeletTookThePod) {
  ProbeWorld world;
  world.prober.answers["http:8080/live"] = {.delay = 300_ms};
  const Instant taken = world.give(with_liveness(http_probe("/live")));
  world.run(65_s);
  const std::vector<Instant> times = world.prober.times_of("http:8080/live");
  ASSERT_EQ(times.size(), 6U);
  for (std::size_t i = 0; i < times.size(); ++i) {
    EXPECT_EQ(times[i], taken + 10_s * static_cast<std::int64_t>(i + 1)) << i;
  }
}

TEST(Liveness, WaitsForTheInitialDelayAndThenForTheNextTick) {
  ProbeWorld world;
  api::Probe probe = http_probe("/live");
  probe.initial_delay = 15_s;
  const Instant taken = world.give(with_liveness(probe));
  world.run(25_s);
  const std::vector<Instant> times = world.prober.times_of("http:8080/live");
  ASSERT_EQ(times.size(), 1U);
  EXPECT_EQ(times[0], taken + 20_s);
}

TEST(Liveness, FailingThresholdTimesInARowKillsAndRestarts) {
  ProbeWorld world;
  world.give(with_liveness(http_probe("/live")));
  world.run(15_s);
  world.prober.answers["http:8080/live"] = kFails;  // At 20, 30, 40 s.
  world.run(24_s);
  EXPECT_TRUE(world.runtime.log_of(ports::RuntimeVerb::StopContainer).empty());
  world.run(1500_ms);
  ASSERT_EQ(world.runtime.log_of(ports::RuntimeVerb::StopContainer).size(), 1U);
  EXPECT_EQ(world.runtime.log_of(ports::RuntimeVerb::StopContainer)[0].call.timeout, 30_s);
  EXPECT_EQ(world.status().restart_count, 1);
  EXPECT_EQ(world.status().last_exit_code, 143);
}

TEST(Liveness, ASuccessInBetweenStartsTheCountAgain) {
  ProbeWorld world;
  world.give(with_liveness(http_probe("/live")));
  world.run(15_s);
  for (int round = 0; round < 4; ++round) {
    world.prober.answers["http:8080/live"] = kFails;
    world.run(20_s);
    world.prober.answers["http:8080/live"] = {};
    world.run(10_s);
  }
  EXPECT_EQ(world.status().restart_count, 0);
}

TEST(Liveness, ATimeoutIsAFailure) {
  ProbeWorld world;
  world.prober.answers["http:8080/live"] = kHangs;
  const Instant taken = world.give(with_liveness(http_probe("/live")));
  world.run(31_s + 500_ms);
  const auto stops = world.runtime.log_of(ports::RuntimeVerb::StopContainer);
  ASSERT_EQ(stops.size(), 1U);
  EXPECT_EQ(stops[0].at, taken + 31_s) << "period x threshold + timeout";
}

TEST(Liveness, ProbesWithoutVerdictAreTriedThreeTimesAndThenDiscarded) {
  ProbeWorld world;
  world.prober.answers["http:8080/live"] = kNoVerdict;
  world.give(with_liveness(http_probe("/live")));
  world.run(95_s);
  EXPECT_EQ(world.prober.times_of("http:8080/live").size(), 27U);
  EXPECT_EQ(world.status().restart_count, 0);
}

TEST(Liveness, PausesAfterItsVerdictUntilThereIsANewContainer) {
  ProbeWorld world;
  world.runtime.programs[kImage].term_time.reset();  // Takes the whole grace of 30 s to die.
  world.prober.answers["http:8080/live"] = kFails;
  world.give(with_liveness(http_probe("/live")));
  world.run(59_s);
  EXPECT_EQ(world.prober.times_of("http:8080/live").size(), 3U);
}

TEST(Liveness, ItsOwnGracePeriodIsUsedForItsKill) {
  ProbeWorld world;
  api::Probe probe = http_probe("/live");
  probe.termination_grace = 7_s;
  world.prober.answers["http:8080/live"] = kFails;
  world.give(with_liveness(probe));
  world.run(31_s);
  ASSERT_EQ(world.runtime.log_of(ports::RuntimeVerb::StopContainer).size(), 1U);
  EXPECT_EQ(world.runtime.log_of(ports::RuntimeVerb::StopContainer)[0].call.timeout, 7_s);
}

TEST(Liveness, OfAFileThatVanishesAt32SecondsFailsAt35_40And45AndThenTheContainerIsStopped) {
  KubeletWorld world;
  world.start_kubelet();
  world.run(1_min);
  api::Pod pod = make_pod();
  api::Probe probe;
  probe.action = api::ExecAction{{"cat", "/tmp/healthy"}};
  probe.initial_delay = 5_s;
  probe.period = 5_s;
  pod.spec.containers[0].liveness = probe;
  world.api.create(pod);
  const Instant taken = world.executor.now();
  const std::string target = "exec:cat /tmp/healthy";
  world.run(32200_ms);
  world.prober.answers[target].outcome = ports::Outcome::Refused;
  world.run(13500_ms);
  std::vector<double> failing;
  for (const Instant at : world.prober.times_of(target)) {
    if (at - taken > 32200_ms) failing.push_back(to_seconds(at - taken));
  }
  ASSERT_EQ(failing.size(), 3U);
  EXPECT_NEAR(failing[0], 35, 0.1);
  EXPECT_NEAR(failing[1], 40, 0.1);
  EXPECT_NEAR(failing[2], 45, 0.1);
  const auto stops = world.runtime.log_of(ports::RuntimeVerb::StopContainer);
  ASSERT_EQ(stops.size(), 1U);
  EXPECT_NEAR(to_seconds(stops[0].at - taken), 45, 0.1);
}

TEST(Liveness, EverySecondWithThreeFailuresFindsAHangWithinFourSecondsAndForgivesAPauseOfThree) {
  for (int phase = 0; phase < 20; ++phase) {
    SCOPED_TRACE(phase);
    for (const bool hang : {true, false}) {
      KubeletWorld world;
      world.start_kubelet();
      world.run(10_s);
      api::Pod pod = make_pod();
      pod.spec.containers[0].liveness = http_probe("/live");
      pod.spec.containers[0].liveness->period = 1_s;
      world.api.create(pod);
      world.run(10_s + Duration::milliseconds(50) * phase);
      const Instant begins = world.executor.now();
      FakeProber::Answer& answer = world.prober.answers["http:8080/live"];
      answer.delay = 10_s;  // Beyond the timeout of a second.
      // In a pause, whoever still waits at its end gets an answer.
      for (int i = 0; i < 300 && (hang || world.executor.now() - begins < 3_s); ++i) {
        world.run(10_ms);
        const Duration left = begins + 3_s - world.executor.now();
        if (!hang) answer.delay = std::max(left, Duration::milliseconds(1));
      }
      answer.delay = hang ? 10_s : 1_ms;
      world.run(1010_ms);
      EXPECT_EQ(world.runtime.log_of(ports::RuntimeVerb::StopContainer).size(), hang ? 1U : 0U);
    }
  }
}

TEST(Readiness, IsFalseUntilTheFirstSuccessWhichIsTriedAtOnce) {
  ProbeWorld world;
  const Instant taken = world.give(with_readiness(http_probe("/ready")));
  ASSERT_TRUE(world.run_until_ready());
  EXPECT_LT(world.executor.now() - taken, 200_ms) << "not after a whole period";
}

TEST(Readiness, WithoutAProbeAContainerIsReadyWhenStarted) {
  ProbeWorld world;
  world.give(make_pod());
  EXPECT_TRUE(world.run_until_ready(1_s));
}

TEST(Readiness, FailingTheThresholdMakesThePodUnreadyAndLeavesTheContainerAlone) {
  ProbeWorld world;
  const Instant taken = world.give(with_readiness(http_probe("/ready")));
  ASSERT_TRUE(world.run_until_ready());
  world.prober.answers["http:8080/ready"] = kFails;  // At 10, 20, 30 s.
  world.executor.run_until(taken + 29_s);
  EXPECT_TRUE(world.ready());
  world.run(2_s);
  EXPECT_FALSE(world.ready());
  EXPECT_EQ(api::find_condition(world.pod()->status.conditions, "Ready")->reason,
            "ContainersNotReady");
  EXPECT_EQ(world.running_count(), 1U);
  world.prober.answers["http:8080/ready"] = {};
  world.executor.run_until(taken + 41_s);
  EXPECT_TRUE(world.ready());
}

TEST(Readiness, ItsSuccessThresholdCounts) {
  ProbeWorld world;
  api::Probe probe = http_probe("/ready");
  probe.success_threshold = 3;
  probe.period = 2_s;
  const Instant taken = world.give(with_readiness(probe));
  ASSERT_TRUE(world.run_until_ready());
  EXPECT_GE(world.executor.now() - taken, 4_s);
  EXPECT_LE(world.executor.now() - taken, 5_s);
}

TEST(Readiness, ACrashMakesThePodUnreadyAtOnce) {
  ProbeWorld world;
  world.give(with_readiness(http_probe("/ready")));
  ASSERT_TRUE(world.run_until_ready());
  world.prober.answers["http:8080/ready"] = kFails;
  world.crash();
  world.run(20_ms);
  EXPECT_FALSE(world.ready());
}

TEST(Startup, GatesTheOtherProbesUntilItSucceeded) {
  ProbeWorld world;
  api::Pod pod = make_pod();
  pod.spec.containers[0].startup = http_probe("/started");
  pod.spec.containers[0].readiness = http_probe("/ready");
  pod.spec.containers[0].liveness = http_probe("/live");
  world.prober.answers["http:8080/started"] = kFails;
  const Instant taken = world.give(pod);
  world.run(25_s);
  EXPECT_TRUE(world.prober.times_of("http:8080/ready").empty());
  EXPECT_TRUE(world.prober.times_of("http:8080/live").empty());
  world.prober.answers["http:8080/started"] = {};  // At 30 s.
  ASSERT_TRUE(world.run_until_ready());
  EXPECT_LT(world.executor.now() - taken, 30_s + 100_ms);
  const std::size_t asked = world.prober.times_of("http:8080/started").size();
  world.run(1_min);
  EXPECT_EQ(world.prober.times_of("http:8080/started").size(), asked) << "once is enough";
  EXPECT_GE(world.prober.times_of("http:8080/live").size(), 5U);
}

TEST(Startup, FailingItsThresholdKillsTheContainer) {
  ProbeWorld world;
  api::Pod pod = make_pod();
  pod.spec.containers[0].startup = http_probe("/started");
  pod.spec.containers[0].startup->failure_threshold = 2;
  world.prober.answers["http:8080/started"] = kFails;
  world.give(pod);
  world.run(19_s);
  EXPECT_TRUE(world.runtime.log_of(ports::RuntimeVerb::StopContainer).empty());
  world.run(2_s);
  EXPECT_EQ(world.runtime.log_of(ports::RuntimeVerb::StopContainer).size(), 1U);
}

TEST(Probes, AreMadeToThePodsAddressAndTheNamedPort) {
  ProbeWorld world;
  api::Pod pod = make_pod();
  api::ContainerPort port;
  port.name = "http";
  port.container_port = 9090;
  pod.spec.containers[0].ports.push_back(port);
  pod.spec.containers[0].readiness = http_probe("/ready");
  std::get<api::HttpGetAction>(pod.spec.containers[0].readiness->action).port = std::string{"http"};
  world.give(pod);
  ASSERT_TRUE(world.run_until_ready());
  ASSERT_FALSE(world.prober.log().empty());
  EXPECT_EQ(world.prober.log()[0].target, "http:9090/ready");
  EXPECT_EQ(world.prober.log()[0].address, world.pod()->status.pod_ip);
}

TEST(Probes, OfAnUnknownPortNameGiveNoVerdict) {
  ProbeWorld world;
  api::Probe probe = http_probe("/live");
  std::get<api::HttpGetAction>(probe.action).port = std::string{"nosuch"};
  world.give(with_liveness(probe));
  world.run(2_min);
  EXPECT_TRUE(world.prober.log().empty());
  EXPECT_EQ(world.status().restart_count, 0);
}

TEST(Probes, OfTheOtherKindsReachTheProber) {
  ProbeWorld world;
  api::Pod pod = make_pod();
  pod.spec.containers[0].readiness = api::Probe{};
  pod.spec.containers[0].readiness->action = api::ExecAction{{"cat", "/ok"}};
  pod.spec.containers[0].liveness = api::Probe{};
  pod.spec.containers[0].liveness->action = api::TcpSocketAction{5432, ""};
  pod.spec.containers[0].startup = api::Probe{};
  pod.spec.containers[0].startup->action = api::GrpcAction{50051, ""};
  world.give(pod);
  ASSERT_TRUE(world.run_until_ready());
  world.run(10_s);
  EXPECT_FALSE(world.prober.times_of("grpc:50051").empty());
  EXPECT_FALSE(world.prober.times_of("tcp:5432").empty());
  ASSERT_FALSE(world.prober.times_of("exec:cat /ok").empty());
  for (const auto& logged : world.prober.log()) {
    EXPECT_EQ(logged.container_id, world.runtime.running("app")->id);
  }
}

TEST(Probes, StartAtARandomPhaseOnlyWhileTheKubeletIsYoungerThanAPeriod) {
  KubeletWorld world;
  for (const char* name : {"a", "b", "c", "d"}) {
    api::Pod pod = make_pod(name);
    pod.spec.containers[0].liveness = http_probe(std::string{"/"} + name);
    world.api.create(pod);
  }
  world.start_kubelet();
  world.run(10_s + 50_ms);
  std::set<std::int64_t> phases;
  for (const char* name : {"a", "b", "c", "d"}) {
    const auto times = world.prober.times_of(std::string{"http:8080/"} + name);
    ASSERT_FALSE(times.empty()) << name;
    phases.insert(times[0].count_ns());
  }
  EXPECT_EQ(phases.size(), 4U);
}

// --- The worker by itself ---

TEST(ProbeWorker, ATickDuringALongProbeIsMadeUpForOnce) {
  FakeExecutor executor;
  api::Probe probe = http_probe("/x");
  probe.period = 2_s;
  kubelet::ProbeWorker worker{kubelet::ProbeKind::Readiness, probe, Instant{}, 3,
                              ports::Timer{executor, ports::OwnerId{1}, 1}};
  worker.open(Instant{}, Instant{});
  const auto at = [](Duration d) { return Instant::at(d); };
  EXPECT_TRUE(worker.tick(at(2_s)));
  EXPECT_FALSE(worker.tick(at(4_s)));
  EXPECT_FALSE(worker.tick(at(6_s)));
  EXPECT_TRUE(worker.conclude(ports::Outcome::Ok, worker.sequence(), at(7_s)).probe_again);
  EXPECT_FALSE(worker.conclude(ports::Outcome::Ok, worker.sequence(), at(7_s)).probe_again);
}

TEST(ProbeWorker, IgnoresTheAnswerForAContainerThatIsGone) {
  FakeExecutor executor;
  kubelet::ProbeWorker worker{kubelet::ProbeKind::Readiness, http_probe("/x"), Instant{}, 3,
                              ports::Timer{executor, ports::OwnerId{1}, 1}};
  worker.open(Instant{}, Instant{});
  ASSERT_TRUE(worker.tick(Instant::at(10_s)));
  const std::uint32_t asked = worker.sequence();
  worker.close();
  worker.open(Instant::at(10_s), Instant::at(10_s));
  EXPECT_FALSE(worker.conclude(ports::Outcome::Ok, asked, Instant::at(11_s)).changed);
  EXPECT_FALSE(worker.success());
}

}  // namespace
}  // namespace orrery::testing
