/// @file
/// Calls that wait for a thread, ask for a limit that callers share, are not admitted, or have
/// another service called in their place; and nodes that give endpoints out in turn.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "tests/traffic/failure_origin.h"
#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

using resilience::FallbackConfig;
using resilience::RoutePolicy;

constexpr std::uint64_t kSeed = 7;
constexpr Duration kWay = 1_ms;

/// Clients call one of the services, all of which have so many pods.
struct Detoured {
  Detoured(const TrafficModel& traffic, double rate, std::uint64_t calls, ServiceIndex called = 0,
           std::uint32_t pods_each = 1)
      : world{with_load(traffic, rate, calls, called), kSeed}, calls_count{calls} {
    for (ServiceIndex service = 0; service < traffic.services.size(); ++service) {
      for (std::uint32_t i = 0; i < pods_each; ++i) pods.push_back(world.pod(service));
    }
    world.publish_all();
    world.engine.start();
  }
  static TrafficModel with_load(TrafficModel model, double rate, std::uint64_t calls,
                                ServiceIndex called) {
    add_load(model, {{called, 0}}, kSeed, rate, calls);
    return model;
  }
  /// To the end, with nothing left.
  void play() {
    world.run();
    EXPECT_EQ(world.engine.live_calls(), 0U);
    EXPECT_EQ(seen().ended_count(), calls_count);
  }
  /// What the users see, and what is counted of a service.
  [[nodiscard]] RequestCounts seen() const { return world.engine.journey_steps(0).totals(); }
  [[nodiscard]] RequestCounts of(ServiceIndex service) const {
    return world.engine.service(service).totals();
  }

  TrafficWorld world;
  std::vector<InstanceId> pods;
  std::uint64_t calls_count;
};

TrafficModel one_service(const RoutePolicy& policy, Duration work) {
  TrafficModel model;
  model.services.push_back(offers(works(work), 10'000));
  model.routes = {{.from = kClients, .to = 0, .policy = policy}};
  return model;
}

// --- Threads ------------------------------------------------------------------------------------

RoutePolicy threads(std::uint32_t size, std::int32_t queue, Duration timeout) {
  RoutePolicy policy;
  policy.thread_pool = resilience::hystrix_thread_pool(size, queue, 1000);
  policy.timeouts.overall = timeout;
  return policy;
}

TEST(ThreadPool, RunsOneAfterAnotherOnOneThread) {
  Detoured one{one_service(threads(1, 100, {}), 10_ms), 10'000.0, 20};
  one.play();
  EXPECT_EQ(one.seen().of(RequestOutcome::Ok), 20U);
  // The k-th waits for those before it, each on its thread for the ways and the work.
  const Duration on_thread = kWay * 2 + 10_ms;
  Duration longest;
  for (std::uint64_t i = 0; i < 20; ++i) longest += on_thread;
  const Duration first_to_last = arrival(kSeed, 10'000.0, 19) - arrival(kSeed, 10'000.0, 0);
  EXPECT_EQ(one.seen().latency_max_ns, (longest - first_to_last).count_ns());
}

// Worked example: 100 calls per second, each for 102 ms on a thread, need 10.2 threads.
TEST(ThreadPool, TurnsAwayAtOnceWhatFindsNoThreadWhereNobodyMayWait) {
  Detoured pool{one_service(threads(5, -1, {}), 100_ms), 100.0, 6'000};
  pool.play();
  const RequestCounts seen = pool.seen();
  // Erlang's loss formula with a load of 10.2 and 5 servers.
  double loss = 1;
  for (int servers = 1; servers <= 5; ++servers) loss = 10.2 * loss / (servers + 10.2 * loss);
  EXPECT_NEAR(static_cast<double>(seen.of(RequestOutcome::Overflow)) / 6'000, loss, 0.02);
  EXPECT_EQ(seen.of(RequestOutcome::Overflow) + seen.of(RequestOutcome::Ok), 6'000U);
  EXPECT_EQ(pool.world.engine.service(0).tries(), seen.of(RequestOutcome::Ok));
}

TEST(ThreadPool, NeverSendsWhatTimesOutInItsQueue) {
  Detoured pool{one_service(threads(1, 100, 100_ms), 1_s), 1'000.0, 10};
  pool.play();
  const RequestCounts seen = pool.seen();
  EXPECT_EQ(seen.of(RequestOutcome::Timeout), 10U);
  EXPECT_EQ(seen.latency_sum_ns, (100_ms * 10).count_ns()) << "waiting is part of the timeout";
  EXPECT_EQ(pool.world.engine.service(0).tries(), 1U);
}

RoutePolicy waiting_threads(std::uint32_t queue, Duration timeout, bool runs_timed_out) {
  RoutePolicy policy = threads(1, static_cast<std::int32_t>(queue), timeout);
  policy.thread_pool->runs_timed_out = runs_timed_out;
  return policy;
}

// resilience4j: the TimeLimiter tells the caller, and nobody tells the executor.
TEST(ThreadPool, OfResilience4jRunsWhatTimedOutInItsQueueWhenItIsItsTurn) {
  Detoured pool{one_service(waiting_threads(100, 100_ms, true), 1_s), 1'000.0, 10};
  pool.play();
  EXPECT_EQ(pool.seen().of(RequestOutcome::Timeout), 10U);
  EXPECT_EQ(pool.seen().latency_sum_ns, (100_ms * 10).count_ns());
  EXPECT_EQ(pool.of(0).ended_count(), 10U) << "each is one call";
  EXPECT_EQ(pool.world.engine.service(0).tries(), 10U);
  EXPECT_EQ(pool.world.engine.view(pool.pods[0]).served, 10U);
  // One after another: nine of them wait for those before.
  EXPECT_GE(pool.world.kernel.now(), arrival(kSeed, 1'000.0, 0) + 10_s);
}

TEST(ThreadPool, OfResilience4jHasNoRoomWhileWhatTimedOutWaits) {
  const auto turned_away = [](bool runs_timed_out) {
    Detoured pool{one_service(waiting_threads(2, 20_ms, runs_timed_out), 1_s), 200.0, 100};
    pool.play();
    return pool.seen().of(RequestOutcome::Overflow);
  };
  EXPECT_EQ(turned_away(true), 97U) << "one runs, two wait for it";
  EXPECT_LT(turned_away(false), 80U) << "as of Hystrix: whoever gives up makes room";
}

TEST(ThreadPool, OfResilience4jTriesAgainBesideWhatItLeftBehind) {
  RoutePolicy policy = waiting_threads(100, {}, true);
  policy.timeouts.per_try = 50_ms;
  policy.retry.on = {resilience::RetryOn::Status5xx};
  policy.retry.retries = 2;
  policy.backoff = resilience::FixedBackoff{Duration{}};
  Detoured one{one_service(policy, 1_s), 0.01, 1};
  one.play();
  EXPECT_EQ(one.seen().of(RequestOutcome::Timeout), 1U);
  EXPECT_EQ(one.seen().latency_sum_ns, (50_ms * 3).count_ns());
  EXPECT_EQ(one.world.engine.service(0).tries(), 3U) << "two of them after their caller left";
}

/// Calls that went out within three seconds to a service that hangs.
std::uint64_t sent_to_a_hanging_one(RoutePolicy policy) {
  policy.timeouts.overall = 100_ms;
  Detoured slow{one_service(policy, 1_ms), 100.0, 300};
  slow.world.engine.set_hanging(slow.pods[0], true);
  slow.world.run(Instant::at(3_s));
  const std::uint64_t sent = slow.world.engine.service(0).tries();
  slow.world.engine.set_hanging(slow.pods[0], false);
  slow.play();
  return sent;
}

// Hystrix THREAD isolation: the caller goes on at its timeout, the thread does not.
TEST(ThreadPool, KeepsItsThreadsWithTheWorkOfCallersThatGaveUp) {
  RoutePolicy semaphore;
  semaphore.bulkhead = 5;
  EXPECT_GT(sent_to_a_hanging_one(semaphore), 100U) << "five at a time, for 100 ms each";
  EXPECT_EQ(sent_to_a_hanging_one(threads(5, -1, {})), 5U);
}

TEST(ThreadPool, GivesThreadsBackWhenTheServerIsDone) {
  Detoured slow{one_service(threads(5, -1, 100_ms), 1_ms), 100.0, 600};
  slow.world.engine.set_hanging(slow.pods[0], true);
  slow.world.run(Instant::at(3_s));
  slow.world.engine.set_hanging(slow.pods[0], false);
  slow.play();
  EXPECT_GT(slow.seen().of(RequestOutcome::Ok), 200U);
}

TEST(ThreadPool, HasAnotherThreadForEachRetry) {
  RoutePolicy policy = threads(3, -1, 1_s);
  policy.timeouts.per_try = 50_ms;
  policy.retry.on = {resilience::RetryOn::Status5xx};
  policy.retry.retries = 9;
  policy.backoff = resilience::FixedBackoff{Duration{}};
  Detoured one{one_service(policy, 10_s), 0.01, 1};
  one.play();
  EXPECT_EQ(one.world.engine.service(0).tries(), 3U) << "the threads are with the tries before";
  EXPECT_EQ(one.seen().of(RequestOutcome::Overflow), 1U);
}

TEST(ThreadPool, HasTheThreadOfATryThatWasAnsweredForTheNext) {
  RoutePolicy policy = threads(1, -1, {});
  policy.retry.on = {resilience::RetryOn::Status5xx};
  policy.retry.retries = 2;
  policy.backoff = resilience::FixedBackoff{Duration{}};
  TrafficModel model = one_service(policy, 1_ms);
  model.services[0].operations[0].error_probability = 1;
  Detoured one{model, 0.01, 10};
  one.play();
  EXPECT_EQ(one.seen().of(RequestOutcome::Error), 10U);
  EXPECT_EQ(one.world.engine.service(0).tries(), 3U * 10);
}

TEST(ThreadPool, FallsBackWhenItIsFull) {
  RoutePolicy policy = threads(1, -1, {});
  policy.fallback.emplace();
  Detoured pool{one_service(policy, 100_ms), 1'000.0, 50};
  pool.play();
  EXPECT_EQ(pool.seen().of(RequestOutcome::Ok), 50U);
  EXPECT_EQ(pool.world.engine.route(0).fallbacks, pool.of(0).of(RequestOutcome::Overflow));
  EXPECT_GT(pool.world.engine.route(0).fallbacks, 40U);
}

TEST(ThreadPool, OfAProcessThatEndsRunsNothingThatTimedOutEither) {
  TrafficModel model;
  OperationModel front = works(1_ms);
  front.steps.push_back({{call(1)}});
  model.services = {offers(front, 1'000), offers(works(1_s))};
  model.routes = {{.from = 0, .to = 1, .policy = waiting_threads(100, 50_ms, true)}};
  Detoured chain{model, 1'000.0, 20};
  chain.world.run(arrival(kSeed, 1'000.0, 19) + 500_ms);
  EXPECT_EQ(chain.of(1).of(RequestOutcome::Timeout), 20U);
  chain.world.engine.kill(chain.pods[0]);
  chain.play();
  EXPECT_EQ(chain.world.engine.service(1).tries(), 1U);
  EXPECT_EQ(chain.of(1).ended_count(), 20U);
}

TEST(ThreadPool, OfAProcessThatEndsLetsNothingMoreOut) {
  TrafficModel model;
  OperationModel front = works(1_ms);
  front.steps.push_back({{call(1)}});
  model.services = {offers(front, 1'000), offers(works(1_s))};
  model.routes = {{.from = 0, .to = 1, .policy = threads(2, 100, {})}};
  Detoured chain{model, 1'000.0, 20};
  chain.world.run(arrival(kSeed, 1'000.0, 19) + 100_ms);
  EXPECT_EQ(chain.world.engine.service(1).tries(), 2U);
  chain.world.engine.kill(chain.pods[0]);
  chain.play();
  EXPECT_EQ(chain.world.engine.service(1).tries(), 2U);
  EXPECT_EQ(chain.seen().of(RequestOutcome::Reset), 20U);
}

// --- Fallback to another service ----------------------------------------------------------------

/// Users call a front that calls service 1, and service 2 if that fails, with `other` as the
/// front's policy for it.
TrafficModel with_other(std::uint32_t concurrent, const RoutePolicy& first = {},
                        const RoutePolicy& other = {}) {
  TrafficModel model;
  OperationModel front = works(1_ms);
  front.steps.push_back({{call(1)}});
  OperationModel failing = works(1_ms);
  failing.error_probability = 1;
  model.services = {offers(front, 1'000), offers(failing), offers(works(50_ms), 1'000)};
  RoutePolicy policy = first;
  policy.fallback =
      FallbackConfig{.kind = FallbackConfig::Kind::OtherService, .concurrent_max = concurrent};
  model.routes = {{.from = 0, .to = 1, .policy = policy, .fallback = FallbackModel{2, 0}},
                  {.from = 0, .to = 2, .policy = other}};
  return model;
}

TEST(FallbackToAnotherService, AnswersInPlaceOfTheFirst) {
  Detoured detoured{with_other(1'000), 100.0, 200};
  detoured.play();
  EXPECT_EQ(detoured.seen().of(RequestOutcome::Ok), 200U);
  EXPECT_EQ(detoured.of(1).of(RequestOutcome::Error), 200U);
  EXPECT_EQ(detoured.of(2).of(RequestOutcome::Ok), 200U);
  EXPECT_EQ(detoured.world.engine.route(0).fallbacks, 200U);
  // One pod each on one node: both calls of the front take two ways of 50 us.
  const Duration each = kWay * 2 + 1_ms + 50_us * 2 + 1_ms + 50_us * 2 + 50_ms;
  EXPECT_EQ(detoured.seen().latency_sum_ns, (each * 200).count_ns());
}

TEST(FallbackToAnotherService, IsNoCallAtAllWhileTheFirstAnswers) {
  TrafficModel model = with_other(10);
  model.services[1].operations[0].error_probability = 0;
  Detoured detoured{model, 100.0, 200};
  detoured.play();
  EXPECT_EQ(detoured.of(2).ended_count(), 0U);
}

TEST(FallbackToAnotherService, LeavesTheFailureBeyondItsLimit) {
  Detoured detoured{with_other(1), 1'000.0, 500};
  detoured.play();
  const std::uint64_t instead = detoured.world.engine.route(0).fallbacks;
  EXPECT_EQ(detoured.of(2).ended_count(), instead);
  EXPECT_EQ(detoured.seen().of(RequestOutcome::Ok), instead);
  EXPECT_EQ(detoured.seen().of(RequestOutcome::Upstream), 500 - instead);
  // One at a time, for 50 ms each, of calls that come over half a second.
  EXPECT_NEAR(static_cast<double>(instead), 10, 2);
}

TEST(FallbackToAnotherService, HasThePoliciesOfThatService) {
  RoutePolicy once_more;
  once_more.timeouts.per_try = 20_ms;
  once_more.retry.on = {resilience::RetryOn::Status5xx};
  once_more.retry.retries = 2;
  once_more.backoff = resilience::FixedBackoff{Duration{}};
  Detoured detoured{with_other(1'000, {}, once_more), 10.0, 40};
  detoured.play();
  EXPECT_EQ(detoured.of(2).of(RequestOutcome::Timeout), 40U);
  EXPECT_EQ(detoured.world.engine.service(2).tries(), 3U * 40);
  EXPECT_EQ(detoured.seen().of(RequestOutcome::Upstream), 40U);
}

TEST(FallbackToAnotherService, OfUsersEndsTheirStepWithTheSecondCall) {
  TrafficModel model;
  OperationModel failing = works(1_ms);
  failing.error_probability = 1;
  model.services = {offers(failing), offers(works(5_ms))};
  RoutePolicy policy;
  policy.fallback = FallbackConfig{.kind = FallbackConfig::Kind::OtherService};
  model.routes = {{.from = kClients, .to = 0, .policy = policy, .fallback = FallbackModel{1, 0}}};
  Detoured detoured{model, 10.0, 40};
  detoured.play();
  EXPECT_EQ(detoured.seen().of(RequestOutcome::Ok), 40U);
  EXPECT_EQ(detoured.seen().latency_sum_ns, ((kWay * 4 + 6_ms) * 40).count_ns());
}

TEST(FallbackToAnotherService, ThatFailsAsWellLeavesTheFirstFailureAndItsCause) {
  TrafficModel model = with_other(1'000);
  model.services[1].operations[0].error_probability = 0;
  model.services[2].operations[0].error_probability = 1;
  recording::EventLog log;
  Detoured detoured{model, 100.0, 200};
  FailureLedger ledger{log, {"front", "first", "other"}};
  detoured.world.engine.explain_failures(ledger);
  const ports::CauseId fault = log.append(Instant{}, 0, "fault", "Pod/first");
  detoured.world.engine.set_failing(detoured.pods[1], true, fault);
  detoured.play();
  EXPECT_EQ(detoured.seen().of(RequestOutcome::Upstream), 200U);
  EXPECT_EQ(detoured.of(2).of(RequestOutcome::Error), 200U);
  std::uint64_t of_users = 0;
  for (const FailureTally& tally : ledger.tallies()) {
    if (tally.kind.from != kClients) continue;
    of_users += tally.count;
    const recording::LogRecord& first = log.records()[tally.kind.cause - 1];
    EXPECT_EQ(first.cause, fault) << "not the failure of the other service";
  }
  EXPECT_EQ(of_users, 200U);
}

// --- Admission control --------------------------------------------------------------------------

TEST(AdmissionControl, RejectsMoreTheFewerSucceedAndTriesNoneAgain) {
  const auto part = [](double errors) {
    RoutePolicy policy;
    policy.admission = resilience::AdmissionControlConfig{.sampling_window = 10_s};
    policy.retry.on = {resilience::RetryOn::Status5xx};
    policy.retry.retries = 1;
    policy.backoff = resilience::FixedBackoff{Duration{}};
    TrafficModel model = one_service(policy, 1_ms);
    model.services[0].operations[0].error_probability = errors;
    Detoured admitted{model, 100.0, 10'000};
    admitted.play();
    const std::uint64_t rejected = admitted.seen().of(RequestOutcome::NotAdmitted);
    EXPECT_EQ(admitted.world.engine.route(0).calls, 10'000U);
    EXPECT_EQ(admitted.world.engine.service(0).tries(),
              10'000 - rejected + admitted.world.engine.route(0).retries);
    return static_cast<double>(rejected) / 10'000;
  };
  EXPECT_LT(part(0.1), 0.01) << "with a retry 99 % succeed";
  // P = (n - s / 0.95) / (n + 1) with s = 0.75 n, as with a retry a quarter fails.
  EXPECT_NEAR(part(0.5), 1 - 0.75 / 0.95, 0.03);
  EXPECT_NEAR(part(1), 0.8, 0.02) << "never more";
}

TEST(AdmissionControl, HasTheFailuresBeforeItAsItsCause) {
  RoutePolicy policy;
  policy.admission = resilience::AdmissionControlConfig{};
  recording::EventLog log;
  Detoured admitted{one_service(policy, 1_ms), 100.0, 2'000};
  FailureLedger ledger{log, {"web"}};
  admitted.world.engine.explain_failures(ledger);
  const ports::CauseId fault = log.append(Instant{}, 0, "fault", "Pod/web");
  admitted.world.engine.set_failing(admitted.pods[0], true, fault);
  admitted.play();
  bool seen = false;
  for (const FailureTally& tally : ledger.tallies()) {
    if (tally.kind.outcome != RequestOutcome::NotAdmitted) continue;
    seen = true;
    const recording::LogRecord& before = log.records()[tally.kind.cause - 1];
    EXPECT_EQ(before.cause, fault);
    EXPECT_FALSE(tally.feeds_itself) << "it comes from errors alone";
  }
  EXPECT_TRUE(seen);
}

// --- A limit that callers share -----------------------------------------------------------------

/// Users call service 0, for which they ask service 1.
TrafficModel limited(std::uint32_t requests, const resilience::GlobalRateLimitConfig& question,
                     Duration to_answer = {}) {
  RoutePolicy policy;
  policy.shared_limit = resilience::SharedLimit{"visits", question};
  policy.retry.on = {resilience::RetryOn::Status5xx};
  policy.retry.retries = 2;
  TrafficModel model = one_service(policy, 1_ms);
  model.services.push_back(offers(works(to_answer), 10'000));
  model.shared_limits = {{.service = 1, .requests_per_unit = requests, .unit = 1_s}};
  model.routes[0].shared_limit = 0;
  return model;
}

TEST(SharedLimit, LetsAsManyThroughInEachWindowAndAsksForEachOnce) {
  Detoured asked{limited(10, {}), 100.0, 6'000};
  asked.play();
  const RequestCounts seen = asked.seen();
  EXPECT_NEAR(static_cast<double>(seen.of(RequestOutcome::Ok)), 10 * 60, 20);
  EXPECT_EQ(seen.of(RequestOutcome::Ok) + seen.of(RequestOutcome::RateLimited), 6'000U);
  EXPECT_EQ(asked.of(1).of(RequestOutcome::Ok), 6'000U);
  EXPECT_EQ(asked.world.engine.service(0).tries(), seen.of(RequestOutcome::Ok))
      << "what is over the limit is not tried again";
}

// The answers come half a window later; which window counts is a matter of the questions.
TEST(SharedLimit, CountsWhenItIsAskedNotWhenItsAnswerIsHeard) {
  Detoured asked{limited(5, {.timeout = 60_s}, 500_ms), 10.0, 1'000};
  asked.play();
  std::map<std::int64_t, std::uint64_t> asked_in;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    ++asked_in[(arrival(kSeed, 10.0, i) + kWay).since_start().count_ns() / 1'000'000'000];
  }
  std::uint64_t let_through = 0;
  for (const auto& [window, count] : asked_in) let_through += std::min<std::uint64_t>(5, count);
  EXPECT_EQ(asked.seen().of(RequestOutcome::Ok), let_through);
}

TEST(SharedLimit, CountsQuestionsWhoseAnswerNobodyWaitsFor) {
  // A tenth of them is heard: those that come when the others have used the window up.
  TrafficModel model = limited(1, {.timeout = 20_ms, .failure_mode_deny = true});
  Detoured asked{model, 100.0, 200};
  asked.world.engine.set_hanging(asked.pods[1], true);
  asked.world.run(Instant::at(Duration::milliseconds(900)));
  asked.world.engine.set_hanging(asked.pods[1], false);
  asked.world.run(Instant::at(Duration::milliseconds(990)));
  EXPECT_GT(asked.seen().of(RequestOutcome::RateLimited), 3U);
  EXPECT_EQ(asked.seen().of(RequestOutcome::Ok), 0U)
      << "the first that nobody heard of was the one";
  asked.play();
}

TEST(SharedLimit, TakesARoundTripBeforeTheCall) {
  Detoured asked{limited(1'000, {}, 2_ms), 10.0, 40};
  asked.play();
  EXPECT_EQ(asked.seen().of(RequestOutcome::Ok), 40U);
  EXPECT_EQ(asked.seen().latency_sum_ns, ((kWay * 4 + 3_ms) * 40).count_ns());
}

TEST(SharedLimit, IsOneForAllCallers) {
  TrafficModel model = limited(10, {});
  OperationModel front = works(1_ms);
  front.steps.push_back({{call(0)}});
  model.services.push_back(offers(front, 1'000));
  model.routes[0].from = 2;
  Detoured asked{model, 100.0, 6'000, 2, 2};
  asked.play();
  EXPECT_NEAR(static_cast<double>(asked.seen().of(RequestOutcome::Ok)), 10 * 60, 20)
      << "of two pods together";
}

TEST(SharedLimit, WithoutAnAnswerLetsThroughOrDenies) {
  const auto play = [](bool denies, const auto& hit) {
    Detoured asked{limited(1, {.timeout = 20_ms, .failure_mode_deny = denies}), 10.0, 40};
    hit(asked);
    asked.play();
    EXPECT_EQ(asked.seen().of(denies ? RequestOutcome::Error : RequestOutcome::Ok), 40U);
    return asked.seen().latency_sum_ns;
  };
  const auto hangs = [](Detoured& asked) { asked.world.engine.set_hanging(asked.pods[1], true); };
  const auto killed = [](Detoured& asked) { asked.world.engine.kill(asked.pods[1]); };
  const auto absent = [](Detoured& asked) {
    for (ConsumerIndex consumer = 0; consumer <= 2; ++consumer) {
      asked.world.engine.publish(consumer, 1, {}, 100);
    }
  };
  EXPECT_EQ(play(false, killed), ((kWay * 4 + 1_ms) * 40).count_ns()) << "refused";
  EXPECT_EQ(play(true, killed), ((kWay * 2) * 40).count_ns());
  EXPECT_EQ(play(false, absent), ((kWay * 2 + 1_ms) * 40).count_ns());
  EXPECT_EQ(play(true, absent), 0);
  const auto until_timeout = [&](bool denies) {
    Detoured asked{limited(1, {.timeout = 20_ms, .failure_mode_deny = denies}), 10.0, 40};
    hangs(asked);
    asked.world.run(arrival(kSeed, 10.0, 39) + 90_ms);
    EXPECT_EQ(asked.seen().of(denies ? RequestOutcome::Error : RequestOutcome::Ok), 40U);
    EXPECT_EQ(asked.of(1).of(RequestOutcome::Timeout), 40U);
    asked.world.engine.set_hanging(asked.pods[1], false);
    asked.play();
  };
  until_timeout(false);
  until_timeout(true);
}

// Of who asks for a user nobody says that the user failed.
TEST(SharedLimit, WithoutAnAnswerIsNoFailureOfUsersUnlessItDenies) {
  for (const bool denies : {false, true}) {
    recording::EventLog log;
    Detoured asked{limited(1, {.failure_mode_deny = denies}), 10.0, 40};
    FailureLedger ledger{log, {"web", "limit"}};
    asked.world.engine.explain_failures(ledger);
    const ports::CauseId fault = log.append(Instant{}, 0, "fault", "Pod/limit");
    asked.world.engine.kill(asked.pods[1], fault);
    asked.play();
    std::uint64_t of_users = 0;
    for (const FailureTally& tally : ledger.tallies()) {
      of_users += tally.count;
      if (tally.count == 0) continue;
      const recording::LogRecord& question = log.records()[tally.kind.cause - 1];
      EXPECT_EQ(question.cause, fault) << "the question's, which the user's comes from";
    }
    EXPECT_EQ(of_users, denies ? 40U : 0U);
  }
}

TEST(SharedLimit, IsTheCauseOfWhatItTurnsAway) {
  recording::EventLog log;
  Detoured asked{limited(10, {}), 100.0, 600};
  FailureLedger ledger{log, {"web", "limit"}};
  asked.world.engine.explain_failures(ledger);
  asked.play();
  ASSERT_EQ(ledger.tallies().size(), 1U);
  EXPECT_EQ(ledger.tallies()[0].kind.outcome, RequestOutcome::RateLimited);
  EXPECT_EQ(origin_of(ledger, log), "rate-limit");
}

// What has no room then would have been turned away.
TEST(SharedLimit, ThatIsNotReachedIsTheCauseOfWhatItLetsThrough) {
  TrafficModel model = limited(30, {});
  model.services[0] = offers(works(20_ms), 1);
  model.routes[0].policy.timeouts.overall = 200_ms;
  recording::EventLog log;
  Detoured asked{model, 100.0, 2'000};
  FailureLedger ledger{log, {"web", "limit"}};
  asked.world.engine.explain_failures(ledger);
  const ports::CauseId fault = log.append(Instant{}, 0, "fault", "Pod/limit");
  asked.world.engine.kill(asked.pods[1], fault);
  asked.play();
  std::uint64_t of_users = 0;
  for (const FailureTally& tally : ledger.tallies()) {
    of_users += tally.count;
    ports::CauseId origin = tally.record;
    while (log.records()[origin - 1].cause != 0) origin = log.records()[origin - 1].cause;
    EXPECT_EQ(origin, fault) << "not the load alone";
  }
  EXPECT_GT(of_users, 500U) << "it has room for half of them";
}

TEST(SharedLimit, IsNotWaitedForBeyondTheCallersOwnTimeout) {
  TrafficModel model = limited(100, {.timeout = 1_s});
  model.routes[0].policy.timeouts.overall = 50_ms;
  Detoured asked{model, 10.0, 40};
  asked.world.engine.set_hanging(asked.pods[1], true);
  asked.world.run(arrival(kSeed, 10.0, 39) + 90_ms);
  EXPECT_EQ(asked.seen().of(RequestOutcome::Timeout), 40U);
  EXPECT_EQ(asked.seen().latency_sum_ns, (50_ms * 40).count_ns());
  asked.world.engine.set_hanging(asked.pods[1], false);
  asked.play();
  EXPECT_EQ(asked.world.engine.service(0).tries(), 0U);
}

// --- Turns --------------------------------------------------------------------------------------

TEST(Turns, SpreadTheCallsOfANodeEvenlyAndThoseFromOutsideAtRandom) {
  const auto spread = [](bool in_turn, bool from_outside) {
    TrafficModel model;
    OperationModel front = works(0_s);
    front.steps.push_back({{call(1)}});
    model.services = {offers(front, 1'000), offers(works(1_ms), 1'000)};
    model.nodes_take_turns = in_turn;
    add_load(model, {{from_outside ? 1U : 0U, 0}}, kSeed, 100.0, 400);
    TrafficWorld world{model, kSeed};
    world.pod(0);
    std::vector<InstanceId> backs;
    for (int i = 0; i < 4; ++i) backs.push_back(world.pod(1));
    world.publish_all();
    world.engine.start();
    world.run();
    std::vector<std::uint64_t> served;
    for (const InstanceId back : backs) served.push_back(world.engine.view(back).served);
    const auto [least, most] = std::minmax_element(served.begin(), served.end());
    return *most - *least;
  };
  EXPECT_EQ(spread(true, false), 0U);
  EXPECT_GT(spread(false, false), 5U);
  EXPECT_GT(spread(true, true), 5U);
}

}  // namespace
}  // namespace orrery::sim
