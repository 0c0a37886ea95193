/// @file
/// Changes to manifests that are made between parsing and reading, so that no file is edited.
///
/// Source: RFC 7386 (merge patch); lists are merged by the key that Kubernetes' strategic merge
/// patch uses for them (patchMergeKey of the API types).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "models/api/document.h"
#include "models/api/istio.h"
#include "models/api/reading.h"

namespace orrery::api {

struct ManifestPatch {
  std::string kind;
  std::string namespace_name;  ///< Empty: any.
  std::string name;
  ValuePtr merge;  ///< A mapping. Its values know the file they stand in.
  Place where;
};

/// `object` with `patch` merged into it: mappings key by key, null removes, lists whose items are
/// named by a key (containers, env, ports, volumes, …) item by item, everything else is replaced.
/// An item with `$patch: delete` is taken away; `$patch: replace` replaces the whole list or
/// mapping it stands in.
[[nodiscard]] ValuePtr patched(const ValuePtr& object, const ValuePtr& patch);

/// Patches, and how many objects each of them has changed.
class ManifestPatches {
 public:
  void add(ManifestPatch patch);

  /// The document with every patch that fits it or, if it is a List, its items.
  [[nodiscard]] ValuePtr apply(const ValuePtr& document);

  /// Those that fitted nothing so far.
  [[nodiscard]] std::vector<const ManifestPatch*> unused() const;

 private:
  std::vector<ManifestPatch> patches_;
  std::vector<std::size_t> uses_;
};

/// As read_manifests of reading.h, with `patches` applied; Istio's rules are added to `rules`.
[[nodiscard]] Manifests read_manifests(std::string_view text, const std::string& file,
                                       ManifestPatches& patches, istio::Rules& rules);

}  // namespace orrery::api
