#include "models/scheduler/filters.h"

#include <algorithm>

#include "models/controllers/node_lifecycle.h"

namespace orrery::scheduler {
namespace {

bool tolerated(const api::PodSpec& pod, const api::Taint& taint) {
  return std::any_of(pod.tolerations.begin(), pod.tolerations.end(),
                     [&](const auto& t) { return controllers::tolerates(t, taint); });
}

}  // namespace

const char* obstacle(const api::PodSpec& pod, const PodDemand& demand, const NodeState& state) {
  const api::Node& node = *state.node;
  const api::Taint unschedulable{"node.kubernetes.io/unschedulable", "", "NoSchedule", {}};
  if (node.spec.unschedulable && !tolerated(pod, unschedulable))
    return "node(s) were unschedulable";
  if (!pod.node_name.empty() && pod.node_name != node.meta.name) {
    return "node(s) didn't match the requested node name";
  }
  for (const api::Taint& taint : node.spec.taints) {
    if (taint.effect == "PreferNoSchedule" || tolerated(pod, taint)) continue;
    return "node(s) had untolerated taint";
  }
  if (!api::matches(api::LabelSelector{pod.node_selector, {}}, node.meta.labels)) {
    return "node(s) didn't match Pod's node affinity/selector";
  }
  for (const auto& port : demand.host_ports) {
    if (state.host_ports.contains(port)) {
      return "node(s) didn't have free ports for the requested pod ports";
    }
  }
  const api::NodeResources& allocatable = node.status.allocatable;
  if (state.pod_count + 1 > allocatable.pods) return "Too many pods";
  // A pod that asks for nothing fits even where too much was promised.
  if (demand.requests.cpu_milli > 0 &&
      state.requested.cpu_milli + demand.requests.cpu_milli > allocatable.cpu_milli) {
    return "Insufficient cpu";
  }
  if (demand.requests.memory_bytes > 0 &&
      state.requested.memory_bytes + demand.requests.memory_bytes > allocatable.memory_bytes) {
    return "Insufficient memory";
  }
  return nullptr;
}

}  // namespace orrery::scheduler
