#include "models/scheduler/scheduler.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "models/controllers/node_lifecycle.h"
#include "models/scheduler/filters.h"
#include "tests/controllers/small_cluster.h"

namespace orrery::scheduler {
namespace {

using api::Node;
using api::Pod;
using orrery::testing::SmallCluster;

constexpr std::int64_t kMi = 1024 * 1024;
constexpr ports::OwnerId kScheduler{5};

Node node(const std::string& name, std::int64_t cpu_milli, std::int64_t memory_mi,
          const std::string& zone = {}) {
  Node n;
  n.meta.name = name;
  if (!zone.empty()) n.meta.labels[controllers::kZoneLabel] = zone;
  n.status.allocatable = {cpu_milli, memory_mi * kMi, 110};
  return n;
}

Pod pod(const std::string& name, std::optional<std::int64_t> cpu_milli,
        std::optional<std::int64_t> memory_mi) {
  Pod p;
  p.meta.name = name;
  p.meta.namespace_name = "default";
  api::Container container;
  container.name = "main";
  container.requests.cpu_milli = cpu_milli;
  if (memory_mi) container.requests.memory_bytes = *memory_mi * kMi;
  p.spec.containers = {container};
  return p;
}

TEST(Scores, LeastAllocatedIsExactAndCountsDefaults) {
  const Node n = node("n", 1000, 1000);
  NodeState state{.node = &n, .requested = {}, .assumed = {}, .pod_count = 0, .host_ports = {}};
  EXPECT_EQ(least_allocated_score(demand_of(pod("p", 250, 500).spec), state), (75 + 50) / 2);
  EXPECT_EQ(least_allocated_score(demand_of(pod("p", {}, {}).spec), state), (90 + 80) / 2);
  EXPECT_EQ(least_allocated_score(demand_of(pod("p", 2000, 500).spec), state), (0 + 50) / 2);
  state.add(demand_of(pod("q", 333, 0).spec));
  EXPECT_EQ(least_allocated_score(demand_of(pod("p", 0, 0).spec), state), (66 + 100) / 2);
}

TEST(Scores, BalancedAllocationIsLowerTheMoreTheSharesDiffer) {
  const Node n = node("n", 1000, 1000);
  const NodeState state{
      .node = &n, .requested = {}, .assumed = {}, .pod_count = 0, .host_ports = {}};
  EXPECT_EQ(balanced_allocation_score(demand_of(pod("p", 500, 500).spec), state), 100);
  EXPECT_EQ(balanced_allocation_score(demand_of(pod("p", 500, 250).spec), state), 87);
  EXPECT_EQ(balanced_allocation_score(demand_of(pod("p", 1000, 0).spec), state), 50);
  EXPECT_EQ(balanced_allocation_score(demand_of(pod("p", {}, {}).spec), state), 100);
}

TEST(Scores, PreferNoScheduleTaintsAndFullDomainsScoreLow) {
  Node a = node("a", 1000, 1000, "x");
  Node b = node("b", 1000, 1000, "y");
  b.spec.taints = {{"k", "v", "PreferNoSchedule", {}}};
  const NodeState sa{.node = &a, .requested = {}, .assumed = {}, .pod_count = 0, .host_ports = {}};
  const NodeState sb{.node = &b, .requested = {}, .assumed = {}, .pod_count = 0, .host_ports = {}};
  const std::vector<const NodeState*> nodes{&sa, &sb};
  EXPECT_EQ(taint_toleration_scores({}, nodes), (std::vector<std::int64_t>{100, 0}));
  const std::vector<SpreadConstraint> spread{{controllers::kZoneLabel, 5, {{"x", 2}, {"y", 1}}}};
  // 2 ln 4 + 4 = 6.77 -> 7 and ln 4 + 4 = 5.39 -> 5: 100 (7 + 5 - 7) / 7 and 100 (7 + 5 - 5) / 7.
  EXPECT_EQ(topology_spread_scores(spread, nodes), (std::vector<std::int64_t>{71, 100}));
}

TEST(Filters, NameTheFirstObstacle) {
  struct Case {
    const char* name;
    std::function<void(Node&, Pod&)> change;
    const char* expected;
  };
  const std::vector<Case> cases{
      {"fits exactly", [](Node&, Pod& p) { p = pod("p", 1000, 1000); }, nullptr},
      {"cpu", [](Node&, Pod& p) { p = pod("p", 1001, 1); }, "Insufficient cpu"},
      {"memory", [](Node&, Pod& p) { p = pod("p", 1, 1001); }, "Insufficient memory"},
      {"count", [](Node& n, Pod&) { n.status.allocatable.pods = 0; }, "Too many pods"},
      {"cordoned", [](Node& n, Pod&) { n.spec.unschedulable = true; },
       "node(s) were unschedulable"},
      {"taint",
       [](Node& n, Pod&) {
         n.spec.taints = {{"k", "v", "NoExecute", {}}};
       },
       "node(s) had untolerated taint"},
      {"tolerated",
       [](Node& n, Pod& p) {
         n.spec.taints = {{"k", "v", "NoSchedule", {}}};
         p.spec.tolerations = {{"k", false, "v", "", {}}};
       },
       nullptr},
      {"selector",
       [](Node&, Pod& p) {
         p.spec.node_selector = {{"disk", "ssd"}};
       },
       "node(s) didn't match Pod's node affinity/selector"},
  };
  for (const Case& c : cases) {
    Node n = node("n", 1000, 1000);
    Pod p = pod("p", 100, 100);
    c.change(n, p);
    const NodeState state{
        .node = &n, .requested = {}, .assumed = {}, .pod_count = 0, .host_ports = {}};
    const char* found = obstacle(p.spec, demand_of(p.spec), state);
    EXPECT_STREQ(found, c.expected) << c.name;
  }
}

TEST(Filters, AHostPortIsTakenOncePerProtocol) {
  const Node n = node("n", 1000, 1000);
  Pod p = pod("p", 0, 0);
  p.spec.containers[0].ports = {{"dns", 53, 53, "UDP"}};
  NodeState state{.node = &n, .requested = {}, .assumed = {}, .pod_count = 0, .host_ports = {}};
  state.add(demand_of(p.spec));
  EXPECT_NE(obstacle(p.spec, demand_of(p.spec), state), nullptr);
  p.spec.containers[0].ports[0].protocol = "TCP";
  EXPECT_EQ(obstacle(p.spec, demand_of(p.spec), state), nullptr);
}

TEST(Sampling, LooksAtAPercentageOfLargeClusters) {
  for (const auto& [nodes, wanted] : std::map<std::int64_t, std::int64_t>{
           {50, 50}, {99, 99}, {100, 100}, {1000, 420}, {5000, 500}, {6000, 300}}) {
    EXPECT_EQ(nodes_to_find(nodes, {}), wanted) << nodes;
  }
}

TEST(SchedulingQueue, OrdersByPriorityThenAgeAndBacksOff) {
  SchedulingQueue queue{{}};
  const Instant t = Instant::at(100_s);
  queue.add({"ns", "old"}, 0, t);
  queue.add({"ns", "young"}, 0, t + 1_s);
  queue.add({"ns", "vip"}, 7, t + 2_s);
  EXPECT_EQ(queue.take()->pod.second, "vip");
  EXPECT_EQ(queue.take()->pod.second, "old");
  EXPECT_EQ(queue.take()->pod.second, "young");
  EXPECT_FALSE(queue.take());
  queue.put_unschedulable({"ns", "old"}, t + 3_s);
  EXPECT_EQ(queue.next_look(t + 3_s), Instant::at(120_s));
  queue.move_all(t + 3_s + 500_ms);  // Still backing off, until 104 s.
  EXPECT_FALSE(queue.take());
  EXPECT_EQ(queue.next_look(t + 3_s + 500_ms), Instant::at(104_s));
  queue.look(Instant::at(104_s));
  EXPECT_EQ(queue.take()->attempt, 2);
}

TEST(SchedulingQueue, TriesAPodAgainAfterMoreThanFiveMinutes) {
  SchedulingQueue queue{{}};
  queue.add({"ns", "p"}, 0, Instant::at(0_s));
  ASSERT_TRUE(queue.take());
  queue.put_unschedulable({"ns", "p"}, Instant::at(1_s));
  queue.look(Instant::at(300_s));
  EXPECT_FALSE(queue.take());
  queue.look(Instant::at(330_s));
  EXPECT_TRUE(queue.take());
}

struct World {
  SmallCluster cluster;
  Scheduler scheduler{kScheduler, cluster, cluster, Draws{1}};
  World() {
    cluster.pods_start_by_themselves = false;
    cluster.attach(kScheduler, scheduler);
    scheduler.start();
  }
  std::map<std::string, int> pods_per_node() {
    std::map<std::string, int> count;
    for (const Pod& p : cluster.all<Pod>()) ++count[p.spec.node_name];
    return count;
  }
};

TEST(Scheduler, SpreadsPodsAndNeverOvercommitsWhileBindingsAreOpen) {
  World world;
  for (const char* name : {"a", "b", "c"}) world.cluster.create(node(name, 1000, 4000));
  // All at one instant: only assumed pods can tell that a node is full.
  for (int i = 0; i < 8; ++i) world.cluster.create(pod("p" + std::to_string(i), 400, 100));
  world.cluster.run_for(1_min);
  EXPECT_EQ(world.pods_per_node(),
            (std::map<std::string, int>{{"", 2}, {"a", 2}, {"b", 2}, {"c", 2}}));
  for (const Pod& p : world.cluster.all<Pod>()) {
    if (!p.spec.node_name.empty()) continue;
    const auto* condition = api::find_condition(p.status.conditions, "PodScheduled");
    ASSERT_NE(condition, nullptr);
    EXPECT_EQ(condition->message, "0/3 nodes are available: 3 Insufficient cpu.");
  }
  // Room for the rest comes with a node.
  world.cluster.create(node("d", 1000, 4000));
  world.cluster.run_for(20_s);
  EXPECT_EQ(world.pods_per_node()["d"], 2);
}

TEST(Scheduler, SpreadsTheSetsPodsOverZonesByDefault) {
  World world;
  world.cluster.create(node("a1", 8000, 32000, "a"));
  world.cluster.create(node("a2", 8000, 32000, "a"));
  world.cluster.create(node("a3", 8000, 32000, "a"));
  world.cluster.create(node("b1", 8000, 32000, "b"));
  api::Service service;
  service.meta.name = "web";
  service.meta.namespace_name = "default";
  service.spec.selector = {{"app", "web"}};
  world.cluster.create(service);
  world.cluster.run_for(1_s);
  for (int i = 0; i < 4; ++i) {
    Pod p = pod("p" + std::to_string(i), 10, 10);
    p.meta.labels = {{"app", "web"}};
    world.cluster.create(p);
    world.cluster.run_for(1_s);
  }
  EXPECT_GE(world.pods_per_node()["b1"], 1);
  EXPECT_LE(world.pods_per_node()["b1"], 2);
}

TEST(Scheduler, UnbindsAndTriesAgainWhenBindingFails) {
  World world;
  world.cluster.create(node("a", 1000, 4000));
  int failures = 3;
  world.cluster.interfere = [&](const ports::ApiCall& call) -> std::optional<ports::Outcome> {
    if (call.verb != ports::Verb::Bind || failures == 0) return std::nullopt;
    --failures;
    return ports::Outcome::Unreachable;
  };
  world.cluster.create(pod("p", 900, 100));
  // Attempts at about 0, 1 s, 3 s, 7 s, each rounded up to a whole second.
  world.cluster.run_for(6_s);
  EXPECT_EQ(world.pods_per_node()["a"], 0);
  world.cluster.run_for(5_s);
  EXPECT_EQ(world.pods_per_node()["a"], 1);
}

TEST(Scheduler, TakesUpAfterARestart) {
  SmallCluster cluster;
  cluster.pods_start_by_themselves = false;
  cluster.create(node("a", 1000, 4000));
  cluster.create(pod("p", 600, 100));
  cluster.create(pod("q", 600, 100));
  for (int life = 0; life < 3; ++life) {
    Scheduler scheduler{kScheduler, cluster, cluster, Draws{1}};
    cluster.attach(kScheduler, scheduler);
    scheduler.start();
    cluster.run_for(life == 0 ? 7_ms : 10_s);  // The first dies with a binding in the air.
    cluster.detach(kScheduler);
  }
  int bound = 0;
  for (const Pod& p : cluster.all<Pod>()) bound += p.spec.node_name == "a" ? 1 : 0;
  EXPECT_EQ(bound, 1);
}

}  // namespace
}  // namespace orrery::scheduler
