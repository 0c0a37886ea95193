/// @file
/// The name of a pod template: what a Deployment's sets are told apart by.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/api/pod.h"

namespace orrery::controllers {

/// FNV-1a (32 bits) over a canonical text of the template and, if given, the collision count as 8
/// bytes; in letters that make no words.
///
/// Equal templates have equal hashes; templates are compared field by field, never by hash. The
/// values differ from those of a Kubernetes cluster, whose canonical text is a dump of Go structs.
/// Source: Kubernetes pkg/controller/controller_utils.go (ComputeHash), util/rand SafeEncodeString.
[[nodiscard]] std::string template_hash(const api::PodTemplate& pod_template,
                                        std::optional<std::int32_t> collision_count);

}  // namespace orrery::controllers
