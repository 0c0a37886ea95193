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

/// What the visits take, and how they end, while a fault is on the way to the pod.
struct FaultyVisits {
  FaultyVisits(HandshakeModel handshake, const EdgeFault& fault, Duration connect_timeout = 1_s,
               const std::optional<resilience::RoutePolicy>& policy = {})
      : world{model(handshake, connect_timeout, policy), kSeed} {
    (void)world.pod(0);
    world.publish_all();
    const std::uint32_t handle = world.engine.add_edge_fault(fault);
    world.engine.start();
    world.run();
    hits = world.engine.remove_edge_fault(handle);
    EXPECT_EQ(world.engine.live_calls(), 0U);
  }
  static TrafficModel model(HandshakeModel handshake, Duration connect_timeout,
                            const std::optional<resilience::RoutePolicy>& policy) {
    TrafficModel model = Visits::model(handshake, policy);
    model.connect_timeout = connect_timeout;
    return model;
  }
  [[nodiscard]] RequestCounts totals() const { return world.engine.service(0).totals(); }

  TrafficWorld world;
  std::uint64_t hits = 0;
};

EdgeFault on_the_way(EdgeFaultKind kind, EdgeMessages messages) {
  EdgeFault fault;
  fault.kind = kind;
  fault.messages = messages;
  fault.to.everybody = false;
  fault.to.services = {0};
  fault.key = 3;
  return fault;
}

TEST(Handshakes, MeetTheDelayOfTheirWayWithEachMessage) {
  const std::int64_t plain = times(kWay + kWork + kWay, 500).count_ns();
  for (const std::uint32_t round_trips : {1U, 2U, 3U}) {
    const std::int64_t shaking = times(kWay, 1000 * round_trips).count_ns();
    for (const bool both : {false, true}) {
      EdgeFault slow =
          on_the_way(EdgeFaultKind::Delay, both ? EdgeMessages::Both : EdgeMessages::Sent);
      slow.delay = 4_ms;
      const FaultyVisits run{{round_trips, {}}, slow};
      const std::uint64_t messages = 500 * (round_trips + 1) * (both ? 2 : 1);
      EXPECT_EQ(run.hits, messages);
      EXPECT_EQ(run.totals().latency_sum_ns,
                plain + shaking + times(4_ms, static_cast<std::int64_t>(messages)).count_ns());
      EXPECT_EQ(run.totals().of(RequestOutcome::Ok), 500U);
    }
  }
}

// Worked example: of six messages one in ten is lost; each loss takes 200 ms, the next ones twice
// as long: 200 * 0.1 / (1 - 2 * 0.1) = 25 ms a message; of the first two 1 s, so 125 ms.
TEST(Handshakes, HaveWhatIsLostSentAgain) {
  EdgeFault loss = on_the_way(EdgeFaultKind::Loss, EdgeMessages::Both);
  loss.probability = 0.1;
  const FaultyVisits run{{2, {}}, loss, 3600_s};
  EXPECT_EQ(run.totals().of(RequestOutcome::Ok), 500U);
  const double more_ms =
      (static_cast<double>(run.totals().latency_sum_ns) * 1e-6 - 500 * (7 + 4)) / 500;
  EXPECT_NEAR(more_ms, 4 * 25 + 2 * 125, 80);
}

TEST(Handshakes, OverAWayThatIsCutEndWithTheConnectTimeout) {
  const EdgeFault cut = on_the_way(EdgeFaultKind::Loss, EdgeMessages::Both);
  const FaultyVisits plain{{2, {}}, cut, 700_ms};
  EXPECT_EQ(plain.totals().of(RequestOutcome::Timeout), 500U);
  EXPECT_EQ(plain.totals().latency_sum_ns, times(700_ms, 500).count_ns());

  // A policy's own, and for its retries it is no answer but a connection that failed.
  resilience::RoutePolicy policy;
  policy.timeouts.connect = 300_ms;
  policy.retry.on = {resilience::RetryOn::ConnectFailure};
  policy.retry.retries = 1;
  policy.backoff = resilience::FixedBackoff{Duration{}};
  const FaultyVisits routed{{2, {}}, cut, 700_ms, policy};
  EXPECT_EQ(routed.totals().of(RequestOutcome::Timeout), 500U);
  EXPECT_EQ(routed.totals().latency_sum_ns, times(600_ms, 500).count_ns());
}

TEST(Handshakes, AreOverBeforeTheCallersTimeoutRuns) {
  // The connect timeout ends with the connection, the request's goes on.
  EdgeFault slow = on_the_way(EdgeFaultKind::Delay, EdgeMessages::Sent);
  slow.delay = 100_ms;
  const FaultyVisits run{{1, {}}, slow, 150_ms};
  EXPECT_EQ(run.totals().of(RequestOutcome::Ok), 500U) << "102 ms to open it, 107 ms to use it";
}

TEST(Handshakes, AreMissedByFaultsOfCalls) {
  const EdgeFault abort = on_the_way(EdgeFaultKind::Abort, EdgeMessages::Requests);
  const FaultyVisits run{{2, {}}, abort};
  EXPECT_EQ(run.hits, 500U) << "the request alone";
  EXPECT_EQ(run.totals().latency_sum_ns, times(kWay, 500 * 6).count_ns());
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

// RFC 6298: whoever has no round trip to go by waits 1 s for the first.
TEST(Handshakes, ThatAreLostBeginAgainAfterASecond) {
  TrafficModel model = FaultyVisits::model({2, {}}, 10_s, {});
  TrafficWorld world{model, kSeed};
  (void)world.pod(0);
  world.publish_all();
  const std::uint32_t handle =
      world.engine.add_edge_fault(on_the_way(EdgeFaultKind::Loss, EdgeMessages::Both));
  world.engine.start();
  const Instant begins = arrival(kSeed, 10, 0);
  world.run(begins + 1_ms);
  EXPECT_EQ(world.engine.remove_edge_fault(handle), 1U);
  world.run();
  EXPECT_EQ(world.engine.service(0).samples()[0].counts.latency_max_ns,
            (1_s + times(kWay, 6) + kWork).count_ns());
}

}  // namespace
}  // namespace orrery::sim
