/// @file
/// A sweep: a scenario at every point of its parameters, with every seed, into one file of results
/// that a killed sweep goes on with.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "models/base/result.h"
#include "runner/scenario/reading.h"
#include "runner/scenario/scenario.h"

namespace orrery::sweep {

/// One variant: the parameters by path, in the order of the axes, with their values as JSON.
using Point = std::vector<std::pair<std::string, std::string>>;

/// All combinations: the first axis varies slowest, the zipped ones fastest. At least one point.
[[nodiscard]] std::vector<Point> points_of(const scenario::Sweep& sweep);

/// The overrides that make the scenario this point.
[[nodiscard]] std::vector<scenario::Override> overrides_of(const Point& point);

struct SweepOrder {
  std::string scenario;                       ///< File.
  std::vector<scenario::Override> overrides;  ///< Of all points.
  std::string results;                        ///< File; made if missing.
  std::uint64_t first_seed = 1;
  std::uint64_t last_seed = 1;
  unsigned parallel = 1;
  std::function<void(std::uint64_t done, std::uint64_t all)> progress;
};

/// Runs what the file does not hold yet. Every run is in the file before it counts as done, so that
/// nothing is lost and nothing is run twice, whenever the sweep is killed.
///
/// A Failure when the file holds another sweep, when a point's scenario has problems (named in
/// `problems`), or when this program was built without SQLite.
[[nodiscard]] Result<void> run_sweep(const SweepOrder& order, const scenario::Scenario& scenario,
                                     std::vector<api::Problem>& problems);

/// One line per point: its parameters and what became of each expectation.
[[nodiscard]] Result<std::string> sweep_table(const std::string& results);

/// The figures as CSV, one line each: point, seed, the parameters, figure, unit, value.
[[nodiscard]] Result<std::string> csv_long(const std::string& results);

}  // namespace orrery::sweep
