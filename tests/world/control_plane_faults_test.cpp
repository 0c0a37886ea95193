// Faults of the control plane in the simulated world: who notices, and what goes on without it.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "models/profile/profile.h"
#include "sim/world/sim_world.h"

namespace orrery::sim {
namespace {

using api::Deployment;
using api::Pod;

/// Three nodes in two zones, and a Deployment "web" that is ready.
struct World {
  recording::EventLog log;
  std::optional<SimWorld> world;

  explicit World(std::uint32_t replicas = 1, std::uint32_t stores = 1, std::int32_t pods = 3) {
    WorldConfig config;
    config.profile = *profile::profile_named("kubernetes-1.30");
    config.replicas = replicas;
    config.api.store.members = stores;
    for (const char* name : {"n1", "n2", "n3"}) {
      WorldNode node;
      node.name = name;
      node.resources.cpu_milli = 8000;
      node.resources.memory_bytes = std::int64_t{32} << 30;
      node.labels[controllers::kZoneLabel] = name == std::string{"n3"} ? "b" : "a";
      config.nodes.push_back(node);
    }
    config.images["app:1"].on_nodes = true;
    config.images["app:1"].start = Distribution::constant(1_s);
    world.emplace(std::move(config), log, nullptr);
    Deployment web;
    web.meta.name = "web";
    web.meta.namespace_name = "default";
    web.spec.replicas = pods;
    web.spec.selector.match_labels = {{"app", "web"}};
    web.spec.pod_template.labels = {{"app", "web"}};
    web.spec.pod_template.spec.containers.emplace_back().name = "c";
    web.spec.pod_template.spec.containers.back().image = "app:1";
    write(ports::Verb::Create, web);
    world->start();
    world->run_until(Instant::at(1_min));
    EXPECT_EQ(ready(), pods);
  }

  ports::Outcome write(ports::Verb verb, api::Object object) {
    ports::ApiCall call;
    call.verb = verb;
    call.key = api::key_of(object);
    call.object = std::make_shared<const api::Object>(std::move(object));
    return world->apply(call, 0);
  }
  ports::Outcome scale(std::int32_t replicas) {
    auto web = std::get<Deployment>(*world->api().find({api::Kind::Deployment, "default", "web"}));
    web.spec.replicas = replicas;
    return write(ports::Verb::Update, web);
  }
  [[nodiscard]] std::vector<Pod> pods() const {
    std::vector<Pod> all;
    for (const auto& object : world->api().objects_of(api::Kind::Pod)) {
      all.push_back(std::get<Pod>(*object));
    }
    return all;
  }
  [[nodiscard]] int count(bool (*holds)(const Pod&)) const {
    const std::vector<Pod> all = pods();
    return static_cast<int>(std::count_if(all.begin(), all.end(), holds));
  }
  [[nodiscard]] int ready() const { return count(api::is_ready); }
  [[nodiscard]] int unplaced() const {
    return count([](const Pod& pod) { return pod.spec.node_name.empty(); });
  }
  [[nodiscard]] bool node_is_ready(const std::string& name) const {
    const auto node = std::get<api::Node>(*world->api().find({api::Kind::Node, "", name}));
    const auto* ready = api::find_condition(node.status.conditions, "Ready");
    return ready != nullptr && ready->status == api::ConditionStatus::True;
  }
  void run(Duration time) { world->run_until(world->now() + time); }
  /// Runs until `done`, looked at every 10 ms; returns the time it took.
  Duration run_until(const std::function<bool()>& done, Duration limit = 30_min) {
    const Instant start = world->now();
    while (!done() && world->now() - start < limit) run(10_ms);
    EXPECT_TRUE(done());
    return world->now() - start;
  }
};

// --- the store -----------------------------------------------------------------------------------

TEST(Store, OfThreeWithOneDownGoesOnAfterAnElection) {
  World w{1, 3};
  EXPECT_EQ(w.world->api_faults().store().kill(1, w.world->now()), 1U);
  EXPECT_EQ(w.scale(5), ports::Outcome::Ok);
  const Duration took = w.run_until([&] { return w.pods().size() == 5; });
  EXPECT_LE(took, Duration::milliseconds(2'200)) << "two election timeouts at most";
  w.run(10_s);
  EXPECT_EQ(w.ready(), 5);
}

TEST(Store, OfThreeWithTwoDownTakesNoWritesAndLosesNothing) {
  World w{1, 3};
  w.world->api_faults().store().kill(2, w.world->now());
  EXPECT_EQ(w.scale(5), ports::Outcome::Refused);
  w.run(30_s);
  EXPECT_EQ(w.pods().size(), 3U);
  EXPECT_EQ(w.ready(), 3) << "what runs goes on running";
  w.world->api_faults().store().start(2, w.world->now());
  EXPECT_EQ(w.scale(5), ports::Outcome::Ok);
  w.run(20_s);
  EXPECT_EQ(w.ready(), 5);
}

// --- scheduler and controllers -------------------------------------------------------------------

TEST(SchedulerDown, LeavesNewPodsPendingAndPlacesThemWithinASecondOfItsReturn) {
  World w;
  EXPECT_TRUE(w.world->kill_control_part(ControlPart::Scheduler));
  EXPECT_FALSE(w.world->kill_control_part(ControlPart::Scheduler)) << "nothing is left to hit";
  w.scale(8);
  w.run(60_s);
  EXPECT_EQ(w.pods().size(), 8U);
  EXPECT_EQ(w.unplaced(), 5);
  EXPECT_TRUE(w.world->start_control_part(ControlPart::Scheduler, 0));
  EXPECT_LE(w.run_until([&] { return w.unplaced() == 0; }), 1_s);
}

TEST(ControllerManagerDown, LeavesTheApiServerAndEverythingThatRunsAlone) {
  World w;
  EXPECT_TRUE(w.world->kill_control_part(ControlPart::Controllers));
  EXPECT_EQ(w.scale(5), ports::Outcome::Ok);
  w.run(1_min);
  EXPECT_EQ(w.pods().size(), 3U) << "nobody makes pods";
  EXPECT_EQ(w.ready(), 3);
  EXPECT_TRUE(w.world->start_control_part(ControlPart::Controllers, 0));
  w.run(20_s);
  EXPECT_EQ(w.ready(), 5);
}

TEST(LeaderElection, WithTwoReplicasAnotherControllerManagerTakesOverWithin17Seconds) {
  World w{2};
  EXPECT_TRUE(w.world->kill_control_part(ControlPart::Controllers));
  w.scale(5);
  const Duration took = w.run_until([&] { return w.pods().size() == 5; });
  EXPECT_LE(took, Duration::milliseconds(17'100));
  EXPECT_GE(took, 13_s);
}

TEST(LeaderElection, WithTwoReplicasAnotherSchedulerTakesOver) {
  World w{2};
  EXPECT_TRUE(w.world->kill_control_part(ControlPart::Scheduler));
  w.scale(5);
  EXPECT_LE(w.run_until([&] { return w.pods().size() == 5 && w.unplaced() == 0; }),
            Duration::milliseconds(17'500));
}

TEST(LeaderElection, ALeaderCutOffFromTheApiServerIsReplaced) {
  World w{2};
  ApiFault gone;
  gone.unreachable = true;
  // Both are cut off, give the lease up, and one leads again afterwards.
  w.world->api_faults().set_fault("controller-manager", gone);
  w.run(1_min);
  w.scale(5);
  w.run(10_s);
  EXPECT_EQ(w.pods().size(), 3U);
  w.world->api_faults().clear_fault("controller-manager");
  w.run(30_s);
  EXPECT_EQ(w.ready(), 5);
}

TEST(ControllerCrash, BetweenAnyTwoWritesOfAScalingConverges) {
  for (std::uint32_t write = 1; write <= 10; ++write) {
    World w;
    EXPECT_TRUE(w.world->crash_control_part(ControlPart::Controllers, write, 2_s));
    w.scale(6);
    w.run(1_min);
    EXPECT_EQ(w.pods().size(), 6U) << write;
    EXPECT_EQ(w.ready(), 6) << write;
  }
}

// --- nodes ---------------------------------------------------------------------------------------

TEST(KubeletDown, For30SecondsMovesNothing) {
  World w;
  EXPECT_TRUE(w.world->kill_kubelet("n1", 0));
  w.run(30_s);
  EXPECT_TRUE(w.node_is_ready("n1"));
  EXPECT_TRUE(w.world->start_kubelet("n1", 0));
  w.run(2_min);
  EXPECT_TRUE(w.node_is_ready("n1"));
  EXPECT_EQ(w.pods().size(), 3U);
  EXPECT_EQ(w.ready(), 3);
}

TEST(KubeletDown, For60SecondsMakesItsNodeUnreadyTakesItsPodsOutOfServiceAndKeepsThem) {
  World w;
  const int there = static_cast<int>(w.pods().size());
  EXPECT_TRUE(w.world->kill_kubelet("n1", 0));
  w.run(60_s);
  EXPECT_FALSE(w.node_is_ready("n1"));
  for (const Pod& pod : w.pods()) {
    EXPECT_EQ(api::is_ready(pod), pod.spec.node_name != "n1") << pod.meta.name;
    EXPECT_FALSE(pod.meta.deletion);
  }
  EXPECT_TRUE(w.world->start_kubelet("n1", 0));
  w.run(1_min);
  EXPECT_TRUE(w.node_is_ready("n1"));
  EXPECT_EQ(w.ready(), there);
}

/// The records from the first that says `what` of the subject back to its origin: their words.
std::string chain_of(const recording::EventLog& log, const std::string& what,
                     const std::string& subject) {
  const auto& records = log.records();
  const auto found = std::find_if(records.begin(), records.end(), [&](const auto& record) {
    return record.what == what && record.subject.starts_with(subject) && record.cause != 0 &&
           record.at > Instant::at(1_min);
  });
  std::string text;
  for (ports::CauseId at = found == records.end() ? 0 : found->id; at != 0;) {
    text = records[at - 1].what + " " + text;
    at = records[at - 1].cause;
  }
  return text;
}

TEST(Silence, OfANodeIsWhyOthersSayThatItIsNotReady) {
  using Cut = bool (*)(SimWorld&, ports::CauseId);
  for (const Cut cut :
       {Cut{[](SimWorld&world, ports::CauseId cause) { return world.cut_node("n1", cause); }},
        Cut{[](SimWorld&world, ports::CauseId cause) { return world.kill_kubelet("n1", cause); }},
        Cut{[](SimWorld&world, ports::CauseId cause) {
          return world.kill_node_agent("n1", cause);
        }},
        Cut{[](SimWorld&world, ports::CauseId cause) { return world.crash_node("n1", cause); }}}) {
    World w;
    EXPECT_TRUE(cut(*w.world, w.log.append(w.world->now(), 0, "fault", "Node/n1", "")));
    w.run(7_min);
    EXPECT_EQ(chain_of(w.log, "not-ready", "Node/n1"), "fault not-ready ");
    EXPECT_EQ(chain_of(w.log, "endpoints", "EndpointSlice/"), "");
    const std::string replaced = chain_of(w.log, "created", "Pod/default/web");
    EXPECT_TRUE(replaced.starts_with("fault not-ready taints ")) << replaced;
  }
}

TEST(Silence, IsOverWhenTheNodeIsHeardAgain) {
  World w;
  const ports::CauseId cause = w.log.append(w.world->now(), 0, "fault", "Node/n1", "");
  EXPECT_TRUE(w.world->cut_node("n1", cause));
  w.run(10_s);
  w.world->restore_connection("n1");
  w.run(1_min);
  EXPECT_TRUE(w.world->kill_kubelet("n1", 0));
  w.run(1_min);
  EXPECT_EQ(chain_of(w.log, "not-ready", "Node/n1"), "") << "it has no cause that is known";
}

TEST(Partition, OfANodeIsItsSilenceAndHealsCleanly) {
  World w;
  EXPECT_TRUE(w.world->cut_node("n2", 0));
  EXPECT_FALSE(w.world->cut_node("nobody", 0));
  w.run(60_s);
  EXPECT_FALSE(w.node_is_ready("n2"));
  w.world->restore_connection("n2");
  const Duration took = w.run_until([&] { return w.node_is_ready("n2"); });
  EXPECT_LE(took, Duration::milliseconds(10'100)) << "a period of the kubelet's comparisons";
  w.run(1_min);
  EXPECT_EQ(w.ready(), 3);
}

TEST(Partition, BeyondTheTolerationReplacesThePodsAndEndsTheOldOnesWhenTheNodeReturns) {
  World w;
  w.world->cut_node("n3", 0);
  w.run(8_min);
  EXPECT_EQ(w.ready(), 3);
  w.world->restore_connection("n3");
  w.run(2_min);
  EXPECT_EQ(w.pods().size(), 3U);
  EXPECT_EQ(w.ready(), 3);
}

// --- the API server ------------------------------------------------------------------------------

TEST(ApiServerDown, ForAMinuteLeavesPodsRunningAndEverythingCatchesUp) {
  World w;
  ApiFault gone;
  gone.unreachable = true;
  w.world->api_faults().set_fault("", gone);
  EXPECT_EQ(w.scale(5), ports::Outcome::Unreachable);
  w.run(1_min);
  w.world->api_faults().clear_fault("");
  EXPECT_EQ(w.scale(5), ports::Outcome::Ok);
  w.run(1_min);
  EXPECT_EQ(w.ready(), 5);
  for (const char* name : {"n1", "n2", "n3"}) EXPECT_TRUE(w.node_is_ready(name)) << name;
}

TEST(ApiServerDown, ForLongerThanTheGracePeriodLetsNoControllerManagerCallNodesLost) {
  for (const std::uint32_t replicas : {1U, 2U}) {
    World w{replicas};
    ApiFault gone;
    gone.unreachable = true;
    w.world->api_faults().set_fault("", gone);
    w.run(2_min);
    w.world->api_faults().clear_fault("");
    for (int second = 0; second < 90; ++second) {
      w.run(1_s);
      for (const char* name : {"n1", "n2", "n3"}) {
        ASSERT_TRUE(w.node_is_ready(name)) << name << ", " << second << " s later";
      }
      ASSERT_EQ(w.ready(), 3) << second << " s later";
    }
  }
}

TEST(StaleCache, OfTheControllersDelaysThemAndNothingElse) {
  World w;
  ApiFault stale;
  stale.stale = 20_s;
  w.world->api_faults().set_fault("controller-manager", stale);
  w.scale(5);
  w.run(15_s);
  EXPECT_EQ(w.pods().size(), 3U);
  w.run(60_s);
  EXPECT_EQ(w.ready(), 5) << "neither more nor fewer";
  w.world->api_faults().clear_fault("controller-manager");
  w.run(1_min);
  EXPECT_EQ(w.pods().size(), 5U);
}

}  // namespace
}  // namespace orrery::sim
