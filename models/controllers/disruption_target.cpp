#include "models/controllers/disruption_target.h"

#include <utility>

#include "models/controllers/conditions.h"

namespace orrery::controllers {
namespace {

using api::Pod;

Batch mark(const std::vector<const Pod*>& pods, const Disruption& disruption, bool lost,
           Instant now) {
  Batch batch;
  for (const Pod* pod : pods) {
    Pod next = *pod;
    keep_condition(next.status.conditions, "DisruptionTarget", api::ConditionStatus::True,
                   disruption.reason, disruption.message, now);
    if (lost && !api::has_ended(next)) next.status.phase = api::PodPhase::Failed;
    if (next.status != pod->status) batch.push_back(update_status_call(std::move(next)));
  }
  return batch;
}

}  // namespace

Batch mark_disrupted(const std::vector<const Pod*>& pods, const Disruption& disruption,
                     Instant now) {
  return mark(pods, disruption, /*lost=*/false, now);
}

Batch mark_lost(const std::vector<const Pod*>& pods, const Disruption& disruption, Instant now) {
  return mark(pods, disruption, /*lost=*/true, now);
}

}  // namespace orrery::controllers
