// What a kubelet finds and what becomes of it; every failure of every runtime call; a restart of
// the kubelet at every moment.
#include <gtest/gtest.h>

#include <set>

#include "tests/kubelet/kubelet_world.h"

namespace orrery::testing {
namespace {

using ports::ContainerState;
using ports::Outcome;
using ports::RuntimeVerb;
using ports::SandboxState;

/// A runtime holding what an earlier kubelet had made for pod "web".
struct FoundWorld : KubeletWorld {
  FoundWorld() { uid = api::meta_of(*api.create(make_pod())).uid; }
  void sandbox(const char* id, SandboxState state, std::uint32_t attempt = 0) {
    ports::SandboxInfo info;
    info.id = id;
    info.pod_uid = uid;
    info.pod_name = "web";
    info.pod_namespace = "default";
    info.attempt = attempt;
    info.state = state;
    info.ip = "10.91.7.7";
    runtime.put(info);
  }
  void container(const char* id, const char* in, ContainerState state, std::uint32_t attempt = 0) {
    ports::ContainerInfo info;
    info.id = id;
    info.sandbox_id = in;
    info.name = "app";
    info.image = kImage;
    info.attempt = attempt;
    info.state = state;
    info.exit_code = state == ContainerState::Exited ? 1 : 0;
    info.reason = "Error";
    runtime.put(info);
  }
  void settle() {
    start_kubelet();
    EXPECT_TRUE(run_until_ready(1_min));
    run(10_s);
    EXPECT_EQ(running_count(), 1U);
    EXPECT_EQ(runtime.sandboxes().size(), 1U);
    EXPECT_EQ(runtime.containers().size(), 1U);
  }
  std::size_t count(RuntimeVerb verb) { return runtime.log_of(verb).size(); }
  std::string uid;
};

TEST(Adoption, OfARunningPodTouchesNothing) {
  FoundWorld world;
  world.sandbox("s", SandboxState::Ready);
  world.container("c", "s", ContainerState::Running);
  world.settle();
  EXPECT_EQ(world.runtime.log().size(), world.count(RuntimeVerb::List) +
                                            world.count(RuntimeVerb::Stats) +
                                            world.count(RuntimeVerb::Images))
      << "it only looks";
  EXPECT_EQ(world.pod()->status.pod_ip, "10.91.7.7");
}

TEST(Adoption, LooksAgainOneSecondAfterTheFirstLook) {
  FoundWorld world;
  world.sandbox("s", SandboxState::Ready);
  world.container("c", "s", ContainerState::Running);
  world.settle();
  const auto lists = world.runtime.log_of(RuntimeVerb::List);
  ASSERT_EQ(lists.size(), 2U);
  EXPECT_GE(lists[1].at - lists[0].at, 1_s);
}

TEST(Adoption, ReadySandboxWithoutContainerGetsOne) {
  FoundWorld world;
  world.sandbox("s", SandboxState::Ready);
  world.settle();
  EXPECT_EQ(world.count(RuntimeVerb::RunSandbox), 0U);
  EXPECT_EQ(world.count(RuntimeVerb::CreateContainer), 1U);
}

TEST(Adoption, CreatedContainerIsStarted) {
  FoundWorld world;
  world.sandbox("s", SandboxState::Ready);
  world.container("c", "s", ContainerState::Created);
  world.settle();
  EXPECT_EQ(world.count(RuntimeVerb::CreateContainer), 0U);
  EXPECT_EQ(world.runtime.running("app")->id, "c");
}

TEST(Adoption, ExitedContainerIsRestartedAsTheNextAttempt) {
  FoundWorld world;
  world.sandbox("s", SandboxState::Ready);
  world.container("c", "s", ContainerState::Exited, 4);
  world.settle();
  EXPECT_EQ(world.runtime.running("app")->attempt, 5U);
  EXPECT_EQ(world.status().last_exit_code, 1);
}

TEST(Adoption, NotReadySandboxIsReplacedByTheNextAttempt) {
  FoundWorld world;
  world.sandbox("s", SandboxState::NotReady, 2);
  world.container("c", "s", ContainerState::Exited);
  world.settle();
  EXPECT_EQ(world.runtime.sandboxes()[0].attempt, 3U);
}

TEST(Adoption, RunningContainerInADeadSandboxIsStoppedFirst) {
  FoundWorld world;
  world.sandbox("s", SandboxState::NotReady);
  world.container("c", "s", ContainerState::Running);
  world.settle();
  EXPECT_EQ(world.count(RuntimeVerb::StopContainer), 1U);
}

TEST(Adoption, OfSeveralAttemptsTheNewestIsKept) {
  FoundWorld world;
  world.sandbox("s", SandboxState::Ready);
  world.container("c0", "s", ContainerState::Exited, 0);
  world.container("c1", "s", ContainerState::Running, 1);
  world.settle();
  EXPECT_EQ(world.runtime.running("app")->id, "c1");
}

TEST(Adoption, ContainerWithoutSandboxIsRemoved) {
  FoundWorld world;
  world.container("stray", "nowhere", ContainerState::Exited);
  world.settle();
}

TEST(Adoption, ContainerInAnUnknownStateIsReplaced) {
  FoundWorld world;
  world.sandbox("s", SandboxState::Ready);
  world.container("c", "s", ContainerState::Unknown);
  world.settle();
}

TEST(Adoption, SandboxesOfPodsThatNoLongerExistAreCleanedUp) {
  FoundWorld world;
  world.sandbox("s", SandboxState::Ready);
  world.container("c", "s", ContainerState::Running);
  world.remove("web", Duration{});
  world.start_kubelet();
  world.run(10_s);
  EXPECT_TRUE(world.runtime.empty());
  EXPECT_EQ(world.kubelet->pod_count(), 0U);
  EXPECT_EQ(world.runtime.log_of(RuntimeVerb::StopContainer)[0].call.timeout, 2_s);
}

TEST(Adoption, AFinishedPodIsNotRunAgain) {
  KubeletWorld world;
  api::Pod pod = make_pod();
  pod.spec.restart_policy = api::RestartPolicy::Never;
  world.runtime.programs[kImage].exits_after = 2_s;
  world.api.create(pod);
  world.start_kubelet();
  world.run(10_s);
  ASSERT_EQ(world.pod()->status.phase, api::PodPhase::Succeeded);
  world.restart_kubelet();
  world.run(10_s);
  EXPECT_EQ(world.pod()->status.phase, api::PodPhase::Succeeded);
  EXPECT_EQ(world.runtime.log_of(RuntimeVerb::StartContainer).size(), 1U);
  world.remove();
  world.run(10_s);
  EXPECT_EQ(world.pod(), nullptr);
}

TEST(Adoption, RestartCountGoesOn) {
  KubeletWorld world;
  world.api.create(make_pod());
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  world.crash();
  world.run(1_s);
  world.restart_kubelet();
  world.run(10_s);
  EXPECT_EQ(world.status().restart_count, 1);
  world.crash();
  world.run(1_s);
  EXPECT_EQ(world.status().restart_count, 2);
}

// --- Things that happen to the runtime ---

TEST(Runtime, DeadSandboxIsReplacedAndThePodComesBack) {
  KubeletWorld world;
  world.api.create(make_pod());
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  world.runtime.exit_sandbox(world.runtime.sandboxes()[0].id);
  world.run(100_ms);
  EXPECT_FALSE(world.ready());
  ASSERT_TRUE(world.run_until_ready());
  world.run(1_s);
  ASSERT_EQ(world.runtime.sandboxes().size(), 1U);
  EXPECT_EQ(world.runtime.sandboxes()[0].attempt, 1U);
  EXPECT_EQ(world.status().restart_count, 1);
}

TEST(Runtime, ExitsMissedWhileTheStreamWasLostAreFoundByListing) {
  KubeletWorld world;
  world.api.create(make_pod());
  world.start_kubelet();
  ASSERT_TRUE(world.run_until_ready());
  world.run(5_s);
  world.runtime.lose_stream();
  world.crash(9);
  world.run(1_min);
  EXPECT_EQ(world.running_count(), 0U);
  world.runtime.restore_stream();
  world.run(1_s);
  EXPECT_EQ(world.running_count(), 1U);
  EXPECT_EQ(world.status().last_exit_code, 9);
}

TEST(Runtime, PodsComeBackAfterTheHostCrashed) {
  KubeletWorld world;
  for (const char* name : {"web", "b", "c"}) world.api.create(make_pod(name));
  world.start_kubelet();
  world.run(5_s);
  ASSERT_EQ(world.running_count(), 3U);
  world.stop_kubelet();
  world.runtime.crash_host();
  world.start_kubelet();
  world.run(1_min);
  EXPECT_EQ(world.running_count(), 3U);
  EXPECT_EQ(world.runtime.sandboxes().size(), 3U);
  EXPECT_EQ(world.runtime.containers().size(), 3U);
}

// --- Every failure of every call ---

struct Kind {
  Outcome outcome;
  bool done;
};

/// A pod's whole life: two containers, one init container, a pull, a crash, a removal.
void live_and_die(KubeletWorld& world) {
  world.runtime.images = {"shop/init"};
  world.runtime.programs["shop/init"].exits_after = 500_ms;
  api::Pod pod = make_pod();
  api::Container init;
  init.name = "init";
  init.image = "shop/init";
  pod.spec.init_containers.push_back(init);
  api::Container second;
  second.name = "second";
  second.image = kImage;
  second.post_start = api::ExecAction{{"warm"}};
  second.pre_stop = api::ExecAction{{"drain"}};
  pod.spec.containers.push_back(second);
  world.api.create(pod);
  world.start_kubelet();
  const auto up = [&] {
    return world.ready() && world.running_count() == 1 && world.running_count("second") == 1;
  };
  ASSERT_TRUE(world.run_while_not(up, 10_min));
  world.run(1_min);
  ASSERT_TRUE(world.run_while_not(up, 10_min));
  world.crash();
  world.run(1_min);
  ASSERT_TRUE(world.run_while_not(up, 10_min));
  EXPECT_EQ(world.ready_sandbox_count(), 1U);
  world.remove();
  ASSERT_TRUE(
      world.run_while_not([&] { return world.pod() == nullptr && world.runtime.empty(); }, 10_min));
  world.run(5_s);
  EXPECT_EQ(world.kubelet->pod_count(), 0U);
  EXPECT_TRUE(world.runtime.empty());
}

TEST(Property, AnyFailureOfAnyRuntimeCallIsSurvivedAndNothingIsLeftBehind) {
  std::uint64_t calls = 0;
  {
    KubeletWorld world;
    live_and_die(world);
    calls = world.runtime.log().size();
  }
  ASSERT_GT(calls, 20U);
  const Kind kinds[] = {
      {Outcome::NotFound, false}, {Outcome::AlreadyExists, false}, {Outcome::Conflict, false},
      {Outcome::Invalid, false},  {Outcome::Refused, false},       {Outcome::Unreachable, false},
      {Outcome::Unknown, false},  {Outcome::Unknown, true},        {Outcome::Timeout, false},
      {Outcome::Timeout, true},   {Outcome::AlreadyExists, true}};
  for (std::uint64_t n = 0; n < calls; ++n) {
    for (const Kind& kind : kinds) {
      KubeletWorld world;
      RuntimeVerb failed = RuntimeVerb::List;
      world.runtime.set_interposer(
          [&](std::uint64_t number,
              const ports::RuntimeCall& call) -> std::optional<FakeRuntime::Verdict> {
            if (number != n) return std::nullopt;
            failed = call.verb;
            return FakeRuntime::Verdict{kind.outcome, kind.done};
          });
      live_and_die(world);
      ASSERT_FALSE(::testing::Test::HasFailure())
          << "call " << n << " (" << ports::to_string(failed) << ") "
          << ports::to_string(kind.outcome) << (kind.done ? ", done" : ", not done");
    }
  }
}

TEST(Property, AKubeletRestartedAtAnyMomentDoublesNothingAndConverges) {
  for (const bool rolled_back : {true, false}) {
    for (std::uint64_t at = 1;; ++at) {
      KubeletWorld world;
      world.runtime.images.clear();
      api::Pod pod = make_pod();
      pod.spec.containers[0].readiness = http_probe("/ready");
      world.api.create(pod);
      world.start_kubelet();
      bool crashed = false;
      bool removed = false;
      bool done = false;
      const auto script = [&] {  // A crash once it is ready, a removal after the restart.
        if (!crashed && world.ready() && world.running_count() == 1) {
          crashed = true;
          world.crash();
        } else if (crashed && !removed && world.status().restart_count == 1 && world.ready()) {
          removed = true;
          world.remove();
        }
        EXPECT_LE(world.ready_sandbox_count(), 1U);
        EXPECT_LE(world.running_count(), 1U);
        done = removed && world.pod() == nullptr && world.runtime.empty();
      };
      while (!done && world.executor.step_count() < at) {
        world.executor.step();
        script();
      }
      const bool after_the_end = done;
      if (rolled_back) {
        world.restart_kubelet();
      } else {  // What was asked for is carried out, only nobody hears the reply.
        world.executor.detach(world.owner);
        world.kubelet.reset();
        world.start_kubelet();
      }
      const Instant limit = world.executor.now() + 5_min;
      while (!done && world.executor.now() < limit) {
        world.executor.step();
        script();
      }
      ASSERT_TRUE(done) << "restarted at step " << at << (rolled_back ? ", rolled back" : "");
      ASSERT_FALSE(::testing::Test::HasFailure()) << "restarted at step " << at;
      if (after_the_end) break;
    }
  }
}

TEST(Property, TheSameInputsGiveTheSameCalls) {
  const auto trace = [] {
    KubeletWorld world;
    live_and_die(world);
    std::vector<std::pair<Instant, RuntimeVerb>> calls;
    for (const auto& logged : world.runtime.log()) calls.emplace_back(logged.at, logged.call.verb);
    return calls;
  };
  EXPECT_EQ(trace(), trace());
}

}  // namespace
}  // namespace orrery::testing
