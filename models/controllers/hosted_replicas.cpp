#include "models/controllers/hosted_replicas.h"

#include <iterator>
#include <optional>
#include <utility>

#include "models/controllers/owner_lookup.h"

namespace orrery::controllers {
namespace {

using api::Kind;
using api::ObjectKey;
using api::Pod;
using api::ReplicaSet;
using api::ReplicationController;

template <class Set>
constexpr Kind kKind = Kind::ReplicaSet;
template <>
constexpr Kind kKind<ReplicationController> = Kind::ReplicationController;

Plan reconcile_set(const ReplicaSetView& view, const ReplicaSetConfig& config, Instant now) {
  return reconcile_replica_set(view, config, now);
}
Plan reconcile_set(const ReplicationControllerView& view, const ReplicaSetConfig& config,
                   Instant now) {
  return reconcile_replication_controller(view, config, now);
}

/// Since when; nothing: it is not.
std::optional<Instant> ready_since(const Pod& pod) {
  const api::Condition* ready = api::find_condition(pod.status.conditions, "Ready");
  if (ready == nullptr || ready->status != api::ConditionStatus::True) return std::nullopt;
  return ready->last_transition;
}

/// Whether a set that has as many pods as it wants sees no difference between two versions of one,
/// unless in its readiness.
bool same_but_for_readiness(const Pod& before, const Pod& after) {
  return before.meta.uid == after.meta.uid && api::is_active(before) == api::is_active(after) &&
         before.meta.deletion == after.meta.deletion && before.meta.labels == after.meta.labels &&
         before.meta.owners == after.meta.owners;
}

/// Whether nothing but the status differs.
bool same_wish(const api::ObjectMeta& before, const api::ObjectMeta& after) {
  return before.uid == after.uid && before.generation == after.generation &&
         before.deletion == after.deletion;
}

template <class Status>
ReplicaCounts counts_in(const Status& status) {
  return {status.replicas, status.fully_labeled_replicas, status.ready_replicas,
          status.available_replicas};
}

}  // namespace

template <class Set>
ReplicasController<Set>::ReplicasController(const Caches& caches, const ReplicaSetConfig& config)
    : caches_{caches},
      sets_{kKind<Set> == Kind::ReplicaSet ? caches.replica_sets : caches.replication_controllers},
      config_{config},
      expectations_{config.expectations_timeout} {}

template <class Set>
void ReplicasController<Set>::observe(const Change& change, WorkQueue& queue, Instant /*now*/) {
  const Kind kind = api::kind_of(change.latest());
  if (kind == kKind<Set>) {
    if (!change.before || !change.after ||
        !same_wish(api::meta_of(*change.before), api::meta_of(*change.after))) {
      settled_.erase(api::key_of(change.latest()));
    }
    if (!change.after) expectations_.forget(api::key_of(change.latest()));
    queue.add(api::key_of(change.latest()));
  } else if (kind == Kind::Pod) {
    observe_pod(change, queue);
  }
}

template <class Set>
void ReplicasController<Set>::observe_pod(const Change& change, WorkQueue& queue) {
  unsettle(change);
  const Pod& pod = std::get<Pod>(change.latest());
  if (const auto* owner = controller_of_kind(pod.meta, kKind<Set>)) {
    const ObjectKey set{kKind<Set>, pod.meta.namespace_name, owner->name};
    if (!change.before) expectations_.create_settled(set);
    if (!change.after || pod.meta.deletion) expectations_.delete_settled(set, pod.meta.uid);
  }
  for (const api::ObjectPtr& version : {change.before, change.after}) {
    if (!version) continue;
    add_owner_or_adopters<Set>(api::meta_of(*version), kKind<Set>, sets_, queue);
  }
}

template <class Set>
void ReplicasController<Set>::unsettle(const Change& change) {
  if (settled_.empty()) return;
  if (change.before && change.after) {
    const Pod& before = std::get<Pod>(*change.before);
    const Pod& after = std::get<Pod>(*change.after);
    if (same_but_for_readiness(before, after)) {
      const auto was = ready_since(before);
      const auto is = ready_since(after);
      if (was == is || !api::is_active(after)) return;
      const auto* owner = api::controller_of(after.meta);
      const auto set = owner == nullptr
                           ? settled_.end()
                           : settled_.find({kKind<Set>, after.meta.namespace_name, owner->name});
      if (set != settled_.end() && set->second.uid == owner->uid &&
          set->second.ready_is_available) {
        const std::int32_t more = (is ? 1 : 0) - (was ? 1 : 0);
        set->second.counts.ready += more;
        set->second.counts.available += more;
        return;
      }
    }
  }
  for (const api::ObjectPtr& version : {change.before, change.after}) {
    if (!version) continue;
    const api::ObjectMeta& meta = api::meta_of(*version);
    if (const auto* owner = api::controller_of(meta)) {
      settled_.erase({kKind<Set>, meta.namespace_name, owner->name});
    } else {
      settled_.clear();  // Any set of its namespace could adopt it.
    }
  }
}

template <class Set>
Plan ReplicasController<Set>::reconcile(const ObjectKey& key,
                                        const std::optional<CallFailure>& last_failure,
                                        Instant now) {
  const bool may_change_pods = expectations_.satisfied(key, now);
  const Set* set = sets_.find<Set>(key.namespace_name, key.name);
  if (set == nullptr) return {};
  ReplicasView<Set> view;
  view.set = set;
  if (const auto settled = settled_.find(key);
      may_change_pods && !last_failure && settled != settled_.end()) {
    view.known = settled->second.counts;
    return reconcile_set(view, config_, now);
  }
  view.pods = caches_.pods.controlled_by<Pod>(set->meta.uid);
  append(view.pods, caches_.pods.orphans_in<Pod>(key.namespace_name));

  // The family decides which pods go first, and nothing else.
  if (std::ssize(view.pods) > set->spec.replicas) view.family_pods = family_pods_of(*set);
  view.may_change_pods = may_change_pods;
  view.last_failure = last_failure;
  Plan plan = reconcile_set(view, config_, now);
  if (!view.may_change_pods) {
    // What was asked for may never show; then the next look must not wait for a change.
    const Instant expiry = *expectations_.expiry(key);
    plan.look_again(expiry - now + Duration::nanoseconds(1));
  }
  if (may_change_pods && !last_failure && !set->meta.deletion) settle(*set, plan);
  return plan;
}

template <class Set>
void ReplicasController<Set>::settle(const Set& set, const Plan& plan) {
  if (plan.look_again_after) return;
  Settled settled{set.meta.uid, set.spec.min_ready == Duration{}, counts_in(set.status)};
  if (!plan.batches.empty()) {
    const Batch& batch = plan.batches.front();
    const bool tells_status_only = plan.batches.size() == 1 && batch.size() == 1 &&
                                   batch.front().verb == ports::Verb::UpdateStatus;
    if (!tells_status_only) return;
    settled.counts = counts_in(std::get<Set>(*batch.front().object).status);
  }
  settled_[{kKind<Set>, set.meta.namespace_name, set.meta.name}] = std::move(settled);
}

template <class Set>
std::vector<const Pod*> ReplicasController<Set>::family_pods_of(const Set& set) const {
  std::vector<const Set*> family{&set};
  if (const auto* owner = api::controller_of(set.meta)) {
    family = sets_.template controlled_by<Set>(owner->uid);
  }
  std::vector<const Pod*> pods;
  for (const Set* member : family) {
    for (const Pod* pod : caches_.pods.controlled_by<Pod>(member->meta.uid)) {
      if (api::is_active(*pod)) pods.push_back(pod);
    }
  }
  return pods;
}

template <class Set>
void ReplicasController<Set>::on_sent(const ObjectKey& key, const ports::ApiCall& call,
                                      Instant now) {
  if (call.key.kind != Kind::Pod) return;
  if (call.verb == ports::Verb::Create) expectations_.expect_create(key, now);
  if (call.verb == ports::Verb::Delete) expectations_.expect_delete(key, call.uid, now);
}

template <class Set>
void ReplicasController<Set>::on_answer(const ObjectKey& key, const ports::ApiCall& call,
                                        const ports::Event& reply) {
  if (call.key.kind != Kind::Pod || reply.outcome == ports::Outcome::Ok) return;
  if (call.verb == ports::Verb::Create) expectations_.create_settled(key);
  if (call.verb == ports::Verb::Delete) expectations_.delete_settled(key, call.uid);
}

template class ReplicasController<ReplicaSet>;
template class ReplicasController<ReplicationController>;

}  // namespace orrery::controllers
