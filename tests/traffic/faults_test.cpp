/// @file
/// What becomes of requests when processes and hosts go away.
#include <gtest/gtest.h>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

constexpr std::uint64_t kSeed = 11;
constexpr double kBurst = 1e6;  // Requests/s: a handful of arrivals within microseconds.
constexpr Duration kWay = 1_ms;

/// One pod with one slot, 100 ms a request; `requests` of them arrive at once.
TrafficModel one_slot(std::uint64_t requests) {
  TrafficModel model;
  model.services.push_back(offers(works(100_ms), 1));
  add_load(model, {{0, 0}}, kSeed, kBurst, requests);
  return model;
}

/// From request `ordinal`'s start until `at`.
Duration since_arrival(std::uint64_t ordinal, Instant at) {
  return at - arrival(kSeed, kBurst, ordinal);
}

TEST(Term, LetsAcceptedRequestsFinishAndRefusesNewOnes) {
  TrafficModel model = one_slot(3);
  TrafficWorld world{model, kSeed};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  // The third is on its way when the process is told to end.
  const Instant term = arrival(kSeed, kBurst, 2) + 500_us;
  ASSERT_LT(term, arrival(kSeed, kBurst, 0) + kWay);
  world.run(term);
  EXPECT_EQ(world.engine.live_calls(), 6U);
  world.run(Instant::at(10_ms));
  world.engine.terminate(pod);
  EXPECT_EQ(world.engine.view(pod).state, InstanceState::Draining);
  world.run(Instant::at(250_ms));
  EXPECT_TRUE(world.engine.take_drained().empty()) << "one of three is still being worked on";
  world.run();
  EXPECT_EQ(world.engine.take_drained(), std::vector{pod});
  EXPECT_TRUE(world.engine.take_drained().empty());
  EXPECT_EQ(world.engine.view(pod).state, InstanceState::Stopped);
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Ok), 3U);
}

TEST(Term, RefusesWhatIsStillOnItsWay) {
  TrafficModel model = one_slot(2);
  TrafficWorld world{model, kSeed};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  // Between the arrivals of the two at the pod.
  world.run(arrival(kSeed, kBurst, 0) + kWay);
  world.engine.terminate(pod);
  world.run();
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Ok), 1U);
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Refused), 1U);
  EXPECT_EQ(world.engine.take_drained(), std::vector{pod});
}

TEST(Term, OfAnIdleProcessEndsItAtOnce) {
  TrafficWorld world{one_slot(1), kSeed};
  const InstanceId pod = world.pod(0);
  world.engine.terminate(pod);
  world.engine.terminate(pod);
  EXPECT_EQ(world.engine.take_drained(), std::vector{pod});
}

TEST(Term, ResetsEverythingIfTheServiceDoesNotDrain) {
  TrafficModel model = one_slot(2);
  model.services[0].drains_on_term = false;
  TrafficWorld world{model, kSeed};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  const Instant term = Instant::at(20_ms);
  world.run(term);
  world.engine.terminate(pod);
  EXPECT_EQ(world.engine.take_drained(), std::vector{pod});
  world.run();
  const RequestCounts totals = world.engine.service(0).totals();
  EXPECT_EQ(totals.of(RequestOutcome::Reset), 2U);
  EXPECT_EQ(totals.latency_sum_ns,
            (since_arrival(0, term + kWay) + since_arrival(1, term + kWay)).count_ns());
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

TEST(Kill, ResetsWhatWasAcceptedAfterTheWayBackAndRefusesTheRest) {
  TrafficModel model = one_slot(2);
  TrafficWorld world{model, kSeed};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  const Instant killed = arrival(kSeed, kBurst, 0) + kWay;  // The second has not arrived yet.
  world.run(killed);
  world.engine.kill(pod);
  EXPECT_EQ(world.engine.view(pod).busy, 0U);
  world.run();
  const RequestCounts totals = world.engine.service(0).totals();
  EXPECT_EQ(totals.of(RequestOutcome::Reset), 1U);
  EXPECT_EQ(totals.of(RequestOutcome::Refused), 1U);
  EXPECT_EQ(totals.latency_sum_ns, (kWay * 4).count_ns());
  EXPECT_TRUE(world.engine.take_drained().empty()) << "it did not end by TERM";
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

TEST(Kill, WhileDrainingResetsTheRest) {
  TrafficModel model = one_slot(2);
  TrafficWorld world{model, kSeed};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(20_ms));
  world.engine.terminate(pod);
  world.run(Instant::at(120_ms));  // The grace period is over; the second is in service.
  world.engine.kill(pod);
  world.run();
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Ok), 1U);
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Reset), 1U);
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

TEST(Kill, OfACallerLeavesItsCallsToTheirServers) {
  TrafficModel model;
  model.services.push_back(offers(works(10_ms)));
  model.services.push_back(offers(works(100_ms), 1));
  model.services[0].operations[0].steps = {{{call(1), call(1)}}};
  model.services[0].operations[0].steps[0].calls[0].timeout = 60_ms;
  add_load(model, {{0, 0}}, kSeed, kBurst, 1);
  TrafficWorld world{model, kSeed};
  const InstanceId caller = world.pod(0, 0, 0);
  const InstanceId server = world.pod(1, 1, 0);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(30_ms));
  ASSERT_EQ(world.engine.gauge(1), (ServiceGauge{2, 1, 1}));
  world.engine.kill(caller);
  EXPECT_EQ(world.engine.gauge(1), (ServiceGauge{0, 1, 1})) << "nobody waits, the work goes on";
  world.run(Instant::at(150_ms));
  EXPECT_EQ(world.engine.view(server).busy, 1U) << "the queued one is served as well";
  world.run();
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Reset), 1U);
  EXPECT_EQ(world.engine.service(1).totals(), RequestCounts{}) << "no caller saw how they ended";
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

TEST(Kill, OfAServiceThatCallsItselfEndsBothSides) {
  TrafficModel model;
  model.services.push_back(offers(works(10_ms), 2));
  OperationModel outer = works(10_ms);
  outer.steps = {{{call(0)}}};
  model.services[0].operations.push_back(outer);
  add_load(model, {{0, 1}}, kSeed, kBurst, 1);
  TrafficWorld world{model, kSeed};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(15_ms));
  ASSERT_EQ(world.engine.view(pod).busy, 2U);
  world.engine.kill(pod);
  world.run();
  EXPECT_EQ(world.engine.journey(0).totals().of(RequestOutcome::Reset), 1U);
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

TEST(Kill, AndANewProcessAtTheSameAddressServesWhatWasOnItsWay) {
  TrafficModel model = one_slot(1);
  TrafficWorld world{model, kSeed};
  const InstanceId first = world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run(arrival(kSeed, kBurst, 0));
  world.engine.kill(first);
  const InstanceId second =
      world.engine.add_instance({world.pods[0][0].address, world.pods[0][0].port, 0, 0, 0, "v1"});
  world.engine.set_listening(second, true);
  world.run();
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Ok), 1U);
  world.engine.remove(first);  // The late removal of the old one does not touch the new one.
  EXPECT_EQ(world.engine.view(second).state, InstanceState::Listening);
}

TEST(Loss, LeavesCallersWaitingUntilTheirOwnTimeout) {
  TrafficModel model = one_slot(2);
  model.journeys[0].timeout = 3_s;
  TrafficWorld world{model, kSeed};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(20_ms));
  world.engine.lose(pod);
  world.run(Instant::at(2_s));
  EXPECT_EQ(world.engine.gauge(0), (ServiceGauge{2, 0, 0}));
  world.run();
  const RequestCounts totals = world.engine.service(0).totals();
  EXPECT_EQ(totals.of(RequestOutcome::Timeout), 2U);
  EXPECT_EQ(totals.latency_sum_ns, (6_s).count_ns());
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

TEST(Loss, LeavesThemWaitingForEverWithoutATimeout) {
  TrafficModel model = one_slot(2);
  TrafficWorld world{model, kSeed};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(20_ms));
  world.engine.lose(pod);
  world.run();
  EXPECT_EQ(world.engine.service(0).totals().unanswered, 2U);
  EXPECT_EQ(world.engine.gauge(0).open, 2U);
}

TEST(Loss, OfARequestOnItsWayCountsAsAConnectionThatIsNeverMade) {
  TrafficModel model = one_slot(1);
  TrafficWorld world{model, kSeed};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run(arrival(kSeed, kBurst, 0));
  world.engine.lose(pod);
  world.run();
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Timeout), 1U);
  EXPECT_EQ(world.engine.service(0).totals().latency_sum_ns, (1_s).count_ns());
}

TEST(Loss, OfANodeTakesItsPodsAndNoOthers) {
  TrafficModel model;
  model.services.push_back(offers(works(10_ms)));
  TrafficWorld world{model, kSeed, 3};
  const InstanceId a = world.pod(0, 0);
  const InstanceId b = world.pod(0, 1);
  const InstanceId c = world.pod(0, 1);
  world.engine.lose_node(1);
  EXPECT_EQ(world.engine.view(a).state, InstanceState::Listening);
  EXPECT_EQ(world.engine.view(b).state, InstanceState::Silent);
  EXPECT_EQ(world.engine.view(c).state, InstanceState::Silent);
  world.engine.kill(c);
  EXPECT_EQ(world.engine.view(c).state, InstanceState::Stopped) << "its host is back";
}

TEST(Loss, OfACalleeExhaustsItsCallersSlots) {
  TrafficModel model;
  model.services.push_back(offers(works(1_ms), 2));
  model.services.push_back(offers(works(50_ms)));
  model.services[0].operations[0].steps = {{{call(1)}}};
  model.services[0].queue_max = 1;
  add_load(model, {{0, 0}}, kSeed, kBurst, 5);
  TrafficWorld world{model, kSeed};
  world.pod(0, 0);
  const InstanceId callee = world.pod(1, 1);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(20_ms));
  ASSERT_EQ(world.engine.gauge(0), (ServiceGauge{3, 2, 1}));
  world.engine.lose(callee);
  world.run();
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Refused), 2U);
  EXPECT_EQ(world.engine.gauge(0), (ServiceGauge{3, 2, 1})) << "stuck, though its pod is healthy";
}

TEST(Ghost, OfAKilledServiceDoesNotTouchTheSlotsNextCall) {
  // The killed request's end of service is still in the kernel while its record's caller has long
  // been told. New requests must not be ended by it.
  TrafficModel model = one_slot(400);
  model.journeys[0].timeout = 70_ms;
  model.load[0].rate_per_second = 1000;
  model.load[0].until = Instant::at(400_ms);
  TrafficWorld world{model, kSeed};
  world.pod(0);
  world.publish_all();
  world.engine.start();
  InstanceId current{0};
  for (int restart = 1; restart <= 20; ++restart) {
    world.run(Instant::at(Duration::milliseconds(17) * restart));
    world.engine.kill(current);
    current =
        world.engine.add_instance({world.pods[0][0].address, world.pods[0][0].port, 0, 0, 0, "v1"});
    world.engine.set_listening(current, true);
  }
  world.run();
  const RequestCounts totals = world.engine.service(0).totals();
  EXPECT_EQ(totals.of(RequestOutcome::Ok), 0U) << "100 ms of work never fit between two restarts";
  EXPECT_EQ(totals.of(RequestOutcome::Reset) + totals.of(RequestOutcome::Refused) +
                totals.of(RequestOutcome::Timeout),
            totals.ended_count());
  EXPECT_GT(totals.of(RequestOutcome::Reset), 100U);
  EXPECT_EQ(world.engine.live_calls(), 0U);
  EXPECT_EQ(world.engine.gauge(0), ServiceGauge{});
}

}  // namespace
}  // namespace orrery::sim
