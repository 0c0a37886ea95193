/// @file
/// What a run leaves behind: summary.json, timing.json, events.jsonl, report.html, and the lines in
/// the terminal. All but timing.json depend on scenario, seeds and model version alone.
#pragma once

#include <string>
#include <vector>

#include "models/base/result.h"
#include "runner/run_result.h"
#include "runner/scenario/scenario.h"
#include "runner/verdict/verdict.h"

namespace orrery::report {

/// Grows with every change that moves a prediction.
inline constexpr int kModelVersion = 1;

enum class World : std::uint8_t { Sim, Containerd };

/// One finished run of a scenario over all its seeds. References must outlive the call.
struct FinishedRun {
  const scenario::Scenario& scenario;
  World world = World::Sim;
  const std::vector<runner::RunResult>& results;  ///< In the order of seeds; at least one.
  const verdict::Judgement& judgement;
};

/// What policies did in all runs together, in the order of each run's.
[[nodiscard]] std::vector<runner::PolicyCounts> policies_of(const FinishedRun& run);

/// The text of summary.json, ending in a newline. Of each seed and call path with policies,
/// `policies` has what these did, and under `turnedAway` how many calls and tries each of
/// runner::kTurnedAwayKinds did not let out; what turned away none has no key.
[[nodiscard]] std::string summary_json(const FinishedRun& run);

/// The text of timing.json: wall seconds, events and events per second, per seed and in all.
[[nodiscard]] std::string timing_json(const FinishedRun& run);

/// The text of events.jsonl: one line per record of the log, seed by seed.
[[nodiscard]] std::string events_jsonl(const FinishedRun& run);

/// The text of report.html: one file that opens without a network.
[[nodiscard]] std::string html_report(const FinishedRun& run);

/// JUnit XML for continuous integration: one test case per expectation with the expectation's id as
/// its name, whatever it found, and the scenario as its class. Failed is a failure; inconclusive is
/// an error, as it says nothing about the system. Seeds are properties of the suite.
[[nodiscard]] std::string junit_xml(const FinishedRun& run);

/// A table of the expectations in Markdown, for a job summary or a comment on a change.
[[nodiscard]] std::string markdown_text(const FinishedRun& run);

/// What the user sees. `colour` and `unicode` are off when the output is piped; `out` is the folder
/// of the files, or empty.
[[nodiscard]] std::string terminal_text(const FinishedRun& run, bool colour, bool unicode,
                                        const std::string& out);

/// Writes all files into `folder`, which is made if missing. Each file is written beside its place
/// and then renamed, so that a reader never sees half of one.
[[nodiscard]] Result<void> write_files(const FinishedRun& run, const std::string& folder);

}  // namespace orrery::report
