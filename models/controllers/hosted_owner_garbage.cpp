#include "models/controllers/hosted_owner_garbage.h"

#include <algorithm>

namespace orrery::controllers {
namespace {

using api::Kind;
using api::Object;
using api::ObjectKey;
using api::ObjectMeta;
using api::OwnerReference;

/// Between asking whether an owner is gone and acting on the answer, or asking again.
constexpr Duration kConfirmAgain = Duration::milliseconds(100);

/// Asks the API server itself; `uid` is what the answer is to be compared with.
ports::ApiCall get_call(const ObjectKey& key, const std::string& uid) {
  ports::ApiCall call;
  call.key = key;
  call.uid = uid;
  return call;
}

ObjectKey key_of_owner(const ObjectMeta& dependent, const OwnerReference& owner) {
  return {owner.kind, api::is_namespaced(owner.kind) ? dependent.namespace_name : "", owner.name};
}

bool waits(const ObjectMeta& meta) {
  return meta.deletion && has_finalizer(meta, api::kForegroundFinalizer);
}
bool orphans(const ObjectMeta& meta) {
  return meta.deletion && has_finalizer(meta, api::kOrphanFinalizer);
}

}  // namespace

api::ObjectPtr OwnerGarbageController::cached(const ObjectKey& key) const {
  const Informer* informer = caches_.of(key.kind);
  return informer == nullptr ? nullptr : informer->find_any(key.namespace_name, key.name);
}

std::optional<OwnerState> OwnerGarbageController::state_of(const ObjectMeta& dependent,
                                                           const OwnerReference& owner) const {
  if (caches_.of(owner.kind) == nullptr) return OwnerState::Present;
  const api::ObjectPtr found = cached(key_of_owner(dependent, owner));
  if (found != nullptr && api::meta_of(*found).uid == owner.uid) {
    return waits(api::meta_of(*found)) ? OwnerState::Waiting : OwnerState::Present;
  }
  if (gone_.contains(owner.uid)) return OwnerState::Gone;
  return std::nullopt;
}

std::vector<const Object*> OwnerGarbageController::dependents_of(const std::string& uid) const {
  std::vector<const Object*> all;
  const auto entry = dependents_.find(uid);
  if (entry == dependents_.end()) return all;
  for (const ObjectKey& key : entry->second) {
    // The caches own what they show until the next event.
    if (const api::ObjectPtr object = cached(key)) all.push_back(object.get());
  }
  return all;
}

void OwnerGarbageController::index(const Object& object, bool present) {
  for (const OwnerReference& owner : api::meta_of(object).owners) {
    if (present) {
      dependents_[owner.uid].insert(api::key_of(object));
      continue;
    }
    const auto entry = dependents_.find(owner.uid);
    if (entry == dependents_.end()) continue;
    entry->second.erase(api::key_of(object));
    if (entry->second.empty()) dependents_.erase(entry);
  }
}

void OwnerGarbageController::observe(const Change& change, WorkQueue& queue, Instant /*now*/) {
  const Object& latest = change.latest();
  const ObjectMeta& meta = api::meta_of(latest);
  const bool owners_changed =
      !change.before || !change.after || api::meta_of(*change.before).owners != meta.owners;
  if (owners_changed) {
    if (change.before) index(*change.before, false);
    if (change.after) index(*change.after, true);
  }
  if (change.before && owners_changed) {
    // An owner may have waited for this one.
    for (const OwnerReference& owner : api::meta_of(*change.before).owners) {
      const ObjectKey key = key_of_owner(meta, owner);
      const api::ObjectPtr found = cached(key);
      if (found != nullptr && waits(api::meta_of(*found))) queue.add(key);
    }
  }
  if (change.after && owners_changed) {
    // Its owner may have gone while nobody watched.
    const bool all_stay = std::all_of(
        meta.owners.begin(), meta.owners.end(),
        [&](const OwnerReference& owner) { return state_of(meta, owner) == OwnerState::Present; });
    if (!all_stay) queue.add(api::key_of(latest));
  }
  const bool ends = !change.after || waits(meta);
  if (change.after && (waits(meta) || orphans(meta))) queue.add(api::key_of(latest));
  if (!ends) return;
  const auto dependents = dependents_.find(meta.uid);
  if (dependents == dependents_.end()) return;
  if (!change.after) gone_.insert(meta.uid);
  const bool is_news = !change.after || !change.before || !waits(api::meta_of(*change.before));
  if (!is_news) return;
  for (const ObjectKey& key : dependents->second) queue.add(key);
}

Plan OwnerGarbageController::reconcile(const ObjectKey& key,
                                       const std::optional<CallFailure>& /*last_failure*/,
                                       Instant /*now*/) {
  const api::ObjectPtr object = cached(key);
  if (object == nullptr) return {};
  const ObjectMeta& meta = api::meta_of(*object);
  if (orphans(meta)) return reconcile_orphaning(*object, dependents_of(meta.uid));
  if (waits(meta)) return reconcile_foreground_deletion(*object, dependents_of(meta.uid));
  if (meta.deletion) return {};
  OwnedView view;
  view.object = object.get();
  view.has_dependents = dependents_.contains(meta.uid);
  Plan ask;
  for (const OwnerReference& owner : meta.owners) {
    const std::optional<OwnerState> state = state_of(meta, owner);
    if (state) {
      view.owners.push_back(*state);
    } else {
      ask.then(get_call(key_of_owner(meta, owner), owner.uid));
    }
  }
  if (ask.batches.empty()) return reconcile_owned(view);
  ask.look_again(kConfirmAgain);
  return ask;
}

void OwnerGarbageController::on_answer(const ObjectKey& /*key*/, const ports::ApiCall& call,
                                       const ports::Event& reply) {
  if (call.verb != ports::Verb::Get) return;
  if (reply.outcome == ports::Outcome::NotFound) gone_.insert(call.uid);
  if (reply.outcome != ports::Outcome::Ok) return;
  const api::ObjectPtr& object = std::get<ports::ApiObject>(*reply.body).object;
  if (api::meta_of(*object).uid != call.uid) gone_.insert(call.uid);
}

}  // namespace orrery::controllers
