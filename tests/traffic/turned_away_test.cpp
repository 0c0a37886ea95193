/// @file
/// What policies turn away is counted by what turned it away, and who is kept out is known at any
/// instant.
#include <gtest/gtest.h>

#include <vector>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

using resilience::RoutePolicy;

constexpr std::uint64_t kSeed = 7;

/// Calls from outside to one pod.
struct Calls {
  Calls(const RoutePolicy& policy, Duration work, double rate, std::uint64_t count,
        double errors = 0)
      : world{model(policy, work, rate, count, errors), kSeed} {
    (void)world.pod(0);
    world.publish_all();
    world.engine.start();
    world.run();
    EXPECT_EQ(world.engine.live_calls(), 0U);
  }
  static TrafficModel model(const RoutePolicy& policy, Duration work, double rate,
                            std::uint64_t count, double errors) {
    TrafficModel model;
    model.services.push_back(offers(works(work), 1'000));
    model.services[0].operations[0].error_probability = errors;
    model.routes = {{.from = kClients, .to = 0, .policy = policy}};
    add_load(model, {{0, 0}}, kSeed, rate, count);
    return model;
  }
  [[nodiscard]] std::uint64_t of(RequestOutcome outcome) const {
    return world.engine.service(0).totals().of(outcome);
  }
  /// Requires: nothing else turned anything away.
  [[nodiscard]] std::uint64_t only(TurnedAwayBy by) const {
    const RouteCounts& did = world.engine.route(0);
    for (std::uint32_t other = 0; other < kTurnedAwayByCount; ++other) {
      if (other == static_cast<std::uint32_t>(by)) continue;
      EXPECT_EQ(did.turned_away[other], 0U) << other;
    }
    return did.turned_away[static_cast<std::size_t>(by)];
  }

  TrafficWorld world;
};

TEST(TurnedAway, IsToldByWhatTurnedItAway) {
  RoutePolicy bulkhead;
  bulkhead.bulkhead = 1;
  const Calls full{bulkhead, 1_s, 10, 100};
  EXPECT_GT(full.of(RequestOutcome::Overflow), 50U);
  EXPECT_EQ(full.only(TurnedAwayBy::Bulkhead), full.of(RequestOutcome::Overflow));

  RoutePolicy threads;
  threads.thread_pool = resilience::hystrix_thread_pool(1, -1, 5);
  const Calls busy{threads, 1_s, 10, 100};
  EXPECT_GT(busy.of(RequestOutcome::Overflow), 50U);
  EXPECT_EQ(busy.only(TurnedAwayBy::Bulkhead), busy.of(RequestOutcome::Overflow));

  RoutePolicy limited;
  limited.rate_limit =
      resilience::LocalRateLimitConfig{.max_tokens = 1, .tokens_per_fill = 1, .fill_interval = 1_s};
  const Calls over{limited, 1_ms, 10, 100};
  EXPECT_GT(over.of(RequestOutcome::RateLimited), 50U);
  EXPECT_EQ(over.only(TurnedAwayBy::RateLimit), over.of(RequestOutcome::RateLimited));

  RoutePolicy admitted;
  admitted.admission.emplace();
  const Calls failing{admitted, 1_ms, 100, 2'000, 1};
  EXPECT_GT(failing.of(RequestOutcome::NotAdmitted), 50U);
  EXPECT_EQ(failing.only(TurnedAwayBy::Admission), failing.of(RequestOutcome::NotAdmitted));

  for (const bool command : {false, true}) {
    RoutePolicy guarded;
    if (command) guarded.command.emplace();
    if (!command) guarded.breaker.emplace();
    const Calls open{guarded, 1_ms, 100, 1'000, 1};
    EXPECT_GT(open.of(RequestOutcome::CircuitOpen), 500U);
    EXPECT_EQ(open.only(TurnedAwayBy::Breaker), open.of(RequestOutcome::CircuitOpen));
  }
}

TEST(TurnedAway, ByAPoolIsWhatFindsNoPlaceToWaitOrNoRequestLeft) {
  for (const std::uint32_t requests : {1U, 1'000U}) {
    RoutePolicy pool;
    pool.pool.emplace();
    pool.pool->streams_per_connection = requests == 1 ? 100 : 1;
    pool.pool->thresholds.max_connections = 1;
    pool.pool->thresholds.max_requests = requests;
    pool.pool->thresholds.max_pending_requests = 1;
    const Calls full{pool, 1_s, 10, 100};
    EXPECT_GT(full.of(RequestOutcome::Overflow), 50U);
    EXPECT_EQ(full.only(TurnedAwayBy::Pool), full.of(RequestOutcome::Overflow));
  }
}

// Of calls that all fail and are to be tried twice more, the limit lets no try out.
TEST(TurnedAway, ByALimitOfRetriesIsWhatElseHadBeenTriedAgain) {
  RoutePolicy policy;
  policy.retry.on = {resilience::RetryOn::Status5xx};
  policy.retry.retries = 2;
  policy.backoff = resilience::FixedBackoff{{}};
  policy.retry_limit.emplace(resilience::EnvoyRetryLimit{.max_retries = 0});
  const Calls none{policy, 1_ms, 10, 100, 1};
  EXPECT_EQ(none.world.engine.route(0).retries, 0U);
  EXPECT_EQ(none.only(TurnedAwayBy::RetryLimit), 100U);

  policy.retry_limit.reset();
  const Calls all{policy, 1_ms, 10, 100, 1};
  EXPECT_EQ(all.world.engine.route(0).retries, 200U);
  EXPECT_EQ(all.only(TurnedAwayBy::RetryLimit), 0U) << "after the last one none was wanted";
}

// Ten tokens, of which each failure takes one: hedges go out while there are more than five.
TEST(TurnedAway, ByAThrottleIsEachCallsFirstHedgeThatIsNotMade) {
  for (const Duration delay : {Duration{}, 10_s}) {
    RoutePolicy policy;
    resilience::GrpcCodes not_fatal;
    not_fatal.add(resilience::GrpcCode::Unknown);
    policy.hedging = resilience::GrpcHedgingPolicy{3, delay, not_fatal};
    policy.retry_limit.emplace(
        resilience::GrpcRetryThrottleConfig{.max_tokens = 10, .token_ratio = 0.1});
    const Calls calls{policy, 1_ms, 1, 40, 1};
    const std::uint64_t hedges = calls.world.engine.route(0).hedges;
    EXPECT_GE(hedges, 2U);
    const std::uint64_t refused = calls.only(TurnedAwayBy::RetryLimit);
    EXPECT_GE(refused, 37U);
    EXPECT_LE(refused, 39U) << "once a call, whatever number it might have made";
  }
}

// L16 (b): one of ten pods fails; it is out for 30 s, then for 60 s, and so on.
TEST(KeptOut, AreTheHostsThatWereEjectedAndAreNotBack) {
  TrafficModel model;
  model.services.push_back(offers(works(1_ms)));
  RoutePolicy policy;
  policy.balancer = resilience::RoundRobinConfig{};
  policy.outliers.emplace();
  model.routes = {{.from = kClients, .to = 0, .policy = policy}};
  add_load(model, {{0, 0}}, kSeed, 100.0, 20'000);
  TrafficWorld world{model, kSeed};
  for (std::uint32_t pod = 0; pod < 10; ++pod) world.engine.set_failing(world.pod(0), pod == 4);
  world.publish_all();
  world.engine.start();
  std::uint64_t out_for = 0;
  std::uint64_t back_for = 0;
  bool out = false;
  for (int tenth = 1; tenth < 2'000; ++tenth) {
    world.run(Instant::at(Duration::milliseconds(100) * tenth));
    for (const EjectionNotice& notice : world.engine.take_ejections()) {
      out = notice.event.what == resilience::OutlierEvent::What::Ejected;
    }
    const std::vector<HostKeptOut> kept = world.engine.kept_out(world.kernel.now());
    const std::vector<HostKeptOut> expected{{0, 4}};
    EXPECT_EQ(kept, out ? expected : std::vector<HostKeptOut>{}) << tenth;
    (out ? out_for : back_for) += 1;
  }
  EXPECT_GT(out_for, 1'500U);
  EXPECT_GT(back_for, 1U);
}

TEST(KeptOut, KnowsNobodyWhoHasLeftTheTableOrWhoseCallerIsGone) {
  TrafficModel model;
  OperationModel calls = works(1_ms);
  calls.steps.push_back({{call(1)}});
  model.services.push_back(offers(calls));
  model.services.push_back(offers(works(1_ms)));
  RoutePolicy policy;
  policy.balancer = resilience::RoundRobinConfig{};
  policy.accrual.emplace();
  model.routes = {{.from = 0, .to = 1, .policy = policy}};
  add_load(model, {{0, 0}}, kSeed, 100.0, 2'000);
  TrafficWorld world{model, kSeed};
  const InstanceId caller = world.pod(0);
  const InstanceId other = world.pod(0);
  const InstanceId bad = world.pod(1);
  (void)world.pod(1);
  world.engine.set_failing(bad, true);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(5_s));
  const auto at_bad = static_cast<std::uint32_t>(bad);
  const HostKeptOut one{0, at_bad};
  EXPECT_EQ(world.engine.kept_out(world.kernel.now()), (std::vector<HostKeptOut>{one, one}));
  world.engine.kill(caller);
  EXPECT_EQ(world.engine.kept_out(world.kernel.now()), (std::vector<HostKeptOut>{one}));
  (void)other;
  world.pods[1].erase(world.pods[1].begin());
  world.publish_all();
  world.run(Instant::at(6_s));
  EXPECT_TRUE(world.engine.kept_out(world.kernel.now()).empty());
}

}  // namespace
}  // namespace orrery::sim
