/// @file
/// Processes that choose whom they serve next, and whom not at all.
#include <gtest/gtest.h>

#include <cstdint>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

/// One pod that serves one request at a time in 10 ms, and its users.
TrafficModel one_at_a_time(resilience::ServerPolicy server) {
  TrafficModel model;
  model.latency_same_node = model.latency_in_zone = model.latency_between_zones = Duration{};
  model.services.push_back(offers(works(10_ms), 1));
  model.services[0].queue_max = 1000;
  model.services[0].server = std::move(server);
  return model;
}

/// At 200 a second, twice what it can serve, `count` of them.
RequestCounts overload(TrafficModel model, std::uint64_t count, double rate = 200) {
  add_load(model, {{0, 0}}, 1, rate, count);
  TrafficWorld world{model, 1};
  world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run();
  EXPECT_EQ(world.engine.live_calls(), 0U);
  return world.engine.service(0).totals();
}

double mean_ms(const RequestCounts& counts) {
  return static_cast<double>(counts.latency_sum_ns) / 1e6 /
         static_cast<double>(counts.ended_count());
}

TEST(QueueOrders, LoseNobodyAndKeepTheMeanWait) {
  // Which of the waiting ones is next changes nothing about how many wait: the mean is one for all
  // orders, not the longest.
  const RequestCounts fifo = overload(one_at_a_time({}), 1000, 90);
  resilience::ServerPolicy newest;
  newest.queue.order = resilience::QueueOrder::Lifo;
  const RequestCounts lifo = overload(one_at_a_time(newest), 1000, 90);
  EXPECT_EQ(lifo.of(RequestOutcome::Ok), 1000U);
  EXPECT_EQ(lifo.latency_sum_ns, fifo.latency_sum_ns);
  EXPECT_GT(lifo.latency_max_ns, 2 * fifo.latency_max_ns);
}

TEST(QueueOrders, TheNewestFirstServesThoseWhoStillWait) {
  const auto ok = [](resilience::QueueOrder order, std::uint32_t queue_max) {
    resilience::ServerPolicy server;
    server.queue.order = order;
    TrafficModel model = one_at_a_time(server);
    model.services[0].queue_max = queue_max;
    model.journeys = {};
    TrafficModel timed = model;
    add_load(timed, {{0, 0}}, 1, 200, 4000);
    timed.journeys[0].timeout = 100_ms;
    TrafficWorld world{timed, 1};
    world.pod(0);
    world.publish_all();
    world.engine.start();
    world.run();
    return world.engine.service(0).totals().of(RequestOutcome::Ok);
  };
  using resilience::QueueOrder;
  EXPECT_LT(ok(QueueOrder::Fifo, 100), 100U) << "all come too late";
  // 20 s of 100 a second.
  EXPECT_GT(ok(QueueOrder::Lifo, 100), 1800U);
  EXPECT_GT(ok(QueueOrder::AdaptiveLifo, 100), 1600U);
}

TEST(WaitingTooLong, IsTurnedAwayWhenItsTurnComes) {
  resilience::ServerPolicy server;
  server.queue.age_max = 50_ms;
  const RequestCounts counts = overload(one_at_a_time(server), 4000);
  // One in 10 ms, as long as they come, and those still there at the end.
  const double seconds = to_seconds(arrival(1, 200, 3999).since_start());
  EXPECT_NEAR(static_cast<double>(counts.of(RequestOutcome::Ok)), seconds * 100, 10);
  EXPECT_EQ(counts.of(RequestOutcome::Ok) + counts.of(RequestOutcome::Refused), 4000U);
  EXPECT_LE(counts.latency_max_ns, (70_ms).count_ns());
}

TEST(ControlledDelay, KeepsTheWaitShort) {
  resilience::ServerPolicy server;
  server.codel = resilience::CoDelConfig{};
  const RequestCounts counts = overload(one_at_a_time(server), 4000);
  EXPECT_GT(counts.of(RequestOutcome::Ok), 1900U);
  EXPECT_LT(mean_ms(counts), 40) << "without, five seconds at the mean";
  EXPECT_GT(mean_ms(overload(one_at_a_time({}), 4000)), 1000);
}

TEST(LearntLimits, KeepAnOverloadedQueueShort) {
  struct Case {
    const char* name;
    resilience::ServerLimit limit;
    double mean_ms_max;
  };
  const resilience::AimdLimitConfig aimd{.initial_limit = 100, .min_limit = 2, .timeout = 100_ms};
  const resilience::GradientLimitConfig gradient{.min_rtt_interval = 60_s,
                                                 .concurrency_update_interval = 100_ms};
  for (const Case& c : {
           Case{"aimd", aimd, 200},
           Case{"vegas", resilience::VegasLimitConfig{}, 100},
           Case{"gradient", gradient, 100},
       }) {
    resilience::ServerPolicy server;
    server.limit = c.limit;
    const RequestCounts counts = overload(one_at_a_time(server), 4000);
    EXPECT_GT(counts.of(RequestOutcome::Ok), 1900U) << c.name << " keeps it busy";
    EXPECT_GT(counts.of(RequestOutcome::Refused), 1500U) << c.name;
    EXPECT_LT(mean_ms(counts), c.mean_ms_max) << c.name;
  }
}

TEST(LearntLimits, LetEverybodyInWhenThereIsRoom) {
  resilience::ServerPolicy server;
  server.limit = resilience::VegasLimitConfig{};
  const RequestCounts counts = overload(one_at_a_time(server), 2000, 20);
  EXPECT_EQ(counts.of(RequestOutcome::Ok), 2000U);
}

TEST(ServerPolicies, ThatSayNothingAreNone) {
  EXPECT_TRUE(resilience::ServerPolicy{}.is_plain());
  resilience::ServerPolicy server;
  server.codel.emplace();
  EXPECT_FALSE(server.is_plain());
}

}  // namespace
}  // namespace orrery::sim
