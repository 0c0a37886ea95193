/// @file
/// What held calls back: breakers, full queues, limits of rates, admission; and what tried again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "gui/model/recorded_run.h"

namespace orrery::gui {

enum class LimitKind { Retried, Stopped, NoRoom, OverLimit, NotAdmitted };
inline constexpr std::size_t kLimitKindCount = 5;
inline constexpr std::array<LimitKind, kLimitKindCount> kLimitKinds{
    LimitKind::Retried, LimitKind::Stopped, LimitKind::NoRoom, LimitKind::OverLimit,
    LimitKind::NotAdmitted};

/// Calls in a second, by LimitKind: tries behind the first, calls that an open breaker stopped,
/// that found no room, that were over a rate limit, that their caller's admission did not let out.
using LimitCounts = std::array<std::uint64_t, kLimitKindCount>;

/// Along an edge in a second that is over (see History).
[[nodiscard]] LimitCounts limits_of(const RecordedRun& run, std::size_t edge, std::size_t second);

struct LimitBoard {
  /// Edges at which something was held back or tried again in the run, most of it first.
  std::vector<std::size_t> edges;
  /// All edges together, by second.
  std::vector<LimitCounts> totals;
  LimitCounts most{};  ///< Of these.
};

[[nodiscard]] LimitBoard limit_board(const RecordedRun& run);

}  // namespace orrery::gui
