/// @file
/// Samples with what belongs to them, on their way from who takes them to who writes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/recording/call_notes.h"
#include "models/recording/run_data.h"
#include "models/recording/trace_notes.h"

namespace orrery::recording {

/// Filled anew, it takes no new memory for what it held before.
struct SampleBatch {
  struct Value {
    std::uint32_t column = 0;
    std::int64_t value = 0;
  };
  /// A sample, and how much of everything was there until then.
  struct Row {
    Instant at;
    std::size_t values = 0;
    std::size_t calls = 0;
    std::size_t traces = 0;
    std::size_t texts = 0;
    std::size_t pods = 0;
    std::size_t nodes = 0;
    std::size_t events = 0;
  };

  std::vector<Row> rows;
  /// Of columns that may not be as they were in the sample before; 0 before the first. Most are:
  /// whole samples would drive what the run works on out of the cache.
  std::vector<Value> values;
  CallNotes calls;
  TraceNotes traces;
  std::vector<std::string> texts;
  std::vector<std::pair<TextId, std::optional<PodState>>> pods;
  std::vector<std::pair<TextId, std::optional<NodeState>>> nodes;
  std::vector<RunEvent> events;
  bool show = false;  ///< Whoever watches the file is to see it.

  /// What there is now.
  [[nodiscard]] Row row(Instant at) const {
    return {at,           values.size(), calls.size(), traces.size(),
            texts.size(), pods.size(),   nodes.size(), events.size()};
  }
  void clear() {
    rows.clear();
    values.clear();
    calls.clear();
    traces.clear();
    texts.clear();
    pods.clear();
    nodes.clear();
    events.clear();
    show = false;
  }
};

}  // namespace orrery::recording
