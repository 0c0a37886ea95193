/// @file
/// Queueing theory: the engine's mean response times against closed forms, with confidence.
///
/// Method: after a warm-up, 30 batches of equal length in time; a batch holds the requests that
/// start in it. The mean is the ratio of two sums (response times, requests), its variance that of
/// the batches' residuals, its interval Student's with 29 degrees of freedom. Batches are hundreds
/// of relaxation times long, so what correlates neighbouring requests hardly reaches across them.
///
/// False alarms: an honest 99 % interval misses with probability 0.01, so 3 or more of 20 seeds
/// miss with probability 0.0010 a case, about 0.7 % over all seven. Seeds are fixed: a red test
/// here means that something changed, and this is how likely a harmless change turns it red.
///
/// Source: Erlang 1917 (M/M/c), Burke 1956 (departures of M/M/c are Poisson), Gross et al.,
/// Fundamentals of Queueing Theory, 4th ed., chapter 2; Law and Kelton for batch means.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/traffic/traffic_world.h"

// The whole suite is 120 million calls: only where the optimiser was on and nothing watches every
// access.
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
#define ORRERY_WHOLE_THEORY 1
#else
#define ORRERY_WHOLE_THEORY 0
#endif

namespace orrery::sim {
namespace {

constexpr int kBatches = 30;
constexpr double kStudent995With29 = 2.756;

struct Station {
  std::uint32_t servers;
  double utilisation;
};

/// Mean response time of M/M/c in units of the mean service time (Erlang's C formula).
///
/// Worked example: c = 10, rho = 0.7 -> C = 0.2217, response 1 + 0.2217 / (10 * 0.3) = 1.0739.
double response_in_service_times(const Station& station) {
  const double offered = station.servers * station.utilisation;
  double blocking = 1;  // Erlang B, by its recursion over the number of servers.
  for (std::uint32_t c = 1; c <= station.servers; ++c) {
    blocking = offered * blocking / (c + offered * blocking);
  }
  const double waits = blocking / (1 - station.utilisation * (1 - blocking));
  return 1 + waits / (station.servers * (1 - station.utilisation));
}

struct Case {
  std::string name;
  Station station;
  std::uint32_t tiers;     ///< One after another.
  bool nested;             ///< The tiers call each other, all but the last with room for everyone.
  std::uint64_t requests;  ///< Counted, so that the half width is below 2 % of the mean.
};

struct Estimate {
  double mean = 0;
  double half_width = 0;
};

constexpr Duration kServiceTime = 10_ms;

double theory_seconds(const Case& c) {
  const double queued = response_in_service_times(c.station);
  const double tiers = c.nested ? queued + (c.tiers - 1) : queued * c.tiers;
  return tiers * to_seconds(kServiceTime);
}

Estimate simulate(const Case& c, std::uint64_t seed, std::uint64_t requests) {
  const double rate = c.station.servers * c.station.utilisation / to_seconds(kServiceTime);
  const auto batch = Duration::milliseconds(
      static_cast<std::int64_t>(static_cast<double>(requests) / rate * 1e3 / kBatches));
  TrafficModel model;
  model.latency_same_node = model.latency_in_zone = model.latency_between_zones = Duration{};
  JourneyModel journey;
  for (std::uint32_t tier = 0; tier < c.tiers; ++tier) {
    ServiceModel service = offers(works_about(kServiceTime), c.station.servers);
    service.queue_max = 100'000'000;
    if (c.nested && tier + 1 < c.tiers) {
      service.concurrency = 100'000'000;
      service.operations[0].steps = {{{call(tier + 1)}}};
    }
    model.services.push_back(service);
    if (!c.nested || tier == 0) journey.steps.push_back({tier, 0});
  }
  model.journeys.push_back(journey);
  model.sample_interval = batch;
  model.measure_from = Instant::at(batch);  // The first batch's worth is warm-up.
  LoadModel load;
  load.rate_per_second = rate;
  load.until = Instant::at(batch * (kBatches + 1));
  load.mix.push_back({0, 1.0});
  model.load.push_back(load);

  TrafficWorld world{model, seed, 1};
  for (ServiceIndex tier = 0; tier < c.tiers; ++tier) world.pod(tier);
  world.publish_all();
  world.engine.start();
  world.run();

  const std::vector<RequestSample> samples = world.engine.journey(0).samples();
  EXPECT_EQ(samples.size(), static_cast<std::size_t>(kBatches));
  double seconds = 0;
  double count = 0;
  for (const RequestSample& s : samples) {
    EXPECT_EQ(s.counts.of(RequestOutcome::Ok), s.counts.ended_count());
    seconds += static_cast<double>(s.counts.latency_sum_ns) * 1e-9;
    count += static_cast<double>(s.counts.ended_count());
  }
  const double mean = seconds / count;
  double squares = 0;
  for (const RequestSample& s : samples) {
    const double residual = static_cast<double>(s.counts.latency_sum_ns) * 1e-9 -
                            mean * static_cast<double>(s.counts.ended_count());
    squares += residual * residual;
  }
  const double of_batch = count / kBatches;
  const double deviation = std::sqrt(squares / (kBatches - 1)) / of_batch;
  return {mean, kStudent995With29 * deviation / std::sqrt(kBatches)};
}

class Theory : public testing::TestWithParam<Case> {};

TEST_P(Theory, LiesInsideTheIntervalsOfTheSeeds) {
  const Case& c = GetParam();
  const double theory = theory_seconds(c);
  const int seeds = ORRERY_WHOLE_THEORY ? 20 : 1;
  const std::uint64_t requests = ORRERY_WHOLE_THEORY ? c.requests : 40'000;
  int inside = 0;
  double widest = 0;
  double sum = 0;
  for (int seed = 1; seed <= seeds; ++seed) {
    const Estimate estimate = simulate(c, static_cast<std::uint64_t>(seed), requests);
    if (std::fabs(estimate.mean - theory) <= estimate.half_width) ++inside;
    widest = std::max(widest, estimate.half_width / estimate.mean);
    sum += estimate.mean;
  }
  const double error = sum / seeds / theory - 1;
  std::printf("  theory %.4f ms, mean of all seeds %+.3f %%, inside %d of %d, widest %.2f %%\n",
              theory * 1e3, error * 1e2, inside, seeds, widest * 1e2);
  if (ORRERY_WHOLE_THEORY) {
    EXPECT_GE(inside, 18);
    EXPECT_LE(widest, 0.02);
    // All seeds together narrow the interval by the root of 20: no small common bias either.
    EXPECT_LE(std::fabs(error), 0.02 / std::sqrt(20.0));
  } else {
    EXPECT_LE(std::fabs(error), 0.15) << "a quick look only";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Closed, Theory,
    testing::Values(Case{"MM1AtHalfLoad", {1, 0.5}, 1, false, 400'000},
                    Case{"MM1AtFourFifths", {1, 0.8}, 1, false, 2'900'000},
                    Case{"MM10AtHalfLoad", {10, 0.5}, 1, false, 200'000},
                    Case{"MM10AtFourFifths", {10, 0.8}, 1, false, 600'000},
                    Case{"ThreeTiersAtHalfLoad", {10, 0.5}, 3, false, 100'000},
                    Case{"ThreeTiersAtFourFifths", {10, 0.8}, 3, false, 300'000},
                    Case{"ThreeNestedTiersAtFourFifths", {10, 0.8}, 3, true, 200'000}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace orrery::sim
