#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "models/controllers/claims.h"
#include "models/controllers/controller_manager.h"
#include "models/controllers/endpoint_slices.h"
#include "models/controllers/node_lifecycle.h"
#include "models/controllers/replica_set.h"
#include "tests/controllers/small_cluster.h"

namespace orrery::controllers {
namespace {

using api::Pod;
using orrery::testing::SmallCluster;

const Instant kNow = Instant::at(Duration::seconds(10'000));

Pod ready_pod(const std::string& name, const std::string& node = "n1") {
  Pod p;
  p.meta.name = name;
  p.meta.namespace_name = "default";
  p.meta.uid = name;
  p.meta.labels = {{"app", "web"}};
  p.meta.creation = kNow - 1000_s;
  p.spec.node_name = node;
  p.status.phase = api::PodPhase::Running;
  p.status.pod_ip = "10.0.0." + name;
  const Instant since = kNow - 900_s;
  p.status.conditions = {{"Ready", api::ConditionStatus::True, "", "", since, since}};
  return p;
}

TEST(ReplicaSet, DeletesTheLeastUsefulPodFirst) {
  struct Case {
    const char* rule;
    std::function<void(Pod&)> make_worse;
  };
  const std::vector<Case> cases{
      {"unscheduled", [](Pod& p) { p.spec.node_name.clear(); }},
      {"pending", [](Pod& p) { p.status.phase = api::PodPhase::Pending; }},
      {"unknown", [](Pod& p) { p.status.phase = api::PodPhase::Unknown; }},
      {"not ready", [](Pod& p) { p.status.conditions[0].status = api::ConditionStatus::False; }},
      {"cost",
       [](Pod& p) { p.meta.annotations["controller.kubernetes.io/pod-deletion-cost"] = "-1"; }},
      {"shorter ready", [](Pod& p) { p.status.conditions[0].last_transition = kNow - 10_s; }},
      {"restarts",
       [](Pod& p) {
         p.status.container_statuses.emplace_back();
         p.status.container_statuses.back().restart_count = 1;
       }},
      {"younger", [](Pod& p) { p.meta.creation = kNow - 100_s; }},
  };
  // Every rule outweighs all later ones together.
  for (std::size_t i = 0; i < cases.size(); ++i) {
    Pod worse = ready_pod("1");
    cases[i].make_worse(worse);
    Pod other = ready_pod("0");
    for (std::size_t j = i + 1; j < cases.size(); ++j) {
      if (i == 1 && j == 2) continue;  // Both set the phase.
      cases[j].make_worse(other);
    }
    std::vector<const Pod*> pods{&other, &worse};
    sort_for_deletion(pods, {}, kNow);
    EXPECT_EQ(pods.front(), &worse) << cases[i].rule;
  }
}

TEST(ReplicaSet, PrefersToDeleteWhereItsFamilyIsCrowded) {
  const Pod alone = ready_pod("1", "n1");
  const Pod crowded = ready_pod("2", "n2");
  const Pod neighbour = ready_pod("3", "n2");
  std::vector<const Pod*> pods{&alone, &crowded};
  sort_for_deletion(pods, {&alone, &crowded, &neighbour}, kNow);
  EXPECT_EQ(pods.front(), &crowded);
}

TEST(ReplicaSet, AgesOfOnePowerOfTwoAreEqual) {
  Pod a = ready_pod("1");
  Pod b = ready_pod("2");
  b.status.conditions[0].last_transition = a.status.conditions[0].last_transition + 1_s;
  std::vector<const Pod*> pods{&b, &a};
  sort_for_deletion(pods, {}, kNow);
  EXPECT_EQ(pods.front(), &a) << "uid decides";
}

TEST(ReplicaSet, DifferentAgesOfOnePowerOfTwoAreOrderedByUidBeforeRestartsAreLookedAt) {
  Pod a = ready_pod("1");
  Pod b = ready_pod("2");
  b.status.conditions[0].last_transition = a.status.conditions[0].last_transition + 1_s;
  b.status.container_statuses.emplace_back();
  b.status.container_statuses.back().restart_count = 9;
  std::vector<const Pod*> pods{&b, &a};
  sort_for_deletion(pods, {}, kNow);
  EXPECT_EQ(pods.front(), &a);
  b.status.conditions[0].last_transition = a.status.conditions[0].last_transition;
  sort_for_deletion(pods, {}, kNow);
  EXPECT_EQ(pods.front(), &b) << "ready at one instant: restarts decide";
}

TEST(ReplicaSet, TheOrderOfDeletionIsTotalWhateverThePodsAre) {
  // Three ready times of one power of two and two counts of restarts, in every order of uids.
  std::vector<int> uids{0, 1, 2, 3, 4, 5};
  do {
    std::vector<Pod> all;
    for (std::size_t i = 0; i < uids.size(); ++i) {
      Pod p = ready_pod(std::to_string(uids[i]));
      p.status.conditions[0].last_transition =
          kNow - 900_s + 1_s * static_cast<std::int64_t>(i / 2);
      p.status.container_statuses.emplace_back();
      p.status.container_statuses.back().restart_count = i % 2 == 0 ? 3 : 0;
      all.push_back(p);
    }
    std::vector<const Pod*> pods;
    for (const Pod& p : all) pods.push_back(&p);
    std::vector<const Pod*> reversed{pods.rbegin(), pods.rend()};
    sort_for_deletion(pods, {}, kNow);
    sort_for_deletion(reversed, {}, kNow);
    ASSERT_EQ(pods, reversed);
  } while (std::next_permutation(uids.begin(), uids.end()));
}

TEST(ReplicaSet, StartsSlowly) {
  EXPECT_EQ(slow_start_batches(10, 1), (std::vector<std::int32_t>{1, 2, 4, 3}));
  EXPECT_EQ(slow_start_batches(1, 1), (std::vector<std::int32_t>{1}));
  EXPECT_TRUE(slow_start_batches(0, 1).empty());
}

api::ReplicaSet replica_set(std::int32_t replicas) {
  api::ReplicaSet set;
  set.meta.name = "web";
  set.meta.namespace_name = "default";
  set.spec.replicas = replicas;
  set.spec.selector.match_labels = {{"app", "web"}};
  set.spec.pod_template.labels = {{"app", "web"}};
  return set;
}

TEST(ReplicaSet, TenCreatesOfWhichFiveSucceedAreSevenCalls) {
  SmallCluster cluster;
  cluster.pods_start_by_themselves = false;
  ControllerManager manager{ports::OwnerId{7}, cluster, cluster};
  cluster.attach(ports::OwnerId{7}, manager);
  manager.start();
  int creates = 0;
  bool over = false;  // Only the first plan is looked at.
  cluster.interfere = [&](const ports::ApiCall& call) -> std::optional<ports::Outcome> {
    if (call.verb != ports::Verb::Create || over) return std::nullopt;
    return ++creates > 5 ? std::optional{ports::Outcome::Refused} : std::nullopt;
  };
  cluster.create(replica_set(10));
  // Three batches of 4 ms each, then 5 ms of back-off.
  cluster.run_for(2_ms + 12_ms + 4_ms);
  EXPECT_EQ(creates, 7);
  EXPECT_EQ(cluster.all<Pod>().size(), 5u);
  cluster.run_for(100_ms, [&] {
    const auto set = cluster.find<api::ReplicaSet>("default", "web");
    const auto* failed = api::find_condition(set->status.conditions, "ReplicaFailure");
    return failed != nullptr && failed->reason == "FailedCreate";
  });
  over = true;
  cluster.run_for(1_min);
  EXPECT_EQ(cluster.all<Pod>().size(), 10u);
  const auto set = cluster.find<api::ReplicaSet>("default", "web");
  EXPECT_EQ(api::find_condition(set->status.conditions, "ReplicaFailure"), nullptr);
}

TEST(ReplicaSet, ChangesAtMost500PodsAtOnceAndNoneWhileItAwaitsSome) {
  const api::ReplicaSet set = replica_set(1200);
  ReplicaSetView view;
  view.set = &set;
  std::size_t creates = 0;
  for (const Batch& batch : reconcile_replica_set(view, {}, kNow).batches) {
    creates += batch.front().verb == ports::Verb::Create ? batch.size() : 0;
  }
  EXPECT_EQ(creates, 500u);
  view.may_change_pods = false;
  for (const Batch& batch : reconcile_replica_set(view, {}, kNow).batches) {
    EXPECT_EQ(batch.front().verb, ports::Verb::UpdateStatus);
  }
}

TEST(ReplicaSet, AdoptsAndReportsWhileItAwaitsPods) {
  api::ReplicaSet set = replica_set(3);
  set.meta.uid = "web";
  Pod owned = ready_pod("1");
  owned.meta.owners = {{api::Kind::ReplicaSet, "web", "web", true}};
  Pod orphan = ready_pod("2");
  ReplicaSetView view;
  view.set = &set;
  view.may_change_pods = false;
  view.pods = {&owned, &orphan};
  Plan plan = reconcile_replica_set(view, {}, kNow);
  ASSERT_EQ(plan.batches.size(), 1U);
  EXPECT_EQ(api::meta_of(*plan.batches[0][0].object).owners.size(), 1U);
  view.pods = {&owned};
  plan = reconcile_replica_set(view, {}, kNow);
  ASSERT_EQ(plan.batches.size(), 1U);
  EXPECT_EQ(std::get<api::ReplicaSet>(*plan.batches[0][0].object).status.ready_replicas, 1);
}

TEST(Claims, FollowReferenceSelectorAndDeletion) {
  struct Case {
    const char* name;
    bool controlled, matching, pod_deleted, set_deleted;
    bool owned, adopted, released;
  };
  const std::vector<Case> cases{
      {"kept", true, true, false, false, true, false, false},
      {"kept while the pod goes", true, true, true, false, true, false, false},
      {"kept while the set goes", true, true, false, true, true, false, false},
      {"released", true, false, false, false, false, false, true},
      {"not released by a set that goes", true, false, false, true, false, false, false},
      {"adopted", false, true, false, false, false, true, false},
      {"not adopted while the pod goes", false, true, true, false, false, false, false},
      {"not adopted by a set that goes", false, true, false, true, false, false, false},
      {"a stranger", false, false, false, false, false, false, false},
  };
  for (const Case& c : cases) {
    api::ObjectMeta set;
    set.name = set.uid = "set";
    if (c.set_deleted) set.deletion = kNow;
    Pod p = ready_pod("1");
    if (c.controlled) p.meta.owners = {{api::Kind::ReplicaSet, "set", "set", true}};
    if (c.pod_deleted) p.meta.deletion = kNow;
    const auto claims =
        claim<Pod>(api::Kind::ReplicaSet, set, {&p}, [&](const Pod&) { return c.matching; });
    EXPECT_EQ(claims.owned.size() == 1, c.owned) << c.name;
    EXPECT_EQ(claims.batch.size() == 1, c.adopted || c.released) << c.name;
    if (claims.batch.empty()) continue;
    EXPECT_EQ(api::meta_of(*claims.batch[0].object).owners.size(), c.adopted ? 1U : 0U) << c.name;
  }
}

TEST(Pods, AreActiveUntilTheyEndOrAreAskedTo) {
  for (const auto phase : {api::PodPhase::Pending, api::PodPhase::Running, api::PodPhase::Unknown,
                           api::PodPhase::Succeeded, api::PodPhase::Failed}) {
    Pod p;
    p.status.phase = phase;
    const bool ended = phase == api::PodPhase::Succeeded || phase == api::PodPhase::Failed;
    EXPECT_EQ(api::is_active(p), !ended);
    p.meta.deletion = kNow;
    EXPECT_FALSE(api::is_active(p));
  }
}

TEST(Pods, AreAvailableStrictlyAfterMinReadySeconds) {
  Pod p = ready_pod("1");
  p.status.conditions[0].last_transition = kNow - 10_s;
  EXPECT_FALSE(api::is_available(p, 10_s, kNow));
  EXPECT_TRUE(api::is_available(p, 10_s, kNow + 1_ns));
  p.status.conditions[0].last_transition = kNow;
  EXPECT_TRUE(api::is_available(p, 0_s, kNow)) << "0: as soon as ready";
  p.status.conditions[0].status = api::ConditionStatus::False;
  EXPECT_FALSE(api::is_available(p, 0_s, kNow + 1_min));
}

TEST(ReplicationController, KeepsItsPodsAsAReplicaSetDoes) {
  SmallCluster cluster;
  api::Node node;
  node.meta.name = cluster.node_for_pods;
  cluster.create(node);
  ControllerManager manager{ports::OwnerId{7}, cluster, cluster};
  cluster.attach(ports::OwnerId{7}, manager);
  manager.start();
  api::ReplicationController rc;
  rc.meta.name = "web";
  rc.meta.namespace_name = "default";
  rc.spec.replicas = 3;
  rc.spec.selector = {{"app", "web"}};
  rc.spec.pod_template.labels = {{"app", "web"}};
  Pod orphan = ready_pod("1", "");
  orphan.spec.node_name.clear();
  cluster.create(orphan);
  cluster.create(rc);
  const auto status = [&] {
    return cluster.find<api::ReplicationController>("default", "web")->status;
  };
  ASSERT_TRUE(cluster.run_for(30_s, [&] { return status().available_replicas == 3; }));
  EXPECT_EQ(cluster.all<Pod>().size(), 3U);
  for (const Pod& pod : cluster.all<Pod>()) {
    ASSERT_NE(api::controller_of(pod.meta), nullptr);
    EXPECT_EQ(api::controller_of(pod.meta)->kind, api::Kind::ReplicationController);
  }
  cluster.remove<Pod>("default", "1", Duration{});
  cluster.change<api::ReplicationController>("default", "web",
                                             [](auto& r) { r.spec.replicas = 1; });
  ASSERT_TRUE(cluster.run_for(30_s, [&] { return status().replicas == 1; }));
  cluster.run_for(5_s);
  EXPECT_EQ(cluster.all<Pod>().size(), 1U);
  EXPECT_EQ(status().observed_generation, 2);
}

TEST(ControllerLoop, HasFiveKeysInWorkAtOnce) {
  SmallCluster cluster;
  ControllerManager manager{ports::OwnerId{7}, cluster, cluster};
  cluster.attach(ports::OwnerId{7}, manager);
  for (int i = 0; i < 8; ++i) {
    api::ReplicaSet set = replica_set(1);
    set.meta.name += std::to_string(i);
    set.spec.selector.match_labels = set.spec.pod_template.labels = {{"app", set.meta.name}};
    cluster.create(set);
  }
  manager.start();
  cluster.run_for(5_ms);  // Listed, and the first calls are on their way.
  EXPECT_EQ(cluster.verb_count(ports::Verb::Create), 5U);
}

TEST(EndpointSlices, ConditionsFollowReadinessAndTermination) {
  struct Case {
    bool ready, deleting, publish;
    bool want_ready, want_serving, want_terminating;
  };
  for (const Case& c : std::vector<Case>{{true, false, false, true, true, false},
                                         {false, false, false, false, false, false},
                                         {true, true, false, false, true, true},
                                         {false, true, false, false, false, true},
                                         {false, false, true, true, false, false},
                                         {true, true, true, true, true, true}}) {
    Pod p = ready_pod("1");
    if (!c.ready) p.status.conditions[0].status = api::ConditionStatus::False;
    if (c.deleting) p.meta.deletion = kNow;
    api::Service service;
    service.spec.publish_not_ready_addresses = c.publish;
    const auto endpoint = endpoint_of(p, service);
    ASSERT_TRUE(endpoint);
    EXPECT_EQ(endpoint->ready, c.want_ready);
    EXPECT_EQ(endpoint->serving, c.want_serving);
    EXPECT_EQ(endpoint->terminating, c.want_terminating);
  }
  Pod ended = ready_pod("1");
  ended.status.phase = api::PodPhase::Failed;
  EXPECT_FALSE(endpoint_of(ended, {}));
  Pod no_address = ready_pod("1");
  no_address.status.pod_ip.clear();
  EXPECT_FALSE(endpoint_of(no_address, {}));
}

TEST(EndpointSlices, HoldAHundredEndpointsAndGroupByResolvedPorts) {
  api::Service service;
  service.meta.name = "web";
  service.meta.namespace_name = "default";
  service.spec.selector = {{"app", "web"}};
  service.spec.ports = {{"http", "TCP", 80, std::string{"http"}}};
  std::vector<Pod> pods;
  for (int i = 0; i < 150; ++i) {
    pods.push_back(ready_pod(std::to_string(i)));
    pods.back().spec.containers.emplace_back();
    pods.back().spec.containers[0].ports = {{"http", i < 120 ? 8080 : 9090, 0, "TCP"}};
  }
  ServiceView view;
  view.service = &service;
  for (const Pod& p : pods) view.pods.push_back(&p);
  std::vector<std::pair<int, std::size_t>> slices;
  for (const Batch& batch : reconcile_endpoint_slices(view, {}).batches) {
    const auto& slice = std::get<api::EndpointSlice>(*batch.front().object);
    slices.emplace_back(slice.ports.at(0).port, slice.endpoints.size());
  }
  EXPECT_EQ(slices,
            (std::vector<std::pair<int, std::size_t>>{{8080, 100}, {8080, 20}, {9090, 30}}));
}

}  // namespace
}  // namespace orrery::controllers
