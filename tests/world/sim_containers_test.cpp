// What containers do by themselves: end, ignore TERM, get unwell, use memory and disk.
#include "tests/world/node_fixture.h"

namespace orrery::sim {
namespace {

constexpr std::int64_t kMi = 1 << 20;

class SimContainersTest : public SimNodeTest {
 protected:
  ProcessModel& process() { return world_.environment.images.at("app:1").process; }
  std::string run_container() {
    const std::string container = create(run_sandbox());
    (void)list();
    EXPECT_EQ(start(container), Outcome::Ok);
    return container;
  }
  ports::ContainerInfo only() {
    const auto seen = list();
    EXPECT_EQ(seen.containers.size(), 1U);
    return seen.containers.empty() ? ports::ContainerInfo{} : seen.containers[0];
  }
  ports::Event probe(const api::ProbeAction& action, Duration timeout = 1_s) {
    const auto seen = list();
    const std::size_t before = listener_.events.size();
    world_.node.probe(kOwner, 900 + before,
                      {&action, seen.sandboxes[0].ip, 8080, seen.containers[0].id, timeout});
    EXPECT_TRUE(world_.run([&] { return listener_.events.size() > before; }));
    return listener_.events.back();
  }
  static api::ProbeAction http() { return api::HttpGetAction{}; }
  static api::ProbeAction exec() { return api::ExecAction{{"cat", "/tmp/healthy"}}; }
};

TEST_F(SimContainersTest, EndByThemselvesWithTheirExitCode) {
  process().runs_for = Distribution::constant(5_s);
  process().exit_code = 3;
  (void)run_container();
  world_.run_for(4_s);
  EXPECT_EQ(only().state, ContainerState::Running);
  world_.run_for(2_s);
  EXPECT_EQ(only().state, ContainerState::Exited);
  EXPECT_EQ(only().exit_code, 3);
  EXPECT_EQ(only().reason, "Error");
  EXPECT_EQ(only().finished_at - only().started_at, 5_s);
}

TEST_F(SimContainersTest, InitContainersEndAtOnceUnlessTheirWorkIsGiven) {
  pod_.spec.init_containers = pod_.spec.containers;
  for (const bool given : {false, true}) {
    if (given) process().runs_for = Distribution::constant(5_s);
    RuntimeCall c = call(RuntimeVerb::CreateContainer);
    c.pod = pod();
    c.sandbox_id = run_sandbox(given ? 1 : 0);
    c.init_container = true;
    const std::string container = result(ask(c)).id;
    (void)start(container);
    world_.run_for(1_s);
    for (const ports::ContainerInfo& info : list().containers) {
      if (info.id != container) continue;
      EXPECT_EQ(info.state, given ? ContainerState::Running : ContainerState::Exited);
    }
  }
}

TEST_F(SimContainersTest, SidecarsRunOn) {
  pod_.spec.init_containers = pod_.spec.containers;
  pod_.spec.init_containers[0].sidecar = true;
  RuntimeCall c = call(RuntimeVerb::CreateContainer);
  c.pod = pod();
  c.sandbox_id = run_sandbox();
  c.init_container = true;
  (void)start(result(ask(c)).id);
  world_.run_for(1_min);
  EXPECT_EQ(only().state, ContainerState::Running);
}

TEST_F(SimContainersTest, IgnoreTermUntilTheyAreKilled) {
  process().ignores_term = true;
  RuntimeCall stop = call(RuntimeVerb::StopContainer);
  stop.container_id = run_container();
  stop.timeout = 30_s;
  const Instant asked = world_.kernel.now();
  world_.node.call(kOwner, 500, stop);
  world_.run_for(29_s);
  EXPECT_EQ(only().state, ContainerState::Running);
  EXPECT_EQ(probe(http()).outcome, Outcome::Ok) << "it goes on as if nothing had been said";
  world_.run_for(2_s);
  EXPECT_EQ(only().exit_code, 137);
  EXPECT_EQ(only().finished_at - asked, 30_s);
}

TEST_F(SimContainersTest, GetUnwellAtAnAgeAndWellAgain) {
  process().unwell_after = 32_s;
  process().unwell_for = 10_s;
  (void)run_container();
  world_.run_for(31_s);
  EXPECT_EQ(probe(exec()).outcome, Outcome::Ok);
  world_.run_for(1_s);
  EXPECT_EQ(probe(exec()).outcome, Outcome::Refused);
  EXPECT_EQ(probe(http()).value, 503);
  EXPECT_EQ(probe(http()).outcome, Outcome::Refused);
  EXPECT_EQ(probe(api::GrpcAction{8080, ""}).outcome, Outcome::Refused);
  EXPECT_EQ(probe(api::TcpSocketAction{8080, ""}).outcome, Outcome::Ok) << "it still accepts";
  world_.run_for(10_s);
  EXPECT_EQ(probe(exec()).outcome, Outcome::Ok);
  EXPECT_EQ(probe(http()).value, 200);
}

TEST_F(SimContainersTest, AreMadeUnwellFromOutside) {
  (void)run_container();
  world_.run_for(1_s);
  EXPECT_FALSE(world_.node.afflict("uid-1", "nosuch", Illness::Fails, 5_s));
  EXPECT_TRUE(world_.node.afflict("uid-1", "", Illness::Fails, 5_s));
  EXPECT_EQ(probe(http()).value, 503);
  world_.run_for(5_s);
  EXPECT_EQ(probe(http()).value, 200);
}

TEST_F(SimContainersTest, ThatHangAnswerWhenItIsOverIfAnybodyStillWaits) {
  (void)run_container();
  world_.run_for(1_s);
  (void)world_.node.afflict("uid-1", "", Illness::Hangs, 3_s);
  EXPECT_EQ(probe(http(), 1_s).outcome, Outcome::Timeout);
  EXPECT_EQ(probe(exec(), 5_s).outcome, Outcome::Ok);
}

TEST_F(SimContainersTest, AreKilledAtTheAgeAtWhichALeakOutgrowsTheirLimit) {
  process().memory = {60 * kMi, kMi, 0};
  pod_.spec.containers[0].limits.memory_bytes = 100 * kMi;
  (void)run_container();
  world_.run_for(39_s);
  EXPECT_EQ(only().state, ContainerState::Running);
  world_.run_for(2_s);
  EXPECT_EQ(only().reason, "OOMKilled");
  EXPECT_EQ(only().exit_code, 137);
  EXPECT_NEAR(to_seconds(only().finished_at - only().started_at), 40.0, 0.001);
}

TEST_F(SimContainersTest, AreKilledAtOnceWhenTheyBeginAboveTheirLimit) {
  process().memory = {200 * kMi, 0, 0};
  pod_.spec.containers[0].limits.memory_bytes = 100 * kMi;
  (void)run_container();
  EXPECT_EQ(only().reason, "OOMKilled");
}

TEST_F(SimContainersTest, MayUseAnyAmountWithoutALimit) {
  process().memory = {200 * kMi, kMi, 0};
  (void)run_container();
  world_.run_for(5_min);
  EXPECT_EQ(only().state, ContainerState::Running);
}

TEST_F(SimContainersTest, OnANodeOutOfMemoryTheOneWithTheHighestScoreIsKilled) {
  process().memory = {100 * kMi, 10 * kMi, 0};
  world_.environment.counts_memory = true;
  pod_.spec.containers[0].requests.memory_bytes = 256 * kMi;
  const std::string burstable = run_container();
  pod_ = make_pod();
  pod_.meta.uid = "uid-2";
  const std::string best_effort = run_container();
  // 1024 MiB are reached by both together after about (1024 - 200) / 20 = 41 s.
  world_.run_for(40_s);
  for (const ports::ContainerInfo& info : list().containers) {
    EXPECT_EQ(info.state, ContainerState::Running);
  }
  world_.run_for(2_s);
  for (const ports::ContainerInfo& info : list().containers) {
    if (info.id == best_effort) {
      EXPECT_EQ(info.reason, "OOMKilled");
    } else {
      EXPECT_EQ(info.state, ContainerState::Running);
    }
  }
}

TEST_F(SimContainersTest, AreMeasuredWithWhatTheNodeHasLeft) {
  process().memory = {60 * kMi, kMi, 0};
  process().disk = {10 * kMi, kMi};
  world_.environment.counts_memory = true;
  (void)run_container();
  world_.run_for(10_s);
  const auto measured = result(ask(call(RuntimeVerb::Stats)));
  ASSERT_EQ(measured.stats.size(), 1U);
  EXPECT_NEAR(static_cast<double>(measured.stats[0].memory_bytes), 70.0 * kMi, 0.1 * kMi);
  EXPECT_NEAR(static_cast<double>(measured.stats[0].disk_bytes), 20.0 * kMi, 0.1 * kMi);
  ASSERT_TRUE(measured.node.memory);
  EXPECT_EQ(measured.node.memory->available,
            measured.node.memory->capacity - measured.stats[0].memory_bytes);
  ASSERT_TRUE(measured.node.image_disk);
  EXPECT_EQ(measured.node.image_disk->available,
            measured.node.image_disk->capacity - measured.stats[0].disk_bytes - 1)
      << "the image has one byte";
}

TEST_F(SimContainersTest, ImagesAreListedAndRemovedUnlessAContainerHasThem) {
  auto images = result(ask(call(RuntimeVerb::Images))).images;
  ASSERT_EQ(images.size(), 1U);
  EXPECT_EQ(images[0].name, "app:1");
  RuntimeCall remove = call(RuntimeVerb::RemoveImage);
  remove.image = "app:1";
  const std::string container = create(run_sandbox());
  EXPECT_EQ(ask(remove).outcome, Outcome::Refused);
  RuntimeCall remove_container = call(RuntimeVerb::RemoveContainer);
  remove_container.container_id = container;
  (void)ask(remove_container);
  EXPECT_EQ(ask(remove).outcome, Outcome::Ok);
  EXPECT_TRUE(result(ask(call(RuntimeVerb::Images))).images.empty());
}

TEST_F(SimContainersTest, AnImageThatTheRegistryLacksIsNotFound) {
  world_.environment.images["gone:1"].missing = true;
  RuntimeCall pull = call(RuntimeVerb::PullImage);
  pull.image = "gone:1";
  EXPECT_EQ(ask(pull).outcome, Outcome::NotFound);
}

TEST_F(SimContainersTest, AFullDiskTakesNoLayersAndNoContainersUntilItIsNot) {
  world_.environment.images["large:1"].layers = {{"layer", 1'000'000}};
  const std::string sandbox = run_sandbox();
  RuntimeCall pull = call(RuntimeVerb::PullImage);
  pull.image = "large:1";
  RuntimeCall create_one = call(RuntimeVerb::CreateContainer);
  create_one.pod = pod();
  create_one.sandbox_id = sandbox;
  world_.node.set_disk_full(true, 0);
  const ports::Event refused = ask(pull);
  EXPECT_EQ(refused.outcome, Outcome::Refused);
  EXPECT_EQ(result(refused).message, "no space left on device");
  EXPECT_EQ(ask(create_one).outcome, Outcome::Refused);

  world_.node.set_disk_full(false, 0);
  EXPECT_NE(result(ask(pull)).message, "no space left on device");
  EXPECT_EQ(ask(create_one).outcome, Outcome::Ok);
}

TEST_F(SimContainersTest, PodsOnTheNodesNetworkAnswerAtTheNodesAddress) {
  pod_.spec.host_network = true;
  api::ContainerPort port;
  port.container_port = 8080;
  pod_.spec.containers[0].ports.push_back(port);
  (void)run_container();
  world_.run_for(1_s);
  EXPECT_EQ(list().sandboxes[0].ip, "n1");
  EXPECT_EQ(probe(http()).outcome, Outcome::Ok);
}

}  // namespace
}  // namespace orrery::sim
