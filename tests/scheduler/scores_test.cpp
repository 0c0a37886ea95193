#include "models/scheduler/scores.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/scheduler/scheduler_world.h"

namespace orrery::scheduler {
namespace {

using api::Node;
using api::Pod;
using Scores = std::vector<std::int64_t>;

NodeState state_of(const Node& n) {
  NodeState state;
  state.set_node(&n);
  return state;
}

std::int64_t resources(const Pod& p, const NodeState& state, const ScoringStrategy& strategy = {}) {
  return resources_score(demand_of(p.spec), state, WeightedResources{strategy.resources}, strategy);
}

std::int64_t balance(const Pod& p, const NodeState& state,
                     const std::map<std::string, std::int64_t>& names = {{"cpu", 1},
                                                                         {"memory", 1}}) {
  return balanced_allocation_score(demand_of(p.spec), state, WeightedResources{names});
}

TEST(Scores, LeastAllocatedIsExactAndCountsDefaults) {
  const Node n = node("n", 1000, 1000);
  NodeState state = state_of(n);
  EXPECT_EQ(resources(pod("p", 250, 500), state), (75 + 50) / 2);
  EXPECT_EQ(resources(pod("p", {}, {}), state), (90 + 80) / 2);
  EXPECT_EQ(resources(pod("p", 2000, 500), state), (0 + 50) / 2);
  state.add(demand_of(pod("q", 333, 0).spec));
  EXPECT_EQ(resources(pod("p", 0, 0), state), (66 + 100) / 2);
}

TEST(Scores, LeastAllocatedWeighsResourcesAndDividesInWholeNumbers) {
  const Node n = node("n", 1000, 1000);
  ScoringStrategy strategy;
  strategy.resources = {{"cpu", 2}, {"memory", 1}};
  EXPECT_EQ(resources(pod("p", 250, 500), state_of(n), strategy), (2 * 75 + 50) / 3);
}

TEST(Scores, MostAllocatedIsTheOtherWayRoundAndCapped) {
  const Node n = node("n", 1000, 1000);
  const ScoringStrategy most{ScoringType::MostAllocated, {{"cpu", 1}, {"memory", 1}}, {}};
  EXPECT_EQ(resources(pod("p", 250, 500), state_of(n), most), (25 + 50) / 2);
  EXPECT_EQ(resources(pod("p", 2000, 500), state_of(n), most), (100 + 50) / 2);
}

TEST(Scores, RequestedToCapacityRatioFollowsItsShape) {
  const std::vector<ShapePoint> shape{{0, 0}, {50, 10}, {100, 2}};
  EXPECT_EQ(value_at(shape, 0), 0);
  EXPECT_EQ(value_at(shape, 25), 50);
  EXPECT_EQ(value_at(shape, 50), 100);
  EXPECT_EQ(value_at(shape, 75), 60);
  EXPECT_EQ(value_at(shape, 100), 20);
  EXPECT_EQ(value_at({{10, 3}}, 5), 30);
  EXPECT_EQ(value_at({{10, 3}}, 50), 30);
  const Node n = node("n", 1000, 1000);
  const ScoringStrategy ratio{
      ScoringType::RequestedToCapacityRatio, {{"cpu", 1}, {"memory", 1}}, shape};
  EXPECT_EQ(resources(pod("p", 250, 750), state_of(n), ratio), 55);
  // A resource whose score is 0 does not count, and the mean is rounded.
  EXPECT_EQ(resources(pod("p", 0, 750), state_of(n), ratio), 60);
  EXPECT_EQ(resources(pod("p", 250, 770), state_of(n), ratio), 54);  // (50 + 57) / 2 = 53.5
  // More than there is counts as full.
  EXPECT_EQ(resources(pod("p", 3000, 750), state_of(n), ratio), (20 + 60) / 2);
}

TEST(Scores, ExtendedResourcesCountOnlyForPodsThatAskForThem) {
  Node n = node("n", 1000, 1000);
  n.status.allocatable.extended["example.com/gpu"] = 4;
  ScoringStrategy strategy;
  strategy.resources = {{"example.com/gpu", 1}};
  Pod p = pod("p", 100, 100);
  EXPECT_EQ(resources(p, state_of(n), strategy), 0);
  p.spec.containers[0].requests.extended["example.com/gpu"] = 1;
  EXPECT_EQ(resources(p, state_of(n), strategy), 75);
}

TEST(Scores, BalancedAllocationIsLowerTheMoreTheSharesDiffer) {
  const Node n = node("n", 1000, 1000);
  EXPECT_EQ(balance(pod("p", 500, 500), state_of(n)), 100);
  EXPECT_EQ(balance(pod("p", 500, 250), state_of(n)), 87);
  EXPECT_EQ(balance(pod("p", 1000, 0), state_of(n)), 50);
  EXPECT_EQ(balance(pod("p", 5000, 0), state_of(n)), 50);  // No share is above 1.
}

TEST(Scores, BalancedAllocationCountsRealRequestsOnly) {
  const Node n = node("n", 1000, 1000);
  EXPECT_EQ(balance(pod("p", {}, {}), state_of(n)), 100);
}

TEST(Scores, BalancedAllocationOfThreeResourcesUsesTheStandardDeviation) {
  Node n = node("n", 1000, 1000);
  n.status.allocatable.extended["example.com/gpu"] = 4;
  Pod p = pod("p", 1000, 500);
  p.spec.containers[0].requests.extended["example.com/gpu"] = 0;
  const std::map<std::string, std::int64_t> three{
      {"cpu", 1}, {"example.com/gpu", 1}, {"memory", 1}};
  EXPECT_EQ(balance(p, state_of(n), three), 75);  // The card is not asked for: two shares, 1 and ½.
  p.spec.containers[0].requests.extended["example.com/gpu"] = 1;
  // Shares 1, ¼, ½: mean 0.583, deviation 0.312.
  EXPECT_EQ(balance(p, state_of(n), three), 68);
}

TEST(Scores, ResourcesOfWhichANodeHasNoneAreSkipped) {
  const Node n = node("n", 1000, 0);
  EXPECT_EQ(balance(pod("p", 250, 0), state_of(n)), 100);
  EXPECT_EQ(resources(pod("p", 250, 0), state_of(n)), 75);
}

TEST(Scores, TaintTolerationIsReversedAgainstTheWorstNode) {
  Sight sight;
  Node a = node("a", 1, 1);
  Node b = node("b", 1, 1);
  b.spec.taints = {{"k", "v", "PreferNoSchedule", {}}};
  Node c = node("c", 1, 1);
  c.spec.taints = {{"k", "v", "PreferNoSchedule", {}},
                   {"l", "v", "PreferNoSchedule", {}},
                   {"m", "v", "PreferNoSchedule", {}}};
  const std::vector<Slot> slots{sight.add(a), sight.add(b), sight.add(c)};
  EXPECT_EQ(taint_toleration_scores({}, sight.state, slots), (Scores{100, 67, 0}));
  Pod p = pod("p", 1, 1);
  p.spec.tolerations = {{"", true, "", "", {}}};
  EXPECT_EQ(taint_toleration_scores(p.spec, sight.state, slots), (Scores{100, 100, 100}));
}

TEST(Scores, NodeAffinityIsTheShareOfTheLargestWeight) {
  Sight sight;
  Node a = node("a", 1, 1);
  a.meta.labels["disk"] = "ssd";
  Node b = node("b", 1, 1);
  b.meta.labels["disk"] = "hdd";
  Pod p = pod("p", 1, 1);
  using Operator = api::SelectorRequirement::Operator;
  p.spec.affinity.node.preferred = {
      {30, {{{"disk", Operator::In, {"ssd"}}}, {}}},
      {20, {{{"disk", Operator::Exists, {}}}, {}}},
      {99, {}},  // A term without requirements prefers nothing.
  };
  const std::vector<Slot> slots{sight.add(a), sight.add(b), sight.add(node("c", 1, 1))};
  EXPECT_EQ(node_affinity_scores(p.spec, sight.state, slots), (Scores{100, 40, 0}));
  p.spec.affinity.node.preferred.clear();
  EXPECT_EQ(node_affinity_scores(p.spec, sight.state, slots), (Scores{0, 0, 0}));
}

TEST(Scores, TopologySpreadIsExactForTheDefaultConstraints) {
  Sight sight;
  const std::vector<Slot> slots{sight.add(node("a", 9000, 9000, "x")),
                                sight.add(node("b", 9000, 9000, "y"))};
  const api::Labels labels{{"app", "web"}};
  sight.put(labelled(pod("1", 1, 1), labels), "a");
  sight.put(labelled(pod("2", 1, 1), labels), "a");
  sight.put(labelled(pod("3", 1, 1), labels), "b");
  const Pod p = labelled(pod("p", 1, 1), labels);
  const auto shape = sight.shape(p, select(labels));
  // Both labels make two domains, so the weight is ln 4 = 1.386. Node a: 2 * 1.386 + 2 for the
  // host, 2 * 1.386 + 4 for the zone, 11.55 -> 12. Node b: 1.386 + 2 + 1.386 + 4 = 8.77 -> 9.
  // 100 (12 + 9 - 12) / 12 and 100 (12 + 9 - 9) / 12.
  EXPECT_EQ(topology_spread_scores(*shape, p.spec, sight.state, slots, slots), (Scores{75, 100}));
}

TEST(Scores, TopologySpreadOfOwnConstraintsGivesNothingToNodesWithoutTheLabel) {
  Sight sight;
  const std::vector<Slot> slots{sight.add(node("a", 1, 1, "x")), sight.add(node("b", 1, 1))};
  Pod p = pod("p", 1, 1);
  api::TopologySpreadConstraint constraint;
  constraint.topology_key = controllers::kZoneLabel;
  constraint.schedule_anyway = true;
  constraint.selector = select({});
  p.spec.topology_spread = {constraint};
  const auto own = sight.shape(p);
  EXPECT_EQ(topology_spread_scores(*own, p.spec, sight.state, slots, slots), (Scores{100, 0}));
  // The default ones let a node without zone count by its name.
  p.spec.topology_spread.clear();
  const auto by_default = sight.shape(p, select({{"app", "web"}}));
  // Skews of 3 and 5: 2 + 4 = 6 against 2: 100 (6 + 2 - 6) / 6 and 100.
  EXPECT_EQ(topology_spread_scores(*by_default, p.spec, sight.state, slots, slots),
            (Scores{33, 100}));
}

TEST(Scores, TopologySpreadDoesNotCountTerminatingPods) {
  Sight sight;
  const std::vector<Slot> slots{sight.add(node("a", 1, 1)), sight.add(node("b", 1, 1))};
  const api::Labels labels{{"app", "web"}};
  Pod leaving = labelled(pod("1", 1, 1), labels);
  leaving.meta.deletion = Instant::at(1_s);
  sight.put(leaving, "a");
  const Pod p = labelled(pod("p", 1, 1), labels);
  const auto shape = sight.shape(p, select(labels));
  EXPECT_EQ(topology_spread_scores(*shape, p.spec, sight.state, slots, slots), (Scores{100, 100}));
}

TEST(Scores, PodAffinityCountsWantedAndUnwantedPodsInTheDomain) {
  Sight sight;
  const std::vector<Slot> slots{sight.add(node("a", 9, 9, "x")), sight.add(node("b", 9, 9, "x")),
                                sight.add(node("c", 9, 9, "y")), sight.add(node("d", 9, 9, "z"))};
  sight.put(labelled(pod("1", 1, 1), {{"app", "cache"}}), "a");
  sight.put(labelled(pod("2", 1, 1), {{"app", "noise"}}), "c");
  Pod p = pod("p", 1, 1);
  p.spec.affinity.pod.preferred = {{10, term({{"app", "cache"}}, controllers::kZoneLabel)}};
  p.spec.affinity.anti.preferred = {{5, term({{"app", "noise"}}, controllers::kZoneLabel)}};
  const auto shape = sight.shape(p);
  // 10, 10, -5, 0: from -5 to 10.
  EXPECT_EQ(pod_affinity_scores(*shape, sight.state, slots, slots), (Scores{100, 100, 0, 33}));
}

TEST(Scores, PodAffinityHeedsTheTermsOfPodsThatAreThere) {
  Sight sight;
  const std::vector<Slot> slots{sight.add(node("a", 9, 9)), sight.add(node("b", 9, 9)),
                                sight.add(node("c", 9, 9)), sight.add(node("d", 9, 9))};
  Pod wants = pod("1", 1, 1);
  wants.spec.affinity.pod.required = {term({{"app", "web"}}, kHostnameLabel)};
  sight.put(wants, "a");
  Pod likes = pod("2", 1, 1);
  likes.spec.affinity.pod.preferred = {{3, term({{"app", "web"}}, kHostnameLabel)}};
  sight.put(likes, "b");
  Pod dislikes = pod("3", 1, 1);
  dislikes.spec.affinity.anti.preferred = {{1, term({{"app", "web"}}, kHostnameLabel)}};
  sight.put(dislikes, "c");
  const Pod p = labelled(pod("p", 1, 1), {{"app", "web"}});
  // Required affinity counts 1: 1, 3, -1, 0.
  EXPECT_EQ(pod_affinity_scores(*sight.shape(p), sight.state, slots, slots),
            (Scores{50, 100, 0, 25}));
  const Pod other = labelled(pod("q", 1, 1), {{"app", "db"}});
  EXPECT_EQ(pod_affinity_scores(*sight.shape(other), sight.state, slots, slots),
            (Scores{0, 0, 0, 0}));
}

TEST(Scores, ImageLocalityIsBySizeAndShareOfNodes) {
  Sight sight;
  Node a = node("a", 1, 1);
  a.status.images = {{"big:1", 2000 * kMi}, {"small:1", 20 * kMi}, {"untagged:latest", 1023 * kMi}};
  Node b = node("b", 1, 1);
  b.status.images = {{"big:1", 2000 * kMi}};
  const std::vector<Slot> slots{sight.add(a), sight.add(b), sight.add(node("c", 1, 1)),
                                sight.add(node("d", 1, 1))};
  const auto score = [&](const std::vector<std::string>& images, Slot slot) {
    Pod p = pod("p", 1, 1);
    p.spec.containers.clear();
    for (const std::string& image : images) {
      p.spec.containers.emplace_back().image = image;
    }
    return image_locality_score(*sight.shape(p)->rules, sight.state, slot, 4);
  };
  // 2000 MiB on half of the nodes count 1000.
  EXPECT_EQ(score({"big:1"}, slots[0]), 100);
  EXPECT_EQ(score({"big:1"}, slots[2]), 0);
  EXPECT_EQ(score({"small:1"}, slots[0]), 0);
  // A quarter of 1023 MiB is 255.75: 100 * 232.75 / 977.
  EXPECT_EQ(score({"untagged"}, slots[0]), 23);
  // Two containers: 100 * (1000 - 23) / (2000 - 23).
  EXPECT_EQ(score({"big:1", "small:2"}, slots[1]), 49);
}

TEST(Scores, AreWeighedAndAddedUp) {
  Sight sight;
  Node a = node("a", 1000, 1000);
  a.meta.labels["disk"] = "ssd";
  Node b = node("b", 1000, 1000);
  b.spec.taints = {{"k", "v", "PreferNoSchedule", {}}};
  const std::vector<Slot> slots{sight.add(a), sight.add(b)};
  sight.put(pod("1", 500, 0), "a");
  Pod p = pod("p", 100, 100);
  p.spec.affinity.node.preferred = {
      {1, {{{"disk", api::SelectorRequirement::Operator::Exists, {}}}, {}}}};
  const auto shape = sight.shape(p);
  // Least: (40 + 90) / 2 = 65 against 90. Balance: shares 0.6 and 0.1, 75, against 100.
  EXPECT_EQ(total_scores({sight.state, *shape, p, sight.plugins, slots, slots, Draws{1}, 0}),
            (Scores{3 * 100 + 2 * 100 + 65 + 75, 0 + 0 + 90 + 100}));
  sight.plugins.weights = {};
  sight.plugins.weights[static_cast<std::size_t>(ScorePlugin::FirstFit)] = 1;
  EXPECT_EQ(total_scores({sight.state, *shape, p, sight.plugins, slots, slots, Draws{1}, 0}),
            (Scores{0, -1}));
}

TEST(Sampling, LooksAtAPercentageOfLargeClusters) {
  for (const auto& [nodes, wanted] : std::map<std::int64_t, std::int64_t>{
           {50, 50}, {99, 99}, {100, 100}, {1000, 420}, {5000, 500}, {6000, 300}}) {
    EXPECT_EQ(nodes_to_find(nodes, {}), wanted) << nodes;
  }
  SchedulerConfig config;
  config.percentage_of_nodes_to_score = 20;
  EXPECT_EQ(nodes_to_find(1000, config), 200);
  EXPECT_EQ(nodes_to_find(300, config), 100);
  config.percentage_of_nodes_to_score = 100;
  EXPECT_EQ(nodes_to_find(1000, config), 1000);
}

TEST(Sampling, ZonesTakeTurns) {
  Sight sight;
  sight.add(node("a1", 1, 1, "a"));
  sight.add(node("a2", 1, 1, "a"));
  sight.add(node("b1", 1, 1, "b"));
  sight.add(node("a3", 1, 1, "a"));
  std::vector<std::string> names;
  for (const Slot slot : sight.nodes()) names.push_back(sight.state.node(slot).node->meta.name);
  EXPECT_EQ(names, (std::vector<std::string>{"a1", "b1", "a2", "a3"}));
  sight.state.remove_node("a1");
  EXPECT_EQ(sight.state.node(sight.nodes()[0]).node->meta.name, "a2");
}

}  // namespace
}  // namespace orrery::scheduler
