/// @file
/// What a load generator of a live run wrote of its requests, also while it still writes.
#pragma once

#include <cstdint>
#include <ios>
#include <string>
#include <utility>
#include <vector>

#include "models/base/time_types.h"
#include "sim/traffic/request_outcome.h"

namespace orrery::session {

/// A line of the generator's file: a request is due, or is over.
struct LoadLine {
  bool over = false;
  std::uint64_t ordinal = 0;  ///< 0, 1, … of the generator.
  Instant due;                ///< Latencies count from here.
  Duration latency;           ///< The next three: once it is over.
  sim::RequestOutcome outcome = sim::RequestOutcome::Ok;
  std::string endpoint;  ///< "10.91.1.2:8080"; empty: there was none to send it to.
};

/// Source of the format: real-backend/workload/README.md.
class LoadResults {
 public:
  /// `start_ns`: the start of the run on the clock of the generator, CLOCK_MONOTONIC [ns].
  LoadResults() = default;
  LoadResults(std::string file, std::int64_t start_ns)
      : file_{std::move(file)}, start_ns_{start_ns} {}

  [[nodiscard]] const std::string& file() const { return file_; }

  /// The whole lines that came since the last call of this; none if there is no file. Lines that
  /// are no requests are passed over.
  [[nodiscard]] std::vector<LoadLine> take();

 private:
  std::string file_;
  std::int64_t start_ns_ = 0;
  std::streamoff taken_ = 0;  ///< Bytes.
};

}  // namespace orrery::session
