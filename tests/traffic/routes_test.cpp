/// @file
/// Calls with policies: how many tries they make, when, and to whom.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

using resilience::RetryOn;
using resilience::RoutePolicy;

constexpr std::uint64_t kSeed = 7;
constexpr Duration kWay = 1_ms;

/// A chain of services, each of which calls the next; the last one fails after its work.
TrafficModel failing_chain(std::uint32_t length) {
  TrafficModel model;
  for (std::uint32_t i = 0; i < length; ++i) {
    OperationModel operation = works(1_ms);
    if (i + 1 < length) {
      operation.steps.push_back({{call(i + 1)}});
    } else {
      operation.error_probability = 1;
    }
    model.services.push_back(offers(operation));
  }
  return model;
}

RouteModel route(ServiceIndex from, ServiceIndex to, RoutePolicy policy) {
  return {.from = from, .to = to, .policy = policy};
}

RoutePolicy retries(std::uint32_t count, Duration wait = {}) {
  RoutePolicy policy;
  policy.retry.on = {RetryOn::Status5xx};
  policy.retry.retries = count;
  policy.backoff = resilience::FixedBackoff{wait};
  return policy;
}

void play(TrafficWorld& world, std::uint32_t service_count, std::uint32_t pods_each = 1) {
  for (ServiceIndex service = 0; service < service_count; ++service) {
    for (std::uint32_t pod = 0; pod < pods_each; ++pod) world.pod(service);
  }
  world.publish_all();
  world.engine.start();
  world.run();
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

// L15, part 2: every layer multiplies.
TEST(Retries, OfThreeLayersWithThreeTriesEachMakeTwentySevenCallsAtTheBottom) {
  TrafficModel model = failing_chain(3);
  model.routes = {route(kClients, 0, retries(2)), route(0, 1, retries(2)), route(1, 2, retries(2))};
  add_load(model, {{0, 0}}, kSeed, 1.0, 40);
  TrafficWorld world{model, kSeed};
  play(world, 3);
  EXPECT_EQ(world.engine.service(0).tries(), 3U * 40);
  EXPECT_EQ(world.engine.service(1).tries(), 9U * 40);
  EXPECT_EQ(world.engine.service(2).tries(), 27U * 40);
  EXPECT_EQ(world.engine.journey(0).totals().of(RequestOutcome::Upstream), 40U);
}

TEST(Retries, AtTheTopAloneMakeThreeCallsAtTheBottom) {
  TrafficModel model = failing_chain(3);
  model.routes = {route(kClients, 0, retries(2))};
  add_load(model, {{0, 0}}, kSeed, 1.0, 40);
  TrafficWorld world{model, kSeed};
  play(world, 3);
  EXPECT_EQ(world.engine.service(2).tries(), 3U * 40);
}

RoutePolicy injecting(double delayed, Duration delay, double aborted) {
  RoutePolicy policy = retries(3);
  policy.injection = resilience::FaultInjectionConfig{
      .delay_probability = delayed, .delay = delay, .abort_probability = aborted};
  return policy;
}

TEST(Injection, AbortsItsShareOfCallsWhichNeitherLeaveNorAreTriedAgain) {
  TrafficModel model = failing_chain(1);
  model.services[0].operations[0].error_probability = 0;
  model.routes = {route(kClients, 0, injecting(0, {}, 0.25))};
  add_load(model, {{0, 0}}, kSeed, 100.0, 4000);
  TrafficWorld world{model, kSeed};
  play(world, 1);
  const RequestCounts totals = world.engine.service(0).totals();
  EXPECT_NEAR(static_cast<double>(totals.of(RequestOutcome::Error)), 1000, 5 * 27.4);  // sqrt(npq)
  EXPECT_EQ(world.engine.service(0).tries(), 4000 - totals.of(RequestOutcome::Error));
  EXPECT_EQ(world.engine.route(0).retries, 0U);
}

TEST(Injection, HoldsCallsUpBeforeTheirTimeoutBegins) {
  TrafficModel model = failing_chain(1);
  model.services[0].operations[0].error_probability = 0;
  RoutePolicy policy = injecting(1, 300_ms, 0);
  policy.timeouts.overall = 100_ms;
  model.routes = {route(kClients, 0, policy)};
  add_load(model, {{0, 0}}, kSeed, 1.0, 40);
  TrafficWorld world{model, kSeed};
  play(world, 1);
  const RequestCounts totals = world.engine.service(0).totals();
  EXPECT_EQ(totals.of(RequestOutcome::Ok), 40U);
  EXPECT_EQ(totals.latency_sum_ns, ((kWay * 2 + 1_ms + 300_ms) * 40).count_ns());
}

TEST(Injection, AbortsWhenTheDelayIsOverAndLeavesNothingWhenTheCallerGoesBefore) {
  TrafficModel model = failing_chain(1);
  model.routes = {route(kClients, 0, injecting(1, 300_ms, 1))};
  add_load(model, {{0, 0}}, kSeed, 1.0, 40);
  TrafficModel impatient = model;
  TrafficWorld world{model, kSeed};
  play(world, 1);
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Error), 40U);
  EXPECT_EQ(world.engine.service(0).totals().latency_sum_ns, (300_ms * 40).count_ns());
  impatient.journeys[0].timeout = 200_ms;
  TrafficWorld other{impatient, kSeed};
  play(other, 1);
  EXPECT_EQ(other.engine.service(0).totals().of(RequestOutcome::Timeout), 40U);
  EXPECT_EQ(other.engine.service(0).tries(), 0U);
}

/// A service with three pods of v1, one of v2 and one of neither; calls are split by weight.
struct SplitWorld {
  SplitWorld(std::uint32_t v1, std::uint32_t v2, resilience::BalancerConfig balancer,
             bool fails = false)
      : world{model(v1, v2, balancer, fails), kSeed} {
    for (const char* version : {"v1", "v2", "v1", "", "v1"}) {
      pods.push_back(world.pod(0, 0, 0, true, kNone, {{"version", version}, {"app", "web"}}));
    }
    world.publish_all();
    world.engine.start();
    world.run();
  }
  static TrafficModel model(std::uint32_t v1, std::uint32_t v2, resilience::BalancerConfig balancer,
                            bool fails) {
    TrafficModel made = failing_chain(1);
    made.services[0].operations[0].error_probability = fails ? 1 : 0;
    RoutePolicy policy = retries(fails ? 3 : 0);
    policy.split = {{{{"version", "v1"}}, v1}, {{{"version", "v2"}}, v2}};
    for (resilience::SubsetShare& share : policy.split) share.policy.balancer = balancer;
    made.routes = {route(kClients, 0, policy)};
    add_load(made, {{0, 0}}, kSeed, 100.0, 4000);
    return made;
  }
  /// Calls that a pod has worked on, 1 ms each.
  [[nodiscard]] double worked(std::size_t pod) const {
    return static_cast<double>(world.engine.view(pods[pod]).cpu.count_ns()) / 1e6;
  }

  TrafficWorld world;
  std::vector<InstanceId> pods;
};

TEST(Split, GivesEachSubsetItsShareHoweverManyPodsItHas) {
  for (const resilience::BalancerConfig& balancer :
       {resilience::BalancerConfig{resilience::RandomConfig{}},
        resilience::BalancerConfig{resilience::RoundRobinConfig{}},
        resilience::BalancerConfig{resilience::LeastRequestConfig{}}}) {
    const SplitWorld split{90, 10, balancer};
    EXPECT_NEAR(split.worked(1), 400, 5 * 19);  // sqrt(4000 * 0.1 * 0.9)
    EXPECT_NEAR(split.worked(0) + split.worked(2) + split.worked(4), 3600, 5 * 19);
    for (const std::size_t pod : {0U, 2U, 4U}) EXPECT_NEAR(split.worked(pod), 1200, 5 * 30);
    EXPECT_EQ(split.worked(3), 0) << "of no subset";
  }
}

TEST(Split, KeepsTheTriesOfACallInOneSubset) {
  const SplitWorld split{50, 50, resilience::RoundRobinConfig{}, true};
  EXPECT_EQ(split.world.engine.route(0).retries, 3U * 4000);
  const double second = split.worked(1);
  EXPECT_EQ(second, 4 * std::round(second / 4)) << "four tries for each of its calls";
  EXPECT_NEAR(second / 4, 2000, 5 * 32);
}

TEST(Split, GivesNothingToAWeightOfZeroAndNobodyToASubsetWithoutPods) {
  const SplitWorld zero{1, 0, resilience::RandomConfig{}};
  EXPECT_EQ(zero.worked(1), 0);
  TrafficModel model = SplitWorld::model(1, 1, resilience::RandomConfig{}, false);
  TrafficWorld world{model, kSeed};
  world.pod(0, 0, 0, true, kNone, {{"version", "v1"}});
  world.publish_all();
  world.engine.start();
  world.run();
  const RequestCounts totals = world.engine.service(0).totals();
  EXPECT_NEAR(static_cast<double>(totals.of(RequestOutcome::NoEndpoints)), 2000, 5 * 32);
  EXPECT_EQ(totals.of(RequestOutcome::Ok) + totals.of(RequestOutcome::NoEndpoints), 4000U);
}

double calls_at_the_bottom(const resilience::RetryLimitConfig& limit, double failing) {
  constexpr std::uint64_t kRequests = 20'000;
  TrafficModel model = failing_chain(3);
  RoutePolicy policy = retries(2);
  policy.retry_limit = limit;
  model.routes = {route(kClients, 0, policy), route(0, 1, policy), route(1, 2, policy)};
  for (ServiceModel& service : model.services) service.concurrency = 10'000;
  // Enough at a time for a fifth of them to be a number.
  model.services[2].operations[0].cpu = Distribution::constant(100_ms);
  model.services[2].operations[0].error_probability = failing;
  add_load(model, {{0, 0}}, kSeed, 2000.0, kRequests);
  TrafficWorld world{model, kSeed};
  play(world, 3);
  return static_cast<double>(world.engine.service(2).tries()) / static_cast<double>(kRequests);
}

// L15, part 2: three layers that each add at most a fifth of the calls that need no retry.
TEST(Retries, WithLinkerdsBudgetMakeAtMostOneAndThreeQuartersAsManyCalls) {
  const resilience::TpsBudgetConfig budget{.min_retries_per_second = 0, .retry_ratio = 0.2F};
  EXPECT_LE(calls_at_the_bottom(budget, 0.5), 1.2 * 1.2 * 1.2);
  EXPECT_GE(calls_at_the_bottom(budget, 0.5), 1.1);
  EXPECT_EQ(calls_at_the_bottom(budget, 1.0), 1.0) << "nothing that fails pays for a retry";
}

// Envoy counts retries among the requests of which they may be a fifth: a quarter of the others.
TEST(Retries, WithEnvoysBudgetAreAFifthOfAllRequestsUnderWay) {
  const resilience::EnvoyRetryLimit limit{
      .budget = resilience::EnvoyRetryLimit::Budget{.percent = 20, .min_retry_concurrency = 0}};
  EXPECT_NEAR(calls_at_the_bottom(limit, 1.0), 1.25 * 1.25 * 1.25, 0.1);
}

TEST(Retries, WaitTheirBackoffAndTakeAsLongAsAllOfIt) {
  TrafficModel model = failing_chain(1);
  model.routes = {route(kClients, 0, retries(2, 100_ms))};
  add_load(model, {{0, 0}}, kSeed, 1.0, 1);
  TrafficWorld world{model, kSeed};
  play(world, 1);
  const RequestCounts totals = world.engine.service(0).totals();
  EXPECT_EQ(totals.of(RequestOutcome::Error), 1U);
  EXPECT_EQ(totals.latency_sum_ns, ((kWay * 2 + 1_ms) * 3 + 200_ms).count_ns());
  EXPECT_EQ(world.engine.route(0).retries, 2U);
}

TEST(Retries, OfAnotherConditionAreNotMade) {
  TrafficModel model = failing_chain(1);
  model.routes = {route(kClients, 0, retries(2))};
  model.routes[0].policy.retry.on = {RetryOn::ConnectFailure, RetryOn::Reset};
  add_load(model, {{0, 0}}, kSeed, 1.0, 10);
  TrafficWorld world{model, kSeed};
  play(world, 1);
  EXPECT_EQ(world.engine.service(0).tries(), 10U);
}

TEST(Timeouts, OfATryLeadToARetryAndOfTheCallEndIt) {
  TrafficModel model;
  model.services.push_back(offers(works(1_s)));
  RoutePolicy policy = retries(10);
  policy.timeouts.per_try = 100_ms;
  policy.timeouts.overall = 350_ms;
  model.routes = {route(kClients, 0, policy)};
  add_load(model, {{0, 0}}, kSeed, 1.0, 1);
  TrafficWorld world{model, kSeed};
  play(world, 1);
  const RequestCounts totals = world.engine.service(0).totals();
  EXPECT_EQ(totals.of(RequestOutcome::Timeout), 1U);
  EXPECT_EQ(totals.latency_sum_ns, (350_ms).count_ns());
  EXPECT_EQ(world.engine.service(0).tries(), 4U);
}

TEST(Timeouts, ThatPassWhileARetryIsWaitedForEndTheCall) {
  TrafficModel model = failing_chain(1);
  model.routes = {route(kClients, 0, retries(3, 40_ms))};
  model.routes[0].policy.timeouts.overall = 60_ms;
  add_load(model, {{0, 0}}, kSeed, 1.0, 1);
  TrafficWorld world{model, kSeed};
  play(world, 1);
  // Tries at 0 and 43 ms; the third would come at 86 ms, so none is decided.
  EXPECT_EQ(world.engine.service(0).tries(), 2U);
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Error), 1U);
}

// L15, part 3: the caller has gone after 1 s, its callee waits 2 s for a service of 3 s.
struct Work {
  Duration cpu;
  std::uint64_t served;
};
Work work_after_the_caller_left(bool passes_deadline) {
  TrafficModel model;
  OperationModel front = works(1_ms);
  front.steps.push_back({{call(1)}});
  OperationModel back = works(3_s);
  back.steps.push_back({{call(2)}});
  model.services = {offers(front), offers(back), offers(works(1_ms))};
  RoutePolicy outer;
  outer.timeouts.overall = 1_s;
  outer.timeouts.passes_deadline_on = passes_deadline;
  RoutePolicy inner;
  inner.timeouts.overall = 2_s;
  inner.timeouts.passes_deadline_on = passes_deadline;
  model.routes = {route(kClients, 0, outer), route(0, 1, inner)};
  add_load(model, {{0, 0}}, kSeed, 1.0, 1);
  TrafficWorld world{model, kSeed};
  std::vector<InstanceId> pods;
  for (ServiceIndex service = 0; service < 3; ++service) pods.push_back(world.pod(service));
  world.publish_all();
  world.engine.start();
  world.run();
  EXPECT_EQ(world.engine.live_calls(), 0U);
  EXPECT_EQ(world.engine.journey(0).totals().of(RequestOutcome::Timeout), 1U);
  return {world.engine.view(pods[1]).cpu, world.engine.service(2).tries()};
}

TEST(Deadlines, ThatAreNotPassedOnLeaveTheServerAtWork) {
  const Work work = work_after_the_caller_left(false);
  EXPECT_EQ(work.cpu, 3_s);
  EXPECT_EQ(work.served, 1U) << "and it goes on to call others";
}

TEST(Deadlines, ThatArePassedOnEndTheWorkWhenTheCallerLeaves) {
  const Work work = work_after_the_caller_left(true);
  // The way out, the first service's 1 ms and the way between the two pods come off the second.
  EXPECT_LT(work.cpu, 1_s);
  EXPECT_GT(work.cpu, 990_ms);
  EXPECT_EQ(work.served, 0U);
}

TEST(Deadlines, ThatAreOverWhenTheyArriveEndTheCallsBelowAtOnce) {
  TrafficModel model;
  OperationModel front = works(10_ms);
  front.steps.push_back({{call(1)}});
  model.services = {offers(front), offers(works(1_ms))};
  RoutePolicy policy;
  policy.timeouts.overall = 100_ms;
  policy.timeouts.passes_deadline_on = true;
  policy.timeouts.margin = 95_ms;
  model.routes = {route(kClients, 0, policy)};
  add_load(model, {{0, 0}}, kSeed, 1.0, 10);
  TrafficWorld world{model, kSeed};
  play(world, 2);
  EXPECT_EQ(world.engine.service(1).totals().of(RequestOutcome::Timeout), 10U);
  EXPECT_EQ(world.engine.service(1).totals().latency_sum_ns, 0);
  EXPECT_EQ(world.engine.journey(0).totals().of(RequestOutcome::Upstream), 10U);
}

// L06: exactly equal shares, against shares that are random.
TEST(RoundRobin, OfOneCallerGivesEveryPodTheSameNumber) {
  TrafficModel model;
  model.services.push_back(offers(works(1_ms)));
  RoutePolicy policy;
  policy.balancer = resilience::RoundRobinConfig{};
  model.routes = {route(kClients, 0, policy)};
  add_load(model, {{0, 0}}, kSeed, 1000.0, 30'000);
  TrafficWorld world{model, kSeed};
  std::vector<InstanceId> pods;
  for (int i = 0; i < 3; ++i) pods.push_back(world.pod(0));
  world.publish_all();
  world.engine.start();
  world.run();
  for (const InstanceId pod : pods) EXPECT_EQ(world.engine.view(pod).served, 10'000U);
}

/// One pod of three is ten times slower and works on one request at a time; 60 requests/s for 60 s.
std::uint32_t longest_queue(resilience::BalancerConfig balancer) {
  TrafficModel model;
  model.services.push_back(offers(works(10_ms), 1));
  model.services[0].queue_max = 100'000;
  RoutePolicy policy;
  policy.balancer = balancer;
  model.routes = {route(kClients, 0, policy)};
  add_load(model, {{0, 0}}, kSeed, 60.0, 3'600);
  TrafficWorld world{model, kSeed};
  const std::uint32_t slow = world.engine.add_cpu_group(10_ms, 1);
  const InstanceId slow_pod = world.pod(0, 0, 0, true, slow);
  world.pod(0);
  world.pod(0);
  world.publish_all();
  world.engine.start();
  std::uint32_t longest = 0;
  for (int second = 1; second <= 60; ++second) {
    world.run(Instant::at(Duration::seconds(second)));
    longest = std::max(longest, world.engine.view(slow_pod).queued);
  }
  return longest;
}

TEST(LeastRequest, KeepsTheSlowPodsQueueShortWhereRandomLetsItGrow) {
  // A third of 60/s comes to a pod that serves 10/s: the queue grows by 10 a second.
  EXPECT_NEAR(longest_queue(resilience::RandomConfig{}), 600, 90);
  EXPECT_LT(longest_queue(resilience::LeastRequestConfig{}), 10U);
  EXPECT_LT(longest_queue(resilience::PeakEwmaConfig{}), 10U);
}

/// Nobody else is there when it leaves.
TEST(Routes, ThatAverageLatenciesTakeAPodBackThatIsStillAtWork) {
  TrafficModel model;
  model.services.push_back(offers(works(5_s)));
  resilience::RoutePolicy policy;
  policy.balancer = resilience::PeakEwmaConfig{};
  model.routes.push_back({.from = kClients, .to = 0, .policy = policy});
  add_load(model, {{0, 0}}, kSeed, 10, 100);
  TrafficWorld world{model, kSeed};
  world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(1_s));
  const auto there = std::exchange(world.pods, {{}});
  world.publish_all();
  world.run(Instant::at(2_s));
  EXPECT_GT(world.engine.service(0).totals().of(RequestOutcome::NoEndpoints), 0U);
  world.pods = there;
  world.publish_all();
  world.run();
  EXPECT_EQ(world.engine.live_calls(), 0U);
  EXPECT_GT(world.engine.service(0).totals().of(RequestOutcome::Ok), 50U);
}

// --- Circuit breakers
// -----------------------------------------------------------------------------

/// A service that fails at once from 60 s to 180 s, called through the policy at this rate.
struct BreakerRun {
  std::vector<resilience::BreakerChange> changes;
  std::uint64_t tries_while_failing = 0;
  std::uint64_t calls = 0;
};
BreakerRun failing_for_two_minutes(const RoutePolicy& policy, double rate, Duration from = 60_s) {
  TrafficModel model;
  model.services.push_back(offers(works(1_ms)));
  model.routes = {route(kClients, 0, policy)};
  JourneyModel journey;
  journey.steps = {{0, 0}};
  model.journeys.push_back(journey);
  LoadModel load;
  load.rate_per_second = rate;
  load.until = Instant::at(240_s);
  load.mix.push_back({0, 1.0});
  model.load.push_back(load);
  TrafficWorld world{model, kSeed};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(from));
  const std::uint64_t before = world.engine.service(0).tries();
  world.engine.set_failing(pod, true);
  world.run(Instant::at(180_s));
  BreakerRun run;
  run.tries_while_failing = world.engine.service(0).tries() - before;
  world.engine.set_failing(pod, false);
  world.run();
  EXPECT_EQ(world.engine.live_calls(), 0U);
  for (const BreakerNotice& notice : world.engine.take_breaker_changes()) {
    EXPECT_EQ(notice.from, kClients);
    run.changes.push_back(notice.change);
  }
  run.calls = world.engine.route(0).calls;
  return run;
}

RoutePolicy hystrix() {
  RoutePolicy policy;
  policy.command.emplace();
  return policy;
}

// L14: half of the calls of the last ten seconds have failed after about five.
TEST(HystrixBreaker, OpensAfterHalfAWindowOfFailuresAndClosesAtTheFirstGoodTrial) {
  const BreakerRun run = failing_for_two_minutes(hystrix(), 10.0);
  ASSERT_GE(run.changes.size(), 3U);
  EXPECT_EQ(run.changes.front().to, resilience::BreakerState::Open);
  EXPECT_GE(run.changes.front().at, Instant::at(64_s));
  EXPECT_LE(run.changes.front().at, Instant::at(67_s));
  EXPECT_EQ(run.changes.back().to, resilience::BreakerState::Closed);
  EXPECT_GE(run.changes.back().at, Instant::at(180_s));
  EXPECT_LE(run.changes.back().at, Instant::at(186_s));
  std::uint64_t trials = 0;
  for (const resilience::BreakerChange& change : run.changes) {
    trials += change.cause == resilience::BreakerCause::TrialFailed;
  }
  EXPECT_NEAR(static_cast<double>(trials), 23, 1);
  // About 52 calls fail before it opens; of the 1,150 after that, only the trials get out.
  EXPECT_LT(run.tries_while_failing, 52U + 25 + 20);
}

TEST(HystrixBreaker, OpensSoonWhenTheServiceFailsFromTheStart) {
  const BreakerRun run = failing_for_two_minutes(hystrix(), 10.0, 0_s);
  ASSERT_FALSE(run.changes.empty());
  EXPECT_GE(run.changes.front().at, Instant::at(2_s));
  EXPECT_LE(run.changes.front().at, Instant::at(3_s));
}

TEST(HystrixBreaker, NeverOpensBelowItsVolume) {
  EXPECT_TRUE(failing_for_two_minutes(hystrix(), 1.0).changes.empty());
  EXPECT_FALSE(failing_for_two_minutes(hystrix(), 3.0).changes.empty());
}

TEST(Resilience4jBreaker, OpensWhenFiftyOfAHundredFailedAndClosesAfterTenTrials) {
  RoutePolicy policy;
  policy.breaker.emplace();
  const BreakerRun run = failing_for_two_minutes(policy, 10.0);
  ASSERT_GE(run.changes.size(), 3U);
  EXPECT_EQ(run.changes.front().to, resilience::BreakerState::Open);
  EXPECT_NEAR(to_seconds(run.changes.front().at - Instant{}), 65, 2);
  EXPECT_EQ(run.changes[1].to, resilience::BreakerState::HalfOpen);
  // After a minute, ten trials that all fail open it again.
  EXPECT_NEAR(to_seconds(run.changes[1].at - run.changes[0].at), 60, 1);
  EXPECT_EQ(run.changes[2].to, resilience::BreakerState::Open);
  EXPECT_LE(run.tries_while_failing, 50U + 10 + 15);
}

// --- Outlier detection
// ----------------------------------------------------------------------------

/// Ten pods, some of which answer with errors only, 100 requests/s for 600 s, round robin.
struct OutlierRun {
  double failed = 0;
  std::uint64_t errors = 0;
  std::uint64_t ejections = 0;
};
OutlierRun with_bad_pods(std::uint32_t bad, const resilience::OutlierPolicy& outliers) {
  constexpr std::uint64_t kRequests = 60'000;
  TrafficModel model;
  model.services.push_back(offers(works(1_ms)));
  RoutePolicy policy;
  policy.balancer = resilience::RoundRobinConfig{};
  policy.outliers = outliers;
  model.routes = {route(kClients, 0, policy)};
  add_load(model, {{0, 0}}, kSeed, 100.0, kRequests);
  TrafficWorld world{model, kSeed};
  for (std::uint32_t pod = 0; pod < 10; ++pod) {
    const InstanceId id = world.pod(0);
    if (pod < bad) world.engine.set_failing(id, true);
  }
  world.publish_all();
  world.engine.start();
  world.run();
  EXPECT_EQ(world.engine.live_calls(), 0U);
  const std::uint64_t errors = world.engine.service(0).totals().of(RequestOutcome::Error);
  return {static_cast<double>(errors) / kRequests, errors, world.engine.route(0).ejections};
}

// L16 (b): five errors each time it is back, at the first sweep after 30, 60, 90, … s.
TEST(OutlierDetection, EjectsABadPodForLongerEachTime) {
  const OutlierRun run = with_bad_pods(1, {});
  EXPECT_EQ(run.ejections, 6U);
  EXPECT_EQ(run.errors, 30U);
  resilience::OutlierPolicy off;
  off.detection.enforcing = {};
  EXPECT_NEAR(with_bad_pods(1, off).failed, 0.1, 0.0005);
}

// L16 (c): of two bad pods only one can be out with the limit of 10 %.
TEST(OutlierDetection, EjectsNoMoreThanItsShareOfThePods) {
  EXPECT_NEAR(with_bad_pods(2, {}).failed, 1.0 / 9, 0.003);
  resilience::OutlierPolicy half;
  half.detection.max_ejection_percent = 50;
  EXPECT_EQ(with_bad_pods(2, half).errors, 60U);
}

// L16 (d): with most of the pods out, all of them are asked again.
TEST(OutlierDetection, PanicsWhenFewerThanHalfOfThePodsAreLeft) {
  resilience::OutlierPolicy all;
  all.detection.max_ejection_percent = 100;
  EXPECT_GT(with_bad_pods(6, all).failed, 0.5);
  all.panic_threshold = 0;
  EXPECT_LT(with_bad_pods(6, all).failed, 0.01);
}

// --- Limits of the caller
// -------------------------------------------------------------------------

// L16 (a): one connection, one pending: M/M/1 with two places turns away 4/7 at rho = 2.
// One of four pods fails: 7 calls go wrong, then one after each back-off of 1, 2, 4, … 60 s.
TEST(FailureAccrual, KeepsAFailingPodOutButForSingleProbes) {
  const auto errors = [](bool accrues, Duration ill_for) {
    TrafficModel model;
    model.services.push_back(offers(works(1_ms)));
    RoutePolicy policy;
    policy.balancer = resilience::RoundRobinConfig{};
    if (accrues) policy.accrual = resilience::FailureAccrualConfig{.backoff = {.jitter = 0}};
    model.routes = {route(kClients, 0, policy)};
    add_load(model, {{0, 0}}, kSeed, 100.0, 10'000);
    TrafficWorld world{model, kSeed};
    std::vector<InstanceId> pods;
    for (int i = 0; i < 4; ++i) pods.push_back(world.pod(0));
    world.publish_all();
    world.engine.set_failing(pods[0], true);
    world.engine.start();
    world.run(Instant::at(ill_for));
    world.engine.set_failing(pods[0], false);
    world.run();
    EXPECT_EQ(world.engine.live_calls(), 0U);
    using What = resilience::OutlierEvent::What;
    std::uint64_t out = 0;
    std::uint64_t back = 0;
    for (const EjectionNotice& notice : world.engine.take_ejections()) {
      out += notice.event.what == What::Ejected;
      back += notice.event.what == What::Returned;
    }
    EXPECT_EQ(out, accrues ? 1U : 0U);
    EXPECT_EQ(back, accrues && ill_for < 50_s ? 1U : 0U);
    return world.engine.service(0).totals().of(RequestOutcome::Error);
  };
  EXPECT_NEAR(static_cast<double>(errors(false, 200_s)), 2'500, 30);
  EXPECT_EQ(errors(true, 200_s), 7U + 6) << "probes after 1, 3, 7, 15, 31 and 63 s";
  EXPECT_EQ(errors(true, 10_s), 7U + 3) << "the fourth finds it well";
}

TEST(ConnectionPool, OfOneConnectionAndOnePendingRequestOverflowsAsTheTheorySays) {
  constexpr std::uint64_t kRequests = 40'000;
  TrafficModel model;
  model.services.push_back(offers(works_about(100_ms)));
  model.latency_between_zones = Duration{};
  RoutePolicy policy;
  policy.pool.emplace();
  policy.pool->thresholds.max_connections = 1;
  policy.pool->thresholds.max_pending_requests = 1;
  model.routes = {route(kClients, 0, policy)};
  add_load(model, {{0, 0}}, kSeed, 20.0, kRequests);
  TrafficWorld world{model, kSeed};
  play(world, 1);
  const RequestCounts totals = world.engine.service(0).totals();
  EXPECT_NEAR(static_cast<double>(totals.of(RequestOutcome::Overflow)) / kRequests, 4.0 / 7, 0.015);
  EXPECT_EQ(totals.of(RequestOutcome::Overflow) + totals.of(RequestOutcome::Ok), kRequests);
}

// L16 (e): ten connections of HTTP/1.1 carry what one of HTTP/2 with ten streams does.
TEST(ConnectionPool, CarriesAsMuchWithStreamsAsWithConnections) {
  const auto overflows = [](std::uint32_t connections, std::uint32_t streams) {
    TrafficModel model;
    model.services.push_back(offers(works_about(100_ms)));
    RoutePolicy policy;
    policy.pool.emplace();
    policy.pool->streams_per_connection = streams;
    policy.pool->thresholds.max_connections = connections;
    policy.pool->thresholds.max_pending_requests = 5;
    model.routes = {route(kClients, 0, policy)};
    add_load(model, {{0, 0}}, kSeed, 120.0, 5'000);
    TrafficWorld world{model, kSeed};
    play(world, 1);
    return world.engine.service(0).totals().of(RequestOutcome::Overflow);
  };
  EXPECT_EQ(overflows(10, 1), overflows(1, 10));
  EXPECT_GT(overflows(10, 1), 100U);
}

TEST(ConnectionPool, LetsACallThatTimesOutWhileItWaitsGo) {
  TrafficModel model;
  model.services.push_back(offers(works(1_s)));
  RoutePolicy policy;
  policy.timeouts.overall = 100_ms;
  policy.pool.emplace();
  policy.pool->thresholds.max_connections = 1;
  model.routes = {route(kClients, 0, policy)};
  add_load(model, {{0, 0}}, kSeed, 1000.0, 10);
  TrafficWorld world{model, kSeed};
  play(world, 1);
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Timeout), 10U);
  EXPECT_LE(world.engine.service(0).tries(), 10U);
}

// L13: of 100 calls a second to a service that hangs, a bulkhead of ten lets ten out each second.
TEST(Bulkhead, TurnsAwayWhatASlowServiceWouldHold) {
  TrafficModel model;
  model.services.push_back(offers(works(10_s), 10'000));
  RoutePolicy policy;
  policy.timeouts.overall = 1_s;
  policy.bulkhead = 10;
  model.routes = {route(kClients, 0, policy)};
  add_load(model, {{0, 0}}, kSeed, 100.0, 6'000);
  TrafficWorld world{model, kSeed};
  play(world, 1);
  const RequestCounts totals = world.engine.service(0).totals();
  EXPECT_NEAR(static_cast<double>(totals.of(RequestOutcome::Timeout)) / 60, 10, 1);
  EXPECT_NEAR(static_cast<double>(totals.of(RequestOutcome::Overflow)) / 60, 90, 4);
}

TEST(RateLimit, LetsAsManyThroughAsTokensFill) {
  TrafficModel model;
  model.services.push_back(offers(works(1_ms)));
  RoutePolicy policy;
  policy.rate_limit = resilience::LocalRateLimitConfig{
      .max_tokens = 10, .tokens_per_fill = 1, .fill_interval = 100_ms};
  model.routes = {route(kClients, 0, policy)};
  add_load(model, {{0, 0}}, kSeed, 100.0, 6'000);
  TrafficWorld world{model, kSeed};
  play(world, 1);
  const RequestCounts totals = world.engine.service(0).totals();
  EXPECT_NEAR(static_cast<double>(totals.of(RequestOutcome::Ok)), 10 * 60 + 10, 20);
  EXPECT_EQ(totals.of(RequestOutcome::Ok) + totals.of(RequestOutcome::RateLimited), 6'000U);
}

// L15: the user is answered although the service is down, and the service's failures are counted.
TEST(Fallback, AnswersTheUserWhileTheServiceIsChargedWithItsFailures) {
  TrafficModel model;
  OperationModel front = works(1_ms);
  front.steps.push_back({{call(1)}});
  model.services = {offers(front), offers(works(1_ms))};
  RoutePolicy policy;
  policy.fallback.emplace();
  model.routes = {route(0, 1, policy)};
  add_load(model, {{0, 0}}, kSeed, 100.0, 200);
  TrafficWorld world{model, kSeed};
  world.pod(0);
  world.pod(1, 0, 0, false);
  world.publish_all();
  world.engine.start();
  world.run();
  EXPECT_EQ(world.engine.journey(0).totals().of(RequestOutcome::Ok), 200U);
  EXPECT_EQ(world.engine.service(1).totals().of(RequestOutcome::Refused), 200U);
  EXPECT_EQ(world.engine.route(0).fallbacks, 200U);
}

TEST(Bulkhead, LetsAsManyTriesOutAtATimeAsItSays) {
  for (const std::uint32_t most : {1U, 3U}) {
    TrafficModel model;
    model.services.push_back(offers(works(1_s), 1000));
    add_load(model, {{0, 0}}, 5, 1'000, 20);
    resilience::RoutePolicy policy;
    policy.bulkhead = most;
    model.routes.push_back({.from = kClients, .to = 0, .policy = policy});
    TrafficWorld world{model, 5};
    (void)world.pod(0);
    world.publish_all();
    world.engine.start();
    world.run();
    EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Ok), most);
    EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Overflow), 20 - most);
  }
}

}  // namespace
}  // namespace orrery::sim
