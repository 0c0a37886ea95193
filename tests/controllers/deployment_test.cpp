#include "models/controllers/deployment.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "models/controllers/deployment_revisions.h"
#include "tests/controllers/managed_cluster.h"

namespace orrery::controllers {
namespace {

using api::ConditionStatus;
using api::Deployment;
using api::Pod;
using api::ReplicaSet;
using orrery::testing::deployment;
using orrery::testing::ManagedCluster;

const Instant kNow = Instant::at(Duration::seconds(10'000));

/// A Deployment "web" and its sets, as the controller sees them.
struct Case {
  Deployment web = deployment("web", 10, "app:2");
  std::deque<ReplicaSet> sets;
  std::vector<Pod> pods;

  Case() {
    web.meta.uid = "web";
    web.meta.generation = 1;
  }

  /// A set with that image, marked as sized for 10 pods and at most 13; younger than those before.
  ReplicaSet& add(const std::string& image, std::int32_t replicas, std::int32_t available) {
    ReplicaSet set;
    set.meta.name = "web-" + std::to_string(sets.size());
    set.meta.uid = set.meta.name;
    set.meta.namespace_name = "default";
    set.meta.creation = kNow - 1000_s + Duration::seconds(std::ssize(sets));
    set.meta.labels = {{"app", "web"}, {kTemplateHashLabel, set.meta.name}};
    set.meta.owners = {{api::Kind::Deployment, "web", "web", true}};
    set.meta.annotations = {{kDesiredReplicasAnnotation, "10"},
                            {kMaxReplicasAnnotation, "13"},
                            {kRevisionAnnotation, std::to_string(sets.size() + 1)}};
    set.spec.replicas = replicas;
    set.spec.selector.match_labels = set.meta.labels;
    set.spec.pod_template = deployment("web", 1, image).spec.pod_template;
    set.spec.pod_template.labels[kTemplateHashLabel] = set.meta.name;
    set.status.replicas = replicas;
    set.status.ready_replicas = set.status.available_replicas = available;
    sets.push_back(set);
    return sets.back();
  }

  [[nodiscard]] Plan plan(Instant now = kNow) const {
    DeploymentView view;
    view.deployment = &web;
    for (const ReplicaSet& set : sets) view.replica_sets.push_back(&set);
    view.namespace_sets = view.replica_sets;
    for (const Pod& pod : pods) view.pods.push_back(&pod);
    return reconcile_deployment(view, now);
  }

  /// The sets that a plan resizes, and to what; "new" for one that it makes.
  [[nodiscard]] std::map<std::string, int> sizes() const {
    std::map<std::string, int> result;
    for (const Batch& batch : plan().batches) {
      for (const ports::ApiCall& call : batch) {
        if (call.key.kind != api::Kind::ReplicaSet || call.object == nullptr) continue;
        const auto& set = std::get<ReplicaSet>(*call.object);
        for (const ReplicaSet& before : sets) {
          if (before.meta.name != set.meta.name) continue;
          if (before.spec.replicas != set.spec.replicas) {
            result[set.meta.name] = set.spec.replicas;
          }
        }
        if (call.verb == ports::Verb::Create) result["new"] = set.spec.replicas;
      }
    }
    return result;
  }

  [[nodiscard]] std::set<std::string> deleted() const {
    std::set<std::string> names;
    for (const Batch& batch : plan().batches) {
      for (const ports::ApiCall& call : batch) {
        if (call.verb == ports::Verb::Delete) names.insert(call.key.name);
      }
    }
    return names;
  }

  /// The last object of that kind that the plan writes for that name.
  template <class T>
  [[nodiscard]] std::optional<T> written(const std::string& name, Instant now = kNow) const {
    std::optional<T> found;
    for (const Batch& batch : plan(now).batches) {
      for (const ports::ApiCall& call : batch) {
        if (call.object == nullptr || call.key.name != name) continue;
        if (const auto* object = std::get_if<T>(call.object.get())) found = *object;
      }
    }
    return found;
  }
  [[nodiscard]] std::string progressing(Instant now = kNow) const {
    const auto next = written<Deployment>("web", now);
    const api::DeploymentStatus& status = next ? next->status : web.status;
    const auto* condition = api::find_condition(status.conditions, "Progressing");
    return condition != nullptr ? condition->reason : "";
  }
  void set_progressing(ConditionStatus status, const char* reason, Instant at) {
    web.status.conditions = {{"Progressing", status, reason, "", at, at}};
  }
};

using Sizes = std::map<std::string, int>;

// --- 2.3 revisions -------------------------------------------------------------------------------

TEST(Deployment, TheSetOfATemplateIsTheOldestThatHasItWhateverItsHash) {
  Case c;
  c.add("app:1", 10, 10);
  c.add("app:2", 0, 0);
  c.add("app:2", 0, 0);
  EXPECT_EQ(c.sizes(), (Sizes{{"web-1", 3}}));
}

TEST(Deployment, ANewSetAndItsPodsAreToldByTheHashOfTheTemplate) {
  Case c;
  c.web.meta.annotations = {{"team", "shop"},
                            {"kubectl.kubernetes.io/last-applied-configuration", "{}"}};
  c.add("app:1", 10, 10);
  ReplicaSet made;
  for (const Batch& batch : c.plan().batches) {
    if (batch.front().verb == ports::Verb::Create) {
      made = std::get<ReplicaSet>(*batch.front().object);
    }
  }
  const std::string hash = made.meta.labels.at("pod-template-hash");
  EXPECT_EQ(made.meta.name, "web-" + hash);
  EXPECT_EQ(hash.find_first_not_of("bcdfghjklmnpqrstvwxz2456789"), std::string::npos);
  EXPECT_EQ(made.spec.selector.match_labels.at("pod-template-hash"), hash);
  EXPECT_EQ(made.spec.pod_template.labels.at("pod-template-hash"), hash);
  EXPECT_EQ(made.spec.selector.match_labels.at("app"), "web");
  EXPECT_EQ(made.meta.annotations, (api::Labels{{"team", "shop"},
                                                {"deployment.kubernetes.io/revision", "2"},
                                                {"deployment.kubernetes.io/desired-replicas", "10"},
                                                {"deployment.kubernetes.io/max-replicas", "13"}}));
}

TEST(Deployment, RevisionNumbersAreOnlyRaisedAndTheOldOnesRemembered) {
  api::ObjectMeta set;
  raise_revision(set, 3);
  EXPECT_EQ(set.annotations.count(kRevisionHistoryAnnotation), 0U);
  raise_revision(set, 5);
  raise_revision(set, 4);
  raise_revision(set, 9);
  EXPECT_EQ(revision_of(set), 9);
  EXPECT_EQ(set.annotations.at(kRevisionHistoryAnnotation), "3,5");
  for (std::int64_t revision = 1001; revision < 2000; ++revision) raise_revision(set, revision);
  const std::string history = set.annotations.at(kRevisionHistoryAnnotation);
  EXPECT_LE(history.size(), 2000U);
  EXPECT_GT(history.size(), 1990U);
  EXPECT_EQ(history.substr(history.size() - 10), ",1997,1998");
  EXPECT_EQ(history.front(), '1') << "whole numbers are dropped";
}

TEST(Deployment, CarriesTheRevisionOfItsSet) {
  Case c;
  c.web.meta.annotations[kRevisionAnnotation] = "1";
  c.web.status.observed_generation = 1;
  c.add("app:1", 0, 0);
  c.add("app:2", 10, 10);
  c.web.status = c.written<Deployment>("web")->status;
  EXPECT_EQ(c.written<Deployment>("web")->meta.annotations.at(kRevisionAnnotation), "2");
  c.web.meta.annotations[kRevisionAnnotation] = "7";
  EXPECT_FALSE(c.written<Deployment>("web")) << "only ever raised";
}

TEST(Deployment, CleansUpTheOldestEmptySetsBeyondTheLimitWhenComplete) {
  Case c;
  c.web.spec.revision_history_limit = 2;
  for (const char* image : {"app:0", "app:1", "app:3", "app:4"}) {
    c.add(image, 0, 0).status.observed_generation = 0;
  }
  c.add("app:2", 10, 10);
  EXPECT_EQ(c.deleted(), std::set<std::string>{}) << "not yet complete";
  c.web.status.replicas = c.web.status.updated_replicas = c.web.status.available_replicas = 10;
  c.web.status.observed_generation = 1;
  EXPECT_EQ(c.deleted(), (std::set<std::string>{"web-0", "web-1"}));
  c.sets[0].status.replicas = 1;
  EXPECT_EQ(c.deleted(), (std::set<std::string>{"web-1"})) << "no newer one takes its place";
  c.sets[0].status.replicas = 0;
  c.sets[1].meta.generation = 1;
  EXPECT_EQ(c.deleted(), (std::set<std::string>{"web-0"})) << "not yet observed";
  c.sets[1].meta.generation = 0;
  c.sets[3].meta.annotations[kRevisionAnnotation] = "0";
  EXPECT_EQ(c.deleted(), (std::set<std::string>{"web-0", "web-3"})) << "by revision";
  c.web.spec.revision_history_limit = 0;
  EXPECT_EQ(c.deleted().size(), 4U);
  c.web.spec.revision_history_limit = std::numeric_limits<std::int32_t>::max();
  EXPECT_EQ(c.deleted().size(), 0U) << "never";
}

TEST(Deployment, CleansUpWhilePausedToo) {
  Case c;
  c.web.spec.paused = true;
  c.web.spec.revision_history_limit = 0;
  c.set_progressing(ConditionStatus::Unknown, "DeploymentPaused", kNow);
  c.add("app:0", 0, 0);
  c.add("app:1", 10, 10);
  EXPECT_EQ(c.deleted(), (std::set<std::string>{"web-0"}));
}

TEST(Rollback, ToARevisionToThePreviousOneOrNowhere) {
  Case c;
  c.add("app:1", 0, 0);
  c.add("app:3", 0, 0);
  c.add("app:2", 10, 10).meta.annotations["why"] = "now";
  c.sets[0].meta.annotations["why"] = "then";
  c.web.meta.annotations = {{"why", "now"}, {kRevisionAnnotation, "3"}};
  std::vector<const ReplicaSet*> sets;
  for (const ReplicaSet& set : c.sets) sets.push_back(&set);
  const auto image = [&](std::optional<std::int64_t> revision) {
    const auto back = rolled_back(c.web, sets, revision);
    return back ? back->spec.pod_template.spec.containers[0].image : back.error().what;
  };
  EXPECT_EQ(image({}), "app:3") << "the one before the latest";
  EXPECT_EQ(image(0), "app:3");
  EXPECT_EQ(image(1), "app:1");
  EXPECT_EQ(rolled_back(c.web, sets, 3).value(), c.web) << "nothing to do";
  EXPECT_EQ(image(7), "Deployment/default/web has no revision 7");
  EXPECT_EQ(rolled_back(c.web, sets, 7).error().hint, "there are 3, 2, 1");
  const Deployment back = rolled_back(c.web, sets, 1).value();
  EXPECT_EQ(back.spec.pod_template.labels.count(kTemplateHashLabel), 0U);
  EXPECT_EQ(back.meta.annotations, (api::Labels{{"why", "then"}, {kRevisionAnnotation, "3"}}));
  EXPECT_FALSE(rolled_back(c.web, {sets[2]}, {}).has_value());
  c.web.spec.paused = true;
  EXPECT_EQ(image(1), "Deployment/default/web is paused");
}

TEST(Rollback, ByAnnotationIsOneWriteThatTakesTheRequestAway) {
  struct Request {
    const char* revision;
    const char* image;
  };
  for (const Request& request :
       std::vector<Request>{{"1", "app:1"}, {"0", "app:1"}, {"2", "app:2"}, {"9", "app:2"}}) {
    Case c;
    c.add("app:1", 4, 4);
    c.add("app:2", 6, 6);
    c.web.meta.annotations[kRollbackAnnotation] = request.revision;
    EXPECT_EQ(c.plan().batches.size(), 1U);
    const Deployment next = *c.written<Deployment>("web");
    EXPECT_EQ(next.spec.pod_template.spec.containers[0].image, request.image);
    EXPECT_EQ(next.meta.annotations.count(kRollbackAnnotation), 0U);
  }
  Case c;
  c.add("app:1", 10, 10);
  c.web.meta.annotations[kRollbackAnnotation] = "the last one";
  EXPECT_EQ(c.sizes(), (Sizes{{"new", 3}, {"web-0", 8}})) << "no number: no request";
}

TEST(Rollback, RollsTheTemplateBackAndRaisesItsRevision) {
  ManagedCluster world;
  world.restart();
  world.cluster.create(deployment("web", 3));
  const auto image = [&](const std::string& name) {
    std::size_t count = 0;
    world.cluster.each<Pod>([&](const Pod& pod) {
      count += pod.spec.containers[0].image == name && api::is_ready(pod) ? 1U : 0U;
    });
    return count;
  };
  ASSERT_TRUE(world.cluster.run_for(1_min, [&] { return image("app:1") == 3; }));
  world.cluster.change<Deployment>("default", "web", [](Deployment& d) {
    d.spec.pod_template.spec.containers[0].image = "app:2";
  });
  ASSERT_TRUE(world.cluster.run_for(1_min, [&] { return image("app:2") == 3; }));
  world.cluster.run_for(10_s);
  world.cluster.change<Deployment>(
      "default", "web", [](Deployment& d) { d.meta.annotations[kRollbackAnnotation] = "1"; });
  ASSERT_TRUE(world.cluster.run_for(1_min, [&] { return image("app:1") == 3; }));
  world.cluster.run_for(10_s);
  EXPECT_EQ(revision_of(world.cluster.find<Deployment>("default", "web")->meta), 3);
  EXPECT_EQ(world.cluster.all<ReplicaSet>().size(), 2U);
}

// --- 2.4 one sync --------------------------------------------------------------------------------

TEST(Deployment, ThatIsBeingDeletedOnlyReports) {
  Case c;
  c.web.meta.deletion = kNow;
  c.add("app:1", 4, 3);
  EXPECT_EQ(c.plan().batches.size(), 1U);
  EXPECT_EQ(c.written<Deployment>("web")->status.available_replicas, 3);
}

TEST(Deployment, AScalingEventIsDealtWithBeforeTheRollout) {
  Case c;
  c.web.spec.replicas = 20;
  c.add("app:1", 10, 10);
  EXPECT_EQ(c.sizes(), (Sizes{{"web-0", 20}})) << "the only active set; no new one yet";
  c.web.spec.replicas = 10;
  EXPECT_EQ(c.sizes(), (Sizes{{"new", 3}, {"web-0", 8}}));
}

TEST(Deployment, APausedOneMakesNoSetButKeepsTheOneItHasUpToDate) {
  Case c;
  c.web.spec.paused = true;
  c.web.spec.min_ready = 7_s;
  c.set_progressing(ConditionStatus::Unknown, "DeploymentPaused", kNow);
  c.add("app:1", 10, 10);
  EXPECT_EQ(c.sizes(), Sizes{});
  c.add("app:2", 0, 0).meta.annotations[kRevisionAnnotation] = "0";
  const ReplicaSet set = *c.written<ReplicaSet>("web-1");
  EXPECT_EQ(set.spec.min_ready, 7_s);
  EXPECT_EQ(revision_of(set.meta), 2);
  EXPECT_EQ(set.spec.replicas, 0);
}

// --- 2.5 rolling update --------------------------------------------------------------------------

TEST(RollingUpdate, AChangeOfTheNewSetEndsTheSyncItsCreationDoesNot) {
  Case c;
  c.add("app:1", 10, 10);
  EXPECT_EQ(c.sizes(), (Sizes{{"new", 3}, {"web-0", 8}})) << "2 of 10 may be missing";
  c.add("app:2", 0, 0);
  EXPECT_EQ(c.sizes(), (Sizes{{"web-1", 3}}));
  c.sets[1].spec.replicas = 12;  // More than wanted: down at once.
  EXPECT_EQ(c.sizes(), (Sizes{{"web-1", 10}}));
}

TEST(RollingUpdate, ShrinksOldSetsUnavailablePodsFirstOldestFirst) {
  Case c;
  c.add("app:0", 4, 2);
  c.add("app:1", 6, 6);
  c.add("app:2", 3, 3);
  // 13 - 8 - 0 = 5 may go: the two broken ones, then of 11 available 3 more than 8.
  EXPECT_EQ(c.sizes(), (Sizes{{"web-0", 0}, {"web-1", 5}}));
  c.sets[2].status.available_replicas = 0;
  EXPECT_EQ(c.sizes(), (Sizes{{"web-0", 2}})) << "13 - 8 - 3 = 2";
}

TEST(RollingUpdate, MarksEverySetItResizesWithWhatItWasSizedFor) {
  Case c;
  c.web.spec.strategy.max_surge = {4, false};
  c.add("app:1", 10, 10);
  c.add("app:2", 0, 0);
  const ReplicaSet set = *c.written<ReplicaSet>("web-1");
  EXPECT_EQ(set.meta.annotations.at(kDesiredReplicasAnnotation), "10");
  EXPECT_EQ(set.meta.annotations.at(kMaxReplicasAnnotation), "14");
}

// --- 2.6 scaling ---------------------------------------------------------------------------------

TEST(Scaling, WithOneActiveSetGivesItTheSize) {
  Case c;
  c.web.spec.replicas = 4;
  c.add("app:1", 10, 10);
  c.add("app:2", 0, 0);
  EXPECT_EQ(c.sizes(), (Sizes{{"web-0", 4}}));
}

TEST(Scaling, WithNoActiveSetGivesTheNewestTheSize) {
  Case c;
  c.web.spec.paused = true;
  c.web.spec.replicas = 4;
  c.set_progressing(ConditionStatus::Unknown, "DeploymentPaused", kNow);
  c.add("app:0", 0, 0);
  c.add("app:1", 0, 0);
  EXPECT_EQ(c.sizes(), (Sizes{{"web-1", 4}}));
}

TEST(Scaling, ASaturatedNewSetLeavesNothingToTheOldOnes) {
  Case c;
  c.add("app:1", 3, 3).meta.annotations[kDesiredReplicasAnnotation] = "8";
  c.add("app:2", 10, 10);
  EXPECT_EQ(c.sizes(), (Sizes{{"web-0", 0}}));
  c.sets[1].status.available_replicas = 9;
  EXPECT_EQ(c.sizes(), Sizes{}) << "13 of 13: not saturated, in proportion";
}

TEST(Scaling, IsInProportionWhilePausedToo) {
  Case c;
  c.web.spec.paused = true;
  c.web.spec.replicas = 20;
  c.set_progressing(ConditionStatus::Unknown, "DeploymentPaused", kNow);
  c.add("app:1", 8, 8);
  c.add("app:2", 5, 5);
  c.add("app:3", 0, 0);
  EXPECT_EQ(c.sizes(), (Sizes{{"web-0", 15}, {"web-1", 10}})) << "and a set of none stays so";
}

TEST(Scaling, IsNotInProportionWithRecreate) {
  Case c;
  c.web.spec.strategy.recreate = true;
  c.web.spec.replicas = 20;
  c.add("app:1", 8, 8);
  c.add("app:2", 2, 2);
  EXPECT_EQ(c.sizes(), (Sizes{{"web-0", 0}})) << "the old ones go first";
  c.web.spec.paused = true;
  c.set_progressing(ConditionStatus::Unknown, "DeploymentPaused", kNow);
  EXPECT_EQ(c.sizes(), Sizes{});
}

// --- 2.7 recreate --------------------------------------------------------------------------------

TEST(Recreate, WaitsForEveryOldPodThatHasNotEndedThenMakesAllAtOnce) {
  Case c;
  c.web.spec.strategy.recreate = true;
  c.add("app:1", 10, 10);
  EXPECT_EQ(c.sizes(), (Sizes{{"web-0", 0}}));
  c.sets[0].spec.replicas = 0;
  EXPECT_EQ(c.sizes(), Sizes{}) << "its status still reports pods";
  c.sets[0].status.replicas = 0;
  Pod pod;
  pod.meta.owners = {{api::Kind::ReplicaSet, "web-0", "web-0", true}};
  pod.meta.deletion = kNow;
  pod.status.phase = api::PodPhase::Running;
  c.pods = {pod};
  EXPECT_EQ(c.sizes(), Sizes{}) << "a terminating pod holds it back";
  for (const auto phase : {api::PodPhase::Succeeded, api::PodPhase::Failed}) {
    c.pods[0].status.phase = phase;
    EXPECT_EQ(c.sizes(), (Sizes{{"new", 10}})) << "one that has ended does not";
  }
}

// --- 2.8 conditions ------------------------------------------------------------------------------

TEST(DeploymentConditions, CompleteNeedsAllOfUpdatedTotalAvailableAndObserved) {
  Case c;
  c.set_progressing(ConditionStatus::True, "ReplicaSetUpdated", kNow);
  c.web.status.replicas = c.web.status.updated_replicas = c.web.status.ready_replicas =
      c.web.status.available_replicas = 10;
  c.add("app:2", 10, 10);
  EXPECT_EQ(c.progressing(), "NewReplicaSetAvailable");
  c.sets[0].status.available_replicas = 9;
  EXPECT_EQ(c.progressing(), "ReplicaSetUpdated");
  c.sets[0].status.available_replicas = 10;
  c.add("app:1", 0, 0).status.replicas = 1;
  EXPECT_EQ(c.progressing(), "ReplicaSetUpdated") << "an old pod is left";
}

TEST(DeploymentConditions, AnyStepForwardIsProgress) {
  const Instant before = kNow - 300_s;
  struct Step {
    const char* name;
    std::function<void(Case&)> make;
    bool progress;
  };
  const std::vector<Step> steps{
      {"nothing", [](Case&) {}, false},
      {"updated grew", [](Case& c) { c.web.status.updated_replicas = 2; }, true},
      {"old shrank", [](Case& c) { c.web.status.replicas = 14; }, true},
      {"ready grew", [](Case& c) { c.web.status.ready_replicas = 9; }, true},
      {"available grew", [](Case& c) { c.web.status.available_replicas = 9; }, true},
      {"available fell", [](Case& c) { c.web.status.available_replicas = 11; }, false},
      {"updated fell", [](Case& c) { c.web.status.updated_replicas = 4; }, false},
  };
  for (const Step& step : steps) {
    Case c;
    c.set_progressing(ConditionStatus::True, "ReplicaSetUpdated", before);
    c.add("app:1", 10, 8);
    c.add("app:2", 3, 2);
    c.web.status.replicas = 13;
    c.web.status.updated_replicas = 3;
    c.web.status.ready_replicas = c.web.status.available_replicas = 10;
    step.make(c);
    const auto next = c.written<Deployment>("web");
    const auto& conditions = next ? next->status.conditions : c.web.status.conditions;
    const Instant update = api::find_condition(conditions, "Progressing")->last_update;
    EXPECT_EQ(update == kNow, step.progress) << step.name;
  }
}

TEST(DeploymentConditions, TheDeadlineHasPassedStrictlyAfterItAndOnlyReports) {
  Case c;
  c.web.spec.progress_deadline = 60_s;
  c.set_progressing(ConditionStatus::True, "ReplicaSetUpdated", kNow - 60_s);
  c.add("app:1", 8, 8);
  c.add("app:2", 5, 0);
  c.web.status.replicas = 13;
  c.web.status.updated_replicas = 5;
  c.web.status.ready_replicas = c.web.status.available_replicas = 8;
  EXPECT_EQ(c.progressing(), "ReplicaSetUpdated");
  EXPECT_EQ(c.progressing(kNow + 1_ns), "ProgressDeadlineExceeded");
  EXPECT_EQ(c.sizes(), Sizes{}) << "nothing is rolled back";
  c.set_progressing(ConditionStatus::False, "ProgressDeadlineExceeded", kNow);
  EXPECT_EQ(c.progressing(), "ProgressDeadlineExceeded") << "stays until something moves";
  c.set_progressing(ConditionStatus::True, "NewReplicaSetAvailable", kNow - 600_s);
  c.web.status.replicas = 14;  // Not complete any more.
  c.web.status.updated_replicas = 6;
  EXPECT_EQ(c.progressing(), "NewReplicaSetAvailable") << "what was complete never times out";
  c.web.spec.progress_deadline.reset();
  EXPECT_EQ(c.progressing(), "") << "without a deadline there is no such condition";
}

TEST(DeploymentConditions, SayWhichSetWasMadeOrFound) {
  Case c;
  c.add("app:1", 10, 10);
  EXPECT_EQ(c.progressing(), "NewReplicaSetCreated");
  c.add("app:2", 10, 0);
  c.web.status.replicas = 20;
  c.web.status.updated_replicas = 10;
  c.web.status.ready_replicas = c.web.status.available_replicas = 10;
  EXPECT_EQ(c.progressing(), "FoundNewReplicaSet");
}

TEST(DeploymentConditions, PauseAndResumeAreNotedAndTheTimeBetweenDoesNotCount) {
  Case c;
  c.web.spec.progress_deadline = 60_s;
  c.web.spec.paused = true;
  c.set_progressing(ConditionStatus::True, "ReplicaSetUpdated", kNow - 50_s);
  c.add("app:1", 8, 8);
  c.add("app:2", 5, 0);
  c.web.status.replicas = 13;
  c.web.status.updated_replicas = 5;
  c.web.status.ready_replicas = c.web.status.available_replicas = 8;
  EXPECT_EQ(c.progressing(), "DeploymentPaused");
  c.set_progressing(ConditionStatus::Unknown, "DeploymentPaused", kNow);
  EXPECT_EQ(c.progressing(kNow + 1000_s), "DeploymentPaused");
  c.web.spec.paused = false;
  EXPECT_EQ(c.progressing(kNow + 1000_s), "DeploymentResumed");
  c.set_progressing(ConditionStatus::Unknown, "DeploymentResumed", kNow + 1000_s);
  EXPECT_EQ(c.progressing(kNow + 1060_s), "DeploymentResumed");
  EXPECT_EQ(c.progressing(kNow + 1060_s + 1_ns), "ProgressDeadlineExceeded");
  c.set_progressing(ConditionStatus::False, "ProgressDeadlineExceeded", kNow);
  c.web.spec.paused = true;
  EXPECT_EQ(c.progressing(), "ProgressDeadlineExceeded") << "not overwritten by a pause";
}

TEST(DeploymentConditions, AvailableMeansAtMostMaxUnavailableAreMissing) {
  for (const std::int32_t available : {7, 8, 10}) {
    Case c;
    c.add("app:2", 10, available);
    const auto status = c.written<Deployment>("web")->status;
    EXPECT_EQ(api::find_condition(status.conditions, "Available")->status == ConditionStatus::True,
              available >= 8);
  }
}

TEST(DeploymentConditions, ReplicaFailureComesFromTheSetsTheNewOneFirstAndGoesWithThem) {
  Case c;
  const api::Condition failed{"ReplicaFailure", ConditionStatus::True, "FailedCreate", "", {}, {}};
  c.add("app:1", 5, 5).status.conditions = {failed};
  c.sets[0].status.conditions[0].reason = "FailedDelete";
  c.add("app:2", 5, 0).status.conditions = {failed};
  const auto reason = [&] {
    const auto status = c.written<Deployment>("web")->status;
    const auto* condition = api::find_condition(status.conditions, "ReplicaFailure");
    return condition != nullptr ? condition->reason : "";
  };
  EXPECT_EQ(reason(), "FailedCreate");
  c.sets[1].status.conditions.clear();
  EXPECT_EQ(reason(), "FailedDelete");
  c.sets[0].status.conditions.clear();
  c.web.status.conditions = {failed};
  EXPECT_EQ(reason(), "");
}

}  // namespace
}  // namespace orrery::controllers
