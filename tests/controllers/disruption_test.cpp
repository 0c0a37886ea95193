#include "models/controllers/disruption.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "tests/controllers/batch_cluster.h"

namespace orrery::controllers {
namespace {

using api::CountOrPercent;
using api::Pod;
using api::PodDisruptionBudget;
using api::PodDisruptionBudgetStatus;

const Instant kNow = Instant::at(10'000_s);

/// `ready` ready pods and `unready` others.
std::deque<Pod> pods_of(int ready, int unready = 0) {
  std::deque<Pod> pods;
  for (int i = 0; i < ready + unready; ++i) {
    Pod& pod = pods.emplace_back();
    pod.meta.name = "p" + std::to_string(i);
    api::set_condition(pod.status.conditions, "Ready",
                       i < ready ? api::ConditionStatus::True : api::ConditionStatus::False, "", "",
                       kNow);
  }
  return pods;
}

PodDisruptionBudgetStatus status_for(const PodDisruptionBudget& budget, const std::deque<Pod>& pods,
                                     std::int32_t scale, bool unscalable = false) {
  DisruptionView view;
  view.budget = &budget;
  for (const Pod& pod : pods) view.pods.push_back(&pod);
  view.scale = scale;
  view.has_unscalable = unscalable;
  const Plan plan = reconcile_disruption(view, {}, kNow);
  if (plan.batches.empty()) return budget.status;
  return std::get<PodDisruptionBudget>(*plan.batches[0][0].object).status;
}

PodDisruptionBudget with_min(CountOrPercent amount) {
  PodDisruptionBudget budget;
  budget.spec.min_available = amount;
  return budget;
}
PodDisruptionBudget with_max(CountOrPercent amount) {
  PodDisruptionBudget budget;
  budget.spec.max_unavailable = amount;
  return budget;
}

TEST(DisruptionBudget, PercentagesRoundUpForBothSides) {
  struct Row {
    PodDisruptionBudget budget;
    std::int32_t scale, healthy, desired, allowed;
  };
  for (const Row& r : std::vector<Row>{{with_min({30, true}), 7, 7, 3, 4},
                                       {with_max({30, true}), 7, 7, 4, 3},
                                       {with_min({50, true}), 7, 7, 4, 3},
                                       {with_max({50, true}), 7, 7, 3, 4},
                                       {with_max({0, false}), 7, 7, 7, 0},
                                       {with_max({9, false}), 7, 7, 0, 7},
                                       {with_max({1, false}), 3, 2, 2, 0}}) {
    const auto status = status_for(r.budget, pods_of(r.healthy), r.scale);
    EXPECT_EQ(status.desired_healthy, r.desired);
    EXPECT_EQ(status.disruptions_allowed, r.allowed);
    EXPECT_EQ(status.expected_pods, r.scale);
  }
}

TEST(DisruptionBudget, ACountOfMinAvailableExpectsTheMatchingPods) {
  const auto status = status_for(with_min({3, false}), pods_of(4, 1), 100);
  EXPECT_EQ(status.expected_pods, 5);
  EXPECT_EQ(status.current_healthy, 4);
  EXPECT_EQ(status.desired_healthy, 3);
  EXPECT_EQ(status.disruptions_allowed, 1);
  EXPECT_EQ(api::find_condition(status.conditions, "DisruptionAllowed")->reason, "SufficientPods");
}

TEST(DisruptionBudget, AllowsNothingWhenItExpectsNothing) {
  EXPECT_EQ(status_for(with_min({0, false}), {}, 0).disruptions_allowed, 0);
  EXPECT_EQ(status_for(with_max({100, true}), pods_of(3), 0).disruptions_allowed, 0)
      << "pods without a controller";
}

TEST(DisruptionBudget, HealthyIsReadyAndNotOnItsWayOut) {
  std::deque<Pod> pods = pods_of(5);
  pods[0].meta.deletion = kNow;
  PodDisruptionBudget budget = with_min({1, false});
  budget.status.disrupted_pods = {{"p1", kNow - 119_s}, {"p2", kNow - 121_s}, {"p0", kNow}};
  const auto status = status_for(budget, pods, 0);
  EXPECT_EQ(status.current_healthy, 3) << "one terminates, one was evicted within 2 min";
  EXPECT_EQ(status.disrupted_pods, (std::map<std::string, Instant>{{"p1", kNow - 119_s}}));
}

TEST(DisruptionBudget, LooksAgainWhenAnEvictionIsForgotten) {
  std::deque<Pod> pods = pods_of(1);
  PodDisruptionBudget budget = with_min({1, false});
  budget.status.disrupted_pods = {{"p0", kNow - 100_s}};
  DisruptionView view;
  view.budget = &budget;
  view.pods = {&pods[0]};
  EXPECT_EQ(reconcile_disruption(view, {}, kNow).look_again_after, 20_s + 1_ns);
}

TEST(DisruptionBudget, OfPodsWhoseControllerHasNoSizeAllowsNothing) {
  EXPECT_EQ(status_for(with_max({1, false}), pods_of(3), 0, true).disruptions_allowed, 0);
  EXPECT_EQ(status_for(with_min({50, true}), pods_of(3), 0, true).disruptions_allowed, 0);
  EXPECT_EQ(status_for(with_min({1, false}), pods_of(3), 0, true).disruptions_allowed, 2)
      << "a count needs no size";
}

TEST(DisruptionBudget, FollowsTheDeploymentOfItsPods) {
  orrery::testing::SmallCluster cluster;
  ControllerManagerConfig config;
  // There is no Node object, for whose absence pods would be deleted.
  config.node_lifecycle.pod_quarantine = Duration::seconds(1'000'000);
  ControllerManager manager{ports::OwnerId{7}, cluster, cluster, config};
  cluster.attach(ports::OwnerId{7}, manager);
  manager.start();
  cluster.create(orrery::testing::deployment("web", 4));
  PodDisruptionBudget budget = with_max({25, true});
  budget.meta.name = "web";
  budget.meta.namespace_name = "default";
  budget.spec.selector = api::LabelSelector{{{"app", "web"}}, {}};
  cluster.create(budget);
  cluster.run_for(20_s);
  const auto status = [&] { return cluster.find<PodDisruptionBudget>("default", "web")->status; };
  EXPECT_EQ(status().expected_pods, 4);
  EXPECT_EQ(status().current_healthy, 4);
  EXPECT_EQ(status().disruptions_allowed, 1);
  const std::uint64_t calls = cluster.call_count();
  cluster.run_for(60_s);
  EXPECT_LE(cluster.call_count(), calls + 5) << "nothing is written when nothing changes";
  cluster.change<api::Deployment>("default", "web",
                                  [](api::Deployment& d) { d.spec.replicas = 9; });
  cluster.run_for(20_s);
  EXPECT_EQ(status().disruptions_allowed, 3) << "25 % of 9 rounds up";
}

}  // namespace
}  // namespace orrery::controllers
