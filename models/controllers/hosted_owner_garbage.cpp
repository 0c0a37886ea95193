#include "models/controllers/hosted_owner_garbage.h"

namespace orrery::controllers {
namespace {

using api::Deployment;
using api::EndpointSlice;
using api::Kind;
using api::ObjectKey;
using api::ObjectMeta;
using api::Pod;
using api::ReplicaSet;
using api::Service;

/// Between asking whether an owner is gone and acting on the answer, or asking again.
constexpr Duration kConfirmAgain = Duration::milliseconds(100);

/// Asks the API server itself; `uid` is what the answer is to be compared with.
ports::ApiCall get_call(const ObjectKey& key, const std::string& uid) {
  ports::ApiCall call;
  call.key = key;
  call.uid = uid;
  return call;
}

}  // namespace

void OwnerGarbageController::observe(const Change& change, WorkQueue& queue, Instant /*now*/) {
  if (change.after) {
    // Found owned at the first look: its owner may have gone while nobody watched.
    if (!change.before && api::controller_of(api::meta_of(*change.after)) != nullptr) {
      queue.add(api::key_of(*change.after));
    }
    return;
  }
  const std::string& uid = api::meta_of(*change.before).uid;
  const Kind kind = api::kind_of(*change.before);
  if (kind == Kind::Deployment || kind == Kind::ReplicaSet || kind == Kind::Service) {
    gone_.insert(uid);
  }
  switch (kind) {
    case Kind::Deployment:
      for (const auto* set : caches_.replica_sets.controlled_by<ReplicaSet>(uid)) {
        queue.add({Kind::ReplicaSet, set->meta.namespace_name, set->meta.name});
      }
      return;
    case Kind::ReplicaSet:
      for (const auto* pod : caches_.pods.controlled_by<Pod>(uid)) {
        queue.add({Kind::Pod, pod->meta.namespace_name, pod->meta.name});
      }
      return;
    case Kind::Service:
      for (const auto* slice : caches_.endpoint_slices.controlled_by<EndpointSlice>(uid)) {
        queue.add({Kind::EndpointSlice, slice->meta.namespace_name, slice->meta.name});
      }
      return;
    default:
      return;
  }
}

Plan OwnerGarbageController::reconcile(const ObjectKey& key,
                                       const std::optional<CallFailure>& /*last_failure*/,
                                       Instant /*now*/) {
  const auto meta_in = [](const auto* object) -> const ObjectMeta* {
    return object != nullptr ? &object->meta : nullptr;
  };
  const auto meta_of_key = [&](Kind kind, const std::string& name) -> const ObjectMeta* {
    const std::string& in = key.namespace_name;
    switch (kind) {
      case Kind::Pod:
        return meta_in(caches_.pods.find<Pod>(in, name));
      case Kind::Deployment:
        return meta_in(caches_.deployments.find<Deployment>(in, name));
      case Kind::ReplicaSet:
        return meta_in(caches_.replica_sets.find<ReplicaSet>(in, name));
      case Kind::Service:
        return meta_in(caches_.services.find<Service>(in, name));
      case Kind::EndpointSlice:
        return meta_in(caches_.endpoint_slices.find<EndpointSlice>(in, name));
      default:
        return nullptr;
    }
  };
  Plan plan;
  const ObjectMeta* meta = meta_of_key(key.kind, key.name);
  if (meta == nullptr || meta->deletion) return plan;
  const api::OwnerReference* owner = api::controller_of(*meta);
  if (owner == nullptr) return plan;
  const bool watched = owner->kind == Kind::Deployment || owner->kind == Kind::ReplicaSet ||
                       owner->kind == Kind::Service;
  if (!watched) return plan;
  const ObjectMeta* found = meta_of_key(owner->kind, owner->name);
  if (found != nullptr && found->uid == owner->uid) return plan;
  if (gone_.contains(owner->uid)) {
    plan.then(delete_call(*meta, key.kind));
  } else {
    plan.then(get_call({owner->kind, key.namespace_name, owner->name}, owner->uid));
    plan.look_again(kConfirmAgain);
  }
  return plan;
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
