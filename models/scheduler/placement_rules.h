/// @file
/// Makes the rules of a pod (affinity, topology spread) into counters of the cluster.
///
/// Source: Kubernetes pkg/scheduler/framework/plugins/podtopologyspread/common.go,
/// plugins/helper/spread.go (DefaultSelector), plugins/interpodaffinity.
#pragma once

#include <cstdint>
#include <optional>

#include "models/scheduler/cluster_state.h"

namespace orrery::scheduler {

/// Skews of the constraints that pods of Services and controllers get when they have none of their
/// own; nothing: no such constraint. plugin.go (systemDefaultConstraints)
struct DefaultSpread {
  std::optional<std::int64_t> hostname_skew = 3;
  std::optional<std::int64_t> zone_skew = 5;

  friend bool operator==(const DefaultSpread&, const DefaultSpread&) = default;
};

inline constexpr const char* kHostnameLabel = "kubernetes.io/hostname";

/// `siblings` selects the pods of the same Services and controller; nothing: it has none.
[[nodiscard]] PlacementRules placement_rules(const api::Pod& pod,
                                             const std::optional<api::LabelSelector>& siblings,
                                             const DefaultSpread& defaults, ClusterState& state);

}  // namespace orrery::scheduler
