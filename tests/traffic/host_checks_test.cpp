/// @file
/// Callers that ask hosts how they are: whom they leave out, when, and whom they take back.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "sim/traffic/http_status.h"
#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

using resilience::OutlierEvent;
using resilience::OutlierKind;
using resilience::RoutePolicy;
using What = OutlierEvent::What;

constexpr std::uint64_t kSeed = 7;

/// Three failures make a host unwell, two successes well again; a check takes 2 ms and comes every
/// second, or 200 ms if nobody answers.
RoutePolicy checking() {
  RoutePolicy policy;
  policy.balancer = resilience::RoundRobinConfig{};
  policy.timeouts.overall = 100_ms;
  policy.health.emplace();
  resilience::ActiveHealthCheckConfig& check = policy.health->check;
  check.interval = 1_s;
  check.no_traffic_interval = 1_s;
  check.timeout = 200_ms;
  check.unhealthy_threshold = 3;
  check.healthy_threshold = 2;
  return policy;
}

struct Told {
  Instant at;
  OutlierEvent event;
};

/// Users' calls, 100 a second, to a service with some pods that they check.
struct Checked {
  explicit Checked(const RoutePolicy& policy, std::uint32_t count = 3, bool shares_threads = false,
                   std::uint32_t concurrency = 1000) {
    TrafficModel model;
    model.services.push_back(offers(works(1_ms), concurrency));
    model.services[0].probes_share_threads = shares_threads;
    model.routes.push_back({.from = kClients, .to = 0, .policy = policy});
    add_load(model, {{0, 0}}, kSeed, 100.0, 6'000);
    world = std::make_unique<TrafficWorld>(model, kSeed);
    for (std::uint32_t i = 0; i < count; ++i) pods.push_back(world->pod(0));
    world->publish_all();
    world->engine.start();
  }
  void run(Duration until) {
    for (Instant at = world->kernel.now(); at < Instant::at(until);) {
      at = std::min(at + 100_ms, Instant::at(until));
      world->run(at);
      for (const EjectionNotice& notice : world->engine.take_ejections()) {
        told.push_back({at, notice.event});
      }
    }
  }
  /// Between two instants.
  std::uint64_t failures(Duration from, Duration until) {
    run(from);
    const RequestCounts before = world->engine.service(0).totals();
    run(until);
    const RequestCounts after = world->engine.service(0).totals();
    const auto failed = [](const RequestCounts& counts) {
      return counts.ended_count() - counts.of(RequestOutcome::Ok);
    };
    return failed(after) - failed(before);
  }

  std::unique_ptr<TrafficWorld> world;
  std::vector<InstanceId> pods;
  std::vector<Told> told;
};

TEST(HostChecks, LeaveOutWhoDoesNotAnswerThreeTimesAndTakeItBackAfterTwoAnswers) {
  Checked clients{checking()};
  EXPECT_EQ(clients.failures(0_s, 10_s), 0U);
  EXPECT_TRUE(clients.told.empty()) << "that new hosts are well is no news";
  clients.world->engine.set_hanging(clients.pods[1], true);
  EXPECT_GT(clients.failures(10_s, 14_s), 50U);
  EXPECT_EQ(clients.failures(14_s, 20_s), 0U);
  ASSERT_EQ(clients.told.size(), 1U);
  EXPECT_EQ(clients.told[0].event.what, What::Ejected);
  EXPECT_EQ(clients.told[0].event.kind, OutlierKind::HealthChecks);
  // The first of three checks that fail is sent within a second, and each takes 200 ms.
  EXPECT_GT(clients.told[0].at, Instant::at(12_s + 500_ms));
  EXPECT_LE(clients.told[0].at, Instant::at(13_s + 700_ms));
  clients.world->engine.set_hanging(clients.pods[1], false);
  EXPECT_EQ(clients.failures(20_s, 30_s), 0U);
  ASSERT_EQ(clients.told.size(), 2U);
  EXPECT_EQ(clients.told[1].event.what, What::Returned);
  EXPECT_GT(clients.told[1].at, Instant::at(21_s));
  EXPECT_LE(clients.told[1].at, Instant::at(22_s + 500_ms));
  EXPECT_EQ(clients.world->engine.route(0).ejections, 1U);
}

TEST(HostChecks, LeaveOutWhoAnswersWithAnErrorAtOnce) {
  Checked clients{checking()};
  clients.run(10_s);
  clients.world->engine.set_failing(clients.pods[1], true);
  clients.run(20_s);
  ASSERT_EQ(clients.told.size(), 1U);
  EXPECT_LE(clients.told[0].at, Instant::at(11_s + 100_ms));
}

TEST(HostChecks, AskAgainOnlyWhenTheCallerHasSentRequestsOrLongLater) {
  RoutePolicy policy = checking();
  policy.health->check.no_traffic_interval = 60_s;
  TrafficModel model;
  model.services.push_back(offers(works(1_ms)));
  model.routes.push_back({.from = kClients, .to = 0, .policy = policy});
  TrafficWorld world{model, kSeed};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.run(Instant::at(1_s));
  world.engine.set_failing(pod, true);
  world.run(Instant::at(59_s));
  EXPECT_TRUE(world.engine.take_ejections().empty());
  world.run(Instant::at(61_s));
  EXPECT_EQ(world.engine.take_ejections().size(), 1U);
}

// A server whose threads are all taken answers no check that waits for one of them.
TEST(HostChecks, FindAJammedServerWhereItsThreadsAnswerThem) {
  for (const bool shares : {true, false}) {
    RoutePolicy policy = checking();
    policy.balancer = resilience::RandomConfig{};
    Checked clients{policy, 3, shares, 4};
    clients.run(10_s);
    clients.world->engine.slow_waits(clients.pods[0], 10_s);
    clients.run(20_s);
    EXPECT_EQ(clients.told.size(), shares ? 1U : 0U) << shares;
  }
}

TEST(HostChecks, CountForPanic) {
  const auto failed = [](std::uint32_t threshold) {
    RoutePolicy policy = checking();
    policy.health->panic_threshold = threshold;
    Checked clients{policy};
    clients.run(5_s);
    clients.world->engine.set_failing(clients.pods[0], true);
    clients.world->engine.set_failing(clients.pods[1], true);
    return clients.failures(10_s, 20_s);
  };
  EXPECT_EQ(failed(33), 0U) << "a third is well";
  EXPECT_GT(failed(34), 500U) << "too few: all are chosen";
}

TEST(HostChecks, ThatPassEndAnEjection) {
  RoutePolicy policy = checking();
  policy.outliers.emplace();
  policy.outliers->detection.consecutive_5xx = 5;
  policy.outliers->detection.max_ejection_percent = 50;
  Checked clients{policy};
  clients.run(10_s);
  // Too short for a check to see it.
  clients.run(10_s + 100_ms);
  const Duration check = 10_s + 100_ms;
  clients.world->engine.set_failing(clients.pods[0], true);
  clients.run(check + 300_ms);
  clients.world->engine.set_failing(clients.pods[0], false);
  clients.run(check + 3_s);
  ASSERT_EQ(clients.told.size(), 2U);
  EXPECT_EQ(clients.told[0].event.kind, OutlierKind::Consecutive5xx);
  EXPECT_EQ(clients.told[1].event.what, What::Returned);
  EXPECT_LT(clients.told[1].at, clients.told[0].at + 1_s + 100_ms) << "not after 30 s";
}

TEST(HostChecks, MeetWhatCutsTheWayOff) {
  Checked clients{checking()};
  clients.run(10_s);
  EdgeFault cut;
  cut.kind = EdgeFaultKind::Loss;
  cut.messages = EdgeMessages::Both;
  cut.to.everybody = false;
  cut.to.addresses = {"10.0.0.2"};
  (void)clients.world->engine.add_edge_fault(cut);
  EXPECT_EQ(clients.failures(14_s, 20_s), 0U);
  EXPECT_EQ(clients.told.size(), 1U);
}

/// A service whose first operation users call, and whose second one nobody but its checks does.
struct CheckedOperation {
  CheckedOperation(const RoutePolicy& policy, const OperationModel& asked,
                   std::uint32_t concurrency = 1000) {
    model.services.push_back(offers(works(1_ms), concurrency));
    model.services[0].operations.push_back(asked);
    model.routes.push_back({.from = kClients, .to = 0, .policy = policy, .checked_operation = 1});
  }
  TrafficModel model;
};

TEST(HostChecks, OfAnOperationFailWhenItFailsThoughOthersWork) {
  const auto checked = [](std::uint32_t asked) {
    OperationModel broken = works(1_ms);
    broken.error_probability = 1;
    CheckedOperation world_of{checking(), broken};
    world_of.model.routes[0].checked_operation = asked;
    world_of.model.routes[0].policy.health->panic_threshold = 0;
    add_load(world_of.model, {{0, 0}}, kSeed, 100.0, 500);
    TrafficWorld world{world_of.model, kSeed};
    for (int i = 0; i < 3; ++i) world.pod(0);
    world.publish_all();
    world.run(Instant::at(500_ms));
    world.engine.start();
    world.run(Instant::at(10_s));
    EXPECT_GT(world.engine.service(0).totals().ended_count(), 400U);
    return world.engine.service(0).totals();
  };
  const RequestCounts working = checked(0);
  EXPECT_EQ(working.of(RequestOutcome::Ok), working.ended_count());
  const RequestCounts broken = checked(1);
  EXPECT_EQ(broken.of(RequestOutcome::NoEndpoints), broken.ended_count())
      << "no pod is well, though each would serve the users";
}

// Checks every 20 ms of work of 10 ms and 4 ms of waiting for another service: half a core.
TEST(HostChecks, OfAnOperationCostWhatItCosts) {
  const auto cpu_of = [](bool of_operation) {
    RoutePolicy policy = checking();
    policy.health->check.interval = policy.health->check.no_traffic_interval = 20_ms;
    CheckedOperation of{policy, works(10_ms)};
    of.model.services[0].probes_share_threads = true;
    of.model.services.push_back(offers(works(4_ms)));
    of.model.services[0].operations[1].steps.push_back({{call(1)}});
    if (!of_operation) of.model.routes[0].checked_operation = std::nullopt;
    TrafficWorld world{of.model, kSeed};
    const InstanceId pod = world.pod(0);
    const InstanceId behind = world.pod(1);
    world.publish_all();
    world.run(Instant::at(10_s));
    EXPECT_EQ(world.engine.service(0).totals(), RequestCounts{}) << "they are nobody's requests";
    EXPECT_EQ(world.engine.view(behind).served, of_operation ? world.engine.view(pod).served : 0U);
    return world.engine.view(pod).cpu;
  };
  EXPECT_EQ(cpu_of(false), 0_s);
  EXPECT_GT(cpu_of(true), 2'500_ms);
  EXPECT_LT(cpu_of(true), 3_s);
}

// With its only slot taken for ever, a pod answers whoever asks for nothing.
TEST(HostChecks, OfAnOperationTakeAServersThreads) {
  for (const bool of_operation : {true, false}) {
    RoutePolicy policy = checking();
    policy.timeouts.overall = Duration{};
    CheckedOperation of{policy, works(1_ms), 1};
    if (!of_operation) of.model.routes[0].checked_operation = std::nullopt;
    of.model.services[0].operations[0].wait = Distribution::constant(1000_s);
    add_load(of.model, {{0, 0}}, kSeed, 100.0, 2);
    TrafficWorld world{of.model, kSeed};
    for (int i = 0; i < 2; ++i) world.pod(0);
    world.publish_all();
    world.engine.start();
    world.run(Instant::at(10_s));
    EXPECT_EQ(world.engine.take_ejections().size(), of_operation ? 2U : 0U) << of_operation;
  }
}

// What waits for an answer of a pod that hangs is reset when the checks have found out, and what
// comes then goes elsewhere.
TEST(HostChecks, CloseTheConnectionsOfAHostOnlyIfTheyAreTold) {
  for (const bool closes : {true, false}) {
    RoutePolicy policy = checking();
    policy.timeouts.overall = Duration{};
    policy.pool.emplace();
    policy.health->closes_connections = closes;
    Checked clients{policy};
    // At any time some calls are under way to each pod.
    for (const InstanceId pod : clients.pods) clients.world->engine.slow_waits(pod, 200_ms);
    clients.run(10_s);
    clients.world->engine.set_hanging(clients.pods[1], true);
    clients.run(30_s);
    const RequestCounts seen = clients.world->engine.service(0).totals();
    ASSERT_EQ(clients.told.size(), 1U);
    EXPECT_EQ(seen.ended_count(), seen.of(RequestOutcome::Ok) + seen.of(RequestOutcome::Reset));
    if (closes) {
      EXPECT_GT(seen.of(RequestOutcome::Reset), 50U);
      EXPECT_EQ(seen.of(RequestOutcome::Reset), clients.world->engine.view(clients.pods[1]).busy)
          << "those that the pod still has, and no others";
      EXPECT_LT(seen.unanswered, 50U) << "of the pods that are well";
    } else {
      EXPECT_EQ(seen.of(RequestOutcome::Reset), 0U);
      EXPECT_GT(seen.unanswered, 50U);
    }
  }
}

TEST(HostChecks, ThatCloseConnectionsLetCallsBeTriedElsewhere) {
  RoutePolicy policy = checking();
  policy.timeouts.overall = Duration{};
  policy.health->closes_connections = true;
  policy.retry.on = {resilience::RetryOn::Reset};
  policy.retry.retries = 1;
  Checked clients{policy};
  clients.run(10_s);
  clients.world->engine.set_hanging(clients.pods[1], true);
  EXPECT_EQ(clients.failures(10_s, 30_s), 0U);
  EXPECT_GT(clients.world->engine.route(0).retries, 50U);
  EXPECT_LT(clients.world->engine.service(0).totals().unanswered, 5U);
}

// The first of its tries that is reset ends a call, and with it the others that are under way
// there.
TEST(HostChecks, ThatCloseConnectionsEndACallOfSeveralTriesOnce) {
  RoutePolicy policy = checking();
  policy.timeouts.overall = Duration{};
  policy.health->closes_connections = true;
  policy.health->panic_threshold = 0;
  policy.hedging.emplace();
  policy.hedging->max_attempts = 3;
  policy.hedging->hedging_delay = 10_ms;
  Checked clients{policy, 1};
  clients.run(10_s);
  clients.world->engine.set_hanging(clients.pods[0], true);
  clients.run(30_s);
  const RequestCounts seen = clients.world->engine.service(0).totals();
  const std::uint64_t reset = seen.of(RequestOutcome::Reset);
  EXPECT_GT(reset, 50U);
  EXPECT_GT(clients.world->engine.view(clients.pods[0]).busy, 2 * reset);
  EXPECT_EQ(seen.ended_count(),
            seen.of(RequestOutcome::Ok) + reset + seen.of(RequestOutcome::NoEndpoints));
  EXPECT_EQ(seen.unanswered, 0U);
}

// The only connection to a pod, without a request on it, is closed as well: when the pod is back
// another one is opened.
/// What its checks say of a pod that answers them with this status in place of its own.
std::vector<Told> answered_with(RoutePolicy policy, std::int32_t status, EdgeFaultKind kind) {
  Checked clients{policy};
  clients.run(10_s);
  EdgeFault answers;
  answers.kind = kind;
  answers.messages = kind == EdgeFaultKind::Abort ? EdgeMessages::Requests : EdgeMessages::Answers;
  answers.outcome = outcome_of_status(status);
  answers.status = status;
  answers.to.everybody = false;
  answers.to.addresses = {"10.0.0.2"};
  (void)clients.world->engine.add_edge_fault(answers);
  clients.run(20_s);
  return clients.told;
}

TEST(HostChecks, SeeTheStatusThatIsPutInPlaceOfAnAnswer) {
  for (const EdgeFaultKind kind : {EdgeFaultKind::Abort, EdgeFaultKind::Replace}) {
    RoutePolicy policy = checking();
    EXPECT_EQ(answered_with(policy, 503, kind).size(), 1U) << "any error at once";
    policy.health->check.expected_statuses = {{200, 299}, {503, 503}};
    EXPECT_TRUE(answered_with(policy, 503, kind).empty());
    EXPECT_EQ(answered_with(policy, 500, kind).size(), 1U);
    policy.health->check.expected_statuses = {};
    policy.health->check.retriable_statuses = {{503, 504}};
    const std::vector<Told> retried = answered_with(policy, 504, kind);
    ASSERT_EQ(retried.size(), 1U);
    EXPECT_GE(retried[0].at, Instant::at(12_s)) << "after three of them";
    EXPECT_LE(answered_with(policy, 502, kind).at(0).at, Instant::at(11100_ms)) << "at once";
  }
  for (const EdgeFaultKind kind : {EdgeFaultKind::Abort, EdgeFaultKind::Replace}) {
    EXPECT_EQ(answered_with(checking(), 204, kind).size(), 1U) << "200 alone is well";
    EXPECT_TRUE(answered_with(checking(), 200, kind).empty());
  }
}

TEST(HostChecks, CloseConnectionsThatCarryNothing) {
  for (const bool closes : {true, false}) {
    RoutePolicy policy = checking();
    policy.pool.emplace();
    policy.pool->thresholds.max_connections_per_host = 1;
    policy.health->closes_connections = closes;
    TrafficModel model;
    model.services.push_back(offers(works(1_ms)));
    model.services[0].handshake = {.round_trips = 1, .cpu = 5_ms};
    model.routes.push_back({.from = kClients, .to = 0, .policy = policy});
    add_load(model, {{0, 0}}, kSeed, 5.0, 100);
    TrafficWorld world{model, kSeed};
    world.pod(0);
    const InstanceId pod = world.pod(0);
    world.publish_all();
    world.engine.start();
    world.run(Instant::at(5_s));
    world.engine.set_failing(pod, true);
    world.run(Instant::at(7_s));
    world.engine.set_failing(pod, false);
    world.run(Instant::at(15_s));
    const InstanceView view = world.engine.view(pod);
    const Duration of_calls = Duration::milliseconds(static_cast<std::int64_t>(view.served));
    EXPECT_EQ(view.cpu - of_calls, 10_ms) << closes;
    EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Reset), 0U);
  }
}

// All are chosen, well or not; of each connection that is opened the pod has 100 ms of work.
TEST(HostChecks, AndEjectionsLetWhatIsUnderWayEndOnConnectionsThatTakeNothingNew) {
  for (const bool by_checks : {true, false}) {
    for (const std::uint32_t streams : {1U, 100U}) {
      RoutePolicy policy = checking();
      policy.timeouts.overall = {};
      policy.health->check.timeout = 1_s;
      policy.health->panic_threshold = 100;
      if (!by_checks) {
        policy.health.reset();
        policy.outliers.emplace();
        policy.outliers->detection.base_ejection_time = 1'000_s;
        policy.outliers->detection.max_ejection_time = 1'000_s;
        policy.outliers->detection.consecutive_5xx = 1;
        policy.outliers->detection.max_ejection_percent = 100;
        policy.outliers->panic_threshold = 100;
      }
      policy.pool.emplace();
      policy.pool->streams_per_connection = streams;
      policy.pool->thresholds.max_connections = 2;
      TrafficModel model;
      model.services.push_back(offers(works(3_s), 1000));
      model.services[0].handshake = {.round_trips = 1, .cpu = 100_ms};
      model.routes.push_back({.from = kClients, .to = 0, .policy = policy});
      add_load(model, {{0, 0}}, kSeed, 0.2, 30);
      const auto handshakes = [&](bool fails) {
        TrafficWorld world{model, kSeed};
        const InstanceId pod = world.pod(0);
        world.publish_all();
        world.engine.start();
        // While a call is under way the pod is found unwell, and well again.
        world.run(arrival(kSeed, 0.2, 16) + 500_ms);
        world.engine.set_failing(pod, fails);
        world.run(arrival(kSeed, 0.2, 16) + 4_s);
        world.engine.set_failing(pod, false);
        world.run(arrival(kSeed, 0.2, 30) + 60_s);
        const InstanceView view = world.engine.view(pod);
        EXPECT_EQ(view.served, 30U);
        EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Reset), 0U);
        return (view.cpu - 90_s).count_ns() / (100_ms).count_ns();
      };
      EXPECT_GT(handshakes(true), handshakes(false)) << by_checks << streams;
    }
  }
}

TEST(HostChecks, LetNothingNewOutOnAConnectionThatStillCarriesSomething) {
  RoutePolicy policy = checking();
  policy.timeouts.overall = {};
  policy.health->check.interval = 1_s;
  policy.health->panic_threshold = 100;
  policy.pool.emplace();
  policy.pool->streams_per_connection = 100;
  TrafficModel model;
  model.services.push_back(offers(works(60_s), 1000));
  model.services[0].handshake = {.round_trips = 1, .cpu = 100_ms};
  model.routes.push_back({.from = kClients, .to = 0, .policy = policy});
  add_load(model, {{0, 0}}, kSeed, 2.0, 40);
  TrafficWorld world{model, kSeed};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(10_s));
  world.engine.set_failing(pod, true);
  world.run(Instant::at(30_s));
  world.engine.set_failing(pod, false);
  world.run(Instant::at(200_s));
  const InstanceView view = world.engine.view(pod);
  EXPECT_EQ(view.served, 40U);
  EXPECT_EQ(view.cpu, 2'400_s + 200_ms) << "one before, one since";
}

// The first answer ejects its host while the connection that it came on is still being closed. Of
// each connection that is opened the pod has 100 ms of work.
TEST(HostChecks, AndEjectionsForgetAConnectionThatIsBeingClosedWhenItIs) {
  RoutePolicy policy;
  policy.balancer = resilience::RoundRobinConfig{};
  policy.outliers.emplace();
  policy.outliers->detection.consecutive_5xx = 1;
  policy.outliers->detection.max_ejection_percent = 100;
  policy.outliers->panic_threshold = 100;
  policy.pool.emplace();
  policy.pool->thresholds.max_connections = 1;
  TrafficModel model;
  model.services.push_back(offers(works(10_ms), 1000));
  model.services[0].handshake = {.round_trips = 1, .cpu = 100_ms};
  model.routes.push_back({.from = kClients, .to = 0, .policy = policy});
  constexpr double kRate = 0.01;
  add_load(model, {{0, 0}}, kSeed, kRate, 6);
  for (const Duration closing : {0_s, 5_s}) {
    TrafficWorld world{model, kSeed};
    const InstanceId pod = world.pod(0);
    world.publish_all();
    world.engine.set_failing(pod, true);
    EdgeFault slow;
    slow.kind = EdgeFaultKind::SlowClose;
    slow.messages = EdgeMessages::Answers;
    slow.delay = closing;
    const std::uint32_t handle = world.engine.add_edge_fault(slow);
    world.engine.start();
    const Instant answered = arrival(kSeed, kRate, 0) + 1_s;
    ASSERT_GT(arrival(kSeed, kRate, 1), answered + 5_s);
    world.run(answered);
    EXPECT_EQ(world.engine.remove_edge_fault(handle), 1U);
    EXPECT_EQ(world.engine.route(0).ejections, 1U);
    world.engine.set_failing(pod, false);
    world.run();
    EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Ok), 5U);
    EXPECT_EQ(world.engine.view(pod).cpu, 60_ms + 200_ms) << "one before, one since";
  }
}

// A handshake of ten round trips takes 20 ms, the way there and back 2 ms.
TEST(HostChecks, OpenAConnectionEachIfTheyDoNotReuseOne) {
  for (const bool reuses : {true, false}) {
    RoutePolicy policy = checking();
    policy.health->reuses_connection = reuses;
    CheckedOperation of{policy, works(1_ms)};
    of.model.services[0].handshake = {.round_trips = 10, .cpu = 3_ms};
    TrafficWorld world{of.model, kSeed};
    const InstanceId pod = world.pod(0);
    world.publish_all();
    world.run(Instant::at(4_s + 500_ms));
    EXPECT_EQ(world.engine.view(pod).served, 5U) << "at once, and a second after each";
    EXPECT_EQ(world.engine.view(pod).cpu, reuses ? 5_ms : 20_ms);
  }
  const auto well = [](bool reuses, Duration timeout) {
    RoutePolicy policy = checking();
    policy.health->reuses_connection = reuses;
    policy.health->check.timeout = timeout;
    policy.health->panic_threshold = 0;
    TrafficModel model;
    model.services.push_back(offers(works(1_ms)));
    model.services[0].handshake.round_trips = 10;
    model.routes.push_back({.from = kClients, .to = 0, .policy = policy});
    add_load(model, {{0, 0}}, kSeed, 10.0, 10);
    TrafficWorld world{model, kSeed};
    world.pod(0);
    world.publish_all();
    world.run(Instant::at(500_ms));
    world.engine.start();
    world.run(Instant::at(10_s));
    return world.engine.service(0).totals().of(RequestOutcome::NoEndpoints) == 0;
  };
  EXPECT_TRUE(well(true, 3_ms));
  EXPECT_FALSE(well(false, 21_ms));
  EXPECT_TRUE(well(false, 23_ms));
}

// The checks of a process end with it, and nothing is left of them.
TEST(HostChecks, EndWithTheirCaller) {
  TrafficModel model;
  model.services = {offers(works(1_ms)), offers(works(1_ms))};
  model.routes.push_back({.from = 0, .to = 1, .policy = checking()});
  TrafficWorld world{model, kSeed};
  const InstanceId front = world.pod(0);
  const InstanceId back = world.pod(1);
  world.publish_all();
  world.run(Instant::at(5_s));
  world.engine.set_hanging(back, true);
  world.run(Instant::at(5_s + 100_ms));
  EXPECT_EQ(world.engine.live_calls(), 1U) << "a check";
  world.engine.kill(front);
  world.run();
  EXPECT_LT(world.kernel.now(), Instant::at(7_s));
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

TEST(HostChecks, SameSeedSameBytes) {
  const auto fingerprint = [] {
    RoutePolicy policy = checking();
    policy.health->check.interval_jitter = 300_ms;
    Checked clients{policy};
    clients.run(5_s);
    clients.world->engine.set_hanging(clients.pods[2], true);
    clients.run(15_s);
    return to_string(clients.world->fingerprint);
  };
  EXPECT_EQ(fingerprint(), fingerprint());
}

}  // namespace
}  // namespace orrery::sim
