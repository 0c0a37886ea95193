#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "models/controllers/controller_manager.h"
#include "tests/controllers/small_cluster.h"

namespace orrery::controllers {
namespace {

using api::Deployment;
using api::Kind;
using api::Pod;
using api::ReplicaSet;
using orrery::testing::deployment;
using orrery::testing::SmallCluster;
using ports::Propagation;

constexpr ports::OwnerId kManager{7};

/// A controller manager on a cluster whose one node never fails.
struct World {
  SmallCluster cluster;
  std::unique_ptr<ControllerManager> manager;

  World() {
    api::Node node;
    node.meta.name = "node";
    node.status.conditions = {{"Ready", api::ConditionStatus::True, "", "", {}, {}}};
    cluster.create(node);
    restart();
  }
  void restart() {
    if (manager) cluster.detach(kManager);
    ControllerManagerConfig config;
    config.node_lifecycle.monitor_grace = 60_min;
    manager = std::make_unique<ControllerManager>(kManager, cluster, cluster, config);
    cluster.attach(kManager, *manager);
    manager->start();
  }
  void remove(const api::ObjectKey& key, Propagation propagation) {
    ports::ApiCall call;
    call.verb = ports::Verb::Delete;
    call.key = key;
    call.propagation = propagation;
    (void)cluster.act(call);
  }
  /// A Deployment of two ready pods.
  void deploy() {
    cluster.create(deployment("web", 2));
    ASSERT_TRUE(cluster.run_for(1_min, [&] { return ready() == 2; }));
  }
  [[nodiscard]] std::int64_t ready() const {
    std::int64_t count = 0;
    cluster.each<Pod>([&](const Pod& pod) { count += api::is_ready(pod) ? 1 : 0; });
    return count;
  }
  template <class T>
  [[nodiscard]] std::size_t count() const {
    return cluster.all<T>().size();
  }
};

const api::ObjectKey kWeb{Kind::Deployment, "default", "web"};

TEST(Garbage, DeletedInTheBackgroundTheOwnerGoesFirst) {
  World world;
  world.deploy();
  std::vector<Kind> order;
  world.cluster.on_write = [&](const store::Write& write) {
    if (write.kind == ports::DeltaKind::Deleted) order.push_back(api::kind_of(*write.after));
  };
  world.remove(kWeb, Propagation::Background);
  world.cluster.run_for(1_min);
  EXPECT_EQ(order, (std::vector<Kind>{Kind::Deployment, Kind::ReplicaSet, Kind::Pod, Kind::Pod}));
}

TEST(Garbage, DeletedInTheForegroundTheOwnerGoesLast) {
  World world;
  world.deploy();
  std::vector<Kind> order;
  world.cluster.on_write = [&](const store::Write& write) {
    if (write.kind == ports::DeltaKind::Deleted) order.push_back(api::kind_of(*write.after));
  };
  world.remove(kWeb, Propagation::Foreground);
  world.cluster.run_for(1_min);
  EXPECT_EQ(order, (std::vector<Kind>{Kind::Pod, Kind::Pod, Kind::ReplicaSet, Kind::Deployment}));
}

TEST(Garbage, AForegroundDeletionWaitsOnlyForThoseThatBlockIt) {
  World world;
  world.deploy();
  api::ConfigMap map;
  map.meta.name = "note";
  map.meta.namespace_name = "default";
  map.meta.finalizers = {"example.com/stays"};
  map.meta.owners = {
      {Kind::Deployment, "web", world.cluster.find<Deployment>("default", "web")->meta.uid}};
  map.meta.owners[0].controller = false;
  world.cluster.create(map);
  world.cluster.run_for(1_s);
  world.remove(kWeb, Propagation::Foreground);
  world.cluster.run_for(1_min);
  EXPECT_EQ(world.count<Deployment>(), 0U);
  ASSERT_EQ(world.count<api::ConfigMap>(), 1U);
  EXPECT_TRUE(world.cluster.all<api::ConfigMap>()[0].meta.deletion);
}

TEST(Garbage, OrphansStayWithoutTheirOwner) {
  World world;
  world.deploy();
  world.remove(kWeb, Propagation::Orphan);
  world.cluster.run_for(1_min);
  EXPECT_EQ(world.count<Deployment>(), 0U);
  ASSERT_EQ(world.count<ReplicaSet>(), 1U);
  EXPECT_TRUE(world.cluster.all<ReplicaSet>()[0].meta.owners.empty());
  EXPECT_EQ(world.ready(), 2);
}

TEST(Garbage, WhoKeepsAnOwnerLosesOnlyTheReferenceToTheOther) {
  World world;
  world.deploy();
  world.cluster.create(deployment("other", 1));
  world.cluster.run_for(10_s);
  api::ConfigMap map;
  map.meta.name = "shared";
  map.meta.namespace_name = "default";
  for (const char* name : {"web", "other"}) {
    map.meta.owners.push_back(
        {Kind::Deployment, name, world.cluster.find<Deployment>("default", name)->meta.uid});
    map.meta.owners.back().controller = false;
  }
  world.cluster.create(map);
  world.cluster.run_for(1_s);
  world.remove(kWeb, Propagation::Background);
  world.cluster.run_for(1_min);
  const auto shared = world.cluster.find<api::ConfigMap>("default", "shared");
  ASSERT_TRUE(shared);
  ASSERT_EQ(shared->meta.owners.size(), 1U);
  EXPECT_EQ(shared->meta.owners[0].name, "other");
}

TEST(Garbage, IsFoundByACollectorThatStartsAfterwards) {
  for (const Propagation propagation :
       {Propagation::Background, Propagation::Foreground, Propagation::Orphan}) {
    World world;
    world.deploy();
    world.cluster.detach(kManager);
    world.manager.reset();
    world.remove(kWeb, propagation);
    world.cluster.run_for(1_min);
    world.restart();
    world.cluster.run_for(2_min);
    const std::size_t left = propagation == Propagation::Orphan ? 1U : 0U;
    EXPECT_EQ(world.count<Deployment>(), 0U) << to_string(propagation);
    EXPECT_EQ(world.count<ReplicaSet>(), left) << to_string(propagation);
    EXPECT_EQ(world.count<Pod>(), 2 * left) << to_string(propagation);
  }
}

// --- namespaces ----------------------------------------------------------------------------------

TEST(Namespaces, AreEmptiedBeforeTheyGo) {
  World world;
  api::Namespace space;
  space.meta.name = "default-copy";
  world.cluster.create(space);
  Deployment web = deployment("web", 3);
  web.meta.namespace_name = "default-copy";
  world.cluster.create(web);
  api::ConfigMap map;
  map.meta.name = "settings";
  map.meta.namespace_name = "default-copy";
  world.cluster.create(map);
  world.deploy();
  world.cluster.run_for(10_s);
  ASSERT_EQ(world.ready(), 5);
  bool early = false;
  world.cluster.on_write = [&](const store::Write& write) {
    if (api::kind_of(*write.after) != Kind::Namespace) return;
    if (write.kind != ports::DeltaKind::Deleted) return;
    world.cluster.each<Pod>(
        [&](const Pod& pod) { early = early || pod.meta.namespace_name == "default-copy"; });
  };
  world.remove({Kind::Namespace, "", "default-copy"}, Propagation::Default);
  world.cluster.run_for(2_min);
  EXPECT_EQ(world.count<api::Namespace>(), 0U);
  EXPECT_FALSE(early);
  EXPECT_EQ(world.count<Deployment>(), 1U) << "the other namespace keeps its own";
  EXPECT_EQ(world.count<api::ConfigMap>(), 0U);
  EXPECT_EQ(world.ready(), 2);
}

// --- quotas --------------------------------------------------------------------------------------

TEST(ResourceQuota, HoldsASetBackAndSaysSoUntilSomethingIsFreed) {
  World world;
  api::ResourceQuota quota;
  quota.meta.name = "q";
  quota.meta.namespace_name = "default";
  quota.hard = {{"pods", 3}};
  world.cluster.create(quota);
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.cluster.find<api::ResourceQuota>("default", "q")->used.at("pods"), 0);
  world.cluster.create(deployment("web", 2));
  world.cluster.create(deployment("more", 2));
  world.cluster.run_for(30_s);
  EXPECT_EQ(world.count<Pod>(), 3U);
  EXPECT_EQ(world.cluster.find<api::ResourceQuota>("default", "q")->used.at("pods"), 3);
  std::string reason;
  world.cluster.each<ReplicaSet>([&](const ReplicaSet& set) {
    const auto* failure = api::find_condition(set.status.conditions, "ReplicaFailure");
    if (failure != nullptr) reason = failure->message;
  });
  EXPECT_NE(reason.find("exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3"),
            std::string::npos)
      << reason;
  world.cluster.change<Deployment>("default", "web", [](Deployment& d) { d.spec.replicas = 1; });
  EXPECT_TRUE(world.cluster.run_for(20_min, [&] {
    return std::ranges::count_if(world.cluster.all<Pod>(), [](const Pod& pod) {
             return pod.meta.labels.at("app") == "more";
           }) == 2;
  }));
  world.cluster.run_for(1_min);
  EXPECT_EQ(world.cluster.find<api::ResourceQuota>("default", "q")->used.at("pods"), 3);
}

TEST(ResourceQuota, WithScopesCountsThePodsInThemAnew) {
  World world;
  api::Deployment brief = deployment("brief", 2);
  brief.spec.pod_template.spec.active_deadline = 60_min;
  world.cluster.create(brief);
  world.cluster.create(deployment("lasting", 3));
  world.cluster.run_for(30_s);
  const auto add = [&](const char* name, api::QuotaScope scope) {
    api::ResourceQuota quota;
    quota.meta.name = name;
    quota.meta.namespace_name = "default";
    quota.hard = {{"pods", 9}, {"count/pods", 9}};
    quota.scopes = {scope};
    world.cluster.create(quota);
  };
  const auto used = [&](const char* name, const char* resource) {
    return world.cluster.find<api::ResourceQuota>("default", name)->used.at(resource);
  };
  // What was there before the quota is counted by the controller, and so is what goes.
  add("brief", api::QuotaScope::Terminating);
  add("lasting", api::QuotaScope::NotTerminating);
  world.cluster.run_for(10_s);
  EXPECT_EQ(used("brief", "pods"), 2);
  EXPECT_EQ(used("brief", "count/pods"), 2);
  EXPECT_EQ(used("lasting", "pods"), 3);
  world.cluster.change<Deployment>("default", "brief", [](Deployment& d) { d.spec.replicas = 1; });
  world.cluster.run_for(30_s);
  EXPECT_EQ(used("brief", "pods"), 1);
  EXPECT_EQ(used("lasting", "pods"), 3);
}

}  // namespace
}  // namespace orrery::controllers
