/// @file
/// What held calls back: breakers, full queues, limits of rates, admission; what tried again; and
/// what else the policies of callers did.
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

/// What policies do beside letting a call out, once.
inline constexpr std::array kPolicyDeeds{
    recording::PolicyField::Retries, recording::PolicyField::Hedges,
    recording::PolicyField::Fallbacks, recording::PolicyField::Openings,
    recording::PolicyField::Ejections};
[[nodiscard]] inline std::uint32_t count_of(const PolicySecond& second,
                                            recording::PolicyField field) {
  return second[static_cast<std::size_t>(field)];
}

/// The policies of one caller, or of all, together.
struct PolicyTotals {
  std::vector<PolicySecond> seconds;
  std::vector<PolicySecond> until;  ///< Each of these and all before it.
  PolicySecond most{};              ///< Of the seconds, field by field.
};
/// Absent `caller`: all of them, users included.
[[nodiscard]] PolicyTotals policy_totals(const RecordedRun& run,
                                         std::optional<std::uint32_t> caller);
/// Whether calls of the service go by policies.
[[nodiscard]] bool is_caller_with_policies(const RecordedRun& run, std::uint32_t service);
/// The route of an edge; nothing: it has no policies, or they are not recorded.
[[nodiscard]] std::optional<std::size_t> route_of(const recording::Scene& scene, std::size_t edge);

struct LimitBoard {
  /// Edges at which something was held back or tried again in the run, or a policy did something
  /// else, most of it first.
  std::vector<std::size_t> edges;
  /// All edges together, by second.
  std::vector<LimitCounts> totals;
  LimitCounts most{};     ///< Of these.
  PolicyTotals policies;  ///< Of all callers.
};

[[nodiscard]] LimitBoard limit_board(const RecordedRun& run);

}  // namespace orrery::gui
