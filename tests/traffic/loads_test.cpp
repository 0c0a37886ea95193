/// @file
/// When journeys start: rates that change with time, users who wait for their answers, and what
/// closed queueing networks say about them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <vector>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

struct ArrivalCase {
  const char* name;
  RateSeries series;
  Duration after;
  double gap;
  Duration expected;
};

TEST(ArrivalRate, IsWhereTheAreaUnderTheRateHasGrownByTheGap) {
  const RateSeries steps{{{0_s, 2}, {10_s, 0}, {20_s, 4}}, false, {}, {}};
  const RateSeries ramp{{{0_s, 0}, {10_s, 20}}, true, {}, {}};
  const RateSeries spike{{{0_s, 10}, {10_s, 0}}, true, {}, {}};
  const RateSeries daily{{{0_s, 1}, {10_s, 3}}, false, 20_s, {}};
  RateSeries later = daily;
  later.offset = 10_s;
  const RateSeries late{{{5_s, 1}}, false, {}, {}};
  const RateSeries late_daily{{{5_s, 1}}, false, 10_s, {}};
  const RateSeries silent{{{0_s, 0}}, false, 10_s, {}};
  for (const ArrivalCase& c : std::vector<ArrivalCase>{
           {"within a step", steps, 1_s, 4, 3_s},
           {"past a step without arrivals", steps, 9_s, 4, 20500_ms},
           {"the last rate lasts", steps, 30_s, 8, 32_s},
           {"up a ramp", ramp, 0_s, 9, 3_s},
           {"on up the ramp", ramp, 3_s, 16, 5_s},
           {"off the ramp's end", ramp, 9_s, 30, 10550_ms},
           {"down a ramp", spike, 0_s, 37.5, 5_s},
           {"down a ramp to nothing", spike, 0_s, 51, Duration::max()},
           {"into the next period", daily, 19_s, 5, 22_s},
           {"over many periods", daily, 0_s, 405, 205_s},
           {"begun within a period", later, 0_s, 33, 13_s},
           {"nothing before the first point", late, 0_s, 2, 7_s},
           {"nor in any period", late_daily, 6_s, 8.5, 19500_ms},
           {"never", silent, 0_s, 1e-9, Duration::max()},
       }) {
    const Duration next = ArrivalRate{c.series}.next(c.after, c.gap);
    if (c.expected == Duration::max()) {
      EXPECT_EQ(next, c.expected) << c.name;
    } else {
      EXPECT_NEAR(static_cast<double>(next.count_ns()), static_cast<double>(c.expected.count_ns()),
                  2.0)
          << c.name;
    }
  }
}

TrafficModel one_service(OperationModel operation, std::uint32_t concurrency) {
  TrafficModel model;
  model.latency_same_node = model.latency_in_zone = model.latency_between_zones = Duration{};
  model.services.push_back(offers(std::move(operation), concurrency));
  model.services[0].queue_max = 1'000'000;
  JourneyModel journey;
  journey.steps = {{0, 0}};
  model.journeys.push_back(journey);
  return model;
}

/// With the pods it has, until nobody comes any more.
void play(TrafficWorld& world) {
  world.publish_all();
  world.engine.start();
  world.run();
}

LoadModel open_load(double rate_per_second, Duration until) {
  LoadModel load;
  load.rate_per_second = rate_per_second;
  load.until = Instant::at(until);
  load.mix.push_back({0, 1.0});
  return load;
}

/// Steps that ended well, by the second in which they started.
std::map<std::int64_t, std::uint64_t> by_second(const TrafficWorld& world) {
  std::map<std::int64_t, std::uint64_t> counts;
  for (const RequestSample& sample : world.engine.journey_steps(0).samples()) {
    counts[sample.at.since_start().count_ns() / 1'000'000'000] =
        sample.counts.of(RequestOutcome::Ok);
  }
  return counts;
}

TEST(OpenLoad, FollowsItsRatesFromItsOwnBeginning) {
  TrafficModel model = one_service(works(1_ms), 1000);
  LoadModel load;
  load.rates = {{{0_s, 0}, {100_s, 1000}, {110_s, 0}}, true, {}, {}};
  load.from = Instant::at(50_s);
  load.mix.push_back({0, 1.0});
  model.load.push_back(load);
  TrafficWorld world{model, 7};
  world.pod(0);
  play(world);
  const auto counts = by_second(world);
  EXPECT_GE(counts.begin()->first, 50);
  EXPECT_LT(counts.rbegin()->first, 160);
  double up = 0;
  for (std::int64_t second = 100; second < 110; ++second)
    up += static_cast<double>(counts.at(second));
  // Mean 550/s over those ten: within 5 standard deviations of a Poisson count.
  EXPECT_NEAR(up, 5500, 5 * std::sqrt(5500));
  const auto total = static_cast<double>(world.engine.journey_steps(0).totals().ended_count());
  EXPECT_NEAR(total, 55'000, 5 * std::sqrt(55'000));
}

TEST(OpenLoad, ComesAgainEveryPeriod) {
  TrafficModel model = one_service(works(1_ms), 1000);
  LoadModel load;
  load.rates = {{{0_s, 0}, {5_s, 100}}, false, 10_s, {}};
  load.until = Instant::at(40_s);
  load.mix.push_back({0, 1.0});
  model.load.push_back(load);
  TrafficWorld world{model, 7};
  world.pod(0);
  play(world);
  for (const auto& [second, count] : by_second(world)) EXPECT_GE(second % 10, 5) << count;
  EXPECT_NEAR(static_cast<double>(world.engine.journey_steps(0).totals().ended_count()), 2000,
              5 * std::sqrt(2000));
}

TrafficModel closed(std::uint32_t users, Distribution think, OperationModel operation,
                    std::uint32_t concurrency, Duration lasts) {
  TrafficModel model = one_service(std::move(operation), concurrency);
  LoadModel load;
  load.users = users;
  load.think = think;
  load.until = Instant::at(lasts);
  load.mix.push_back({0, 1.0});
  model.load.push_back(load);
  return model;
}

TEST(ClosedLoad, HasNoMoreRequestsUnderWayThanUsers) {
  TrafficWorld world{closed(5, Distribution::constant(10_ms), works(100_ms), 2, 10_s), 1};
  world.pod(0);
  play(world);
  std::uint64_t most = 0;
  for (const ServiceGauge& gauge : world.engine.gauges(0)) most = std::max(most, gauge.open);
  EXPECT_LE(most, 5U);
  EXPECT_GE(most, 4U);
  // Two slots of 10 requests a second each are never idle once all have come.
  EXPECT_NEAR(static_cast<double>(world.engine.service(0).totals().ended_count()), 200, 5);
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

TEST(ClosedLoad, UsersComeEvenlyOverTheRampUp) {
  TrafficModel model = closed(10, Distribution::constant(60_min), works(1_ms), 10, 180_min);
  model.load[0].ramp_up = 10_s;
  model.load[0].think = Distribution::constant(20_s);
  model.load[0].until = Instant::at(31_s);
  TrafficWorld world{model, 1};
  world.pod(0);
  play(world);
  const auto counts = by_second(world);
  ASSERT_EQ(counts.size(), 10U);
  for (std::int64_t second = 20; second < 30; ++second) EXPECT_EQ(counts.at(second), 1U);
}

TEST(ClosedLoad, WhoIsTurnedAwayAtOnceComesAgainAfterAMillisecond) {
  TrafficWorld world{closed(1, Distribution{}, works(1_ms), 1, 1_s), 1};
  world.engine.start();  // No pod, an empty table.
  world.run();
  EXPECT_EQ(world.engine.service(0).totals().of(RequestOutcome::NoEndpoints), 1000U);
}

TEST(ClosedLoad, AUserKeepsTheEndpointThatAnAffinityGave) {
  TrafficModel model = closed(1, Distribution::constant(1_ms), works(1_ms), 1, 2_s);
  TrafficWorld world{model, 3};
  const InstanceId a = world.pod(0);
  const InstanceId b = world.pod(0);
  world.engine.publish(0, 0, world.pods[0], 1, 60_min);
  world.engine.start();
  world.run();
  const std::uint64_t of_a = world.engine.view(a).served;
  const std::uint64_t of_b = world.engine.view(b).served;
  EXPECT_GT(of_a + of_b, 500U);
  EXPECT_TRUE(of_a == 0 || of_b == 0) << of_a << " and " << of_b;
}

TEST(ClosedLoad, OneUsersJourneysDoNotDependOnTheOthers) {
  // With room for everybody each user's journeys are the same, whoever else there is.
  const auto requests = [](std::uint32_t users) {
    TrafficWorld world{closed(users, Distribution::exponential(50_ms), works_about(5_ms), 100, 5_s),
                       11};
    world.pod(0);
    play(world);
    return world.engine.service(0).totals().ended_count();
  };
  const std::uint64_t one = requests(1);
  const std::uint64_t two = requests(2);
  EXPECT_GT(one, 50U);
  EXPECT_GT(two, one + 50U);
}

struct RepairCase {
  std::uint32_t users;
  std::uint32_t servers;
  Duration think;
};

/// The machine-repair model, M/M/c//N: throughput of N users of mean think time Z at c servers of
/// mean service time S. Requests at the servers are a birth-death process with rates (N-k)/Z up and
/// min(k, c)/S down. Source: Gross et al., Fundamentals of Queueing Theory, 4th ed., section 2.8.
///
/// Worked example: N = 1: p0 = Z / (Z + S), throughput 1 / (Z + S).
double repair_throughput(const RepairCase& c, double service) {
  const double think = to_seconds(c.think);
  double weight = 1;
  double sum = 1;
  double busy = 0;
  for (std::uint32_t k = 1; k <= c.users; ++k) {
    const double at_work = std::min(k, c.servers);
    weight *= (c.users - k + 1) * service / (think * at_work);
    sum += weight;
    busy += weight * at_work;
  }
  return busy / sum / service;
}

TEST(ClosedLoad, AgreesWithTheMachineRepairModelAndLittlesLaw) {
  for (const RepairCase& c : std::vector<RepairCase>{
           {1, 1, 90_ms}, {5, 1, 50_ms}, {10, 1, 100_ms}, {20, 3, 50_ms}, {40, 2, 300_ms}}) {
    TrafficModel model =
        closed(c.users, Distribution::exponential(c.think), works_about(10_ms), c.servers, 2010_s);
    model.measure_from = Instant::at(10_s);
    TrafficWorld world{model, 5};
    world.pod(0);
    play(world);
    const RequestCounts totals = world.engine.service(0).totals();
    const auto count = static_cast<double>(totals.ended_count());
    const double throughput = count / 2000;
    const double expected = repair_throughput(c, 0.010);
    // 20,000 requests or more: their number deviates by less than 1/sqrt(20,000) = 0.7 %; 3 of it.
    EXPECT_NEAR(throughput / expected, 1.0, 0.021) << c.users << " users";
    const double response = static_cast<double>(totals.latency_sum_ns) * 1e-9 / count;
    // Little's law over the whole cycle: N = X (Z + R).
    EXPECT_NEAR(throughput * (to_seconds(c.think) + response) / c.users, 1.0, 0.021)
        << c.users << " users";
  }
}

TEST(Journeys, ThinkBetweenTheirSteps) {
  TrafficModel model = one_service(works(10_ms), 10);
  model.journeys[0].steps = {{0, 0}, {0, 0}, {0, 0}};
  model.journeys[0].think = Distribution::constant(1_s);
  model.load.push_back(open_load(1, 20_s));
  TrafficWorld world{model, 2};
  world.pod(0);
  play(world);
  const RequestCounts whole = world.engine.journey(0).totals();
  ASSERT_GT(whole.ended_count(), 5U);
  EXPECT_EQ(whole.latency_sum_ns,
            static_cast<std::int64_t>(whole.ended_count()) * (2030_ms).count_ns());
  EXPECT_EQ(world.engine.journey_steps(0).totals().latency_max_ns, (10_ms).count_ns());
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

TEST(Journeys, NobodyThinksAboutStepsThatAreLeftOut) {
  TrafficModel model = one_service(works(10_ms), 10);
  model.journeys[0].steps = {{0, 0}, {0, 0, 1, 0.5}};
  model.journeys[0].think = Distribution::constant(1_s);
  model.load.push_back(open_load(10, 20_s));
  TrafficWorld world{model, 2};
  world.pod(0);
  play(world);
  const auto whole = world.engine.journey(0).totals();
  const std::uint64_t second =
      world.engine.journey_steps(0).totals().ended_count() - whole.ended_count();
  EXPECT_EQ(whole.latency_sum_ns,
            static_cast<std::int64_t>(whole.ended_count()) * (10_ms).count_ns() +
                static_cast<std::int64_t>(second) * (1010_ms).count_ns());
}

TEST(Journeys, StepsAreRepeatedOrLeftOut) {
  TrafficModel model = one_service(works(1_ms), 10);
  model.services.push_back(offers(works(1_ms), 10));
  model.journeys[0].steps = {{0, 0, 3, 1.0}, {1, 0, 1, 0.25}};
  model.load.push_back(open_load(100, 100_s));
  TrafficWorld world{model, 2};
  world.pod(0);
  world.pod(1);
  play(world);
  const auto journeys = static_cast<double>(world.engine.journey(0).totals().ended_count());
  EXPECT_EQ(static_cast<double>(world.engine.service(0).totals().ended_count()), 3 * journeys);
  EXPECT_NEAR(static_cast<double>(world.engine.service(1).totals().ended_count()), journeys / 4,
              5 * std::sqrt(journeys * 0.25 * 0.75));
}

TEST(Loads, TheSameSeedGivesTheSameBytes) {
  const auto bytes = [](std::uint64_t seed) {
    TrafficModel model = closed(20, Distribution::exponential(20_ms), works_about(5_ms), 3, 5_s);
    model.journeys[0].think = Distribution::exponential(1_ms);
    model.journeys[0].steps = {{0, 0}, {0, 0}};
    LoadModel open;
    open.rates = {{{0_s, 10}, {2_s, 200}}, true, 3_s, 1_s};
    open.until = Instant::at(5_s);
    open.mix.push_back({0, 1.0});
    model.load.push_back(open);
    TrafficWorld world{model, seed};
    world.pod(0);
    play(world);
    EXPECT_EQ(world.engine.live_calls(), 0U);
    return world.fingerprint.value();
  };
  EXPECT_EQ(bytes(1), bytes(1));
  EXPECT_NE(bytes(1), bytes(2));
}

}  // namespace
}  // namespace orrery::sim
