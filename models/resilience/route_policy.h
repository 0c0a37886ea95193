/// @file
/// What a caller does about the calls it makes to one service: all its policies together.
///
/// A call is one or more tries. First the call as a whole must pass the command's breaker and the
/// fallback stands behind it (Hystrix); each try must pass the breaker, the rate limit and the
/// bulkhead (resilience4j's order within a retry); then a host is chosen, and its pool must have
/// room (Envoy).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "models/resilience/active_health_check.h"
#include "models/resilience/admission_control.h"
#include "models/resilience/backoff.h"
#include "models/resilience/balancers/least_request.h"
#include "models/resilience/balancers/maglev.h"
#include "models/resilience/balancers/peak_ewma.h"
#include "models/resilience/balancers/ring_hash.h"
#include "models/resilience/balancers/slow_start.h"
#include "models/resilience/breakers/hystrix_breaker.h"
#include "models/resilience/breakers/resilience4j_breaker.h"
#include "models/resilience/bulkhead.h"
#include "models/resilience/envoy_thresholds.h"
#include "models/resilience/failure_accrual.h"
#include "models/resilience/fallback.h"
#include "models/resilience/fault_injection.h"
#include "models/resilience/global_rate_limit.h"
#include "models/resilience/hedging.h"
#include "models/resilience/local_rate_limit.h"
#include "models/resilience/outlier_detection.h"
#include "models/resilience/priority_load.h"
#include "models/resilience/retry_budget.h"
#include "models/resilience/retry_policy.h"
#include "models/resilience/timeouts.h"
#include "models/resilience/zone_aware_routing.h"

namespace orrery::resilience {

struct RandomConfig {
  friend bool operator==(const RandomConfig&, const RandomConfig&) = default;
};
struct RoundRobinConfig {
  friend bool operator==(const RoundRobinConfig&, const RoundRobinConfig&) = default;
};
struct PickFirstConfig {
  bool shuffles = false;  ///< The list in a random order for each caller: shuffleAddressList.

  friend bool operator==(const PickFirstConfig&, const PickFirstConfig&) = default;
};
/// A choice of host for each request.
using BalancerConfig = std::variant<RandomConfig, RoundRobinConfig, LeastRequestConfig,
                                    PeakEwmaConfig, PickFirstConfig, RingHashConfig, MaglevConfig>;

/// What of a request decides its host on a ring or in a Maglev table.
enum class HashKey : std::uint8_t {
  User,     ///< Who makes it: a header or a cookie that names the user.
  Session,  ///< The user's journey.
  Path,     ///< The operation that is asked for.
};
struct HashPolicy {
  HashKey key = HashKey::User;
  std::uint32_t balance_factor = 0;  ///< [% of the average load], 0: no bound. See BoundedLoad.

  friend bool operator==(const HashPolicy&, const HashPolicy&) = default;
};

struct GrpcRetryThrottleConfig {
  std::uint32_t max_tokens = 10;  ///< 1..1000.
  double token_ratio = 0.1;       ///< > 0.

  friend bool operator==(const GrpcRetryThrottleConfig&, const GrpcRetryThrottleConfig&) = default;
};
/// How many retries there may be in all.
using RetryLimitConfig =
    std::variant<EnvoyRetryLimit, TpsBudgetConfig, GrpcRetryThrottleConfig, AwsRetryQuotaConfig>;

/// The connections of one proxy to the hosts of a service.
struct ConnectionPoolConfig {
  EnvoyThresholdsConfig thresholds;
  std::uint32_t streams_per_connection = 1;  ///< 1: HTTP/1.1; more: HTTP/2's streams at a time.

  friend bool operator==(const ConnectionPoolConfig&, const ConnectionPoolConfig&) = default;
};

/// Hosts that answer badly are not chosen, unless too few are left.
struct OutlierPolicy {
  OutlierDetectionConfig detection;
  std::uint32_t panic_threshold = 50;  ///< [% of the hosts], 0..100; below it all are chosen.

  friend bool operator==(const OutlierPolicy&, const OutlierPolicy&) = default;
};

/// Hosts are asked whether they are well; those that are not are not chosen, unless too few are
/// left.
struct HealthCheckPolicy {
  ActiveHealthCheckConfig check;
  std::uint32_t panic_threshold = 50;  ///< As that of the outliers, which wins.
  /// The operation that a check asks for, by the scenario's name; empty: the server answers itself.
  std::string path{};
  bool reuses_connection = true;  ///< Otherwise each check opens one.
  /// When a host turns unhealthy, those of the caller to it are closed, and what is under way on
  /// them is reset. Source: Envoy cluster.proto, close_connections_on_host_health_failure.
  bool closes_connections = false;

  friend bool operator==(const HealthCheckPolicy&, const HealthCheckPolicy&) = default;
};

/// How much the own zone is preferred: as much as its hosts carry of what all callers send; or as
/// priority 0, with all other zones as priority 1, whose panic threshold is that of the outliers.
using LocalityConfig = std::variant<ZoneAwareConfig, PriorityLoadConfig>;

/// Whom a caller sends its tries to, and how much at a time, of one set of hosts: an Envoy cluster.
struct ClusterPolicy {
  std::optional<BalancerConfig> balancer;  ///< Absent: the node's proxy chooses, of all hosts.
  HashPolicy hash;                         ///< Of a ring or a Maglev table.
  /// Of pods by the image that they run, > 0; others have 1. Of use to round robin, least request,
  /// a ring and a Maglev table.
  std::map<std::string, double> weights;
  std::optional<SlowStartConfig> slow_start;  ///< Of use to round robin and least request.
  /// Of use to random choice, round robin and least request. The clients outside have no zone.
  std::optional<LocalityConfig> locality;
  std::optional<OutlierPolicy> outliers;        ///< Of use to a balancer only.
  std::optional<FailureAccrualConfig> accrual;  ///< Likewise; not to pick_first.
  std::optional<HealthCheckPolicy> health;      ///< Likewise.
  std::optional<ConnectionPoolConfig> pool;

  /// [% of the hosts] that are well, below which all are chosen; 0 where nothing finds hosts
  /// unwell.
  [[nodiscard]] std::uint32_t panic_threshold() const {
    if (outliers) return outliers->panic_threshold;
    return health ? health->panic_threshold : 0;
  }

  friend bool operator==(const ClusterPolicy&, const ClusterPolicy&) = default;
};

/// Hosts with all these labels, their share of the calls, and what holds for them alone: a subset
/// is a cluster of its own, so a host of two subsets is known twice.
///
/// Source: Istio DestinationRule.Subset, pilot cluster_builder (a cluster for each subset).
struct SubsetShare {
  std::map<std::string, std::string, std::less<>> labels;
  std::uint32_t weight = 0;    ///< Of the sum of all, <= 2^16.
  ClusterPolicy policy = {};   ///< Its locality is of no use.
  Duration connect_timeout{};  ///< 0: that of the route.
  /// Against its own requests and retries under way. Absent: that of the route.
  std::optional<EnvoyRetryLimit> retry_limit = {};
  std::string name = {};  ///< For the log.

  friend bool operator==(const SubsetShare&, const SubsetShare&) = default;
};

/// A limit that callers share: all of them ask one service before a call goes on.
struct SharedLimit {
  std::string name;  ///< Of the limit, as the scenario has it.
  GlobalRateLimitConfig question;

  friend bool operator==(const SharedLimit&, const SharedLimit&) = default;
};

/// Whom a FallbackConfig::Kind::OtherService calls, by the scenario's names.
struct FallbackCall {
  std::string service;
  std::string operation;

  friend bool operator==(const FallbackCall&, const FallbackCall&) = default;
};

struct RoutePolicy : ClusterPolicy {
  std::optional<FaultInjectionConfig> injection;  ///< Before all that follows.
  Timeouts timeouts;
  RetryPolicy retry;  ///< Without conditions: no retries.
  Backoff backoff = EnvoyBackoff{};
  std::optional<RetryLimitConfig> retry_limit;  ///< Absent: only the retries of each call.
  /// In place of retries; of the limits above a GrpcRetryThrottleConfig is of use to it.
  std::optional<GrpcHedgingPolicy> hedging;
  std::optional<HystrixBreakerConfig> command;       ///< Of the call as a whole.
  std::optional<Resilience4jBreakerConfig> breaker;  ///< Of each try.
  std::optional<AdmissionControlConfig> admission;   ///< Of the call as a whole, within `command`.
  std::optional<SharedLimit> shared_limit;           ///< Likewise, behind that.
  std::optional<LocalRateLimitConfig> rate_limit;
  std::optional<std::uint32_t> bulkhead;  ///< Tries under way at a time; beyond it nobody waits.
  /// In place of that: each try needs a thread, which stays with it until its server is done, also
  /// when the caller has given up.
  std::optional<ThreadPoolBulkheadConfig> thread_pool;
  /// Each call goes to one of these, drawn by weight, with all its tries; what each has holds in
  /// place of the route's ClusterPolicy. Empty: to all hosts.
  std::vector<SubsetShare> split;
  std::optional<FallbackConfig> fallback;
  std::optional<FallbackCall> fallback_call;  ///< Exactly where the fallback is another service.

  /// Its clusters by number; without a split there is one, whose number is 0.
  [[nodiscard]] const ClusterPolicy& cluster(std::uint32_t number) const {
    return split.empty() ? *this : split[number].policy;
  }
  [[nodiscard]] Duration connect_timeout(std::uint32_t number) const {
    const bool own = !split.empty() && split[number].connect_timeout > Duration{};
    return own ? split[number].connect_timeout : timeouts.connect;
  }
  /// Of the calls to the cluster.
  [[nodiscard]] std::optional<RetryLimitConfig> retry_limit_of(std::uint32_t number) const {
    const bool own = !split.empty() && split[number].retry_limit;
    return own ? std::optional<RetryLimitConfig>{*split[number].retry_limit} : retry_limit;
  }
  [[nodiscard]] std::uint32_t cluster_count() const {
    return split.empty() ? 1 : static_cast<std::uint32_t>(split.size());
  }
  /// The number of the other policy's cluster that has the name and the labels of this one's;
  /// nothing: it has none. All hosts have neither.
  [[nodiscard]] std::optional<std::uint32_t> cluster_like(std::uint32_t number,
                                                          const RoutePolicy& other) const;
  /// Whether what holds for the two clusters is the same, apart from their shares of the calls.
  [[nodiscard]] bool has_same_cluster(std::uint32_t number, const RoutePolicy& other,
                                      std::uint32_t its) const;

  friend bool operator==(const RoutePolicy&, const RoutePolicy&) = default;
};

}  // namespace orrery::resilience
