/// @file
/// NodeAffinity: which nodes a pod asks for, and which it would like.
///
/// Source: Kubernetes component-helpers/scheduling/corev1/nodeaffinity,
/// pkg/scheduler/framework/plugins/nodeaffinity.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/api/objects.h"

namespace orrery::scheduler {

/// Any of the terms holds. A term without requirements holds nowhere.
[[nodiscard]] bool matches_any(const std::vector<api::NodeSelectorTerm>& terms,
                               const api::Node& node);

/// The node selector and the required affinity both hold.
[[nodiscard]] bool matches_node(const api::PodSpec& pod, const api::Node& node);

/// The sum of the weights of the preferred terms that hold.
[[nodiscard]] std::int64_t preferred_weight(const api::NodeAffinity& affinity,
                                            const api::Node& node);

/// The nodes that the required affinity names in metadata.name, if every term names some: nobody
/// else needs to be looked at. Nothing: all nodes.
[[nodiscard]] std::optional<std::set<std::string>> named_nodes(const api::NodeAffinity& affinity);

}  // namespace orrery::scheduler
