#include "models/controllers/hosted_replicas.h"

#include <iterator>

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

/// Whether a set that has as many pods as it wants sees no difference between two versions of one.
bool counts_the_same(const Pod& before, const Pod& after) {
  const auto ready_since = [](const Pod& pod) {
    return api::is_ready(pod)
               ? std::optional{api::find_condition(pod.status.conditions, "Ready")->last_transition}
               : std::nullopt;
  };
  return before.meta.uid == after.meta.uid && api::is_active(before) == api::is_active(after) &&
         before.meta.deletion == after.meta.deletion && before.meta.labels == after.meta.labels &&
         before.meta.owners == after.meta.owners && ready_since(before) == ready_since(after);
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
    settled_.erase(api::key_of(change.latest()));
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
  if (change.before && change.after &&
      counts_the_same(std::get<Pod>(*change.before), std::get<Pod>(*change.after))) {
    return;
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
  if (may_change_pods && !last_failure && settled_.contains(key)) return {};
  const Set* set = sets_.find<Set>(key.namespace_name, key.name);
  if (set == nullptr) return {};
  ReplicasView<Set> view;
  view.set = set;
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
  if (may_change_pods && !last_failure && plan.batches.empty() && !plan.look_again_after) {
    settled_.insert(key);
  }
  return plan;
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
