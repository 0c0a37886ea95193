/// @file
/// Preemption: which pods would have to go to make room for a more important one.
///
/// Source: Kubernetes pkg/scheduler/framework/plugins/defaultpreemption,
/// pkg/scheduler/framework/preemption (1.30, 1.32).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/scheduler/cluster_state.h"
#include "models/scheduler/filters.h"

namespace orrery::scheduler {

/// Defaults: DefaultPreemptionArgs.
struct PreemptionConfig {
  std::int64_t candidate_nodes_percent = 10;  ///< minCandidateNodesPercentage
  std::int64_t candidate_nodes_min = 100;     ///< minCandidateNodesAbsolute
};

/// A pod that is put to a node on which other pods may be nominated: it must fit with those of the
/// same or higher priority there, and without them. `reasons` as for FilterRun::check.
[[nodiscard]] Verdict check_with_nominated(ClusterState& state, FilterRun& run, const PodName& name,
                                           const PodShape& shape, Slot slot,
                                           std::vector<std::string>* reasons = nullptr);

struct Candidate {
  Slot slot = 0;
  std::vector<const PlacedPod*> victims;  ///< The most important first.
  std::int64_t budgets_violated = 0;      ///< Victims beyond what their disruption budgets allow.
};

/// The pod that wants room, and what it was put to.
struct Preemptor {
  const PodName& name;
  const PodShape& shape;
  FilterRun& run;
};

/// How many candidates are enough of `node_count` nodes.
[[nodiscard]] std::int64_t candidates_to_find(std::int64_t node_count,
                                              const PreemptionConfig& config);

/// The fewest pods of lower priority on the node without which the pod fits; nothing if it does not
/// fit even without all of them, or if there are none: `reasons` get why. The state is as before
/// afterwards.
[[nodiscard]] std::optional<Candidate> victims_on(
    ClusterState& state, const Preemptor& preemptor, Slot slot,
    const std::vector<const api::PodDisruptionBudget*>& budgets, Instant now,
    std::vector<std::string>& reasons);

/// Tries `nodes` from `offset` on, until there are enough candidates and one of them violates no
/// budget. `reasons` get why the other nodes are none.
[[nodiscard]] std::vector<Candidate> find_candidates(
    ClusterState& state, const Preemptor& preemptor, const std::vector<Slot>& nodes,
    std::size_t offset, const PreemptionConfig& config,
    const std::vector<const api::PodDisruptionBudget*>& budgets, Instant now,
    std::vector<std::string>& reasons);

/// Fewest violated budgets, then lowest highest priority, smallest sum of priorities, fewest
/// victims, latest start of the earliest victim of the highest priority, first of the rest.
/// Requires: not empty.
[[nodiscard]] const Candidate& best_candidate(const std::vector<Candidate>& candidates,
                                              Instant now);

/// Higher priority, then the earlier start, comes first.
[[nodiscard]] bool more_important(const PlacedPod& a, const PlacedPod& b, Instant now);

}  // namespace orrery::scheduler
