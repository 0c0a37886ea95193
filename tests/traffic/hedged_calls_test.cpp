/// @file
/// Calls that are hedged as by gRPC's hedgingPolicy: when further tries go out, which answer
/// counts, what becomes of the other tries.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

using resilience::GrpcCode;
using resilience::RoutePolicy;

constexpr std::uint64_t kSeed = 7;
constexpr Duration kWay = 1_ms;
constexpr double kOneAtATime = 0.001;  ///< Calls per second.

RoutePolicy hedging(std::uint32_t attempts, Duration delay, resilience::GrpcCodes non_fatal = {}) {
  RoutePolicy policy;
  policy.hedging = resilience::GrpcHedgingPolicy{attempts, delay, non_fatal};
  return policy;
}

/// Clients call one service of so many pods.
struct HedgedWorld {
  HedgedWorld(const RoutePolicy& policy, std::uint32_t pod_count, double errors,
              std::uint64_t calls, double rate = 1.0)
      : world{model(policy, errors, calls, rate), kSeed} {
    for (std::uint32_t i = 0; i < pod_count; ++i) pods.push_back(world.pod(0));
    world.publish_all();
    world.engine.start();
  }

  static TrafficModel model(const RoutePolicy& policy, double errors, std::uint64_t calls,
                            double rate) {
    TrafficModel model;
    OperationModel operation = works(1_ms);
    operation.error_probability = errors;
    model.services.push_back(offers(operation));
    model.routes = {{.from = kClients, .to = 0, .policy = policy}};
    add_load(model, {{0, 0}}, kSeed, rate, calls);
    return model;
  }
  [[nodiscard]] RequestCounts totals() const { return world.engine.service(0).totals(); }

  TrafficWorld world;
  std::vector<InstanceId> pods;
};

/// Part of the calls that fail because no answer comes within 300 ms, with one of four pods slow.
double part_that_is_late(RoutePolicy policy, double* tries = nullptr) {
  constexpr std::uint64_t kCalls = 8'000;
  policy.timeouts.overall = 300_ms;
  HedgedWorld hedged{policy, 4, 0, kCalls, 50.0};
  hedged.world.engine.slow_waits(hedged.pods[2], 1_s);
  hedged.world.run();
  EXPECT_EQ(hedged.world.engine.live_calls(), 0U);
  EXPECT_EQ(hedged.totals().ended_count(), kCalls);
  EXPECT_EQ(hedged.world.engine.route(0).calls, kCalls);
  EXPECT_EQ(hedged.world.engine.route(0).tries, kCalls + hedged.world.engine.route(0).hedges);
  if (tries != nullptr) {
    *tries = static_cast<double>(hedged.world.engine.service(0).tries()) / kCalls;
  }
  return static_cast<double>(hedged.totals().of(RequestOutcome::Timeout)) / kCalls;
}

// Theory: the tries of a call meet the slow pod independently of each other.
TEST(Hedging, MakesOfOneSlowPodInFourATailOfOneInSixteen) {
  EXPECT_NEAR(part_that_is_late({}), 1.0 / 4, 3 * 0.0048);  // sqrt(p (1 - p) / n)
  double tries = 0;
  EXPECT_NEAR(part_that_is_late(hedging(2, 50_ms), &tries), 1.0 / 16, 3 * 0.0027);
  EXPECT_NEAR(tries, 1 + 1.0 / 4, 3 * 0.0048) << "only who waits is hedged";
  EXPECT_NEAR(part_that_is_late(hedging(3, 50_ms)), 1.0 / 64, 3 * 0.0014);
}

TEST(Hedging, GoesToPodsByTheRoutesBalancer) {
  RoutePolicy policy = hedging(2, 50_ms);
  policy.balancer = resilience::RoundRobinConfig{};
  policy.timeouts.overall = 300_ms;
  HedgedWorld hedged{policy, 4, 0, 400, kOneAtATime};
  hedged.world.engine.slow_waits(hedged.pods[2], 1_s);
  hedged.world.run();
  EXPECT_GT(hedged.world.engine.route(0).hedges, 50U);
  EXPECT_EQ(hedged.totals().of(RequestOutcome::Ok), 400U) << "the next in turn is another";
}

TEST(Hedging, AnswersAsSoonAsTheHedgeDoes) {
  RoutePolicy policy = hedging(2, 50_ms);
  policy.balancer = resilience::RoundRobinConfig{};
  HedgedWorld hedged{policy, 2, 0, 100, kOneAtATime};
  hedged.world.engine.slow_waits(hedged.pods[0], 400_ms);
  hedged.world.run();
  const RequestCounts totals = hedged.totals();
  EXPECT_EQ(totals.of(RequestOutcome::Ok), 100U);
  const std::uint64_t hedges = hedged.world.engine.route(0).hedges;
  EXPECT_GT(hedges, 10U);
  EXPECT_EQ(totals.latency_sum_ns,
            ((kWay * 2 + 1_ms) * 100 + 50_ms * static_cast<std::int64_t>(hedges)).count_ns());
}

TEST(Hedging, OfADelayOfZeroSendsAllAtOnceAndFiveAtMost) {
  HedgedWorld hedged{hedging(9, 0_ms), 2, 0, 40};
  hedged.world.run();
  EXPECT_EQ(hedged.world.engine.service(0).tries(), 5U * 40);
  EXPECT_EQ(hedged.totals().of(RequestOutcome::Ok), 40U);
  EXPECT_EQ(hedged.world.engine.live_calls(), 0U);
}

TEST(Hedging, EndsAtAFatalStatus) {
  HedgedWorld hedged{hedging(3, 10_s, {GrpcCode::Unavailable}), 2, 1, 40};
  hedged.world.run();
  EXPECT_EQ(hedged.totals().of(RequestOutcome::Error), 40U);
  EXPECT_EQ(hedged.world.engine.service(0).tries(), 40U);
}

TEST(Hedging, SendsTheNextAtOnceAfterAStatusThatIsNotFatal) {
  HedgedWorld hedged{hedging(3, 10_s, {GrpcCode::Unknown}), 2, 1, 40};
  hedged.world.run();
  const RequestCounts totals = hedged.totals();
  EXPECT_EQ(totals.of(RequestOutcome::Error), 40U);
  EXPECT_EQ(hedged.world.engine.service(0).tries(), 3U * 40);
  EXPECT_EQ(totals.latency_sum_ns, ((kWay * 2 + 1_ms) * 3 * 40).count_ns());
  EXPECT_EQ(hedged.world.engine.live_calls(), 0U);
}

TEST(Hedging, CancelsTheOthersAtAFatalStatus) {
  RoutePolicy policy = hedging(2, 0_ms);
  policy.balancer = resilience::RoundRobinConfig{};
  HedgedWorld hedged{policy, 2, 0, 40};
  hedged.world.engine.set_failing(hedged.pods[0], true);
  hedged.world.engine.slow_waits(hedged.pods[1], 400_ms);
  hedged.world.run();
  EXPECT_EQ(hedged.totals().of(RequestOutcome::Error), 40U);
  EXPECT_EQ(hedged.totals().latency_sum_ns, ((kWay * 2 + 1_ms) * 40).count_ns());
}

TEST(Hedging, IsOverAtTheDeadlineWhateverIsNotFatal) {
  RoutePolicy policy =
      hedging(5, 30_ms, {GrpcCode::DeadlineExceeded, GrpcCode::Unavailable, GrpcCode::Unknown});
  policy.timeouts.overall = 100_ms;
  HedgedWorld hedged{policy, 2, 0, 40};
  for (const InstanceId pod : hedged.pods) hedged.world.engine.set_hanging(pod, true);
  hedged.world.run();
  const RequestCounts totals = hedged.totals();
  EXPECT_EQ(totals.of(RequestOutcome::Timeout), 40U);
  EXPECT_EQ(totals.latency_sum_ns, (100_ms * 40).count_ns());
  EXPECT_EQ(hedged.world.engine.service(0).tries(), 4U * 40) << "at 0, 30, 60 and 90 ms";
}

// Ten tokens: each failure takes one, and hedges go out while there are more than five.
TEST(Hedging, StopsWhenTheThrottleHasHalfItsTokens) {
  RoutePolicy policy = hedging(2, 10_s, {GrpcCode::Unknown});
  policy.retry_limit = resilience::GrpcRetryThrottleConfig{.max_tokens = 10, .token_ratio = 0.1};
  HedgedWorld hedged{policy, 2, 1, 40};
  hedged.world.run();
  EXPECT_EQ(hedged.world.engine.route(0).hedges, 2U);
  EXPECT_EQ(hedged.world.engine.service(0).tries(), 40U + 2);
}

/// Calls that are left when the only one has been answered, with one of two pods slow.
std::uint32_t left_at_work(bool told) {
  RoutePolicy policy = hedging(2, 0_ms);
  policy.balancer = resilience::RoundRobinConfig{};
  policy.timeouts.passes_deadline_on = told;
  HedgedWorld hedged{policy, 2, 0, 1};
  hedged.world.engine.slow_waits(hedged.pods[0], 10_s);
  hedged.world.run(arrival(kSeed, 1.0, 0) + 1_s);
  EXPECT_EQ(hedged.totals().of(RequestOutcome::Ok), 1U);
  const std::uint64_t busy = hedged.world.engine.gauge(0).busy;
  hedged.world.run();
  EXPECT_EQ(hedged.world.engine.live_calls(), 0U);
  return static_cast<std::uint32_t>(busy);
}

TEST(Hedging, LeavesTheServersOfCancelledTriesAtWorkUnlessTheyAreTold) {
  EXPECT_EQ(left_at_work(false), 1U);
  EXPECT_EQ(left_at_work(true), 0U);
}

TEST(Hedging, IsNoFailureForTheBreakerOfWhoeverIsCancelled) {
  RoutePolicy policy = hedging(2, 0_ms);
  policy.breaker.emplace();
  policy.breaker->minimum_calls = 10;
  HedgedWorld hedged{policy, 2, 0, 200};
  hedged.world.run();
  EXPECT_EQ(hedged.totals().of(RequestOutcome::Ok), 200U);
  EXPECT_EQ(hedged.world.engine.route(0).openings, 0U);
}

// The tries of a call are one call, also when nobody will hear of them.
TEST(Hedging, IsForgottenOnceWhenTheCallerEnds) {
  TrafficModel model;
  OperationModel front = works(1_ms);
  front.steps.push_back({{call(1)}});
  model.services = {offers(front), offers(works(1_ms))};
  model.routes = {{.from = 0, .to = 1, .policy = hedging(3, 10_ms)}};
  add_load(model, {{0, 0}}, kSeed, 1.0, 1);
  TrafficWorld world{model, kSeed};
  const InstanceId caller = world.pod(0);
  const InstanceId hanging = world.pod(1);
  world.publish_all();
  world.engine.set_hanging(hanging, true);
  world.engine.start();
  world.run(arrival(kSeed, 1.0, 0) + 500_ms);
  EXPECT_EQ(world.engine.gauge(1).open, 1U);
  EXPECT_EQ(world.engine.gauge(1).busy, 3U);
  world.engine.kill(caller);
  EXPECT_EQ(world.engine.gauge(1).open, 0U);
  world.engine.set_hanging(hanging, false);
  world.run();
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

// Whoever is cancelled gives its connection back, and the next in line has it.
TEST(Hedging, GivesTheConnectionsOfCancelledTriesToWhoeverWaits) {
  RoutePolicy policy = hedging(2, 5_ms);
  policy.balancer = resilience::RoundRobinConfig{};
  policy.pool.emplace();
  policy.pool->thresholds.max_connections = 2;
  policy.pool->thresholds.max_connections_per_host = 1;
  HedgedWorld hedged{policy, 2, 0, 400, 100.0};
  hedged.world.engine.slow_waits(hedged.pods[0], 1_s);
  hedged.world.run();
  EXPECT_EQ(hedged.totals().of(RequestOutcome::Ok), 400U);
  EXPECT_EQ(hedged.world.engine.live_calls(), 0U);
}

}  // namespace
}  // namespace orrery::sim
