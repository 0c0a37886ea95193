/// @file
/// Every way a request can end, with its exact latency.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

constexpr std::uint64_t kSeed = 7;
constexpr Duration kWay = 1_ms;  // Between zones, where the clients outside are.

struct Case {
  std::string name;
  std::function<void(TrafficModel&)> change;
  std::function<void(TrafficWorld&)> build;
  RequestOutcome outcome;
  Duration latency;
};

void one_pod(TrafficWorld& world) {
  world.pod(0);
  world.publish_all();
}

class Outcome : public testing::TestWithParam<Case> {};

TEST_P(Outcome, OfALoneRequestIsAsTheCaseSays) {
  TrafficModel model;
  model.services.push_back(offers(works(10_ms)));
  model.services.push_back(offers(works(5_ms)));
  add_load(model, {{0, 0}}, kSeed, 1.0, 1);
  if (GetParam().change) GetParam().change(model);
  TrafficWorld world{model, kSeed};
  GetParam().build(world);
  world.engine.start();
  world.run();
  const RequestCounts totals = world.engine.service(0).totals();
  EXPECT_EQ(totals.ended_count(), 1U);
  EXPECT_EQ(totals.of(GetParam().outcome), 1U);
  EXPECT_EQ(totals.latency_sum_ns, GetParam().latency.count_ns());
  EXPECT_EQ(totals, world.engine.journey_steps(0).totals());
  EXPECT_EQ(totals, world.engine.journey(0).totals());
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Outcome,
    testing::Values(
        Case{"Served", {}, one_pod, RequestOutcome::Ok, kWay * 2 + 10_ms},
        Case{"WorkAndWaitAddUp",
             [](TrafficModel& m) {
               m.services[0].operations[0].wait = Distribution::constant(3_ms);
             },
             one_pod, RequestOutcome::Ok, kWay * 2 + 13_ms},
        Case{"FailsAfterItsWork",
             [](TrafficModel& m) { m.services[0].operations[0].error_probability = 1; }, one_pod,
             RequestOutcome::Error, kWay * 2 + 10_ms},
        Case{"FailsBeforeItsCalls",
             [](TrafficModel& m) {
               m.services[0].operations[0].error_probability = 1;
               m.services[0].operations[0].steps.push_back({{call(1)}});
             },
             one_pod, RequestOutcome::Error, kWay * 2 + 10_ms},
        Case{"RefusedBeforeItListens",
             {},
             [](TrafficWorld& w) {
               w.pod(0, 0, 0, false);
               w.publish_all();
             },
             RequestOutcome::Refused,
             kWay * 2},
        Case{"NoEndpointsInTheTable",
             {},
             [](TrafficWorld& w) { w.pod(0); },
             RequestOutcome::NoEndpoints,
             Duration{}},
        Case{"NobodyAtTheAddress",
             {},
             [](TrafficWorld& w) {
               const ports::TableEndpoint gone{"10.9.9.9", 80, "gone"};
               w.engine.publish(kOutsideClients, 0, {&gone, 1}, 1);
             },
             RequestOutcome::Timeout,
             1_s},
        Case{"NobodyAtTheAddressAndAShorterTimeout",
             [](TrafficModel& m) { m.journeys[0].timeout = 300_ms; },
             [](TrafficWorld& w) {
               const ports::TableEndpoint gone{"10.9.9.9", 80, "gone"};
               w.engine.publish(kOutsideClients, 0, {&gone, 1}, 1);
             },
             RequestOutcome::Timeout, 300_ms},
        Case{"NobodyAtTheAddressAndALongerTimeout",
             [](TrafficModel& m) { m.journeys[0].timeout = 5_s; },
             [](TrafficWorld& w) {
               const InstanceId lost = w.pod(0);
               w.publish_all();
               w.engine.lose(lost);
             },
             RequestOutcome::Timeout, 1_s},
        Case{"PodWasRemoved",
             {},
             [](TrafficWorld& w) {
               const InstanceId removed = w.pod(0);
               w.publish_all();
               w.engine.remove(removed);
             },
             RequestOutcome::Timeout,
             1_s},
        Case{"PodWasKilled",
             {},
             [](TrafficWorld& w) {
               const InstanceId killed = w.pod(0);
               w.publish_all();
               w.engine.kill(killed);
             },
             RequestOutcome::Refused,
             kWay * 2},
        Case{"CallerGivesUp", [](TrafficModel& m) { m.journeys[0].timeout = 8_ms; }, one_pod,
             RequestOutcome::Timeout, 8_ms},
        Case{"AnAnswerAtTheDeadlineCounts", [](TrafficModel& m) { m.journeys[0].timeout = 12_ms; },
             one_pod, RequestOutcome::Ok, 12_ms},
        Case{"OneNanosecondBeforeItDoesNot",
             [](TrafficModel& m) { m.journeys[0].timeout = 12_ms - 1_ns; }, one_pod,
             RequestOutcome::Timeout, 12_ms - 1_ns},
        Case{"ACallBelowFailed",
             [](TrafficModel& m) { m.services[0].operations[0].steps.push_back({{call(1)}}); },
             one_pod, RequestOutcome::Upstream, kWay * 2 + 10_ms},
        Case{"NoLatencyAtAll", [](TrafficModel& m) { m.latency_between_zones = Duration{}; },
             one_pod, RequestOutcome::Ok, 10_ms},
        Case{"RefusedWithoutLatency", [](TrafficModel& m) { m.latency_between_zones = Duration{}; },
             [](TrafficWorld& w) {
               w.pod(0, 0, 0, false);
               w.publish_all();
             },
             RequestOutcome::Refused, Duration{}}),
    [](const auto& tested) { return tested.param.name; });

TEST(Distance, DecidesTheWayOfACallBetweenPods) {
  struct Place {
    const char* name;
    std::uint32_t node;
    std::uint32_t zone;
    Duration way;
  };
  for (const Place& place : {Place{"same node", 0, 0, 50_us}, Place{"same zone", 1, 0, 100_us},
                             Place{"other zone", 1, 1, 1_ms}}) {
    TrafficModel model;
    model.services.push_back(offers(works(10_ms)));
    model.services.push_back(offers(works(5_ms)));
    model.services[0].operations[0].steps.push_back({{call(1)}});
    add_load(model, {{0, 0}}, kSeed, 1.0, 1);
    TrafficWorld world{model, kSeed};
    world.pod(0);
    world.pod(1, place.node, place.zone);
    world.publish_all();
    world.engine.start();
    world.run();
    const RequestCounts inner = world.engine.service(1).totals();
    EXPECT_EQ(inner.of(RequestOutcome::Ok), 1U) << place.name;
    EXPECT_EQ(inner.latency_sum_ns, (5_ms + place.way * 2).count_ns()) << place.name;
    EXPECT_EQ(world.engine.service(0).totals().latency_sum_ns,
              (15_ms + place.way * 2 + kWay * 2).count_ns())
        << place.name;
  }
}

TEST(Queue, KeepsTheOrderAndRefusesBeyondItsLimit) {
  TrafficModel model;
  model.services.push_back(offers(works(100_ms), 1));
  model.services[0].queue_max = 2;
  add_load(model, {{0, 0}}, kSeed, 1e6, 5);  // All five within a few microseconds.
  TrafficWorld world{model, kSeed};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(50_ms));
  EXPECT_EQ(world.engine.view(pod).busy, 1U);
  EXPECT_EQ(world.engine.view(pod).queued, 2U);
  EXPECT_EQ(world.engine.gauge(0), (ServiceGauge{3, 1, 2}));
  world.run();
  const RequestCounts totals = world.engine.service(0).totals();
  EXPECT_EQ(totals.of(RequestOutcome::Ok), 3U);
  EXPECT_EQ(totals.of(RequestOutcome::Refused), 2U);
  // Served at 100, 200 and 300 ms after the first reached the pod: first come, first served.
  Duration expected = kWay * 2 * 5 + 600_ms;
  for (const std::uint64_t later : {1U, 2U}) {
    expected = expected - (arrival(kSeed, 1e6, later) - arrival(kSeed, 1e6, 0));
  }
  EXPECT_EQ(totals.latency_sum_ns, expected.count_ns());
}

TEST(Orphan, StillCostsItsServer) {
  TrafficModel model;
  model.services.push_back(offers(works(100_ms), 1));
  add_load(model, {{0, 0}}, kSeed, 1e6, 2);
  model.journeys[0].timeout = 150_ms;
  TrafficWorld world{model, kSeed};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(180_ms));
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Ok), 1U);
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Timeout), 1U);
  EXPECT_EQ(world.engine.view(pod).busy, 1U) << "the second is still being worked on";
  EXPECT_EQ(world.engine.gauge(0).open, 0U);
  world.run();
  EXPECT_EQ(world.engine.view(pod).busy, 0U);
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

TEST(FanOut, TakesAsLongAsItsSlowestCall) {
  TrafficModel model;
  model.services.push_back(offers(works(10_ms)));
  model.services.push_back(offers(works(5_ms)));
  model.services.push_back(offers(works(30_ms)));
  model.services[0].operations[0].steps = {{{call(1), call(2), call(1)}}, {{call(1)}}};
  add_load(model, {{0, 0}}, kSeed, 1.0, 1);
  TrafficWorld world{model, kSeed};
  for (ServiceIndex i = 0; i < 3; ++i) world.pod(i);
  world.publish_all();
  world.engine.start();
  world.run();
  EXPECT_EQ(world.engine.journey(0).totals().latency_sum_ns,
            (10_ms + 30_ms + 5_ms + kWay * 2 + 50_us * 4).count_ns());
  EXPECT_EQ(world.engine.service(1).totals().of(RequestOutcome::Ok), 3U);
}

TEST(FanOut, WithCallsThatFailAtOnceEndsOnceAndAfterAllOthers) {
  TrafficModel model;
  model.services.push_back(offers(works(10_ms)));
  model.services.push_back(offers(works(5_ms)));
  model.services.push_back(offers(works(30_ms)));
  model.services[0].operations[0].steps = {{{call(1), call(1), call(2), call(1)}}, {{call(2)}}};
  add_load(model, {{0, 0}}, kSeed, 1.0, 1);
  TrafficWorld world{model, kSeed};
  world.pod(0);
  world.pod(1);
  world.pod(2);
  world.publish_all();
  world.engine.publish(1, 1, {}, 99);  // Node 0 knows no endpoint of service 1.
  world.engine.start();
  world.run();
  const RequestCounts whole = world.engine.journey(0).totals();
  EXPECT_EQ(whole.of(RequestOutcome::Upstream), 1U);
  EXPECT_EQ(whole.latency_sum_ns, (40_ms + kWay * 2 + 50_us * 2).count_ns());
  EXPECT_EQ(world.engine.service(1).totals().of(RequestOutcome::NoEndpoints), 3U);
  EXPECT_EQ(world.engine.service(2).totals().of(RequestOutcome::Ok), 1U) << "no second step";
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

TEST(Repetition, GoesOneAfterAnotherAndStopsAtAFailure) {
  for (const bool fails : {false, true}) {
    TrafficModel model;
    model.services.push_back(offers(works(10_ms)));
    model.services.push_back(offers(works(5_ms)));
    if (fails) model.services[1].operations[0].error_probability = 1;
    model.services[0].operations[0].steps = {{{call(1)}}};
    model.services[0].operations[0].steps[0].calls[0].times = 4;
    add_load(model, {{0, 0}}, kSeed, 1.0, 1);
    TrafficWorld world{model, kSeed};
    world.pod(0);
    world.pod(1);
    world.publish_all();
    world.engine.start();
    world.run();
    const std::int64_t calls = fails ? 1 : 4;
    EXPECT_EQ(world.engine.service(1).totals().ended_count(), static_cast<std::uint64_t>(calls));
    EXPECT_EQ(world.engine.journey(0).totals().latency_sum_ns,
              (10_ms + kWay * 2 + (5_ms + 50_us * 2) * calls).count_ns());
  }
}

TEST(Journey, GoesStepByStepAndEndsAtTheFirstFailure) {
  TrafficModel model;
  model.services.push_back(offers(works(10_ms)));
  model.services.push_back(offers(works(20_ms)));
  model.services.push_back(offers(works(30_ms)));
  model.services[1].operations[0].error_probability = 1;
  add_load(model, {{0, 0}, {1, 0}, {2, 0}}, kSeed, 1.0, 1);
  TrafficWorld world{model, kSeed};
  for (ServiceIndex i = 0; i < 3; ++i) world.pod(i);
  world.publish_all();
  world.engine.start();
  world.run();
  const RequestCounts whole = world.engine.journey(0).totals();
  EXPECT_EQ(whole.of(RequestOutcome::Error), 1U);
  EXPECT_EQ(whole.latency_sum_ns, (30_ms + kWay * 4).count_ns());
  const RequestCounts steps = world.engine.journey_steps(0).totals();
  EXPECT_EQ(steps.of(RequestOutcome::Ok), 1U);
  EXPECT_EQ(steps.of(RequestOutcome::Error), 1U);
  EXPECT_EQ(world.engine.service(2).totals().ended_count(), 0U);
}

TEST(Stack, DoesNotGrowWithTheDepthOfTheCallsOrTheWidthOfAStep) {
  constexpr std::uint32_t kMany = 20'000;
  TrafficModel model;
  model.latency_same_node = model.latency_in_zone = model.latency_between_zones = Duration{};
  for (std::uint32_t i = 0; i < kMany; ++i) {
    model.services.push_back(offers(works(Duration{})));
    if (i + 1 < kMany) model.services[i].operations[0].steps = {{{call(i + 1)}}};
  }
  std::vector<CallModel> wide(kMany, call(kMany));
  model.services[kMany - 1].operations[0].steps = {{wide}, {wide}};
  model.services.push_back(offers(works(Duration{})));  // Has no endpoints.
  add_load(model, {{0, 0}}, kSeed, 1.0, 1);
  TrafficWorld world{model, kSeed};
  for (std::uint32_t i = 0; i < kMany; ++i) world.pod(i);
  world.publish_all();
  world.engine.start();
  world.run();
  EXPECT_EQ(world.engine.service(kMany).totals().of(RequestOutcome::NoEndpoints), kMany);
  EXPECT_EQ(world.engine.journey(0).totals().of(RequestOutcome::Upstream), 1U);
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

TEST(Table, OfEachConsumerCountsFromItsOwnVersionOn) {
  TrafficModel model;
  model.services.push_back(offers(works(10_ms)));
  add_load(model, {{0, 0}}, kSeed, 1.0, 1);
  TrafficWorld world{model, kSeed};
  world.pod(0);
  world.publish_all();
  world.engine.publish(kOutsideClients, 0, {}, 5);
  world.engine.publish(kOutsideClients, 0, world.pods[0], 4);  // Late news.
  world.engine.start();
  world.run();
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::NoEndpoints), 1U);
}

TEST(Choice, IsUniformOverTheTable) {
  TrafficModel model;
  model.services.push_back(offers(works(Duration{}), 100'000));
  add_load(model, {{0, 0}}, kSeed, 1e6, 40'000);
  TrafficWorld world{model, kSeed};
  std::vector<InstanceId> pods;
  for (int i = 0; i < 4; ++i) pods.push_back(world.pod(0));
  world.publish_all();
  // Three of four pods never listen, so those draws are seen as refusals.
  for (int i = 1; i < 4; ++i) world.engine.set_listening(pods[static_cast<std::size_t>(i)], false);
  world.engine.start();
  world.run();
  // Binomial(40000, 1/4): 10000, standard deviation 87. Beyond 4 of them: 6e-5, for a fixed seed.
  const auto served = static_cast<double>(world.engine.service(0).totals().of(RequestOutcome::Ok));
  EXPECT_NEAR(served, 10'000, 350);
}

TEST(Sample, BelongsToTheIntervalInWhichTheRequestStarted) {
  TrafficModel model;
  model.services.push_back(offers(works(1500_ms)));
  add_load(model, {{0, 0}}, kSeed, 100.0, 300);
  model.measure_from = Instant::at(500_ms);
  TrafficWorld world{model, kSeed};
  world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run();
  std::vector<std::uint64_t> expected(10);
  for (std::uint64_t i = 0; i < 300; ++i) {
    const Instant at = arrival(kSeed, 100.0, i);
    if (at >= model.measure_from)
      ++expected[static_cast<std::size_t>(at.count_ns() / 1'000'000'000)];
  }
  for (const RequestSample& sample : world.engine.journey(0).samples()) {
    const auto index = static_cast<std::size_t>(sample.at.count_ns() / 1'000'000'000);
    EXPECT_EQ(sample.counts.ended_count(), expected[index]) << index;
    std::uint64_t in_buckets = 0;
    for (const LatencyCount& bucket : sample.counts.latency) in_buckets += bucket.count;
    EXPECT_EQ(in_buckets, expected[index]);
    expected[index] = 0;
  }
  EXPECT_EQ(expected, std::vector<std::uint64_t>(10))
      << "every interval with requests has a sample";
}

TEST(LatencyBuckets, CoverEveryDurationWithoutGapOrOverlap) {
  Duration next;
  for (std::uint32_t bucket = 0; bucket < kLatencyBucketCount; ++bucket) {
    ASSERT_EQ(latency_bucket_low(bucket), next) << bucket;
    ASSERT_EQ(latency_bucket(next), bucket);
    const Duration last = next + (latency_bucket_width(bucket) - 1_ns);
    ASSERT_EQ(latency_bucket(last), bucket);
    ASSERT_TRUE(bucket < 32 || latency_bucket_width(bucket) * 32 <= next);
    if (last == Duration::max()) {
      ASSERT_EQ(bucket, kLatencyBucketCount - 1);
      return;
    }
    next = last + 1_ns;
  }
  FAIL() << "the last bucket ends before the longest duration";
}

}  // namespace
}  // namespace orrery::sim
