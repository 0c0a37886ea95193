// The EndpointSlice controller at work: whom it lists, when it writes, when it tries again.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/controllers/controller_manager.h"
#include "tests/controllers/small_cluster.h"

namespace orrery::controllers {
namespace {

using api::EndpointSlice;
using orrery::testing::SmallCluster;

api::Service service() {
  api::Service made;
  made.meta.name = "web";
  made.meta.namespace_name = "default";
  made.spec.selector = {{"app", "web"}};
  made.spec.ports = {{"http", "TCP", 80, 8080}};
  return made;
}

/// A cluster with the Service and a Deployment of so many pods behind it, all ready.
struct World {
  explicit World(std::int32_t pods, EndpointSliceConfig config = {}) {
    ControllerManagerConfig all;
    all.endpoint_slice = config;
    all.node_lifecycle.pod_quarantine = 60_min * 24;  // The pods' node has no object.
    manager = std::make_unique<ControllerManager>(kOwner, cluster, cluster, all);
    cluster.attach(kOwner, *manager);
    manager->start();
    cluster.run_for(1_s);
    cluster.create(service());
    cluster.create(testing::deployment("web", pods));
    cluster.run_for(30_s);
  }
  ~World() { cluster.detach(kOwner); }

  [[nodiscard]] std::vector<api::Endpoint> endpoints() const {
    std::vector<api::Endpoint> all;
    cluster.each<EndpointSlice>([&](const EndpointSlice& slice) {
      all.insert(all.end(), slice.endpoints.begin(), slice.endpoints.end());
    });
    return all;
  }
  [[nodiscard]] std::string first_pod() const { return cluster.all<api::Pod>().front().meta.name; }

  static constexpr ports::OwnerId kOwner{1};
  SmallCluster cluster;
  std::unique_ptr<ControllerManager> manager;
};

TEST(EndpointSlices, AreWrittenWithoutABatchingDelay) {
  World world{3};
  ASSERT_EQ(world.endpoints().size(), 3U);
  const Instant before = world.cluster.now();
  world.cluster.change<api::Pod>("default", world.first_pod(), [&](api::Pod& pod) {
    api::set_condition(pod.status.conditions, "Ready", api::ConditionStatus::False, "", "", before);
  });
  const auto one_is_out = [&] {
    std::size_t ready = 0;
    for (const api::Endpoint& endpoint : world.endpoints()) ready += endpoint.ready ? 1 : 0;
    return ready == 2;
  };
  ASSERT_TRUE(world.cluster.run_for(1_s, one_is_out));
  // To the controller and back.
  EXPECT_LE(world.cluster.now() - before, world.cluster.api_latency * 4);
}

TEST(EndpointSlices, ListATerminatingPodUntilItIsGone) {
  World world{2};
  world.cluster.pod_stop = 10_s;
  const std::string name = world.first_pod();
  world.cluster.remove<api::Pod>("default", name);
  world.cluster.run_for(9_s);
  bool listed = false;
  for (const api::Endpoint& endpoint : world.endpoints()) {
    if (endpoint.pod_name != name) continue;
    listed = true;
    EXPECT_TRUE(endpoint.terminating);
    EXPECT_TRUE(endpoint.serving);
    EXPECT_FALSE(endpoint.ready);
  }
  EXPECT_TRUE(listed);
  world.cluster.run_for(2_s);
  for (const api::Endpoint& endpoint : world.endpoints()) EXPECT_NE(endpoint.pod_name, name);
}

TEST(EndpointSlices, FollowPublishNotReadyAddresses) {
  World world{1};
  world.cluster.change<api::Pod>("default", world.first_pod(), [&](api::Pod& pod) {
    api::set_condition(pod.status.conditions, "Ready", api::ConditionStatus::False, "", "",
                       world.cluster.now());
  });
  world.cluster.run_for(1_s);
  EXPECT_FALSE(world.endpoints().at(0).ready);
  world.cluster.change<api::Service>(
      "default", "web", [](api::Service& s) { s.spec.publish_not_ready_addresses = true; });
  world.cluster.run_for(1_s);
  EXPECT_TRUE(world.endpoints().at(0).ready);
  EXPECT_FALSE(world.endpoints().at(0).serving);
}

TEST(EndpointSlices, OfAServiceWithoutSelectorAreLeftToTheUserAndAnExternalNameHasNone) {
  World world{1};
  api::Service manual = service();
  manual.meta.name = "manual";
  manual.spec.selector.clear();
  world.cluster.create(manual);
  EndpointSlice own;
  own.meta.name = "manual-1";
  own.meta.namespace_name = "default";
  own.meta.labels = {{kServiceNameLabel, "manual"}};
  own.endpoints = {{"192.0.2.1", true, true, false, "", "", ""}};
  world.cluster.create(own);
  api::Service external = service();
  external.meta.name = "external";
  external.spec.type = "ExternalName";
  world.cluster.create(external);
  world.cluster.run_for(1_min);
  std::map<std::string, int> slices;
  for (const auto& slice : world.cluster.all<EndpointSlice>()) {
    ++slices[slice.meta.labels.at(kServiceNameLabel)];
  }
  EXPECT_EQ(slices, (std::map<std::string, int>{{"manual", 1}, {"web", 1}}));
  EXPECT_EQ(world.cluster.find<EndpointSlice>("default", "manual-1")->endpoints, own.endpoints);
}

TEST(EndpointSlices, ThatSomebodyElseChangedAreSetRightAfterASecond) {
  World world{2};
  const auto slice = world.cluster.all<EndpointSlice>().front();
  const Instant before = world.cluster.now();
  world.cluster.change<EndpointSlice>("default", slice.meta.name,
                                      [](EndpointSlice& s) { s.endpoints.clear(); });
  ASSERT_TRUE(world.cluster.run_for(10_s, [&] { return world.endpoints().size() == 2; }));
  EXPECT_GE(world.cluster.now() - before, 1_s);
  EXPECT_LE(world.cluster.now() - before, 1_s + 20_ms);
}

TEST(EndpointSlices, WhoseWriteFailsAreTriedAgainAfterOneSecondDoublingFifteenTimes) {
  World world{1};
  std::vector<Instant> tries;
  world.cluster.interfere = [&](const ports::ApiCall& call) -> std::optional<ports::Outcome> {
    if (call.key.kind != api::Kind::EndpointSlice || call.verb != ports::Verb::Update) {
      return std::nullopt;
    }
    tries.push_back(world.cluster.now());
    return ports::Outcome::Refused;
  };
  world.cluster.change<api::Pod>("default", world.first_pod(),
                                 [](api::Pod& pod) { pod.status.pod_ip = "10.9.9.9"; });
  world.cluster.run_for(60_min * 4);
  ASSERT_EQ(tries.size(), 16U);  // The first, and fifteen more.
  for (std::size_t i = 1; i < tries.size(); ++i) {
    const Duration wait = tries[i] - tries[i - 1];
    const Duration wanted = std::min(1_s * (std::int64_t{1} << (i - 1)), 1000_s);
    EXPECT_GE(wait, wanted) << i;
    EXPECT_LE(wait, wanted + 20_ms) << i;
  }
}

}  // namespace
}  // namespace orrery::controllers
