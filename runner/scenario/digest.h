/// @file
/// One number for all that a run follows from, but for the programs it asks: runs with equal
/// digests and seeds are the same run.
#pragma once

#include <string>
#include <vector>

#include "runner/scenario/reading.h"
#include "runner/scenario/settings.h"

namespace orrery::scenario {

/// The texts of the scenario, of the manifests and files that were put under it with their names as
/// seen from its folder, and the settings: the same wherever it is started from, and wherever the
/// folder lies. `reading`: of the file at `path`, with these settings.
[[nodiscard]] std::string sources_of(const std::string& path, const ScenarioReading& reading,
                                     const std::vector<Override>& settings);

/// Sixteen hexadecimal digits for such a text.
[[nodiscard]] std::string digest_of(const std::string& sources);

}  // namespace orrery::scenario
