#include "models/controllers/node_lifecycle.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "models/controllers/controller_manager.h"
#include "models/profile/profile.h"
#include "tests/controllers/small_cluster.h"

namespace orrery::controllers {
namespace {

using api::ConditionStatus;
using api::Node;
using api::Pod;
using orrery::testing::SmallCluster;

constexpr ports::OwnerId kManager{7};

/// Nodes whose leases are renewed every 10 s, unless they are silent, and a controller manager.
struct World {
  SmallCluster cluster;
  ControllerManager manager{kManager, cluster, cluster};
  std::vector<std::string> names;
  std::set<std::string> silent;
  std::function<void()> renew;

  /// `zones`: how many nodes each has. Nodes are called a-1, a-2, …, b-1, …
  explicit World(const std::vector<int>& zones) {
    cluster.pods_start_by_themselves = false;
    cluster.attach(kManager, manager);
    char zone = 'a';
    for (const int count : zones) {
      for (int i = 1; i <= count; ++i) add(std::string{zone} + "-" + std::to_string(i), zone);
      ++zone;
    }
    renew = [this] {
      for (const std::string& name : names) {
        if (silent.contains(name)) continue;
        cluster.change<api::Lease>(kLeaseNamespace, name,
                                   [&](api::Lease& l) { l.renew_time = cluster.now(); });
      }
      cluster.at(cluster.now() + 10_s, renew);
    };
    renew();
    manager.start();
    cluster.run_until(Instant::at(100_s));
  }
  void add(const std::string& name, char zone) {
    names.push_back(name);
    Node node;
    node.meta.name = name;
    node.meta.labels[kZoneLabel] = std::string{zone};
    node.status.conditions = {{"Ready", ConditionStatus::True, "", "", {}, {}}};
    cluster.create(node);
    cluster.change<Node>("", name, [&](Node& n) { n.status = node.status; });
    api::Lease lease;
    lease.meta.name = name;
    lease.meta.namespace_name = kLeaseNamespace;
    cluster.create(lease);
  }
  void set_ready(const std::string& name, ConditionStatus status) {
    cluster.change<Node>("", name, [&](Node& n) {
      api::set_condition(n.status.conditions, "Ready", status, "", "", cluster.now());
      for (auto& c : n.status.conditions) c.last_update = cluster.now();
    });
  }
  [[nodiscard]] std::string taints(const std::string& name) const {
    std::string text;
    const Node node = *cluster.find<Node>("", name);
    for (const api::Taint& taint : node.spec.taints) {
      const std::string key = taint.key.substr(taint.key.find('/') + 1);
      text += (text.empty() ? "" : " ") + key + ":" + taint.effect;
    }
    return text;
  }
  [[nodiscard]] bool evicting(const std::string& name) const {
    return taints(name).find("NoExecute") != std::string::npos;
  }
  [[nodiscard]] int evicting_count() const {
    int count = 0;
    for (const std::string& name : names) count += evicting(name) ? 1 : 0;
    return count;
  }
  void create_pod(const std::string& name, const std::string& node,
                  std::vector<api::Toleration> tolerations = {}) {
    Pod pod;
    pod.meta.name = name;
    pod.meta.namespace_name = "default";
    pod.spec.node_name = node;
    pod.spec.tolerations = std::move(tolerations);
    pod.spec.containers.emplace_back().name = "c";
    cluster.create(pod);
    cluster.change<Pod>("default", name, [&](Pod& p) {
      p.status.phase = api::PodPhase::Running;
      p.status.conditions = {{"Ready", ConditionStatus::True, "", "", Instant{}, Instant{}}};
    });
  }
  [[nodiscard]] bool is_deleted(const std::string& name) const {
    return cluster.find<Pod>("default", name)->meta.deletion.has_value();
  }
};

TEST(NodeHealth, TheGracePeriodIs40SecondsAnd50From132) {
  EXPECT_EQ(profile::profile_named("kubernetes-1.30")->controllers.node_lifecycle.monitor_grace,
            40_s);
  EXPECT_EQ(profile::profile_named("kubernetes-1.32")->controllers.node_lifecycle.monitor_grace,
            50_s);
}

TEST(NodeHealth, SilenceBeyondTheGracePeriodMakesANodeUnknownAndUnreachable) {
  World world{{2, 1}};
  world.silent = {"a-1"};  // Its last renewal was at 100 s, looked at every 5 s.
  world.cluster.run_until(Instant::at(139_s));
  EXPECT_EQ(world.taints("a-1"), "");
  ASSERT_TRUE(
      world.cluster.run_until(Instant::at(151_s), [&] { return !world.taints("a-1").empty(); }));
  EXPECT_GT(world.cluster.now(), Instant::at(140_s));
  EXPECT_EQ(
      api::find_condition(world.cluster.find<Node>("", "a-1")->status.conditions, "Ready")->status,
      ConditionStatus::Unknown);
  EXPECT_EQ(world.taints("a-1"), "unreachable:NoSchedule");
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.taints("a-1"), "unreachable:NoSchedule unreachable:NoExecute");
  EXPECT_EQ(world.taints("a-2"), "");
}

TEST(NodeHealth, TheClockOfANodeDecidesNothing) {
  // Renewals are dated by the node's clock: an hour ahead, or as slow as to stand all but still.
  for (const bool ahead : {true, false}) {
    World world{{2, 1}};
    world.silent = {"a-1"};
    std::int64_t ticks = 0;
    std::function<void()> skewed = [&] {
      world.cluster.change<api::Lease>(kLeaseNamespace, "a-1", [&](api::Lease& lease) {
        lease.renew_time =
            ahead ? world.cluster.now() + 3600_s : Instant::at(Duration::nanoseconds(++ticks));
      });
      world.cluster.at(world.cluster.now() + 10_s, skewed);
    };
    skewed();
    world.cluster.run_until(Instant::at(300_s));
    EXPECT_EQ(world.taints("a-1"), "") << "each change is a sign of life when it is seen";
  }
  // One that falls silent is not taken for alive by a date in the future.
  World world{{2, 1}};
  world.silent = {"a-1"};
  world.cluster.change<api::Lease>(kLeaseNamespace, "a-1", [&](api::Lease& lease) {
    lease.renew_time = world.cluster.now() + 3600_s;
  });
  world.cluster.run_until(Instant::at(160_s));
  EXPECT_EQ(world.taints("a-1"), "unreachable:NoSchedule unreachable:NoExecute");
}

TEST(NodeHealth, ANodeThatReportsNotReadyIsTaintedNotReadyAtOnce) {
  World world{{2, 1}};
  world.set_ready("a-1", ConditionStatus::False);
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.taints("a-1"), "not-ready:NoSchedule not-ready:NoExecute");
  world.set_ready("a-1", ConditionStatus::True);
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.taints("a-1"), "");
}

TEST(NodeHealth, NoScheduleComesAtOnceAndNoExecuteAtTheNextLookOfTheZonesQueue) {
  World world{{2, 1}};
  world.cluster.run_until(Instant::at(Duration::milliseconds(103'030)));
  world.set_ready("a-1", ConditionStatus::False);
  ASSERT_TRUE(world.cluster.run_for(1_s, [&] { return !world.taints("a-1").empty(); }));
  EXPECT_EQ(world.taints("a-1"), "not-ready:NoSchedule");
  EXPECT_LT(world.cluster.now(), Instant::at(Duration::milliseconds(103'040)));
  ASSERT_TRUE(world.cluster.run_for(1_s, [&] { return world.evicting("a-1"); }));
  // Looked at every 100 ms; the write takes another two.
  EXPECT_EQ(world.cluster.now(), Instant::at(Duration::milliseconds(103'102)));
}

TEST(NodeHealth, PressureAndCordonsAreNoScheduleTaints) {
  World world{{2}};
  world.cluster.change<Node>("", "a-1", [&](Node& n) {
    n.spec.unschedulable = true;
    for (const char* type : {"MemoryPressure", "DiskPressure", "PIDPressure"}) {
      n.status.conditions.push_back({type, ConditionStatus::True, "", "", {}, {}});
    }
  });
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.taints("a-1"),
            "memory-pressure:NoSchedule disk-pressure:NoSchedule pid-pressure:NoSchedule "
            "unschedulable:NoSchedule");
  world.cluster.change<Node>("", "a-1", [&](Node& n) {
    n.spec.unschedulable = false;
    for (auto& c : n.status.conditions) {
      if (c.type != "Ready") c.status = ConditionStatus::False;
    }
  });
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.taints("a-1"), "");
}

// --- pods ----------------------------------------------------------------------------------------

TEST(NodeHealth, PodsOfASilentNodeAreNotReadyAndGoAfterTheirTolerationOf300Seconds) {
  World world{{2, 1}};
  world.create_pod("p", "a-1");
  world.silent = {"a-1"};
  ASSERT_TRUE(world.cluster.run_for(2_min, [&] { return world.evicting("a-1"); }));
  const Instant tainted = world.cluster.now();
  world.cluster.run_for(1_s);
  EXPECT_FALSE(api::is_ready(*world.cluster.find<Pod>("default", "p")));
  ASSERT_TRUE(world.cluster.run_for(10_min, [&] { return world.is_deleted("p"); }));
  EXPECT_GE(world.cluster.now() - tainted, 299_s);
  EXPECT_LE(world.cluster.now() - tainted, 301_s);
}

TEST(NodeHealth, PodsTolerateForEverWithoutSecondsAndNotAtAllWithoutAToleration) {
  World world{{2, 1}};
  world.create_pod("ever", "a-1", {{"", true, "", "NoExecute", std::nullopt}});
  world.create_pod("thirty", "a-1",
                   {{kUnreachableTaint, true, "", "NoExecute", 30_s},
                    {kNotReadyTaint, true, "", "NoExecute", 30_s}});
  world.create_pod("other", "a-1");
  world.cluster.change<Pod>("default", "other", [](Pod& p) { p.spec.tolerations.clear(); });
  world.silent = {"a-1"};
  ASSERT_TRUE(world.cluster.run_for(2_min, [&] { return world.evicting("a-1"); }));
  world.cluster.run_for(1_s);
  EXPECT_TRUE(world.is_deleted("other"));
  EXPECT_FALSE(world.is_deleted("thirty"));
  world.cluster.run_for(30_s);
  EXPECT_TRUE(world.is_deleted("thirty"));
  world.cluster.run_for(20_min);
  EXPECT_FALSE(world.is_deleted("ever"));
}

TEST(NodeHealth, PodsOfAnUnreachableNodeStayTerminatingUntilItsObjectIsDeleted) {
  World world{{2, 1}};
  world.create_pod("p", "a-1");
  world.silent = {"a-1"};
  world.cluster.run_for(30_min);
  ASSERT_TRUE(world.cluster.find<Pod>("default", "p")) << "no kubelet has confirmed its end";
  EXPECT_TRUE(world.is_deleted("p"));
  world.cluster.remove<Node>("", "a-1");
  world.cluster.run_for(30_s);
  EXPECT_TRUE(world.cluster.find<Pod>("default", "p"));
  world.cluster.run_for(15_s);
  EXPECT_FALSE(world.cluster.find<Pod>("default", "p")) << "40 s after its node went";
}

TEST(NodeHealth, PodsOfANodeDeclaredOutOfServiceAreRemovedAtOnce) {
  World world{{2, 1}};
  world.create_pod("p", "a-1");
  world.silent = {"a-1"};
  world.cluster.run_for(10_min);
  ASSERT_TRUE(world.is_deleted("p"));
  world.cluster.change<Node>("", "a-1", [](Node& n) {
    n.spec.taints.push_back({kOutOfServiceTaint, "nodeshutdown", "NoExecute", std::nullopt});
  });
  world.cluster.run_for(6_s);
  EXPECT_FALSE(world.cluster.find<Pod>("default", "p"));
}

// --- why pods go ---------------------------------------------------------------------------------

std::string disruption_of(const Pod& pod) {
  const auto* condition = api::find_condition(pod.status.conditions, "DisruptionTarget");
  return condition == nullptr || condition->status != ConditionStatus::True ? ""
                                                                            : condition->reason;
}

TEST(DisruptionTarget, IsSetOnPodsBeforeTheTaintManagerDeletesThem) {
  World world{{2, 1}};
  world.create_pod("p", "a-1");
  world.silent = {"a-1"};
  ASSERT_TRUE(world.cluster.run_for(
      15_min, [&] { return !disruption_of(*world.cluster.find<Pod>("default", "p")).empty(); }));
  EXPECT_FALSE(world.is_deleted("p"));
  ASSERT_TRUE(world.cluster.run_for(1_s, [&] { return world.is_deleted("p"); }));
  EXPECT_EQ(disruption_of(*world.cluster.find<Pod>("default", "p")), "DeletionByTaintManager");
}

/// As Jobs hold their pods.
void hold(World& world, const std::string& pod) {
  world.cluster.change<Pod>("default", pod, [](Pod& p) { p.meta.finalizers = {"test/hold"}; });
}

TEST(DisruptionTarget, IsSetOnPodsWhoseNodeIsGoneWhichHaveFailed) {
  World world{{2, 1}};
  world.create_pod("p", "a-1");
  hold(world, "p");
  world.cluster.remove<Node>("", "a-1");
  world.cluster.run_for(50_s);
  ASSERT_TRUE(world.is_deleted("p"));
  EXPECT_EQ(disruption_of(*world.cluster.find<Pod>("default", "p")), "DeletionByPodGC");
  EXPECT_EQ(world.cluster.find<Pod>("default", "p")->status.phase, api::PodPhase::Failed);
}

TEST(DisruptionTarget, OfAPodIsNoFailureOfAJobThatIgnoresIt) {
  for (const bool ignores : {false, true}) {
    World world{{2, 1}};
    api::Job job;
    job.meta.name = "sum";
    job.meta.namespace_name = "default";
    job.spec.backoff_limit = 0;
    if (ignores) {
      api::PodFailureRule rule;
      rule.action = api::PodFailureAction::Ignore;
      rule.conditions = {{"DisruptionTarget", ConditionStatus::True}};
      job.spec.failure_rules = {rule};
    }
    job.spec.pod_template.spec.restart_policy = api::RestartPolicy::Never;
    job.spec.pod_template.spec.containers.emplace_back().name = "c";
    world.cluster.create(job);
    world.cluster.run_for(5_s);
    const auto pods = world.cluster.all<Pod>();
    ASSERT_EQ(pods.size(), 1U);
    world.cluster.change<Pod>("default", pods[0].meta.name, [](Pod& p) {
      p.spec.node_name = "a-1";
      p.status.phase = api::PodPhase::Running;
    });
    world.cluster.remove<Node>("", "a-1");
    world.cluster.run_for(2_min);
    const api::Job now = *world.cluster.find<api::Job>("default", "sum");
    EXPECT_EQ(api::find_condition(now.status.conditions, "Failed") != nullptr, !ignores);
    EXPECT_EQ(now.status.failed, ignores ? 0 : 1);
    const auto after = world.cluster.all<Pod>();
    ASSERT_EQ(after.size(), ignores ? 1U : 0U);
    if (ignores) {
      EXPECT_NE(after[0].meta.name, pods[0].meta.name);
    }
  }
}

TEST(NodeHealth, PodsOfANodeDeclaredOutOfServiceHaveFailed) {
  World world{{2, 1}};
  world.create_pod("p", "a-1");
  hold(world, "p");
  world.silent = {"a-1"};
  world.cluster.run_for(10_min);
  world.cluster.change<Node>("", "a-1", [](Node& n) {
    n.spec.taints.push_back({kOutOfServiceTaint, "nodeshutdown", "NoExecute", std::nullopt});
  });
  world.cluster.run_for(6_s);
  EXPECT_EQ(world.cluster.find<Pod>("default", "p")->status.phase, api::PodPhase::Failed);
}

// --- zones ---------------------------------------------------------------------------------------

TEST(Zones, AreUnhealthyFrom55PercentAndThreeNodesDown) {
  const NodeLifecycleConfig config;
  EXPECT_EQ(eviction_interval({10, 0}, config), 10_s);
  EXPECT_EQ(eviction_interval({9, 11}, config), std::nullopt) << "55 %";
  EXPECT_EQ(eviction_interval({10, 11}, config), 10_s) << "52 %";
  EXPECT_EQ(eviction_interval({1, 2}, config), 10_s) << "fewer than three down";
  EXPECT_EQ(eviction_interval({2, 3}, config), std::nullopt) << "60 %, three down";
}

TEST(Zones, OfUpTo50NodesStopWhenUnhealthyLargerOnesSlowDown) {
  const NodeLifecycleConfig config;
  EXPECT_EQ(eviction_interval({20, 30}, config), std::nullopt);
  EXPECT_EQ(eviction_interval({20, 31}, config), 100_s);
}

TEST(Zones, WithEveryNodeDownEvictAtTheNormalRateWhileAnotherLives) {
  EXPECT_EQ(eviction_interval({0, 20}, {}), 10_s);
  World world{{4, 1}};
  world.silent = {"a-1", "a-2", "a-3", "a-4"};
  ASSERT_TRUE(world.cluster.run_for(2_min, [&] { return world.evicting_count() == 1; }));
  const Instant first = world.cluster.now();
  ASSERT_TRUE(world.cluster.run_for(2_min, [&] { return world.evicting_count() == 4; }));
  EXPECT_GE(world.cluster.now() - first, 30_s);
  EXPECT_LE(world.cluster.now() - first, Duration::milliseconds(30'400));
}

TEST(Zones, TaintOneNodeEvery10SecondsFirstComeFirstServed) {
  World world{{6, 1}};
  for (const char* name : {"a-3", "a-1", "a-2"}) {
    world.set_ready(name, ConditionStatus::False);
    world.cluster.run_for(1_s);
  }
  EXPECT_TRUE(world.evicting("a-3"));
  EXPECT_FALSE(world.evicting("a-1"));
  world.cluster.run_for(9_s);
  EXPECT_TRUE(world.evicting("a-1"));
  EXPECT_FALSE(world.evicting("a-2"));
  world.cluster.run_for(10_s);
  EXPECT_TRUE(world.evicting("a-2"));
}

TEST(Zones, AllDownAreTakenForAFaultOfTheControlPlaneAndNoExecuteTaintsComeOffAgain) {
  World world{{2, 2}};
  world.create_pod("p", "a-1");
  world.silent = {"a-1"};
  ASSERT_TRUE(world.cluster.run_for(2_min, [&] { return world.evicting("a-1"); }));
  world.silent = {"a-1", "a-2", "b-1", "b-2"};
  ASSERT_TRUE(world.cluster.run_for(2_min, [&] { return world.evicting_count() == 0; }));
  world.cluster.run_for(30_min);
  EXPECT_EQ(world.evicting_count(), 0);
  EXPECT_EQ(world.taints("b-2"), "unreachable:NoSchedule");
  EXPECT_FALSE(world.is_deleted("p"));
}

TEST(Zones, WhenTheFirstNodeReturnsEveryGracePeriodStartsAnew) {
  World world{{2, 2}};
  world.silent = {"a-1", "a-2", "b-1", "b-2"};
  world.cluster.run_for(10_min);
  ASSERT_EQ(world.evicting_count(), 0);
  world.silent.erase("b-1");
  world.set_ready("b-1", ConditionStatus::True);
  world.cluster.run_for(10_s);
  EXPECT_EQ(world.taints("b-1"), "");
  const Instant back = world.cluster.now();
  world.set_ready("a-1", ConditionStatus::True);  // Heard of once, and never again.
  world.cluster.run_until(back + 38_s);
  EXPECT_EQ(world.taints("a-1"), "") << "its old silence is forgotten";
}

TEST(TaintQueue, AChangeOfRateMakesAnAwaitedTokenAwaitedAnew) {
  const Instant start = Instant::at(100_s);
  TaintQueue queue{Duration::milliseconds(100), 10_s};
  queue.join("a", start);
  EXPECT_FALSE(queue.is_turn_of("a", start)) << "the next look is in 100 ms";
  EXPECT_TRUE(queue.is_turn_of("a", start + Duration::milliseconds(100)));
  queue.take_turn(start + Duration::milliseconds(100));
  queue.join("b", start + 1_s);
  EXPECT_EQ(queue.turn_of("b"), start + Duration::milliseconds(10'100));
  queue.set_interval(100_s, start + 2_s);
  EXPECT_EQ(queue.turn_of("b"), start + 102_s);
  queue.set_interval(std::nullopt, start + 3_s);
  EXPECT_EQ(queue.turn_of("b"), std::nullopt);
  queue.set_interval(10_s, start + 200_s);
  EXPECT_EQ(queue.turn_of("b"), start + 210_s);
  queue.leave("b");
  EXPECT_EQ(queue.turn_of("b"), std::nullopt);
}

}  // namespace
}  // namespace orrery::controllers
