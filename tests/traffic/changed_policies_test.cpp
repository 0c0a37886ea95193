/// @file
/// Policies that change while calls are made: who goes by which, and what is known no more.
#include <gtest/gtest.h>

#include <memory>

#include "tests/traffic/failure_origin.h"
#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

using resilience::RoutePolicy;

constexpr std::uint64_t kSeed = 7;
constexpr double kRate = 100;

RoutePolicy with_timeout(Duration timeout) {
  RoutePolicy policy;
  policy.timeouts.overall = timeout;
  return policy;
}

/// Users' calls, 100 a second for a minute, to a service with two pods that take `work` each.
struct Called {
  Called(const RoutePolicy& policy, Duration work) {
    TrafficModel model;
    model.services.push_back(offers(works(work), 1000));
    model.routes.push_back({.from = kClients, .to = 0, .policy = policy});
    add_load(model, {{0, 0}}, kSeed, kRate, 6'000);
    world = std::make_unique<TrafficWorld>(model, kSeed);
    for (int i = 0; i < 2; ++i) pods.push_back(world->pod(0));
    world->publish_all();
    world->engine.start();
  }
  void change(Instant at, const RoutePolicy& policy) {
    world->run(at);
    world->engine.set_policy(0, policy);
  }
  [[nodiscard]] std::uint64_t count(RequestOutcome outcome) const {
    return world->engine.service(0).totals().of(outcome);
  }

  std::unique_ptr<TrafficWorld> world;
  std::vector<InstanceId> pods;
};

TEST(ChangedPolicies, AreOfCallsThatBeginFromThenOn) {
  Called clients{with_timeout(3_s), 2_s};
  clients.change(Instant::at(10_s), with_timeout(1_s));
  clients.world->run(Instant::at(12_s + 1_ms));
  const std::uint64_t ended = clients.count(RequestOutcome::Ok);
  EXPECT_NEAR(static_cast<double>(ended), 10 * kRate, 100) << "those under way kept their 3 s";
  const std::uint64_t late = clients.count(RequestOutcome::Timeout);
  EXPECT_NEAR(static_cast<double>(late), kRate, 30) << "of the second that is over by 1 s";
  clients.world->run();
  EXPECT_EQ(clients.count(RequestOutcome::Ok), ended);
  EXPECT_EQ(clients.count(RequestOutcome::Timeout), 6'000 - ended);
}

TEST(ChangedPolicies, OfWhoNeverChangesThemPlayAsBefore) {
  const auto fingerprint = [](bool changes) {
    Called clients{with_timeout(3_s), 20_ms};
    if (changes) clients.change(Instant::at(10_s), with_timeout(3_s));
    clients.world->run();
    return clients.world->fingerprint.value();
  };
  EXPECT_EQ(fingerprint(true), fingerprint(false));
}

TEST(ChangedPolicies, LetCallsThatWaitForAConnectionHaveTheOldOnes) {
  RoutePolicy narrow = with_timeout(10_s);
  narrow.pool.emplace();
  narrow.pool->thresholds.max_connections = 1;
  narrow.balancer = resilience::RoundRobinConfig{};
  Called clients{narrow, 100_ms};
  // One connection to each of two pods carries 20 a second, so 80 more wait every second.
  RoutePolicy wide = narrow;
  wide.pool->thresholds.max_connections = 1000;
  clients.change(Instant::at(2_s), wide);
  clients.world->run(Instant::at(3_s));
  const std::uint64_t soon = clients.count(RequestOutcome::Ok);
  EXPECT_NEAR(static_cast<double>(soon), 3 * 20 + 0.9 * kRate, 30)
      << "new ones wait for nobody, old ones for each other";
  clients.world->run();
  EXPECT_EQ(clients.count(RequestOutcome::Ok) + clients.count(RequestOutcome::Timeout), 6'000U);
  EXPECT_EQ(clients.count(RequestOutcome::Timeout), 0U);
}

TEST(ChangedPolicies, BeginWithBreakersThatAreClosed) {
  RoutePolicy policy = with_timeout(1_s);
  policy.command.emplace();
  policy.command->sleep_window = Duration::minutes(10);
  Called clients{policy, 1_ms};
  for (const InstanceId pod : clients.pods) clients.world->engine.set_failing(pod, true);
  clients.world->run(Instant::at(20_s));
  for (const InstanceId pod : clients.pods) clients.world->engine.set_failing(pod, false);
  const std::uint64_t before = clients.count(RequestOutcome::CircuitOpen);
  clients.world->run(Instant::at(21_s));
  EXPECT_GT(clients.count(RequestOutcome::CircuitOpen), before) << "it sleeps for ten minutes";
  policy.timeouts.overall = 2_s;
  clients.change(Instant::at(21_s), policy);
  const std::uint64_t open = clients.count(RequestOutcome::CircuitOpen);
  clients.world->run();
  EXPECT_EQ(clients.count(RequestOutcome::CircuitOpen), open);
}

TEST(ChangedPolicies, TakeHealthChecksWithThem) {
  RoutePolicy checks = with_timeout(100_ms);
  checks.balancer = resilience::RoundRobinConfig{};
  checks.health.emplace();
  checks.health->check.interval = checks.health->check.no_traffic_interval = 1_s;
  checks.health->check.timeout = 200_ms;
  Called clients{with_timeout(100_ms), 1_ms};
  clients.world->engine.set_hanging(clients.pods[0], true);
  clients.world->run(Instant::at(10_s));
  EXPECT_GT(clients.count(RequestOutcome::Timeout), 300U);
  clients.change(Instant::at(10_s), checks);
  clients.world->run(Instant::at(12_s));
  const std::uint64_t late = clients.count(RequestOutcome::Timeout);
  clients.world->run(Instant::at(30_s));
  EXPECT_EQ(clients.count(RequestOutcome::Timeout), late) << "whoever hangs is asked no more";
  clients.change(Instant::at(30_s), with_timeout(100_ms));
  clients.world->run(Instant::at(40_s));
  EXPECT_GT(clients.count(RequestOutcome::Timeout), late + 300) << "nobody checks any more";
}

TEST(ChangedPolicies, AreTheCauseOfWhatTheyEnd) {
  recording::EventLog log;
  FailureLedger ledger{log, {"web"}};
  Called clients{with_timeout(3_s), 500_ms};
  clients.world->engine.explain_failures(ledger);
  const auto change = [&](Instant at, const RoutePolicy& policy) {
    clients.world->run(at);
    clients.world->engine.set_policy(0, policy, log.append(at, 0, "policy", "Service/web"));
  };
  RoutePolicy few = with_timeout(3_s);
  few.bulkhead = 1;
  change(Instant::at(10_s), few);
  clients.world->run(Instant::at(12_s));
  EXPECT_GT(clients.count(RequestOutcome::Overflow), 100U);
  EXPECT_EQ(origin_of(ledger, log), "policy");
  change(Instant::at(12_s), with_timeout(100_ms));
  clients.world->run(Instant::at(14_s));
  EXPECT_GT(clients.count(RequestOutcome::Timeout), 100U);
  for (const FailureTally& tally : ledger.tallies()) {
    EXPECT_EQ(log.records()[tally.kind.cause - 1].what, "policy");
  }
}

TEST(ChangedPolicies, ThatAreAsAtFirstAreNoCause) {
  recording::EventLog log;
  FailureLedger ledger{log, {"web"}};
  Called clients{with_timeout(400_ms), 500_ms};
  clients.world->run(Instant::at(1_s));
  const auto cause = log.append(Instant::at(1_s), 0, "policy", "Service/web");
  clients.world->engine.set_policy(0, with_timeout(300_ms), cause);
  clients.world->engine.set_policy(0, with_timeout(400_ms), cause);
  clients.world->engine.explain_failures(ledger);
  clients.world->run(Instant::at(3_s));
  ASSERT_FALSE(ledger.tallies().empty());
  for (const FailureTally& tally : ledger.tallies()) {
    EXPECT_EQ(log.records()[tally.kind.cause - 1].what, "load");
  }
}

TEST(ChangedPolicies, AreOfPodsThatComeLaterToo) {
  TrafficModel model;
  model.services.push_back(offers(works(1_ms), 1000));
  model.services[0].operations[0].steps.push_back({{call(1)}});
  model.services.push_back(offers(works(500_ms), 1000));
  model.routes.push_back({.from = 0, .to = 1, .policy = with_timeout(1_s)});
  add_load(model, {{0, 0}}, kSeed, kRate, 2'000);
  TrafficWorld world{model, kSeed};
  world.pod(0);
  world.pod(1);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(5_s));
  world.engine.set_policy(0, with_timeout(100_ms));
  world.pod(0);
  world.publish_all();
  world.run(Instant::at(5_s + 600_ms));
  const std::uint64_t ok = world.engine.service(1).totals().of(RequestOutcome::Ok);
  world.run();
  EXPECT_EQ(world.engine.service(1).totals().of(RequestOutcome::Ok), ok);
}

}  // namespace
}  // namespace orrery::sim
