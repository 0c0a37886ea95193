/// @file
/// What limits others: disruption budgets, quotas, limits, priorities.
///
/// Source: Kubernetes policy/v1, core/v1 (ResourceQuota, LimitRange), scheduling/v1.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/api/count_or_percent.h"
#include "models/api/meta.h"
#include "models/api/pod.h"

namespace orrery::api {

struct PodDisruptionBudgetSpec {
  std::optional<CountOrPercent> min_available;  ///< Exactly one of the two.
  std::optional<CountOrPercent> max_unavailable;
  std::optional<LabelSelector> selector;  ///< Absent: matches no pod.
  bool always_evict_unhealthy = false;    ///< unhealthyPodEvictionPolicy AlwaysAllow.

  friend bool operator==(const PodDisruptionBudgetSpec&, const PodDisruptionBudgetSpec&) = default;
};
struct PodDisruptionBudgetStatus {
  std::int64_t observed_generation = 0;
  std::int32_t disruptions_allowed = 0;
  std::int32_t current_healthy = 0;
  std::int32_t desired_healthy = 0;
  std::int32_t expected_pods = 0;
  std::map<std::string, Instant> disrupted_pods;  ///< Evictions let through, by pod name.
  std::vector<Condition> conditions;

  friend bool operator==(const PodDisruptionBudgetStatus&,
                         const PodDisruptionBudgetStatus&) = default;
};
struct PodDisruptionBudget {
  ObjectMeta meta;
  PodDisruptionBudgetSpec spec;
  PodDisruptionBudgetStatus status;

  friend bool operator==(const PodDisruptionBudget&, const PodDisruptionBudget&) = default;
};

/// Amounts by the name a quota gives them: "pods", "requests.cpu" (in thousandths),
/// "count/jobs.batch".
using QuotaAmounts = std::map<std::string, std::int64_t>;

/// What a pod must be for a quota to count it.
enum class QuotaScope : std::uint8_t {
  Terminating,                ///< It has an activeDeadlineSeconds.
  NotTerminating,             ///< It has none.
  BestEffort,                 ///< Of that QoS class.
  NotBestEffort,              ///< Of another one.
  PriorityClass,              ///< It has a priority class.
  CrossNamespacePodAffinity,  ///< A term of its pod affinity names or selects namespaces.
};
struct ScopeRequirement {
  QuotaScope scope = QuotaScope::Terminating;
  /// Other operators than Exists: PriorityClass alone.
  SelectorRequirement::Operator op = SelectorRequirement::Operator::Exists;
  std::vector<std::string> values;  ///< In, NotIn: names of priority classes.

  friend bool operator==(const ScopeRequirement&, const ScopeRequirement&) = default;
};

struct ResourceQuota {
  ObjectMeta meta;
  QuotaAmounts hard;
  std::vector<QuotaScope> scopes;  ///< All must hold, and so must the selector.
  std::vector<ScopeRequirement> scope_selector;
  QuotaAmounts used;

  friend bool operator==(const ResourceQuota&, const ResourceQuota&) = default;
};

struct LimitRangeItem {
  bool pod = false;  ///< type Pod; otherwise Container.
  ResourceList min;
  ResourceList max;
  ResourceList default_limit;
  ResourceList default_request;

  friend bool operator==(const LimitRangeItem&, const LimitRangeItem&) = default;
};
struct LimitRange {
  ObjectMeta meta;
  std::vector<LimitRangeItem> limits;

  friend bool operator==(const LimitRange&, const LimitRange&) = default;
};

struct PriorityClass {
  ObjectMeta meta;
  std::int32_t value = 0;
  bool global_default = false;
  bool preempts = true;  ///< preemptionPolicy PreemptLowerPriority.

  friend bool operator==(const PriorityClass&, const PriorityClass&) = default;
};

}  // namespace orrery::api
