// CPU limits: a quota per 100 ms (sheet section 6).
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/traffic/cpu_group.h"
#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

Instant at(Duration since_start) { return Instant::at(since_start); }

/// When each of the calls that were added is done.
std::vector<Duration> ends(CpuGroup& group, std::size_t count) {
  std::vector<Duration> all(count);
  while (const auto next = group.next()) {
    group.advance(*next);
    for (const std::uint32_t call : group.take_done()) all.at(call) = next->since_start();
  }
  return all;
}

TEST(CpuQuota, HalfACoreWithFourBusyThreadsRuns12Point5MillisecondsAndThenWaits87Point5) {
  CpuGroup group{50_ms, 8, Instant{}};
  for (std::uint32_t call = 0; call < 4; ++call) group.add(call, 25_ms, Instant{});
  ASSERT_TRUE(group.next());
  EXPECT_EQ(*group.next(), at(100_ms)) << "used up after 12.5 ms of four threads";
  EXPECT_EQ(ends(group, 4), std::vector<Duration>(4, 112500_us));
  EXPECT_EQ(group.throttled_periods(), 1U);
}

TEST(CpuQuota, IsNotFeltBelowIt) {
  CpuGroup group{50_ms, 8, Instant{}};
  group.add(0, 50_ms, Instant{});
  EXPECT_EQ(ends(group, 1)[0], 50_ms);
}

TEST(CpuQuota, IdleTimeIsNotCarriedOver) {
  CpuGroup group{50_ms, 8, Instant{}};
  group.advance(at(1_s));
  group.add(0, 80_ms, at(1_s));
  EXPECT_EQ(ends(group, 1)[0], 1130_ms);
}

TEST(CpuQuota, PeriodsHaveFixedBoundariesWheneverWorkBegins) {
  CpuGroup group{20_ms, 8, Instant{}};
  group.add(0, 40_ms, at(90_ms));
  // 10 ms in the period that ends at 100 ms, 20 ms in the next, the last 10 ms in the one after.
  EXPECT_EQ(ends(group, 1)[0], 210_ms);
}

TEST(CpuQuota, MoreThreadsThanCoresShareThemEvenly) {
  CpuGroup group{1_s, 2, Instant{}};
  for (std::uint32_t call = 0; call < 4; ++call) group.add(call, 10_ms, Instant{});
  EXPECT_EQ(ends(group, 4), std::vector<Duration>(4, 20_ms));
}

TEST(CpuQuota, WorkThatIsTakenAwayLeavesTheQuotaToTheOthers) {
  CpuGroup group{50_ms, 8, Instant{}};
  group.add(0, 40_ms, Instant{});
  group.add(1, 40_ms, Instant{});
  group.remove(0, at(10_ms));
  EXPECT_EQ(ends(group, 2)[1], 40_ms);
}

TEST(CpuQuota, StrangersHaveTheirShareOfIt) {
  CpuGroup group{50_ms, 8, Instant{}};
  group.set_strangers(1, Instant{});
  group.add(0, 100_ms, Instant{});
  // Of each period's 50 ms the call has 25 ms, side by side with the stranger.
  EXPECT_EQ(ends(group, 1)[0], 325_ms);

  CpuGroup late{50_ms, 8, Instant{}};
  late.set_strangers(1, Instant{});
  late.add(0, 10_ms, at(60_ms));
  EXPECT_EQ(ends(late, 1)[0], 110_ms) << "the stranger had used up the quota by then";

  CpuGroup shared{1_s, 2, Instant{}};
  shared.set_strangers(3, Instant{});
  shared.add(0, 10_ms, Instant{});
  EXPECT_EQ(ends(shared, 1)[0], 20_ms) << "four threads on two cores";

  CpuGroup well{50_ms, 8, Instant{}};
  well.set_strangers(1, Instant{});
  well.set_strangers(0, at(1020_ms));
  well.add(0, 30_ms, at(1020_ms));
  EXPECT_EQ(ends(well, 1)[0], 1050_ms) << "30 ms of the period's quota were left";
}

TEST(CpuQuota, GivesWhatIsDoneInTheOrderInWhichItWasAdded) {
  CpuGroup group{50_ms, 8, Instant{}};
  for (const std::uint32_t call : {2U, 0U, 1U}) group.add(call, 5_ms, Instant{});
  group.advance(at(6_ms));
  EXPECT_EQ(group.take_done(), (std::vector<std::uint32_t>{2, 0, 1}));
  EXPECT_FALSE(group.next());
}

/// One request a second to one pod that works 30 ms for it.
TrafficModel one_service() {
  TrafficModel model;
  model.services.push_back(offers(works(30_ms)));
  model.journeys.push_back({.name = "j", .steps = {{0, 0}}, .timeout = {}});
  LoadModel load;
  load.rate_per_second = 0.5;
  load.until = Instant::at(200_s);
  load.mix.push_back({0, 1.0});
  model.load.push_back(load);
  model.latency_between_zones = {};
  return model;
}

/// The longest response time [s].
double longest(std::uint32_t limit_ms) {
  TrafficWorld world{one_service(), 3};
  const std::uint32_t group =
      limit_ms == 0 ? kNone : world.engine.add_cpu_group(Duration::milliseconds(limit_ms), kNone);
  (void)world.pod(0, 0, 0, true, group);
  world.publish_all();
  world.engine.start();
  world.run();
  EXPECT_EQ(world.engine.live_calls(), 0U);
  double most = 0;
  for (const RequestSample& sample : world.engine.service(0).samples()) {
    const Duration longest_here = Duration::nanoseconds(sample.counts.latency_max_ns);
    most = std::max(most, to_seconds(longest_here));
  }
  return most;
}

TEST(CpuLimit, StretchesResponsesByWholePeriods) {
  EXPECT_NEAR(longest(0), 0.030, 0.001);
  EXPECT_GE(longest(10), 0.190) << "30 ms of work at 10 ms per period";
  EXPECT_LE(longest(10), 1.0) << "now and then behind another one";
}

TEST(CpuLimit, AProcessThatEndsLeavesNothingBehindInItsGroup) {
  TrafficWorld world{one_service(), 3};
  const std::uint32_t group = world.engine.add_cpu_group(1_ms, kNone);
  const InstanceId pod = world.pod(0, 0, 0, true, group);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(100_s));
  EXPECT_GT(world.engine.view(pod).busy, 0U);
  world.engine.kill(pod);
  world.run();
  EXPECT_EQ(world.engine.live_calls(), 0U);
  EXPECT_EQ(world.engine.view(pod).busy, 0U);
}

}  // namespace
}  // namespace orrery::sim
