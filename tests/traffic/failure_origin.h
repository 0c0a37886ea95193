/// @file
/// What failures of a test came from.
#pragma once

#include <string>

#include "models/recording/event_log.h"
#include "sim/traffic/failure_ledger.h"

namespace orrery::sim {

/// The word of the record that caused the first kind of failure; empty: nothing failed.
inline std::string origin_of(const FailureLedger& ledger, const recording::EventLog& log) {
  if (ledger.tallies().empty()) return {};
  return log.records()[ledger.tallies()[0].kind.cause - 1].what;
}

}  // namespace orrery::sim
