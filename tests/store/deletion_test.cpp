#include "models/store/deletion.h"

#include "models/store/eviction.h"
#include "tests/store/store_world.h"

namespace orrery::store {
namespace {

using api::Pod;
using api::PodDisruptionBudget;
using ports::DeltaKind;
using ports::Outcome;
using ports::Propagation;
using ports::Verb;

api::ReplicaSet set_named(const std::string& name) {
  api::ReplicaSet set;
  set.meta.name = name;
  set.meta.namespace_name = "default";
  return set;
}
api::ObjectKey set_key(const std::string& name) { return {api::Kind::ReplicaSet, "default", name}; }

// --- finalizers ----------------------------------------------------------------------------------

TEST(Deletion, WaitsForTheLastFinalizer) {
  StoreWorld world;
  api::ReplicaSet set = set_named("web");
  set.meta.finalizers = {"example.com/a", "example.com/b"};
  world.create(set);
  world.remove(set_key("web"));
  auto held = world.stored<api::ReplicaSet>(set_key("web"));
  EXPECT_EQ(held.meta.deletion, world.now);
  held.meta.finalizers = {"example.com/b"};
  world.write(Verb::Update, held);
  ASSERT_NE(world.server.find(set_key("web")), nullptr);
  held.meta.finalizers.clear();
  const Came last = world.write(Verb::Update, held);
  EXPECT_EQ(last.handled.writes.at(0).kind, DeltaKind::Deleted);
  EXPECT_EQ(world.server.find(set_key("web")), nullptr);
}

TEST(Deletion, OfAPodWithAFinalizerWaitsForItsKubeletAndForIt) {
  StoreWorld world;
  Pod pod = pod_named("p");
  pod.spec.node_name = "h1";
  pod.meta.finalizers = {"batch.kubernetes.io/job-tracking"};
  world.create(pod);
  world.remove(pod_key("p"));
  Pod held = world.stored<Pod>(pod_key("p"));
  held.meta.finalizers.clear();
  world.write(Verb::Update, held);
  ASSERT_NE(world.server.find(pod_key("p")), nullptr) << "its grace period is not over";
  ports::ApiCall now;
  now.verb = Verb::Delete;
  now.key = pod_key("p");
  now.grace = Duration{};
  EXPECT_EQ(world.call(now).handled.writes.at(0).kind, DeltaKind::Deleted);

  world.create(pod);
  EXPECT_EQ(world.call(now).handled.writes.at(0).kind, DeltaKind::Modified);
  held = world.stored<Pod>(pod_key("p"));
  EXPECT_EQ(held.meta.deletion_grace, Duration{});
  held.meta.finalizers.clear();
  EXPECT_EQ(world.write(Verb::Update, held).handled.writes.at(0).kind, DeltaKind::Deleted);
}

TEST(Deletion, OnceAskedForTakesNoNewFinalizers) {
  StoreWorld world;
  api::ReplicaSet set = set_named("web");
  set.meta.finalizers = {"example.com/a"};
  world.create(set);
  world.remove(set_key("web"));
  auto held = world.stored<api::ReplicaSet>(set_key("web"));
  held.meta.finalizers.emplace_back("example.com/late");
  EXPECT_EQ(world.write(Verb::Update, held).outcome, Outcome::Invalid);
}

TEST(Deletion, SaysOnceThatTheGenerationIsNew) {
  StoreWorld world;
  api::ReplicaSet set = set_named("web");
  set.meta.finalizers = {"example.com/a"};
  world.create(set);
  world.remove(set_key("web"));
  EXPECT_TRUE(world.remove(set_key("web")).handled.writes.empty());
  EXPECT_EQ(world.stored<api::ReplicaSet>(set_key("web")).meta.generation, 2);
}

TEST(Deletion, PropagationIsKeptUnlessALaterRequestChangesIt) {
  StoreWorld world;
  world.create(set_named("web"));
  world.remove(set_key("web"), Propagation::Foreground);
  world.remove(set_key("web"));
  EXPECT_EQ(world.stored<api::ReplicaSet>(set_key("web")).meta.finalizers,
            std::vector<std::string>{api::kForegroundFinalizer});
  world.remove(set_key("web"), Propagation::Orphan);
  EXPECT_EQ(world.stored<api::ReplicaSet>(set_key("web")).meta.finalizers,
            std::vector<std::string>{api::kOrphanFinalizer});
  world.remove(set_key("web"), Propagation::Background);
  EXPECT_EQ(world.server.find(set_key("web")), nullptr);
}

// --- eviction ------------------------------------------------------------------------------------

class Eviction : public testing::Test {
 protected:
  Eviction() {
    for (const char* name : {"a", "b"}) {
      Pod pod = pod_named(name);
      pod.meta.labels["app"] = "web";
      pod.spec.node_name = "h1";
      world_.create(pod);
      set_ready(name, true);
    }
  }
  void set_ready(const std::string& name, bool ready) {
    Pod pod = world_.stored<Pod>(pod_key(name));
    pod.status.phase = api::PodPhase::Running;
    pod.status.conditions.clear();
    api::set_condition(pod.status.conditions, "Ready",
                       ready ? api::ConditionStatus::True : api::ConditionStatus::False, "", "",
                       world_.now);
    world_.write(Verb::UpdateStatus, pod);
  }
  void budget(const std::string& name, std::int32_t allowed, std::int32_t healthy,
              std::int32_t desired, bool always = false) {
    PodDisruptionBudget made;
    made.meta.name = name;
    made.meta.namespace_name = "default";
    made.spec.selector = api::LabelSelector{{{"app", "web"}}, {}};
    made.spec.always_evict_unhealthy = always;
    world_.create(made);
    made.status.observed_generation = 1;
    made.status.disruptions_allowed = allowed;
    made.status.current_healthy = healthy;
    made.status.desired_healthy = desired;
    world_.write(Verb::UpdateStatus, made);
  }
  Came evict(const std::string& name) {
    ports::ApiCall call;
    call.verb = Verb::Evict;
    call.key = pod_key(name);
    return world_.call(call);
  }
  [[nodiscard]] PodDisruptionBudget stored_budget(const std::string& name) const {
    return world_.stored<PodDisruptionBudget>({api::Kind::PodDisruptionBudget, "default", name});
  }

  StoreWorld world_;
};

TEST_F(Eviction, TakesOneOfWhatItsBudgetAllowsAndIsRememberedThere) {
  budget("web", 1, 2, 1);
  const Came first = evict("a");
  EXPECT_EQ(first.outcome, Outcome::Ok);
  EXPECT_TRUE(api::meta_of(*first.object).deletion);
  EXPECT_EQ(stored_budget("web").status.disruptions_allowed, 0);
  EXPECT_EQ(stored_budget("web").status.disrupted_pods.at("a"), world_.now);
  const Came second = evict("b");
  EXPECT_EQ(second.outcome, Outcome::Refused);
  EXPECT_NE(second.message.find("disruption budget"), std::string::npos);
  EXPECT_FALSE(world_.stored<Pod>(pod_key("b")).meta.deletion);
}

TEST_F(Eviction, SaysWhyThePodGoesBeforeItGoes) {
  budget("web", 1, 2, 1);
  EXPECT_EQ(evict("a").outcome, Outcome::Ok);
  const Pod evicted = world_.stored<Pod>(pod_key("a"));
  const auto* target = api::find_condition(evicted.status.conditions, "DisruptionTarget");
  ASSERT_NE(target, nullptr);
  EXPECT_EQ(target->status, api::ConditionStatus::True);
  EXPECT_EQ(target->reason, "EvictionByEvictionAPI");
  EXPECT_EQ(target->last_transition, world_.now);
  EXPECT_EQ(evict("b").outcome, Outcome::Refused);
  EXPECT_EQ(
      api::find_condition(world_.stored<Pod>(pod_key("b")).status.conditions, "DisruptionTarget"),
      nullptr);
}

TEST_F(Eviction, WithSeveralBudgetsIsInvalid) {
  budget("one", 1, 2, 1);
  budget("two", 1, 2, 1);
  EXPECT_EQ(evict("a").outcome, Outcome::Invalid);
}

TEST_F(Eviction, WithoutABudgetOrOfAPodThatIsGoingIsADeletion) {
  EXPECT_EQ(evict("a").outcome, Outcome::Ok);
  budget("web", 0, 1, 1);
  EXPECT_EQ(evict("a").outcome, Outcome::Ok);
  EXPECT_EQ(stored_budget("web").status.disrupted_pods.size(), 0U);
}

TEST_F(Eviction, OfAnUnreadyPodIsFreeWhileTheBudgetIsKeptOrItsPolicySaysSo) {
  set_ready("a", false);
  set_ready("b", false);
  budget("web", 0, 0, 1);
  EXPECT_EQ(evict("a").outcome, Outcome::Refused);
  PodDisruptionBudget kept = stored_budget("web");
  kept.status.current_healthy = 1;
  world_.write(Verb::UpdateStatus, kept);
  EXPECT_EQ(evict("a").outcome, Outcome::Ok);
  EXPECT_TRUE(stored_budget("web").status.disrupted_pods.empty());
  kept.status.current_healthy = 0;
  kept.spec.always_evict_unhealthy = true;
  world_.write(Verb::Update, kept);
  world_.write(Verb::UpdateStatus, kept);
  EXPECT_EQ(evict("b").outcome, Outcome::Ok);
}

TEST_F(Eviction, WaitsUntilTheBudgetsControllerHasSeenItsSpec) {
  budget("web", 1, 2, 1);
  PodDisruptionBudget changed = stored_budget("web");
  changed.spec.min_available = api::CountOrPercent{2, false};
  world_.write(Verb::Update, changed);
  EXPECT_EQ(evict("a").outcome, Outcome::Refused);
}

}  // namespace
}  // namespace orrery::store
