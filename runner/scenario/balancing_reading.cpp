#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runner/scenario/policy_fields.h"

namespace orrery::scenario {
namespace {

using namespace resilience;

void take_hash(const Fields& fields, HashPolicy& into, Report& report) {
  static const std::vector<std::pair<std::string, HashKey>> kKeys{
      {"user", HashKey::User}, {"session", HashKey::Session}, {"path", HashKey::Path}};
  if (const Value* key = fields.find("key")) {
    into.key = read_choice(*key, "what is hashed", kKeys, report).value_or(into.key);
  }
  const Value* bound = fields.find("boundedLoad");
  if (bound == nullptr) return;
  if (const auto percent = read_count(*bound, 100, 10'000, report)) {
    into.balance_factor = static_cast<std::uint32_t>(*percent);
  }
}

void read_ring(const Variant& variant, RoutePolicy& into, Report& report) {
  constexpr std::int64_t kRingMax = std::int64_t{1} << 23;
  RingHashConfig config;
  const Fields fields =
      fields_of(variant, {"minRingSize", "maxRingSize", "key", "boundedLoad"}, report);
  const auto take_size = [&](const char* key, std::uint32_t& size) {
    const Value* value = fields.find(key);
    if (value == nullptr) return;
    if (const auto entries = read_count(*value, 1, kRingMax, report)) {
      size = static_cast<std::uint32_t>(*entries);
    }
  };
  take_size("minRingSize", config.ring_size_min);
  take_size("maxRingSize", config.ring_size_max);
  take_hash(fields, into.hash, report);
  if (config.ring_size_min > config.ring_size_max) {
    report.add(variant.settings->where, "minRingSize <= maxRingSize",
               fmt::format("{} and {}", config.ring_size_min, config.ring_size_max));
    return;
  }
  into.balancer = config;
}

void read_maglev(const Variant& variant, RoutePolicy& into, Report& report) {
  MaglevConfig config;
  const Fields fields = fields_of(variant, {"tableSize", "key", "boundedLoad"}, report);
  if (const Value* size = fields.find("tableSize")) {
    const auto slots = read_count(*size, 2, 5'000'011, report);
    bool prime = true;
    for (std::int64_t factor = 2; slots && factor * factor <= *slots; ++factor) {
      prime = prime && *slots % factor != 0;
    }
    if (!prime) report.add(*size, "a prime number, such as 65537");
    if (slots && prime) config.table_size = static_cast<std::uint32_t>(*slots);
  }
  take_hash(fields, into.hash, report);
  into.balancer = config;
}

void read_balancer(const Value& value, RoutePolicy& into, Report& report) {
  const auto variant = read_variant(
      value, "a load balancer",
      {"random", "round-robin", "least-request", "peak-ewma", "pick-first", "ring-hash", "maglev"},
      report);
  if (!variant) return;
  if (variant->name == "random") {
    (void)fields_of(*variant, {}, report);
    into.balancer = RandomConfig{};
  } else if (variant->name == "round-robin") {
    (void)fields_of(*variant, {}, report);
    into.balancer = RoundRobinConfig{};
  } else if (variant->name == "least-request") {
    LeastRequestConfig config;
    const Fields fields = fields_of(*variant, {"choices", "fullScan"}, report);
    take_count(fields, "choices", 1, config.choice_count, report);
    take_flag(fields, "fullScan", config.full_scan, report);
    into.balancer = config;
  } else if (variant->name == "pick-first") {
    PickFirstConfig config;
    const Fields fields = fields_of(*variant, {"shuffle"}, report);
    take_flag(fields, "shuffle", config.shuffles, report);
    into.balancer = config;
  } else if (variant->name == "ring-hash") {
    read_ring(*variant, into, report);
  } else if (variant->name == "maglev") {
    read_maglev(*variant, into, report);
  } else {
    PeakEwmaConfig config;
    const Fields fields = fields_of(*variant, {"decay", "defaultRtt"}, report);
    take_duration(fields, "decay", config.decay, report);
    take_duration(fields, "defaultRtt", config.default_rtt, report);
    if (config.decay == Duration{}) {
      report.add(value.where, "a decay above 0s", "0s");
      return;
    }
    into.balancer = config;
  }
}

bool takes_turns(const ClusterPolicy& policy) {
  return policy.balancer && (std::holds_alternative<RoundRobinConfig>(*policy.balancer) ||
                             std::holds_alternative<LeastRequestConfig>(*policy.balancer));
}

/// Whether the balancer looks at weights.
bool weighs(const BalancerConfig& balancer) {
  return std::holds_alternative<RoundRobinConfig>(balancer) ||
         std::holds_alternative<LeastRequestConfig>(balancer) ||
         std::holds_alternative<RingHashConfig>(balancer) ||
         std::holds_alternative<MaglevConfig>(balancer);
}

void read_weights(const Value& value, RoutePolicy& into, Report& report) {
  for (const Value& weight :
       named_members(value, "an object of weights by the image of pods", report)) {
    const auto number =
        weight.type == Value::Type::Number ? parse_number(weight.text) : std::nullopt;
    if (number && *number >= 0.001 && *number <= 1000) {
      into.weights[weight.key] = *number;
    } else {
      report.add(weight, "a number from 0.001 to 1000");
    }
  }
}

void read_slow_start(const Value& value, RoutePolicy& into, Report& report) {
  SlowStartConfig config;
  const Fields fields{value, {"window", "aggression", "minWeight"}, report};
  if (fields.require("window", "how long a new pod gets less than its share") == nullptr) return;
  take_duration(fields, "window", config.window, report);
  take_number(fields, "aggression", 0.001, 1000, config.aggression, report);
  if (const Value* least = fields.find("minWeight")) {
    const auto part = read_percent(*least, report);
    if (part && *part == 0) report.add(*least, "a percentage above 0%");
    config.min_weight = part.value_or(config.min_weight);
  }
  if (config.window == Duration{}) {
    report.add(value.where, "a window above 0s", "0s");
    return;
  }
  into.slow_start = config;
}

void read_locality(const Value& value, RoutePolicy& into, Report& report) {
  const auto variant =
      read_variant(value, "how zones are preferred", {"zone-aware", "failover"}, report);
  if (!variant) return;
  if (variant->name == "zone-aware") {
    ZoneAwareConfig config;
    const Fields fields = fields_of(*variant, {"minPods", "enabled", "ownZoneAlone"}, report);
    take_count(fields, "minPods", 0, config.min_cluster_size, report);
    take_share(fields, "enabled", config.routing_enabled, report);
    take_flag(fields, "ownZoneAlone", config.force_locality_direct_routing, report);
    into.locality = config;
    return;
  }
  PriorityLoadConfig config;
  const Fields fields = fields_of(*variant, {"overprovisioning"}, report);
  if (const Value* factor = fields.find("overprovisioning")) {
    if (const auto percent = read_count(*factor, 100, 10'000, report)) {
      config.overprovisioning_factor = static_cast<std::uint32_t>(*percent);
    }
  }
  into.locality = config;
}

void read_outliers(const Value& value, RoutePolicy& into, Report& report) {
  using Rule = OutlierDetectionConfig::EjectionLimitRule;
  static const std::vector<std::pair<std::string, Rule>> kRules{
      {"before", Rule::PercentBefore},
      {"after-or-first", Rule::PercentAfterOrFirst},
      {"after", Rule::PercentAfter}};
  OutlierPolicy policy;
  OutlierDetectionConfig& config = policy.detection;
  const auto enforce = [&](OutlierKind kind, bool enforced) {
    config.enforcing[static_cast<std::size_t>(kind)] = enforced ? 100 : 0;
  };
  const Fields fields{value,
                      {"consecutive5xx", "consecutiveGatewayErrors", "successRate",
                       "failurePercentage", "interval", "baseEjectionTime", "maxEjectionTime",
                       "maxEjectionPercent", "ejectionLimit", "panicThreshold"},
                      report};
  take_count(fields, "consecutive5xx", 0, config.consecutive_5xx, report);
  if (const Value* gateway = fields.find("consecutiveGatewayErrors")) {
    take_count(fields, "consecutiveGatewayErrors", 0, config.consecutive_gateway_failure, report);
    enforce(OutlierKind::ConsecutiveGatewayFailure, gateway->text != "0");
  }
  bool success_rate = true;
  take_flag(fields, "successRate", success_rate, report);
  enforce(OutlierKind::SuccessRate, success_rate);
  bool failure_percentage = false;
  take_flag(fields, "failurePercentage", failure_percentage, report);
  enforce(OutlierKind::FailurePercentage, failure_percentage);
  take_duration(fields, "interval", config.interval, report);
  take_duration(fields, "baseEjectionTime", config.base_ejection_time, report);
  config.max_ejection_time = std::max(config.max_ejection_time, config.base_ejection_time);
  take_duration(fields, "maxEjectionTime", config.max_ejection_time, report);
  take_share(fields, "maxEjectionPercent", config.max_ejection_percent, report);
  take_share(fields, "panicThreshold", policy.panic_threshold, report);
  if (const Value* limit = fields.find("ejectionLimit")) {
    config.ejection_limit_rule = read_choice(*limit, "an ejection limit", kRules, report)
                                     .value_or(config.ejection_limit_rule);
  }
  if (config.interval == Duration{} || config.max_ejection_time < config.base_ejection_time) {
    report.add(
        value.where, "an interval above 0s, and baseEjectionTime <= maxEjectionTime",
        fmt::format("{}, {} and {}", to_string(config.interval),
                    to_string(config.base_ejection_time), to_string(config.max_ejection_time)));
    return;
  }
  into.outliers = policy;
}

void read_accrual(const Value& value, RoutePolicy& into, Report& report) {
  FailureAccrualConfig config;
  const Fields fields{value, {"maxFailures", "minPenalty", "maxPenalty", "jitter"}, report};
  take_count(fields, "maxFailures", 1, config.max_failures, report);
  take_duration(fields, "minPenalty", config.backoff.min, report);
  take_duration(fields, "maxPenalty", config.backoff.max, report);
  take_number(fields, "jitter", 0, 100, config.backoff.jitter, report);
  if (config.backoff.min == Duration{} || config.backoff.max < config.backoff.min) {
    report.add(value.where, "0s < minPenalty <= maxPenalty",
               to_string(config.backoff.min) + " and " + to_string(config.backoff.max));
    return;
  }
  into.accrual = config;
}

/// Ranges of statuses as Envoy has them: without their end.
void take_statuses(const Fields& fields, std::string_view key, std::vector<StatusRange>& into,
                   Report& report) {
  static const std::string kExpected = "a list of ranges such as {\"start\": 200, \"end\": 300}";
  const Value* value = fields.find(key);
  if (value == nullptr) return;
  const std::vector<Value>& ranges = items(*value, kExpected, report);
  if (value->type == Value::Type::List && ranges.empty()) report.add(*value, kExpected);
  for (const Value& range : ranges) {
    if (range.type != Value::Type::Object) {
      report.add(range, "a range such as {\"start\": 200, \"end\": 300}");
      continue;
    }
    const Fields ends{range, {"start", "end"}, report};
    const Value* start = ends.require("start", "the first status of the range");
    const Value* end = ends.require("end", "the status behind the last of the range");
    if (start == nullptr || end == nullptr) continue;
    const auto first = read_count(*start, 100, 599, report);
    const auto behind = read_count(*end, 101, 600, report);
    if (!first || !behind) continue;
    if (*first < *behind) {
      into.push_back({static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*behind - 1)});
    } else {
      report.add(range.where, "start < end", fmt::format("{} and {}", *first, *behind));
    }
  }
}

/// A duration above 0s.
void take_interval(const Fields& fields, std::string_view key, std::optional<Duration>& into,
                   Report& report) {
  const Value* value = fields.find(key);
  if (value == nullptr) return;
  into = read_duration(*value, report);
  if (into == Duration{}) report.add(*value, "a duration above 0s");
}

void read_health_check(const Value& value, RoutePolicy& into, Report& report) {
  HealthCheckPolicy policy;
  ActiveHealthCheckConfig& check = policy.check;
  const Fields fields{value,
                      {"interval", "timeout", "unhealthyThreshold", "healthyThreshold",
                       "unhealthyInterval", "unhealthyEdgeInterval", "healthyEdgeInterval",
                       "noTrafficInterval", "noTrafficHealthyInterval", "initialJitter", "jitter",
                       "jitterPercent", "expectedStatuses", "retriableStatuses", "panicThreshold",
                       "path", "closeConnectionsOnFailure", "reuseConnection"},
                      report};
  const bool whole = fields.require("interval", "how often a host is asked") != nullptr &&
                     fields.require("timeout", "how long an answer may take") != nullptr &&
                     fields.require("unhealthyThreshold", "failures in a row") != nullptr &&
                     fields.require("healthyThreshold", "successes in a row") != nullptr;
  if (!whole) return;
  const auto take = [&](std::string_view key, Duration& interval) {
    std::optional<Duration> given = interval;
    take_interval(fields, key, given, report);
    interval = given.value_or(interval);
  };
  take("interval", check.interval);
  take("timeout", check.timeout);
  take_count(fields, "unhealthyThreshold", 1, check.unhealthy_threshold, report);
  take_count(fields, "healthyThreshold", 1, check.healthy_threshold, report);
  take_interval(fields, "unhealthyInterval", check.unhealthy_interval, report);
  take_interval(fields, "unhealthyEdgeInterval", check.unhealthy_edge_interval, report);
  take_interval(fields, "healthyEdgeInterval", check.healthy_edge_interval, report);
  take("noTrafficInterval", check.no_traffic_interval);
  take_interval(fields, "noTrafficHealthyInterval", check.no_traffic_healthy_interval, report);
  take_duration(fields, "initialJitter", check.initial_jitter, report);
  take_duration(fields, "jitter", check.interval_jitter, report);
  take_share(fields, "jitterPercent", check.interval_jitter_percent, report);
  take_statuses(fields, "expectedStatuses", check.expected_statuses, report);
  take_statuses(fields, "retriableStatuses", check.retriable_statuses, report);
  take_share(fields, "panicThreshold", policy.panic_threshold, report);
  if (const Value* path = fields.find("path")) {
    policy.path = read_text(*path, "the name of an operation", report).value_or("");
  }
  take_flag(fields, "closeConnectionsOnFailure", policy.closes_connections, report);
  take_flag(fields, "reuseConnection", policy.reuses_connection, report);
  into.health = policy;
}

}  // namespace

void read_balancing(const Fields& policy, RoutePolicy& into, Report& report) {
  if (const Value* balancer = policy.find("balancer")) read_balancer(*balancer, into, report);
  if (const Value* weights = policy.find("weights")) read_weights(*weights, into, report);
  if (const Value* start = policy.find("slowStart")) read_slow_start(*start, into, report);
  if (const Value* locality = policy.find("locality")) read_locality(*locality, into, report);
  if (const Value* outliers = policy.find("outlierDetection")) {
    read_outliers(*outliers, into, report);
  }
  if (const Value* accrual = policy.find("failureAccrual")) read_accrual(*accrual, into, report);
  if (const Value* check = policy.find("healthCheck")) read_health_check(*check, into, report);
}

void check_balancing(const Fields& policy, const std::vector<const RoutePolicy*>& results,
                     Report& report) {
  const auto some = [&](const auto& what) {
    return std::any_of(results.begin(), results.end(), [&](const RoutePolicy* one) {
      const auto clusters = std::max<std::size_t>(one->split.size(), 1);
      for (std::uint32_t number = 0; number < clusters; ++number) {
        if (what(one->cluster(number))) return true;
      }
      return false;
    });
  };
  // Of a policy that changes, what was there before needs a balancer, too.
  const auto need = [&](const char* key, const auto& has, const auto& suits, const char* expected) {
    if (!some([&](const ClusterPolicy& its) { return !suits(its); })) return;
    if (const Value* value = policy.find(key)) return report.add(*value, expected);
    const Value* balancer = policy.find("balancer");
    if (balancer == nullptr || !some([&](const ClusterPolicy& its) { return has(its); })) return;
    report.add(*balancer, fmt::format("one that goes with the \"{}\" in force", key));
  };
  const auto chooses = [](const ClusterPolicy& its) { return its.balancer.has_value(); };
  const auto moves_on = [](const ClusterPolicy& its) {
    return its.balancer && !std::holds_alternative<PickFirstConfig>(*its.balancer);
  };
  const auto draws_or_takes_turns = [](const ClusterPolicy& its) {
    return takes_turns(its) ||
           (its.balancer && std::holds_alternative<RandomConfig>(*its.balancer));
  };
  need(
      "outlierDetection", [](const ClusterPolicy& its) { return its.outliers.has_value(); },
      chooses, "\"balancer\" beside it, as the node's proxy knows no ejections");
  need(
      "failureAccrual", [](const ClusterPolicy& its) { return its.accrual.has_value(); }, moves_on,
      "a \"balancer\" beside it, and not pick-first");
  need(
      "healthCheck", [](const ClusterPolicy& its) { return its.health.has_value(); }, moves_on,
      "a \"balancer\" beside it, and not pick-first");
  need(
      "weights", [](const ClusterPolicy& its) { return !its.weights.empty(); },
      [](const ClusterPolicy& its) { return its.balancer && weighs(*its.balancer); },
      "a \"balancer\" beside it that weighs pods: round-robin, least-request, "
      "ring-hash or maglev");
  need(
      "slowStart", [](const ClusterPolicy& its) { return its.slow_start.has_value(); }, takes_turns,
      "a \"balancer\" beside it: round-robin or least-request");
  const Value* zones = policy.find("locality");
  if (zones && std::any_of(results.begin(), results.end(),
                           [](const RoutePolicy* one) { return !one->split.empty(); })) {
    report.add(*zones, "no VirtualService that splits the calls beside it");
  }
  need(
      "locality", [](const ClusterPolicy& its) { return its.locality.has_value(); },
      draws_or_takes_turns, "a \"balancer\" beside it: random, round-robin or least-request");
}

}  // namespace orrery::scenario
