#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runner/scenario/call_reading.h"
#include "runner/scenario/istio_policies.h"
#include "runner/scenario/parts.h"
#include "runner/scenario/policy_fields.h"
#include "runner/scenario/scalars.h"

namespace orrery::scenario {
namespace {

using namespace resilience;

constexpr const char* kClients = "clients";

void read_aws_jitter(const Variant& variant, Backoff& into, Report& report) {
  static const std::vector<std::pair<std::string, AwsJitterBackoff::Kind>> kKinds{
      {"none", AwsJitterBackoff::Kind::None},
      {"full", AwsJitterBackoff::Kind::Full},
      {"equal", AwsJitterBackoff::Kind::Equal},
      {"decorrelated", AwsJitterBackoff::Kind::Decorrelated}};
  AwsJitterBackoff backoff;
  const Fields fields = fields_of(variant, {"jitter", "base", "cap"}, report);
  if (const Value* kind = fields.find("jitter")) {
    backoff.kind = read_choice(*kind, "a jitter", kKinds, report).value_or(backoff.kind);
  }
  take_duration(fields, "base", backoff.base, report);
  take_duration(fields, "cap", backoff.cap, report);
  into = backoff;
}

void read_backoff(const Value& value, Backoff& into, Report& report) {
  if (value.type == Value::Type::Text) {
    if (const auto wait = parse_duration(value.text)) {
      into = FixedBackoff{*wait};
      return;
    }
  }
  const auto variant =
      read_variant(value, "a duration, or a back-off",
                   {"envoy", "resilience4j", "grpc", "aws", "awsSdk", "linkerd"}, report);
  if (!variant) return;
  if (variant->name == "envoy") {
    EnvoyBackoff backoff;
    const Fields fields = fields_of(*variant, {"base", "max"}, report);
    take_duration(fields, "base", backoff.base, report);
    backoff.max = backoff.base * 10;
    take_duration(fields, "max", backoff.max, report);
    if (backoff.base < Duration::milliseconds(1) || backoff.max < backoff.base) {
      report.add(value.where, "1 ms <= base <= max",
                 to_string(backoff.base) + " and " + to_string(backoff.max));
      return;
    }
    into = backoff;
  } else if (variant->name == "resilience4j") {
    Resilience4jBackoff backoff;
    const Fields fields =
        fields_of(*variant, {"initial", "multiplier", "randomization", "max"}, report);
    take_duration(fields, "initial", backoff.initial, report);
    take_number(fields, "multiplier", 1, 1000, backoff.multiplier, report);
    take_number(fields, "randomization", 0, 1, backoff.randomization_factor, report);
    take_duration(fields, "max", backoff.max, report);
    into = backoff;
  } else if (variant->name == "grpc") {
    GrpcBackoff backoff;
    const Fields fields = fields_of(*variant, {"initial", "max", "multiplier"}, report);
    take_duration(fields, "initial", backoff.initial, report);
    take_duration(fields, "max", backoff.max, report);
    take_number(fields, "multiplier", 0.001, 1000, backoff.multiplier, report);
    into = backoff;
  } else if (variant->name == "aws") {
    read_aws_jitter(*variant, into, report);
  } else if (variant->name == "awsSdk") {
    AwsSdkBackoff backoff;
    const Fields fields = fields_of(*variant, {"scale", "max"}, report);
    take_duration(fields, "scale", backoff.scale, report);
    take_duration(fields, "max", backoff.max, report);
    into = backoff;
  } else {
    LinkerdBackoff backoff;
    const Fields fields = fields_of(*variant, {"min", "max", "jitter"}, report);
    take_duration(fields, "min", backoff.min, report);
    take_duration(fields, "max", backoff.max, report);
    take_number(fields, "jitter", 0, 1000, backoff.jitter, report);
    into = backoff;
  }
}

void read_retry_limit(const Value& value, RoutePolicy& into, Report& report) {
  const auto variant =
      read_variant(value, "a limit of retries", {"envoy", "linkerd", "grpc", "aws"}, report);
  if (!variant) return;
  if (variant->name == "envoy") {
    EnvoyRetryLimit limit;
    const Fields fields =
        fields_of(*variant, {"maxRetries", "budgetPercent", "minConcurrency"}, report);
    take_count(fields, "maxRetries", 0, limit.max_retries, report);
    if (const Value* percent = fields.find("budgetPercent")) {
      EnvoyRetryLimit::Budget budget;
      budget.percent = read_percent(*percent, report).value_or(0.2) * 100;
      take_count(fields, "minConcurrency", 0, budget.min_retry_concurrency, report);
      limit.budget = budget;
    } else if (const Value* least = fields.find("minConcurrency")) {
      report.add(*least, "\"budgetPercent\" beside it, of whose budget it is the least");
    }
    into.retry_limit = limit;
  } else if (variant->name == "linkerd") {
    TpsBudgetConfig budget;
    double ratio = 0.2;
    const Fields fields = fields_of(*variant, {"ttl", "minRetriesPerSecond", "retryRatio"}, report);
    take_duration(fields, "ttl", budget.ttl, report);
    take_count(fields, "minRetriesPerSecond", 0, budget.min_retries_per_second, report);
    take_number(fields, "retryRatio", 0, 1000, ratio, report);
    budget.retry_ratio = static_cast<float>(ratio);
    if (budget.ttl < Duration::seconds(1) || budget.ttl > Duration::seconds(60)) {
      report.add(value.where, "a ttl from 1 s to 60 s", to_string(budget.ttl));
      return;
    }
    into.retry_limit = budget;
  } else if (variant->name == "grpc") {
    into.retry_limit =
        read_grpc_throttle(fields_of(*variant, {"maxTokens", "tokenRatio"}, report), report);
  } else {
    AwsRetryQuotaConfig quota;
    const Fields fields =
        fields_of(*variant, {"capacity", "retryCost", "timeoutCost", "refund"}, report);
    take_count(fields, "capacity", 0, quota.capacity, report);
    take_count(fields, "retryCost", 0, quota.retry_cost, report);
    take_count(fields, "timeoutCost", 0, quota.timeout_cost, report);
    take_count(fields, "refund", 0, quota.no_retry_refund, report);
    into.retry_limit = quota;
  }
}

RetryConditions read_conditions(const Value& value, Report& report) {
  static const std::vector<std::pair<std::string, RetryOn>> kConditions{
      {"5xx", RetryOn::Status5xx},
      {"gateway-error", RetryOn::GatewayError},
      {"reset", RetryOn::Reset},
      {"connect-failure", RetryOn::ConnectFailure}};
  RetryConditions conditions;
  for (const Value& item : items(value, "a list of conditions", report)) {
    const auto condition = read_choice(item, "a condition", kConditions, report);
    if (condition) conditions.add(*condition);
  }
  return conditions;
}

void read_retries(const Value& value, RoutePolicy& into, Report& report) {
  const Fields fields{value, {"attempts", "on", "backoff", "limit", "avoidPreviousHosts"}, report};
  into.retry.on = {RetryOn::Status5xx};
  take_count(fields, "attempts", 0, into.retry.retries, report);
  if (const Value* on = fields.find("on")) into.retry.on = read_conditions(*on, report);
  if (const Value* backoff = fields.find("backoff")) read_backoff(*backoff, into.backoff, report);
  if (const Value* limit = fields.find("limit")) read_retry_limit(*limit, into, report);
  if (const Value* avoid = fields.find("avoidPreviousHosts")) {
    if (const auto times = read_count(*avoid, 0, 100, report)) {
      into.retry.avoids_previous_hosts = *times > 0;
      into.retry.host_reselection_max = static_cast<std::uint32_t>(*times);
    }
  }
}

void take_percentage(const Fields& fields, std::string_view key, float& into, Report& report) {
  const Value* value = fields.find(key);
  if (value == nullptr) return;
  const auto part = read_percent(*value, report);
  if (!part) return;
  if (*part > 0) {
    into = static_cast<float>(*part * 100);
  } else {
    report.add(*value, "a percentage above 0%");
  }
}

void read_hystrix(const Variant& variant, RoutePolicy& into, Report& report) {
  HystrixBreakerConfig config;
  float errors = static_cast<float>(config.error_threshold_percentage);
  const Fields fields = fields_of(
      variant, {"requestVolume", "errorPercent", "sleepWindow", "rollingWindow", "healthInterval"},
      report);
  take_count(fields, "requestVolume", 0, config.request_volume_threshold, report);
  take_percentage(fields, "errorPercent", errors, report);
  config.error_threshold_percentage = static_cast<std::uint32_t>(errors);
  take_duration(fields, "sleepWindow", config.sleep_window, report);
  take_duration(fields, "rollingWindow", config.rolling_window, report);
  take_duration(fields, "healthInterval", config.health_snapshot_interval, report);
  const std::int64_t interval = config.health_snapshot_interval.count_ns();
  if (interval == 0 || config.rolling_window.count_ns() % interval != 0 ||
      config.rolling_window == Duration{} || config.error_threshold_percentage == 0) {
    report.add(
        variant.settings->where, "a rollingWindow of whole healthIntervals, from 1% errors",
        to_string(config.rolling_window) + " and " + to_string(config.health_snapshot_interval));
    return;
  }
  into.command = config;
}

void read_resilience4j(const Variant& variant, RoutePolicy& into, Report& report) {
  Resilience4jBreakerConfig config;
  const Fields fields = fields_of(
      variant,
      {"failureRate", "slowCallRate", "slowCallDuration", "halfOpenCalls", "maxWaitInHalfOpen",
       "window", "windowSize", "minimumCalls", "waitInOpen", "automaticHalfOpen"},
      report);
  take_percentage(fields, "failureRate", config.failure_rate_threshold, report);
  take_percentage(fields, "slowCallRate", config.slow_call_rate_threshold, report);
  take_duration(fields, "slowCallDuration", config.slow_call_duration_threshold, report);
  take_count(fields, "halfOpenCalls", 1, config.permitted_calls_in_half_open, report);
  take_duration(fields, "maxWaitInHalfOpen", config.max_wait_in_half_open, report);
  if (const Value* window = fields.find("window")) {
    if (window->text == "time") {
      config.window = Resilience4jBreakerConfig::Window::Time;
    } else if (window->text != "count") {
      report.add(*window, "\"count\" or \"time\"");
    }
  }
  take_count(fields, "windowSize", 1, config.window_size, report);
  take_count(fields, "minimumCalls", 1, config.minimum_calls, report);
  take_duration(fields, "waitInOpen", config.wait_in_open, report);
  take_flag(fields, "automaticHalfOpen", config.automatic_half_open, report);
  into.breaker = config;
}

void read_breaker(const Value& value, RoutePolicy& into, Report& report) {
  const auto variant =
      read_variant(value, "a circuit breaker", {"hystrix", "resilience4j"}, report);
  if (!variant) return;
  if (variant->name == "hystrix") {
    read_hystrix(*variant, into, report);
  } else {
    read_resilience4j(*variant, into, report);
  }
}

void read_rate_limit(const Value& value, RoutePolicy& into, Report& report) {
  LocalRateLimitConfig config;
  const Fields fields{value, {"tokens", "perFill", "fillInterval"}, report};
  take_count(fields, "tokens", 1, config.max_tokens, report);
  take_count(fields, "perFill", 1, config.tokens_per_fill, report);
  take_duration(fields, "fillInterval", config.fill_interval, report);
  if (config.fill_interval < Duration::milliseconds(50)) {
    report.add(*fields.find("fillInterval"), "50ms or more, as Envoy demands");
    return;
  }
  into.rate_limit = config;
}

void read_pool(const Value& value, RoutePolicy& into, Report& report) {
  ConnectionPoolConfig config;
  const Fields fields{value,
                      {"maxConnections", "maxPendingRequests", "maxRequests",
                       "maxConnectionsPerHost", "streamsPerConnection"},
                      report};
  EnvoyThresholdsConfig& thresholds = config.thresholds;
  take_count(fields, "maxConnections", 1, thresholds.max_connections, report);
  take_count(fields, "maxPendingRequests", 0, thresholds.max_pending_requests, report);
  take_count(fields, "maxRequests", 1, thresholds.max_requests, report);
  take_count(fields, "streamsPerConnection", 1, config.streams_per_connection, report);
  if (fields.find("maxConnectionsPerHost") != nullptr) {
    thresholds.max_connections_per_host = 1;
    take_count(fields, "maxConnectionsPerHost", 1, *thresholds.max_connections_per_host, report);
  }
  into.pool = config;
}

void read_fallback(const Value& value, RoutePolicy& into, Reading& reading) {
  Report& report = reading.report;
  const auto variant = read_variant(value, "a fallback", {"static", "cached", "service"}, report);
  if (!variant) return;
  FallbackConfig config;
  if (variant->name == "static") {
    (void)fields_of(*variant, {}, report);
  } else if (variant->name == "service") {
    config.kind = FallbackConfig::Kind::OtherService;
    if (variant->settings == nullptr) {
      report.add(value, "{\"service\": {\"to\": \"the service that is called instead\"}}");
      return;
    }
    const Fields fields = fields_of(*variant, {"to", "operation", "maxConcurrent"}, report);
    take_count(fields, "maxConcurrent", 1, config.concurrent_max, report);
    const Value* to = fields.require("to", "the service that is called instead");
    if (to == nullptr) return;
    const Call call = read_call_target(*to, fields.find("operation"),
                                       "\"service\" or \"service:operation\"", reading);
    if (call.to.empty()) return;
    into.fallback_call = FallbackCall{call.to, call.operation};
  } else {
    config.kind = FallbackConfig::Kind::Cached;
    const Fields fields = fields_of(*variant, {"maxAge"}, report);
    take_duration(fields, "maxAge", config.age_max, report);
  }
  into.fallback = config;
}

/// "cart", or a list of such.
std::vector<const Value*> names_in(const Value& value, Report& report) {
  std::vector<const Value*> names;
  if (value.type != Value::Type::List) {
    names.push_back(&value);
    return names;
  }
  if (value.children.empty()) report.add(value.where, "at least one service", "none");
  for (const Value& item : value.children) names.push_back(&item);
  return names;
}

/// The named callers that there are, or all.
std::set<std::string> read_callers(const Value* from, const std::string& callee, const Callers& all,
                                   Reading& reading) {
  const auto known = all.find(callee);
  const std::set<std::string> present =
      known == all.end() ? std::set<std::string>{} : known->second;
  if (from == nullptr) return present;
  std::set<std::string> callers;
  for (const Value* name : names_in(*from, reading.report)) {
    const auto text = read_text(*name, "a service, or \"clients\"", reading.report);
    if (!text) continue;
    std::optional<std::string> caller = "";
    if (*text != kClients) caller = reading.catalog.service(name->where, *text, reading.report);
    if (!caller) continue;
    if (present.contains(*caller)) {
      callers.insert(*caller);
    } else if (reading.catalog.complete()) {
      reading.report.add(name->where, fmt::format("a caller of {}", short_service_name(callee)),
                         fmt::format("{}, which never calls it", caller_name(*caller)));
    }
  }
  return callers;
}

/// Keys of a policy that say whose it is.
bool is_about_whom(std::string_view key) { return key == "from" || key == "to"; }

/// Puts what `own` says under this key on top of `base`.
void lay_over(ClusterPolicy& base, const ClusterPolicy& own, std::string_view key) {
  if (key == "balancer") {
    base.balancer = own.balancer;
    base.hash = own.hash;
  }
  if (key == "weights") base.weights = own.weights;
  if (key == "slowStart") base.slow_start = own.slow_start;
  if (key == "locality") base.locality = own.locality;
  if (key == "outlierDetection") base.outliers = own.outliers;
  if (key == "failureAccrual") base.accrual = own.accrual;
  if (key == "healthCheck") base.health = own.health;
  if (key == "connectionPool") base.pool = own.pool;
}

/// The same for all of its clusters, and for what they share.
void lay_over(RoutePolicy& base, const RoutePolicy& own, std::string_view key) {
  lay_over(static_cast<ClusterPolicy&>(base), own, key);
  for (SubsetShare& share : base.split) {
    lay_over(share.policy, own, key);
    if (key == "connectTimeout") share.connect_timeout = Duration{};  // That of the route.
    if (key == "retries" || key == "hedging") share.retry_limit.reset();
  }
  if (key == "timeout") base.timeouts.overall = own.timeouts.overall;
  if (key == "perTryTimeout") base.timeouts.per_try = own.timeouts.per_try;
  if (key == "connectTimeout") base.timeouts.connect = own.timeouts.connect;
  if (key == "passDeadline") base.timeouts.passes_deadline_on = own.timeouts.passes_deadline_on;
  if (key == "deadlineMargin") base.timeouts.margin = own.timeouts.margin;
  if (key == "retries") {
    base.retry = own.retry;
    base.backoff = own.backoff;
    base.retry_limit = own.retry_limit;
    base.hedging.reset();
  }
  if (key == "hedging") {
    base.hedging = own.hedging;
    base.retry = own.retry;
    base.retry_limit = own.retry_limit;
    base.timeouts.per_try = own.timeouts.per_try;
  }
  if (key == "breaker") {
    base.command = own.command;
    base.breaker = own.breaker;
  }
  if (key == "rateLimit") base.rate_limit = own.rate_limit;
  if (key == "globalRateLimit") base.shared_limit = own.shared_limit;
  if (key == "admissionControl") base.admission = own.admission;
  if (key == "bulkhead") {
    base.bulkhead = own.bulkhead;
    base.thread_pool = own.thread_pool;
  }
  if (key == "fallback") {
    base.fallback = own.fallback;
    base.fallback_call = own.fallback_call;
  }
}

/// Whoever has a policy with another service as fallback calls that one, too. What is wrong is told
/// when the policies are read.
void add_callers_of_fallbacks(const Value& policies, const Catalog& catalog, Callers& callers) {
  Report ignored;
  const auto service_at = [&](const Value* name) -> std::optional<std::string> {
    if (name == nullptr || name->type != Value::Type::Text) return std::nullopt;
    const std::string text = name->text.substr(0, name->text.find(':'));
    return catalog.service(name->where, text, ignored);
  };
  const Callers without = callers;
  for (const Value& policy : policies.children) {
    const Value* fallback = policy.find("fallback");
    const Value* kind = fallback == nullptr ? nullptr : fallback->find("service");
    const auto other = service_at(kind == nullptr ? nullptr : kind->find("to"));
    const Value* to = policy.find("to");
    if (!other || to == nullptr) continue;
    const Value* from = policy.find("from");
    std::set<std::string> named;
    for (const Value* name :
         from == nullptr ? std::vector<const Value*>{} : names_in(*from, ignored)) {
      named.insert(name->text == kClients ? "" : service_at(name).value_or(""));
    }
    for (const Value* name : names_in(*to, ignored)) {
      const auto callee = service_at(name);
      const auto known = callee ? without.find(*callee) : without.end();
      if (known == without.end()) continue;
      for (const std::string& caller : known->second) {
        if (from == nullptr || named.contains(caller)) callers[*other].insert(caller);
      }
    }
  }
}

/// What health checks ask for is there to be asked for.
void check_path(const Value& policy, const std::string& callee, Reading& reading) {
  const Value* check = policy.find("healthCheck");
  const Value* path = check == nullptr ? nullptr : check->find("path");
  if (path == nullptr || path->type != Value::Type::Text || path->text.empty()) return;
  const auto service = reading.scenario.services.find(callee);
  std::vector<std::string> names;
  if (service != reading.scenario.services.end()) {
    for (const Operation& operation : service->second.operations) names.push_back(operation.name);
  }
  const std::string whose = short_service_name(callee);
  if (names.empty()) {
    reading.report.add(*path, fmt::format("an operation of {}", whose),
                       fmt::format("\"services\" says no operations of {}", whose));
    return;
  }
  const auto asked = std::find(names.begin(), names.end(), path->text);
  if (asked == names.end()) {
    reading.report.add(*path, fmt::format("an operation of {}: {}", whose, one_of(names)),
                       did_you_mean(path->text, names));
    return;
  }
  const Operation& operation =
      service->second.operations[static_cast<std::size_t>(asked - names.begin())];
  if (service->second.leader && operation.writes) {
    reading.report.add(*path, "an operation that every pod does",
                       fmt::format("{}, which the leader of {} alone does", path->text, whose));
  }
}

Fields fields_of_policy(const Value& value, Report& report) {
  return {value,
          {"from",
           "to",
           "timeout",
           "perTryTimeout",
           "connectTimeout",
           "passDeadline",
           "deadlineMargin",
           "retries",
           "hedging",
           "breaker",
           "rateLimit",
           "globalRateLimit",
           "admissionControl",
           "bulkhead",
           "balancer",
           "weights",
           "slowStart",
           "locality",
           "outlierDetection",
           "failureAccrual",
           "healthCheck",
           "connectionPool",
           "fallback"},
          report};
}

/// What a policy says, whoever it is of.
RoutePolicy read_keys(const Fields& fields, Reading& reading) {
  Report& report = reading.report;
  RoutePolicy policy;
  take_duration(fields, "timeout", policy.timeouts.overall, report);
  take_duration(fields, "perTryTimeout", policy.timeouts.per_try, report);
  take_duration(fields, "connectTimeout", policy.timeouts.connect, report);
  take_flag(fields, "passDeadline", policy.timeouts.passes_deadline_on, report);
  take_duration(fields, "deadlineMargin", policy.timeouts.margin, report);
  if (const Value* retries = fields.find("retries")) read_retries(*retries, policy, report);
  if (const Value* hedging = fields.find("hedging")) {
    read_hedging(*hedging, policy, report);
    for (const char* other : {"retries", "perTryTimeout"}) {
      if (fields.find(other) == nullptr) continue;
      report.add(*hedging, fmt::format("\"hedging\" or \"{}\", as a call of gRPC has one", other));
    }
  }
  if (const Value* breaker = fields.find("breaker")) read_breaker(*breaker, policy, report);
  if (const Value* limit = fields.find("rateLimit")) read_rate_limit(*limit, policy, report);
  if (const Value* limit = fields.find("globalRateLimit")) {
    read_shared_limit(*limit, reading.scenario.rate_limits, policy, report);
  }
  if (const Value* admission = fields.find("admissionControl")) {
    read_admission_control(*admission, policy, report);
  }
  if (const Value* bulkhead = fields.find("bulkhead")) read_bulkhead(*bulkhead, policy, report);
  read_balancing(fields, policy, report);
  if (const Value* pool = fields.find("connectionPool")) read_pool(*pool, policy, report);
  if (const Value* fallback = fields.find("fallback")) read_fallback(*fallback, policy, reading);
  return policy;
}

/// Whom a policy is about, with where the called one is named.
std::vector<std::pair<Way, const Value*>> read_ways(const Value& policy, const Fields& fields,
                                                    Reading& reading) {
  Report& report = reading.report;
  std::vector<std::pair<Way, const Value*>> ways;
  const Value* to = fields.require("to", "the service that is called");
  if (to == nullptr) return ways;
  const Value* from = fields.find("from");
  for (const Value* name : names_in(*to, report)) {
    const auto text = read_text(*name, "a service", report);
    if (!text) continue;
    const auto callee = reading.catalog.service(name->where, *text, report);
    if (!callee) continue;
    check_path(policy, *callee, reading);
    const std::set<std::string> callers = read_callers(from, *callee, reading.callers, reading);
    if (callers.empty() && from == nullptr && reading.catalog.complete()) {
      report.add(name->where, "a service that is called",
                 fmt::format("{}, which nobody calls", short_service_name(*callee)));
    }
    for (const std::string& caller : callers) ways.emplace_back(Way{caller, *callee}, name);
  }
  return ways;
}

/// What the scenario says of calls, to be laid over what Istio's rules say of them.
struct Layer {
  const Value* value = nullptr;  ///< The policy.
  RoutePolicy own;
};
/// By caller and callee, the lowest first.
using Layers = std::map<Way, std::vector<Layer>>;

void lay_over(SourcedPolicy& base, const Layer& layer) {
  for (const Value& key : layer.value->children) {
    if (is_about_whom(key.key)) continue;
    lay_over(base.policy, layer.own, key.key);
    forget_origin(base.origins, key.key);
    if (key.key == "retries") forget_origin(base.origins, "retries.limit");
    if (key.key == "hedging") {
      for (const char* replaced : {"retries", "retries.limit", "perTryTimeout"}) {
        forget_origin(base.origins, replaced);
      }
    }
    base.origins[key.key] = {"policies", key.where};
  }
}

/// `policies` of the scenario, laid over what Istio's rules say.
class PolicyReader {
 public:
  PolicyReader(SourcedPolicies base, Reading& reading)
      : policies_{std::move(base)}, reading_{reading} {}

  void read(const Value& value);
  /// Whether what is called instead can be: nothing is instead of it, and it does not call back.
  void check_fallbacks();
  void check_limits();  ///< Whether each is of use.
  [[nodiscard]] SourcedPolicies take() { return std::move(policies_); }
  [[nodiscard]] Layers take_layers() { return std::move(layers_); }

 private:
  void apply(const Value& value, const RoutePolicy& own, const Way& way, const Value& name);

  SourcedPolicies policies_;
  Layers layers_;  ///< Of those that the scenario has a policy for.
  Reading& reading_;
};

void PolicyReader::read(const Value& value) {
  const Fields fields = fields_of_policy(value, reading_.report);
  const RoutePolicy policy = read_keys(fields, reading_);
  std::vector<const RoutePolicy*> results;
  for (const auto& [way, name] : read_ways(value, fields, reading_)) {
    apply(value, policy, way, *name);
    results.push_back(&policies_.at(way).policy);
  }
  check_balancing(fields, results, reading_.report);
}

void PolicyReader::check_fallbacks() {
  for (const auto& [way, sourced] : policies_) {
    if (!sourced.policy.fallback_call) continue;
    const std::string& other = sourced.policy.fallback_call->service;
    const api::Place& where = sourced.origins.at("fallback").where;
    if (other == way.second) {
      reading_.report.add(where, "another service than the one that is called",
                          short_service_name(other));
    }
    const auto behind = policies_.find(Way{way.first, other});
    if (behind != policies_.end() && behind->second.policy.fallback_call) {
      reading_.report.add(where, "a service without a service as its own fallback",
                          fmt::format("{}, whose calls from {} have one", short_service_name(other),
                                      caller_name(way.first)));
    }
    // All that lead to the caller, one way or another.
    std::set<std::string> before{way.first};
    std::vector<std::string> open{way.first};
    while (!open.empty()) {
      const auto callers = reading_.callers.find(open.back());
      open.pop_back();
      if (callers == reading_.callers.end()) continue;
      for (const std::string& caller : callers->second) {
        if (before.insert(caller).second) open.push_back(caller);
      }
    }
    if (!way.first.empty() && before.contains(other)) {
      reading_.report.add(
          where, "a service from which no call comes back to its caller",
          fmt::format("{}, which leads to {}", short_service_name(other), caller_name(way.first)));
    }
  }
}

void PolicyReader::check_limits() {
  for (const auto& [name, limit] : reading_.scenario.rate_limits) {
    const std::string& wanted = name;  // clang captures no structured binding.
    const bool used = std::any_of(policies_.begin(), policies_.end(), [&](const auto& entry) {
      const auto& its = entry.second.policy.shared_limit;
      return its && its->name == wanted;
    });
    if (!used) {
      reading_.report.add(limit.where, "a limit that a policy's \"globalRateLimit\" names",
                          "no policy does");
    }
  }
}

void PolicyReader::apply(const Value& value, const RoutePolicy& own, const Way& way,
                         const Value& name) {
  if (layers_.contains(way)) {
    reading_.report.add(name.where, "one policy for the calls from a service to another",
                        fmt::format("another one from {} to {}", caller_name(way.first),
                                    short_service_name(way.second)));
    return;
  }
  layers_[way].push_back({&value, own});
  lay_over(policies_[way], layers_[way].back());
}

/// What cannot change while the run goes on: what makes calls of its own, above all. `before`: the
/// policies that `own` is to be laid over.
void check_change(const Fields& fields, const RoutePolicy& own,
                  const std::vector<const RoutePolicy*>& before, Report& report) {
  const char* hint = "give it under \"policies\"";
  const auto some = [&](const auto& has) {
    return std::any_of(before.begin(), before.end(),
                       [&](const RoutePolicy* policy) { return has(*policy); });
  };
  if (const Value* limit = fields.find("globalRateLimit")) {
    report.add(limit->where, "no \"globalRateLimit\" while the run goes on", "one", hint);
  }
  const Value* check = fields.find("healthCheck");
  if (check != nullptr && own.health && some([&](const RoutePolicy& policy) {
        return own.health->path != (policy.health ? policy.health->path : "");
      })) {
    report.add(check->where, "no other \"path\" of health checks while the run goes on",
               "\"" + own.health->path + "\"", hint);
  }
  const Value* fallback = fields.find("fallback");
  if (fallback != nullptr && (own.fallback_call || some([](const RoutePolicy& policy) {
                                return policy.fallback_call.has_value();
                              }))) {
    report.add(fallback->where, "no service as fallback that comes or goes while the run goes on",
               "one", hint);
  }
  const Value* per_try = fields.find("perTryTimeout");
  if (per_try != nullptr && fields.find("retries") == nullptr &&
      some([](const RoutePolicy& policy) { return policy.hedging.has_value(); })) {
    report.add(per_try->where, "\"retries\" beside it, which take the place of \"hedging\"",
               "calls that are hedged");
  }
}

/// "route (v1 90, v2 10)", "route (to all pods)".
std::string route_text(const RoutePolicy& policy) {
  std::string text;
  for (const SubsetShare& share : policy.split) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
                        share.name.empty() ? "no subset" : share.name, share.weight);
  }
  return fmt::format("route ({})", text.empty() ? "to all pods" : text);
}

/// Whether both send the same part of the calls to the same pods.
bool splits_alike(const RoutePolicy& a, const RoutePolicy& b) {
  return std::equal(a.split.begin(), a.split.end(), b.split.begin(), b.split.end(),
                    [](const SubsetShare& one, const SubsetShare& other) {
                      return one.name == other.name && one.labels == other.labels &&
                             one.weight == other.weight;
                    });
}

/// Whether both send the same part of the calls to subsets of the same names, whichever pods these
/// have.
bool weighs_alike(const RoutePolicy& a, const RoutePolicy& b) {
  const auto called = [](const RoutePolicy& policy) {
    std::vector<std::pair<std::string, std::uint32_t>> shares;
    for (const SubsetShare& share : policy.split) {
      if (share.weight > 0) shares.emplace_back(share.name, share.weight);
    }
    return shares;
  };
  return called(a) == called(b);
}

/// The keys of what two policies say otherwise, as far as Istio's rules say it. The rules are not
/// known yet.
std::vector<ChangedKey> keys_changed(const RoutePolicy& before, const RoutePolicy& after) {
  std::vector<ChangedKey> keys;
  const auto add = [&](const char* key, bool same) {
    if (!same) keys.push_back({key, key, {}});
  };
  if (!splits_alike(before, after)) keys.push_back({"route", route_text(after), {}});
  add("timeout", before.timeouts.overall == after.timeouts.overall);
  add("retries", before.retry == after.retry && before.backoff == after.backoff);
  add("perTryTimeout", before.timeouts.per_try == after.timeouts.per_try);
  add("fault", before.injection == after.injection);
  // Of clusters that both have; those that only one has are part of the route.
  const auto alike = [&](const auto& part) {
    for (std::uint32_t number = 0; number < after.cluster_count(); ++number) {
      const auto its = after.cluster_like(number, before);
      if (its && part(after, number) != part(before, *its)) return false;
    }
    return true;
  };
  add("balancer", alike([](const RoutePolicy& policy, std::uint32_t number) {
        return policy.cluster(number).balancer;
      }));
  add("connectTimeout", alike([](const RoutePolicy& policy, std::uint32_t number) {
        return policy.connect_timeout(number);
      }));
  add("connectionPool", alike([](const RoutePolicy& policy, std::uint32_t number) {
        return policy.cluster(number).pool;
      }));
  add("outlierDetection", alike([](const RoutePolicy& policy, std::uint32_t number) {
        return policy.cluster(number).outliers;
      }));
  add("retries.limit", alike([](const RoutePolicy& policy, std::uint32_t number) {
        return policy.retry_limit_of(number);
      }));
  if (keys.empty()) keys.push_back({"route", "route", {}});
  return keys;
}

/// Those of `rules` that may say which pods the subsets have.
std::vector<std::string> rules_of_subsets(const std::vector<std::string>& rules) {
  std::vector<std::string> some;
  for (const std::string& rule : rules) {
    if (rule.starts_with("DestinationRule/")) some.push_back(rule);
  }
  return some.empty() ? rules : some;
}

/// Which of `rules`, "VirtualService/shop/cart", say the key, by where it comes from after they
/// hold, or else came from before: all of them if neither knows.
std::vector<std::string> rules_behind(const std::string& key, const std::vector<std::string>& rules,
                                      std::initializer_list<const PolicyOrigins*> origins) {
  for (const PolicyOrigins* known : origins) {
    std::vector<std::string> behind;
    for (const std::string& rule : rules) {
      const std::size_t slash = rule.find('/');
      const std::string name =
          rule.substr(0, slash + 1) + short_service_name(rule.substr(slash + 1));
      const bool says = std::any_of(known->begin(), known->end(), [&](const auto& origin) {
        const bool of_key = origin.first == key || origin.first.starts_with(key + " of subset ");
        return of_key && origin.second.rule == name;
      });
      if (says) behind.push_back(rule);
    }
    if (!behind.empty()) return behind;
  }
  return rules;
}

/// What entries of the timeline make of policies, in its order.
class PolicyChanges {
 public:
  /// `by_rules`: what Istio's rules say at first, and then after each entry that applies some.
  PolicyChanges(std::vector<SourcedPolicies> by_rules, Layers layers, Reading& reading)
      : by_rules_{std::move(by_rules)},
        layers_{std::move(layers)},
        reading_{reading},
        in_force_{reading.scenario.policies} {}

  /// Other rules hold from this entry on. Returns where those policies come from that they change.
  std::map<Way, PolicyOrigins> apply_rules(const TimelineEntry& entry, ApplyAction& action);
  void change(const std::string& id, PolicyAction& action);

 private:
  void check_layers(const TimelineEntry& entry, const Way& way, const RoutePolicy& after);

  std::vector<SourcedPolicies> by_rules_;
  std::size_t state_ = 0;  ///< Of these.
  Layers layers_;
  Reading& reading_;
  std::map<Way, RoutePolicy> in_force_;
};

std::map<Way, PolicyOrigins> PolicyChanges::apply_rules(const TimelineEntry& entry,
                                                        ApplyAction& action) {
  std::map<Way, PolicyOrigins> origins;
  const SourcedPolicies& before = by_rules_[state_];
  const SourcedPolicies& after = by_rules_[++state_];
  std::set<Way> ways;
  for (const SourcedPolicies* both : {&before, &after}) {
    for (const auto& [way, policy] : *both) ways.insert(way);
  }
  for (const Way& way : ways) {
    const auto said = after.find(way);
    SourcedPolicy now = said == after.end() ? SourcedPolicy{} : said->second;
    for (const Layer& layer : layers_[way]) lay_over(now, layer);
    RoutePolicy& known = in_force_[way];
    if (now.policy == known) continue;
    check_layers(entry, way, now.policy);
    // Calls have to have a policy before it can change, though it says nothing.
    reading_.scenario.policies.try_emplace(way);
    std::vector<ChangedKey> keys = keys_changed(known, now.policy);
    const auto had = before.find(way);
    const PolicyOrigins none;
    for (ChangedKey& key : keys) {
      if (key.key == "route" && weighs_alike(known, now.policy)) {
        key.rules = rules_of_subsets(action.rules);
        continue;
      }
      key.rules = rules_behind(key.key, action.rules,
                               {&now.origins, had == before.end() ? &none : &had->second.origins});
    }
    action.changes[way] = {now.policy, std::move(keys)};
    known = std::move(now.policy);
    origins[way] = std::move(now.origins);
  }
  return origins;
}

/// What the scenario says must go with what is applied, as with what was there.
void PolicyChanges::check_layers(const TimelineEntry& entry, const Way& way,
                                 const RoutePolicy& after) {
  for (const Layer& layer : layers_[way]) {
    Report known;  // What is wrong with the keys themselves.
    Report wrong;
    check_balancing(fields_of_policy(*layer.value, known), {&after}, wrong);
    for (const api::Problem& problem : wrong.problems()) {
      reading_.report.add(
          problem.where, problem.expected,
          fmt::format("it beside what the timeline's \"{}\" applies for calls "
                      "from {} to {}",
                      entry.id, caller_name(way.first), short_service_name(way.second)));
    }
  }
}

void PolicyChanges::change(const std::string& id, PolicyAction& action) {
  const Value& value = *reading_.changed_policies.at(id);
  const Fields fields = fields_of_policy(value, reading_.report);
  const RoutePolicy own = read_keys(fields, reading_);
  for (const Value& key : value.children) {
    if (!is_about_whom(key.key)) action.keys.push_back(key.key);
  }
  if (value.type == Value::Type::Object && action.keys.empty()) {
    reading_.report.add(value.where, "something that changes, such as \"timeout\"", "nothing");
  }
  const auto ways = read_ways(value, fields, reading_);
  std::vector<const RoutePolicy*> changed;
  for (const auto& [way, name] : ways) changed.push_back(&in_force_[way]);
  check_change(fields, own, changed, reading_.report);
  for (const auto& [way, name] : ways) {
    // Calls have to have a policy before it can change, though it says nothing.
    reading_.scenario.policies.try_emplace(way);
    RoutePolicy& policy = in_force_[way];
    for (const std::string& key : action.keys) lay_over(policy, own, key);
    action.policies[way] = policy;
    layers_[way].push_back({&value, own});
  }
  check_balancing(fields, changed, reading_.report);
}

/// The rules that hold at first, and after each entry that applies some.
std::vector<api::istio::Rules> states_of(const api::istio::Rules& rules, Reading& reading) {
  std::vector<api::istio::Rules> states{rules};
  for (const TimelineEntry& entry : reading.scenario.timeline) {
    const auto* action = std::get_if<ApplyAction>(&entry.action);
    if (action == nullptr || action->rules.empty()) continue;
    states.push_back(states.back());
    if (!action->deletes) {
      apply_rules(states.back(), reading.applied_by.at(entry.id)->rules);
      continue;
    }
    const Value& names = *reading.deleted_by.at(entry.id);
    for (std::size_t i = 0; i < action->rules.size(); ++i) {
      const std::string& name = action->rules[i];
      if (delete_rule(states.back(), name)) continue;
      const bool all_read = names.children.size() == action->rules.size();
      reading.report.add(all_read ? names.children[i].where : names.where,
                         "a rule that there is by then", "\"" + name + "\"",
                         did_you_mean(name, names_of(states.back())));
    }
  }
  return states;
}

}  // namespace

ReadPolicies read_policies(const Value* policies, const api::istio::Rules& rules,
                           Reading& reading) {
  reading.callers = callers_of(reading.scenario);
  if (policies != nullptr) add_callers_of_fallbacks(*policies, reading.catalog, reading.callers);
  std::vector<SourcedPolicies> by_rules = istio_policies(states_of(rules, reading), reading);
  PolicyReader reader{by_rules.front(), reading};
  if (policies != nullptr) {
    for (const Value& policy : items(*policies, "a list of policies", reading.report)) {
      reader.read(policy);
    }
  }
  reader.check_fallbacks();
  reader.check_limits();
  ReadPolicies read;
  for (auto& [way, sourced] : reader.take()) {
    read.first[way] = std::move(sourced.origins);
    reading.scenario.policies.emplace(way, std::move(sourced.policy));
  }
  PolicyChanges changes{std::move(by_rules), reader.take_layers(), reading};
  for (TimelineEntry& entry : reading.scenario.timeline) {
    if (auto* policy = std::get_if<PolicyAction>(&entry.action)) changes.change(entry.id, *policy);
    auto* apply = std::get_if<ApplyAction>(&entry.action);
    if (apply == nullptr || apply->rules.empty()) continue;
    auto origins = changes.apply_rules(entry, *apply);
    if (!origins.empty()) read.changed.emplace_back(entry.id, std::move(origins));
  }
  return read;
}

}  // namespace orrery::scenario
