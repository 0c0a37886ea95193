/// @file
/// What `orrery why` needs of a run that is over, from the files that it left.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/base/time_types.h"
#include "runner/run_result.h"

namespace orrery::why {

struct Evidence {
  std::uint64_t seed = 0;
  std::optional<Duration> duration;   ///< Of the run; absent in the folder of an older version.
  std::vector<std::string> services;  ///< All of the scenario: "shop/cart".
  std::vector<recording::LogRecord> log;
  std::vector<runner::FailureKind> failures;
  std::vector<runner::PolicyCounts> policies;  ///< Empty without policies.
};

/// Of the run with this seed, or of the first, in the folder that `orrery run --out` wrote.
/// Fails, naming file and line, if a file is missing or damaged, or the seed was not run.
[[nodiscard]] Result<Evidence> read_run_folder(const std::string& folder,
                                               std::optional<std::uint64_t> seed);

}  // namespace orrery::why
