/// @file
/// Istio's traffic rules as manifests have them: what a DestinationRule and a VirtualService say
/// about the calls of one service to another.
///
/// They are no objects of the API server here: nobody watches them, the proxies of callers follow
/// them from the start of a run.
///
/// Source: istio.io/api networking v1 (DestinationRule, VirtualService); istio
/// pkg/config/validation.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/api/meta.h"
#include "models/api/reading.h"

namespace orrery::api::istio {

enum class Balancer : std::uint8_t {
  LeastRequest,  ///< Also the older LEAST_CONN, and UNSPECIFIED.
  RoundRobin,
  Random,
  Passthrough,     ///< Whom the caller's node has chosen.
  ConsistentHash,  ///< By something that requests carry.
};

struct LoadBalancer {
  Balancer kind = Balancer::LeastRequest;
  Place where;
};

/// connectionPool. A limit of 0 is none, to Istio and here: absent.
struct ConnectionPool {
  std::optional<std::uint32_t> max_connections;
  std::optional<std::uint32_t> http1_max_pending_requests;
  std::optional<std::uint32_t> http2_max_requests;
  std::optional<std::uint32_t> max_retries;
  std::optional<std::uint32_t> max_concurrent_streams;
  std::optional<Duration> connect_timeout;  ///< >= 1 ms.
  bool upgrades_to_http2 = false;           ///< h2UpgradePolicy UPGRADE
  Place where;
};

struct OutlierDetection {
  std::uint32_t consecutive_5xx = 5;             ///< 0: off.
  std::uint32_t consecutive_gateway_errors = 0;  ///< 0: off.
  std::uint32_t consecutive_local_origin_failures = 5;
  bool split_external_local_origin_errors = false;
  Duration interval = Duration::seconds(10);            ///< >= 1 ms.
  Duration base_ejection_time = Duration::seconds(30);  ///< >= 1 ms.
  std::uint32_t max_ejection_percent = 10;              ///< 1..100.
  std::uint32_t min_health_percent = 0;                 ///< 0..100.
  Place where;
};

struct RetryBudget {
  double percent = 20;  ///< Of the requests under way.
  std::uint32_t min_retry_concurrency = 3;
  Place where;
};

/// What a trafficPolicy says, each part as a whole or not at all.
struct Settings {
  std::optional<LoadBalancer> load_balancer;
  std::optional<ConnectionPool> connection_pool;
  std::optional<OutlierDetection> outlier_detection;
  std::optional<RetryBudget> retry_budget;
};

struct TrafficPolicy {
  Settings all;
  std::map<std::int32_t, Settings> by_port;  ///< In place of `all`; nothing is inherited.
};

struct Subset {
  std::string name;
  Labels labels;
  std::optional<TrafficPolicy> policy;
  Place where;
};

/// The identity of a rule and who may see it.
struct RuleMeta {
  std::string name;
  std::string namespace_name;
  std::vector<std::string> export_to;  ///< "*", ".", "~" or namespaces; empty: everybody.
  Place where;                         ///< Where the document starts.
};

struct DestinationRule {
  RuleMeta meta;
  std::string host;  ///< As written.
  std::optional<TrafficPolicy> policy;
  std::vector<Subset> subsets;
  Labels workload_selector;  ///< Of the caller's pods; empty: any.
};

/// What a call must be for a route; every part that is set must hold.
struct Match {
  std::vector<std::string> gateways;
  std::optional<std::int32_t> port;
  Labels source_labels;
  std::string source_namespace;  ///< Empty: any.
  /// Something that requests do not have here: a path, a method, headers, an authority.
  bool asks_for_content = false;
  Place where;
};

struct Destination {
  std::string host;  ///< As written.
  std::string subset;
  std::optional<std::int32_t> port;
  std::uint32_t weight = 0;
  Place where;
};

struct Retries {
  std::uint32_t attempts = 0;  ///< Besides the first try; 0: none.
  std::optional<Duration> per_try_timeout;
  std::vector<std::string> on;  ///< Envoy's conditions and status codes; empty: Istio's own.
  std::optional<Duration> backoff;
  std::optional<bool> ignores_previous_hosts;
  Place where;
};

struct Timeout {
  Duration after;  ///< 0: none.
  Place where;
};

/// Calls that the caller's proxy holds up or answers itself. Without a percentage: none.
struct FaultInjection {
  double delay_percent = 0;
  Duration delay;
  double abort_percent = 0;
  std::int32_t abort_status = 0;  ///< 200..599; 0: a status of gRPC that is not OK.
  Place where;
};

struct HttpRoute {
  std::vector<Match> match;  ///< One of them must hold; empty: any call.
  std::vector<Destination> destinations;
  std::optional<Timeout> timeout;
  std::optional<Retries> retries;
  std::optional<FaultInjection> fault;
  Place where;
};

struct VirtualService {
  RuleMeta meta;
  std::vector<std::string> hosts;     ///< As written.
  std::vector<std::string> gateways;  ///< Empty: the callers' own proxies ("mesh").
  std::vector<HttpRoute> http;        ///< The first that fits is taken.
};

/// Those of a set of manifests, in the order of the input.
struct Rules {
  std::vector<DestinationRule> destination_rules;
  std::vector<VirtualService> virtual_services;
};

/// "networking.istio.io", in whatever version.
[[nodiscard]] bool is_networking_group(const std::string& api_version);

}  // namespace orrery::api::istio
