/// @file
/// Which pods a rule of another pod is about: by namespace and labels.
///
/// Source: Kubernetes core/v1 PodAffinityTerm, TopologySpreadConstraint;
/// pkg/scheduler/framework/types.go (AffinityTerm).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/api/objects.h"

namespace orrery::scheduler {

/// The namespace and labels of a pod, and the labels of that namespace.
struct PodIdentity {
  const std::string& namespace_name;
  const api::Labels& labels;
  const api::Labels& namespace_labels;
};

struct PodCondition {
  std::vector<std::string> namespaces;
  std::optional<api::LabelSelector> namespace_selector;  ///< Namespaces beside the listed ones.
  std::optional<api::LabelSelector> selector;            ///< Absent: matches no pod.

  friend bool operator==(const PodCondition&, const PodCondition&) = default;
};

/// Pods of one namespace.
[[nodiscard]] PodCondition in_namespace(std::string namespace_name,
                                        std::optional<api::LabelSelector> selector);

/// What a term of pod affinity is about; `namespace_name` is that of the pod that has it.
[[nodiscard]] PodCondition condition_of(const api::PodAffinityTerm& term,
                                        const std::string& namespace_name);

[[nodiscard]] bool matches(const PodCondition& condition, const PodIdentity& pod);

/// All conditions hold.
[[nodiscard]] bool matches_all(const std::vector<PodCondition>& conditions, const PodIdentity& pod);

/// A text that two conditions share only if they are the same.
[[nodiscard]] std::string text_of(const PodCondition& condition);

}  // namespace orrery::scheduler
