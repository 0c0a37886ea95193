/// @file
/// Whom a caller's own balancer sends its calls to.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

using resilience::HashKey;
using resilience::RoutePolicy;

constexpr std::uint64_t kSeed = 7;

/// The clients outside call one service of some pods through the policy.
struct Calls {
  RoutePolicy policy;
  Duration work = 1_ms;
  double rate = 100.0;
  std::uint64_t count = 8'000;
  std::uint32_t users = 0;
  double zipf = 0;
};
TrafficModel model_of(const Calls& calls) {
  TrafficModel model;
  model.services.push_back(offers(works(calls.work), 10'000));
  model.routes = {{.from = kClients, .to = 0, .policy = calls.policy}};
  add_load(model, {{0, 0}}, kSeed, calls.rate, calls.count);
  model.load[0].population = calls.users;
  model.load[0].population_zipf = calls.zipf;
  return model;
}

/// The part of the calls that each of four pods has served, the largest first.
std::vector<double> shares(const Calls& calls) {
  TrafficWorld world{model_of(calls), kSeed};
  std::vector<InstanceId> pods;
  for (int i = 0; i < 4; ++i) pods.push_back(world.pod(0));
  world.publish_all();
  world.engine.start();
  world.run();
  EXPECT_EQ(world.engine.live_calls(), 0U);
  std::vector<double> parts;
  for (const InstanceId pod : pods) {
    parts.push_back(static_cast<double>(world.engine.view(pod).served) /
                    static_cast<double>(calls.count));
  }
  std::sort(parts.rbegin(), parts.rend());
  return parts;
}

RoutePolicy balances(resilience::BalancerConfig balancer) {
  RoutePolicy policy;
  policy.balancer = std::move(balancer);
  return policy;
}

// --- Ring hash, Maglev ---------------------------------------------------------------------------

TEST(ConsistentHash, SendsAllThatAUserDoesToOnePod) {
  for (const auto& balancer : std::vector<resilience::BalancerConfig>{resilience::RingHashConfig{},
                                                                      resilience::MaglevConfig{}}) {
    EXPECT_EQ(shares({.policy = balances(balancer), .users = 1}).front(), 1.0);
    // Users that come only once are spread as the ring or the table is.
    EXPECT_NEAR(shares({.policy = balances(balancer)}).front(), 0.25, 0.04);
  }
  EXPECT_NEAR(shares({.policy = balances(resilience::RandomConfig{}), .users = 1}).front(), 0.25,
              0.02);
}

TEST(ConsistentHash, OfAPathSendsAllThatIsTheSameToOnePod) {
  RoutePolicy policy = balances(resilience::MaglevConfig{});
  policy.hash.key = HashKey::Path;
  EXPECT_EQ(shares({.policy = policy}).front(), 1.0);
}

// Zipf with exponent 1 of two users: one comes twice as often as the other.
TEST(Users, ComeAsOftenAsTheirPopularitySays) {
  const std::vector<double> parts =
      shares({.policy = balances(resilience::MaglevConfig{}), .users = 2, .zipf = 1});
  EXPECT_NEAR(parts[0], 2.0 / 3, 0.02);
  EXPECT_NEAR(parts[1], 1.0 / 3, 0.02);
  const std::vector<double> even =
      shares({.policy = balances(resilience::MaglevConfig{}), .users = 2});
  EXPECT_NEAR(even[0], 0.5, 0.02);
}

// A session is one journey: its steps stay together, but a user's journeys do not.
TEST(ConsistentHash, OfASessionHoldsForAllStepsOfAJourney) {
  const auto journeys_on_one_pod = [](HashKey key) {
    Calls calls{.policy = balances(resilience::MaglevConfig{}), .count = 200, .users = 1};
    calls.policy.hash.key = key;
    TrafficModel model = model_of(calls);
    model.journeys[0].steps = {{0, 0}, {0, 0}, {0, 0}};
    TrafficWorld world{model, kSeed};
    std::vector<InstanceId> pods;
    for (int i = 0; i < 4; ++i) pods.push_back(world.pod(0));
    world.publish_all();
    world.engine.start();
    world.run();
    std::uint32_t busy_pods = 0;
    for (const InstanceId pod : pods) {
      const std::uint64_t served = world.engine.view(pod).served;
      EXPECT_EQ(served % 3, 0U) << "three steps of each journey";
      busy_pods += served > 0;
    }
    return busy_pods;
  };
  EXPECT_EQ(journeys_on_one_pod(HashKey::Session), 4U);
  EXPECT_EQ(journeys_on_one_pod(HashKey::User), 1U);
}

// At most 125 % of the average of four pods: about 31 % of the calls, where one user makes all.
TEST(BoundedLoad, KeepsAPopularUsersPodFromTakingMoreThanItsShare) {
  RoutePolicy policy = balances(resilience::MaglevConfig{});
  const Calls bare{.policy = policy, .work = 1_s, .users = 1};
  EXPECT_EQ(shares(bare).front(), 1.0);
  policy.hash.balance_factor = 125;
  Calls bounded = bare;
  bounded.policy = policy;
  const std::vector<double> parts = shares(bounded);
  EXPECT_NEAR(parts.front(), 1.25 / 4, 0.02);
  EXPECT_LE(parts.back(), 1 - 3 * 1.25 / 4 + 0.02) << "the last takes what three have no room for";
}

// --- Weights -------------------------------------------------------------------------------------

/// The part of the calls that pods of a second image have served: one of four pods.
double part_of_canary(const RoutePolicy& policy) {
  constexpr std::uint64_t kCalls = 6'000;
  TrafficWorld world{model_of({.policy = policy, .count = kCalls}), kSeed};
  for (int i = 0; i < 3; ++i) world.pod(0);
  const InstanceId canary = world.engine.add_instance({"10.0.1.1", 8080, 0, 0, 0, "v2"});
  world.engine.set_listening(canary, true);
  world.pods[0].push_back({"10.0.1.1", 8080, "canary"});
  world.publish_all();
  world.engine.start();
  world.run();
  return static_cast<double>(world.engine.view(canary).served) / static_cast<double>(kCalls);
}

TEST(Weights, ShareTheCallsExactlyInRoundRobinAndAboutSoByHash) {
  RoutePolicy policy = balances(resilience::RoundRobinConfig{});
  EXPECT_NEAR(part_of_canary(policy), 0.25, 0.001);
  policy.weights = {{"v1", 3.0}};  // Three pods of 3, one of 1.
  EXPECT_NEAR(part_of_canary(policy), 0.1, 0.001);
  policy.balancer = resilience::MaglevConfig{};
  EXPECT_NEAR(part_of_canary(policy), 0.1, 0.02);
  policy.balancer = resilience::RingHashConfig{};
  EXPECT_NEAR(part_of_canary(policy), 0.1, 0.03);
  policy.balancer = resilience::LeastRequestConfig{};
  EXPECT_NEAR(part_of_canary(policy), 0.1, 0.02);
}

// --- pick_first ----------------------------------------------------------------------------------

/// The first of three pods ends after 30 of 60 seconds; tables know nothing of it.
struct Failover {
  std::vector<std::uint64_t> served;
  RequestCounts totals;
  std::uint64_t retries = 0;
};
Failover with_the_first_pod_gone(const RoutePolicy& policy, bool all = false) {
  TrafficWorld world{model_of({.policy = policy, .count = 6'000}), kSeed};
  std::vector<InstanceId> pods;
  for (int i = 0; i < 3; ++i) pods.push_back(world.pod(0));
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(30_s));
  for (int i = 0; i < (all ? 3 : 1); ++i) world.engine.kill(pods[static_cast<std::size_t>(i)]);
  world.run();
  EXPECT_EQ(world.engine.live_calls(), 0U);
  Failover run;
  for (const InstanceId pod : pods) run.served.push_back(world.engine.view(pod).served);
  run.totals = world.engine.service(0).totals();
  run.retries = world.engine.route(0).retries;
  return run;
}

TEST(PickFirst, GoesToOnePodAndWhenThatIsGoneToTheNext) {
  const Failover run = with_the_first_pod_gone(balances(resilience::PickFirstConfig{}));
  EXPECT_EQ(run.totals.of(RequestOutcome::Refused), 0U) << "what never left is sent elsewhere";
  EXPECT_LE(run.totals.of(RequestOutcome::Reset), 2U) << "what was under way";
  EXPECT_NEAR(static_cast<double>(run.served[0]), 3'000, 200);
  EXPECT_NEAR(static_cast<double>(run.served[1]), 3'000, 200);
  EXPECT_EQ(run.served[2], 0U);
  EXPECT_EQ(run.retries, 0U) << "which no policy counts as a retry";
  const Failover random = with_the_first_pod_gone(balances(resilience::RandomConfig{}));
  EXPECT_NEAR(static_cast<double>(random.totals.of(RequestOutcome::Refused)), 1'000, 120);
}

TEST(PickFirst, FailsCallsAtOnceWhileItsBackoffLastsWhenNobodyAnswers) {
  const Failover run = with_the_first_pod_gone(balances(resilience::PickFirstConfig{}), true);
  // A call for each of the rounds, which come after 1, 1.6, 2.56, … seconds: about seven in 30 s.
  EXPECT_LE(run.totals.of(RequestOutcome::Refused), 12U);
  EXPECT_GE(run.totals.of(RequestOutcome::Refused), 4U);
  EXPECT_NEAR(static_cast<double>(run.totals.of(RequestOutcome::NoEndpoints)), 3'000, 200);
}

TEST(PickFirst, WithShuffledAddressesSpreadsItsCallers) {
  const auto pods_in_use = [](bool shuffles) {
    TrafficModel model;
    OperationModel front = works(1_ms);
    front.steps.push_back({{call(1)}});
    model.services = {offers(front), offers(works(1_ms))};
    model.routes = {
        {.from = 0, .to = 1, .policy = balances(resilience::PickFirstConfig{shuffles})}};
    add_load(model, {{0, 0}}, kSeed, 100.0, 1'000);
    TrafficWorld world{model, kSeed};
    std::vector<InstanceId> backs;
    for (int i = 0; i < 20; ++i) world.pod(0);
    for (int i = 0; i < 5; ++i) backs.push_back(world.pod(1));
    world.publish_all();
    world.engine.start();
    world.run();
    std::uint32_t used = 0;
    for (const InstanceId pod : backs) used += world.engine.view(pod).served > 0;
    return used;
  };
  EXPECT_EQ(pods_in_use(false), 1U);
  EXPECT_GE(pods_in_use(true), 4U);
}

}  // namespace
}  // namespace orrery::sim
