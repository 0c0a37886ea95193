/// @file
/// Scores: how well a pod would sit on each of the nodes that passed the filters, 0..100 per
/// plug-in, weighed and added up.
///
/// Source: Kubernetes pkg/scheduler/framework/plugins (noderesources, tainttoleration,
/// nodeaffinity, podtopologyspread, interpodaffinity, imagelocality).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "models/scheduler/cluster_state.h"
#include "models/scheduler/plugins.h"

namespace orrery::scheduler {

inline constexpr std::int64_t kScoreMax = 100;

/// Weights of resources by name, told apart once for all nodes of a cycle.
class WeightedResources {
 public:
  /// `weights` must outlive it.
  explicit WeightedResources(const std::map<std::string, std::int64_t>& weights);

  enum class Which : std::uint8_t { Cpu, Memory, Extended };
  struct Entry {
    Which which = Which::Cpu;
    const std::string* name = nullptr;
    std::int64_t weight = 1;
  };
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

/// NodeResourcesFit: what is free, or used, of each resource once the pod is there, in whole
/// percent, as a weighted mean. Counts defaults for containers that request nothing, and an
/// extended resource only if the pod asks for it. `resources` are those of the strategy.
[[nodiscard]] std::int64_t resources_score(const PodDemand& demand, const NodeState& state,
                                           const WeightedResources& resources,
                                           const ScoringStrategy& strategy);

/// NodeResourcesBalancedAllocation as up to Kubernetes 1.35: 100 when all resources (extended ones
/// only if the pod asks for them) are used in equal parts. Counts real requests only.
[[nodiscard]] std::int64_t balanced_allocation_score(const PodDemand& demand,
                                                     const NodeState& state,
                                                     const WeightedResources& resources);

/// The value of a broken line at `utilization` percent, times 10.
[[nodiscard]] std::int64_t value_at(const std::vector<ShapePoint>& shape, std::int64_t utilization);

/// ImageLocality: 0 for 23 MiB of the pod's images or less, 100 for 1000 MiB per container. An
/// image counts by its size times the share of nodes that have it.
[[nodiscard]] std::int64_t image_locality_score(const PlacementRules& rules,
                                                const ClusterState& state, Slot slot,
                                                std::size_t node_count);

// Scores of all nodes at once, as they are measured against each other.

/// 100 for the fewest untolerated PreferNoSchedule taints if that is none, 0 for the most.
[[nodiscard]] std::vector<std::int64_t> taint_toleration_scores(const api::PodSpec& pod,
                                                                const ClusterState& state,
                                                                std::span<const Slot> nodes);
/// 100 for the largest sum of weights of preferred terms.
[[nodiscard]] std::vector<std::int64_t> node_affinity_scores(const api::PodSpec& pod,
                                                             const ClusterState& state,
                                                             std::span<const Slot> nodes);
/// More for nodes whose domains hold fewer of the pods that the soft constraints count. `all` are
/// the nodes of the cluster, whose pods count; `nodes` are scored. Nodes that lack a label get 0,
/// unless the constraints are the default ones: then the label counts nothing there.
[[nodiscard]] std::vector<std::int64_t> topology_spread_scores(PodShape& shape,
                                                               const api::PodSpec& pod,
                                                               const ClusterState& state,
                                                               std::span<const Slot> all,
                                                               std::span<const Slot> nodes);
/// 100 for the node whose domains hold the most wanted and fewest unwanted pods. Required affinity
/// of pods that are there counts with weight 1.
[[nodiscard]] std::vector<std::int64_t> pod_affinity_scores(const PodShape& shape,
                                                            const ClusterState& state,
                                                            std::span<const Slot> all,
                                                            std::span<const Slot> nodes);

/// What the scores of one cycle are made from.
struct ScoreInput {
  const ClusterState& state;
  PodShape& shape;  ///< With its rules.
  const api::Pod& pod;
  const PluginSet& plugins;
  std::span<const Slot> all;    ///< All nodes, in order.
  std::span<const Slot> nodes;  ///< Those that fit.
  Draws draws;
  std::uint64_t draw_key = 0;
};

/// The weighted sum of all plug-ins that are on, per node.
[[nodiscard]] std::vector<std::int64_t> total_scores(const ScoreInput& input);

}  // namespace orrery::scheduler
