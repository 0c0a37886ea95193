#include "runner/scenario/istio_policies.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "runner/scenario/istio_rules.h"

namespace orrery::scenario {
namespace {

using namespace resilience;
using api::istio::Destination;
using api::istio::DestinationRule;
using api::istio::HttpRoute;
using api::istio::Settings;
using api::istio::VirtualService;

constexpr std::uint32_t kNewestMinor = 32;             ///< Of the release whose defaults hold.
constexpr std::uint32_t kStreamsPerConnection = 1024;  ///< Envoy's max_concurrent_streams.
constexpr const char* kDefault = "Istio's default";

/// "DestinationRule/web", "VirtualService/shop/cart".
std::string rule_name(const char* kind, const api::istio::RuleMeta& meta) {
  return fmt::format("{}/{}", kind, short_service_name(meta.namespace_name + "/" + meta.name));
}

/// The protocol of a port, as Istio takes it from the port's name.
enum class Protocol : std::uint8_t { Http1, Http2, Tcp };

Protocol protocol_of(std::string name) {
  static constexpr std::array kTcp{"tcp", "tls", "https", "mongo", "mysql", "redis", "udp"};
  static constexpr std::array kHttp2{"grpc", "http2"};
  name = name.substr(0, name.find('-'));
  const auto is_in = [&](const auto& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (is_in(kTcp)) return Protocol::Tcp;
  return is_in(kHttp2) ? Protocol::Http2 : Protocol::Http1;
}

/// The word of a retryOn; nothing for a status code and for what no request here ends with.
std::optional<RetryOn> condition_named(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, RetryOn>, 15> kConditions{
      {{"5xx", RetryOn::Status5xx},
       {"gateway-error", RetryOn::GatewayError},
       {"reset", RetryOn::Reset},
       {"reset-before-request", RetryOn::ResetBeforeRequest},
       {"connect-failure", RetryOn::ConnectFailure},
       {"refused-stream", RetryOn::RefusedStream},
       {"retriable-4xx", RetryOn::Retriable4xx},
       {"retriable-status-codes", RetryOn::RetriableStatusCodes},
       {"retriable-headers", RetryOn::RetriableHeaders},
       {"envoy-ratelimited", RetryOn::EnvoyRateLimited},
       {"cancelled", RetryOn::GrpcCancelled},
       {"deadline-exceeded", RetryOn::GrpcDeadlineExceeded},
       {"internal", RetryOn::GrpcInternal},
       {"resource-exhausted", RetryOn::GrpcResourceExhausted},
       {"unavailable", RetryOn::GrpcUnavailable}}};
  for (const auto& [name, condition] : kConditions) {
    if (name == word) return condition;
  }
  return std::nullopt;
}

void set_retries(const api::istio::Retries& retries, bool hashes, RoutePolicy& policy) {
  policy.retry = istio_default_retry_policy(kNewestMinor, hashes);
  if (retries.attempts == 0) {
    policy.retry = {};
    return;
  }
  policy.retry.retries = retries.attempts;
  if (!retries.on.empty()) {
    policy.retry.on = {};
    policy.retry.retriable_codes = {};
    for (const std::string& word : retries.on) {
      if (const auto condition = condition_named(word)) {
        policy.retry.on.add(*condition);
        continue;
      }
      std::uint16_t code = 0;
      const char* end = word.data() + word.size();
      if (std::from_chars(word.data(), end, code).ptr != end) continue;
      policy.retry.on.add(RetryOn::RetriableStatusCodes);
      policy.retry.retriable_codes.add(code);
    }
  }
  policy.timeouts.per_try = retries.per_try_timeout.value_or(Duration{});
  if (retries.backoff) {
    policy.backoff = EnvoyBackoff{.base = *retries.backoff, .max = *retries.backoff * 10};
  }
  if (retries.ignores_previous_hosts) {
    policy.retry.avoids_previous_hosts = *retries.ignores_previous_hosts;
  }
}

std::optional<BalancerConfig> balancer_of(api::istio::Balancer kind) {
  switch (kind) {
    case api::istio::Balancer::LeastRequest:
      return LeastRequestConfig{};
    case api::istio::Balancer::RoundRobin:
      return RoundRobinConfig{};
    case api::istio::Balancer::Random:
    // Without the header or cookie it asks for, Envoy draws the hash of a request.
    case api::istio::Balancer::ConsistentHash:
      return RandomConfig{};
    case api::istio::Balancer::Passthrough:
      return std::nullopt;
  }
  contract_violation("a balancer has one of the known kinds");
}

FaultInjectionConfig injection_of(const api::istio::FaultInjection& from) {
  FaultInjectionConfig config;
  config.delay_probability = from.delay_percent / 100;
  config.delay = from.delay;
  config.abort_probability = from.abort_percent / 100;
  if (from.abort_status != 0) config.abort_status = static_cast<std::uint16_t>(from.abort_status);
  return config;
}

OutlierPolicy outliers_of(const api::istio::OutlierDetection& from) {
  OutlierPolicy policy;
  OutlierDetectionConfig& config = policy.detection;
  const auto enforce = [&](OutlierKind kind, bool enforced) {
    config.enforcing[static_cast<std::size_t>(kind)] = enforced ? 100 : 0;
  };
  config = istio_default_outlier_detection();
  config.consecutive_5xx = from.consecutive_5xx;
  config.consecutive_gateway_failure = from.consecutive_gateway_errors;
  enforce(OutlierKind::ConsecutiveGatewayFailure, from.consecutive_gateway_errors > 0);
  config.consecutive_local_origin_failure = from.consecutive_local_origin_failures;
  config.split_external_local_origin_errors = from.split_external_local_origin_errors;
  enforce(OutlierKind::SuccessRateLocalOrigin, false);
  config.interval = from.interval;
  config.base_ejection_time = from.base_ejection_time;
  config.max_ejection_time = std::max(config.max_ejection_time, from.base_ejection_time);
  config.max_ejection_percent = from.max_ejection_percent;
  policy.panic_threshold = from.min_health_percent;
  return policy;
}

/// Limits of connections and requests; nothing where all are lifted.
std::optional<ConnectionPoolConfig> pool_of(const api::istio::ConnectionPool& from,
                                            Protocol protocol) {
  if (!from.max_connections && !from.http1_max_pending_requests && !from.http2_max_requests) {
    return std::nullopt;
  }
  ConnectionPoolConfig pool;
  EnvoyThresholdsConfig& thresholds = pool.thresholds;
  thresholds = istio_default_thresholds();
  thresholds.max_connections = from.max_connections.value_or(thresholds.max_connections);
  thresholds.max_pending_requests =
      from.http1_max_pending_requests.value_or(thresholds.max_pending_requests);
  thresholds.max_requests = from.http2_max_requests.value_or(thresholds.max_requests);
  if (protocol == Protocol::Http2 || from.upgrades_to_http2) {
    pool.streams_per_connection = from.max_concurrent_streams.value_or(kStreamsPerConnection);
  }
  return pool;
}

/// The settings of a policy for a port.
const Settings* settings_for(const std::optional<api::istio::TrafficPolicy>& policy,
                             std::int32_t port) {
  if (!policy) return nullptr;
  const auto own = policy->by_port.find(port);
  return own == policy->by_port.end() ? &policy->all : &own->second;
}

/// A part of the settings, and the rule that has it.
template <class T>
struct Found {
  const T* part = nullptr;
  const DestinationRule* rule = nullptr;
};

class IstioPolicies {
  using Identity = std::tuple<std::string, int, std::string, std::string>;

 public:
  explicit IstioPolicies(Reading& reading) : reading_{reading} {}

  /// By these rules, which hold after those that were read before. Requires: they outlive this.
  SourcedPolicies read(const api::istio::Rules& rules) {
    rules_ = &rules;
    SourcedPolicies policies;
    for (const auto& [callee, callers] : reading_.callers) {
      const auto host = called_host(callee);
      if (!host) continue;
      for (const std::string& caller : callers) {
        const auto proxy = proxy_of(caller, *host);
        if (!proxy) continue;
        const Way way{caller, callee};
        policies.emplace(way, policy_for(*proxy, *host, clusters_[way]));
      }
    }
    return policies;
  }

  /// Rules that have held for no call of the scenario, with the reason.
  void note_unused(const api::istio::Rules& rules);

 private:
  /// The rules and the settings that hold for one call.
  struct Merged {
    std::vector<const DestinationRule*> rules;
    const api::istio::Subset* subset = nullptr;
    std::int32_t port = 0;

    /// A part of the subset's policy; without one, of the first rule that has a policy.
    template <class T>
    [[nodiscard]] Found<T> find(std::optional<T> Settings::*part) const {
      if (subset != nullptr) {
        const Settings* own = settings_for(subset->policy, port);
        if (own != nullptr && own->*part) return {&*(own->*part), owner_of(subset)};
      }
      for (const DestinationRule* rule : rules) {
        const Settings* settings = settings_for(rule->policy, port);
        if (settings == nullptr) continue;
        if (settings->*part) return {&*(settings->*part), rule};
        break;
      }
      return {};
    }
    [[nodiscard]] const DestinationRule* owner_of(const api::istio::Subset* one) const {
      for (const DestinationRule* rule : rules) {
        for (const api::istio::Subset& other : rule->subsets) {
          if (&other == one) return rule;
        }
      }
      return rules.front();
    }
  };

  std::optional<CalledHost> called_host(const std::string& callee) const {
    const auto slash = callee.find('/');
    CalledHost host{callee.substr(0, slash), callee.substr(slash + 1), 0};
    const api::Object* object =
        reading_.catalog.find({api::Kind::Service, host.namespace_name, host.name});
    if (object == nullptr) return std::nullopt;
    const auto& ports = std::get<api::Service>(*object).spec.ports;
    if (!ports.empty()) host.port = ports.front().port;
    return host;
  }

  Protocol protocol_to(const CalledHost& host) const {
    const api::Object* object =
        reading_.catalog.find({api::Kind::Service, host.namespace_name, host.name});
    const auto& ports = std::get<api::Service>(*object).spec.ports;
    return ports.empty() ? Protocol::Http1 : protocol_of(ports.front().name);
  }

  std::optional<CallerProxy> proxy_of(const std::string& caller, const CalledHost& host) {
    if (caller.empty()) {
      CallerProxy gateway{kIstioRootNamespace, {}, true};
      const bool routed = virtual_service_for(*rules_, gateway, host) != nullptr;
      return routed ? std::optional{gateway} : std::nullopt;
    }
    const std::string space = caller.substr(0, caller.find('/'));
    const api::Object* object = reading_.catalog.find({api::Kind::Namespace, "", space});
    const api::Labels labels =
        object == nullptr ? api::Labels{} : std::get<api::Namespace>(*object).meta.labels;
    const std::vector<PodsOf> pods = reading_.catalog.pods_behind(caller);
    const auto with = static_cast<std::size_t>(std::count_if(
        pods.begin(), pods.end(), [&](const PodsOf& one) { return has_sidecar(one, labels); }));
    if (with == 0) return std::nullopt;
    if (with < pods.size()) {
      const api::Object* service =
          reading_.catalog.find({api::Kind::Service, space, caller.substr(caller.find('/') + 1)});
      note(reading_.catalog.place_of(api::key_of(*service)),
           fmt::format("the sidecars of some of the pods of Service {}",
                       short_service_name(caller)));
      return std::nullopt;
    }
    CallerProxy proxy{space, *pods.front().labels, false};
    for (const PodsOf& one : pods) {
      std::erase_if(proxy.labels, [&](const auto& label) {
        const auto other = one.labels->find(label.first);
        return other == one.labels->end() || other->second != label.second;
      });
    }
    return proxy;
  }

  /// The subset of each cluster that calls were sent to so far; nothing stands for all pods.
  using KnownClusters = std::vector<std::string>;

  SourcedPolicy policy_for(const CallerProxy& caller, const CalledHost& host,
                           KnownClusters& known) {
    SourcedPolicy result;
    RoutePolicy& policy = result.policy;
    const Protocol protocol = protocol_to(host);
    const bool http = protocol != Protocol::Tcp;
    const VirtualService* service = virtual_service_for(*rules_, caller, host);
    const HttpRoute* route = nullptr;
    std::vector<const Destination*> here;
    if (service != nullptr) {
      use("VirtualService", service->meta);
      if (http) {
        route = take_route(*service, caller, host);
      } else {
        note(service->meta.where, rule_name("VirtualService", service->meta) +
                                      ": http routes to a port that is not HTTP by its name");
      }
      if (route != nullptr) here = take_destinations(*service, *route, host);
    }
    Merged merged{destination_rules_for(*rules_, caller, host), nullptr, host.port};
    for (const DestinationRule* rule : merged.rules) use("DestinationRule", rule->meta);
    std::vector<Cluster> clusters;
    for (const auto& [subset, weight] : with_known(shares_of(here, host, merged), merged, known)) {
      merged.subset = subset;
      clusters.push_back(cluster_of(merged, weight, protocol));
    }
    policy.timeouts = istio_default_timeouts();
    if (clusters.size() == 1 && has_all_pods(host, clusters.front().share)) {
      const SubsetShare& only = clusters.front().share;
      static_cast<ClusterPolicy&>(policy) = only.policy;
      if (only.connect_timeout > Duration{}) policy.timeouts.connect = only.connect_timeout;
      if (only.retry_limit) policy.retry_limit = *only.retry_limit;
    } else {
      for (const Cluster& cluster : clusters) policy.split.push_back(cluster.share);
      result.origins["route"] =
          route == nullptr ? PolicyOrigin{kDefault, {}}
                           : PolicyOrigin{rule_name("VirtualService", service->meta), route->where};
    }
    add_origins(clusters, result.origins);
    if (http) {
      // Istio looks at a route's only destination, not at those that it weighs, nor where there is
      // no VirtualService (pilot route.go, applyHTTPRouteDestination).
      const bool hashes = route != nullptr && route->destinations.size() == 1 &&
                          std::any_of(clusters.begin(), clusters.end(), [](const Cluster& cluster) {
                            return cluster.hashes && cluster.share.weight > 0;
                          });
      set_http(hashes, service, route, result);
    }
    return result;
  }

  /// What holds for the calls to one subset, or to all pods.
  struct Cluster {
    SubsetShare share;
    PolicyOrigins origins;
    bool hashes = false;
  };

  Cluster cluster_of(const Merged& merged, std::uint32_t weight, Protocol protocol) {
    const bool http = protocol != Protocol::Tcp;
    Cluster result;
    SubsetShare& share = result.share;
    share.weight = weight;
    if (merged.subset != nullptr) {
      share.name = merged.subset->name;
      share.labels = merged.subset->labels;
    }
    set_balancer(merged, result);
    result.origins["connectTimeout"] = {kDefault, {}};
    const auto pool = merged.find(&Settings::connection_pool);
    if (pool.part != nullptr) {
      const PolicyOrigin origin = origin_of(pool.rule, pool.part->where);
      if (pool.part->connect_timeout) {
        share.connect_timeout = *pool.part->connect_timeout;
        result.origins["connectTimeout"] = origin;
      }
      if (http) share.policy.pool = pool_of(*pool.part, protocol);
      if (share.policy.pool) result.origins["connectionPool"] = origin;
      if (!http && pool.part->max_connections) {
        note(pool.part->where,
             "field connectionPool.tcp.maxConnections of a port that is not HTTP");
      }
    }
    set_outliers(merged, http, result);
    if (http) set_retry_limit(merged, result);
    return result;
  }

  static void set_balancer(const Merged& merged, Cluster& into) {
    using api::istio::Balancer;
    const auto balancer = merged.find(&Settings::load_balancer);
    const Balancer kind = balancer.part == nullptr ? Balancer::LeastRequest : balancer.part->kind;
    into.share.policy.balancer = balancer_of(kind);
    into.hashes = kind == Balancer::ConsistentHash;
    into.origins["balancer"] = balancer.part == nullptr
                                   ? PolicyOrigin{kDefault, {}}
                                   : origin_of(balancer.rule, balancer.part->where);
  }

  void set_outliers(const Merged& merged, bool http, Cluster& into) {
    const auto outliers = merged.find(&Settings::outlier_detection);
    if (outliers.part == nullptr) return;
    if (!http || !into.share.policy.balancer) {
      note(outliers.part->where, http ? "field outlierDetection beside simple: PASSTHROUGH"
                                      : "field outlierDetection of a port that is not HTTP");
      return;
    }
    into.share.policy.outliers = outliers_of(*outliers.part);
    into.origins["outlierDetection"] = origin_of(outliers.rule, outliers.part->where);
  }

  static void set_retry_limit(const Merged& merged, Cluster& into) {
    const auto pool = merged.find(&Settings::connection_pool);
    const auto budget = merged.find(&Settings::retry_budget);
    if (budget.part != nullptr) {
      into.share.retry_limit.emplace();
      into.share.retry_limit->budget = {budget.part->percent, budget.part->min_retry_concurrency};
      into.origins["retries.limit"] = origin_of(budget.rule, budget.part->where);
    } else if (pool.part != nullptr && pool.part->max_retries) {
      into.share.retry_limit = EnvoyRetryLimit{*pool.part->max_retries, {}};
      into.origins["retries.limit"] = origin_of(pool.rule, pool.part->where);
    }
  }

  /// What all clusters have from the same place once, what they do not by subset.
  static void add_origins(const std::vector<Cluster>& clusters, PolicyOrigins& into) {
    for (const Cluster& cluster : clusters) {
      for (const auto& [key, origin] : cluster.origins) {
        const bool shared =
            std::all_of(clusters.begin(), clusters.end(),
                        [&, key = key, origin = origin](const Cluster& other) {
                          const auto its = other.origins.find(key);
                          return its != other.origins.end() && its->second == origin;
                        });
        const std::string& name = cluster.share.name;
        into[shared ? key : key_of_subset(key, name)] = origin;
      }
    }
  }

  /// What only HTTP has: timeouts and retries.
  static void set_http(bool hashes, const VirtualService* service, const HttpRoute* route,
                       SourcedPolicy& into) {
    RoutePolicy& policy = into.policy;
    policy.retry = istio_default_retry_policy(kNewestMinor, hashes);
    into.origins["retries"] = {kDefault, {}};
    const auto from_service = [&](const api::Place& where) {
      return PolicyOrigin{rule_name("VirtualService", service->meta), where};
    };
    if (route != nullptr && route->timeout) {
      policy.timeouts.overall = route->timeout->after;
      into.origins["timeout"] = from_service(route->timeout->where);
    }
    if (route != nullptr && route->fault) {
      policy.injection = injection_of(*route->fault);
      into.origins["fault"] = from_service(route->fault->where);
    }
    if (route != nullptr && route->retries) {
      set_retries(*route->retries, hashes, policy);
      into.origins["retries"] = from_service(route->retries->where);
      if (policy.timeouts.per_try > Duration{}) {
        into.origins["perTryTimeout"] = from_service(route->retries->where);
      }
    }
  }

  const HttpRoute* take_route(const VirtualService& service, const CallerProxy& caller,
                              const CalledHost& host) {
    const RouteChoice choice = choose_route(service, caller, host);
    for (const api::istio::Match* match : choice.undecided) {
      note(match->where,
           "a match by what requests carry, in " + rule_name("VirtualService", service.meta));
    }
    if (choice.route == nullptr) {
      note(service.meta.where, rule_name("VirtualService", service.meta) +
                                   ": no route of it is for " + full_name(host));
    }
    return choice.route;
  }

  /// The destinations of the route that are this host.
  std::vector<const Destination*> take_destinations(const VirtualService& service,
                                                    const HttpRoute& route,
                                                    const CalledHost& host) {
    const std::string name = rule_name("VirtualService", service.meta);
    std::vector<const Destination*> here;
    for (const Destination& to : route.destinations) {
      if (full_host(to.host, service.meta.namespace_name) != full_name(host)) {
        note(to.where, fmt::format("a route to another host, {}, in {}", to.host, name));
        continue;
      }
      if (to.port && *to.port != host.port) {
        note(to.where, fmt::format("a route to another port, {}, in {}", *to.port, name));
      }
      here.push_back(&to);
    }
    return here;
  }

  /// The subset of the destination; nullptr: it has none, or names one that no rule has.
  const api::istio::Subset* subset_of(const Destination& to, const CalledHost& host,
                                      const Merged& merged) {
    if (to.subset.empty()) return nullptr;
    const api::istio::Subset* subset = find_subset(merged.rules, to.subset);
    if (subset != nullptr) return subset;
    std::vector<std::string> known;
    for (const DestinationRule* rule : merged.rules) {
      for (const api::istio::Subset& one : rule->subsets) known.push_back(one.name);
    }
    // The same route may serve several callers, and hold on.
    if (reported_.insert(identity(to.where)).second && reading_.catalog.complete()) {
      reading_.report.add(to.where, "a subset of a DestinationRule for " + full_name(host),
                          "\"" + to.subset + "\"", did_you_mean(to.subset, known));
    }
    return nullptr;
  }

  /// A subset, or nullptr for all pods, and its part of the calls.
  using Shares = std::vector<std::pair<const api::istio::Subset*, std::uint32_t>>;

  /// The clusters that the calls are split over; all pods where no destination is the host.
  Shares shares_of(const std::vector<const Destination*>& here, const CalledHost& host,
                   const Merged& merged) {
    Shares shares;
    for (const Destination* to : here) {
      const api::istio::Subset* subset = subset_of(*to, host, merged);
      const std::uint32_t weight = here.size() == 1 ? 1 : to->weight;
      if (weight == 0) continue;
      const auto known = std::find_if(shares.begin(), shares.end(),
                                      [&](const auto& share) { return share.first == subset; });
      if (known == shares.end()) {
        shares.emplace_back(subset, weight);
      } else {
        known->second += weight;
      }
    }
    if (shares.empty()) shares.emplace_back(nullptr, 1);
    return shares;
  }

  /// The shares with those clusters, in the order in which they were first sent calls, that get
  /// none now. A subset that no rule has any more is gone.
  static Shares with_known(Shares shares, const Merged& merged, KnownClusters& known) {
    Shares all;
    const auto name_of = [](const api::istio::Subset* subset) {
      return subset == nullptr ? std::string{} : subset->name;
    };
    for (const std::string& name : known) {
      const auto share = std::find_if(shares.begin(), shares.end(),
                                      [&](const auto& one) { return name_of(one.first) == name; });
      const api::istio::Subset* subset = find_subset(merged.rules, name);
      if (share != shares.end()) {
        all.push_back(*share);
        shares.erase(share);
      } else if (name.empty() || subset != nullptr) {
        all.emplace_back(subset, 0);
      }
    }
    all.insert(all.end(), shares.begin(), shares.end());
    known.clear();
    for (const auto& [subset, weight] : all) known.push_back(name_of(subset));
    return all;
  }

  /// Whether it is of no account which pods the share is of.
  [[nodiscard]] bool has_all_pods(const CalledHost& host, const SubsetShare& share) const {
    const auto pods = reading_.catalog.pods_behind(host.namespace_name + "/" + host.name);
    return std::all_of(pods.begin(), pods.end(),
                       [&](const PodsOf& one) { return api::has_all(*one.labels, share.labels); });
  }

  static PolicyOrigin origin_of(const DestinationRule* rule, const api::Place& where) {
    return {rule_name("DestinationRule", rule->meta), where};
  }

  std::string why_unused(const std::vector<std::string>& hosts, const api::istio::RuleMeta& meta) {
    bool called = false;
    bool with_proxy = false;
    for (const auto& [callee, callers] : reading_.callers) {
      const auto host = called_host(callee);
      if (!host) continue;
      const bool meant = std::any_of(hosts.begin(), hosts.end(), [&](const std::string& name) {
        return nearness(full_host(name, meta.namespace_name), full_name(*host)).has_value();
      });
      if (!meant) continue;
      called = true;
      for (const std::string& caller : callers) {
        with_proxy = with_proxy || clusters_.contains(Way{caller, callee});
      }
    }
    if (!called) return "nobody calls its host";
    return with_proxy ? "another rule comes first for its host, or callers do not see it"
                      : "no caller of its host has a sidecar";
  }

  void note(const api::Place& where, std::string what) {
    if (!noted_.insert(std::tuple{where.file, where.line, what}).second) return;
    reading_.scenario.not_modelled.push_back({where, std::move(what)});
  }

  void note_idle(IdleObject idle) {
    if (!noted_.insert(std::tuple{idle.where.file, idle.where.line, to_string(idle)}).second) {
      return;
    }
    reading_.scenario.idle.push_back(std::move(idle));
  }

  /// Of a rule, or of a part of one, whichever state it is looked at in.
  static Identity identity(const api::Place& where, const std::string& name = {}) {
    return {where.file, where.line, where.pointer, name};
  }
  static Identity identity(const char* kind, const api::istio::RuleMeta& meta) {
    return identity(meta.where, rule_name(kind, meta));
  }
  void use(const char* kind, const api::istio::RuleMeta& meta) {
    used_.insert(identity(kind, meta));
  }

  const api::istio::Rules* rules_ = nullptr;
  Reading& reading_;
  std::map<Way, KnownClusters> clusters_;  ///< Of callers with a proxy.
  std::set<Identity> used_;
  std::set<Identity> reported_;
  std::set<std::tuple<std::string, int, std::string>> noted_;
};

void IstioPolicies::note_unused(const api::istio::Rules& rules) {
  for (const DestinationRule& rule : rules.destination_rules) {
    if (used_.contains(identity("DestinationRule", rule.meta))) continue;
    note_idle({rule_name("DestinationRule", rule.meta), rule.meta.where,
               why_unused({rule.host}, rule.meta)});
  }
  for (const VirtualService& service : rules.virtual_services) {
    if (used_.contains(identity("VirtualService", service.meta))) continue;
    const bool mesh = service.gateways.empty() ||
                      std::find(service.gateways.begin(), service.gateways.end(), "mesh") !=
                          service.gateways.end();
    note_idle({rule_name("VirtualService", service.meta), service.meta.where,
               mesh ? why_unused(service.hosts, service.meta)
                    : std::string{"none of its routes leads to what clients call"}});
  }
}

std::string full_rule_name(const DestinationRule& rule) {
  return fmt::format("DestinationRule/{}/{}", rule.meta.namespace_name, rule.meta.name);
}
std::string full_rule_name(const VirtualService& rule) {
  return fmt::format("VirtualService/{}/{}", rule.meta.namespace_name, rule.meta.name);
}

}  // namespace

std::vector<SourcedPolicies> istio_policies(const std::vector<api::istio::Rules>& states,
                                            Reading& reading) {
  IstioPolicies policies{reading};
  std::vector<SourcedPolicies> all;
  for (const api::istio::Rules& rules : states) all.push_back(policies.read(rules));
  for (const api::istio::Rules& rules : states) policies.note_unused(rules);
  return all;
}

std::vector<std::string> names_of(const api::istio::Rules& rules) {
  std::vector<std::string> names;
  for (const DestinationRule& rule : rules.destination_rules) {
    names.push_back(full_rule_name(rule));
  }
  for (const VirtualService& rule : rules.virtual_services) names.push_back(full_rule_name(rule));
  return names;
}

bool delete_rule(api::istio::Rules& rules, const std::string& name) {
  const auto is_it = [&](const auto& rule) { return full_rule_name(rule) == name; };
  return std::erase_if(rules.destination_rules, is_it) +
             std::erase_if(rules.virtual_services, is_it) >
         0;
}

void apply_rules(api::istio::Rules& rules, const api::istio::Rules& applied) {
  const auto put = [](auto& all, const auto& news) {
    for (const auto& rule : news) {
      const auto same = std::find_if(all.begin(), all.end(), [&](const auto& one) {
        return one.meta.name == rule.meta.name &&
               one.meta.namespace_name == rule.meta.namespace_name;
      });
      if (same == all.end()) {
        all.push_back(rule);
      } else {
        *same = rule;
      }
    }
  };
  put(rules.destination_rules, applied.destination_rules);
  put(rules.virtual_services, applied.virtual_services);
}

}  // namespace orrery::scenario
