/// @file
/// A run's result as JSON text: how a run, which is a process of its own, hands it to its parent.
#pragma once

#include <string>
#include <string_view>

#include "models/base/result.h"
#include "runner/run_result.h"

namespace orrery::runner {

[[nodiscard]] std::string to_json_text(const RunResult& result);

/// Reads what to_json_text wrote; a Failure for anything else.
[[nodiscard]] Result<RunResult> run_result_from_json_text(std::string_view text);

}  // namespace orrery::runner
