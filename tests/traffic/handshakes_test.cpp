/// @file
/// What opening a connection takes, against the arithmetic of round trips.
#include <gtest/gtest.h>

#include <functional>
#include <utility>
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

/// How many connections are opened for twenty calls that nobody waits for to their end.
std::int64_t opened_for_impatient_calls(std::uint32_t streams, bool hedged) {
  TrafficModel model = Visits::model({2, 3_ms}, {});
  model.services[0] = offers(works(1_s), 1000);
  model.services[0].handshake = {2, 3_ms};
  resilience::RoutePolicy policy = pooled();
  policy.pool->streams_per_connection = streams;
  policy.timeouts.overall = 100_ms;
  if (hedged) policy.hedging = resilience::GrpcHedgingPolicy{2, 50_ms, {}};
  model.routes.push_back({.from = kClients, .to = 0, .policy = policy});
  model.load.clear();
  model.journeys.clear();
  add_load(model, {{0, 0}}, kSeed, 1, 20);
  TrafficWorld world{model, kSeed};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run();
  EXPECT_EQ(world.engine.live_calls(), 0U);
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Timeout), 20U);
  const std::int64_t tries = hedged ? 40 : 20;
  const Duration opening = world.engine.view(pod).cpu - times(1_s, tries);
  EXPECT_EQ(opening.count_ns() % (3_ms).count_ns(), 0);
  return opening.count_ns() / (3_ms).count_ns();
}

// Of HTTP/1.1, whose answers come in the order of the requests: see Envoy issue 5022.
TEST(Handshakes, AreMadeAnewWhereATimeoutHasClosedAConnectionOfOneRequestAtATime) {
  EXPECT_EQ(opened_for_impatient_calls(1, false), 20);
  EXPECT_EQ(opened_for_impatient_calls(1, true), 40)
      << "a try that is cancelled closes its own, too";
  EXPECT_EQ(opened_for_impatient_calls(100, false), 1) << "the others of its streams go on";
  EXPECT_EQ(opened_for_impatient_calls(100, true), 1);
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

/// Twenty calls at once to a pod, over a pool whose connections carry so many at a time.
struct Rush {
  explicit Rush(const std::function<void(resilience::RoutePolicy&)>& change = {},
                HandshakeModel handshake = {3, 3_ms}, std::uint32_t count = 1)
      : world{model(change, handshake), kSeed}, pods{count} {
    for (std::uint32_t i = 0; i < pods; ++i) (void)world.pod(0);
    world.publish_all();
  }
  static TrafficModel model(const std::function<void(resilience::RoutePolicy&)>& change,
                            HandshakeModel handshake) {
    resilience::RoutePolicy policy = pooled();
    policy.balancer = resilience::RoundRobinConfig{};
    if (change) change(policy);
    TrafficModel model;
    model.services.push_back(offers(works(kWork), 1000));
    model.services[0].handshake = handshake;
    add_load(model, {{0, 0}}, kSeed, kRate, kCalls);
    model.routes.push_back({.from = kClients, .to = 0, .policy = policy});
    return model;
  }
  void run() {
    world.engine.start();
    world.run();
    EXPECT_EQ(world.engine.live_calls(), 0U);
  }
  [[nodiscard]] RequestCounts totals() const { return world.engine.service(0).totals(); }
  /// How many connections the pods were asked for.
  [[nodiscard]] std::int64_t opened() const {
    Duration work;
    for (std::uint32_t i = 0; i < pods; ++i) work = work + world.engine.view(InstanceId{i}).cpu;
    const auto of_calls = times(kWork, static_cast<std::int64_t>(totals().of(RequestOutcome::Ok)));
    return (work - of_calls).count_ns() / (3_ms).count_ns();
  }
  static constexpr double kRate = 10'000;
  static constexpr std::uint64_t kCalls = 20;

  TrafficWorld world;
  std::uint32_t pods;
};

/// What the calls take that end at this instant, whenever they came, in all.
std::int64_t waits_until(Instant end) {
  std::int64_t sum = 0;
  for (std::uint64_t i = 0; i < Rush::kCalls; ++i) {
    sum += (end - arrival(kSeed, Rush::kRate, i)).count_ns();
  }
  return sum;
}

// Envoy, conn_pool_base: streams are pending until their connection is there.
TEST(Handshakes, OfAConnectionOfManyStreamsAreWaitedForByAllThatFindItBeingOpened) {
  Rush rush;
  rush.run();
  const Instant open = arrival(kSeed, Rush::kRate, 0) + times(kWay, 6);
  ASSERT_LT(arrival(kSeed, Rush::kRate, Rush::kCalls - 1), open);
  EXPECT_EQ(rush.totals().of(RequestOutcome::Ok), Rush::kCalls);
  EXPECT_EQ(rush.totals().latency_sum_ns,
            waits_until(open + kWay + kWork + kWay) + (3_ms).count_ns())
      << "and the first has the server's work of the handshake";
  EXPECT_EQ(rush.opened(), 1);
}

TEST(Handshakes, AreBegunForAsManyStreamsAsWait) {
  for (const auto& [streams, connections] :
       {std::pair{1U, 20}, {4U, 5}, {7U, 3}, {19U, 2}, {20U, 1}}) {
    Rush rush{
        [&](resilience::RoutePolicy& policy) { policy.pool->streams_per_connection = streams; }};
    rush.run();
    EXPECT_EQ(rush.totals().of(RequestOutcome::Ok), Rush::kCalls);
    EXPECT_EQ(rush.opened(), connections) << streams;
  }
  Rush one{[](resilience::RoutePolicy& policy) {
    policy.pool->streams_per_connection = 4;
    policy.pool->thresholds.max_connections = 1;
  }};
  one.run();
  EXPECT_EQ(one.totals().of(RequestOutcome::Ok), Rush::kCalls) << "the others wait for their turn";
  EXPECT_EQ(one.opened(), 1);
}

TEST(Handshakes, ThatAreWaitedForFillThePendingRequests) {
  for (const std::uint32_t streams : {1U, 100U}) {
    for (const std::uint32_t pending : {1U, 5U, 19U, 20U}) {
      Rush rush{[&](resilience::RoutePolicy& policy) {
        policy.pool->streams_per_connection = streams;
        policy.pool->thresholds.max_pending_requests = pending;
      }};
      rush.run();
      EXPECT_EQ(rush.totals().of(RequestOutcome::Ok), pending) << "who opens it among them";
      EXPECT_EQ(rush.totals().of(RequestOutcome::Overflow), Rush::kCalls - pending);
      EXPECT_EQ(rush.opened(), streams == 1 ? pending : 1);
    }
  }
}

TEST(Handshakes, LetNoMoreOutThanThereMayBeRequests) {
  Rush rush{[](resilience::RoutePolicy& policy) { policy.pool->thresholds.max_requests = 8; }};
  rush.run();
  EXPECT_EQ(rush.totals().of(RequestOutcome::Ok), 8U);
  EXPECT_EQ(rush.totals().of(RequestOutcome::Overflow), 12U);
}

TEST(Handshakes, ThatFailTakeAllWithThemWhoWait) {
  Rush rush{[](resilience::RoutePolicy& policy) { policy.timeouts.connect = 300_ms; }};
  rush.world.engine.lose(InstanceId{0});
  rush.run();
  EXPECT_EQ(rush.totals().of(RequestOutcome::Timeout), Rush::kCalls);
  EXPECT_EQ(rush.totals().latency_sum_ns, waits_until(arrival(kSeed, Rush::kRate, 0) + 300_ms));

  Rush refused;
  refused.world.engine.kill(InstanceId{0});
  refused.run();
  EXPECT_EQ(refused.totals().of(RequestOutcome::Refused), Rush::kCalls);
  EXPECT_LT(refused.world.engine.service(0).tries(), 4U) << "the others never went out";
}

// Each of them is told of a connection that failed, as its own.
TEST(Handshakes, ThatFailMoveThoseWhoWaitToAnother) {
  const auto retried = [](const resilience::BalancerConfig& balancer, std::uint32_t retries) {
    Rush rush{[&](resilience::RoutePolicy& policy) {
                policy.balancer = balancer;
                policy.timeouts.connect = 300_ms;
                policy.retry.on = {resilience::RetryOn::ConnectFailure};
                policy.retry.retries = retries;
                policy.backoff = resilience::FixedBackoff{Duration{}};
              },
              {3, 3_ms},
              2};
    rush.world.engine.lose(InstanceId{0});
    rush.run();
    return rush.totals().of(RequestOutcome::Ok);
  };
  EXPECT_GE(retried(resilience::RoundRobinConfig{}, 5), 19U);
  EXPECT_EQ(retried(resilience::RoundRobinConfig{}, 0), 10U);
  EXPECT_EQ(retried(resilience::PickFirstConfig{}, 0), 20U) << "gRPC's channel goes on by itself";
}

TEST(Handshakes, ThatFailAreHeldAgainstThePodByEachWhoWaited) {
  Rush rush{[](resilience::RoutePolicy& policy) {
              policy.timeouts.connect = 300_ms;
              policy.outliers.emplace();
              policy.outliers->detection.consecutive_5xx = 9;
              policy.outliers->detection.max_ejection_percent = 100;
            },
            {3, 3_ms},
            2};
  rush.world.engine.lose(InstanceId{0});
  rush.run();
  std::size_t ejected = 0;
  for (const EjectionNotice& notice : rush.world.engine.take_ejections()) {
    ejected += notice.event.what == resilience::OutlierEvent::What::Ejected;
  }
  EXPECT_EQ(ejected, 1U);
}

TEST(Handshakes, GoOnWithoutTheCallThatBeganThem) {
  Rush rush{[](resilience::RoutePolicy& policy) { policy.timeouts.per_try = 12_ms; }, {3, {}}};
  rush.run();
  const Instant first = arrival(kSeed, Rush::kRate, 0);
  std::uint64_t in_time = 0;
  for (std::uint64_t i = 0; i < Rush::kCalls; ++i) {
    in_time += first + 13_ms <= arrival(kSeed, Rush::kRate, i) + 12_ms;
  }
  EXPECT_GT(in_time, 3U);
  EXPECT_LT(in_time, Rush::kCalls);
  EXPECT_EQ(rush.totals().of(RequestOutcome::Ok), in_time);

  // It gives up before the connection is there: the others go out on that all the same.
  Rush early{[](resilience::RoutePolicy& policy) { policy.timeouts.per_try = 5_ms; }, {3, {}}};
  early.run();
  EXPECT_EQ(early.totals().of(RequestOutcome::Timeout), Rush::kCalls) << "it takes 7 ms more";
  EXPECT_GT(early.world.engine.view(InstanceId{0}).served, 3U) << "but was used";
}

TEST(Handshakes, OfADeadCallerAreForgotten) {
  TrafficModel model = Rush::model({}, {3, {}});
  OperationModel page = works(1_ms);
  page.steps.push_back({{call(0)}});
  model.services.push_back(offers(page, 1000));
  model.journeys[0].steps = {{1, 0}};
  model.routes[0].from = 1;
  model.routes[0].policy.timeouts.per_try = 4_ms;
  for (const Duration after : {3_ms, 5_ms, 7_ms, 9_ms, 12_ms}) {
    TrafficWorld world{model, kSeed};
    (void)world.pod(0);
    const InstanceId caller = world.pod(1, 1, 1);
    world.publish_all();
    world.engine.start();
    // The first call goes out after 2 ms, gives up after 6 and has its connection after 8.
    world.run(arrival(kSeed, Rush::kRate, 0) + after);
    world.engine.kill(caller);
    world.run();
    EXPECT_EQ(world.engine.live_calls(), 0U);
  }
}

}  // namespace
}  // namespace orrery::sim
