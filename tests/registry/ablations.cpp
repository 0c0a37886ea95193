#include <algorithm>
#include <utility>

#include "tests/registry/registry.h"
#include "tests/traffic/traffic_world.h"

namespace orrery::registry {

using namespace resilience;
using namespace orrery::literals;

Seen play(const World& world, const RoutePolicy& policy, std::uint64_t seed) {
  using namespace sim;
  TrafficModel model;
  OperationModel front = works(0_s);
  front.steps.push_back({{call(1)}});
  OperationModel back = world.work_varies ? works_about(world.work) : works(world.work);
  back.error_probability = world.errors;
  model.services = {offers(front, 100'000), offers(back, world.concurrency)};
  model.services[1].queue_max = world.queue_max;
  model.services[1].server = world.server;
  model.routes = {{.from = 0, .to = 1, .policy = policy}};
  if (world.of_users) model.routes = {{.from = kClients, .to = 0, .policy = policy}};
  const auto beside =
      static_cast<ServiceIndex>(model.services.size());  // Asked, or called instead.
  if (policy.fallback_call) model.routes[0].fallback = FallbackModel{beside, 0};
  if (policy.shared_limit) {
    model.shared_limits = {{.service = beside, .requests_per_unit = 50}};
    model.routes[0].shared_limit = 0;
  }
  const bool has_beside = policy.fallback_call || policy.shared_limit;
  if (has_beside) model.services.push_back(offers(works(1_ms), 1'000));
  if (world.zones) model.latency_between_zones = 20_ms;
  add_load(model, {{0, 0}}, seed, world.rate, world.count);
  model.load[0].population = world.users;
  TrafficWorld played{model, seed, 4};
  played.pod(0, 0, 0);
  if (world.zones) played.pod(0, 1, 1);
  std::vector<InstanceId> backs;
  const auto add_back = [&](std::uint32_t i) {
    const std::uint32_t zone = world.zones ? i % 2 : 0;
    if (world.last_is_other && i + 1 == world.backs) {
      backs.push_back(played.engine.add_instance({"10.9.9.9", 8080, 1, zone, zone, "v2"}));
      played.engine.set_listening(backs.back(), true);
      played.pods[1].push_back({"10.9.9.9", 8080, "other"});
    } else {
      backs.push_back(played.pod(1, zone, zone));
    }
  };
  const std::uint32_t first = world.backs - (world.last_joins_late ? 1 : 0);
  for (std::uint32_t i = 0; i < first; ++i) add_back(i);
  if (has_beside) played.pod(beside);
  played.publish_all();
  for (std::uint32_t i = 0; i < world.failing; ++i) played.engine.set_failing(backs[i], true);
  for (std::uint32_t i = 0; i < world.hanging; ++i) played.engine.set_hanging(backs[i], true);
  for (std::uint32_t i = 0; i < world.gone; ++i) played.engine.lose(backs[i]);
  played.engine.start();
  if (world.last_joins_late) {
    const auto half = static_cast<std::int64_t>(static_cast<double>(world.count) / world.rate / 2);
    played.run(Instant::at(Duration::seconds(half)));
    add_back(first);
    played.publish_all();
  }
  played.run(Instant::at(Duration::minutes(10)));

  Seen seen;
  const RequestCounts users = played.engine.journey_steps(0).totals();
  const RequestCounts calls = played.engine.service(1).totals();
  const auto part = [](std::uint64_t of, std::uint64_t all) {
    return all == 0 ? 0.0 : static_cast<double>(of) / static_cast<double>(all);
  };
  const std::uint64_t ended = users.ended_count();
  seen.failed = part(ended - users.of(RequestOutcome::Ok), ended);
  seen.timeouts = part(users.of(RequestOutcome::Timeout), ended);
  seen.waiting = static_cast<double>(played.engine.gauge(0).open);
  seen.latency = part(static_cast<std::uint64_t>(users.latency_sum_ns), ended) / 1e6;
  const std::uint64_t begun = calls.ended_count() + played.engine.gauge(1).open;
  seen.tries = part(played.engine.service(1).tries(), begun);
  std::uint64_t served = 0;
  for (const InstanceId back_id : backs) {
    const InstanceView view = played.engine.view(back_id);
    served += view.served;
    seen.work += static_cast<double>(view.cpu.count_ns()) / 1e6 / static_cast<double>(begun);
  }
  for (const InstanceId back_id : backs) {
    seen.last = part(played.engine.view(back_id).served, served);
    seen.most = std::max(seen.most, seen.last);
  }
  return seen;
}

namespace {

RoutePolicy with(const std::function<void(RoutePolicy&)>& change) {
  RoutePolicy policy;
  change(policy);
  return policy;
}

RoutePolicy retrying(std::uint32_t retries) {
  RoutePolicy policy;
  policy.retry.on = {RetryOn::Status5xx};
  policy.retry.retries = retries;
  policy.backoff = FixedBackoff{Duration{}};
  return policy;
}

RoutePolicy balanced(BalancerConfig balancer) {
  RoutePolicy policy;
  policy.balancer = std::move(balancer);
  return policy;
}

void add_balancers(std::vector<Ablation>& all) {
  const auto add = [&](const char* name, const char* figure, double Seen::*value, Moves moves,
                       World world, BalancerConfig balancer) {
    all.push_back({std::string{"balancer."} + name, figure, value, moves, std::move(world),
                   [balancer](RoutePolicy& policy) { policy.balancer = balancer; }});
  };
  // The node's proxy knows nothing of earlier tries.
  RoutePolicy elsewhere = retrying(1);
  elsewhere.retry.avoids_previous_hosts = true;
  elsewhere.retry.host_reselection_max = 20;
  add("random", "failed requests", &Seen::failed, Moves::Down, {.failing = 1, .policy = elsewhere},
      RandomConfig{});
  // Of 100 calls, chance gives one pod more than a quarter.
  add("round-robin", "calls of the busiest pod", &Seen::most, Moves::Down,
      {.backs = 20, .count = 100}, RoundRobinConfig{});
  const World busy{.work = 16_ms, .work_varies = true, .concurrency = 1};
  add("least-request", "latency", &Seen::latency, Moves::Down, busy, LeastRequestConfig{});
  add("peak-ewma", "latency over zones", &Seen::latency, Moves::Down, {.zones = true},
      PeakEwmaConfig{});
  add("pick-first", "calls of the busiest pod", &Seen::most, Moves::Up, {}, PickFirstConfig{});
  add("ring-hash", "calls of the busiest pod", &Seen::most, Moves::Up, {.users = 1},
      RingHashConfig{});
  add("maglev", "calls of the busiest pod", &Seen::most, Moves::Up, {.users = 1}, MaglevConfig{});
  all.push_back({"weights",
                 "calls of the other image",
                 &Seen::last,
                 Moves::Down,
                 {.last_is_other = true, .policy = balanced(RoundRobinConfig{})},
                 [](RoutePolicy& policy) {
                   policy.weights = {{"v1", 3.0}};
                 }});
  all.push_back({"slowStart",
                 "calls of the new pod",
                 &Seen::last,
                 Moves::Down,
                 {.last_joins_late = true, .policy = balanced(RoundRobinConfig{})},
                 [](RoutePolicy& policy) { policy.slow_start = SlowStartConfig{.window = 4_s}; }});
  const World zones{.backs = 8, .zones = true, .policy = balanced(RoundRobinConfig{})};
  all.push_back({"locality.zone-aware", "latency over zones", &Seen::latency, Moves::Down, zones,
                 [](RoutePolicy& policy) { policy.locality = ZoneAwareConfig{}; }});
  all.push_back({"locality.failover", "latency over zones", &Seen::latency, Moves::Down, zones,
                 [](RoutePolicy& policy) { policy.locality = PriorityLoadConfig{}; }});
  all.push_back({"failureAccrual",
                 "failed requests",
                 &Seen::failed,
                 Moves::Down,
                 {.failing = 1, .policy = balanced(RoundRobinConfig{})},
                 [](RoutePolicy& policy) { policy.accrual = FailureAccrualConfig{}; }});
  RoutePolicy impatient = balanced(RoundRobinConfig{});
  impatient.timeouts.overall = 100_ms;
  all.push_back({"healthCheck",
                 "failed requests",
                 &Seen::failed,
                 Moves::Down,
                 {.hanging = 1, .policy = impatient},
                 [](RoutePolicy& policy) {
                   policy.health.emplace();
                   policy.health->check.interval = 1_s;
                   policy.health->check.timeout = 100_ms;
                 }});
  all.push_back({"outlierDetection",
                 "failed requests",
                 &Seen::failed,
                 Moves::Down,
                 {.failing = 1, .policy = balanced(RoundRobinConfig{})},
                 [](RoutePolicy& policy) {
                   policy.outliers.emplace();
                   policy.outliers->detection.max_ejection_percent = 50;
                 }});
}

void add_timeouts(std::vector<Ablation>& all) {
  all.push_back({"timeout",
                 "requests that never end",
                 &Seen::waiting,
                 Moves::Down,
                 {.hanging = 1},
                 [](RoutePolicy& policy) { policy.timeouts.overall = 100_ms; }});
  RoutePolicy once_more = retrying(2);
  once_more.timeouts.overall = 1_s;
  all.push_back({"perTryTimeout",
                 "failed requests",
                 &Seen::failed,
                 Moves::Down,
                 {.hanging = 1, .policy = once_more},
                 [](RoutePolicy& policy) { policy.timeouts.per_try = 100_ms; }});
  all.push_back({"connectTimeout",
                 "latency",
                 &Seen::latency,
                 Moves::Down,
                 {.gone = 1},
                 [](RoutePolicy& policy) { policy.timeouts.connect = 50_ms; }});
  const auto impatient = with([](RoutePolicy& policy) { policy.timeouts.overall = 20_ms; });
  all.push_back({"passDeadline",
                 "work of the back",
                 &Seen::work,
                 Moves::Down,
                 {.work = 100_ms, .policy = impatient},
                 [](RoutePolicy& policy) { policy.timeouts.passes_deadline_on = true; }});
  // The front gives up a little earlier than its users, and tells them so.
  const auto told = with([](RoutePolicy& policy) {
    policy.timeouts.overall = 20_ms;
    policy.timeouts.passes_deadline_on = true;
  });
  all.push_back({"deadlineMargin",
                 "requests that time out",
                 &Seen::timeouts,
                 Moves::Down,
                 {.work = 100_ms, .of_users = true, .policy = told},
                 [](RoutePolicy& policy) { policy.timeouts.margin = 10_ms; }});
}

void add_retries(std::vector<Ablation>& all) {
  const World some_errors{.errors = 0.3};
  all.push_back({"retries", "failed requests", &Seen::failed, Moves::Down, some_errors,
                 [](RoutePolicy& policy) { policy.retry = retrying(2).retry; }});
  World at_once = some_errors;
  at_once.policy = retrying(2);
  for (const auto& [name, backoff] :
       std::vector<std::pair<std::string, Backoff>>{{"envoy", EnvoyBackoff{}},
                                                    {"resilience4j", Resilience4jBackoff{}},
                                                    {"grpc", GrpcBackoff{}},
                                                    {"aws", AwsJitterBackoff{}},
                                                    {"awsSdk", AwsSdkBackoff{}},
                                                    {"linkerd", LinkerdBackoff{}}}) {
    all.push_back({"retries.backoff." + name, "latency", &Seen::latency, Moves::Up, at_once,
                   [chosen = backoff](RoutePolicy& policy) { policy.backoff = chosen; }});
  }
  World all_fail{.work = 100_ms, .errors = 1, .policy = retrying(2)};
  all_fail.policy.backoff = FixedBackoff{10_ms};
  for (const auto& [name, limit] :
       std::vector<std::pair<std::string, RetryLimitConfig>>{{"envoy", EnvoyRetryLimit{}},
                                                             {"linkerd", TpsBudgetConfig{}},
                                                             {"grpc", GrpcRetryThrottleConfig{}},
                                                             {"aws", AwsRetryQuotaConfig{}}}) {
    all.push_back({"retries.limit." + name, "tries per call", &Seen::tries, Moves::Down, all_fail,
                   [chosen = limit](RoutePolicy& policy) { policy.retry_limit = chosen; }});
  }
}

void add_hedging(std::vector<Ablation>& all) {
  // One of four never answers: the call fails only if the second try goes there as well.
  const auto patient = with([](RoutePolicy& policy) { policy.timeouts.overall = 500_ms; });
  all.push_back({"hedging",
                 "failed requests",
                 &Seen::failed,
                 Moves::Down,
                 {.hanging = 1, .policy = patient},
                 [](RoutePolicy& policy) {
                   policy.hedging = GrpcHedgingPolicy{2, 50_ms, {}};
                 }});
}

void add_limits(std::vector<Ablation>& all) {
  const World all_fail{.errors = 1};
  all.push_back({"breaker.hystrix", "tries per call", &Seen::tries, Moves::Down, all_fail,
                 [](RoutePolicy& policy) { policy.command = HystrixBreakerConfig{}; }});
  all.push_back({"breaker.resilience4j", "tries per call", &Seen::tries, Moves::Down, all_fail,
                 [](RoutePolicy& policy) { policy.breaker = Resilience4jBreakerConfig{}; }});
  all.push_back(
      {"rateLimit", "tries per call", &Seen::tries, Moves::Down, {}, [](RoutePolicy& policy) {
         policy.rate_limit = LocalRateLimitConfig{};
       }});
  all.push_back(
      {"globalRateLimit", "tries per call", &Seen::tries, Moves::Down, {}, [](RoutePolicy& policy) {
         policy.shared_limit = SharedLimit{"visits", {}};
       }});
  all.push_back({"admissionControl", "tries per call", &Seen::tries, Moves::Down, all_fail,
                 [](RoutePolicy& policy) { policy.admission = AdmissionControlConfig{}; }});
  const World slow{.work = 100_ms};
  all.push_back({"bulkhead.hystrixThreadPool", "tries per call", &Seen::tries, Moves::Down, slow,
                 [](RoutePolicy& policy) { policy.thread_pool = hystrix_default_thread_pool(); }});
  all.push_back(
      {"bulkhead.resilience4jThreadPool", "tries per call", &Seen::tries, Moves::Down, slow,
       [](RoutePolicy& policy) { policy.thread_pool = resilience4j_default_thread_pool(8); }});
  all.push_back({"bulkhead.semaphore", "tries per call", &Seen::tries, Moves::Down, slow,
                 [](RoutePolicy& policy) { policy.bulkhead = 5; }});
  all.push_back({"connectionPool", "tries per call", &Seen::tries, Moves::Down, slow,
                 [](RoutePolicy& policy) {
                   policy.pool.emplace();
                   policy.pool->thresholds.max_requests = 5;
                 }});
  const World some_errors{.errors = 0.3};
  all.push_back({"fallback.static", "failed requests", &Seen::failed, Moves::Down, some_errors,
                 [](RoutePolicy& policy) { policy.fallback = FallbackConfig{}; }});
  all.push_back({"fallback.service", "failed requests", &Seen::failed, Moves::Down, some_errors,
                 [](RoutePolicy& policy) {
                   policy.fallback = FallbackConfig{.kind = FallbackConfig::Kind::OtherService};
                   policy.fallback_call.emplace();
                 }});
  all.push_back({"fallback.cached", "failed requests", &Seen::failed, Moves::Down, some_errors,
                 [](RoutePolicy& policy) {
                   policy.fallback = FallbackConfig{.kind = FallbackConfig::Kind::Cached};
                 }});
}

/// Twice as many requests as the back can serve, of users who wait for 300 ms: in order, all come
/// too late.
void add_servers(std::vector<Ablation>& all) {
  World overloaded{.backs = 1, .work = 10_ms, .concurrency = 1};
  overloaded.policy.timeouts.overall = 300_ms;
  const auto add = [&](const char* name, const World& world,
                       std::function<void(ServerPolicy&)> serve) {
    all.push_back({name, "failed requests", &Seen::failed, Moves::Down, world, [](RoutePolicy&) {},
                   std::move(serve)});
  };
  add("queue.order", overloaded,
      [](ServerPolicy& server) { server.queue.order = QueueOrder::Lifo; });
  World adaptive = overloaded;
  adaptive.queue_max = 1'000;
  adaptive.server.queue.order = QueueOrder::AdaptiveLifo;
  add("queue.lifoAbove", adaptive,
      [](ServerPolicy& server) { server.queue.lifo_above_percent = 5; });
  add("queue.ageMax", overloaded, [](ServerPolicy& server) { server.queue.age_max = 100_ms; });
  add("queue.codel", overloaded, [](ServerPolicy& server) { server.codel = CoDelConfig{}; });
  add("limit.aimd", overloaded,
      [](ServerPolicy& server) { server.limit = AimdLimitConfig{.timeout = 100_ms}; });
  add("limit.vegas", overloaded, [](ServerPolicy& server) { server.limit = VegasLimitConfig{}; });
  add("limit.gradient", overloaded, [](ServerPolicy& server) {
    server.limit =
        GradientLimitConfig{.min_rtt_interval = 60_s, .concurrency_update_interval = 100_ms};
  });
}

}  // namespace

std::vector<Ablation> ablations() {
  std::vector<Ablation> all;
  add_timeouts(all);
  add_retries(all);
  add_hedging(all);
  add_limits(all);
  add_balancers(all);
  add_servers(all);
  return all;
}

}  // namespace orrery::registry
