/// @file
/// Faults on edges: what they do to a request, in numbers that theory gives.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/traffic/http_status.h"
#include "sim/traffic/traffic_observer.h"
#include "tests/traffic/failure_origin.h"
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
  bool journey_began(std::uint32_t, std::uint64_t, std::uint32_t, Instant) override {
    return false;
  }
  void journey_ended(std::uint32_t, std::uint32_t, Instant, Instant, RequestOutcome) override {}
  void try_began(std::uint32_t, std::uint32_t) override {}
  void stands_for(std::uint32_t, std::uint32_t) override {}
  void work_began(std::uint32_t, Instant) override {}
  void try_ended(std::uint32_t, const TryReport&) override {}

  std::vector<Ended> ended;
};

/// Clients call one service with `pods` pods, 100 times a second.
struct Clients {
  explicit Clients(std::uint64_t journeys, Duration timeout = {}, std::uint32_t pods = 1)
      : Clients{model(journeys, timeout), pods} {}
  explicit Clients(const TrafficModel& model, std::uint32_t pods = 1)
      : world{model, kSeed}, ledger{log, {"a"}} {
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
    EXPECT_EQ(origin_of(clients.ledger, clients.log), "fault");
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

/// What becomes of an answer with this outcome, and whether the fault counts it.
std::pair<MessageFate, bool> replaced_by(std::int32_t status, RequestOutcome answer) {
  EdgeFaults faults;
  EdgeFault replace = fault(EdgeFaultKind::Replace, EdgeMessages::Answers);
  replace.status = status;
  replace.outcome = outcome_of_status(status);
  replace.cause = 5;
  const std::uint32_t handle = faults.add(replace);
  const EdgeMessage message{.callee = 0, .answers = true, .outcome = answer, .key = 7};
  const MessageFate fate = faults.meet(message, std::vector<InstanceSpec>(1), Draws{kSeed}, {});
  return {fate, faults.remove(handle) == 1};
}

TEST(Replace, GivesAnotherStatusToWhatHasOne) {
  const struct {
    std::int32_t status;
    RequestOutcome answer;
    std::optional<RequestOutcome> heard;  ///< Nothing: as it was, and not counted.
  } kRows[] = {
      {200, RequestOutcome::Ok, std::nullopt},
      {204, RequestOutcome::Ok, RequestOutcome::Ok},
      {500, RequestOutcome::Ok, RequestOutcome::Error},
      {429, RequestOutcome::Ok, RequestOutcome::RateLimited},
      {200, RequestOutcome::Error, RequestOutcome::Ok},
      {200, RequestOutcome::Upstream, RequestOutcome::Ok},
      {500, RequestOutcome::Error, std::nullopt},
      {503, RequestOutcome::Error, RequestOutcome::Error},
      {503, RequestOutcome::Upstream, RequestOutcome::Upstream},
      {429, RequestOutcome::Error, RequestOutcome::RateLimited},
      {429, RequestOutcome::RateLimited, std::nullopt},
      {200, RequestOutcome::RateLimited, RequestOutcome::Ok},
      // No answer, so there is nothing to replace.
      {200, RequestOutcome::Reset, std::nullopt},
      {500, RequestOutcome::Reset, std::nullopt},
      {200, RequestOutcome::Refused, std::nullopt},
      {429, RequestOutcome::Refused, std::nullopt},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(std::to_string(row.status) + " for " + to_string(row.answer));
    const auto [fate, counted] = replaced_by(row.status, row.answer);
    EXPECT_EQ(fate.answer, row.heard);
    EXPECT_EQ(counted, row.heard.has_value());
    EXPECT_EQ(fate.status, row.heard ? row.status : 0);
    EXPECT_EQ(fate.cause, row.heard ? 5U : 0U);
  }
}

EdgeFault limited(std::int64_t bytes_per_second, std::int64_t header_bytes) {
  EdgeFault made = fault(EdgeFaultKind::Bandwidth, EdgeMessages::Requests);
  made.bandwidth.bytes_per_second = bytes_per_second;
  made.header_bytes = header_bytes;
  return made;
}

/// What messages of one sender meet that are sent at these times.
std::vector<MessageFate> sent_at(EdgeFaults& faults, const std::vector<Duration>& times,
                                 std::uint32_t payload_bytes, std::uint32_t caller = kNone) {
  const std::vector<InstanceSpec> specs(3);
  std::vector<MessageFate> fates;
  for (const Duration at : times) {
    const EdgeMessage message{
        .caller = caller, .callee = 0, .key = 100 + fates.size(), .payload_bytes = payload_bytes};
    fates.push_back(faults.meet(message, specs, Draws{kSeed}, Instant::at(at)));
  }
  return fates;
}

TEST(Bandwidth, PassesOneMessageAfterAnother) {
  EdgeFaults faults;
  // 1,000 bytes, headers and payload, at 10,000 bytes per second: 100 ms each.
  const std::uint32_t handle = faults.add(limited(10'000, 400));
  const auto fates = sent_at(faults, {0_ms, 10_ms, 20_ms, 1_s}, 600);
  EXPECT_EQ(fates[0].delay, 100_ms);
  EXPECT_EQ(fates[1].delay, 190_ms);
  EXPECT_EQ(fates[2].delay, 280_ms);
  EXPECT_EQ(fates[3].delay, 100_ms) << "the line is empty again";
  EXPECT_EQ(sent_at(faults, {1_s}, 600, 1)[0].delay, 100_ms) << "each sender has its own";
  EXPECT_EQ(faults.remove(handle), 5U);
}

TEST(Bandwidth, LetsABurstPassAtOnceAfterASilence) {
  EdgeFaults faults;
  EdgeFault burst = limited(10'000, 0);
  burst.bandwidth.burst_bytes = 1500;
  const std::uint32_t handle = faults.add(burst);
  const auto fates = sent_at(faults, {0_ms, 0_ms, 0_ms, 100_ms, 1_s}, 1000);
  EXPECT_EQ(fates[0].delay, 0_ms);
  EXPECT_EQ(fates[1].delay, 50_ms) << "500 bytes of it have to wait";
  EXPECT_EQ(fates[2].delay, 150_ms);
  EXPECT_EQ(fates[3].delay, 150_ms);
  EXPECT_EQ(fates[4].delay, 0_ms);
  EXPECT_EQ(faults.remove(handle), 3U) << "what passes at once was not held up";
}

TEST(Bandwidth, DropsWhatComesBeyondItsLimit) {
  EdgeFaults faults;
  EdgeFault full = limited(10'000, 0);
  full.bandwidth.queue_bytes = 1500;
  (void)faults.add(full);
  const auto fates = sent_at(faults, {0_ms, 0_ms, 0_ms, 49_ms, 50_ms}, 1000);
  EXPECT_FALSE(fates[0].lost);
  EXPECT_FALSE(fates[1].lost) << "1,000 bytes are in line";
  EXPECT_TRUE(fates[2].lost) << "2,000 bytes are in line";
  EXPECT_TRUE(fates[3].lost) << "1,510 bytes are in line";
  EXPECT_FALSE(fates[4].lost) << "1,500 bytes are in line";
  EXPECT_EQ(fates[4].delay, 250_ms);
}

TEST(Bandwidth, IsAQueueWithOneServer) {
  Clients clients{20000};
  // 100 requests a second of 5 ms each: M/D/1 at half its capacity.
  const std::uint32_t handle = clients.add(limited(100'000, 500));
  clients.world.run();
  double sum = 0;
  for (const auto& one : clients.times.ended) {
    EXPECT_EQ(one.outcome, RequestOutcome::Ok);
    sum += to_seconds(one.latency - kPlain) * 1e3;
  }
  EXPECT_NEAR(sum / 20000, 5 + 2.5, 0.2);
  EXPECT_EQ(clients.world.engine.remove_edge_fault(handle), 20000U);
}

TEST(Bandwidth, IsTheCauseOfWhatItHoldsUpTooLong) {
  Clients clients{1000, 500_ms};
  const std::uint32_t handle = clients.add(limited(10'000, 1000));
  clients.world.run(Instant::at(4_s));
  EXPECT_GT(clients.share(RequestOutcome::Timeout), 0.8);
  ASSERT_EQ(clients.ledger.tallies().size(), 1U);
  EXPECT_EQ(origin_of(clients.ledger, clients.log), "fault");
  (void)clients.world.engine.remove_edge_fault(handle);
  clients.world.run(Instant::at(5_s));  // Who is in line stays there.
  const std::size_t after = clients.times.ended.size();
  clients.world.run();
  ASSERT_GT(clients.times.ended.size(), after + 300);
  for (std::size_t i = after; i < clients.times.ended.size(); ++i) {
    ASSERT_EQ(clients.times.ended[i].latency, kPlain);
  }
  EXPECT_EQ(clients.world.engine.live_calls(), 0U);
}

/// Four connections of the clients to the one pod, and one call that may wait for one.
TrafficModel with_pool(std::uint64_t journeys, std::uint32_t streams) {
  TrafficModel model = Clients::model(journeys, 1_s);
  resilience::RoutePolicy policy;
  policy.pool.emplace();
  policy.pool->thresholds.max_connections = 4;
  policy.pool->thresholds.max_pending_requests = 1;
  policy.pool->streams_per_connection = streams;
  model.routes.push_back({.from = kClients, .to = 0, .policy = policy});
  return model;
}

TEST(SlowClose, KeepsConnectionsOfAPoolTakenAfterTheirAnswers) {
  Clients clients{with_pool(4000, 1)};
  EdgeFault closing = fault(EdgeFaultKind::SlowClose, EdgeMessages::Answers);
  closing.delay = 100_ms;
  const std::uint32_t handle = clients.add(closing);
  clients.world.run(Instant::at(20_s));
  // A connection is taken for 3 ms and 100 ms: four of them do for 38.8 of the 100 a second at
  // most, and for 37.2 as M/M/4/5, where one of them is free now and then.
  EXPECT_NEAR(clients.share(RequestOutcome::Ok), 0.38, 0.03);
  EXPECT_NEAR(clients.share(RequestOutcome::Overflow), 0.62, 0.03);
  ASSERT_EQ(clients.ledger.tallies().size(), 1U);
  EXPECT_EQ(origin_of(clients.ledger, clients.log), "fault");
  EXPECT_GT(clients.world.engine.remove_edge_fault(handle), 600U);
  clients.world.run(Instant::at(20_s + 200_ms));
  const std::size_t after = clients.times.ended.size();
  clients.world.run();
  ASSERT_GT(clients.times.ended.size(), after + 1000);
  for (std::size_t i = after; i < clients.times.ended.size(); ++i) {
    ASSERT_EQ(clients.times.ended[i].outcome, RequestOutcome::Ok);
  }
  EXPECT_EQ(clients.world.engine.live_calls(), 0U);
}

TEST(SlowClose, OfSomeAnswersAloneTakesAsMuchLess) {
  Clients clients{with_pool(4000, 1)};
  EdgeFault closing = fault(EdgeFaultKind::SlowClose, EdgeMessages::Answers);
  closing.delay = 20_ms;
  closing.probability = 0.25;
  const std::uint32_t handle = clients.add(closing);
  clients.world.run();
  EXPECT_GT(clients.share(RequestOutcome::Ok), 0.98) << "100/s * 8 ms of 4 connections";
  EXPECT_NEAR(static_cast<double>(clients.world.engine.remove_edge_fault(handle)), 1000, 110);
}

TEST(SlowClose, MeetsNothingWhereConnectionsAreSharedOrOfOneCall) {
  for (const bool pool : {false, true}) {
    Clients clients{pool ? with_pool(500, 100) : Clients::model(500, 1_s)};
    EdgeFault closing = fault(EdgeFaultKind::SlowClose, EdgeMessages::Answers);
    closing.delay = 10_s;
    const std::uint32_t handle = clients.add(closing);
    clients.world.run();
    EXPECT_EQ(clients.share(RequestOutcome::Ok), 1.0);
    EXPECT_EQ(clients.world.engine.remove_edge_fault(handle), 0U);
  }
}

TEST(SlowClose, OfAPodThatLeavesTheTableIsOverInItsTime) {
  Clients clients{with_pool(1000, 1), 2};
  EdgeFault closing = fault(EdgeFaultKind::SlowClose, EdgeMessages::Answers);
  closing.delay = 3_s;
  (void)clients.add(closing);
  clients.world.run(Instant::at(1_s));
  const std::vector<ports::TableEndpoint> one{TrafficWorld::endpoint(0, 1)};
  clients.world.engine.publish(kOutsideClients, 0, one, ++clients.world.version);
  clients.world.run(Instant::at(6_s));
  clients.world.publish_all();
  clients.world.run();
  EXPECT_GT(clients.share(RequestOutcome::Ok), 0.01);
  EXPECT_EQ(clients.world.engine.live_calls(), 0U);
}

TEST(LimitData, ResetsTheConnectionOfAMessageThatIsLarger) {
  for (const bool of_answers : {false, true}) {
    for (const std::uint32_t payload : {900U, 901U}) {
      TrafficModel model;
      OperationModel asks = works(kWork);
      asks.steps.push_back({{call(1)}});
      CallModel& asked = asks.steps[0].calls[0];
      (of_answers ? asked.answer_bytes : asked.request_bytes) = payload;
      model.services = {offers(asks, 1000), offers(works(kWork), 1000)};
      add_load(model, {{0, 0}}, kSeed, 100, 500);
      TrafficWorld world{model, kSeed};
      (void)world.pod(0);
      const InstanceId asked_pod = world.pod(1);
      world.publish_all();
      EdgeFault cut = fault(EdgeFaultKind::LimitData);
      cut.header_bytes = 100;
      cut.limit_bytes = 1000;
      const std::uint32_t handle = world.engine.add_edge_fault(cut);
      world.engine.start();
      world.run();
      const std::uint64_t hits = world.engine.remove_edge_fault(handle);
      EXPECT_EQ(hits, payload > 900 ? 500U : 0U);
      EXPECT_EQ(world.engine.view(asked_pod).served, payload > 900 && !of_answers ? 0U : 500U);
      std::uint64_t reset = 0;
      for (const RequestSample& sample : world.engine.service(1).samples()) {
        reset += sample.counts.ended[static_cast<int>(RequestOutcome::Reset)];
      }
      EXPECT_EQ(reset, hits);
    }
  }
}

TEST(GiveUp, EndsTheWaitOfACallerThatWasToldTo) {
  Clients hasty{500};
  EdgeFault told = fault(EdgeFaultKind::GiveUp, EdgeMessages::Requests);
  told.delay = 2_ms;
  (void)hasty.add(told);
  hasty.world.run();
  EXPECT_EQ(hasty.share(RequestOutcome::Timeout), 1.0);
  for (const auto& one : hasty.times.ended) ASSERT_EQ(one.latency, 2_ms);
  ASSERT_EQ(hasty.ledger.tallies().size(), 1U);
  EXPECT_EQ(origin_of(hasty.ledger, hasty.log), "fault");
  EXPECT_EQ(hasty.world.engine.view(InstanceId{0}).served, 500U) << "the work is done in vain";

  Clients patient{500};
  told.delay = 4_ms;
  (void)patient.add(told);
  patient.world.run();
  EXPECT_EQ(patient.share(RequestOutcome::Ok), 1.0);
  EXPECT_EQ(patient.world.engine.live_calls(), 0U);
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
