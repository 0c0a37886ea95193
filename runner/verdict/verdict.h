/// @file
/// From the results of all seeds to a verdict per expectation.
///
/// With several seeds an expectation about a figure is judged on the confidence interval of the
/// mean over seeds (Student's t, seeds being independent replications): it passes if the whole
/// interval keeps the bound, fails if none of it does, and is inconclusive if the bound lies
/// inside. With one seed the value itself is judged. Expectations about what must hold in every run
/// (rollouts, counts, recovery) are judged run by run: all of them must keep the bound.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runner/run_result.h"
#include "runner/scenario/scenario.h"
#include "runner/verdict/bounds.h"
#include "runner/verdict/request_figures.h"
#include "runner/verdict/statistics.h"

namespace orrery::verdict {

struct ExpectationVerdict {
  std::string id;
  Verdict verdict = Verdict::Inconclusive;
  std::optional<Estimate>
      observed;                    ///< Unit as the bound's; absent when nothing could be observed.
  std::string observed_text;       ///< "success 99.71 % [99.68, 99.74]"
  std::string bound;               ///< ">= 99.5%"
  std::uint64_t seeds_passed = 0;  ///< Runs that keep the bound on their own.
  std::uint64_t seeds = 0;
  std::string why;         ///< Empty for a pass.
  std::string worst_text;  ///< "worst 30 s 97.2 % at 2:30"; empty where it says nothing new.
};

struct Judgement {
  Verdict verdict = Verdict::Inconclusive;  ///< Fail if any failed, else Inconclusive if any was.
  std::vector<ExpectationVerdict> expectations;
  std::vector<std::string> notes;  ///< What makes the whole run inconclusive, in sentences.
};

/// Judges all expectations of `scenario`. Requires: at least one result; all of this scenario.
[[nodiscard]] Judgement judge(const scenario::Scenario& scenario,
                              const std::vector<runner::RunResult>& results);

/// Exit status of `orrery run`: 0 pass, 1 fail, 3 inconclusive.
[[nodiscard]] int exit_code(Verdict verdict);

}  // namespace orrery::verdict
