/// @file
/// Counts over time, and whether they are what they must be when they must be.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runner/run_result.h"
#include "runner/scenario/scenario.h"
#include "runner/verdict/statistics.h"

namespace orrery::verdict {

/// The count that the expectation `id` is about, by time; each holds until the next. Empty: what is
/// counted was never there.
[[nodiscard]] std::vector<runner::CountSample> count_series(const scenario::CountExpectation& what,
                                                            const std::string& id,
                                                            const runner::RunResult& run);

/// What one run says of a count.
struct CountOutcome {
  bool keeps = false;
  std::int64_t least = 0;  ///< In the window.
  std::int64_t most = 0;
  std::int64_t last = 0;          ///< At the end of the window.
  std::optional<double> figure;   ///< What is told: an extreme, the end, or seconds until it held.
  std::optional<Instant> broken;  ///< When it first failed to hold (Always), or held (Never).
};

/// Why a group had fallen behind at a time: who left it last, and what for; or nobody had.
[[nodiscard]] std::string why_behind(const scenario::GroupCount& what, const runner::RunResult& run,
                                     Instant at);

/// Judges one run that ends at `end`; nothing if the count has no value in the window.
[[nodiscard]] std::optional<CountOutcome> judge_count(
    const scenario::CountExpectation& what, const std::vector<runner::CountSample>& samples,
    Instant end);

/// Whether `a` is the one to show of the two.
[[nodiscard]] bool is_worse(const CountOutcome& a, const CountOutcome& b);

/// "min available 3", "6 restarts of Pods at the end", "Pods after 4.2 s".
[[nodiscard]] std::string count_text(const scenario::CountExpectation& what,
                                     const CountOutcome& outcome,
                                     const std::optional<Estimate>& over_runs);

}  // namespace orrery::verdict
