/// @file
/// What opening a connection takes, against the arithmetic of round trips.
#include <gtest/gtest.h>

#include <vector>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

constexpr std::uint64_t kSeed = 11;
constexpr Duration kWork = Duration::milliseconds(5);
constexpr Duration kWay = Duration::milliseconds(1);  // The clients are in a zone of their own.

/// Ten requests a second of the clients to the one pod, nearly never two at a time.
struct Visits {
  explicit Visits(HandshakeModel handshake,
                  const std::optional<resilience::RoutePolicy>& policy = {}, std::uint32_t pods = 1)
      : world{model(handshake, policy), kSeed} {
    for (std::uint32_t i = 0; i < pods; ++i) (void)world.pod(0);
    world.publish_all();
    world.engine.start();
    world.run();
  }
  static TrafficModel model(HandshakeModel handshake,
                            const std::optional<resilience::RoutePolicy>& policy) {
    TrafficModel model;
    model.services.push_back(offers(works(kWork), 1000));
    model.services[0].handshake = handshake;
    add_load(model, {{0, 0}}, kSeed, 10, 500);
    if (policy) model.routes.push_back({.from = kClients, .to = 0, .policy = *policy});
    return model;
  }
  [[nodiscard]] Duration latency_sum() const {
    Duration sum;
    for (const RequestSample& sample : world.engine.service(0).samples()) {
      sum += Duration::nanoseconds(sample.counts.latency_sum_ns);
    }
    return sum;
  }

  TrafficWorld world;
};

Duration times(Duration one, std::int64_t count) {
  return Duration::nanoseconds(one.count_ns() * count);
}

resilience::RoutePolicy pooled() {
  resilience::RoutePolicy policy;
  policy.pool.emplace();
  policy.pool->streams_per_connection = 100;
  return policy;
}

TEST(Handshakes, OfEachCallTakeTheirRoundTripsAndTheServersWork) {
  const Duration plain = times(kWay + kWork + kWay, 500);
  EXPECT_EQ(Visits{{}}.latency_sum(), plain);
  for (const std::uint32_t round_trips : {1U, 2U, 3U}) {
    for (const Duration cpu : {0_ms, 2_ms}) {
      const Visits run{{round_trips, cpu}};
      EXPECT_EQ(run.latency_sum(), plain + times(kWay, 1000 * round_trips) + times(cpu, 500));
      EXPECT_EQ(run.world.engine.view(InstanceId{0}).cpu, times(kWork + cpu, 500));
      EXPECT_EQ(run.world.engine.live_calls(), 0U);
    }
  }
}

TEST(Handshakes, AreThoseOfNewConnectionsAloneWhereThereIsAPool) {
  // One connection of many streams to each of two pods.
  const Visits run{{2, 3_ms}, pooled(), 2};
  const Duration plain = times(kWay + kWork + kWay, 500);
  EXPECT_EQ(run.latency_sum(), plain + times(kWay, 2 * 2 * 2) + times(3_ms, 2));

  // Without one, a policy opens a connection for each call.
  const Visits without{{2, 3_ms}, resilience::RoutePolicy{}, 2};
  EXPECT_EQ(without.latency_sum(), plain + times(kWay, 500 * 2 * 2) + times(3_ms, 500));
}

TEST(Handshakes, AreNotMadeWithWhoRefuses) {
  TrafficWorld world{Visits::model({2, 3_ms}, {}), kSeed};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.kill(pod);
  world.engine.start();
  world.run();
  Duration sum;
  for (const RequestSample& sample : world.engine.service(0).samples()) {
    sum += Duration::nanoseconds(sample.counts.latency_sum_ns);
  }
  EXPECT_EQ(sum, times(kWay + kWay, 500)) << "the refusal comes in place of the first answer";
}

TEST(Handshakes, EndWithTheCallersPatience) {
  TrafficModel model = Visits::model({3, {}}, {});
  model.journeys[0].timeout = 5_ms;  // Within the third round trip.
  TrafficWorld world{model, kSeed};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run();
  EXPECT_EQ(world.engine.view(pod).served, 0U) << "no request was sent";
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

TEST(Handshakes, TakeTheProcessorOfALimitedPod) {
  TrafficWorld world{Visits::model({2, 15_ms}, {}), kSeed};
  const std::uint32_t group = world.engine.add_cpu_group(Duration::milliseconds(50), 4);
  const InstanceId pod = world.pod(0, 0, 0, true, group);
  world.publish_all();
  world.engine.start();
  world.run();
  EXPECT_EQ(world.engine.view(pod).cpu, times(20_ms, 500));
}

}  // namespace
}  // namespace orrery::sim
