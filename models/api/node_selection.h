/// @file
/// Which nodes a pod may run on: node selectors and the terms of node affinity.
///
/// Source: Kubernetes component-helpers scheduling/corev1/nodeaffinity.
#pragma once

#include "models/api/objects.h"

namespace orrery::api {

/// All requirements of the term hold. One without requirements holds nowhere; fields other than
/// metadata.name match nothing.
[[nodiscard]] bool matches(const NodeSelectorTerm& term, const Node& node);

/// The node selector and one of the terms of the required affinity hold, as far as there are any.
[[nodiscard]] bool may_run_on(const PodSpec& pod, const Node& node);

}  // namespace orrery::api
