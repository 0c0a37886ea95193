#include "models/discovery/node_proxy.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/controllers/small_cluster.h"

namespace orrery::discovery {
namespace {

using api::EndpointSlice;
using api::Service;
using orrery::testing::SmallCluster;

struct Published {
  Instant at;
  ports::EndpointTable table;
};

class RecordingDataPlane : public ports::DataPlane {
 public:
  explicit RecordingDataPlane(const ports::Executor& executor) : executor_{executor} {}
  void publish(ports::OwnerId /*owner*/, ports::EndpointTable table) override {
    tables.push_back({executor_.now(), std::move(table)});
  }
  std::vector<Published> tables;

 private:
  const ports::Executor& executor_;
};

Service service() {
  Service s;
  s.meta.name = "web";
  s.meta.namespace_name = "default";
  s.spec.ports = {{"http", "TCP", 80, 8080}};
  return s;
}

EndpointSlice slice(const std::string& name, std::vector<api::Endpoint> endpoints) {
  EndpointSlice s;
  s.meta.name = name;
  s.meta.namespace_name = "default";
  s.meta.labels = {{"kubernetes.io/service-name", "web"}};
  s.ports = {{"http", 8080}};
  s.endpoints = std::move(endpoints);
  return s;
}

api::Endpoint endpoint(const std::string& address, bool ready, bool serving, bool terminating) {
  return {address, ready, serving, terminating, "node", "pod-" + address, "uid-" + address};
}

std::string addresses(const ports::EndpointTable& table) {
  std::string text;
  for (const auto& e : table.endpoints) text += e.address + ":" + std::to_string(e.port) + " ";
  return text;
}

TEST(EndpointTables, UseReadyEndpointsElseThoseThatTerminateAndServe) {
  const auto ready = endpoint("10.0.0.2", true, true, false);
  const auto other = endpoint("10.0.0.1", true, true, false);
  const auto starting = endpoint("10.0.0.3", false, false, false);
  const auto leaving = endpoint("10.0.0.4", false, true, true);
  const auto dying = endpoint("10.0.0.5", false, false, true);
  struct Case {
    const char* name;
    std::vector<api::Endpoint> endpoints;
    const char* expected;
  };
  const std::vector<Case> cases{
      {"ready, in order", {ready, starting, other, leaving}, "10.0.0.1:8080 10.0.0.2:8080 "},
      {"fallback", {starting, leaving, dying}, "10.0.0.4:8080 "},
      {"nobody", {starting, dying}, ""},
  };
  for (const Case& c : cases) {
    const EndpointSlice s = slice("web-1", c.endpoints);
    EXPECT_EQ(addresses(endpoint_tables(service(), {&s}).at(80)), c.expected) << c.name;
  }
}

TEST(EndpointTables, WithInternalTrafficPolicyLocalListOnlyTheirOwnNode) {
  Service local = service();
  local.spec.internal_local = true;
  auto here = endpoint("10.0.0.1", true, true, false);
  auto leaving = endpoint("10.0.0.2", false, true, true);
  auto elsewhere = endpoint("10.0.0.3", true, true, false);
  here.node_name = "a";
  leaving.node_name = "b";
  elsewhere.node_name = "c";
  const EndpointSlice all = slice("s", {here, leaving, elsewhere});
  const auto seen_from = [&](const std::string& node) {
    return addresses(endpoint_tables(local, {&all}, node).at(80));
  };
  EXPECT_EQ(seen_from("a"), "10.0.0.1:8080 ");
  EXPECT_EQ(seen_from("b"), "10.0.0.2:8080 ");  // Nothing ready here: what still serves here.
  EXPECT_EQ(seen_from("d"), "");
  EXPECT_EQ(seen_from(""), "10.0.0.1:8080 10.0.0.3:8080 ");  // Not traffic of the cluster.
  local.spec.internal_local = false;
  EXPECT_EQ(seen_from("d"), "10.0.0.1:8080 10.0.0.3:8080 ");
}

TEST(EndpointTables, WithExternalTrafficPolicyLocalLeadClientsOutsideByWayOfANode) {
  Service local = service();
  local.spec.external_local = true;
  auto on_b = endpoint("10.0.0.1", true, true, false);
  auto on_a = endpoint("10.0.0.2", true, true, false);
  auto on_b_too = endpoint("10.0.0.3", true, true, false);
  auto leaving = endpoint("10.0.0.4", false, true, true);
  on_a.node_name = "a";
  on_b.node_name = on_b_too.node_name = "b";
  leaving.node_name = "c";
  const EndpointSlice all = slice("s", {on_b, on_a, on_b_too, leaving});
  const ports::EndpointTable outside = endpoint_tables(local, {&all}).at(80);
  EXPECT_EQ(addresses(outside), "10.0.0.2:8080 10.0.0.1:8080 10.0.0.3:8080 ");
  EXPECT_EQ(outside.node_ends, (std::vector<std::uint32_t>{1, 3}));
  // Traffic of the cluster goes to every endpoint.
  const ports::EndpointTable inside = endpoint_tables(local, {&all}, "a").at(80);
  EXPECT_EQ(addresses(inside), "10.0.0.1:8080 10.0.0.2:8080 10.0.0.3:8080 ");
  EXPECT_TRUE(inside.node_ends.empty());
  // No node is healthy: what still serves.
  const EndpointSlice last = slice("s", {leaving});
  EXPECT_EQ(endpoint_tables(local, {&last}).at(80).node_ends, std::vector<std::uint32_t>{1});
  EXPECT_TRUE(endpoint_tables(service(), {&all}).at(80).node_ends.empty());
}

TEST(EndpointTables, ByNodeEveryNodeIsAsLikelyAndEveryEndpointOnIt) {
  const std::vector<std::uint32_t> ends{1, 3};
  EXPECT_EQ(ports::endpoint_by_node(ends, 0.0), 0U);
  EXPECT_EQ(ports::endpoint_by_node(ends, 0.49), 0U);
  EXPECT_EQ(ports::endpoint_by_node(ends, 0.5), 1U);
  EXPECT_EQ(ports::endpoint_by_node(ends, 0.74), 1U);
  EXPECT_EQ(ports::endpoint_by_node(ends, 0.75), 2U);
  EXPECT_EQ(ports::endpoint_by_node(ends, 1 - 0x1.0p-53), 2U);
}

TEST(EndpointTables, HeedZoneHintsIfAllReadyEndpointsHaveThem) {
  auto a = endpoint("10.0.0.1", true, true, false);
  auto b = endpoint("10.0.0.2", true, true, false);
  auto starting = endpoint("10.0.0.3", false, false, false);
  a.for_zones = {"A"};
  b.for_zones = {"B"};
  const auto seen_from = [&](const std::string& zone, const Service& of) {
    const EndpointSlice all = slice("s", {a, b, starting});
    return addresses(endpoint_tables(of, {&all}, "node", zone).at(80));
  };
  EXPECT_EQ(seen_from("A", service()), "10.0.0.1:8080 ");
  EXPECT_EQ(seen_from("B", service()), "10.0.0.2:8080 ");
  EXPECT_EQ(seen_from("C", service()), "10.0.0.1:8080 10.0.0.2:8080 ");  // Nobody is for it.
  EXPECT_EQ(seen_from("", service()), "10.0.0.1:8080 10.0.0.2:8080 ");
  Service local = service();
  local.spec.internal_local = true;
  EXPECT_EQ(seen_from("A", local), "10.0.0.1:8080 10.0.0.2:8080 ");
  b.for_zones.clear();
  EXPECT_EQ(seen_from("A", service()), "10.0.0.1:8080 10.0.0.2:8080 ");  // One says nothing.
}

TEST(EndpointTables, SayHowLongAClientKeepsItsEndpoint) {
  Service sticky = service();
  EXPECT_FALSE(endpoint_tables(sticky, {}).at(80).session_affinity);
  sticky.spec.session_affinity = 300_s;
  EXPECT_EQ(endpoint_tables(sticky, {}).at(80).session_affinity, 300_s);
}

TEST(EndpointTables, MergeSlicesAndListAnAddressOnce) {
  const EndpointSlice a = slice("web-1", {endpoint("10.0.0.2", true, true, false)});
  const EndpointSlice b = slice(
      "web-2", {endpoint("10.0.0.1", true, true, false), endpoint("10.0.0.2", true, true, false)});
  EXPECT_EQ(addresses(endpoint_tables(service(), {&a, &b}).at(80)), "10.0.0.1:8080 10.0.0.2:8080 ");
}

TEST(NodeProxy, PublishesTheFirstChangeAtOnceAndThenOncePerPeriod) {
  SmallCluster cluster;
  RecordingDataPlane data_plane{cluster};
  NodeProxy proxy{ports::OwnerId{3}, cluster, cluster, data_plane};
  cluster.attach(ports::OwnerId{3}, proxy);
  proxy.start();
  cluster.run_for(10_s);
  EXPECT_TRUE(data_plane.tables.empty());

  cluster.create(service());
  cluster.run_for(1_s + 500_ms);
  ASSERT_EQ(data_plane.tables.size(), 1u);
  EXPECT_EQ(data_plane.tables[0].at, Instant::at(10_s) + cluster.api_latency);
  EXPECT_EQ(data_plane.tables[0].table.version, 1u);
  EXPECT_TRUE(data_plane.tables[0].table.endpoints.empty());

  const Instant burst = cluster.now();
  cluster.create(slice("web-1", {endpoint("10.0.0.1", true, true, false)}));
  for (int i = 0; i < 5; ++i) {
    cluster.run_for(100_ms);
    cluster.change<EndpointSlice>("default", "web-1", [&](EndpointSlice& s) {
      s.endpoints.push_back(endpoint("10.0.1." + std::to_string(i), true, true, false));
    });
  }
  cluster.run_for(10_s);
  ASSERT_EQ(data_plane.tables.size(), 3u) << "one at once, the rest in one";
  EXPECT_EQ(data_plane.tables[1].at, burst + cluster.api_latency);
  EXPECT_EQ(data_plane.tables[2].at, burst + cluster.api_latency + 1_s);
  EXPECT_EQ(data_plane.tables[2].table.version, 3u);
  EXPECT_EQ(data_plane.tables[2].table.endpoints.size(), 6u);

  // What changes no table is not published.
  cluster.change<EndpointSlice>("default", "web-1",
                                [](EndpointSlice& s) { s.meta.annotations["note"] = "x"; });
  cluster.run_for(5_s);
  EXPECT_EQ(data_plane.tables.size(), 3u);

  cluster.remove<Service>("default", "web");
  cluster.run_for(5_s);
  ASSERT_EQ(data_plane.tables.size(), 4u);
  EXPECT_EQ(data_plane.tables[3].table.version, 4u);
  EXPECT_TRUE(data_plane.tables[3].table.endpoints.empty());
}

TEST(NodeProxy, KeepsItsTablesDuringAnOutageAndCatchesUp) {
  SmallCluster cluster;
  RecordingDataPlane data_plane{cluster};
  NodeProxy proxy{ports::OwnerId{3}, cluster, cluster, data_plane};
  cluster.attach(ports::OwnerId{3}, proxy);
  cluster.create(service());
  cluster.create(slice("web-1", {endpoint("10.0.0.1", true, true, false)}));
  proxy.start();
  cluster.run_for(5_s);
  ASSERT_EQ(data_plane.tables.size(), 1u);
  bool down = true;
  cluster.interfere = [&](const ports::ApiCall&) {
    return down ? std::optional{ports::Outcome::Unreachable} : std::nullopt;
  };
  cluster.close_all_watches();
  cluster.run_for(1_s);
  cluster.remove<EndpointSlice>("default", "web-1");
  cluster.run_for(1_min);
  EXPECT_EQ(data_plane.tables.size(), 1u);
  down = false;
  cluster.run_for(1_min);
  ASSERT_EQ(data_plane.tables.size(), 2u);
  EXPECT_TRUE(data_plane.tables[1].table.endpoints.empty());
}

}  // namespace
}  // namespace orrery::discovery
