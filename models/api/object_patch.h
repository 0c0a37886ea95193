/// @file
/// Changes to objects of a cluster, in the shape that manifests have.
///
/// Source: kubectl patch --type strategic.
#pragma once

#include <vector>

#include "models/api/document.h"
#include "models/api/reading.h"

namespace orrery::api {

/// What a patch makes of an object of the manifests, and what is wrong with that.
struct PatchedObject {
  Object object;
  std::vector<Problem> problems;  ///< At values of the patch, or at `where` if at none of them.
  std::vector<NotModelled> not_modelled;  ///< Of the patch alone.
};

/// `object`, which has no status yet, with `patch` merged into it and read as a manifest is.
[[nodiscard]] PatchedObject check_patch(const Object& object, const ValuePtr& patch,
                                        const Place& where);

/// A stored object with `patch` merged into it; fails if that is no object of its kind any more.
[[nodiscard]] Result<Object> patched(const Object& stored, const ValuePtr& patch);

}  // namespace orrery::api
