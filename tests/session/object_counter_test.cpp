#include "runner/session/object_counter.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <optional>

#include "models/base/random.h"
#include "runner/scenario/glob.h"
#include "runner/session/run_observer.h"

namespace orrery::session {
namespace {

using api::Kind;
using scenario::ObjectCount;

api::Object pod(const std::string& name, const std::string& node, std::int32_t restarts = 0,
                const std::string& owner_uid = {}) {
  api::Pod made;
  made.meta.name = name;
  made.meta.namespace_name = "default";
  made.meta.uid = "uid-" + name;
  made.spec.node_name = node;
  made.status.container_statuses.resize(1);
  made.status.container_statuses[0].restart_count = restarts;
  if (!owner_uid.empty()) {
    made.meta.owners.push_back({.kind = Kind::Job, .name = "tick-1", .uid = owner_uid});
  }
  return made;
}

std::int64_t value_after(const ObjectCount& query,
                         const std::vector<std::pair<const api::Object*, const api::Object*>>& all,
                         const OwnerChains& owners = {}) {
  ObjectCounter counter{query};
  for (const auto& [before, after] : all) counter.take(before, after, owners);
  return counter.value();
}

TEST(ObjectCounter, CountsWhatMatchesNow) {
  const api::Object a = pod("a", "n1");
  const api::Object b = pod("b", "");
  ObjectCount query;
  query.where.scheduled = true;
  EXPECT_EQ(value_after(query, {{nullptr, &a}, {nullptr, &b}}), 1);
  EXPECT_EQ(value_after(query, {{nullptr, &a}, {&a, nullptr}}), 0);
}

TEST(ObjectCounter, EverCountsWhatIsGoneAndTheMostItWas) {
  const api::Object few = pod("a", "n1", 2);
  const api::Object more = pod("a", "n1", 5);
  ObjectCount query;
  query.sum = "restarts";
  EXPECT_EQ(value_after(query, {{nullptr, &few}, {&few, &more}}), 5);
  EXPECT_EQ(value_after(query, {{nullptr, &few}, {&few, &more}, {&more, nullptr}}), 0);
  query.ever = true;
  EXPECT_EQ(value_after(query, {{nullptr, &few}, {&few, &more}, {&more, nullptr}}), 5);
}

TEST(ObjectCounter, PerNodeIsTheFullestNode) {
  const api::Object a = pod("a", "n1");
  const api::Object b = pod("b", "n2");
  const api::Object c = pod("c", "n2");
  ObjectCount query;
  query.per_node = true;
  EXPECT_EQ(value_after(query, {{nullptr, &a}, {nullptr, &b}, {nullptr, &c}}), 2);
}

TEST(ObjectCounter, OwnersAreFollowedUpToTheLast) {
  api::Job job;
  job.meta.name = "tick-1";
  job.meta.namespace_name = "default";
  job.meta.uid = "job";
  job.meta.owners.push_back({.kind = Kind::CronJob, .name = "tick", .uid = "cron"});
  api::CronJob cron;
  cron.meta.name = "tick";
  cron.meta.namespace_name = "default";
  cron.meta.uid = "cron";
  OwnerChains owners;
  owners.take(cron);
  owners.take(job);
  const api::Object mine = pod("a", "n1", 0, "job");
  const api::Object other = pod("b", "n1");
  ObjectCount query;
  query.where.owner = api::ObjectKey{Kind::CronJob, "default", "tick"};
  EXPECT_EQ(value_after(query, {{nullptr, &mine}, {nullptr, &other}}, owners), 1);
  query.where.owner = {};
  query.where.unowned = true;
  EXPECT_EQ(value_after(query, {{nullptr, &mine}, {nullptr, &other}}, owners), 1);
}

TEST(ObjectCounter, NodesAreCountedByConditionZoneAndTaint) {
  api::Node node;
  node.meta.name = "n1";
  node.meta.uid = "n1";
  node.meta.labels["topology.kubernetes.io/zone"] = "a";
  node.spec.taints.resize(1);
  node.spec.taints[0].key = "dedicated";
  api::Condition ready;
  ready.type = "Ready";
  ready.status = api::ConditionStatus::Unknown;
  node.status.conditions.push_back(ready);
  const api::Object object = node;
  ObjectCount query;
  query.kind = Kind::Node;
  query.where.zone = "a";
  query.where.taint = "dedicated";
  query.where.ready = false;
  query.where.condition = "Ready";
  query.where.condition_status = api::ConditionStatus::Unknown;
  EXPECT_EQ(value_after(query, {{nullptr, &object}}), 1);
  query.where.taint = "other";
  EXPECT_EQ(value_after(query, {{nullptr, &object}}), 0);
}

TEST(Glob, StarsStandForAnything) {
  EXPECT_TRUE(scenario::matches_glob("Pod/default/web-1", "Pod/*/web-*"));
  EXPECT_TRUE(scenario::matches_glob("aXbXc", "a*c"));
  EXPECT_TRUE(scenario::matches_glob("a", "a*"));
  EXPECT_FALSE(scenario::matches_glob("ab", "a*c"));
  EXPECT_FALSE(scenario::matches_glob("ab", "b"));
  EXPECT_FALSE(scenario::matches_glob("aa", "a*aa"));
}

/// A StatefulSet of two, whose pods come from it directly.
TEST(RunObserver, AStatefulSetIsAWorkloadLikeADeployment) {
  RunObserver observer{scenario::Scenario{}};
  api::StatefulSet set;
  set.meta.name = "db";
  set.meta.namespace_name = "default";
  set.meta.uid = "db";
  set.meta.generation = 1;
  set.spec.replicas = 1;
  api::Object object = set;
  observer.on_changes(Instant{}, {{nullptr, &object}});
  std::string why;
  EXPECT_FALSE(observer.steady(why));
  EXPECT_EQ(why, "StatefulSet/default/db has 0 of 1 pods available");

  api::Pod made = std::get<api::Pod>(pod("db-0", "n1"));
  made.meta.owners.push_back({.kind = Kind::StatefulSet, .name = "db", .uid = "db"});
  made.meta.labels["controller-revision-hash"] = "one";
  made.status.phase = api::PodPhase::Running;
  api::set_condition(made.status.conditions, "Ready", api::ConditionStatus::True, "", "",
                     Instant{});
  const api::Object ready_pod = made;
  observer.on_changes(Instant::at(1_s), {{nullptr, &ready_pod}});
  EXPECT_TRUE(observer.steady(why));

  observer.rollout_started(Instant::at(2_s), "new", api::key_of(object));
  set.meta.generation = 2;
  set.status.observed_generation = 2;
  set.status.replicas = set.status.updated_replicas = set.status.available_replicas = 1;
  set.status.current_revision = "one";
  set.status.update_revision = "two";
  object = set;
  observer.on_changes(Instant::at(3_s), {{nullptr, &object}});
  set.status.current_revision = "two";
  object = set;
  observer.on_changes(Instant::at(4_s), {{nullptr, &object}});
  runner::RunResult result;
  observer.finish(result);
  const runner::WorkloadResult& seen = result.workloads.at("StatefulSet/default/db");
  ASSERT_EQ(seen.rollouts.size(), 1U);
  EXPECT_EQ(seen.rollouts[0].completed, Instant::at(4_s));
  // Its only pod is of the old revision while the status asks for the new one.
  EXPECT_EQ(seen.samples.back().updated, 0);
}

/// A call of the timeline's on what is called `name`.
ports::ApiCall call_of(ports::Verb verb, Kind kind, const std::string& name) {
  ports::ApiCall call;
  call.verb = verb;
  call.key = {kind, "default", name};
  return call;
}

/// `apply` and `patch` in either world; what is new starts, it is not rolled out.
TEST(RunObserver, AWriteOfAWorkloadThatWasThereIsARollout) {
  RunObserver observer{scenario::Scenario{}};
  observer.objects_written(Instant::at(2_s), "change", "apply",
                           {call_of(ports::Verb::Update, Kind::ConfigMap, "settings"),
                            call_of(ports::Verb::Update, Kind::Deployment, "web"),
                            call_of(ports::Verb::Create, Kind::Deployment, "new")},
                           "wrote them");
  runner::RunResult result;
  observer.finish(result);
  ASSERT_EQ(result.workloads.size(), 1U);
  EXPECT_EQ(result.workloads.begin()->first,
            runner::workload_name({Kind::Deployment, "default", "web"}));
  const runner::WorkloadResult& web = result.workloads.begin()->second;
  ASSERT_EQ(web.rollouts.size(), 1U);
  EXPECT_EQ(web.rollouts[0].id, "change");
  EXPECT_EQ(web.rollouts[0].started, Instant::at(2_s));
  ASSERT_EQ(result.faults.size(), 1U);
  EXPECT_EQ(result.faults[0].targets,
            (std::vector<std::string>{"ConfigMap/default/settings", "Deployment/default/web",
                                      "Deployment/default/new"}));
}

/// A Deployment, its two ReplicaSets and some pods, of which any may be there or not.
struct Rollout {
  Rollout() {
    deployment.meta.name = "web";
    deployment.meta.namespace_name = "default";
    deployment.spec.pod_template = template_of("v1");
    for (std::size_t i = 0; i < sets.size(); ++i) {
      sets[i].meta.name = sets[i].meta.uid = "web-" + std::to_string(i);
      sets[i].meta.namespace_name = "default";
      sets[i].meta.owners.push_back(
          {.kind = Kind::Deployment, .name = "web", .uid = "d", .controller = true});
      sets[i].spec.pod_template = template_of(i == 0 ? "v1" : "v2");
    }
  }
  static api::PodTemplate template_of(const std::string& image) {
    api::PodTemplate made;
    made.spec.containers.resize(1);
    made.spec.containers[0].image = image;
    return made;
  }

  /// What an observer counts that has seen all of it, and nothing before.
  [[nodiscard]] runner::WorkloadSample counted() const {
    std::vector<api::Object> all{deployment, sets[0], sets[1]};
    for (const auto& [name, pod] : pods) all.emplace_back(pod);
    std::vector<ObjectChange> changes;
    for (const api::Object& object : all) changes.push_back({nullptr, &object});
    RunObserver fresh{scenario::Scenario{}};
    fresh.on_changes(Instant{}, changes);
    return last_of(fresh);
  }
  static runner::WorkloadSample last_of(RunObserver observer) {
    runner::RunResult result;
    observer.finish(result);
    return result.workloads.at("default/web").samples.back();
  }

  api::Deployment deployment;
  std::array<api::ReplicaSet, 2> sets;
  std::map<std::string, api::Pod> pods;
};

TEST(RunObserver, CountsWhatIsThereWhateverWasThereBefore) {
  Rollout now;
  const Draws draws{7};
  RunObserver observer{scenario::Scenario{}};
  const api::Object first = now.sets[0];
  const api::Object second = now.sets[1];
  observer.on_changes(Instant{}, {{nullptr, &first}, {nullptr, &second}});
  std::size_t ready = 0;
  for (std::uint64_t step = 0; step < 2000; ++step) {
    SCOPED_TRACE(step);
    const auto draw = [&](std::uint64_t what, std::uint64_t of) {
      return draws.bits(Purpose::Arrival, step, what) % of;
    };
    const std::string name = "p" + std::to_string(draw(0, 8));
    const auto known = now.pods.find(name);
    std::optional<api::Object> before;
    std::optional<api::Object> after;
    if (known != now.pods.end()) before = known->second;
    const std::uint64_t deed = draw(1, 10);
    if (deed == 0) {
      now.deployment.spec.pod_template = Rollout::template_of(draw(2, 2) == 0 ? "v1" : "v2");
    } else if (deed == 1) {
      before = now.sets[1];
      now.sets[1].spec.pod_template = Rollout::template_of(draw(2, 2) == 0 ? "v2" : "v3");
      after = now.sets[1];
    } else if (deed < 4) {
      now.pods.erase(name);
    } else {
      auto made = std::get<api::Pod>(pod(name, "n1"));
      const api::ReplicaSet& set = now.sets[draw(2, 2)];
      made.meta.uid = name;
      made.meta.owners = {{.kind = Kind::ReplicaSet,
                           .name = set.meta.name,
                           .uid = set.meta.uid,
                           .controller = true}};
      made.spec.containers = set.spec.pod_template.spec.containers;
      if (draw(3, 5) == 0) made.meta.deletion = Instant::at(1_s);
      const bool is_ready = draw(4, 2) == 0;
      api::set_condition(made.status.conditions, "Ready",
                         is_ready ? api::ConditionStatus::True : api::ConditionStatus::False, "",
                         "", Instant{});
      now.pods[name] = made;
      after = made;
    }
    const api::Object deployment = now.deployment;
    std::vector<ObjectChange> changes;
    if (deed > 0 && (before || after)) {
      changes.push_back({before ? &*before : nullptr, after ? &*after : nullptr});
    }
    changes.push_back({&deployment, &deployment});
    observer.on_changes(Instant::at(Duration::seconds(static_cast<std::int64_t>(step))), changes);
    const runner::WorkloadSample seen = Rollout::last_of(observer);
    const runner::WorkloadSample counted = now.counted();
    ASSERT_EQ(seen.total, counted.total);
    ASSERT_EQ(seen.updated, counted.updated);
    ASSERT_EQ(seen.ready, counted.ready);
    ASSERT_EQ(seen.available, counted.available);
    ASSERT_EQ(seen.pods_by_version, counted.pods_by_version);
    ready += static_cast<std::size_t>(seen.ready);
  }
  EXPECT_GT(ready, 1000U);
}

}  // namespace
}  // namespace orrery::session
