#include "bench/chain.h"

#include <array>
#include <cmath>
#include <ctime>
#include <deque>
#include <functional>
#include <queue>
#include <string>
#include <vector>

#include "sim/kernel/kernel.h"
#include "sim/traffic/request_engine.h"

namespace orrery::bench {

using namespace orrery::sim;
using namespace orrery::literals;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

Measurement by_hand(std::uint64_t requests, std::uint64_t seed) {
  struct Event {
    std::int64_t at;
    std::uint64_t order;
    std::uint32_t request;
    std::uint32_t station;  // kStations: arrival.
    bool operator>(const Event& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  std::uint64_t state = seed;
  const auto exponential = [&state](double mean_ns) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    const double u = (static_cast<double>(state >> 11) + 0.5) * 0x1.0p-53;
    return static_cast<std::int64_t>(-std::log(u) * mean_ns);
  };
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events;
  std::array<std::deque<std::uint32_t>, kStations> waiting;
  std::array<std::uint32_t, kStations> busy{};
  std::vector<std::int64_t> start;
  std::vector<std::uint32_t> free_slots;
  std::uint64_t order = 0;
  std::uint64_t arrived = 0;
  std::uint64_t done = 0;
  double sum_ns = 0;
  const double begun = cpu_seconds();
  const auto enter = [&](std::uint32_t request, std::uint32_t station, std::int64_t now) {
    if (busy[station] == kServers) {
      waiting[station].push_back(request);
      return;
    }
    ++busy[station];
    events.push({now + exponential(kMeanServiceSeconds * 1e9), order++, request, station});
  };
  events.push({exponential(1e9 / kArrivalRate), order++, 0, kStations});
  while (!events.empty()) {
    const Event event = events.top();
    events.pop();
    if (event.station == kStations) {
      std::uint32_t request = static_cast<std::uint32_t>(start.size());
      if (free_slots.empty()) {
        start.push_back(event.at);
      } else {
        request = free_slots.back();
        free_slots.pop_back();
        start[request] = event.at;
      }
      if (++arrived < requests) {
        events.push({event.at + exponential(1e9 / kArrivalRate), order++, 0, kStations});
      }
      enter(request, 0, event.at);
      continue;
    }
    std::deque<std::uint32_t>& queue = waiting[event.station];
    --busy[event.station];
    if (!queue.empty()) {
      const std::uint32_t next = queue.front();
      queue.pop_front();
      enter(next, event.station, event.at);
    }
    if (event.station + 1 < kStations) {
      enter(event.request, event.station + 1, event.at);
    } else {
      sum_ns += static_cast<double>(event.at - start[event.request]);
      free_slots.push_back(event.request);
      ++done;
    }
  }
  return {cpu_seconds() - begun, sum_ns / static_cast<double>(done) * 1e-9, done * kStations};
}

resilience::RoutePolicy all_policies() {
  resilience::RoutePolicy policy;
  policy.timeouts.overall = 5_s;
  policy.timeouts.per_try = 1_s;
  policy.retry.on = {resilience::RetryOn::Status5xx};
  policy.retry.retries = 2;
  policy.retry_limit = resilience::EnvoyRetryLimit{
      .budget = resilience::EnvoyRetryLimit::Budget{.percent = 20, .min_retry_concurrency = 3}};
  policy.command = resilience::HystrixBreakerConfig{};
  policy.breaker = resilience::Resilience4jBreakerConfig{};
  policy.rate_limit = resilience::LocalRateLimitConfig{
      .max_tokens = 10'000, .tokens_per_fill = 100, .fill_interval = 50_ms};
  policy.bulkhead = 1'000;
  policy.balancer = resilience::LeastRequestConfig{};
  policy.outliers = resilience::OutlierPolicy{};
  policy.pool = resilience::ConnectionPoolConfig{};
  return policy;
}

Measurement by_engine(std::uint64_t requests, std::uint64_t seed, const Variant& variant) {
  TrafficModel model;
  model.latency_between_zones = variant.latency;
  OperationModel operation;
  operation.wait = Distribution::exponential(10_ms);
  for (std::uint32_t i = 0; i < kStations; ++i) {
    ServiceModel service;
    service.concurrency = variant.policies ? kServers / 5 : kServers;
    service.queue_max = 1'000'000;
    service.operations.push_back(operation);
    if (variant.policies) {
      service.operations.back().error_probability = 0.005;
      model.routes.push_back({.from = kClients, .to = i, .policy = all_policies()});
    }
    model.services.push_back(service);
  }
  JourneyModel journey;
  for (std::uint32_t i = 0; i < kStations; ++i) journey.steps.push_back({i, 0});
  journey.timeout = variant.timeout;
  model.journeys.push_back(journey);
  LoadModel load;
  load.rate_per_second = kArrivalRate;
  load.until = Instant::at(Duration::milliseconds(
      static_cast<std::int64_t>(static_cast<double>(requests) / kArrivalRate * 1e3)));
  load.mix.push_back({0, 1.0});
  model.load.push_back(load);

  Kernel kernel;
  Fingerprint fingerprint;
  RequestEngine engine{kernel, model, Draws{seed}, 1, fingerprint};
  for (std::uint32_t i = 0; i < kStations; ++i) {
    std::vector<ports::TableEndpoint> endpoints;
    for (int pod = 0; pod < (variant.policies ? 10 : 1); ++pod) {
      endpoints.push_back({"10.0." + std::to_string(i) + "." + std::to_string(pod), 80, "pod"});
      engine.set_listening(engine.add_instance({endpoints.back().address, 80, i, 0, 0, "1"}), true);
    }
    engine.publish(kOutsideClients, i, endpoints, 1);
  }
  const double begun = cpu_seconds();
  engine.start();
  KernelEvent event;
  while (kernel.pop(Instant::never(), event)) engine.dispatch(event);
  const double spent = cpu_seconds() - begun;
  const RequestCounts totals = engine.journey(0).totals();
  const std::uint64_t ended = totals.ended_count();
  // A collapsed run looks fast.
  if (totals.of(RequestOutcome::Ok) + ended / 1000 < ended) return {};
  if (variant.policies) {
    const auto tries = static_cast<double>(engine.service(0).tries());
    const auto calls = static_cast<double>(engine.route(0).calls);
    if (tries / calls < 1.004 || tries / calls > 1.006 || engine.route(0).openings > 0) return {};
  }
  return {spent, static_cast<double>(totals.latency_sum_ns) / static_cast<double>(ended) * 1e-9,
          engine.launched()};
}

}  // namespace orrery::bench
