/// @file
/// The names of the scheduler's plug-ins, and which of them are on, with which weight.
///
/// Source: Kubernetes pkg/scheduler/apis/config/v1/default_plugins.go.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::scheduler {

/// In the order in which a node is put to them.
enum class FilterPlugin : std::uint8_t {
  NodeUnschedulable,
  NodeName,
  TaintToleration,
  NodeAffinity,
  NodePorts,
  NodeResourcesFit,
  VolumeRestrictions,
  NodeVolumeLimits,
  VolumeBinding,
  VolumeZone,
  PodTopologySpread,
  InterPodAffinity,
};
inline constexpr std::size_t kFilterCount = 12;
inline constexpr std::array<const char*, kFilterCount> kFilterNames{
    "NodeUnschedulable", "NodeName",         "TaintToleration",    "NodeAffinity",
    "NodePorts",         "NodeResourcesFit", "VolumeRestrictions", "NodeVolumeLimits",
    "VolumeBinding",     "VolumeZone",       "PodTopologySpread",  "InterPodAffinity"};

/// A set of filters.
using FilterSet = std::bitset<kFilterCount>;

/// The last four are not part of Kubernetes. They order nodes alone, on a scale of their own:
/// FirstFit by position, MostFreeShare and LeastFreeShare by the mean of the free shares of CPU and
/// memory once the pod is there, Random by a draw.
enum class ScorePlugin : std::uint8_t {
  TaintToleration,
  NodeAffinity,
  PodTopologySpread,
  InterPodAffinity,
  NodeResourcesFit,
  NodeResourcesBalancedAllocation,
  ImageLocality,
  FirstFit,
  MostFreeShare,
  LeastFreeShare,
  Random,
};
inline constexpr std::size_t kScoreCount = 11;
inline constexpr std::array<const char*, kScoreCount> kScoreNames{"TaintToleration",
                                                                  "NodeAffinity",
                                                                  "PodTopologySpread",
                                                                  "InterPodAffinity",
                                                                  "NodeResourcesFit",
                                                                  "NodeResourcesBalancedAllocation",
                                                                  "ImageLocality",
                                                                  "FirstFit",
                                                                  "MostFreeShare",
                                                                  "LeastFreeShare",
                                                                  "Random"};

/// Weight by plug-in; 0: off.
using ScoreWeights = std::array<std::int64_t, kScoreCount>;
inline constexpr ScoreWeights kDefaultWeights{3, 2, 2, 2, 1, 1, 1, 0, 0, 0, 0};

enum class ScoringType : std::uint8_t { LeastAllocated, MostAllocated, RequestedToCapacityRatio };
inline constexpr std::array<const char*, 3> kScoringNames{"LeastAllocated", "MostAllocated",
                                                          "RequestedToCapacityRatio"};

/// A point of the shape of RequestedToCapacityRatio.
struct ShapePoint {
  std::int64_t utilization = 0;  ///< [percent]
  std::int64_t score = 0;        ///< [0, 10]

  friend bool operator==(const ShapePoint&, const ShapePoint&) = default;
};

/// How NodeResourcesFit scores.
struct ScoringStrategy {
  ScoringType type = ScoringType::LeastAllocated;
  std::map<std::string, std::int64_t> resources{{"cpu", 1}, {"memory", 1}};  ///< Weights.
  std::vector<ShapePoint> shape;  ///< By utilization. RequestedToCapacityRatio alone.

  friend bool operator==(const ScoringStrategy&, const ScoringStrategy&) = default;
};

/// One of several nodes with the best score is drawn, or the first of them taken.
enum class TieBreak : std::uint8_t { Random, First };

class ExternalPlugin;

/// The plug-ins of the pods that name a scheduler.
struct PluginSet {
  FilterSet filters{(1U << kFilterCount) - 1};
  ScoreWeights weights = kDefaultWeights;
  ScoringStrategy scoring;
  /// What NodeResourcesBalancedAllocation compares; the weights do not count.
  std::map<std::string, std::int64_t> balanced_resources{{"cpu", 1}, {"memory", 1}};
  TieBreak tie_break = TieBreak::Random;
  /// Nothing: the scheduler's own. 0: by the size of the cluster.
  std::optional<std::int64_t> percentage_of_nodes_to_score;
  bool preempts = true;  ///< PostFilter DefaultPreemption.
  /// Judges the nodes that passed the filters; must outlive the scheduler. Null: there is none.
  ExternalPlugin* external = nullptr;
  std::int64_t external_weight = 1;  ///< Of its scores.

  [[nodiscard]] bool on(FilterPlugin plugin) const {
    return filters[static_cast<std::size_t>(plugin)];
  }
  [[nodiscard]] std::int64_t weight(ScorePlugin plugin) const {
    return weights[static_cast<std::size_t>(plugin)];
  }

  friend bool operator==(const PluginSet&, const PluginSet&) = default;
};

}  // namespace orrery::scheduler
