/// @file
/// Scores: how well a pod would sit on a node that passed the filters, 0..100 each.
///
/// Source: Kubernetes pkg/scheduler/framework/plugins (noderesources, tainttoleration,
/// podtopologyspread), pkg/scheduler/apis/config/v1/default_plugins.go.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/scheduler/node_state.h"

namespace orrery::scheduler {

inline constexpr const char* kHostnameLabel = "kubernetes.io/hostname";

/// Weights of the default profile.
struct ScoreWeights {
  std::int64_t taint_toleration = 3;
  std::int64_t topology_spread = 2;
  std::int64_t least_allocated = 1;
  std::int64_t balanced_allocation = 1;
};

/// NodeResourcesFit, LeastAllocated: the mean of what is free of CPU and memory, in whole percent.
/// Counts the pod itself, and defaults for containers that request nothing.
[[nodiscard]] std::int64_t least_allocated_score(const PodDemand& demand, const NodeState& state);

/// NodeResourcesBalancedAllocation as in Kubernetes 1.30: 100 when CPU and memory are used in equal
/// parts. Counts real requests only.
[[nodiscard]] std::int64_t balanced_allocation_score(const PodDemand& demand,
                                                     const NodeState& state);

/// TaintToleration for all nodes: 100 for the node with the fewest untolerated PreferNoSchedule
/// taints if that is none, 0 for the one with the most.
[[nodiscard]] std::vector<std::int64_t> taint_toleration_scores(
    const api::PodSpec& pod, std::span<const NodeState* const> nodes);

/// A ScheduleAnyway constraint: matching pods should be spread over the domains of a node label.
struct SpreadConstraint {
  std::string topology_key;  ///< kubernetes.io/hostname: every node is a domain of its own.
  std::int64_t max_skew = 1;
  std::map<std::string, std::int64_t> matching_pods;  ///< Per value of the label; absent: 0.
};

/// The domain a node belongs to, or nothing if it lacks the label.
[[nodiscard]] std::optional<std::string> domain_of(const api::Node& node,
                                                   const std::string& topology_key);

/// PodTopologySpread for all nodes: more for nodes whose domains hold fewer matching pods. A label
/// that a node lacks counts nothing there, as with the constraints that Kubernetes sets by default.
/// 0 everywhere without constraints.
[[nodiscard]] std::vector<std::int64_t> topology_spread_scores(
    std::span<const SpreadConstraint> constraints, std::span<const NodeState* const> nodes);

/// The weighted sum of all of them, per node.
[[nodiscard]] std::vector<std::int64_t> total_scores(const api::PodSpec& pod,
                                                     const PodDemand& demand,
                                                     std::span<const SpreadConstraint> constraints,
                                                     std::span<const NodeState* const> nodes,
                                                     const ScoreWeights& weights);

}  // namespace orrery::scheduler
