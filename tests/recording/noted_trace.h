/// @file
/// A trace, noted down as whoever makes its calls would.
#pragma once

#include <cstddef>
#include <cstdint>

#include "models/recording/run_writer.h"

namespace orrery::recording {

/// Requires: spans by start, then parents first.
inline void note_trace(RunWriter& writer, const Trace& trace) {
  writer.traces().journey_began(0, trace.key);
  for (std::size_t i = 0; i < trace.spans.size(); ++i) {
    const Span& span = trace.spans[i];
    const auto place = static_cast<std::uint32_t>(i) + 1;
    const Instant start = trace.start + span.start;
    writer.traces().try_began(place, span.parent == Span::kJourney ? 0 : span.parent + 1);
    if (span.wait != Span::kNever) writer.traces().work_began(place, start + span.wait);
    writer.traces().try_ended(place, {span.edge, span.operation, span.pod, start,
                                      start + span.length, span.outcome, span.attempt});
  }
  writer.traces().journey_ended(
      0, {trace.journey, trace.start, trace.start + trace.length, trace.outcome});
}

}  // namespace orrery::recording
