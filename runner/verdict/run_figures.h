/// @file
/// All figures of one run by name: what comparisons and sweeps are about.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner/run_result.h"
#include "runner/scenario/scenario.h"

namespace orrery::verdict {

/// Which way a figure gets better.
enum class Better : std::uint8_t { Larger, Smaller, Neither };

struct RunFigure {
  std::string name;  ///< "service default/web p99"
  std::string unit;  ///< "ratio", "s", "requests", "pods"
  Better better = Better::Neither;
  double value = 0;
};

/// Requests from the end of the warm-up on; pods, rollouts and recoveries of the whole run. A
/// figure that has no value in this run is left out.
[[nodiscard]] std::vector<RunFigure> run_figures(const scenario::Scenario& scenario,
                                                 const runner::RunResult& run);

}  // namespace orrery::verdict
