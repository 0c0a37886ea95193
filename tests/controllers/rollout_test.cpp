#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "models/controllers/controller_manager.h"
#include "models/controllers/deployment.h"
#include "models/controllers/rollout_sizes.h"
#include "tests/controllers/small_cluster.h"

namespace orrery::controllers {
namespace {

using api::Deployment;
using api::Pod;
using api::ReplicaSet;
using orrery::testing::deployment;
using orrery::testing::SmallCluster;

constexpr ports::OwnerId kManager{7};

/// A cluster with a controller manager that can be replaced at any moment.
struct World {
  SmallCluster cluster;
  std::unique_ptr<ControllerManager> manager;
  std::string broken;  ///< The first bound that a write broke.

  explicit World(std::uint64_t seed = 1) : cluster{seed} {
    api::Node node;
    node.meta.name = "node";
    node.status.conditions = {{"Ready", api::ConditionStatus::True, "", "", {}, {}}};
    cluster.create(node);
    restart();
  }

  void restart() {
    if (manager) cluster.detach(kManager);
    ControllerManagerConfig config;
    config.node_lifecycle.monitor_grace = 60_min;  // No kubelet renews a lease here.
    manager = std::make_unique<ControllerManager>(kManager, cluster, cluster, config);
    cluster.attach(kManager, *manager);
    manager->start();
  }

  [[nodiscard]] bool rolled_out(const std::string& image) {
    bool done = false;
    std::int64_t replicas = 0;
    cluster.each<Deployment>([&](const Deployment& d) {
      replicas = d.spec.replicas;
      done = d.status.observed_generation == d.meta.generation &&
             d.status.updated_replicas == replicas && d.status.available_replicas == replicas &&
             d.status.replicas == replicas;
    });
    if (!done) return false;
    std::int64_t pods = 0;
    cluster.each<Pod>([&](const Pod& pod) {
      ++pods;
      done = done && pod.spec.containers[0].image == image && api::is_ready(pod);
    });
    return done && pods == replicas;
  }

  enum class Count { SizesAndPods, Sizes };

  /// Checks at every write that neither the sizes of the sets nor the available pods leave the
  /// bounds; the count of pods keeps to them too as long as no delete fails.
  void guard(std::int64_t total_max, std::int64_t available_min,
             Count count = Count::SizesAndPods) {
    cluster.on_write = [=, this](const store::Write& write) {
      std::int64_t sizes = 0;
      std::int64_t pods = 0;
      std::int64_t available = 0;
      cluster.each<ReplicaSet>([&](const ReplicaSet& set) { sizes += set.spec.replicas; });
      cluster.each<Pod>([&](const Pod& pod) {
        if (!api::is_active(pod)) return;
        ++pods;
        available += api::is_available(pod, Duration{}, cluster.now()) ? 1 : 0;
      });
      const bool holds = sizes <= total_max && available >= available_min &&
                         (count == Count::Sizes || pods <= total_max);
      if (holds || !broken.empty()) return;
      broken = "at " + to_string(cluster.now()) + " " + to_string(api::key_of(*write.after)) +
               ": sizes " + std::to_string(sizes) + ", pods " + std::to_string(pods) +
               ", available " + std::to_string(available);
    };
  }

  void set_image(const std::string& image) {
    cluster.change<Deployment>("default", "web", [&](Deployment& d) {
      d.spec.pod_template.spec.containers[0].image = image;
    });
  }
};

std::string summary(SmallCluster& cluster) {
  std::string text;
  for (const auto& set : cluster.all<ReplicaSet>()) {
    text += set.meta.name + " " + std::to_string(set.spec.replicas) + "/" +
            std::to_string(set.status.available_replicas) + " ";
  }
  return text;
}

TEST(Rollout, StaysWithinItsBoundsAndEndsForEverySmallWorld) {
  // Percentages come down to counts (see Fenceposts), so all pairs of counts are all worlds. Up to
  // 20 replicas are 3311 of them, 3 minutes of a debug build: ask for those by the variable.
  const char* limit = std::getenv("ORRERY_ROLLOUT_REPLICAS_MAX");
  const int replicas_max = limit != nullptr ? std::atoi(limit) : 8;
  std::uint64_t worlds = 0;
  std::uint64_t calls = 0;
  for (int replicas = 0; replicas <= replicas_max; ++replicas) {
    for (int surge = 0; surge <= replicas; ++surge) {
      for (int unavailable = 0; unavailable <= replicas; ++unavailable) {
        World world{++worlds};
        Deployment d = deployment("web", replicas);
        d.spec.strategy.max_surge = {surge, false};
        d.spec.strategy.max_unavailable = {unavailable, false};
        world.cluster.create(d);
        ASSERT_TRUE(world.cluster.run_for(1_min, [&] { return world.rolled_out("app:1"); }))
            << replicas << " " << surge << " " << unavailable;
        const Fenceposts posts = fenceposts_of(d.spec);
        world.guard(replicas + posts.surge, replicas - posts.unavailable);
        world.set_image("app:2");
        EXPECT_TRUE(world.cluster.run_for(10_min, [&] { return world.rolled_out("app:2"); }))
            << replicas << " " << surge << " " << unavailable << ": " << summary(world.cluster);
        EXPECT_EQ(world.broken, "") << replicas << " " << surge << " " << unavailable;
        calls += world.cluster.call_count();
      }
    }
  }
  RecordProperty("worlds", std::to_string(worlds));
  std::printf("%llu rollouts, %llu API calls\n", static_cast<unsigned long long>(worlds),
              static_cast<unsigned long long>(calls));
}

TEST(Rollout, SurvivesACrashOfTheControllersAfterEveryCall) {
  std::uint64_t last_call = 1;
  for (std::uint64_t crash_after = 1; crash_after <= last_call; ++crash_after) {
    World world;
    world.cluster.create(deployment("web", 4));
    ASSERT_TRUE(world.cluster.run_for(1_min, [&] { return world.rolled_out("app:1"); }));
    world.guard(5, 3);
    world.set_image("app:2");
    const std::uint64_t before = world.cluster.call_count();
    bool crashed = false;
    world.cluster.after_call = [&](std::uint64_t count) {
      if (crashed || count != before + crash_after) return;
      crashed = true;
      // Not from inside the component: after the event it is handling.
      world.cluster.at(world.cluster.now(), [&] { world.restart(); });
    };
    EXPECT_TRUE(world.cluster.run_for(10_min, [&] { return world.rolled_out("app:2"); }))
        << "crash after call " << crash_after << ": " << summary(world.cluster);
    EXPECT_EQ(world.broken, "") << "crash after call " << crash_after;
    if (!crashed) break;
    last_call = crash_after + 1;
  }
  EXPECT_GT(last_call, 20u);
  std::printf("%llu crashes\n", static_cast<unsigned long long>(last_call - 1));
}

TEST(Rollout, SurvivesTheFailureOfEverySingleCall) {
  std::uint64_t last_call = 1;
  for (const auto outcome : {ports::Outcome::Unreachable, ports::Outcome::Conflict}) {
    last_call = 1;
    for (std::uint64_t fail = 1; fail <= last_call; ++fail) {
      World world;
      world.cluster.create(deployment("web", 4));
      ASSERT_TRUE(world.cluster.run_for(1_min, [&] { return world.rolled_out("app:1"); }));
      world.guard(5, 3, World::Count::Sizes);
      world.set_image("app:2");
      std::uint64_t calls = 0;
      world.cluster.interfere = [&](const ports::ApiCall&) -> std::optional<ports::Outcome> {
        if (++calls != fail) return std::nullopt;
        return outcome;
      };
      EXPECT_TRUE(world.cluster.run_for(10_min, [&] { return world.rolled_out("app:2"); }))
          << "failure of call " << fail << ": " << summary(world.cluster);
      EXPECT_EQ(world.broken, "") << "failure of call " << fail;
      if (calls < fail) break;
      last_call = fail + 1;
    }
    EXPECT_GT(last_call, 20u);
  }
}

TEST(Rollout, SurvivesLostWatchesAndAnApiOutage) {
  World world;
  world.cluster.create(deployment("web", 4));
  ASSERT_TRUE(world.cluster.run_for(1_min, [&] { return world.rolled_out("app:1"); }));
  world.guard(5, 3, World::Count::Sizes);
  world.set_image("app:2");
  world.cluster.run_for(3_s);
  world.cluster.close_all_watches();
  bool down = true;
  world.cluster.interfere = [&](const ports::ApiCall&) {
    return down ? std::optional{ports::Outcome::Unreachable} : std::nullopt;
  };
  world.cluster.run_for(1_min);
  EXPECT_FALSE(world.rolled_out("app:2"));
  down = false;
  EXPECT_TRUE(world.cluster.run_for(5_min, [&] { return world.rolled_out("app:2"); }));
  EXPECT_EQ(world.broken, "");
}

TEST(Rollout, KeepsRevisionsAndComesBackToAnOldTemplate) {
  World world;
  Deployment d = deployment("web", 2);
  d.spec.revision_history_limit = 1;
  world.cluster.create(d);
  for (const char* image : {"app:2", "app:3", "app:2"}) {
    world.cluster.run_for(2_min);
    world.set_image(image);
  }
  ASSERT_TRUE(world.cluster.run_for(5_min, [&] { return world.rolled_out("app:2"); }));
  world.cluster.run_for(1_min);
  const auto sets = world.cluster.all<ReplicaSet>();
  ASSERT_EQ(sets.size(), 2u) << "the current set and one of history";
  for (const auto& set : sets) {
    const bool current = set.spec.pod_template.spec.containers[0].image == "app:2";
    EXPECT_EQ(set.meta.annotations.at(kRevisionAnnotation), current ? "4" : "3");
    if (current) {
      EXPECT_EQ(set.meta.annotations.at(kRevisionHistoryAnnotation), "2");
    }
  }
  EXPECT_EQ(
      world.cluster.find<Deployment>("default", "web")->meta.annotations.at(kRevisionAnnotation),
      "4");
}

TEST(Rollout, RecreateNeverRunsTwoVersionsSideBySide) {
  World world;
  Deployment d = deployment("web", 3);
  d.spec.strategy.recreate = true;
  world.cluster.create(d);
  ASSERT_TRUE(world.cluster.run_for(1_min, [&] { return world.rolled_out("app:1"); }));
  bool mixed = false;
  world.cluster.on_write = [&](const store::Write&) {
    bool first = false;
    bool second = false;
    for (const Pod& pod : world.cluster.all<Pod>()) {
      (pod.spec.containers[0].image == "app:1" ? first : second) = true;
    }
    mixed = mixed || (first && second);
  };
  world.set_image("app:2");
  EXPECT_TRUE(world.cluster.run_for(1_min, [&] { return world.rolled_out("app:2"); }));
  EXPECT_FALSE(mixed);
}

TEST(Rollout, PausedScalesButDoesNotRollOut) {
  World world;
  world.cluster.create(deployment("web", 2));
  ASSERT_TRUE(world.cluster.run_for(1_min, [&] { return world.rolled_out("app:1"); }));
  world.cluster.change<Deployment>("default", "web", [](Deployment& d) { d.spec.paused = true; });
  world.set_image("app:2");
  world.cluster.change<Deployment>("default", "web", [](Deployment& d) { d.spec.replicas = 5; });
  world.cluster.run_for(1_min);
  const auto pods = world.cluster.all<Pod>();
  EXPECT_EQ(pods.size(), 5u);
  for (const Pod& pod : pods) EXPECT_EQ(pod.spec.containers[0].image, "app:1");
  const auto status = world.cluster.find<Deployment>("default", "web")->status;
  EXPECT_EQ(api::find_condition(status.conditions, "Progressing")->reason, "DeploymentPaused");
  world.cluster.change<Deployment>("default", "web", [](Deployment& d) { d.spec.paused = false; });
  EXPECT_TRUE(world.cluster.run_for(2_min, [&] { return world.rolled_out("app:2"); }));
}

TEST(Rollout, ScalingInTheMiddleKeepsBothSetsInProportion) {
  World world;
  world.cluster.pod_start = 30_s;
  world.cluster.create(deployment("web", 10));
  ASSERT_TRUE(world.cluster.run_for(5_min, [&] { return world.rolled_out("app:1"); }));
  world.set_image("app:2");
  world.cluster.run_for(5_s);  // (8, 5): nothing new is ready yet.
  world.cluster.change<Deployment>("default", "web", [](Deployment& d) { d.spec.replicas = 20; });
  world.cluster.run_for(1_s);
  std::map<std::string, int> size;
  for (const auto& set : world.cluster.all<ReplicaSet>()) {
    size[set.spec.pod_template.spec.containers[0].image] = set.spec.replicas;
  }
  // 8 and 5 of at most 13 become 15 and 10 of at most 25.
  EXPECT_EQ(size["app:1"], 15);
  EXPECT_EQ(size["app:2"], 10);
  EXPECT_TRUE(world.cluster.run_for(10_min, [&] { return world.rolled_out("app:2"); }));
}

TEST(Rollout, ReportsWhenItDoesNotGetOn) {
  World world;
  world.cluster.create(deployment("web", 2));
  ASSERT_TRUE(world.cluster.run_for(1_min, [&] { return world.rolled_out("app:1"); }));
  world.cluster.pods_start_by_themselves = false;
  const Instant changed = world.cluster.now();
  world.set_image("app:2");
  const auto condition = [&] {
    const auto status = world.cluster.find<Deployment>("default", "web")->status;
    return *api::find_condition(status.conditions, "Progressing");
  };
  EXPECT_TRUE(world.cluster.run_for(
      20_min, [&] { return condition().reason == "ProgressDeadlineExceeded"; }));
  EXPECT_EQ(condition().status, api::ConditionStatus::False);
  EXPECT_GE(world.cluster.now() - changed, 600_s);
  EXPECT_LT(world.cluster.now() - changed, 603_s);
}

TEST(Rollout, WaitsForMinReadySeconds) {
  World world;
  Deployment d = deployment("web", 1);
  d.spec.min_ready = 20_s;
  world.cluster.create(d);
  ASSERT_TRUE(world.cluster.run_for(1_min, [&] { return world.rolled_out("app:1"); }));
  EXPECT_GT(world.cluster.now(), Instant::at(20_s));
  EXPECT_LT(world.cluster.now(), Instant::at(27_s));
}

TEST(Deployment, TakesAnotherNameWhenItsSetsNameIsTaken) {
  // Another owner's set holds the name that the template gives.
  World world;
  Deployment d = deployment("web", 1);
  ReplicaSet squatter;
  {
    World other;
    other.cluster.create(d);
    other.cluster.run_for(1_s);
    squatter = other.cluster.all<ReplicaSet>().at(0);
  }
  squatter.meta.owners.clear();
  squatter.meta.labels = {{"app", "other"}};
  squatter.spec.selector.match_labels = {{"app", "other"}};
  squatter.spec.replicas = 0;
  world.cluster.create(squatter);
  world.cluster.create(d);
  EXPECT_TRUE(world.cluster.run_for(1_min, [&] { return world.rolled_out("app:1"); }));
  EXPECT_EQ(world.cluster.find<Deployment>("default", "web")->status.collision_count, 1);
}

TEST(Deployment, AdoptsMatchingOrphansAndItsPodsGoWithIt) {
  World world;
  Deployment d = deployment("web", 2);
  ReplicaSet orphan;
  orphan.meta.name = "old";
  orphan.meta.namespace_name = "default";
  orphan.meta.labels = {{"app", "web"}};
  orphan.spec.replicas = 1;
  orphan.spec.selector.match_labels = {{"app", "web"}, {"v", "0"}};
  orphan.spec.pod_template = d.spec.pod_template;
  orphan.spec.pod_template.labels["v"] = "0";
  world.cluster.create(orphan);
  world.cluster.create(d);
  EXPECT_TRUE(world.cluster.run_for(1_min, [&] { return world.rolled_out("app:1"); }));
  EXPECT_EQ(world.cluster.find<ReplicaSet>("default", "old")->spec.replicas, 0);
  world.cluster.remove<Deployment>("default", "web");
  world.cluster.run_for(1_min);
  EXPECT_TRUE(world.cluster.all<ReplicaSet>().empty());
  EXPECT_TRUE(world.cluster.all<Pod>().empty());
}

}  // namespace
}  // namespace orrery::controllers
