/// @file
/// One tree of a scenario out of several: the files it includes, and what the command line sets.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/api/manifest_patch.h"
#include "runner/scenario/document.h"
#include "runner/scenario/fields.h"
#include "runner/scenario/folders.h"
#include "runner/scenario/settings.h"

namespace orrery::scenario {

/// Follows `include`: each file named is read and put under this one, the first at the bottom.
///
/// Objects merge key by key and null takes a key away; entries of `timeline` and `expect` replace
/// those with their id and are added otherwise; `patch` is added to; everything else is replaced.
/// Every value keeps the place it stands at. Files are found where names in the file begin that
/// names them, at most 16 deep and never twice in one chain. `folders` is told of those that are
/// given another folder for the names in them. Returns all that were read.
std::vector<std::string> include_files(Value& root, Folders& folders, Report& report);

/// The overrides that are about manifests, as entries of `patch`; the others are put in.
void apply_overrides(Value& root, const std::vector<Override>& overrides, Report& report);

/// The value as manifests have it; it knows where it stands.
[[nodiscard]] api::ValuePtr to_api(const Value& from);

/// `patch`, ready for reading manifests.
[[nodiscard]] api::ManifestPatches read_patches(const Value* patches, Report& report);

}  // namespace orrery::scenario
