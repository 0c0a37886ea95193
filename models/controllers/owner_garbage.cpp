#include "models/controllers/owner_garbage.h"

#include <algorithm>
#include <string>
#include <utility>

namespace orrery::controllers {
namespace {

using api::Object;
using api::ObjectMeta;
using api::OwnerReference;

ports::ApiCall deletion(const Object& object, ports::Propagation propagation) {
  ports::ApiCall call = delete_call(api::meta_of(object), api::kind_of(object));
  call.propagation = propagation;
  return call;
}

ports::ApiCall without_finalizer(const Object& object, const char* name) {
  Object next = object;
  std::erase(api::meta_of(next).finalizers, name);
  return update_call(std::move(next));
}

}  // namespace

bool has_finalizer(const ObjectMeta& meta, const char* name) {
  return std::find(meta.finalizers.begin(), meta.finalizers.end(), name) != meta.finalizers.end();
}

Plan reconcile_owned(const OwnedView& view) {
  Plan plan;
  const ObjectMeta& meta = api::meta_of(*view.object);
  expects(view.owners.size() == meta.owners.size(), "every owner reference has a state");
  if (meta.deletion || meta.owners.empty()) return plan;
  const auto count = [&](OwnerState state) {
    return std::count(view.owners.begin(), view.owners.end(), state);
  };
  if (count(OwnerState::Present) == 0) {
    const bool waited_for = count(OwnerState::Waiting) > 0 && view.has_dependents;
    plan.then(deletion(*view.object,
                       waited_for ? ports::Propagation::Foreground : ports::Propagation::Default));
    return plan;
  }
  if (count(OwnerState::Present) == std::ssize(view.owners)) return plan;
  Object next = *view.object;
  std::vector<OwnerReference> kept;
  for (std::size_t i = 0; i < meta.owners.size(); ++i) {
    if (view.owners[i] == OwnerState::Present) kept.push_back(meta.owners[i]);
  }
  api::meta_of(next).owners = std::move(kept);
  plan.then(update_call(std::move(next)));
  return plan;
}

Plan reconcile_foreground_deletion(const Object& owner,
                                   const std::vector<const Object*>& dependents) {
  Plan plan;
  const std::string& uid = api::meta_of(owner).uid;
  const bool held = std::any_of(dependents.begin(), dependents.end(), [&](const Object* object) {
    const auto& owners = api::meta_of(*object).owners;
    return std::any_of(owners.begin(), owners.end(), [&](const OwnerReference& reference) {
      return reference.uid == uid && reference.block_deletion;
    });
  });
  if (!held) plan.then(without_finalizer(owner, api::kForegroundFinalizer));
  return plan;
}

Plan reconcile_orphaning(const Object& owner, const std::vector<const Object*>& dependents) {
  Plan plan;
  const std::string& uid = api::meta_of(owner).uid;
  Batch releases;
  for (const Object* dependent : dependents) {
    Object next = *dependent;
    std::erase_if(api::meta_of(next).owners,
                  [&](const OwnerReference& reference) { return reference.uid == uid; });
    releases.push_back(update_call(std::move(next)));
  }
  if (!releases.empty()) plan.batches.push_back(std::move(releases));
  plan.then(without_finalizer(owner, api::kOrphanFinalizer));
  return plan;
}

}  // namespace orrery::controllers
