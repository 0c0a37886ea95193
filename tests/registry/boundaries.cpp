#include <algorithm>
#include <string_view>

#include "sim/traffic/localities.h"
#include "sim/traffic/route.h"
#include "tests/registry/registry.h"
#include "tests/traffic/traffic_world.h"

namespace orrery::registry {
namespace {

using namespace resilience;
using namespace orrery::literals;

const std::vector<bool> kUpTo{true, true, false};
const std::vector<bool> kBelow{true, false, false};
const std::vector<bool> kFrom{false, true, true};
const std::vector<bool> kAbove{false, false, true};

Duration ms(std::int64_t count) { return Duration::milliseconds(static_cast<int>(count)); }
Instant at_ms(std::int64_t count) { return Instant::at(ms(count)); }

/// Whether so many are all let through.
template <class Ask>
bool all_pass(std::int64_t count, const Ask& ask) {
  bool passed = true;
  for (std::int64_t i = 0; i < count; ++i) passed = ask() && passed;
  return passed;
}

void add_times(std::vector<Boundary>& all) {
  all.push_back({"timeout", "an answer after 100 ms", "Envoy RouteAction.timeout", 100, kAbove,
                 [](std::int64_t n) {
                   Timeouts timeouts;
                   timeouts.overall = 100_ms;
                   return at_ms(n) > overall_deadline(timeouts, Instant{}, Instant::never());
                 }});
  all.push_back({"perTryTimeout", "as long as what is left of the call", "Envoy router", 100,
                 kBelow, [](std::int64_t n) {
                   Timeouts timeouts;
                   timeouts.per_try = ms(n);
                   const TryDeadline ends = try_deadline(timeouts, Instant{}, at_ms(100));
                   return ends.kind == TimeoutKind::PerTry;
                 }});
  all.push_back({"connectTimeout", "as long as the call's own", "Envoy Cluster.connect_timeout",
                 100, kBelow, [](std::int64_t n) {
                   RoutePolicy policy;
                   policy.timeouts.overall = 5_s;
                   policy.timeouts.per_try = 100_ms;
                   policy.timeouts.connect = ms(n);
                   policy.retry.on = {RetryOn::ConnectFailure};
                   policy.backoff = FixedBackoff{Duration{}};
                   return play({.backs = 1, .gone = 1, .count = 1}, policy, 1).tries > 1;
                 }});
  const auto exceeded = [](Duration margin, std::int64_t deadline) {
    Timeouts timeouts;
    timeouts.passes_deadline_on = true;
    timeouts.margin = margin;
    return deadline_passed_on(timeouts, at_ms(deadline)) <= at_ms(100);
  };
  all.push_back({"passDeadline", "a deadline that is now", "gRPC deadlines guide", 100, kUpTo,
                 [=](std::int64_t n) { return exceeded(Duration{}, n); }});
  all.push_back({"deadlineMargin", "a margin as long as what is left", "gRPC deadlines guide", 120,
                 kUpTo, [=](std::int64_t n) { return exceeded(20_ms, n); }});
}

void add_retries(std::vector<Boundary>& all) {
  all.push_back(
      {"retries", "three", "Envoy RetryPolicy.num_retries", 3, kBelow, [](std::int64_t n) {
         RetryPolicy policy;
         policy.on = {RetryOn::Status5xx};
         policy.retries = 3;
         const RetrySituation made{.retries_made = static_cast<std::uint32_t>(n)};
         return decide_retry(policy, {.status = 503}, made) == RetryDecision::Retry;
       }});
  // At which retry the wait has reached its maximum.
  const auto add = [&](const char* kind, const char* source, std::int64_t retry,
                       const Backoff& backoff, double unit, Duration most) {
    all.push_back({std::string{"retries.backoff."} + kind, "the longest wait", source, retry, kFrom,
                   [=](std::int64_t n) {
                     const auto count = static_cast<std::uint32_t>(n);
                     return backoff_delay(backoff, count, unit, std::nullopt) == most;
                   }});
  };
  // Full jitter: half of 25, 50, 100, 200, 250 ms.
  add("envoy", "Envoy JitteredExponentialBackOffStrategy", 5, EnvoyBackoff{}, 0.5, 125_ms);
  add("resilience4j", "resilience4j IntervalFunction", 3,
      Resilience4jBackoff{100_ms, 2.0, 0.0, 400_ms}, 0.5, 400_ms);
  add("grpc", "gRPC A6", 3, GrpcBackoff{100_ms, 400_ms}, 0.5, 400_ms);
  add("aws", "AWS architecture blog, 2015", 2,
      AwsJitterBackoff{AwsJitterBackoff::Kind::None, 100_ms, 400_ms}, 0.5, 400_ms);
  add("awsSdk", "AWS SDKs reference, retry behaviour", 3, AwsSdkBackoff{100_ms, 400_ms}, 0.5,
      200_ms);
  add("linkerd", "linkerd2-proxy exp-backoff", 3, LinkerdBackoff{100_ms, 400_ms, 0.0}, 0.5, 400_ms);

  // The ways to the back and from it take 100 us.
  all.push_back({"hedging", "an answer at the delay", "gRPC A6", 100, kAbove, [](std::int64_t n) {
                   RoutePolicy policy;
                   policy.hedging = GrpcHedgingPolicy{2, 100_ms, {}};
                   const Duration work = ms(n) - Duration::microseconds(100);
                   return play({.backs = 1, .work = work, .count = 1}, policy, 1).tries > 1;
                 }});
  all.push_back({"retries.limit.envoy", "three under way", "Envoy CircuitBreakers.max_retries", 3,
                 kBelow, [](std::int64_t n) {
                   return EnvoyRetryLimit{}.has_room(static_cast<std::uint64_t>(n), 100, 0);
                 }});
  all.push_back({"retries.limit.linkerd", "five a second", "linkerd2-proxy TpsBudget", 5, kUpTo,
                 [](std::int64_t n) {
                   TpsBudget budget{{1_s, 5, 1.0F}, Instant{}};
                   return all_pass(n, [&] { return budget.withdraw(Instant{}); });
                 }});
  all.push_back(
      {"retries.limit.grpc", "half of ten tokens gone", "gRPC A6", 5, kBelow, [](std::int64_t n) {
         GrpcRetryThrottle throttle{10, 0.1};
         for (std::int64_t i = 0; i < n; ++i) throttle.failed();
         return throttle.allows_retry();
       }});
  all.push_back({"retries.limit.aws", "three retries of 5 from 15 tokens", "AWS SDKs reference", 3,
                 kUpTo, [](std::int64_t n) {
                   AwsRetryQuota quota{{.capacity = 15}};
                   return all_pass(n, [&] {
                     return quota.try_acquire(AwsRetryQuota::Cause::Error).has_value();
                   });
                 }});
}

void add_limits(std::vector<Boundary>& all) {
  all.push_back(
      {"breaker.hystrix", "a volume of 20", "Hystrix HealthCounts", 20, kFrom, [](std::int64_t n) {
         const HystrixBreakerConfig config;
         HystrixBreaker breaker{config, Instant{}};
         for (std::int64_t i = 0; i < n; ++i) {
           (void)breaker.on_result(HystrixOutcome::Failure, at_ms(1));
         }
         (void)breaker.advance(at_ms(600));
         return breaker.state() == BreakerState::Open;
       }});
  all.push_back({"breaker.resilience4j", "ten calls at least", "resilience4j minimumNumberOfCalls",
                 10, kFrom, [](std::int64_t n) {
                   Resilience4jBreakerConfig config;
                   config.minimum_calls = 10;
                   Resilience4jBreaker breaker{config, Instant{}};
                   for (std::int64_t i = 0; i < n; ++i) {
                     if (breaker.try_acquire(at_ms(1)).permitted) {
                       (void)breaker.on_result(true, 1_ms, at_ms(1));
                     }
                   }
                   return breaker.state() == BreakerState::Open;
                 }});
  all.push_back(
      {"rateLimit", "three tokens", "Envoy TokenBucket.max_tokens", 3, kUpTo, [](std::int64_t n) {
         LocalRateLimit limit{{.max_tokens = 3}, Instant{}};
         return all_pass(n, [&] { return limit.try_acquire(Instant{}); });
       }});
  all.push_back({"globalRateLimit", "three in a second", "envoyproxy/ratelimit", 3, kUpTo,
                 [](std::int64_t n) {
                   FixedWindowLimit limit{3, 1_s};
                   return all_pass(n, [&] { return limit.ask(Instant{}) == RateLimitReply::Ok; });
                 }});
  all.push_back({"admissionControl", "95 of 100 succeed", "Envoy admission_control.proto", 95,
                 kBelow, [](std::int64_t n) {
                   const AdmissionControlConfig config;
                   AdmissionControl control{config};
                   for (std::int64_t i = 0; i < 100; ++i) control.record(i < n, Instant{});
                   return !control.admit(Instant{}, 0);
                 }});
  const auto all_enter = [](const ThreadPoolBulkheadConfig& config, std::int64_t n) {
    ThreadPoolBulkhead pool{config};
    return all_pass(n, [&] { return pool.submit(Instant{}) != BulkheadAnswer::Reject; });
  };
  all.push_back({"bulkhead.hystrixThreadPool", "a thread and two that wait",
                 "Hystrix queueSizeRejectionThreshold", 3, kUpTo,
                 [=](std::int64_t n) { return all_enter(hystrix_thread_pool(1, 9, 2), n); }});
  all.push_back({"bulkhead.resilience4jThreadPool", "two threads and one that waits",
                 "resilience4j ThreadPoolBulkhead", 3, kUpTo, [=](std::int64_t n) {
                   return all_enter({1, 2, 1}, n);
                 }});
  all.push_back({"bulkhead.semaphore", "three at a time", "resilience4j maxConcurrentCalls", 3,
                 kUpTo, [](std::int64_t n) {
                   RoutePolicy policy;
                   policy.bulkhead = 3;
                   sim::Route route{policy, Draws{1}, 1, sim::kNoZone, Instant{}};
                   return all_pass(n, [&] { return !route.begin_try(Instant{}); });
                 }});
  all.push_back({"connectionPool", "three requests at a time", "Envoy CircuitBreakers.max_requests",
                 3, kUpTo, [](std::int64_t n) {
                   const EnvoyThresholdsConfig config{.max_requests = 3};
                   EnvoyThresholds thresholds{config};
                   return all_pass(n, [&] {
                     return thresholds.admit({.has_ready_connection = true}) ==
                            PoolAdmission::Attach;
                   });
                 }});
  all.push_back({"outlierDetection", "five errors in a row",
                 "Envoy OutlierDetection.consecutive_5xx", 5, kFrom, [](std::int64_t n) {
                   const OutlierDetectionConfig config;
                   OutlierDetector detector{config, Instant{}};
                   detector.add_host();
                   bool signalled = false;
                   for (std::int64_t i = 0; i < n; ++i) {
                     signalled = detector.on_response(0, 500).consecutive_5xx || signalled;
                   }
                   return signalled;
                 }});
  all.push_back({"failureAccrual", "seven failures in a row", "linkerd2-proxy consecutive_failures",
                 7, kFrom, [](std::int64_t n) {
                   FailureAccrual accrual{{}, Instant{}};
                   for (std::int64_t i = 0; i < n; ++i) {
                     accrual.on_answer(EndpointAnswer::Failure, Instant{}, 0);
                   }
                   return !accrual.is_ready(Instant{});
                 }});
  const auto falls_back = [](const FallbackConfig& config, Instant now) {
    Fallback fallback{config};
    fallback.on_success(Instant{});
    return fallback.on_failure(CallFailure::Error, now) == FallbackDecision::Answer;
  };
  all.push_back({"fallback.static", "one at a time", "Hystrix fallback semaphore", 1, kFrom,
                 [=](std::int64_t n) {
                   FallbackConfig config;
                   config.concurrent_max = static_cast<std::uint32_t>(n);
                   return falls_back(config, Instant{});
                 }});
  all.push_back({"fallback.service", "ten under way", "Hystrix fallback semaphore", 10, kBelow,
                 [](std::int64_t n) {
                   Fallback fallback{{.kind = FallbackConfig::Kind::OtherService}};
                   bool called = true;
                   for (std::int64_t i = 0; i <= n; ++i) {
                     called = fallback.on_failure(CallFailure::Error, Instant{}) ==
                              FallbackDecision::CallOther;
                   }
                   return called;
                 }});
  all.push_back({"fallback.cached", "an answer 100 ms old", "Hystrix wiki, fallback from cache",
                 100, kUpTo, [=](std::int64_t n) {
                   FallbackConfig config{.kind = FallbackConfig::Kind::Cached};
                   config.age_max = 100_ms;
                   return falls_back(config, at_ms(n));
                 }});
}

/// Three hosts of which so many may be chosen.
std::vector<HostView> hosts_with(std::int64_t healthy) {
  std::vector<HostView> hosts(3);
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    hosts[i].healthy = static_cast<std::int64_t>(i) < healthy;
  }
  return hosts;
}

void add_balancers(std::vector<Boundary>& all) {
  // Without a host that may be chosen there is no choice; with one there is.
  const auto add = [&](const char* kind, const char* source, auto choose) {
    all.push_back({std::string{"balancer."} + kind, "one healthy host", source, 1, kFrom,
                   [choose](std::int64_t n) {
                     const std::vector<HostView> hosts = hosts_with(n);
                     return choose(Hosts{hosts}).has_value();
                   }});
  };
  static const std::vector<std::string_view> kNames{"10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"};
  add("random", "Envoy RandomLoadBalancer",
      [](const Hosts& hosts) { return random_choice(hosts, 5); });
  add("round-robin", "Envoy RoundRobinLoadBalancer", [](const Hosts& hosts) {
    RoundRobin balancer{1};
    balancer.refresh(hosts);
    return balancer.pick(hosts);
  });
  add("least-request", "Envoy LeastRequestLoadBalancer", [](const Hosts& hosts) {
    LeastRequest balancer{{}, 1};
    balancer.refresh(hosts);
    return balancer.pick(hosts, 5);
  });
  add("peak-ewma", "linkerd2-proxy balance p2c", [](const Hosts& hosts) {
    PeakEwma balancer{{}};
    balancer.take_hosts(std::vector<std::uint32_t>(3, PeakEwma::kNew), Instant{});
    return balancer.pick(hosts, 5);
  });
  add("ring-hash", "Envoy RingHashLoadBalancer", [](const Hosts& hosts) {
    return RingHash{{}, hosts, kNames}.pick(5);
  });
  add("maglev", "Envoy MaglevLoadBalancer", [](const Hosts& hosts) {
    return Maglev{{251, true}, hosts, kNames}.pick(5);
  });
  all.push_back({"balancer.pick-first", "the last of two addresses", "gRPC pick_first", 2, kFrom,
                 [](std::int64_t n) {
                   PickFirst first;
                   first.update(2, std::nullopt, std::nullopt);
                   (void)first.connect();
                   for (std::int64_t i = 0; i < n; ++i) {
                     if (first.state() == PickFirst::State::Connecting) (void)first.failed();
                   }
                   return first.state() == PickFirst::State::TransientFailure;
                 }});
  all.push_back({"weights",
                 "as heavy as the others",
                 "Envoy hostWeightsAreEqual",
                 10,
                 {true, false, true},
                 [](std::int64_t n) {
                   std::vector<HostView> hosts(3);
                   hosts[1].weight = static_cast<double>(n) / 10;
                   return !weights_are_equal(Hosts{hosts});
                 }});
  all.push_back({"healthCheck", "three checks without an answer", "Envoy unhealthy_threshold", 3,
                 kFrom, [](std::int64_t n) {
                   ActiveHealthCheckConfig config;
                   config.unhealthy_threshold = 3;
                   ActiveHealthCheck check{config};
                   (void)check.on_result(CheckResult::Passed, true, 0);
                   for (std::int64_t i = 0; i < n; ++i) {
                     (void)check.on_result(CheckResult::Network, true, 0);
                   }
                   return !check.healthy();
                 }});
  all.push_back({"slowStart", "a window of 100 ms", "Envoy SlowStartConfig", 100, kBelow,
                 [](std::int64_t n) { return slow_start_factor({.window = 100_ms}, ms(n)) < 1; }});
  // In both: the own zone's part of the calls, of callers in two zones.
  const auto own_share = [](LocalityConfig locality, std::uint32_t own, std::uint32_t healthy,
                            std::uint32_t others) {
    RoutePolicy policy;
    policy.locality = locality;
    sim::Localities localities{policy, 0};
    std::vector<std::uint32_t> zones(own, 0);
    zones.insert(zones.end(), others, 1);
    std::vector<HostView> hosts(zones.size());
    for (std::uint32_t i = healthy; i < own; ++i) hosts[i].healthy = false;
    localities.take_hosts(zones);
    if (localities.needs_peers()) localities.take_peers({0, 1});
    localities.refresh(hosts);
    return localities.own_share();
  };
  all.push_back({"locality.zone-aware", "six pods", "Envoy ZoneAwareLbConfig.min_cluster_size", 6,
                 kFrom, [=](std::int64_t n) {
                   const auto others = static_cast<std::uint32_t>(n - 3);
                   return own_share(ZoneAwareConfig{}, 3, 3, others).has_value();
                 }});
  all.push_back({"locality.failover", "five of seven pods: 100 % of 140 %",
                 "Envoy overprovisioning_factor", 5, kFrom, [=](std::int64_t n) {
                   const auto healthy = static_cast<std::uint32_t>(n);
                   return own_share(PriorityLoadConfig{}, 7, healthy, 7) == 10'000U;
                 }});
}

void add_servers(std::vector<Boundary>& all) {
  const auto newest = [](std::uint32_t above, std::uint32_t most, std::int64_t length) {
    QueueDiscipline queue;
    queue.order = QueueOrder::AdaptiveLifo;
    queue.lifo_above_percent = above;
    queue.length_max = most;
    return queue.takes_newest(static_cast<std::uint32_t>(length));
  };
  all.push_back({"queue.order", "four fifths of the queue", "HBase AdaptiveLifoCoDelCallQueue", 80,
                 kAbove, [=](std::int64_t n) { return newest(80, 100, n); }});
  all.push_back({"queue.lifoAbove", "half of the queue", "HBase AdaptiveLifoCoDelCallQueue", 5,
                 kAbove, [=](std::int64_t n) { return newest(50, 10, n); }});
  all.push_back(
      {"queue.ageMax", "100 ms", "CoDel as a bound on waiting", 100, kAbove, [](std::int64_t n) {
         QueueDiscipline queue;
         queue.age_max = 100_ms;
         return queue.is_too_old(ms(n));
       }});
  all.push_back({"queue.codel", "twice the target, while overloaded", "folly Codel::overloaded", 10,
                 kAbove, [](std::int64_t n) {
                   CoDel codel{CoDelConfig{}, at_ms(0)};
                   (void)codel.drops(20_ms, at_ms(0));
                   (void)codel.drops(20_ms, at_ms(50));
                   return codel.drops(ms(n), at_ms(60));
                 }});
  all.push_back({"limit.aimd", "half of the limit in use", "Netflix AIMDLimit._update", 10, kFrom,
                 [](std::int64_t n) {
                   AimdLimit limit{AimdLimitConfig{}};
                   limit.update(10_ms, static_cast<std::uint32_t>(n), false, 0);
                   return limit.limit() > 20;
                 }});
  // Of 20, at 14 ms six wait and at 15 ms seven, which is more than 6 log10(20).
  all.push_back({"limit.vegas", "more than beta wait", "Netflix VegasLimit.updateEstimatedLimit",
                 15, kFrom, [](std::int64_t n) {
                   VegasLimit limit{VegasLimitConfig{}, 0};
                   limit.update(10_ms, 20, false, 0);
                   limit.update(ms(n), 20, false, 0);
                   return limit.limit() < 20;
                 }});
  all.push_back({"limit.gradient", "fifty samples end a measurement",
                 "Envoy adaptive_concurrency.proto, request_count", 50, kFrom, [](std::int64_t n) {
                   const GradientLimitConfig config{.min_rtt_interval = 60_s,
                                                    .concurrency_update_interval = 100_ms};
                   GradientLimit limit{config, at_ms(0)};
                   for (std::int64_t i = 0; i < n; ++i) {
                     (void)limit.try_acquire();
                     limit.on_completed(at_ms(1), at_ms(2), 0);
                   }
                   return !limit.measuring();
                 }});
}

}  // namespace

std::vector<Boundary> boundaries() {
  std::vector<Boundary> all;
  add_times(all);
  add_retries(all);
  add_limits(all);
  add_balancers(all);
  add_servers(all);
  return all;
}

}  // namespace orrery::registry
