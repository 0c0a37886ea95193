/// @file
/// Callers that prefer their own zone, and hosts that start slowly.
#include "sim/traffic/localities.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

using resilience::HostView;
using resilience::PriorityLoadConfig;
using resilience::RoutePolicy;
using resilience::ZoneAwareConfig;

constexpr std::uint64_t kSeed = 7;

RoutePolicy prefers(resilience::LocalityConfig locality) {
  RoutePolicy policy;
  policy.balancer = resilience::RoundRobinConfig{};
  policy.locality = locality;
  return policy;
}

std::vector<std::uint32_t> sizes(const Localities& localities) {
  std::vector<std::uint32_t> counts;
  for (const HostPart& part : localities.parts()) counts.push_back(part.count);
  return counts;
}

TEST(Localities, AreTheOwnZoneAndThenEachOtherOrAllOthers) {
  const RoutePolicy by_zone = prefers(ZoneAwareConfig{});
  Localities zones{by_zone, 1};
  EXPECT_TRUE(zones.is_before(1, 0));
  EXPECT_FALSE(zones.is_before(0, 1));
  EXPECT_TRUE(zones.is_before(0, 2));
  zones.take_hosts(std::vector<std::uint32_t>{1, 1, 0, 2, 2});
  EXPECT_EQ(sizes(zones), (std::vector<std::uint32_t>{2, 1, 2}));
  EXPECT_EQ(zones.parts()[2].first, 3U);
  const RoutePolicy by_priority = prefers(PriorityLoadConfig{});
  Localities priorities{by_priority, 1};
  priorities.take_hosts(std::vector<std::uint32_t>{1, 1, 0, 2, 2});
  EXPECT_EQ(sizes(priorities), (std::vector<std::uint32_t>{2, 3}));
  priorities.take_hosts(std::vector<std::uint32_t>{0, 2});
  EXPECT_EQ(sizes(priorities), (std::vector<std::uint32_t>{0, 2})) << "the own zone comes first";
}

// 140 % of what is healthy: five of seven carry all; below, the rest goes elsewhere.
TEST(Localities, GiveTheSecondPriorityWhatTheFirstCannotCarry) {
  const RoutePolicy policy = prefers(PriorityLoadConfig{});
  struct Case {
    std::uint32_t healthy;  ///< Of seven in the own zone.
    std::uint32_t share;
  };
  for (const Case& c : std::vector<Case>{{7, 10'000}, {5, 10'000}, {4, 8'000}, {0, 0}}) {
    Localities localities{policy, 0};
    std::vector<std::uint32_t> zones(14, 1);
    std::fill_n(zones.begin(), 7, 0);
    std::vector<HostView> hosts(14);
    for (std::uint32_t host = c.healthy; host < 7; ++host) hosts[host].healthy = false;
    localities.take_hosts(zones);
    localities.refresh(hosts);
    EXPECT_EQ(localities.own_share(), c.share) << c.healthy;
  }
}

/// A front in zone 0 calls backs of two zones; what part of the calls stays in zone 0?
struct Zones {
  std::vector<std::uint32_t> fronts{1, 1};  ///< Pods by zone.
  std::vector<std::uint32_t> backs{4, 4};
  std::uint32_t lost = 0;  ///< Backs of zone 0 that refuse from the start.
};
double part_that_stays(const RoutePolicy& policy, const Zones& zones) {
  TrafficModel model;
  OperationModel front = works(1_ms);
  front.steps.push_back({{call(1)}});
  model.services = {offers(front), offers(works(1_ms))};
  model.routes = {{.from = 0, .to = 1, .policy = policy}};
  add_load(model, {{0, 0}}, kSeed, 200.0, 20'000);
  TrafficWorld world{model, kSeed};
  std::vector<InstanceId> own;
  std::uint32_t fronts = 0;
  for (std::uint32_t zone = 0; zone < 2; ++zone) {
    for (std::uint32_t i = 0; i < zones.fronts[zone]; ++i, ++fronts) world.pod(0, zone, zone);
    for (std::uint32_t i = 0; i < zones.backs[zone]; ++i) {
      const InstanceId back = world.pod(1, zone, zone);
      if (zone == 0) own.push_back(back);
    }
  }
  for (std::uint32_t i = 0; i < zones.lost; ++i) world.engine.kill(own[i]);
  world.publish_all();
  world.engine.start();
  world.run();
  EXPECT_EQ(world.engine.live_calls(), 0U);
  std::uint64_t stayed = 0;  // All calls into zone 0, from the fronts there and elsewhere.
  for (const InstanceId back : own) stayed += world.engine.view(back).served;
  return static_cast<double>(stayed) / static_cast<double>(world.engine.service(1).tries());
}

// Zone 0 has all callers: as much stays as its share of the called, if other zones have callers.
TEST(ZoneAwareRouting, KeepsWhatTheOwnZoneCarries) {
  const RoutePolicy policy = prefers(ZoneAwareConfig{});
  RoutePolicy bare = policy;
  bare.locality.reset();
  // Three of four callers in zone 0, a quarter of the called: zone 0 keeps a third of its calls,
  // zone 1 all of its own.
  const Zones uneven{.fronts = {3, 1}, .backs = {2, 6}};
  EXPECT_NEAR(part_that_stays(bare, uneven), 0.25, 0.01) << "evenly over all pods";
  EXPECT_NEAR(part_that_stays(policy, uneven), 0.75 / 3, 0.01);
  // The same of each: nothing crosses, so half of the calls are zone 0's.
  EXPECT_NEAR(part_that_stays(policy, {.fronts = {3, 3}, .backs = {6, 6}}), 0.5, 0.01);
  EXPECT_NEAR(part_that_stays(policy, {.fronts = {3, 1}, .backs = {6, 6}}), 0.75 * (0.5 / 0.75),
              0.02);
  RoutePolicy alone = policy;
  std::get<ZoneAwareConfig>(*alone.locality).force_locality_direct_routing = true;
  EXPECT_NEAR(part_that_stays(alone, {.fronts = {3, 1}, .backs = {6, 6}}), 0.75, 0.01);
}

TEST(ZoneAwareRouting, LooksAtNoZonesWithFewPods) {
  const RoutePolicy policy = prefers(ZoneAwareConfig{.force_locality_direct_routing = true});
  EXPECT_NEAR(part_that_stays(policy, {.fronts = {3, 1}, .backs = {2, 4}}), 0.75, 0.01);
  EXPECT_NEAR(part_that_stays(policy, {.fronts = {3, 1}, .backs = {2, 3}}), 0.4, 0.01);
}

TEST(Failover, LeavesTheZoneWhenTooFewOfItsPodsAreHealthy) {
  RoutePolicy policy = prefers(PriorityLoadConfig{});
  EXPECT_NEAR(part_that_stays(policy, {.fronts = {1, 0}}), 1.0, 1e-9);
  RoutePolicy bare = policy;
  bare.locality.reset();
  EXPECT_NEAR(part_that_stays(bare, {.fronts = {1, 0}}), 0.5, 0.01);
  // Two of four are ejected: 140 % of a half are 70 % of the calls.
  policy.outliers.emplace();
  policy.outliers->detection.max_ejection_percent = 100;
  policy.outliers->detection.base_ejection_time = 1000_s;
  policy.outliers->detection.max_ejection_time = 1000_s;
  EXPECT_NEAR(part_that_stays(policy, {.fronts = {1, 0}, .lost = 2}), 0.7, 0.02);
  EXPECT_NEAR(part_that_stays(policy, {.fronts = {1, 0}, .lost = 4}), 0.0, 0.01);
}

TEST(Failover, IsToldWhenTheShareChanges) {
  TrafficModel model;
  OperationModel front = works(1_ms);
  front.steps.push_back({{call(1)}});
  model.services = {offers(front), offers(works(1_ms))};
  model.routes = {{.from = 0, .to = 1, .policy = prefers(PriorityLoadConfig{})}};
  add_load(model, {{0, 0}}, kSeed, 100.0, 1'000);
  TrafficWorld world{model, kSeed};
  world.pod(0, 0, 0);
  world.pod(1, 0, 0);
  world.pod(1, 1, 1);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(5_s));
  EXPECT_TRUE(world.engine.take_own_shares().empty()) << "how it begins is no change";
  world.pods[1].erase(world.pods[1].begin());
  world.publish_all();
  world.run();
  const std::vector<OwnShareNotice> notices = world.engine.take_own_shares();
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].from, 0U);
  EXPECT_EQ(notices[0].to, 1U);
  EXPECT_EQ(notices[0].share, 0U);
}

// --- Slow start ----------------------------------------------------------------------------------

/// The part of the calls that a pod, which joins three others after 70 s, serves from `from` on for
/// ten seconds. The others are as new as the caller is, and so have their whole weight by then.
double part_of_new_pod(const RoutePolicy& policy, Duration from) {
  TrafficModel model;
  model.services = {offers(works(1_ms))};
  model.routes = {{.from = kClients, .to = 0, .policy = policy}};
  add_load(model, {{0, 0}}, kSeed, 400.0, 60'000);
  TrafficWorld world{model, kSeed};
  for (int i = 0; i < 3; ++i) world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(70_s));
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.run(Instant::at(70_s + from));
  const std::uint64_t before = world.engine.view(pod).served;
  const std::uint64_t all_before = world.engine.service(0).totals().ended_count();
  world.run(Instant::at(80_s + from));
  const std::uint64_t served = world.engine.view(pod).served - before;
  const std::uint64_t all = world.engine.service(0).totals().ended_count() - all_before;
  return static_cast<double>(served) / static_cast<double>(all);
}

// Its weight w grows from 0.1 to 1, beside three of 1: w / (3 + w).
TEST(SlowStart, GivesANewPodAGrowingPartOfItsShare) {
  RoutePolicy policy;
  policy.balancer = resilience::RoundRobinConfig{};
  EXPECT_NEAR(part_of_new_pod(policy, {}), 0.25, 0.005) << "without, all at once";
  policy.slow_start = resilience::SlowStartConfig{.window = 60_s};
  EXPECT_NEAR(part_of_new_pod(policy, {}), 0.11 / 3.11, 0.006);
  EXPECT_NEAR(part_of_new_pod(policy, 25_s), 0.5 / 3.5, 0.01);
  EXPECT_NEAR(part_of_new_pod(policy, 60_s), 0.25, 0.005);
  policy.balancer = resilience::LeastRequestConfig{};
  EXPECT_LE(part_of_new_pod(policy, {}), 0.06);
  EXPECT_NEAR(part_of_new_pod(policy, 60_s), 0.25, 0.01);
}

}  // namespace
}  // namespace orrery::sim
