#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

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

TEST(NodeHealth, AZoneStopsEvictingWhenMostOfItIsDown) {
  const NodeLifecycleConfig config;
  EXPECT_EQ(eviction_interval({10, 0}, config), 10_s);
  EXPECT_EQ(eviction_interval({9, 11}, config), std::nullopt) << "55 % of a small zone";
  EXPECT_EQ(eviction_interval({10, 11}, config), 10_s) << "52 %";
  EXPECT_EQ(eviction_interval({1, 2}, config), 10_s) << "fewer than three down";
  EXPECT_EQ(eviction_interval({30, 60}, config), 100_s) << "a large zone";
  EXPECT_EQ(eviction_interval({0, 20}, config), 10_s) << "all down: the normal rate";
}

TEST(NodeHealth, ASilentNodeIsTaintedItsPodsGoAfterTheirTolerationAndItComesBack) {
  SmallCluster cluster;
  cluster.pods_start_by_themselves = false;
  ControllerManager manager{ports::OwnerId{7}, cluster, cluster};
  cluster.attach(ports::OwnerId{7}, manager);
  bool lost = false;
  for (const char* name : {"good", "lost"}) {
    api::Node n;
    n.meta.name = name;
    n.meta.labels[kZoneLabel] = name;
    n.status.conditions = {{"Ready", api::ConditionStatus::True, "", "", {}, {}}};
    cluster.create(n);
    api::Lease lease;
    lease.meta.name = name;
    lease.meta.namespace_name = kLeaseNamespace;
    cluster.create(lease);
  }
  std::function<void()> renew = [&] {
    for (const char* name : {"good", "lost"}) {
      if (lost && std::string{name} == "lost") continue;
      cluster.change<api::Lease>(kLeaseNamespace, name,
                                 [&](api::Lease& l) { l.renew_time = cluster.now(); });
    }
    cluster.at(cluster.now() + 10_s, renew);
  };
  renew();
  Pod p = ready_pod("1", "lost");
  p.status.conditions[0].last_transition = Instant{};
  cluster.create(p);
  cluster.change<Pod>("default", "1", [&](Pod& q) { q.status = p.status; });
  manager.start();
  cluster.run_until(Instant::at(100_s));
  lost = true;  // The last renewal was at 100 s.

  const auto taint_count = [&] { return cluster.find<api::Node>("", "lost")->spec.taints.size(); };
  ASSERT_TRUE(cluster.run_for(1_min, [&] { return taint_count() == 2; }));
  EXPECT_GT(cluster.now(), Instant::at(140_s));
  EXPECT_LT(cluster.now(), Instant::at(151_s));
  const Instant tainted = cluster.now();
  cluster.run_for(1_s);
  EXPECT_FALSE(api::is_ready(*cluster.find<Pod>("default", "1")));
  ASSERT_TRUE(cluster.run_for(
      10_min, [&] { return cluster.find<Pod>("default", "1")->meta.deletion.has_value(); }));
  EXPECT_GE(cluster.now() - tainted, 299_s);
  EXPECT_LE(cluster.now() - tainted, 301_s);

  lost = false;
  cluster.change<api::Node>("", "lost", [&](api::Node& n) {
    api::set_condition(n.status.conditions, "Ready", api::ConditionStatus::True, "", "",
                       cluster.now());
  });
  EXPECT_TRUE(cluster.run_for(10_s, [&] { return taint_count() == 0; }));

  cluster.remove<api::Node>("", "lost");
  cluster.run_for(30_s);
  EXPECT_TRUE(cluster.find<Pod>("default", "1"));
  cluster.run_for(15_s);
  EXPECT_FALSE(cluster.find<Pod>("default", "1")) << "40 s after its node went";
}

}  // namespace
}  // namespace orrery::controllers
