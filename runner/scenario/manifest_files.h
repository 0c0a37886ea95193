/// @file
/// Finding and reading the files that a scenario names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/api/istio.h"
#include "models/api/manifest_patch.h"
#include "models/api/reading.h"
#include "runner/scenario/fields.h"

namespace orrery::scenario {

/// The text of a file of at most 64 MiB; otherwise reports at `at` and nothing.
[[nodiscard]] std::optional<std::string> read_file(const std::string& path, const api::Place& at,
                                                   Report& report);

/// `path`, or if it is a folder the files under it that end in .yaml, .yml or .json, sorted by
/// path. Reports at `at` what does not exist or holds none.
[[nodiscard]] std::vector<std::string> manifest_files(const std::string& path, const api::Place& at,
                                                      Report& report);

/// The objects of all files, in this order, with Istio's rules in `rules`; what is wrong with them
/// goes to `report`, and so does an object that two documents define.
[[nodiscard]] api::Manifests read_manifest_files(const std::vector<std::string>& files,
                                                 const api::Place& at, Report& report,
                                                 api::ManifestPatches& patches,
                                                 api::istio::Rules& rules);

/// Reports every object that an earlier one already defines.
void report_duplicates(const std::vector<api::ManifestObject>& objects, Report& report);
void report_duplicates(const api::istio::Rules& rules, Report& report);

}  // namespace orrery::scenario
