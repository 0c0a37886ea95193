#include "models/controllers/hosted_disruption.h"

#include <map>
#include <set>
#include <string>

namespace orrery::controllers {

using api::Kind;
using api::ObjectKey;
using api::Pod;
using api::PodDisruptionBudget;

void DisruptionController::observe(const Change& change, WorkQueue& queue, Instant /*now*/) {
  const Kind kind = api::kind_of(change.latest());
  if (kind == Kind::PodDisruptionBudget) {
    queue.add(api::key_of(change.latest()));
    return;
  }
  const bool has_size = kind == Kind::Deployment || kind == Kind::ReplicaSet ||
                        kind == Kind::StatefulSet || kind == Kind::ReplicationController;
  if (kind != Kind::Pod && !has_size) return;
  const std::string& in = api::meta_of(change.latest()).namespace_name;
  for (const auto* budget : caches_.disruption_budgets.in_namespace<PodDisruptionBudget>(in)) {
    const auto matches = [&](const api::ObjectPtr& version) {
      return version && budget->spec.selector &&
             api::matches(*budget->spec.selector, api::meta_of(*version).labels);
    };
    if (has_size || matches(change.before) || matches(change.after)) {
      queue.add({Kind::PodDisruptionBudget, in, budget->meta.name});
    }
  }
}

std::optional<DisruptionController::Scale> DisruptionController::scale_of(
    const std::string& in, const api::OwnerReference& owner) const {
  const auto scale = [](const auto* object) {
    return object == nullptr ? std::nullopt
                             : std::optional<Scale>{{object->meta.uid, object->spec.replicas}};
  };
  switch (owner.kind) {
    case Kind::ReplicaSet: {
      const auto* set = caches_.replica_sets.find<api::ReplicaSet>(in, owner.name);
      const auto* above = set == nullptr ? nullptr : api::controller_of(set->meta);
      if (above != nullptr && above->kind == Kind::Deployment) {
        return scale(caches_.deployments.find<api::Deployment>(in, above->name));
      }
      return scale(set);
    }
    case Kind::ReplicationController:
      return scale(
          caches_.replication_controllers.find<api::ReplicationController>(in, owner.name));
    case Kind::StatefulSet:
      return scale(caches_.stateful_sets.find<api::StatefulSet>(in, owner.name));
    default:
      return std::nullopt;
  }
}

Plan DisruptionController::reconcile(const ObjectKey& key,
                                     const std::optional<CallFailure>& /*last_failure*/,
                                     Instant now) {
  const auto* budget =
      caches_.disruption_budgets.find<PodDisruptionBudget>(key.namespace_name, key.name);
  if (budget == nullptr) return {};
  DisruptionView view;
  view.budget = budget;
  std::set<std::string> counted;
  for (const Pod* pod : caches_.pods.in_namespace<Pod>(key.namespace_name)) {
    if (!budget->spec.selector || !api::matches(*budget->spec.selector, pod->meta.labels)) continue;
    view.pods.push_back(pod);
    const api::OwnerReference* owner = api::controller_of(pod->meta);
    if (owner == nullptr) continue;
    const std::optional<Scale> scale = scale_of(key.namespace_name, *owner);
    if (!scale) {
      view.has_unscalable = true;
    } else if (counted.insert(scale->uid).second) {
      view.scale += scale->replicas;
    }
  }
  return reconcile_disruption(view, config_, now);
}

}  // namespace orrery::controllers
