/// @file
/// Filters: which nodes a pod can run on, and why not on the others.
///
/// Source: Kubernetes pkg/scheduler/framework/plugins.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/scheduler/cluster_state.h"
#include "models/scheduler/plugins.h"
#include "models/scheduler/volume_binding.h"

namespace orrery::scheduler {

/// What the filters say about a pod on a node.
struct Verdict {
  std::optional<FilterPlugin> rejected_by;  ///< Nothing: the pod fits.
  bool resolvable = false;                  ///< Fewer pods on the node might help.

  [[nodiscard]] bool fits() const { return !rejected_by; }
};

/// A pod put to the filters of one cycle. Everything it was made from must outlive it.
class FilterRun {
 public:
  /// Requires: the shape has its rules.
  FilterRun(const ClusterState& state, std::span<const Slot> nodes, PodShape& shape,
            const api::Pod& pod, const PluginSet& plugins, const VolumeCaches& caches);

  /// Counts pods by domain again, after pods were added to or removed from the state.
  void refresh();

  /// The pod fits on no node, whatever the nodes: by whom, and why. (PreFilter)
  [[nodiscard]] const std::string& obstacle() const { return volumes_.obstacle; }
  [[nodiscard]] FilterPlugin obstacle_of() const { return volumes_.obstacle_of; }
  /// The only nodes that need to be looked at; nothing: all. (PreFilter)
  [[nodiscard]] const std::optional<std::set<std::string>>& candidates() const {
    return candidates_;
  }

  /// The first filter that rejects the pod there. With `reasons`, adds what it has to say.
  [[nodiscard]] Verdict check(Slot slot, std::vector<std::string>* reasons = nullptr) const;

  [[nodiscard]] const PodVolumes& volumes() const { return volumes_; }

 private:
  /// Counts of one hard constraint.
  struct Spread {
    std::vector<std::int64_t> pods;  ///< By domain.
    std::int64_t fewest = 0;
  };

  [[nodiscard]] bool tolerates(const api::Taint& taint) const;
  [[nodiscard]] bool matches_node(Slot slot) const;
  void count_spread();
  void count_affinity();
  [[nodiscard]] Verdict check_volumes(Slot slot, std::vector<std::string>* reasons) const;
  [[nodiscard]] Verdict check_spread(Slot slot, std::vector<std::string>* reasons) const;
  [[nodiscard]] Verdict check_affinity(Slot slot, std::vector<std::string>* reasons) const;

  const ClusterState& state_;
  std::span<const Slot> nodes_;
  const PodShape& shape_;
  const api::Pod& pod_;
  const PluginSet& plugins_;
  const VolumeCaches& caches_;
  PodVolumes volumes_;
  std::optional<std::set<std::string>> candidates_;
  bool asks_for_nodes_ = false;  ///< It has a node selector or required affinity.
  std::vector<Spread> spread_;
  std::vector<std::vector<std::int64_t>> affinity_;  ///< Pods by domain, per required term…
  bool affinity_found_ = false;                      ///< …and whether there are any.
  std::vector<std::vector<std::int64_t>> anti_affinity_;
  std::vector<std::pair<TopologyId, std::vector<std::int64_t>>> kept_off_by_;  ///< Existing pods.
};

/// Whether the node lacks some of what is asked for. With `reasons`, adds all that it lacks.
[[nodiscard]] bool lacks_resources(const PodDemand& demand, const NodeState& node,
                                   std::vector<std::string>* reasons = nullptr);

/// Whether a taint NoSchedule or NoExecute of the node is not tolerated: the first such.
[[nodiscard]] const api::Taint* untolerated_taint(const api::PodSpec& pod, const api::Node& node);

/// The sum of `counts` in each domain, over `nodes`.
[[nodiscard]] std::vector<std::int64_t> by_domain(const Topology& topology,
                                                  std::span<const std::int32_t> counts,
                                                  std::span<const Slot> nodes);

/// Fills the shape's cache of nodes that its selector and required affinity allow.
void match_nodes(PodShape& shape, const api::PodSpec& pod, const ClusterState& state,
                 std::span<const Slot> nodes);

}  // namespace orrery::scheduler
