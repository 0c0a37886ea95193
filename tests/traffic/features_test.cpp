/// @file
/// A hop is compiled for models that have fewer features: nobody can tell which it was.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

/// Counts what it is told, whatever the order within an event.
class Tally final : public TrafficObserver {
 public:
  void call_began(std::uint32_t edge) override { ++counts[{edge, "began"}]; }
  void call_retried(std::uint32_t edge) override { ++counts[{edge, "retried"}]; }
  void call_ended(std::uint32_t edge, Duration latency, RequestOutcome outcome) override {
    counts[{edge, to_string(outcome)}] += static_cast<std::uint64_t>(latency.count_ns());
  }
  void call_forgotten(std::uint32_t edge) override { ++counts[{edge, "forgotten"}]; }
  void breaker_changed(CallEdge edge, std::uint32_t caller,
                       resilience::BreakerState state) override {
    ++counts[{edge.to, std::to_string(caller) + to_string(state)}];
  }
  bool journey_began(std::uint32_t, std::uint64_t key, std::uint32_t place, Instant) override {
    if (key % 16 == 0) names[place] = followed++;
    return key % 16 == 0;
  }
  void journey_ended(std::uint32_t journey, std::uint32_t place, Instant start, Instant end,
                     RequestOutcome outcome) override {
    const std::uint32_t name = place == kNotFollowed ? kNone : names.at(place);
    spans.push_back({name, journey, start, end, static_cast<int>(outcome)});
  }
  void try_began(std::uint32_t place, std::uint32_t above) override {
    callers.push_back(names.at(above));
    names[place] = followed++;
  }
  void stands_for(std::uint32_t place, std::uint32_t other) override {
    names[place] = names.at(other);
  }
  void work_began(std::uint32_t place, Instant at) override {
    spans.push_back({names.at(place), kNone, at, at, -1});
  }
  void try_ended(std::uint32_t place, const TryReport& report) override {
    spans.push_back(
        {names.at(place), report.edge, report.start, report.end, static_cast<int>(report.outcome)});
  }

  std::uint32_t followed = 0;
  std::map<std::uint32_t, std::uint32_t> names;  ///< By place: how many had begun before.
  std::vector<std::uint32_t> callers;
  std::map<std::pair<std::uint32_t, std::string>, std::uint64_t> counts;
  std::vector<std::tuple<std::uint32_t, std::uint32_t, Instant, Instant, int>> spans;
};

/// Policies that turn away, time out, eject and try again, in another mixture for each `number`.
resilience::RoutePolicy mixture(std::uint64_t number) {
  using namespace resilience;
  std::uint64_t bits = mix64(number);
  const auto one_of = [&](std::uint64_t count) {
    const std::uint64_t choice = bits % count;
    bits = mix64(bits);
    return choice;
  };
  RoutePolicy policy;
  if (one_of(2) == 0) policy.timeouts.overall = 60_ms;
  if (one_of(2) == 0) policy.timeouts.per_try = 15_ms;
  policy.timeouts.passes_deadline_on = one_of(2) == 0;
  policy.retry.on = {RetryOn::Status5xx};
  policy.retry.retries = static_cast<std::uint32_t>(one_of(3));
  policy.retry.avoids_previous_hosts = one_of(2) == 0;
  if (one_of(2) == 0) policy.retry_limit = EnvoyRetryLimit{.max_retries = 2};
  if (one_of(3) == 0) policy.retry_limit = GrpcRetryThrottleConfig{};
  if (one_of(2) == 0)
    policy.command = HystrixBreakerConfig{.sleep_window = 300_ms, .rolling_window = 1_s};
  if (one_of(2) == 0) {
    policy.breaker = Resilience4jBreakerConfig{};
    policy.breaker->window_size = policy.breaker->minimum_calls = 20;
    policy.breaker->wait_in_open = 200_ms;
  }
  if (one_of(3) == 0)
    policy.rate_limit = LocalRateLimitConfig{.max_tokens = 9, .tokens_per_fill = 6};
  if (one_of(3) == 0) policy.bulkhead = 2;
  if (one_of(3) == 0) policy.admission = AdmissionControlConfig{};
  if (one_of(3) == 0) policy.fallback = FallbackConfig{};
  switch (one_of(6)) {
    case 0:
      policy.balancer = LeastRequestConfig{};
      break;
    case 1:
      policy.balancer = RoundRobinConfig{};
      break;
    case 2:
      policy.balancer = PeakEwmaConfig{};
      break;
    case 3:
      policy.balancer = RingHashConfig{};
      break;
    case 4:
      policy.balancer = PickFirstConfig{};
      break;
    default:
      break;
  }
  if (policy.balancer && one_of(2) == 0) {
    policy.outliers = OutlierPolicy{};
    policy.outliers->detection.consecutive_5xx = 3;
    policy.outliers->detection.interval = 500_ms;
    policy.outliers->detection.base_ejection_time = 400_ms;
    policy.outliers->detection.max_ejection_percent = 60;
  }
  if (policy.balancer && one_of(3) == 0) {
    policy.health = HealthCheckPolicy{};
    policy.health->check.interval = policy.health->check.no_traffic_interval = 200_ms;
    policy.health->check.timeout = 50_ms;
    policy.health->closes_connections = one_of(2) == 0;
  }
  if (policy.balancer && one_of(3) == 0) policy.slow_start = SlowStartConfig{.window = 700_ms};
  const bool is_first =
      policy.balancer && std::holds_alternative<PickFirstConfig>(*policy.balancer);
  if (policy.balancer && !is_first && one_of(3) == 0) {
    policy.accrual = FailureAccrualConfig{.max_failures = 3};
  }
  if (one_of(2) == 0) {
    policy.pool = ConnectionPoolConfig{};
    policy.pool->thresholds.max_connections = 3;
    policy.pool->thresholds.max_pending_requests = 2;
    policy.pool->streams_per_connection = static_cast<std::uint32_t>(1 + one_of(2));
  }
  return policy;
}

TrafficModel model_of(std::uint64_t number) {
  TrafficModel model;
  if (number % 3 == 0) model.latency_same_node = Duration{};
  for (int i = 0; i < 3; ++i) {
    model.services.push_back(offers(works_about(4_ms), 3));
    model.services.back().queue_max = 6;
    model.services.back().operations[0].error_probability = 0.04;
  }
  CallModel twice = call(2);
  twice.times = 2;
  model.services[0].operations[0].steps = {{{call(1), twice}}, {{call(1)}}};
  model.routes.push_back({.from = kClients, .to = 0, .policy = mixture(number)});
  model.routes.push_back({.from = 0, .to = 1, .policy = mixture(number + 1'000)});
  if (number % 2 == 0)
    model.routes.push_back({.from = 0, .to = 2, .policy = mixture(number + 2'000)});
  JourneyModel journey;
  journey.steps = {{0, 0}, {1, 0}};
  journey.timeout = 150_ms;
  model.journeys.push_back(journey);
  LoadModel load;
  load.rate_per_second = 260;
  load.until = Instant::at(4_s);
  load.mix.push_back({0, 1.0});
  model.load.push_back(load);
  return model;
}

struct Seen {
  std::string fingerprint;
  std::vector<std::vector<RequestSample>> samples;
  std::vector<std::vector<ServiceGauge>> gauges;
  std::vector<std::uint64_t> did;
  Tally tally;
};

/// `all`: with a fault on a way that nobody takes, with which a hop asks for everything.
void run(std::uint64_t number, bool all, Seen& seen) {
  TrafficWorld world{model_of(number), number};
  world.engine.set_observer(&seen.tally);
  std::vector<InstanceId> pods;
  for (ServiceIndex service = 0; service < 3; ++service) {
    for (std::uint32_t node = 0; node < 2; ++node) pods.push_back(world.pod(service, node, node));
  }
  world.publish_all();
  if (all) {
    EdgeFault fault;
    fault.from.everybody = fault.to.everybody = false;
    fault.from.services = {2};
    fault.to.services = {0};
    (void)world.engine.add_edge_fault(fault);
  }
  world.engine.start();
  world.run(Instant::at(1_s));
  world.engine.set_failing(pods[2], true);
  world.run(Instant::at(1'500_ms));
  world.engine.kill(pods[4]);
  // The nodes hear one after the other that it has another in its place.
  (void)world.pod(2, 1);
  world.pods[2].erase(world.pods[2].begin());
  ++world.version;
  world.engine.publish(1, 2, world.pods[2], world.version);
  world.run(Instant::at(2_s));
  world.publish_all();
  world.engine.set_failing(pods[2], false);
  world.engine.terminate(pods[0]);
  world.run(Instant::at(6_s));  // Hosts are asked how they are for ever.
  seen.did.push_back(world.engine.live_calls());
  seen.did.push_back(world.kernel.dispatched());
  seen.fingerprint = to_string(world.fingerprint);
  for (ServiceIndex service = 0; service < 3; ++service) {
    seen.samples.push_back(world.engine.service(service).samples());
    seen.gauges.push_back(world.engine.gauges(service));
  }
  seen.samples.push_back(world.engine.journey(0).samples());
  for (std::uint32_t route = 0; route < (number % 2 == 0 ? 3U : 2U); ++route) {
    const RouteCounts& did = world.engine.route(route);
    seen.did.insert(seen.did.end(), {did.calls, did.tries, did.retries, did.fallbacks, did.openings,
                                     did.ejections});
    seen.did.insert(seen.did.end(), did.turned_away.begin(), did.turned_away.end());
  }
}

TEST(AHopWithPolicies, IsTheSameWhetherOrNotItAsksForWhatNobodyHas) {
  std::vector<std::uint64_t> in_all;
  for (std::uint64_t number = 1; number <= 60; ++number) {
    SCOPED_TRACE(number);
    Seen some;
    Seen all;
    run(number, false, some);
    run(number, true, all);
    EXPECT_EQ(some.fingerprint, all.fingerprint);
    EXPECT_EQ(some.did, all.did);
    EXPECT_TRUE(some.samples == all.samples);
    EXPECT_TRUE(some.gauges == all.gauges);
    EXPECT_TRUE(some.tally.counts == all.tally.counts);
    EXPECT_TRUE(some.tally.spans == all.tally.spans);
    EXPECT_TRUE(some.tally.callers == all.tally.callers);
    const std::size_t per_route = 6 + kTurnedAwayByCount;
    in_all.resize(per_route);
    for (std::size_t i = 2; i < some.did.size(); ++i) in_all[(i - 2) % per_route] += some.did[i];
  }
  // Worlds in which nothing of it happens would show nothing.
  for (std::size_t i = 0; i < in_all.size(); ++i) EXPECT_GT(in_all[i], 20U) << i;
}

}  // namespace
}  // namespace orrery::sim
