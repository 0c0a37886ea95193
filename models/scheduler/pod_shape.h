/// @file
/// What the scheduler needs to know of a pod, worked out once for all pods of one template.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/scheduler/node_state.h"
#include "models/scheduler/pod_condition.h"

namespace orrery::scheduler {

// Dense numbers of things that ClusterState keeps.
using Slot = std::uint32_t;        ///< A node.
using ClassId = std::uint32_t;     ///< Pods of one namespace with the same labels.
using CounterId = std::uint32_t;   ///< A count of pods per node.
using TermId = std::uint32_t;      ///< A term of pod affinity that placed pods have.
using TopologyId = std::uint32_t;  ///< A label of nodes that makes domains.

/// One constraint of topology spread.
struct SpreadRule {
  TopologyId topology = 0;
  std::int64_t max_skew = 1;
  std::int64_t min_domains = 0;  ///< 0: none asked for.
  bool honor_affinity = true;    ///< Only nodes that the pod may run on by affinity count.
  bool honor_taints = false;     ///< Only nodes whose taints it tolerates count.
  CounterId counter = 0;         ///< Pods that the constraint counts.
  bool counts_itself = false;
};

struct PodAntiRule {
  TopologyId topology = 0;
  CounterId counter = 0;
};
struct PodPreference {
  TopologyId topology = 0;
  CounterId counter = 0;
  std::int64_t weight = 0;  ///< Negative: would rather be elsewhere.
};

/// What a pod asks of the pods around it, as counters; needed only to place it.
struct PlacementRules {
  std::vector<SpreadRule> hard_spread;  ///< DoNotSchedule
  std::vector<SpreadRule> soft_spread;  ///< ScheduleAnyway
  bool spread_by_default = false;       ///< `soft_spread` is what Kubernetes adds by itself.
  std::vector<TopologyId> affinity;     ///< Domains of the required terms, in their order…
  CounterId affinity_counter = 0;       ///< …which all of them count pods that match every term.
  bool affinity_to_itself = false;      ///< The pod matches its own required terms.
  std::vector<PodAntiRule> anti_affinity;
  std::vector<PodPreference> preferences;
  std::vector<std::string> images;  ///< Of its containers, with tag.
  bool complete = true;             ///< False: its owner was not known yet, so defaults may differ.
};

/// Everything of a pod that concerns placing, where pods of one template do not differ.
struct PodShape {
  ClassId class_id = 0;
  PodDemand demand;
  std::int32_t priority = 0;
  std::vector<TermId> terms;        ///< Its affinity towards others, for their sake.
  std::vector<std::string> claims;  ///< PersistentVolumeClaims, by name.

  std::optional<PlacementRules> rules;
  std::uint64_t rules_epoch = 0;  ///< Of the services the rules were made from.

  /// By slot: the weighted scores for resources, as of a version of the node (0: none yet).
  struct ResourceScore {
    std::uint32_t node_version = 0;
    std::int32_t score = 0;
  };
  std::vector<ResourceScore> resource_scores;

  std::vector<char> node_matches;  ///< By slot: selector and required affinity hold.
  std::uint64_t node_epoch = 0;    ///< Of the node labels that was made from.
};

/// Whether two pods have the same shape: all the same but name, node and status.
[[nodiscard]] bool same_shape(const api::Pod& a, const api::Pod& b);

}  // namespace orrery::scheduler
