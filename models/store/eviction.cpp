#include "models/store/eviction.h"

#include <vector>

namespace orrery::store {
namespace {

using api::Pod;
using api::PodDisruptionBudget;
using api::PodPhase;
using ports::Outcome;

/// Evictions that a budget remembers at once; more mean that its controller is not working.
constexpr std::size_t kDisruptedPodsMax = 2000;

/// Source: canIgnorePDB: such pods are not part of what a budget protects.
bool is_beyond_budgets(const Pod& pod) {
  return !api::is_active(pod) || pod.status.phase == PodPhase::Pending;
}

}  // namespace

EvictionVerdict decide_eviction(const Pod& pod, const Tables& tables, Instant now) {
  if (is_beyond_budgets(pod)) return {};
  std::vector<const PodDisruptionBudget*> matching;
  table_of(tables, api::Kind::PodDisruptionBudget)
      .each_in(pod.meta.namespace_name, [&](const api::ObjectPtr& object) {
        const auto& budget = std::get<PodDisruptionBudget>(*object);
        const bool selected =
            budget.spec.selector && api::matches(*budget.spec.selector, pod.meta.labels);
        if (selected) matching.push_back(&budget);
      });
  if (matching.empty()) return {};
  if (matching.size() > 1) {
    return {Outcome::Invalid,
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does "
            "not support.",
            {}};
  }
  PodDisruptionBudget budget = *matching.front();
  api::PodDisruptionBudgetStatus& status = budget.status;
  if (!api::is_ready(pod)) {
    const bool budget_is_kept =
        status.current_healthy >= status.desired_healthy && status.desired_healthy > 0;
    if (budget.spec.always_evict_unhealthy || budget_is_kept) return {};
  }
  if (status.observed_generation < budget.meta.generation) {
    return {Outcome::Refused,
            "Cannot evict pod as it would violate the pod's disruption budget. The disruption "
            "budget " +
                budget.meta.name + " is still being processed by the server.",
            {}};
  }
  if (status.disruptions_allowed <= 0 || status.disrupted_pods.size() > kDisruptedPodsMax) {
    return {Outcome::Refused,
            "Cannot evict pod as it would violate the pod's disruption budget. The disruption "
            "budget " +
                budget.meta.name + " needs " + std::to_string(status.desired_healthy) +
                " healthy pods and has " + std::to_string(status.current_healthy) + " currently",
            {}};
  }
  --status.disruptions_allowed;
  status.disrupted_pods[pod.meta.name] = now;
  return {Outcome::Ok, {}, std::move(budget)};
}

}  // namespace orrery::store
