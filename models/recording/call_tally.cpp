#include "models/recording/call_tally.h"

#include <utility>

#include "models/base/latency_buckets.h"

namespace orrery::recording {

CallTally::CallTally(const Scene& scene)
    : map_{scene}, counts_(map_.rows()), seconds_(map_.rows()), shown_(map_.rows()) {
  for (const SceneEdge& edge : scene.edges) {
    services_.push_back(static_cast<std::uint32_t>(scene.edges.size()) + edge.to);
  }
}

void CallTally::take(const CallNote& note) {
  Counts& counts = counts_[note.row];
  if (!std::exchange(counts.any, true)) counted_.push_back(note.row);
  const auto count = [&](CallField field, std::int32_t by) {
    counts.by_field[static_cast<std::size_t>(field)] += by;
  };
  switch (note.event) {
    case CallEvent::Began:
      count(CallField::Started, 1);
      count(CallField::InFlight, 1);
      break;
    case CallEvent::Retried:
      count(CallField::Retries, 1);
      break;
    case CallEvent::Forgotten:
      count(CallField::Forgotten, 1);
      count(CallField::InFlight, -1);
      break;
    case CallEvent::Ended:
      count(outcome_field(note.outcome), 1);
      count(CallField::InFlight, -1);
      seconds_[note.row].add(note.bucket);
      break;
  }
}

void CallTally::add(std::int64_t* row, std::size_t column, std::int32_t by) {
  if (row[column] == 0 && map_.is_count(column)) columns_.push_back(column);
  row[column] += by;
}

void CallTally::sample(Instant at, std::int64_t* row) {
  for (const std::size_t column : columns_) row[column] = 0;
  columns_.clear();
  for (const std::uint32_t counted : counted_) {
    const Counts counts = std::exchange(counts_[counted], {});
    for (std::size_t i = 0; i < counts.by_field.size(); ++i) {
      if (counts.by_field[i] == 0) continue;
      const auto field = static_cast<CallField>(i);
      add(row, map_.of(counted, field), counts.by_field[i]);
      if (counted >= services_.size()) continue;
      add(row, map_.of(services_[counted], field), counts.by_field[i]);
    }
  }
  counted_.clear();
  if (at.count_ns() % 1'000'000'000 == 0) close_second(row);
}

void CallTally::close_second(std::int64_t* row) {
  for (std::size_t edge = 0; edge < services_.size(); ++edge) {
    seconds_[services_[edge]].add(seconds_[edge]);
  }
  for (std::size_t r = 0; r < map_.rows(); ++r) {
    SecondLatencies& seen = seconds_[r];
    const bool any = seen.count() > 0;
    if (!any && shown_[r] == 0) continue;
    shown_[r] = any ? 1 : 0;
    const auto buckets = any ? seen.percentiles() : std::array<std::uint32_t, 3>{};
    const auto put = [&](CallField field, std::uint32_t bucket) {
      row[map_.of(r, field)] = any ? latency_value(bucket) : 0;
    };
    put(CallField::P50, buckets[0]);
    put(CallField::P95, buckets[1]);
    put(CallField::P99, buckets[2]);
    seen.clear();
  }
}

}  // namespace orrery::recording
