#include "models/controllers/disruption.h"

#include <algorithm>
#include <utility>

#include "models/controllers/conditions.h"

namespace orrery::controllers {
namespace {

using api::ConditionStatus;
using api::Pod;
using api::PodDisruptionBudget;
using api::PodDisruptionBudgetStatus;

constexpr const char* kDisruptionAllowed = "DisruptionAllowed";

struct Expected {
  std::int32_t pods = 0;
  std::int32_t healthy = 0;
};

// Example: 7 wanted, maxUnavailable 30 %: 2.1 rounds up to 3, so 4 must stay.
// minAvailable 30 % of 7: 2.1 rounds up to 3, so 3 must stay.
Expected expected_by(const DisruptionView& view) {
  const api::PodDisruptionBudgetSpec& spec = view.budget->spec;
  if (spec.max_unavailable) {
    const std::int32_t missing = api::resolved_up(*spec.max_unavailable, view.scale);
    return {view.scale, std::max(0, view.scale - missing)};
  }
  if (!spec.min_available) return {};
  if (!spec.min_available->percent) {
    return {static_cast<std::int32_t>(view.pods.size()), spec.min_available->value};
  }
  return {view.scale, api::resolved_up(*spec.min_available, view.scale)};
}

/// Evictions that count although their pod does not show it yet.
std::map<std::string, Instant> still_disrupted(const DisruptionView& view,
                                               const DisruptionConfig& config, Instant now) {
  std::map<std::string, Instant> kept;
  for (const Pod* pod : view.pods) {
    const auto& disrupted = view.budget->status.disrupted_pods;
    const auto evicted = disrupted.find(pod->meta.name);
    if (evicted == disrupted.end() || pod->meta.deletion) continue;
    if (evicted->second + config.disrupted_pod_timeout < now) continue;
    kept.insert(*evicted);
  }
  return kept;
}

std::int32_t healthy_count(const DisruptionView& view,
                           const std::map<std::string, Instant>& disrupted,
                           const DisruptionConfig& config, Instant now) {
  std::int32_t count = 0;
  for (const Pod* pod : view.pods) {
    if (pod->meta.deletion || !api::is_ready(*pod)) continue;
    const auto evicted = disrupted.find(pod->meta.name);
    if (evicted != disrupted.end() && evicted->second + config.disrupted_pod_timeout > now)
      continue;
    ++count;
  }
  return count;
}

}  // namespace

Plan reconcile_disruption(const DisruptionView& view, const DisruptionConfig& config, Instant now) {
  const PodDisruptionBudget& budget = *view.budget;
  PodDisruptionBudget next = budget;
  PodDisruptionBudgetStatus& status = next.status;
  Plan plan;

  const bool by_scale = budget.spec.max_unavailable ||
                        (budget.spec.min_available && budget.spec.min_available->percent);
  if (by_scale && view.has_unscalable) {
    status.disruptions_allowed = 0;
    status.observed_generation = budget.meta.generation;
    keep_condition(status.conditions, kDisruptionAllowed, ConditionStatus::False, "SyncFailed",
                   "the controller of a pod has no size", now);
  } else {
    const Expected expected = expected_by(view);
    status.disrupted_pods = still_disrupted(view, config, now);
    status.current_healthy = healthy_count(view, status.disrupted_pods, config, now);
    status.expected_pods = expected.pods;
    status.desired_healthy = expected.healthy;
    status.observed_generation = budget.meta.generation;
    status.disruptions_allowed =
        expected.pods <= 0 ? 0 : std::max(0, status.current_healthy - expected.healthy);
    const bool allowed = status.disruptions_allowed > 0;
    keep_condition(status.conditions, kDisruptionAllowed,
                   allowed ? ConditionStatus::True : ConditionStatus::False,
                   allowed ? "SufficientPods" : "InsufficientPods", "", now);
    for (const auto& [pod, evicted] : status.disrupted_pods) {
      plan.look_again(evicted + config.disrupted_pod_timeout - now + Duration::nanoseconds(1));
    }
  }
  if (!(status == budget.status)) plan.then(update_status_call(std::move(next)));
  return plan;
}

}  // namespace orrery::controllers
