/// @file
/// Whom a change concerns: the controller that owns an object, or those that could adopt it.
///
/// Source: Kubernetes pkg/controller (resolveControllerRef, getPodReplicaSets and their like).
#pragma once

#include <type_traits>
#include <variant>
#include <vector>

#include "models/api/objects.h"
#include "models/controllers/informer.h"
#include "models/controllers/work_queue.h"

namespace orrery::controllers {

/// The one of two versions of a T, or nullptr if the object is of another kind.
template <class T>
[[nodiscard]] const T* as(const api::ObjectPtr& object) {
  return object ? std::get_if<T>(object.get()) : nullptr;
}

/// The owner of that kind, if it is the controller; otherwise nullptr.
[[nodiscard]] inline const api::OwnerReference* controller_of_kind(const api::ObjectMeta& meta,
                                                                   api::Kind kind) {
  const api::OwnerReference* owner = api::controller_of(meta);
  return owner != nullptr && owner->kind == kind ? owner : nullptr;
}

/// Whether the owner's selector, of either kind, matches the labels.
template <class Owner>
[[nodiscard]] bool selects(const Owner& owner, const api::Labels& labels) {
  if constexpr (std::is_same_v<decltype(owner.spec.selector), api::Labels>) {
    return !owner.spec.selector.empty() && api::has_all(labels, owner.spec.selector);
  } else {
    return api::matches(owner.spec.selector, labels);
  }
}

/// Adds the owner of `meta` if it is of `kind`, or, for an orphan, everyone in `cache` who could
/// adopt it.
template <class Owner>
void add_owner_or_adopters(const api::ObjectMeta& meta, api::Kind kind, const Informer& cache,
                           WorkQueue& queue) {
  if (const auto* owner = api::controller_of(meta)) {
    if (owner->kind == kind) queue.add({kind, meta.namespace_name, owner->name});
    return;
  }
  for (const Owner* candidate : cache.in_namespace<Owner>(meta.namespace_name)) {
    if (selects(*candidate, meta.labels)) {
      queue.add({kind, meta.namespace_name, candidate->meta.name});
    }
  }
}

template <class T>
void append(std::vector<const T*>& to, std::vector<const T*> more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace orrery::controllers
