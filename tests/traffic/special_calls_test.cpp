/// @file
/// Calls on a condition, without a caller that waits, saved by caches, undone by others; and
/// payloads.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

/// Front 0, whose single operation makes these steps; leaves 1..leaves.
TrafficModel front_with(std::vector<CallStep> steps, std::uint32_t leaves) {
  TrafficModel model;
  model.latency_same_node = model.latency_in_zone = model.latency_between_zones = Duration{};
  model.services.push_back(offers(works(Duration{}), 1000));
  model.services[0].operations[0].steps = std::move(steps);
  for (std::uint32_t leaf = 0; leaf < leaves; ++leaf) {
    model.services.push_back(offers(works(10_ms), 1000));
  }
  return model;
}

struct Played {
  std::vector<RequestCounts> services;
  RequestCounts users;
  std::uint32_t live = 0;
  std::uint64_t fingerprint = 0;
};

Played play(TrafficModel model, std::uint64_t journeys, double rate = 100, std::uint64_t seed = 1) {
  const auto count = static_cast<ServiceIndex>(model.services.size());
  add_load(model, {{0, 0}}, seed, rate, journeys);
  TrafficWorld world{model, seed};
  for (ServiceIndex service = 0; service < count; ++service) world.pod(service);
  world.publish_all();
  world.engine.start();
  world.run();
  Played played;
  for (ServiceIndex service = 0; service < count; ++service) {
    played.services.push_back(world.engine.service(service).totals());
  }
  played.users = world.engine.journey_steps(0).totals();
  played.live = world.engine.live_calls();
  played.fingerprint = world.fingerprint.value();
  return played;
}

TEST(DetachedCalls, AreMadeButNotWaitedFor) {
  CallModel aside = call(1);
  aside.detached = true;
  TrafficModel model = front_with({{{aside, call(2)}}}, 2);
  model.services[1].operations[0] = works(10_s);
  const Played played = play(model, 50);
  EXPECT_EQ(played.services[1].of(RequestOutcome::Ok), 50U);
  EXPECT_EQ(played.users.of(RequestOutcome::Ok), 50U);
  EXPECT_EQ(played.users.latency_max_ns, (10_ms).count_ns());
  EXPECT_EQ(played.live, 0U);
}

TEST(DetachedCalls, AreNotMissedWhenTheyFail) {
  CallModel aside = call(1);
  aside.detached = true;
  aside.timeout = 5_ms;
  aside.times = 2;
  const Played played = play(front_with({{{aside}}}, 1), 20);
  // A failed one is not repeated; the front's own requests end well.
  EXPECT_EQ(played.services[1].of(RequestOutcome::Timeout), 20U);
  EXPECT_EQ(played.users.of(RequestOutcome::Ok), 20U);
  EXPECT_EQ(played.live, 0U);
}

TEST(DetachedCalls, EndWithTheProcessThatMadeThem) {
  CallModel aside = call(1);
  aside.detached = true;
  TrafficModel model = front_with({{{aside}}, {{call(2)}}}, 2);
  model.services[1].operations[0] = works(10_s);
  model.services[2].operations[0] = works(10_s);
  add_load(model, {{0, 0}}, 1, 100, 10);
  TrafficWorld world{model, 1};
  const InstanceId front = world.pod(0);
  world.pod(1);
  world.pod(2);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(5_s));
  world.engine.kill(front);
  world.run();
  EXPECT_EQ(world.engine.service(1).totals().ended_count(), 0U);
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::Reset), 10U);
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

TEST(DetachedCalls, EndWithAProcessThatIsIdleOtherwise) {
  CallModel aside = call(1);
  aside.detached = true;
  aside.times = 100;
  TrafficModel model = front_with({{{aside}}}, 1);
  model.services[1].operations[0] = works(1_s);
  add_load(model, {{0, 0}}, 1, 1000, 1);
  TrafficWorld world{model, 1};
  const InstanceId front = world.pod(0);
  world.pod(1);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(10_s));
  EXPECT_EQ(world.engine.view(front).busy, 0U);
  world.engine.kill(front);
  world.run();
  EXPECT_LE(world.engine.service(1).totals().ended_count(), 10U);
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

TEST(OptionalCalls, DoNotFailTheOperation) {
  CallModel optional = call(1);
  optional.optional = true;
  TrafficModel model = front_with({{{optional, call(2)}}, {{call(2)}}}, 2);
  model.services[1].operations[0].error_probability = 1;
  const Played played = play(model, 30);
  EXPECT_EQ(played.services[1].of(RequestOutcome::Error), 30U);
  EXPECT_EQ(played.services[2].of(RequestOutcome::Ok), 60U);
  EXPECT_EQ(played.users.of(RequestOutcome::Ok), 30U);
}

TEST(ConditionalCalls, DependOnTheStepBefore) {
  CallModel optional = call(1);
  optional.optional = true;
  CallModel otherwise = call(2);
  otherwise.condition = CallCondition::Failed;
  CallModel then = call(3);
  then.condition = CallCondition::Succeeded;
  TrafficModel model = front_with({{{optional}}, {{otherwise, then}}, {{otherwise}}}, 3);
  model.services[1].operations[0].error_probability = 0.3;
  const Played played = play(model, 1000);
  const std::uint64_t failed = played.services[1].of(RequestOutcome::Error);
  EXPECT_NEAR(static_cast<double>(failed), 300, 5 * std::sqrt(1000 * 0.3 * 0.7));
  // The third step hears of the second, not of the first.
  EXPECT_EQ(played.services[2].of(RequestOutcome::Ok), failed);
  EXPECT_EQ(played.services[3].of(RequestOutcome::Ok), 1000 - failed);
  EXPECT_EQ(played.users.of(RequestOutcome::Ok), 1000U);
}

TEST(RepeatedCalls, AreAsManyAsTheRangeSays) {
  CallModel several = call(1);
  several.times_least = 2;
  several.times = 6;
  const Played played = play(front_with({{{several}}}, 1), 2000);
  EXPECT_NEAR(static_cast<double>(played.services[1].ended_count()) / 2000, 4,
              5 * std::sqrt(2.0 / 2000));
  EXPECT_EQ(played.users.latency_max_ns, (60_ms).count_ns());
}

TEST(Sagas, UndoTheStepsBeforeTheOneThatFailedLastFirst) {
  CallModel order = call(1);
  order.undo = UndoModel{4, 0};
  CallModel pay = call(2);
  pay.undo = UndoModel{5, 0};
  CallModel ship = call(3);
  ship.undo = UndoModel{6, 0};
  TrafficModel model = front_with({{{order}}, {{pay}}, {{ship}}}, 6);
  model.services[3].operations[0].error_probability = 1;
  // Undoing the payment takes longer than all else, and fails: the order is undone all the same.
  model.services[5].operations[0] = works(1_s);
  model.services[5].operations[0].error_probability = 1;
  const Played played = play(model, 20);
  EXPECT_EQ(played.services[4].of(RequestOutcome::Ok), 20U);
  EXPECT_EQ(played.services[5].of(RequestOutcome::Error), 20U);
  EXPECT_EQ(played.services[6].ended_count(), 0U) << "what failed is not undone";
  EXPECT_EQ(played.users.of(RequestOutcome::Error) + played.users.of(RequestOutcome::Upstream),
            20U);
  EXPECT_EQ(played.users.latency_sum_ns, 20 * (1040_ms).count_ns());
  EXPECT_EQ(played.live, 0U);
}

TEST(Sagas, UndoOnlyWhatWasDone) {
  CallModel sometimes = call(1);
  sometimes.probability = 0.5;
  sometimes.undo = UndoModel{3, 0};
  TrafficModel model = front_with({{{sometimes}}, {{call(2)}}}, 3);
  model.services[2].operations[0].error_probability = 1;
  const Played played = play(model, 500);
  EXPECT_GT(played.services[1].ended_count(), 150U);
  EXPECT_LT(played.services[1].ended_count(), 350U);
  EXPECT_EQ(played.services[3].ended_count(), played.services[1].ended_count());
}

TEST(Sagas, NothingIsUndoneOfWhatEndsWell) {
  CallModel order = call(1);
  order.undo = UndoModel{3, 0};
  const Played played = play(front_with({{{order}}, {{call(2)}}}, 3), 20);
  EXPECT_EQ(played.services[3].ended_count(), 0U);
  EXPECT_EQ(played.users.of(RequestOutcome::Ok), 20U);
}

TEST(Payloads, TakeTheirTimeBetweenNodesAlone) {
  CallModel big = call(1);
  big.request_bytes = 1'000'000;
  big.answer_bytes = 2'000'000;
  for (const std::uint32_t node : {0U, 1U}) {
    for (const std::uint32_t zone : {0U, 1U}) {
      TrafficModel model = front_with({{{big}}}, 1);
      model.bytes_per_second_in_zone = 100'000'000;
      model.bytes_per_second_between_zones = 50'000'000;
      add_load(model, {{0, 0}}, 1, 10, 1);
      TrafficWorld world{model, 1};
      world.pod(0);
      world.pod(1, node, zone);
      world.publish_all();
      world.engine.start();
      world.run();
      // 10 ms of work; 30 ms for 3 MB in the zone, 60 ms between zones.
      const Duration expected = node == 0 ? 10_ms : zone == 0 ? 40_ms : 70_ms;
      EXPECT_EQ(world.engine.service(1).totals().latency_max_ns, expected.count_ns());
    }
  }
}

CallModel cached(CacheModel cache) {
  CallModel model = call(1);
  model.cache = cache;
  return model;
}

TEST(Caches, SaveTheirFixedShareOfCalls) {
  CacheModel fixed;
  fixed.hit_probability = 0.9;
  const Played played = play(front_with({{{cached(fixed)}}}, 1), 5000);
  EXPECT_NEAR(static_cast<double>(played.services[1].ended_count()), 500,
              5 * std::sqrt(5000 * 0.9 * 0.1));
  EXPECT_EQ(played.users.of(RequestOutcome::Ok), 5000U);
}

TEST(Caches, AreFilledOncePerKeyWithoutALimit) {
  CacheModel keys;
  keys.keys = 50;
  keys.exponent = 0;
  keys.single_flight = true;
  const Played played = play(front_with({{{cached(keys)}}}, 1), 2000);
  EXPECT_EQ(played.services[1].ended_count(), 50U);
}

/// Che's approximation for LRU under independent requests: a key of probability p hits with
/// 1 - exp(-p T), where T is the time in which `capacity` different keys are asked for.
/// Source: Che, Tung, Wang 2002, Hierarchical Web Caching Systems, section III.
double che_hit_ratio(std::uint32_t keys, double exponent, std::uint32_t capacity) {
  std::vector<double> p;
  double sum = 0;
  for (std::uint32_t i = 1; i <= keys; ++i) sum += std::pow(i, -exponent);
  for (std::uint32_t i = 1; i <= keys; ++i) p.push_back(std::pow(i, -exponent) / sum);
  double low = 0;
  double high = 1e9;
  for (int round = 0; round < 200; ++round) {
    const double time = (low + high) / 2;
    double held = 0;
    for (const double share : p) held += 1 - std::exp(-share * time);
    (held < capacity ? low : high) = time;
  }
  double hits = 0;
  for (const double share : p) hits += share * (1 - std::exp(-share * low));
  return hits;
}

TEST(Caches, HitAsOftenAsTheirSizeAndThePopularityOfKeysSay) {
  for (const std::uint32_t capacity : {10U, 100U, 500U}) {
    CacheModel lru;
    lru.keys = 1000;
    lru.exponent = 0.8;
    lru.capacity = capacity;
    TrafficModel model = front_with({{{cached(lru)}}}, 1);
    model.services[1].operations[0] = works(Duration{});
    const Played played = play(model, 60'000, 1000);
    const double ratio = 1 - static_cast<double>(played.services[1].ended_count()) / 60'000;
    EXPECT_NEAR(ratio, che_hit_ratio(1000, 0.8, capacity), 0.02) << capacity;
  }
}

TEST(Caches, WhatIsOldIsFetchedAgain) {
  // One key, 100 requests a second, good for 1 s: renewal: 1 fetch in 1 s + 10 ms.
  CacheModel ttl;
  ttl.keys = 1;
  ttl.time_to_live = 1_s;
  ttl.single_flight = true;
  const Played played = play(front_with({{{cached(ttl)}}}, 1), 10'000);
  EXPECT_NEAR(static_cast<double>(played.services[1].ended_count()), 100 / 1.02, 5);
}

TEST(Caches, OneFlightFetchesForAllThatMissTheSameKey) {
  CacheModel ttl;
  ttl.keys = 1;
  const auto fetches = [&](bool single) {
    ttl.single_flight = single;
    TrafficModel model = front_with({{{cached(ttl)}}}, 1);
    model.services[1].operations[0] = works(500_ms);
    const Played played = play(model, 200);
    EXPECT_EQ(played.users.of(RequestOutcome::Ok), 200U);
    EXPECT_EQ(played.live, 0U);
    return played.services[1].ended_count();
  };
  EXPECT_EQ(fetches(true), 1U);
  // Whoever comes in the first 500 ms, at 100 a second, misses.
  EXPECT_NEAR(static_cast<double>(fetches(false)), 50, 5 * std::sqrt(50));
}

TEST(Caches, AFailedFlightFailsAllThatWaitForIt) {
  CacheModel ttl;
  ttl.keys = 1;
  ttl.single_flight = true;
  TrafficModel model = front_with({{{cached(ttl)}}}, 1);
  model.services[1].operations[0] = works(500_ms);
  model.services[1].operations[0].error_probability = 1;
  const Played played = play(model, 200);
  EXPECT_EQ(played.users.of(RequestOutcome::Ok), 0U);
  EXPECT_LE(played.services[1].ended_count(), 5U);
  EXPECT_EQ(played.live, 0U);
}

TEST(Caches, AreColdInANewProcess) {
  CacheModel keys;
  keys.keys = 20;
  keys.exponent = 0;
  TrafficModel model = front_with({{{cached(keys)}}}, 1);
  model.services[1].operations[0] = works(Duration{});
  add_load(model, {{0, 0}}, 1, 100, 2000);
  TrafficWorld world{model, 1};
  const InstanceId first = world.pod(0);
  world.pod(1);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(10_s));
  EXPECT_EQ(world.engine.service(1).totals().ended_count(), 20U);
  world.engine.kill(first);
  const ports::TableEndpoint at = TrafficWorld::endpoint(0, 0);
  world.engine.set_listening(world.engine.add_instance({at.address, at.port, 0, 0, 0, "v1"}), true);
  world.run();
  EXPECT_EQ(world.engine.service(1).totals().ended_count(), 40U);
}

TEST(SpecialCalls, TheSameSeedGivesTheSameBytes) {
  CacheModel keys;
  keys.keys = 100;
  keys.capacity = 10;
  keys.single_flight = true;
  CallModel aside = call(2);
  aside.detached = true;
  CallModel undone = call(1);
  undone.undo = UndoModel{2, 0};
  TrafficModel model = front_with({{{cached(keys), aside}}, {{undone}}, {{call(3)}}}, 3);
  model.services[3].operations[0].error_probability = 0.2;
  EXPECT_EQ(play(model, 500).fingerprint, play(model, 500).fingerprint);
  EXPECT_NE(play(model, 500).fingerprint, play(model, 500, 100, 2).fingerprint);
}

TEST(Caches, HoldNoMoreThanItsCapacityAndNothingOnceItsTimeIsOver) {
  CallCache cache{2, 10_s};
  cache.put(1, Instant::at(0_s));
  cache.put(2, Instant::at(1_s));
  EXPECT_TRUE(cache.get(1, Instant::at(2_s)));
  cache.put(3, Instant::at(3_s));
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_FALSE(cache.get(2, Instant::at(3_s))) << "its last use is longest ago";
  EXPECT_TRUE(cache.get(1, Instant::at(Duration::nanoseconds(9'999'999'999))));
  EXPECT_FALSE(cache.get(1, Instant::at(10_s))) << "at the end of its time";
  EXPECT_TRUE(cache.get(3, Instant::at(10_s)));
}

}  // namespace
}  // namespace orrery::sim
