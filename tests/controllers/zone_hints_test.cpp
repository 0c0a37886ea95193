// Which zones' clients an endpoint is for: shares by CPU, own zones first, and when neither holds.
#include "models/controllers/zone_hints.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/controllers/endpoint_slices.h"

namespace orrery::controllers {
namespace {

using api::EndpointSlice;

api::Node node(const std::string& name, const std::string& zone, std::int64_t cpu_milli) {
  api::Node made;
  made.meta.name = name;
  if (!zone.empty()) made.meta.labels["topology.kubernetes.io/zone"] = zone;
  made.status.allocatable.cpu_milli = cpu_milli;
  made.status.conditions = {{"Ready", api::ConditionStatus::True, "", "", {}, {}}};
  return made;
}

ZoneView view_of(const std::vector<api::Node>& nodes) {
  std::vector<const api::Node*> pointers;
  for (const api::Node& n : nodes) pointers.push_back(&n);
  return zone_view(pointers);
}

/// A slice with a ready endpoint for each letter: on the node of that name.
EndpointSlice slice_on(const std::string& nodes) {
  EndpointSlice slice;
  for (const char name : nodes) {
    const std::string number = std::to_string(slice.endpoints.size());
    slice.endpoints.push_back(
        {"10.0.0." + number, true, true, false, std::string(1, name), "p" + number, "u" + number});
  }
  return slice;
}

/// The zone each endpoint is for, "-" if for all.
std::string hints_of(const std::vector<EndpointSlice>& slices) {
  std::string text;
  for (const EndpointSlice& slice : slices) {
    for (const api::Endpoint& endpoint : slice.endpoints) {
      text += endpoint.for_zones.empty() ? "-" : endpoint.for_zones.front();
    }
  }
  return text;
}

api::Service shared_by_cpu() {
  api::Service service;
  service.meta.annotations[kTopologyModeAnnotation] = "Auto";
  return service;
}

// Nodes a, b and c stand in zones A, B and C.
struct ShareCase {
  const char* name;
  std::vector<std::int64_t> cpus;
  const char* endpoints;
  const char* want;
};

TEST(ZoneHints, ShareEndpointsByTheCpuOfZones) {
  const std::vector<ShareCase> cases{
      {"one each", {1000, 1000, 1000}, "abc", "ABC"},
      {"fewer endpoints than zones", {1000, 1000, 1000}, "ab", "--"},
      {"one zone only", {1000}, "aa", "--"},
      // 2 : 2 wanted; the zone without endpoints is given two.
      {"a zone without endpoints", {1000, 1000}, "aaaa", "BBAA"},
      // 2.67 and 1.33 wanted, at least ceil(2.22) = 3 and ceil(1.11) = 2: five of four.
      {"nobody may be overloaded by a fifth", {2000, 1000}, "aabb", "----"},
      // 3.33 and 1.67 wanted, at least 3 and 2.
      {"with one more it holds", {2000, 1000}, "aabbb", "AAABB"},
      // 5.5 each: half an endpoint too many is not worth a move.
      {"less than one to give and take stays", {1000, 1000}, "aaaaaabbbbb", "AAAAAABBBBB"},
  };
  const std::string zones = "ABC";
  for (const ShareCase& c : cases) {
    SCOPED_TRACE(c.name);
    std::vector<api::Node> nodes;
    for (std::size_t i = 0; i < c.cpus.size(); ++i) {
      nodes.push_back(
          node(std::string(1, static_cast<char>('a' + i)), zones.substr(i, 1), c.cpus[i]));
    }
    SliceChanges changes;
    changes.creates = {slice_on(c.endpoints)};
    give_zone_hints(shared_by_cpu(), view_of(nodes), false, changes);
    EXPECT_EQ(hints_of(changes.creates), c.want);
  }
}

TEST(ZoneHints, AreNotSharedByCpuWhenANodeIsOfUnknownZone) {
  SliceChanges changes;
  changes.creates = {slice_on("ab")};
  give_zone_hints(shared_by_cpu(),
                  view_of({node("a", "A", 1000), node("b", "B", 1000), node("c", "", 1000)}), false,
                  changes);
  EXPECT_EQ(hints_of(changes.creates), "--");
}

TEST(ZoneHints, CountNoCpuOfControlPlaneNorOfNodesThatAreNotReady) {
  api::Node head = node("a", "A", 9000);
  head.meta.labels["node-role.kubernetes.io/control-plane"] = "";
  api::Node dead = node("b", "A", 9000);
  dead.status.conditions[0].status = api::ConditionStatus::Unknown;
  const ZoneView view = view_of({head, dead, node("c", "A", 1000), node("d", "B", 3000)});
  EXPECT_EQ(view.cpu_share, (std::map<std::string, double>{{"A", 0.25}, {"B", 0.75}}));
  EXPECT_EQ(view.zone_of_node.at("b"), "A");
}

TEST(ZoneHints, LeaveSlicesThatAreStillRight) {
  const ZoneView view = view_of({node("a", "A", 1000), node("b", "B", 1000)});
  EndpointSlice right = slice_on("ab");
  right.endpoints[0].for_zones = {"A"};
  right.endpoints[1].for_zones = {"B"};
  SliceChanges changes;
  changes.unchanged = {&right};
  give_zone_hints(shared_by_cpu(), view, false, changes);
  EXPECT_EQ(changes.unchanged.size(), 1U);
  EXPECT_TRUE(changes.updates.empty());

  EndpointSlice wrong = right;
  wrong.endpoints[0].for_zones = {"C"};  // A zone that has no nodes any more.
  changes.unchanged = {&wrong};
  give_zone_hints(shared_by_cpu(), view, false, changes);
  EXPECT_TRUE(changes.unchanged.empty());
  EXPECT_EQ(hints_of(changes.updates), "AB");
}

TEST(ZoneHints, PreferCloseIsTheOwnZoneOfEachReadyEndpoint) {
  EndpointSlice slice = slice_on("aab?");
  slice.endpoints[1].ready = false;
  SliceChanges changes;
  changes.creates = {slice};
  give_zone_hints({}, view_of({node("a", "A", 1000), node("b", "B", 1000)}), true, changes);
  EXPECT_EQ(hints_of(changes.creates), "A-B-");
}

TEST(ZoneHints, GoWhenNobodyWantsThem) {
  EndpointSlice slice = slice_on("ab");
  slice.endpoints[0].for_zones = {"A"};
  SliceChanges changes;
  changes.unchanged = {&slice};
  give_zone_hints({}, {}, false, changes);
  EXPECT_EQ(hints_of(changes.updates), "--");
  EXPECT_TRUE(changes.unchanged.empty());
}

TEST(ZoneHints, AZoneIsOverloadedByMoreThanAFifth) {
  EndpointSlice slice = slice_on("aaaabb");
  for (std::size_t i = 0; i < 6; ++i) slice.endpoints[i].for_zones = {i < 4 ? "A" : "B"};
  const std::vector<const EndpointSlice*> slices{&slice};
  // B has 2 of 6. With half of the CPUs it needs ceil(3 / 1.2) = 3, with three tenths ceil(1.5)
  // = 2.
  EXPECT_TRUE(zone_overloaded(slices, view_of({node("a", "A", 1000), node("b", "B", 1000)})));
  EXPECT_FALSE(zone_overloaded(slices, view_of({node("a", "A", 7000), node("b", "B", 3000)})));
  EXPECT_TRUE(zone_overloaded(slices, view_of({node("a", "A", 1000)})));  // Hints must go.
  const EndpointSlice none = slice_on("ab");
  EXPECT_FALSE(zone_overloaded({&none}, view_of({node("a", "A", 1000)})));
}

TEST(ZoneHints, AreHeardOnlyFromAServerThatKnowsTrafficDistribution) {
  api::Service service;
  service.meta.name = "web";
  service.spec.selector = {{"app", "web"}};
  service.spec.ports = {{"http", "TCP", 80, 8080}};
  service.spec.prefers_own_zone = true;
  api::Pod pod;
  pod.meta.name = pod.meta.uid = "p";
  pod.meta.labels = {{"app", "web"}};
  pod.spec.node_name = "a";
  pod.status.phase = api::PodPhase::Running;
  pod.status.pod_ip = "10.0.0.1";
  pod.status.conditions = {{"Ready", api::ConditionStatus::True, "", "", {}, {}}};
  ServiceView view;
  view.service = &service;
  view.pods = {&pod};
  view.zones = view_of({node("a", "A", 1000), node("b", "B", 1000)});
  for (const bool knows : {false, true}) {
    EndpointSliceConfig config;
    config.traffic_distribution = knows;
    const Plan plan = reconcile_endpoint_slices(view, config);
    const auto& slice = std::get<EndpointSlice>(*plan.batches.at(0).at(0).object);
    EXPECT_EQ(hints_of({slice}), knows ? "A" : "-");
  }
}

}  // namespace
}  // namespace orrery::controllers
