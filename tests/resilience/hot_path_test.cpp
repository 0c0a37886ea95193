// What the hot path of a request asks of the policies: no allocation once they are set up, and a
// state that fits beside others in the block of one edge and caller.

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/random.h"
#include "models/resilience/adaptive_retry_rate.h"
#include "models/resilience/admission_control.h"
#include "models/resilience/balancers/bounded_load.h"
#include "models/resilience/balancers/ipvs_round_robin.h"
#include "models/resilience/balancers/least_request.h"
#include "models/resilience/balancers/maglev.h"
#include "models/resilience/balancers/peak_ewma.h"
#include "models/resilience/balancers/pick_first.h"
#include "models/resilience/balancers/ring_hash.h"
#include "models/resilience/balancers/round_robin.h"
#include "models/resilience/balancers/session_affinity.h"
#include "models/resilience/bulkhead.h"
#include "models/resilience/fail_fast.h"
#include "models/resilience/failure_accrual.h"
#include "models/resilience/fallback.h"
#include "models/resilience/global_rate_limit.h"
#include "models/resilience/grpc_retry.h"
#include "models/resilience/hedging.h"
#include "models/resilience/queue_discipline.h"
#include "models/resilience/retry_budget.h"
#include "models/resilience/retry_policy.h"

namespace {

std::uint64_t allocation_count = 0;

}  // namespace

// Every allocation of this program is counted; the behaviour is that of the defaults. Not inlined,
// so that compilers do not take free() for a mistake.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocation_count;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t /*size*/) noexcept {
  std::free(memory);
}

namespace orrery::resilience {
namespace {

Instant at_us(std::uint64_t us) {
  return Instant::at(Duration::microseconds(static_cast<std::int64_t>(us)));
}

TEST(HotPath, AllocatesNothingOnceEveryPolicyIsSetUp) {
  std::vector<HostView> hosts(20);
  std::vector<HostView> weighted(20);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    hosts[i].active = static_cast<std::uint32_t>(i % 7);
    hosts[i].healthy = i % 5 != 0;
    weighted[i].weight = 1.0 + static_cast<double>(i);
    names.emplace_back("10.0.0.1:");
    names.back() += std::to_string(i);
  }
  const std::vector<std::string_view> addresses(names.begin(), names.end());
  const Hosts equal{hosts};
  const Hosts unequal{weighted};

  RoundRobin cycle{1};
  RoundRobin turns{2};
  LeastRequest of_two{{}, 3};
  LeastRequest full_scan{{2, true, 1.0}, 4};
  LeastRequest by_weight{{}, 5};
  cycle.refresh(equal);
  turns.refresh(unequal);
  of_two.refresh(equal);
  full_scan.refresh(equal);
  by_weight.refresh(unequal);
  const RingHash ring{{}, equal, addresses};
  const Maglev maglev{{251, true}, equal, addresses};
  BoundedLoad bound{100};
  bound.refresh(equal);
  PeakEwma peak{{}};
  peak.take_hosts(std::vector<std::uint32_t>(20, PeakEwma::kNew), Instant{});
  IpvsRoundRobin ipvs;
  SessionAffinity affinity{{}};
  PickFirst first;
  first.update(3, std::nullopt, std::nullopt);

  const RetryPolicy policy = istio_default_retry_policy(23, false);
  TpsBudget budget{{}, Instant{}};
  AdaptiveRetryRate adaptive{Instant{}};
  GrpcRetryThrottle throttle{10, 0.1};
  AwsRetryQuota quota{{}};
  PercentileHedging hedging{{}, Instant{}};
  CoDel codel{{}, Instant{}};
  FailureAccrualConfig accrual_config;
  accrual_config.success_rate = SuccessRateConfig{};
  FailureAccrual accrual{accrual_config, Instant{}};
  Fallback fallback{{}};
  const ThreadPoolBulkheadConfig pool_config = hystrix_thread_pool(4, 5);
  ThreadPoolBulkhead pool{pool_config};
  const AdmissionControlConfig admission_config;
  AdmissionControl admission{admission_config};
  FixedWindowLimit window{5, 1_s};
  FailFast fail_fast{{}};
  const Backoff backoff = EnvoyBackoff{};

  std::uint64_t sum = 0;  // so that nothing is left out
  const std::uint64_t before = allocation_count;
  for (std::uint64_t i = 1; i <= 20'000; ++i) {
    const std::uint64_t draw = mix64(i);
    const Instant now = at_us(i * 1000);
    const bool failed = draw % 4 == 0;
    const auto latency = Duration::microseconds(static_cast<std::int64_t>(draw % 90'000));
    sum += *cycle.pick(equal) + *turns.pick(unequal) + *of_two.pick(equal, draw);
    sum += *full_scan.pick(equal, draw) + *by_weight.pick(unequal, draw) + *ipvs.pick(equal);
    sum += *maglev.pick(draw) + bound.pick(equal, *ring.pick(draw), draw, 40);
    const std::uint32_t host = *peak.pick(equal, draw);
    peak.record(host, latency, now);
    affinity.connected(draw % 9000, host, now);
    sum += affinity.host_of(draw % 9000, now).value_or(0);
    if (first.state() == PickFirst::State::Idle) (void)first.connect();
    if (first.state() == PickFirst::State::Connecting) first.connected();
    if (failed) first.disconnected();

    TryResult result;
    result.status = failed ? 503 : 200;
    sum += static_cast<std::uint64_t>(decide_retry(policy, result, {}));
    sum += static_cast<std::uint64_t>(
        backoff_delay(backoff, 1 + static_cast<std::uint32_t>(draw % 5), unit_from(draw), {})
            .count_ns());
    budget.deposit(now);
    sum += budget.withdraw(now) ? 1U : 0U;
    adaptive.answered(failed, now);
    sum += adaptive.acquire(now) == Duration{} ? 1U : 0U;
    if (failed) {
      throttle.failed();
    } else {
      throttle.succeeded();
    }
    quota.succeeded(quota.try_acquire(AwsRetryQuota::Cause::Error));
    hedging.record(latency, now);
    sum += hedging.on_request() && hedging.take_hedge() ? 1U : 0U;
    sum += codel.drops(latency, now) ? 1U : 0U;
    if (accrual.is_ready(now)) accrual.on_request(now);
    accrual.on_answer(failed ? EndpointAnswer::Failure : EndpointAnswer::Success, now, 0.5);
    sum += static_cast<std::uint64_t>(fallback.on_failure(CallFailure::Error, now));
    sum += static_cast<std::uint64_t>(pool.submit(now));
    if (failed && pool.running() > 0) sum += pool.finish(now) ? 1U : 0U;
    if (admission.admit(now, draw)) admission.record(!failed, now);
    sum += static_cast<std::uint64_t>(window.ask(now));
    sum += static_cast<std::uint64_t>(fail_fast.on_request(!failed, 5, now));
  }
  EXPECT_EQ(allocation_count - before, 0U);
  EXPECT_GT(sum, 0U);
}

TEST(HotPath, HasAStateThatFitsInTheBlockOfAnEdge) {
  struct Case {
    const char* name;
    std::size_t bytes;
    std::size_t limit;
  };
  // 16 bytes per host and caller; 256 bytes for all policies of an edge and caller.
  const std::vector<Case> cases{
      {"a host", sizeof(HostView), 16},
      {"a host's peak EWMA", sizeof(PeakEwmaRtt), 16},
      {"round robin", sizeof(RoundRobin), 64},
      {"least request", sizeof(LeastRequest), 80},
      {"Envoy's retry limit", sizeof(EnvoyRetryLimit), 32},
      {"linkerd's retry budget", sizeof(TpsBudget), 152},
      {"gRPC's throttle", sizeof(GrpcRetryThrottle), 12},
      {"AWS's quota", sizeof(AwsRetryQuota), 24},
      {"AWS's adaptive rate", sizeof(AdaptiveRetryRate), 80},
      {"CoDel", sizeof(CoDel), 40},
      {"fail-fast", sizeof(FailFast), 32},
      {"failure accrual", sizeof(FailureAccrual), 240},
      {"fallback", sizeof(Fallback), 40},
      {"a call's gRPC hedging", sizeof(GrpcHedge), 32},
      {"a call's gRPC retries", sizeof(GrpcRetry), 12},
  };
  for (const Case& c : cases) EXPECT_LE(c.bytes, c.limit) << c.name;
}

}  // namespace
}  // namespace orrery::resilience
