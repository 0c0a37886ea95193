/// @file
/// The followed requests around an instant, and one of them as rows of a waterfall.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "gui/model/recorded_run.h"

namespace orrery::gui {

enum class RequestOrder { ByTime, Failed, Slowest };

class Requests {
 public:
  /// Those that were over in the stretch of five seconds that `at` is in. A Failure if the
  /// recording is damaged there; then there are none.
  Result<void> load(const RecordedRun& run, Instant at);
  void clear();

  [[nodiscard]] const std::vector<recording::Trace>& all() const { return traces_; }
  /// Of a service, those that called it; failed ones only, if asked for them.
  [[nodiscard]] std::vector<const recording::Trace*> list(const RecordedRun& run,
                                                          std::optional<std::uint32_t> service,
                                                          RequestOrder order) const;
  /// Null: it is not of this stretch.
  [[nodiscard]] const recording::Trace* find(std::uint64_t key) const;

 private:
  std::optional<std::int64_t> stretch_;
  Instant known_;  ///< Of a recording that grows: until where the stretch was there.
  std::vector<recording::Trace> traces_;
};

/// The request to look at if nobody has chosen one: the last that had failed by then, else the
/// slowest that was over. Null: there is none.
[[nodiscard]] const recording::Trace* worth_a_look(const std::vector<const recording::Trace*>& list,
                                                   Instant at);

struct WaterfallRow {
  std::uint32_t span = recording::Span::kJourney;  ///< The first of them; the journey itself.
  std::uint32_t depth = 0;
  std::uint32_t count = 1;  ///< More: siblings alike, in one row.
  std::uint32_t failed = 0;
  bool is_open = false;   ///< Of siblings: they stand below it one by one.
  bool is_cause = false;  ///< It failed, and not because a call of its own did.
  Duration start;         ///< Since the request began.
  Duration end;
};

/// More siblings alike than this share a row.
inline constexpr std::size_t kSiblingsMost = 3;

/// The request and its calls, each below its caller. Siblings that call the same operation of the
/// same service share a row, unless their first is in `opened`.
[[nodiscard]] std::vector<WaterfallRow> waterfall_of(const recording::Trace& trace,
                                                     const std::set<std::uint32_t>& opened);

/// The record of the failure that a call of the request is one of; null: there is none.
[[nodiscard]] const FailingRecord* record_of(const RecordedRun& run, const recording::Trace& trace,
                                             std::uint32_t span);

}  // namespace orrery::gui
