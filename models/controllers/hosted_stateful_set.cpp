#include "models/controllers/hosted_stateful_set.h"

#include <string>

#include "models/controllers/owner_lookup.h"
#include "models/controllers/stateful_pods.h"

namespace orrery::controllers {
namespace {

using api::ControllerRevision;
using api::Kind;
using api::ObjectKey;
using api::PersistentVolumeClaim;
using api::Pod;
using api::StatefulSet;

/// Whether `name` is that of a claim of one of the set's pods, whatever the ordinal.
bool is_claim_of(const StatefulSet& set, const std::string& name) {
  for (const api::ClaimTemplate& claim : set.spec.claim_templates) {
    const std::string prefix = claim.name + "-" + set.meta.name + "-";
    if (name.compare(0, prefix.size(), prefix) == 0) return true;
  }
  return false;
}

}  // namespace

void StatefulSetController::observe(const Change& change, WorkQueue& queue, Instant /*now*/) {
  const api::Object& latest = change.latest();
  switch (api::kind_of(latest)) {
    case Kind::StatefulSet:
      queue.add(api::key_of(latest));
      return;
    case Kind::Pod:
      for (const api::ObjectPtr& version : {change.before, change.after}) {
        if (!version) continue;
        add_owner_or_adopters<StatefulSet>(api::meta_of(*version), Kind::StatefulSet,
                                           caches_.stateful_sets, queue);
      }
      return;
    case Kind::PersistentVolumeClaim: {
      // A pod may wait for the claim of an earlier one to go.
      if (change.after) return;
      const api::ObjectMeta& meta = api::meta_of(latest);
      for (const StatefulSet* set :
           caches_.stateful_sets.in_namespace<StatefulSet>(meta.namespace_name)) {
        if (is_claim_of(*set, meta.name)) {
          queue.add({Kind::StatefulSet, meta.namespace_name, set->meta.name});
        }
      }
      return;
    }
    default:
      return;
  }
}

Plan StatefulSetController::reconcile(const ObjectKey& key,
                                      const std::optional<CallFailure>& last_failure, Instant now) {
  const auto* set = caches_.stateful_sets.find<StatefulSet>(key.namespace_name, key.name);
  if (set == nullptr) return {};
  StatefulSetView view;
  view.set = set;
  view.pods = caches_.pods.controlled_by<Pod>(set->meta.uid);
  append(view.pods, caches_.pods.orphans_in<Pod>(key.namespace_name));
  const Informer& revisions = caches_.controller_revisions;
  view.revisions = revisions.controlled_by<ControllerRevision>(set->meta.uid);
  append(view.revisions, revisions.orphans_in<ControllerRevision>(key.namespace_name));
  view.namespace_revisions = revisions.in_namespace<ControllerRevision>(key.namespace_name);

  const auto look_up_claims = [&](std::int64_t ordinal) {
    for (const api::ClaimTemplate& claim : set->spec.claim_templates) {
      const std::string name = stateful_claim_name(claim, *set, ordinal);
      const auto* found = caches_.claims.find<PersistentVolumeClaim>(key.namespace_name, name);
      if (found != nullptr) view.claims[name] = found;
    }
  };
  const std::int64_t first = set->spec.ordinals_start;
  for (std::int64_t i = first; i < first + set->spec.replicas; ++i) look_up_claims(i);
  for (const Pod* pod : view.pods) {
    const auto ordinal = ordinal_of(*set, *pod);
    if (ordinal && !is_wanted(*set, *ordinal)) look_up_claims(*ordinal);
  }
  view.last_failure = last_failure;
  return reconcile_stateful_set(view, config_, now);
}

}  // namespace orrery::controllers
