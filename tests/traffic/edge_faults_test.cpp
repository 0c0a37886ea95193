/// @file
/// Faults on edges: what they do to a request, in numbers that theory gives.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "sim/traffic/traffic_observer.h"
#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

constexpr std::uint64_t kSeed = 11;
constexpr Duration kWork = Duration::milliseconds(1);
constexpr Duration kWay = Duration::milliseconds(1);  // The clients are in a zone of their own.
constexpr Duration kPlain = kWay + kWork + kWay;

/// Keeps what every call took and how it ended.
class Times final : public TrafficObserver {
 public:
  struct Ended {
    Duration latency;
    RequestOutcome outcome;
  };
  void call_began(std::uint32_t) override {}
  void call_retried(std::uint32_t) override {}
  void call_ended(std::uint32_t, Duration latency, RequestOutcome outcome) override {
    ended.push_back({latency, outcome});
  }
  void call_forgotten(std::uint32_t) override {}
  void breaker_changed(CallEdge, std::uint32_t, resilience::BreakerState) override {}
  bool journey_began(std::uint32_t, std::uint64_t, Instant) override { return false; }
  void journey_ended(std::uint32_t, std::uint64_t, Instant, Instant, RequestOutcome) override {}
  bool try_began(std::uint64_t, std::uint64_t) override { return false; }
  void work_began(std::uint64_t, Instant) override {}
  void try_ended(const TryReport&) override {}

  std::vector<Ended> ended;
};

/// Clients call one service with `pods` pods, 100 times a second.
struct Clients {
  explicit Clients(std::uint64_t journeys, Duration timeout = {}, std::uint32_t pods = 1)
      : world{model(journeys, timeout), kSeed}, ledger{log, {"a"}} {
    for (std::uint32_t i = 0; i < pods; ++i) (void)world.pod(0);
    world.engine.set_observer(&times);
    world.engine.explain_failures(ledger);
    world.publish_all();
    world.engine.start();
  }
  static TrafficModel model(std::uint64_t journeys, Duration timeout) {
    TrafficModel model;
    model.services.push_back(offers(works(kWork), 1000));
    add_load(model, {{0, 0}}, kSeed, 100, journeys);
    model.journeys[0].timeout = timeout;
    return model;
  }
  std::uint32_t add(EdgeFault fault) {
    fault.key = 3;
    fault.cause = static_cast<RecordId>(log.append(world.kernel.now(), 0, "fault", "a"));
    return world.engine.add_edge_fault(std::move(fault));
  }
  [[nodiscard]] double share(RequestOutcome outcome) const {
    const auto count = std::count_if(times.ended.begin(), times.ended.end(),
                                     [&](const auto& one) { return one.outcome == outcome; });
    return static_cast<double>(count) / static_cast<double>(times.ended.size());
  }

  recording::EventLog log;
  Times times;
  TrafficWorld world;
  FailureLedger ledger;
};

EdgeFault fault(EdgeFaultKind kind, EdgeMessages messages = EdgeMessages::Both) {
  EdgeFault made;
  made.kind = kind;
  made.messages = messages;
  return made;
}

TEST(EdgeFaults, ADelayIsAddedToEachMessageWhileItLastsAndNotAfter) {
  for (const EdgeMessages messages :
       {EdgeMessages::Requests, EdgeMessages::Sent, EdgeMessages::Received, EdgeMessages::Both}) {
    Clients clients{1000};
    EdgeFault late = fault(EdgeFaultKind::Delay, messages);
    late.delay = 30_ms;
    late.from.everybody = messages == EdgeMessages::Both;
    late.from.clients = true;
    late.to.everybody = false;
    late.to.services = {0};
    const std::uint32_t handle = clients.add(late);
    clients.world.run(Instant::at(5_s));
    const std::size_t during = clients.times.ended.size();
    ASSERT_GT(during, 400U);
    const Duration added = messages == EdgeMessages::Both ? 60_ms : 30_ms;
    for (std::size_t i = 0; i < during; ++i) {
      ASSERT_EQ(clients.times.ended[i].latency, kPlain + added);
    }
    EXPECT_GE(clients.world.engine.remove_edge_fault(handle), during);
    clients.world.run(Instant::at(6_s));
    const std::size_t after = clients.times.ended.size();
    clients.world.run();
    ASSERT_GT(clients.times.ended.size(), after);
    for (std::size_t i = after; i < clients.times.ended.size(); ++i) {
      ASSERT_EQ(clients.times.ended[i].latency, kPlain);
    }
  }
}

TEST(EdgeFaults, JitterIsUniformAndCorrelationNarrowsIt) {
  const auto variance = [](double correlation) {
    Clients clients{20000};
    EdgeFault late = fault(EdgeFaultKind::Delay, EdgeMessages::Requests);
    late.delay = 50_ms;
    late.jitter = 30_ms;
    late.correlation = correlation;
    (void)clients.add(late);
    clients.world.run();
    double sum = 0;
    double squares = 0;
    for (const auto& one : clients.times.ended) {
      const double ms = to_seconds(one.latency - kPlain) * 1e3;
      EXPECT_GE(ms, 20);
      EXPECT_LE(ms, 80);
      sum += ms;
      squares += ms * ms;
    }
    const auto n = static_cast<double>(clients.times.ended.size());
    EXPECT_NEAR(sum / n, 50, 1.5);
    return squares / n - (sum / n) * (sum / n);
  };
  EXPECT_NEAR(variance(0), 60.0 * 60 / 12, 10);
  // x' = r x + (1 - r) u has (1 - r) / (1 + r) of the variance of u.
  EXPECT_NEAR(variance(0.5), 60.0 * 60 / 12 / 3, 10);
}

TEST(EdgeFaults, LossTakesTheSeriesOfRetransmissions) {
  Clients clients{20000};
  EdgeFault lossy = fault(EdgeFaultKind::Loss, EdgeMessages::Requests);
  lossy.probability = 0.2;
  (void)clients.add(lossy);
  clients.world.run();
  ASSERT_EQ(clients.times.ended.size(), 20000U);
  std::vector<double> shares(16);
  for (const auto& one : clients.times.ended) {
    EXPECT_EQ(one.outcome, RequestOutcome::Ok);
    Duration waited;
    std::uint32_t losses = 0;
    while (waited < one.latency - kPlain) waited += retransmission_timeout(losses++);
    ASSERT_EQ(one.latency, kPlain + waited) << "0, 0.2, 0.6, 1.4 s and so on";
    shares.at(losses) += 1.0 / 20000;
  }
  EXPECT_NEAR(shares[0], 0.8, 0.012);  // 4 standard deviations.
  EXPECT_NEAR(shares[1], 0.16, 0.011);
  EXPECT_NEAR(shares[2], 0.032, 0.005);
}

TEST(EdgeFaults, RetransmissionsDoubleUpToTwoMinutes) {
  EXPECT_EQ(retransmission_timeout(0), 200_ms);
  EXPECT_EQ(retransmission_timeout(3), 1600_ms);
  EXPECT_EQ(retransmission_timeout(9), 102400_ms);
  EXPECT_EQ(retransmission_timeout(10), 120_s);
  EXPECT_EQ(retransmission_timeout(15), 120_s);
}

TEST(EdgeFaults, WhatIsCutOffEndsByTimeoutForThatReasonAndThenAllIsWell) {
  for (const EdgeMessages messages : {EdgeMessages::Sent, EdgeMessages::Received}) {
    Clients clients{1000, 500_ms};
    const std::uint32_t handle = clients.add(fault(EdgeFaultKind::Loss, messages));
    clients.world.run(Instant::at(5_s));
    const std::size_t during = clients.times.ended.size();
    ASSERT_GT(during, 300U);
    for (std::size_t i = 0; i < during; ++i) {
      ASSERT_EQ(clients.times.ended[i].outcome, RequestOutcome::Timeout);
      ASSERT_EQ(clients.times.ended[i].latency, 500_ms);
    }
    ASSERT_EQ(clients.ledger.tallies().size(), 1U);
    EXPECT_EQ(clients.log.records()[clients.ledger.tallies()[0].kind.cause - 1].what, "fault");
    (void)clients.world.engine.remove_edge_fault(handle);
    clients.world.run(Instant::at(6_s));
    const std::size_t after = clients.times.ended.size();
    clients.world.run();
    for (std::size_t i = after; i < clients.times.ended.size(); ++i) {
      ASSERT_EQ(clients.times.ended[i].latency, kPlain);
    }
    EXPECT_EQ(clients.world.engine.live_calls(), 0U);
  }
}

TEST(EdgeFaults, AResetComesAfterItsTimeOrNotAtAll) {
  Clients soon{500};
  EdgeFault reset = fault(EdgeFaultKind::Reset, EdgeMessages::Requests);
  reset.delay = 2_ms;
  (void)soon.add(reset);
  soon.world.run();
  EXPECT_EQ(soon.share(RequestOutcome::Reset), 1.0);
  for (const auto& one : soon.times.ended) ASSERT_EQ(one.latency, 2_ms);
  EXPECT_EQ(soon.ledger.tallies()[0].count, 500U);

  Clients late{500};
  reset.delay = 10_ms;
  (void)late.add(reset);
  late.world.run();
  EXPECT_EQ(late.share(RequestOutcome::Ok), 1.0);

  Clients at_once{500};
  reset.delay = {};
  (void)at_once.add(reset);
  at_once.world.run();
  EXPECT_EQ(at_once.share(RequestOutcome::Reset), 1.0);
  EXPECT_EQ(at_once.world.engine.view(InstanceId{0}).served, 0U);
}

TEST(EdgeFaults, AnswersMayComeFromSomebodyElse) {
  Clients unknown{500};
  EdgeFault look_up = fault(EdgeFaultKind::LookUp, EdgeMessages::Requests);
  look_up.delay = 5_ms;
  (void)unknown.add(look_up);
  unknown.world.run();
  EXPECT_EQ(unknown.share(RequestOutcome::Refused), 1.0);
  for (const auto& one : unknown.times.ended) ASSERT_EQ(one.latency, 5_ms);

  Clients aborted{20000};
  EdgeFault abort = fault(EdgeFaultKind::Abort, EdgeMessages::Requests);
  abort.probability = 0.3;
  (void)aborted.add(abort);
  aborted.world.run();
  EXPECT_NEAR(aborted.share(RequestOutcome::Error), 0.3, 0.013);
  const std::uint64_t served = aborted.world.engine.view(InstanceId{0}).served;
  EXPECT_NEAR(static_cast<double>(served), 14000, 260);
  for (const auto& one : aborted.times.ended) {
    ASSERT_EQ(one.latency, one.outcome == RequestOutcome::Ok ? kPlain : kWay + kWay);
  }

  Clients replaced{500};
  EdgeFault replace = fault(EdgeFaultKind::Replace, EdgeMessages::Answers);
  (void)replaced.add(replace);
  replaced.world.run();
  EXPECT_EQ(replaced.share(RequestOutcome::Error), 1.0);
  EXPECT_EQ(replaced.world.engine.view(InstanceId{0}).served, 500U) << "the work was done";

  Clients hushed{500};
  hushed.world.engine.set_failing(InstanceId{0}, true);
  replace.outcome = RequestOutcome::Ok;
  (void)hushed.add(replace);
  hushed.world.run();
  EXPECT_EQ(hushed.share(RequestOutcome::Ok), 1.0);
}

TEST(EdgeFaults, OnlyThePodsThatAreNamedAreHit) {
  Clients clients{4000, 500_ms, 4};
  EdgeFault cut = fault(EdgeFaultKind::Loss);
  cut.to.everybody = false;
  cut.to.addresses = {TrafficWorld::endpoint(0, 1).address};
  (void)clients.add(cut);
  clients.world.run();
  EXPECT_NEAR(clients.share(RequestOutcome::Timeout), 0.25, 0.03);

  Clients untouched{500};
  cut.to.addresses = {"10.9.9.9"};
  const std::uint32_t handle = untouched.add(cut);
  untouched.world.run();
  EXPECT_EQ(untouched.share(RequestOutcome::Ok), 1.0);
  EXPECT_EQ(untouched.world.engine.remove_edge_fault(handle), 0U) << "it hit nothing, and says so";
}

TEST(EdgeFaults, SameSeedSameBytes) {
  const auto fingerprint = [] {
    Clients clients{2000, 1_s, 2};
    EdgeFault lossy = fault(EdgeFaultKind::Loss);
    lossy.probability = 0.3;
    lossy.correlation = 0.25;
    (void)clients.add(lossy);
    EdgeFault late = fault(EdgeFaultKind::Delay);
    late.delay = 20_ms;
    late.jitter = 20_ms;
    (void)clients.add(late);
    clients.world.run();
    return to_string(clients.world.fingerprint);
  };
  EXPECT_EQ(fingerprint(), fingerprint());
}

}  // namespace
}  // namespace orrery::sim
