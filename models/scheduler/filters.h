/// @file
/// Filters: why a pod cannot run on a node.
///
/// Source: Kubernetes pkg/scheduler/framework/plugins.
#pragma once

#include "models/scheduler/node_state.h"

namespace orrery::scheduler {

/// In words, the first of these that applies; nullptr if the pod can run there.
///
/// NodeUnschedulable, NodeName, TaintToleration, NodeAffinity (nodeSelector only), NodePorts,
/// NodeResourcesFit.
[[nodiscard]] const char* obstacle(const api::PodSpec& pod, const PodDemand& demand,
                                   const NodeState& state);

}  // namespace orrery::scheduler
