/// @file
/// Draining a node: no new pods for it, and its pods evicted, as budgets allow.
///
/// Source: kubectl drain (kubernetes/kubectl pkg/drain) with --ignore-daemonsets,
/// --delete-emptydir-data and --force, as operators use it: cordon; evict each pod through the API;
/// what a budget refuses is tried again every 5 s.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "models/ports/api_client.h"

namespace orrery::session {

inline constexpr Duration kEvictionRetry = Duration::seconds(5);

/// The call that keeps new pods off the node, or lets them come again; nothing if it is so already.
[[nodiscard]] std::optional<ports::ApiCall> cordon_of(const api::Node& node, bool cordoned);

/// An eviction of each pod on the node that is not on its way out and belongs to no DaemonSet, by
/// namespace and name.
[[nodiscard]] std::vector<ports::ApiCall> evictions_of(const std::string& node,
                                                       const std::vector<api::ObjectPtr>& pods);

/// What an answer to an eviction means.
enum class EvictionAnswer : std::uint8_t {
  Done,   ///< The pod goes, or is gone.
  Again,  ///< Its budget allows none now, or nobody answered: after kEvictionRetry.
  Failed  ///< It will never be evicted: more than one budget is its.
};
[[nodiscard]] EvictionAnswer answer_of(ports::Outcome outcome);

}  // namespace orrery::session
