/// @file
/// One run of a scenario on live containerd hosts, in wall time.
#pragma once

#include <string>
#include <vector>

#include "models/base/result.h"
#include "runner/run_result.h"
#include "runner/scenario/scenario.h"
#include "runner/session/run_hand.h"
#include "runner/session/run_recorder.h"

namespace orrery::session {

/// Runs the scenario once, with its first seed, on the hosts of the test bed; brings a bed up if
/// none is, and takes it down again if it did. Node names of the scenario are host names.
///
/// The processes' records and logs, and what the load generators saw, are left in `out`/live. A
/// Failure says what this machine lacks for a live run, or what broke. Requires:
/// scenario::simulated_alone() names nothing.
///
/// With `record` it is recorded as the run goes, a second behind the clock. What goes on inside
/// services is not in it: busy slots, queues, when work on a request began.
///
/// What failed has causes as far as the session knows of them: its own deeds, faults that have hit
/// the pod that was called, a Service left without ready pods. Of other failures it says that
/// nothing in the log led to them.
///
/// With `hand`, whoever has it may give orders at every sample, and never waits. Requires: it is
/// recorded.
[[nodiscard]] Result<std::vector<runner::RunResult>> run_live(const scenario::Scenario& scenario,
                                                              const std::string& out,
                                                              const RecordOrder* record = nullptr,
                                                              RunHand* hand = nullptr);

}  // namespace orrery::session
