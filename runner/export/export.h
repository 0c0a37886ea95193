/// @file
/// A recording in the formats of other programs: tables, metrics, traces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/recording/run_reader.h"

namespace orrery::exporting {

/// Which of the followed journeys.
struct TraceChoice {
  bool failed = false;                 ///< Only those that failed.
  std::optional<std::size_t> slowest;  ///< Only so many, the longest.
};
/// "failed", "slowest:N", "" for all; a Failure says what is expected.
[[nodiscard]] Result<TraceChoice> parse_trace_choice(const std::string& text);

struct ExportOrder {
  std::string format;  ///< One of formats(), but "sqlite".
  TraceChoice traces;
  std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max();
};

/// "jsonl", "csv-long", "sqlite", "prometheus", "zipkin", "jaeger", "otlp", "perfetto".
[[nodiscard]] const std::vector<std::string>& formats();

/// What came of it.
struct Exported {
  bool cut = false;  ///< At max_bytes: what is there is whole, and not all.
};

/// Writes text of the recording. A Failure if the recording is damaged where it is read, or the
/// stream cannot take it.
[[nodiscard]] Result<Exported> export_text(recording::RunReader& run, const ExportOrder& order,
                                           std::ostream& out);

/// Makes an SQLite file. A Failure if it is there already, or as above.
[[nodiscard]] Result<Exported> export_sqlite(recording::RunReader& run, const ExportOrder& order,
                                             const std::string& path);

}  // namespace orrery::exporting
