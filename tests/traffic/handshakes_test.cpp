/// @file
/// What opening a connection takes, against the arithmetic of round trips.
#include <gtest/gtest.h>

#include <vector>

#include "tests/traffic/failure_origin.h"
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

/// A fault on the way between the clients and the service, from the start until it is over.
struct FaultyVisits {
  explicit FaultyVisits(const EdgeFault& fault, HandshakeModel handshake = {2, {}},
                        std::uint64_t visits = 40)
      : world{one_service(handshake, visits), kSeed}, ledger{log, {"web"}} {
    (void)world.pod(0);
    world.publish_all();
    world.engine.explain_failures(ledger);
    world.engine.start();
    EdgeFault made = fault;
    made.from = {.everybody = false, .clients = true, .services = {}, .nodes = {}, .addresses = {}};
    made.cause = static_cast<RecordId>(log.append({}, 0, "fault", "x"));
    handle = world.engine.add_edge_fault(made);
  }
  static TrafficModel one_service(HandshakeModel handshake, std::uint64_t visits) {
    TrafficModel model;
    model.services.push_back(offers(works(kWork), 1000));
    model.services[0].handshake = handshake;
    model.connect_timeout = 10_s;
    add_load(model, {{0, 0}}, kSeed, 10, visits);
    return model;
  }
  [[nodiscard]] RequestCounts seen() const { return world.engine.journey_steps(0).totals(); }

  recording::EventLog log;
  TrafficWorld world;
  FailureLedger ledger;
  std::uint32_t handle = 0;
};

TEST(Handshakes, AreLateByEachOfTheirMessages) {
  EdgeFault late;
  late.delay = 20_ms;
  late.messages = EdgeMessages::Both;
  FaultyVisits run{late};
  run.world.run();
  const Duration plain = kWay + kWork + kWay + times(kWay, 2 * 2);
  EXPECT_EQ(run.seen().latency_sum_ns, times(plain + times(20_ms, 6), 40).count_ns())
      << "two round trips, the request and its answer";
  EXPECT_EQ(run.world.engine.remove_edge_fault(run.handle), 40U * 6);

  late.messages = EdgeMessages::Requests;  // A proxy holds up requests, and no connections.
  FaultyVisits held{late};
  held.world.run();
  EXPECT_EQ(held.seen().latency_sum_ns, times(plain + 20_ms, 40).count_ns());
}

// RFC 6298: whoever has no round trip to go by waits 1 s for the first, then 2 s.
TEST(Handshakes, ThatAreLostBeginAgainAfterASecond) {
  EdgeFault cut;
  cut.kind = EdgeFaultKind::Loss;
  cut.messages = EdgeMessages::Both;
  FaultyVisits run{cut, {2, {}}, 1};
  const Duration begins = arrival(kSeed, 10, 0) - Instant{};
  run.world.run(Instant::at(begins + 500_ms));
  EXPECT_EQ(run.world.engine.remove_edge_fault(run.handle), 1U);
  run.world.run();
  EXPECT_EQ(run.seen().of(RequestOutcome::Ok), 1U);
  EXPECT_EQ(run.seen().latency_sum_ns, (1_s + times(kWay, 6) + kWork).count_ns());
}

TEST(Handshakes, ThatNeverComeThroughEndWithTheConnectTimeout) {
  EdgeFault cut;
  cut.kind = EdgeFaultKind::Loss;
  cut.messages = EdgeMessages::Both;
  FaultyVisits run{cut};
  run.world.run();
  EXPECT_EQ(run.seen().of(RequestOutcome::Ok), 0U);
  EXPECT_EQ(run.seen().ended_count(), 40U);
  EXPECT_EQ(run.seen().latency_sum_ns, times(10_s, 40).count_ns());
  EXPECT_EQ(origin_of(run.ledger, run.log), "fault");
  EXPECT_EQ(run.world.engine.view(InstanceId{0}).served, 0U);

  EdgeFault slow;
  slow.delay = 6_s;
  slow.messages = EdgeMessages::Both;
  FaultyVisits late{slow};
  late.world.run();
  EXPECT_EQ(late.seen().latency_sum_ns, times(10_s, 40).count_ns()) << "12 s are too many";
}

}  // namespace
}  // namespace orrery::sim
