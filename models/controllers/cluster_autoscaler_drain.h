/// @file
/// Which pods of a node the cluster autoscaler may move, and how much of a node is in use.
///
/// Source: kubernetes/autoscaler cluster-autoscaler/simulator/drainability/rules,
/// simulator/utilization/info.go.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "models/api/objects.h"

namespace orrery::controllers {

inline constexpr const char* kSafeToEvict = "cluster-autoscaler.kubernetes.io/safe-to-evict";
inline constexpr const char* kSafeLocalVolumes =
    "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes";
inline constexpr const char* kScaleDownDisabled =
    "cluster-autoscaler.kubernetes.io/scale-down-disabled";

/// What removing a node means for a pod on it.
enum class Movability : std::uint8_t {
  Moves,    ///< It is evicted, and another one takes its place elsewhere.
  Ignored,  ///< It may go with the node: of a DaemonSet, over, or on its way out.
  Stays,    ///< It keeps the node.
};

/// Budgets as they are while nodes are being picked: every pod picked uses some up.
class RemainingBudgets {
 public:
  explicit RemainingBudgets(std::vector<const api::PodDisruptionBudget*> budgets);

  /// How many budgets are about the pod.
  [[nodiscard]] int count_of(const api::Pod& pod) const;
  /// One at most is about it, and lets it go.
  [[nodiscard]] bool allow(const api::Pod& pod) const;
  void use(const api::Pod& pod);

 private:
  template <class Visit>
  void each_of(const api::Pod& pod, Visit visit) const;

  std::vector<std::pair<const api::PodDisruptionBudget*, std::int32_t>> left_;
};

[[nodiscard]] Movability movability(const api::Pod& pod, const RemainingBudgets& budgets);

/// Whether the larger of the requested shares of the node's CPU and memory is below `percent`.
[[nodiscard]] bool is_below_utilization(const api::Node& node, std::int64_t cpu_milli,
                                        std::int64_t memory_bytes, std::int32_t percent);

}  // namespace orrery::controllers
