/// @file
/// Adoption and release: which objects a controller owns, by reference and by selector.
///
/// Source: Kubernetes pkg/controller/controller_ref_manager.go.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "models/api/objects.h"
#include "models/controllers/plan.h"

namespace orrery::controllers {

/// What a controller owns, and the writes that make it so.
template <class T>
struct Claims {
  std::vector<const T*> owned;
  /// Adoptions and releases. While there are any, nothing else should be done: what they change
  /// will be seen.
  Batch batch;
};

/// `candidates` are controlled by the owner or by nobody. Those that match are kept or adopted,
/// controlled ones that do not match are released. An owner that is being deleted neither adopts
/// nor releases; an object that is being deleted is not adopted.
template <class T, class Matches>
[[nodiscard]] Claims<T> claim(api::Kind owner_kind, const api::ObjectMeta& owner,
                              const std::vector<const T*>& candidates, Matches matches) {
  Claims<T> claims;
  for (const T* candidate : candidates) {
    const bool controlled = api::controller_of(candidate->meta) != nullptr;
    const bool matching = matches(*candidate);
    if (controlled && matching) {
      claims.owned.push_back(candidate);
    } else if (owner.deletion) {
      continue;
    } else if (controlled) {
      T released = *candidate;
      std::erase_if(released.meta.owners, [&](const auto& o) { return o.uid == owner.uid; });
      claims.batch.push_back(update_call(std::move(released)));
    } else if (matching && !candidate->meta.deletion) {
      T adopted = *candidate;
      adopted.meta.owners.push_back(controller_reference(owner_kind, owner));
      claims.batch.push_back(update_call(std::move(adopted)));
    }
  }
  return claims;
}

}  // namespace orrery::controllers
