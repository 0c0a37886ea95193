/// @file
/// What becomes of objects whose owners go, and of owners that wait for their dependents.
///
/// Source: Kubernetes pkg/controller/garbagecollector (attemptToDeleteItem,
/// processDeletingDependentsItem, orphanDependents).
#pragma once

#include <cstdint>
#include <vector>

#include "models/api/objects.h"
#include "models/controllers/plan.h"

namespace orrery::controllers {

enum class OwnerState : std::uint8_t {
  Present,
  Waiting,  ///< Being deleted in the foreground: it goes after its dependents.
  Gone,
};

struct OwnedView {
  const api::Object* object = nullptr;
  std::vector<OwnerState> owners;  ///< In the order of the object's owner references.
  bool has_dependents = false;
};

/// Deletes an object none of whose owners stays; one that keeps an owner loses its references to
/// the others.
[[nodiscard]] Plan reconcile_owned(const OwnedView& view);

/// Lets an owner that waits go once no dependent with blockOwnerDeletion is left.
[[nodiscard]] Plan reconcile_foreground_deletion(const api::Object& owner,
                                                 const std::vector<const api::Object*>& dependents);

/// Takes the owner out of its dependents' references, then lets it go.
[[nodiscard]] Plan reconcile_orphaning(const api::Object& owner,
                                       const std::vector<const api::Object*>& dependents);

[[nodiscard]] bool has_finalizer(const api::ObjectMeta& meta, const char* name);

}  // namespace orrery::controllers
