/// @file
/// One run of a scenario in the simulated world, and many of them side by side.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "models/base/result.h"
#include "runner/run_result.h"
#include "runner/scenario/scenario.h"
#include "runner/session/run_hand.h"
#include "runner/session/run_recorder.h"

namespace orrery::session {

/// Whether this program can run the scenario: a Failure says what it was built without.
[[nodiscard]] Result<void> can_simulate(const scenario::Scenario& scenario);

/// One run in this process, with the programs that the scenario names. A Failure says which of them
/// broke the run. A process runs at most one scenario with image pulls (SimGrid has one engine per
/// process), so callers with several seeds use simulate_all. Requires: can_simulate.
/// With `record` the run is written to a file, too; it is the same run. With `hand` somebody has it
/// in hand, at every sample; requires: `record`.
[[nodiscard]] Result<runner::RunResult> try_simulate(const scenario::Scenario& scenario,
                                                     std::uint64_t seed,
                                                     const RecordOrder* record = nullptr,
                                                     RunHand* hand = nullptr);

/// The same of a scenario without programs, which nothing can break.
[[nodiscard]] runner::RunResult simulate(const scenario::Scenario& scenario, std::uint64_t seed);

/// Why not all runs came to their end.
struct RunFailure : Failure {
  bool by_program = false;  ///< A program of the scenario broke it; otherwise a run died.
};
using Runs = tl::expected<std::vector<runner::RunResult>, RunFailure>;

/// All seeds of the scenario, each in a process of its own, `parallel` at a time. `progress` is
/// told how many are done after each. Results come in the order of seeds, whatever ended first.
/// Requires: parallel >= 1, can_simulate.
[[nodiscard]] Runs simulate_all(const scenario::Scenario& scenario, unsigned parallel,
                                const std::function<void(std::uint64_t done)>& progress);

}  // namespace orrery::session
