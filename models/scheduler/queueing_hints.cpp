#include "models/scheduler/queueing_hints.h"

#include <algorithm>

#include "models/controllers/node_lifecycle.h"
#include "models/scheduler/filters.h"
#include "models/scheduler/node_affinity.h"

namespace orrery::scheduler {
namespace {

using api::Node;
using api::Pod;
namespace kind = event_kind;

bool has(const ClusterEvent& event, std::uint32_t kinds) { return (event.kinds & kinds) != 0; }

/// What the pod asks for is within the size of the node, were it empty.
bool fits_empty(const PodDemand& demand, const Node& node) {
  const api::NodeResources& size = node.status.allocatable;
  const api::PodResources& wanted = demand.requests;
  return size.pods >= 1 && wanted.cpu_milli <= size.cpu_milli &&
         wanted.memory_bytes <= size.memory_bytes &&
         std::all_of(wanted.extended.begin(), wanted.extended.end(), [&](const auto& amount) {
           const auto offered = size.extended.find(amount.first);
           return amount.second <= 0 ||
                  (offered != size.extended.end() && amount.second <= offered->second);
         });
}

/// One of the resources that the pod asks for has grown.
bool has_grown(const PodDemand& demand, const Node& before, const Node& after) {
  const api::NodeResources& old_size = before.status.allocatable;
  const api::NodeResources& size = after.status.allocatable;
  const api::PodResources& wanted = demand.requests;
  if (size.pods > old_size.pods) return true;
  if (wanted.cpu_milli > 0 && size.cpu_milli > old_size.cpu_milli) return true;
  if (wanted.memory_bytes > 0 && size.memory_bytes > old_size.memory_bytes) return true;
  return std::any_of(wanted.extended.begin(), wanted.extended.end(), [&](const auto& amount) {
    const auto offered = size.extended.find(amount.first);
    const auto offered_before = old_size.extended.find(amount.first);
    if (offered == size.extended.end()) return false;
    return offered_before == old_size.extended.end() || offered->second > offered_before->second;
  });
}

bool tolerates_unschedulable(const Pod& pod) {
  const api::Taint taint{"node.kubernetes.io/unschedulable", "", "NoSchedule", {}};
  return std::any_of(pod.spec.tolerations.begin(), pod.spec.tolerations.end(),
                     [&](const auto& t) { return controllers::tolerates(t, taint); });
}

bool shares_a_claim(const Pod& pod, const Pod& other) {
  if (pod.meta.namespace_name != other.meta.namespace_name) return false;
  const auto uses = [](const Pod& p, const std::string& claim) {
    return std::any_of(p.spec.volumes.begin(), p.spec.volumes.end(), [&](const auto& volume) {
      const auto* source = std::get_if<api::ClaimVolume>(&volume.source);
      return source != nullptr && source->claim_name == claim;
    });
  };
  return std::any_of(pod.spec.volumes.begin(), pod.spec.volumes.end(), [&](const auto& volume) {
    const auto* source = std::get_if<api::ClaimVolume>(&volume.source);
    return source != nullptr && uses(other, source->claim_name);
  });
}

bool uses_claim(const Pod& pod, const api::PersistentVolumeClaim& claim) {
  return pod.meta.namespace_name == claim.meta.namespace_name &&
         std::any_of(pod.spec.volumes.begin(), pod.spec.volumes.end(), [&](const auto& volume) {
           const auto* source = std::get_if<api::ClaimVolume>(&volume.source);
           return source != nullptr && source->claim_name == claim.meta.name;
         });
}

bool matches_required(const std::vector<api::PodAffinityTerm>& terms, const Pod& owner,
                      const Pod& other, const ClusterState& state) {
  return !terms.empty() && std::all_of(terms.begin(), terms.end(), [&](const auto& term) {
    return matches(condition_of(term, owner.meta.namespace_name), state.identity(other));
  });
}

bool matches_some(const std::vector<api::PodAffinityTerm>& terms, const Pod& owner,
                  const Pod& other, const ClusterState& state) {
  return std::any_of(terms.begin(), terms.end(), [&](const auto& term) {
    return matches(condition_of(term, owner.meta.namespace_name), state.identity(other));
  });
}

bool is_counted(const Pod& pod, const Pod* other) {
  if (other == nullptr || other->meta.namespace_name != pod.meta.namespace_name) return false;
  const auto& constraints = pod.spec.topology_spread;
  return std::any_of(constraints.begin(), constraints.end(), [&](const auto& constraint) {
    return constraint.selector && api::matches(*constraint.selector, other->meta.labels);
  });
}

bool spread_may_pass(const WaitingPod& waiting, const ClusterEvent& event) {
  if (has(event, kind::kPodAssigned | kind::kPodLabels | kind::kPodGone)) {
    const bool counted_after = is_counted(waiting.pod, event.pod_after);
    const bool counted_before = is_counted(waiting.pod, event.pod_before);
    return has(event, kind::kPodLabels) ? counted_before != counted_after
                                        : counted_before || counted_after;
  }
  const auto labelled = [&](const Node* node) {
    const auto& constraints = waiting.pod.spec.topology_spread;
    return node != nullptr &&
           std::all_of(constraints.begin(), constraints.end(), [&](const auto& constraint) {
             return node->meta.labels.contains(constraint.topology_key);
           });
  };
  return labelled(event.node_before) || labelled(event.node_after);
}

bool affinity_may_pass(const WaitingPod& waiting, const ClusterEvent& event,
                       const ClusterState& state) {
  const api::Affinity& wants = waiting.pod.spec.affinity;
  if (has(event, kind::kPodAssigned | kind::kPodLabels) && event.pod_after != nullptr &&
      matches_required(wants.pod.required, waiting.pod, *event.pod_after, state)) {
    return true;
  }
  if (has(event, kind::kPodGone | kind::kPodLabels) && event.pod_before != nullptr) {
    const Pod& gone = *event.pod_before;
    return matches_some(wants.anti.required, waiting.pod, gone, state) ||
           matches_some(gone.spec.affinity.anti.required, gone, waiting.pod, state);
  }
  return has(event, kind::kNodeAdded | kind::kNodeLabels);
}

/// What one filter that rejected the pod says of an event that it registers for.
bool may_pass(FilterPlugin plugin, const WaitingPod& waiting, const ClusterEvent& event,
              const ClusterState& state) {
  const Pod& pod = waiting.pod;
  const Node* before = event.node_before;
  const Node* after = event.node_after;
  switch (plugin) {
    case FilterPlugin::NodeUnschedulable: {
      if (tolerates_unschedulable(pod)) return before == nullptr;
      return after != nullptr && !after->spec.unschedulable &&
             (before == nullptr || before->spec.unschedulable);
    }
    case FilterPlugin::NodeName:
      return true;
    case FilterPlugin::TaintToleration:
      return after != nullptr && untolerated_taint(pod.spec, *after) == nullptr &&
             (before == nullptr || untolerated_taint(pod.spec, *before) != nullptr);
    case FilterPlugin::NodeAffinity:
      return after != nullptr && matches_node(pod.spec, *after) &&
             (before == nullptr || !matches_node(pod.spec, *before));
    case FilterPlugin::NodePorts: {
      if (event.pod_before == nullptr) return true;
      NodeState alone;
      alone.add(demand_of(event.pod_before->spec));
      return alone.has_conflict(waiting.shape.demand.host_ports);
    }
    case FilterPlugin::NodeResourcesFit:
      if (after == nullptr) return true;  // A pod is gone.
      return fits_empty(waiting.shape.demand, *after) &&
             (before == nullptr || has_grown(waiting.shape.demand, *before, *after));
    case FilterPlugin::VolumeRestrictions:
      if (event.pod_before != nullptr) return shares_a_claim(pod, *event.pod_before);
      return event.claim == nullptr || uses_claim(pod, *event.claim);
    case FilterPlugin::NodeVolumeLimits:
      return event.claim == nullptr || uses_claim(pod, *event.claim);
    case FilterPlugin::VolumeBinding:
    case FilterPlugin::VolumeZone:
      return event.claim == nullptr || uses_claim(pod, *event.claim);
    case FilterPlugin::PodTopologySpread:
      return spread_may_pass(waiting, event);
    case FilterPlugin::InterPodAffinity:
      return affinity_may_pass(waiting, event, state);
  }
  contract_violation("a filter has one of the known values");
}

/// Room, names, ports and taints of a node as it is now.
bool node_has_room(const WaitingPod& waiting, const Node& node, const ClusterState& state) {
  const auto slot = state.slot_of(node.meta.name);
  if (!slot) return false;
  const NodeState& known = state.node(*slot);
  const PodDemand& demand = waiting.shape.demand;
  if (lacks_resources(demand, known) || known.has_conflict(demand.host_ports)) return false;
  if (!matches_node(waiting.pod.spec, node)) return false;
  return std::none_of(node.spec.taints.begin(), node.spec.taints.end(), [&](const auto& taint) {
    return taint.effect == "NoSchedule" &&
           std::none_of(waiting.pod.spec.tolerations.begin(), waiting.pod.spec.tolerations.end(),
                        [&](const auto& t) { return controllers::tolerates(t, taint); });
  });
}

/// A node may have been added while it had no room for the pod, which the check of changed nodes
/// keeps from the filter; so whoever wants to know of new nodes is told of their taints as well.
/// Worked example: a node comes with the taint not-ready and loses it a second later.
bool is_registered(FilterSet rejected_by, const ClusterEvent& event) {
  for (std::size_t i = 0; i < kFilterCount; ++i) {
    std::uint32_t kinds = events_of(static_cast<FilterPlugin>(i));
    if ((kinds & kind::kNodeAdded) != 0) kinds |= kind::kNodeTaints;
    if (rejected_by[i] && has(event, kinds)) return true;
  }
  return false;
}

}  // namespace

std::uint32_t node_changes(const Node& before, const Node& after) {
  std::uint32_t kinds = 0;
  if (before.meta.labels != after.meta.labels) kinds |= kind::kNodeLabels;
  if (before.spec != after.spec) kinds |= kind::kNodeTaints;
  if (before.status.allocatable != after.status.allocatable) kinds |= kind::kNodeAllocatable;
  return kinds;
}

std::uint32_t events_of(FilterPlugin plugin) {
  constexpr std::uint32_t kAnyPod = kind::kPodAssigned | kind::kPodLabels | kind::kPodGone;
  switch (plugin) {
    case FilterPlugin::NodeUnschedulable:
    case FilterPlugin::TaintToleration:
      return kind::kNodeAdded | kind::kNodeTaints;
    case FilterPlugin::NodeName:
      return kind::kNodeAdded;
    case FilterPlugin::NodeAffinity:
      return kind::kNodeAdded | kind::kNodeLabels;
    case FilterPlugin::NodePorts:
      return kind::kPodGone | kind::kNodeAdded;
    case FilterPlugin::NodeResourcesFit:
      return kind::kPodGone | kind::kNodeAdded | kind::kNodeAllocatable;
    case FilterPlugin::VolumeRestrictions:
      return kind::kPodGone | kind::kNodeAdded | kind::kClaim;
    case FilterPlugin::NodeVolumeLimits:
      return kind::kPodGone | kind::kNodeAdded | kind::kNodeAllocatable | kind::kClaim;
    case FilterPlugin::VolumeBinding:
    case FilterPlugin::VolumeZone:
      return kind::kNodeAdded | kind::kNodeLabels | kind::kClaim | kind::kVolume |
             kind::kStorageClass;
    case FilterPlugin::PodTopologySpread:
      return kAnyPod | kind::kNodeAdded | kind::kNodeRemoved | kind::kNodeLabels;
    case FilterPlugin::InterPodAffinity:
      return kAnyPod | kind::kNodeAdded | kind::kNodeLabels;
  }
  contract_violation("a filter has one of the known values");
}

bool worth_by_type(const WaitingPod& waiting, const ClusterEvent& event,
                   const ClusterState& state) {
  if (waiting.rejected_by.none()) return true;
  if (!is_registered(waiting.rejected_by, event)) return false;
  if (event.node_after != nullptr) return node_has_room(waiting, *event.node_after, state);
  if (has(event, kind::kPodAssigned | kind::kPodLabels)) {
    return matches_required(waiting.pod.spec.affinity.pod.required, waiting.pod, *event.pod_after,
                            state);
  }
  return true;
}

bool worth_by_hint(const WaitingPod& waiting, const ClusterEvent& event,
                   const ClusterState& state) {
  if (waiting.rejected_by.none()) return true;
  for (std::size_t i = 0; i < kFilterCount; ++i) {
    const auto plugin = static_cast<FilterPlugin>(i);
    if (!waiting.rejected_by[i] || !has(event, events_of(plugin))) continue;
    if (may_pass(plugin, waiting, event, state)) return true;
  }
  return false;
}

bool own_change_is_worth(const Pod& before, const Pod& after, FilterSet rejected_by, bool hints) {
  const bool labels = before.meta.labels != after.meta.labels;
  if (!hints) return labels || before.spec != after.spec;
  const auto by = [&](FilterPlugin plugin) {
    return rejected_by[static_cast<std::size_t>(plugin)];
  };
  if (labels && (by(FilterPlugin::InterPodAffinity) || by(FilterPlugin::PodTopologySpread))) {
    return true;
  }
  return before.spec.tolerations != after.spec.tolerations &&
         (by(FilterPlugin::TaintToleration) || by(FilterPlugin::NodeUnschedulable));
}

}  // namespace orrery::scheduler
