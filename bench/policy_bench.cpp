/// @file
/// What does one decision of a policy cost on the hot path of a request?
///
/// Choosing a host among 10 and among 1,000 with every load balancer, and what the other policies
/// do for each request or answer. Time per decision, the making of the draw included; `draw alone`
/// is what that takes.
///
/// Fails unless every host was chosen (equal hosts, so each balancer must come to all of them).
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/random.h"
#include "models/resilience/balancers/bounded_load.h"
#include "models/resilience/balancers/least_request.h"
#include "models/resilience/balancers/maglev.h"
#include "models/resilience/balancers/peak_ewma.h"
#include "models/resilience/balancers/random_choice.h"
#include "models/resilience/balancers/ring_hash.h"
#include "models/resilience/balancers/round_robin.h"
#include "models/resilience/failure_accrual.h"
#include "models/resilience/queue_discipline.h"
#include "models/resilience/retry_budget.h"
#include "models/resilience/retry_policy.h"
#include "models/resilience/timeouts.h"

namespace {

using namespace orrery;
using namespace orrery::resilience;

Instant at_us(std::uint64_t us) {
  return Instant::at(Duration::microseconds(static_cast<std::int64_t>(us)));
}

/// Chooses again and again with `pick(draw)`; the chosen host has one request more for a while.
template <typename Pick>
void choose(benchmark::State& state, std::vector<HostView>& hosts, const Pick& pick) {
  std::vector<std::uint32_t> chosen(hosts.size(), 0);
  std::vector<std::uint32_t> under_way(hosts.size(), 0);
  std::uint64_t i = 0;
  for ([[maybe_unused]] auto step : state) {
    const std::uint32_t host = pick(mix64(i));
    ++chosen[host];
    std::uint32_t& oldest = under_way[i % under_way.size()];
    if (i >= under_way.size()) --hosts[oldest].active;
    oldest = host;
    ++hosts[host].active;
    ++i;
  }
  for (const std::uint32_t count : chosen) {
    if (i >= 100 * hosts.size() && count == 0) state.SkipWithError("a host was never chosen");
  }
}

std::vector<HostView> hosts_of(const benchmark::State& state) {
  return std::vector<HostView>(static_cast<std::size_t>(state.range(0)));
}

struct Addresses {
  explicit Addresses(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      texts.emplace_back("10.0.0.1:");
      texts.back() += std::to_string(i);
    }
    views.assign(texts.begin(), texts.end());
  }
  std::vector<std::string> texts;
  std::vector<std::string_view> views;
};

void draw_alone(benchmark::State& state) {
  std::vector<HostView> hosts = hosts_of(state);
  choose(state, hosts, [&](std::uint64_t draw) {
    return index_from(draw, static_cast<std::uint32_t>(hosts.size()));
  });
}

void random_host(benchmark::State& state) {
  std::vector<HostView> hosts = hosts_of(state);
  choose(state, hosts, [&](std::uint64_t draw) { return *random_choice(Hosts{hosts}, draw); });
}

void round_robin(benchmark::State& state) {
  std::vector<HostView> hosts = hosts_of(state);
  RoundRobin balancer{1};
  balancer.refresh(Hosts{hosts});
  choose(state, hosts, [&](std::uint64_t) { return *balancer.pick(Hosts{hosts}); });
}

void round_robin_weighted(benchmark::State& state) {
  std::vector<HostView> hosts = hosts_of(state);
  for (std::size_t i = 0; i < hosts.size(); ++i) hosts[i].weight = i % 2 == 0 ? 1.0 : 2.0;
  RoundRobin balancer{1};
  balancer.refresh(Hosts{hosts});
  choose(state, hosts, [&](std::uint64_t) { return *balancer.pick(Hosts{hosts}); });
}

void least_request(benchmark::State& state) {
  std::vector<HostView> hosts = hosts_of(state);
  LeastRequest balancer{{}, 1};
  balancer.refresh(Hosts{hosts});
  choose(state, hosts, [&](std::uint64_t draw) { return *balancer.pick(Hosts{hosts}, draw); });
}

void peak_ewma(benchmark::State& state) {
  std::vector<HostView> hosts = hosts_of(state);
  PeakEwma balancer{{}};
  balancer.take_hosts(std::vector<std::uint32_t>(hosts.size(), PeakEwma::kNew), Instant{});
  std::uint64_t now = 0;
  choose(state, hosts, [&](std::uint64_t draw) {
    const std::uint32_t host = *balancer.pick(Hosts{hosts}, draw);
    balancer.record(host, Duration::microseconds(static_cast<std::int64_t>(draw % 50'000)),
                    at_us(now += 100));
    return host;
  });
}

void ring_hash(benchmark::State& state) {
  std::vector<HostView> hosts = hosts_of(state);
  const Addresses addresses{hosts.size()};
  const RingHash ring{{}, Hosts{hosts}, addresses.views};
  choose(state, hosts, [&](std::uint64_t draw) { return *ring.pick(draw); });
}

void maglev(benchmark::State& state) {
  std::vector<HostView> hosts = hosts_of(state);
  const Addresses addresses{hosts.size()};
  const Maglev table{{}, Hosts{hosts}, addresses.views};
  choose(state, hosts, [&](std::uint64_t draw) { return *table.pick(draw); });
}

void maglev_bounded(benchmark::State& state) {
  std::vector<HostView> hosts = hosts_of(state);
  const Addresses addresses{hosts.size()};
  const Maglev table{{}, Hosts{hosts}, addresses.views};
  BoundedLoad bound{200};
  bound.refresh(Hosts{hosts});
  choose(state, hosts, [&](std::uint64_t draw) {
    return bound.pick(Hosts{hosts}, *table.pick(draw), draw, hosts.size());
  });
}

BENCHMARK(draw_alone)->Arg(10)->Arg(1000);
BENCHMARK(random_host)->Arg(10)->Arg(1000);
BENCHMARK(round_robin)->Arg(10)->Arg(1000);
BENCHMARK(round_robin_weighted)->Arg(10)->Arg(1000);
BENCHMARK(least_request)->Arg(10)->Arg(1000);
BENCHMARK(peak_ewma)->Arg(10)->Arg(1000);
BENCHMARK(ring_hash)->Arg(10)->Arg(1000);
BENCHMARK(maglev)->Arg(10)->Arg(1000);
BENCHMARK(maglev_bounded)->Arg(10)->Arg(1000);

void retry_decision(benchmark::State& state) {
  RetryPolicy policy = istio_default_retry_policy(23, false);
  TryResult result;
  RetrySituation situation;
  std::uint64_t i = 0;
  std::uint64_t retries = 0;
  for ([[maybe_unused]] auto step : state) {
    result.status = mix64(++i) % 16 == 0 ? 503 : 200;
    retries += decide_retry(policy, result, situation) == RetryDecision::Retry ? 1U : 0U;
  }
  if (i > 1000 && retries == 0) state.SkipWithError("nothing was retried");
}

void tps_budget_deposit(benchmark::State& state) {
  TpsBudget budget{{}, Instant{}};
  std::uint64_t now = 0;
  for ([[maybe_unused]] auto step : state) budget.deposit(at_us(now += 100));
  if (now > 100'000 && !budget.withdraw(at_us(now))) state.SkipWithError("deposits are lost");
}

void failure_accrual_unified(benchmark::State& state) {
  FailureAccrualConfig config;
  config.success_rate = SuccessRateConfig{};
  FailureAccrual accrual{config, Instant{}};
  std::uint64_t now = 0;
  for ([[maybe_unused]] auto step : state) {
    const bool failed = mix64(now) % 16 == 0;
    accrual.on_answer(failed ? EndpointAnswer::Failure : EndpointAnswer::Success, at_us(now += 100),
                      0.5);
  }
  if (!accrual.is_ready(at_us(now))) state.SkipWithError("a sixteenth of failures is not too much");
}

void codel(benchmark::State& state) {
  CoDel queue{{}, Instant{}};
  std::uint64_t now = 0;
  std::uint64_t dropped = 0;
  for ([[maybe_unused]] auto step : state) {
    const auto waited = Duration::microseconds(static_cast<std::int64_t>(mix64(now) % 9000 + 5500));
    dropped += queue.drops(waited, at_us(now += 100)) ? 1U : 0U;
  }
  if (now > 10'000'000 && dropped == 0) state.SkipWithError("nothing was dropped");
}

void try_deadlines(benchmark::State& state) {
  Timeouts timeouts = envoy_default_timeouts();
  timeouts.per_try = 1_s;
  std::uint64_t now = 0;
  std::int64_t sum = 0;
  for ([[maybe_unused]] auto step : state) {
    const Instant start = at_us(now += 100);
    const Instant deadline = overall_deadline(timeouts, start, Instant::never());
    benchmark::DoNotOptimize(sum += try_deadline(timeouts, start, deadline).at.count_ns());
  }
}

BENCHMARK(retry_decision);
BENCHMARK(tps_budget_deposit);
BENCHMARK(failure_accrual_unified);
BENCHMARK(codel);
BENCHMARK(try_deadlines);

}  // namespace

BENCHMARK_MAIN();
