#include <array>
#include <set>
#include <string>
#include <utility>

#include "models/api/istio_parts.h"
#include "models/api/kind_readers.h"

namespace orrery::api::istio {
namespace {

constexpr Duration kMillisecond = Duration::milliseconds(1);

void read_load_balancer(ObjectReader& in, LoadBalancer& into) {
  enum class Simple : std::uint8_t {
    Unspecified,
    LeastConn,
    LeastRequest,
    RoundRobin,
    Random,
    Passthrough
  };
  static constexpr std::array<const char*, 6> kSimple{"UNSPECIFIED", "LEAST_CONN", "LEAST_REQUEST",
                                                      "ROUND_ROBIN", "RANDOM",     "PASSTHROUGH"};
  into.where = in.reading().place(in.here());
  Simple simple = Simple::Unspecified;
  const bool is_simple = in.choice("simple", simple, kSimple);
  if (simple == Simple::RoundRobin) into.kind = Balancer::RoundRobin;
  if (simple == Simple::Random) into.kind = Balancer::Random;
  if (simple == Simple::Passthrough) into.kind = Balancer::Passthrough;
  if (const auto hash = in.field("consistentHash")) {
    if (is_simple) {
      in.reading().problem(in.here(), "one of simple and consistentHash", "both");
    }
    into.kind = Balancer::ConsistentHash;
    in.reading().not_modelled(*hash, "field " + field_path(*hash));
  }
  in.finish({"localityLbSetting", "warmup", "warmupDurationSecs"});
}

void read_connection_pool(ObjectReader& in, ConnectionPool& into) {
  into.where = in.reading().place(in.here());
  in.object("tcp", "TCPSettings", [&](ObjectReader& tcp) {
    read_limit(tcp, "maxConnections", into.max_connections);
    read_duration(tcp, "connectTimeout", kMillisecond, into.connect_timeout);
    tcp.finish({"tcpKeepalive", "maxConnectionDuration", "idleTimeout"});
  });
  in.object("http", "HTTPSettings", [&](ObjectReader& http) {
    enum class Upgrade : std::uint8_t { Default, Do, Not };
    static constexpr std::array<const char*, 3> kUpgrades{"DEFAULT", "UPGRADE", "DO_NOT_UPGRADE"};
    Upgrade upgrade = Upgrade::Default;
    read_limit(http, "http1MaxPendingRequests", into.http1_max_pending_requests);
    read_limit(http, "http2MaxRequests", into.http2_max_requests);
    read_limit(http, "maxRetries", into.max_retries);
    read_limit(http, "maxConcurrentStreams", into.max_concurrent_streams);
    http.choice("h2UpgradePolicy", upgrade, kUpgrades);
    into.upgrades_to_http2 = upgrade == Upgrade::Do;
    http.finish({"maxRequestsPerConnection", "idleTimeout", "useClientProtocol"});
  });
  in.finish({});
}

void read_outlier_detection(ObjectReader& in, OutlierDetection& into) {
  constexpr std::int64_t kCounterMax = 65'534;  // Envoy's counters hold 16 bits.
  into.where = in.reading().place(in.here());
  read_count(in, "consecutive5xxErrors", into.consecutive_5xx, kCounterMax);
  read_count(in, "consecutiveGatewayErrors", into.consecutive_gateway_errors, kCounterMax);
  in.flag("splitExternalLocalOriginErrors", into.split_external_local_origin_errors);
  std::uint32_t local = 0;
  if (read_count(in, "consecutiveLocalOriginFailures", local, kCounterMax) && local > 0) {
    into.consecutive_local_origin_failures = local;
  }
  read_duration(in, "interval", kMillisecond, into.interval);
  read_duration(in, "baseEjectionTime", kMillisecond, into.base_ejection_time);
  std::uint32_t most = 0;
  if (read_count(in, "maxEjectionPercent", most, 100) && most > 0) {
    into.max_ejection_percent = most;
  }
  read_count(in, "minHealthPercent", into.min_health_percent, 100);
  if (const auto old = in.field("consecutiveErrors")) {
    in.reading().problem(*old, "consecutive5xxErrors or consecutiveGatewayErrors",
                         "\"consecutiveErrors\", which Istio has taken away");
  }
  in.finish({});
}

void read_retry_budget(ObjectReader& in, RetryBudget& into) {
  into.where = in.reading().place(in.here());
  read_percent(in, "percent", into.percent);
  read_count(in, "minRetryConcurrency", into.min_retry_concurrency);
  in.finish({});
}

/// What the policy of a port and that of all ports have in common.
void read_settings(ObjectReader& in, Settings& into) {
  in.object("loadBalancer", "LoadBalancerSettings",
            [&](ObjectReader& part) { read_load_balancer(part, into.load_balancer.emplace()); });
  in.object("connectionPool", "ConnectionPoolSettings", [&](ObjectReader& part) {
    read_connection_pool(part, into.connection_pool.emplace());
  });
  in.object("outlierDetection", "OutlierDetection", [&](ObjectReader& part) {
    read_outlier_detection(part, into.outlier_detection.emplace());
  });
}

void read_traffic_policy(ObjectReader& in, TrafficPolicy& into) {
  read_settings(in, into.all);
  in.object("retryBudget", "RetryBudget",
            [&](ObjectReader& part) { read_retry_budget(part, into.all.retry_budget.emplace()); });
  in.each("portLevelSettings", [&](const Cursor& at) {
    ObjectReader port{in.reading(), at, "PortTrafficPolicy"};
    std::int32_t number = 0;
    if (port.require("port", "the port, as {number: 80}")) {
      port.object("port", "PortSelector", [&](ObjectReader& selector) {
        if (!selector.integer("number", number, 1, 65535)) {
          selector.require("number", "the number of a port");
        }
        selector.finish({});
      });
    }
    Settings settings;
    read_settings(port, settings);
    port.finish({"tls"});
    if (number != 0 && !into.by_port.emplace(number, std::move(settings)).second) {
      in.reading().problem(at, "every port once", "port " + std::to_string(number) + " again");
    }
  });
  // A budget is none of what a port has of its own.
  for (auto& [port, settings] : into.by_port) settings.retry_budget = into.all.retry_budget;
  in.finish({"tls", "tunnel", "proxyProtocol"});
}

Subset read_subset(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "Subset"};
  Subset subset;
  subset.where = reading.place(at);
  in.require("name", "the name of the subset");
  in.text("name", subset.name);
  read_labels(in, "labels", subset.labels);
  in.object("trafficPolicy", "TrafficPolicy",
            [&](ObjectReader& policy) { read_traffic_policy(policy, subset.policy.emplace()); });
  in.finish({});
  return subset;
}

}  // namespace

DestinationRule read_destination_rule(RuleMeta meta, ObjectReader& spec) {
  DestinationRule rule;
  rule.meta = std::move(meta);
  spec.require("host", "the host that is called, such as \"web\"");
  spec.text("host", rule.host);
  spec.object("trafficPolicy", "TrafficPolicy",
              [&](ObjectReader& policy) { read_traffic_policy(policy, rule.policy.emplace()); });
  std::set<std::string> names;
  spec.each("subsets", [&](const Cursor& at) {
    Subset subset = read_subset(spec.reading(), at);
    if (!subset.name.empty() && !names.insert(subset.name).second) {
      spec.reading().problem(at, "every subset once", "\"" + subset.name + "\" again");
    }
    rule.subsets.push_back(std::move(subset));
  });
  spec.texts("exportTo", rule.meta.export_to);
  spec.object("workloadSelector", "WorkloadSelector", [&](ObjectReader& selector) {
    read_labels(selector, "matchLabels", rule.workload_selector);
    selector.finish({});
  });
  spec.finish({});
  return rule;
}

}  // namespace orrery::api::istio
