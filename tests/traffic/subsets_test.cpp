/// @file
/// Subsets that calls are split over: each is a cluster of its own, with a balancer, a pool, limits
/// and a judgement of its hosts that no other subset knows of, even where they share a pod.
///
/// Source: Envoy RouteAction.weighted_clusters, cluster manager (a cluster's hosts, thresholds and
/// outlier detection are its own); Istio DestinationRule.Subset.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/traffic/failure_origin.h"
#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

using resilience::ClusterPolicy;
using resilience::RoutePolicy;
using resilience::SubsetShare;
using What = resilience::OutlierEvent::What;
using Labels = std::map<std::string, std::string, std::less<>>;

constexpr std::uint64_t kSeed = 7;
constexpr std::uint64_t kCalls = 4'000;

const Labels kOne{{"one", "yes"}};
const Labels kTwo{{"two", "yes"}};
const Labels kBoth{{"one", "yes"}, {"two", "yes"}};

/// Half of the calls each to the pods of "one" and to those of "two", round robin.
RoutePolicy halves() {
  RoutePolicy policy;
  policy.split = {{.labels = kOne, .weight = 1, .name = "one"},
                  {.labels = kTwo, .weight = 1, .name = "two"}};
  for (SubsetShare& share : policy.split) share.policy.balancer = resilience::RoundRobinConfig{};
  return policy;
}

/// Hosts are out after so many errors in a row, for longer than any run here takes.
resilience::OutlierPolicy ejecting(std::uint32_t errors, std::uint32_t percent = 100,
                                   std::uint32_t panic = 0) {
  resilience::OutlierPolicy outliers;
  outliers.detection = resilience::istio_default_outlier_detection();
  outliers.detection.consecutive_5xx = errors;
  outliers.detection.base_ejection_time = outliers.detection.max_ejection_time = 100'000_s;
  outliers.detection.max_ejection_percent = percent;
  outliers.panic_threshold = panic;
  return outliers;
}

/// Clients that call one service whose pods have these labels.
struct SubsetWorld {
  SubsetWorld(const RoutePolicy& policy, const std::vector<Labels>& labels,
              const std::function<void(TrafficModel&)>& change = {}, double rate = 100,
              std::uint64_t calls = kCalls)
      : world{model(policy, change, rate, calls), kSeed} {
    for (const Labels& its : labels) pods.push_back(world.pod(0, 0, 0, true, kNone, its));
    world.publish_all();
    world.engine.start();
  }
  static TrafficModel model(const RoutePolicy& policy,
                            const std::function<void(TrafficModel&)>& change, double rate,
                            std::uint64_t calls) {
    TrafficModel made;
    made.services.push_back(offers(works(1_ms), 1'000));
    made.routes.push_back({.from = kClients, .to = 0, .policy = policy});
    add_load(made, {{0, 0}}, kSeed, rate, calls);
    if (change) change(made);
    return made;
  }
  void run() {
    world.run();
    EXPECT_EQ(world.engine.live_calls(), 0U);
  }
  [[nodiscard]] std::uint64_t ended(RequestOutcome outcome) const {
    return world.engine.service(0).totals().of(outcome);
  }
  [[nodiscard]] std::uint64_t served(std::size_t pod) const {
    return world.engine.view(pods[pod]).served;
  }

  TrafficWorld world;
  std::vector<InstanceId> pods;
};

/// How many of the calls are drawn for "one": whatever is done to its pods, it is the same number.
std::uint64_t calls_to_one() {
  SubsetWorld world{halves(), {kOne, kTwo}};
  world.run();
  EXPECT_EQ(world.served(0) + world.served(1), kCalls);
  return world.served(0);
}

TEST(Subsets, EjectAPodByThemselvesAlsoWhereTheyShareIt) {
  RoutePolicy policy = halves();
  policy.split[0].policy.outliers = ejecting(3);
  policy.split[1].policy.outliers = ejecting(7);
  SubsetWorld world{policy, {kOne, kTwo, kBoth}};
  world.world.engine.set_failing(world.pods[2], true);
  world.run();
  EXPECT_EQ(world.ended(RequestOutcome::Error), 3U + 7);
  const std::vector<EjectionNotice> told = world.world.engine.take_ejections();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].subset, "one");
  EXPECT_EQ(told[1].subset, "two");
  EXPECT_EQ(told[0].address, told[1].address);
}

TEST(Subsets, LeaveAPodAloneThatAnotherHasEjected) {
  RoutePolicy policy = halves();
  policy.split[0].policy.outliers = ejecting(3);
  SubsetWorld world{policy, {kOne, kTwo, kBoth}};
  world.world.engine.set_failing(world.pods[2], true);
  world.run();
  const double of_two = static_cast<double>(kCalls - calls_to_one());
  EXPECT_NEAR(static_cast<double>(world.ended(RequestOutcome::Error)), 3 + of_two / 2, 1);
}

TEST(Subsets, EjectNoMoreThanTheirShareOfTheirOwnPods) {
  RoutePolicy policy = halves();
  policy.split[0].policy.outliers = ejecting(5, 50);
  // Of the two pods one may go; of all ten it could be five.
  std::vector<Labels> labels(10, kTwo);
  labels[0] = labels[1] = kOne;
  SubsetWorld world{policy, labels};
  for (const std::size_t bad : {0U, 1U}) world.world.engine.set_failing(world.pods[bad], true);
  world.run();
  std::uint64_t ejected = 0;
  std::uint64_t kept = 0;
  for (const EjectionNotice& notice : world.world.engine.take_ejections()) {
    ejected += notice.event.what == What::Ejected;
    kept += notice.event.what == What::Overflow;
  }
  EXPECT_EQ(ejected, 1U);
  EXPECT_GT(kept, 0U);
  EXPECT_EQ(world.ended(RequestOutcome::Error), calls_to_one());
}

TEST(Subsets, PanicByThemselvesAndNeverPassTheirCallsOn) {
  std::vector<Labels> labels(10, kTwo);
  labels[0] = labels[1] = kOne;
  const auto run = [&](std::uint32_t panic) {
    RoutePolicy policy = halves();
    policy.split[0].policy.outliers = ejecting(5, 100, panic);
    auto world = std::make_unique<SubsetWorld>(policy, labels);
    for (const std::size_t bad : {0U, 1U}) world->world.engine.set_failing(world->pods[bad], true);
    world->run();
    EXPECT_EQ(world->ended(RequestOutcome::Ok), kCalls - calls_to_one()) << panic;
    return world;
  };
  // Those that are on their way when the fifth error comes back fail, too.
  const std::uint64_t errors = run(0)->ended(RequestOutcome::Error);
  EXPECT_NEAR(static_cast<double>(errors), 5 + 5, 2) << "then there is nobody left";
  EXPECT_EQ(run(0)->ended(RequestOutcome::NoEndpoints), calls_to_one() - errors);
  EXPECT_EQ(run(50)->ended(RequestOutcome::Error), calls_to_one())
      << "none of its own is well, though most of all are";
}

TEST(Subsets, HaveAPoolEach) {
  RoutePolicy policy = halves();
  policy.timeouts.overall = 1_s;
  for (SubsetShare& share : policy.split) {
    share.policy.pool.emplace();
    share.policy.pool->thresholds.max_connections = 1;
    share.policy.pool->thresholds.max_pending_requests = 1;
  }
  policy.split[1].policy.pool->thresholds.max_connections = 20;
  policy.split[1].policy.pool->thresholds.max_pending_requests = 20;
  SubsetWorld world{policy, {kOne, kTwo}};
  world.world.engine.set_hanging(world.pods[0], true);
  world.world.run(Instant::at(60_s));
  EXPECT_EQ(world.ended(RequestOutcome::Ok), kCalls - calls_to_one());
  EXPECT_GT(world.ended(RequestOutcome::Overflow), calls_to_one() / 2);
}

TEST(Subsets, HaveAPoolEachToAPodThatTheyShare) {
  const auto carried = [](const RoutePolicy& policy) {
    SubsetWorld world{policy,
                      {kBoth},
                      [](TrafficModel& model) { model.services[0] = offers(works(1_s), 1'000); },
                      1'000,
                      20};
    world.run();
    EXPECT_EQ(world.ended(RequestOutcome::Ok) + world.ended(RequestOutcome::Overflow), 20U);
    return world.ended(RequestOutcome::Ok);
  };
  resilience::ConnectionPoolConfig pool;
  pool.thresholds.max_connections = pool.thresholds.max_pending_requests = 1;
  RoutePolicy policy = halves();
  for (SubsetShare& share : policy.split) share.policy.pool = pool;
  EXPECT_EQ(carried(policy), 2U * 2) << "one on the way and one that waits, in each";
  policy.split[1].weight = 0;
  EXPECT_EQ(carried(policy), 2U);
}

TEST(Subsets, CountTheirOwnRetriesAgainstTheirOwnLimit) {
  // All calls at once, and every retry waits for longer than they come.
  const auto retries_of = [](RoutePolicy policy) {
    policy.retry.on = {resilience::RetryOn::Status5xx};
    policy.retry.retries = 1;
    policy.backoff = resilience::FixedBackoff{10_s};
    SubsetWorld world{
        policy,
        {kOne, kTwo},
        [](TrafficModel& model) { model.services[0].operations[0].error_probability = 1; },
        1'000,
        40};
    world.run();
    return world.world.engine.route(0).retries;
  };
  RoutePolicy policy = halves();
  policy.split[0].retry_limit = resilience::EnvoyRetryLimit{2, {}};
  policy.split[1].retry_limit = resilience::EnvoyRetryLimit{5, {}};
  EXPECT_EQ(retries_of(policy), 2U + 5);
  policy.split[0].retry_limit = resilience::EnvoyRetryLimit{0, {}};
  EXPECT_EQ(retries_of(policy), 5U);
  for (SubsetShare& share : policy.split) share.retry_limit.reset();
  policy.retry_limit = resilience::EnvoyRetryLimit{3, {}};
  EXPECT_EQ(retries_of(policy), 3U + 3) << "the route's, against the requests of each";
}

TEST(Subsets, WaitForAConnectionAsLongAsTheirOwnTimeout) {
  const auto waited = [](std::uint32_t one, std::uint32_t two) {
    RoutePolicy policy = halves();
    policy.timeouts.connect = 700_ms;
    policy.split[0].connect_timeout = 100_ms;
    policy.split[0].weight = one;
    policy.split[1].weight = two;
    SubsetWorld world{policy, {kOne, kTwo}, {}, 100, 40};
    for (const InstanceId pod : world.pods) world.world.engine.lose(pod);
    world.run();
    EXPECT_EQ(world.ended(RequestOutcome::Timeout), 40U);
    return world.world.engine.service(0).totals().latency_sum_ns;
  };
  EXPECT_EQ(waited(1, 0), (100_ms * 40).count_ns());
  EXPECT_EQ(waited(0, 1), (700_ms * 40).count_ns()) << "the route's";
}

TEST(Subsets, WithoutABalancerLeaveTheChoiceOfAllPodsToTheNode) {
  RoutePolicy policy = halves();
  policy.split[0].policy.balancer.reset();
  policy.split[1].weight = 0;
  SubsetWorld world{policy, {kOne, kTwo, {}}};
  world.run();
  for (std::size_t pod = 0; pod < 3; ++pod)
    EXPECT_NEAR(static_cast<double>(world.served(pod)), 1333, 5 * 30) << pod;
}

TEST(Subsets, HaveABalancerEachOfAnyKind) {
  RoutePolicy policy = halves();
  policy.split[0].policy.balancer = resilience::PickFirstConfig{};
  policy.split[1].policy.balancer = resilience::MaglevConfig{.table_size = 31};
  policy.split[1].policy.hash.key = resilience::HashKey::Path;
  SubsetWorld world{policy, {kOne, kOne, kTwo, kTwo}};
  world.run();
  EXPECT_EQ(world.served(0), calls_to_one()) << "the first";
  EXPECT_EQ(world.served(1), 0U);
  const std::uint64_t of_two = kCalls - calls_to_one();
  EXPECT_TRUE(world.served(2) == of_two || world.served(3) == of_two) << "one path, one pod";
}

TEST(Subsets, AskThePodsHowTheyAreEachForItself) {
  RoutePolicy policy = halves();
  resilience::HealthCheckPolicy health;
  health.check.interval = health.check.no_traffic_interval = 1_s;
  health.check.timeout = 200_ms;
  health.check.unhealthy_threshold = 3;
  health.check.healthy_threshold = 2;
  policy.health = health;
  for (SubsetShare& share : policy.split) share.policy.health = health;
  SubsetWorld world{policy, {kOne, kTwo, kBoth}};
  world.world.run(Instant::at(10_s));
  world.world.engine.set_failing(world.pods[2], true);
  world.world.run(Instant::at(20_s));
  std::vector<std::string> by;
  for (const EjectionNotice& notice : world.world.engine.take_ejections()) {
    EXPECT_EQ(notice.event.kind, resilience::OutlierKind::HealthChecks);
    by.push_back(notice.subset);
  }
  std::sort(by.begin(), by.end());
  EXPECT_EQ(by, (std::vector<std::string>{"one", "two"}));
}

TEST(Subsets, LetWritesThroughToALeaderOfNoneOfThem) {
  RoutePolicy policy = halves();
  for (SubsetShare& share : policy.split) {
    share.policy.outliers = ejecting(5);
    share.policy.pool.emplace();
  }
  // The first pod leads; whether it is of a subset or not, it gets all writes.
  for (const Labels& leader : {Labels{}, kOne}) {
    SubsetWorld world{policy, {leader, kOne, kTwo}, [](TrafficModel& model) {
                        model.services[0].operations[0].writes = true;
                        model.services[0].leader = {Distribution::constant(5_s), 1, {}};
                      }};
    world.run();
    const std::uint64_t written = kCalls - world.ended(RequestOutcome::NoEndpoints);
    EXPECT_NEAR(static_cast<double>(written), 3'500, 100) << "there is a leader after 5 s";
    EXPECT_EQ(world.ended(RequestOutcome::Ok), written);
    EXPECT_EQ(world.served(0), written);
  }
}

// --- Where they change while calls are made

/// Pods of "one" and of "two", of which the first of each fails; both eject after three errors.
struct ChangedWorld : SubsetWorld {
  ChangedWorld() : SubsetWorld{ejecting_halves(), {kOne, kOne, kTwo, kTwo}} {
    for (const std::size_t bad : {0U, 2U}) world.engine.set_failing(pods[bad], true);
    world.run(Instant::at(10_s));
    EXPECT_EQ(ended(RequestOutcome::Error), 3U + 3);
  }
  static RoutePolicy ejecting_halves() {
    RoutePolicy policy = halves();
    for (SubsetShare& share : policy.split) share.policy.outliers = ejecting(3);
    return policy;
  }
  std::uint64_t errors_after(const RoutePolicy& policy, Keeps keeps = Keeps::Unchanged) {
    world.engine.set_policy(0, policy, 0, keeps);
    run();
    return ended(RequestOutcome::Error);
  }
};

TEST(ChangedSubsets, KnowTheirHostsWhileWeightsMove) {
  RoutePolicy policy = ChangedWorld::ejecting_halves();
  policy.split[0].weight = 9;
  EXPECT_EQ(ChangedWorld{}.errors_after(policy), 6U);
  EXPECT_EQ(ChangedWorld{}.errors_after(policy, Keeps::Nothing), 12U);
  policy.timeouts.overall = 1_s;
  EXPECT_EQ(ChangedWorld{}.errors_after(policy), 6U) << "timeouts are the route's";
}

TEST(ChangedSubsets, KnowTheirHostsByNameWhereverTheyStand) {
  RoutePolicy policy = ChangedWorld::ejecting_halves();
  std::swap(policy.split[0], policy.split[1]);
  policy.split.push_back({.labels = kBoth, .weight = 0, .name = "both"});
  EXPECT_EQ(ChangedWorld{}.errors_after(policy), 6U);
}

TEST(ChangedSubsets, BeginAnewWhereTheirOwnPolicyOrTheirPodsChange) {
  RoutePolicy policy = ChangedWorld::ejecting_halves();
  policy.split[1].policy.outliers = ejecting(4);
  EXPECT_EQ(ChangedWorld{}.errors_after(policy), 6U + 4);
  policy = ChangedWorld::ejecting_halves();
  policy.split[1].connect_timeout = 1_s;
  EXPECT_EQ(ChangedWorld{}.errors_after(policy), 6U + 3);
  policy = ChangedWorld::ejecting_halves();
  policy.split[1].retry_limit.emplace();
  EXPECT_EQ(ChangedWorld{}.errors_after(policy), 6U + 3);
  policy = ChangedWorld::ejecting_halves();
}

TEST(ChangedSubsets, BeginAnewWhereTheirPodsAreOthers) {
  RoutePolicy policy = ChangedWorld::ejecting_halves();
  policy.split[0].weight = 0;
  SubsetWorld world{policy, {kBoth, kTwo, kOne}};
  world.world.engine.set_failing(world.pods[0], true);
  world.world.run(Instant::at(10_s));
  EXPECT_EQ(world.ended(RequestOutcome::Error), 3U);
  policy.split[1].labels = kOne;
  world.world.engine.set_policy(0, policy, 0, Keeps::Unchanged);
  world.run();
  EXPECT_EQ(world.ended(RequestOutcome::Error), 3U + 3);
}

TEST(ChangedSubsets, AreWhereAllPodsWereOneCluster) {
  RoutePolicy all;
  all.balancer = resilience::RoundRobinConfig{};
  all.outliers = ejecting(3);
  SubsetWorld world{all, {kOne, kOne, kTwo, kTwo}};
  world.world.engine.set_failing(world.pods[0], true);
  world.world.run(Instant::at(10_s));
  EXPECT_EQ(world.ended(RequestOutcome::Error), 3U);
  RoutePolicy split = ChangedWorld::ejecting_halves();
  split.split.insert(split.split.begin(), {.labels = {}, .weight = 0, .policy = all});
  world.world.engine.set_policy(0, split, 0, Keeps::Unchanged);
  world.world.run(Instant::at(20_s));
  EXPECT_EQ(world.ended(RequestOutcome::Error), 3U + 3) << "subset one had not met it";
  split.split[0].weight = 1;
  split.split[1].weight = split.split[2].weight = 0;
  world.world.engine.set_policy(0, split, 0, Keeps::Unchanged);
  world.run();
  EXPECT_EQ(world.ended(RequestOutcome::Error), 3U + 3) << "all pods are the cluster they were";
}

TEST(ChangedSubsets, GetTheirNewShareOfTheCallsThatBeginFromThenOn) {
  SubsetWorld world{halves(), {kOne, kTwo}};
  world.world.run(Instant::at(10_s));
  const std::uint64_t before = world.served(0);
  RoutePolicy policy = halves();
  policy.split[0].weight = 0;
  world.world.engine.set_policy(0, policy, 0, Keeps::Unchanged);
  world.world.run(Instant::at(20_s));
  EXPECT_LE(world.served(0), before + 1);
  policy.split[0].weight = 3;
  world.world.engine.set_policy(0, policy, 0, Keeps::Unchanged);
  world.run();
  const double later = static_cast<double>(kCalls - 2'000);
  EXPECT_NEAR(static_cast<double>(world.served(0) - before), 0.75 * later, 0.05 * later);
}

/// A connection of "one" that an old call has is not there for a new one, and is when it ends.
TEST(ChangedSubsets, HaveOnePoolForCallsOfBeforeAndAfter) {
  const auto overflows = [](Keeps keeps) {
    RoutePolicy policy = halves();
    policy.split[1].weight = 0;
    policy.split[0].policy.pool.emplace();
    policy.split[0].policy.pool->thresholds.max_connections = 1;
    policy.split[0].policy.pool->thresholds.max_pending_requests = 6;
    const auto slowly = [](TrafficModel& model) {
      model.services[0] = offers(works(100_ms), 1'000);
    };
    SubsetWorld world{policy, {kOne}, slowly, 20, 300};
    world.world.run(Instant::at(10_s));
    policy.timeouts.overall = 30_s;
    world.world.engine.set_policy(0, policy, 0, keeps);
    const std::uint64_t before = world.ended(RequestOutcome::Overflow);
    world.world.run(Instant::at(10_s + 200_ms));
    const std::uint64_t soon = world.ended(RequestOutcome::Overflow) - before;
    world.run();
    return soon;
  };
  EXPECT_GT(overflows(Keeps::Unchanged), 0U);
  EXPECT_EQ(overflows(Keeps::Nothing), 0U) << "seven of its own have room";
}

TEST(ChangedSubsets, AreWhyCallsFailThatWereSentWhereSomebodyWasIll) {
  const auto origin = [](bool ill_before, std::uint32_t first, std::uint32_t then) {
    recording::EventLog log;
    FailureLedger ledger{log, {"web"}};
    RoutePolicy policy = halves();
    policy.split[1].weight = first;
    SubsetWorld world{policy, {kOne, kTwo}};
    RequestEngine& engine = world.world.engine;
    const auto fall_ill = [&] {
      engine.set_failing(world.pods[1], true, log.append(world.world.kernel.now(), 0, "fault", ""));
    };
    world.world.run(Instant::at(10_s));
    if (ill_before) fall_ill();
    policy.split[1].weight = then;
    engine.set_policy(0, policy, log.append(Instant::at(10_s), 0, "policy", ""), Keeps::Unchanged);
    if (!ill_before) fall_ill();
    engine.explain_failures(ledger);
    world.run();
    return origin_of(ledger, log);
  };
  EXPECT_EQ(origin(true, 0, 1), "policy");
  EXPECT_EQ(origin(true, 1, 9), "policy");
  EXPECT_EQ(origin(false, 1, 9), "fault") << "it came later";
  EXPECT_EQ(origin(true, 9, 1), "fault") << "fewer go there than at first";
  EXPECT_EQ(origin(true, 1, 1), "fault");
  EXPECT_EQ(origin(true, 1, 0), "");
}

/// "two", which had no calls, gets half of them from now on, and the rest of the run is played.
void send_half_to_two(SubsetWorld& world, RoutePolicy policy, recording::EventLog& log) {
  policy.split[1].weight = 1;
  const auto cause = log.append(Instant::at(10_s), 0, "policy", "");
  world.world.engine.set_policy(0, policy, cause, Keeps::Unchanged);
  world.run();
}

TEST(ChangedSubsets, ThatHaveNoPodsAreWhyCallsFindNone) {
  recording::EventLog log;
  FailureLedger ledger{log, {"web"}};
  RoutePolicy policy = halves();
  policy.split[1].weight = 0;
  SubsetWorld world{policy, {kOne}};
  world.world.engine.explain_failures(ledger);
  world.world.run(Instant::at(10_s));
  send_half_to_two(world, policy, log);
  EXPECT_GT(world.ended(RequestOutcome::NoEndpoints), 1'000U);
  EXPECT_EQ(origin_of(ledger, log), "policy");
}

/// The one pod of "two" is slower than half of the calls want it to be.
TEST(ChangedSubsets, AreWhyCallsWaitTooLongWhereTheyAreTooFew) {
  recording::EventLog log;
  FailureLedger ledger{log, {"web"}};
  RoutePolicy policy = halves();
  policy.timeouts.overall = 1_s;
  policy.split[1].weight = 0;
  const auto slowly = [](TrafficModel& model) { model.services[0] = offers(works(30_ms), 1); };
  SubsetWorld world{policy, {kOne, kOne, kOne, kOne, kTwo}, slowly};
  world.world.engine.explain_failures(ledger);
  world.world.run(Instant::at(10_s));
  EXPECT_EQ(world.ended(RequestOutcome::Timeout), 0U);
  send_half_to_two(world, policy, log);
  EXPECT_GT(world.ended(RequestOutcome::Timeout) + world.ended(RequestOutcome::Refused), 100U);
  for (const FailureTally& tally : ledger.tallies()) {
    EXPECT_EQ(log.records()[tally.kind.cause - 1].what, "policy");
  }
}

TEST(ChangedSubsets, AreWhyCallsAreTurnedAwayWhereTheyAreTooFew) {
  recording::EventLog log;
  FailureLedger ledger{log, {"web"}};
  RoutePolicy policy = halves();
  policy.split[1].weight = 0;
  const auto slowly = [](TrafficModel& model) {
    model.services[0] = offers(works(30_ms), 1);
    model.services[0].queue_max = 10;
  };
  SubsetWorld world{policy, {kOne, kOne, kOne, kOne, kTwo}, slowly};
  world.world.engine.explain_failures(ledger);
  world.world.run(Instant::at(10_s));
  EXPECT_EQ(world.ended(RequestOutcome::Refused), 0U);
  send_half_to_two(world, policy, log);
  EXPECT_GT(world.ended(RequestOutcome::Refused), 100U);
  EXPECT_EQ(origin_of(ledger, log), "policy");
}

TEST(ChangedSubsets, ThatHaveTheShareOfAtFirstAreNoCause) {
  recording::EventLog log;
  FailureLedger ledger{log, {"web"}};
  SubsetWorld world{halves(), {kOne, kTwo}};
  RequestEngine& engine = world.world.engine;
  engine.set_failing(world.pods[1], true, log.append(Instant{}, 0, "fault", ""));
  for (const std::uint32_t weight : {9U, 0U, 1U}) {
    RoutePolicy policy = halves();
    policy.split[1].weight = weight;
    engine.set_policy(0, policy, log.append(Instant{}, 0, "policy", ""), Keeps::Unchanged);
  }
  engine.explain_failures(ledger);
  world.run();
  EXPECT_EQ(origin_of(ledger, log), "fault");
}

// Where nothing was split, each pod had as much as any other.
TEST(ChangedSubsets, AreWhyCallsFailWhereTheyAreTheFirstOnlyIfMoreAreSentWhereSomebodyWasIll) {
  const auto origin = [](std::uint32_t one, std::uint32_t two) {
    recording::EventLog log;
    FailureLedger ledger{log, {"web"}};
    RoutePolicy whole;
    whole.balancer = resilience::RoundRobinConfig{};
    SubsetWorld world{whole, {kOne, kOne, kOne, kTwo}};
    RequestEngine& engine = world.world.engine;
    world.world.run(Instant::at(10_s));
    engine.set_failing(world.pods[3], true, log.append(Instant::at(10_s), 0, "fault", ""));
    RoutePolicy policy = halves();
    policy.split[0].weight = one;
    policy.split[1].weight = two;
    engine.set_policy(0, policy, log.append(Instant::at(10_s), 0, "policy", ""), Keeps::Unchanged);
    engine.explain_failures(ledger);
    world.run();
    return origin_of(ledger, log);
  };
  EXPECT_EQ(origin(74, 26), "policy") << "more than a quarter";
  EXPECT_EQ(origin(3, 1), "fault");
  EXPECT_EQ(origin(9, 1), "fault");
  EXPECT_EQ(origin(1, 0), "");
}

TEST(ChangedSubsets, LetABreakerBeAsItIs) {
  RoutePolicy policy = halves();
  policy.command.emplace();
  policy.command->sleep_window = Duration::minutes(10);
  SubsetWorld world{policy, {kOne, kTwo}};
  for (const InstanceId pod : world.pods) world.world.engine.set_failing(pod, true);
  world.world.run(Instant::at(10_s));
  for (const InstanceId pod : world.pods) world.world.engine.set_failing(pod, false);
  policy.split[0].weight = 5;
  world.world.engine.set_policy(0, policy, 0, Keeps::Unchanged);
  world.run();
  EXPECT_EQ(world.served(0) + world.served(1), world.ended(RequestOutcome::Error));
}

TEST(ChangedPolicies, ThatInjectFaultsAreWhyCallsFail) {
  recording::EventLog log;
  FailureLedger ledger{log, {"web"}};
  SubsetWorld world{halves(), {kOne, kTwo}};
  world.world.engine.explain_failures(ledger);
  RoutePolicy policy = halves();
  policy.injection = resilience::FaultInjectionConfig{.abort_probability = 0.5};
  const auto cause = log.append(Instant{}, 0, "policy", "");
  world.world.engine.set_policy(0, policy, cause, Keeps::Unchanged);
  world.run();
  EXPECT_GT(world.ended(RequestOutcome::Error), 1'000U);
  EXPECT_EQ(origin_of(ledger, log), "policy");
}

}  // namespace
}  // namespace orrery::sim
