/// @file
/// The revisions of a Deployment: their numbers on its ReplicaSets, their templates, and the way
/// back to an earlier one.
///
/// Source: Kubernetes pkg/controller/deployment/util/deployment_util.go,
/// pkg/controller/deployment/rollback.go, kubectl pkg/polymorphichelpers/rollback.go.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "models/base/result.h"

namespace orrery::controllers {

inline constexpr const char* kTemplateHashLabel = "pod-template-hash";
inline constexpr const char* kRevisionAnnotation = "deployment.kubernetes.io/revision";
inline constexpr const char* kRevisionHistoryAnnotation =
    "deployment.kubernetes.io/revision-history";
inline constexpr const char* kDesiredReplicasAnnotation =
    "deployment.kubernetes.io/desired-replicas";
inline constexpr const char* kMaxReplicasAnnotation = "deployment.kubernetes.io/max-replicas";
/// Asks the controller for a rollback: the number of a revision, 0 for the previous one.
inline constexpr const char* kRollbackAnnotation = "deprecated.deployment.rollback.to";

/// The whole number an annotation holds; nothing if it is absent or something else.
[[nodiscard]] std::optional<std::int64_t> integer_annotation(const api::ObjectMeta& meta,
                                                             const char* name);

/// The revision a set or Deployment carries; 0 for none.
[[nodiscard]] std::int64_t revision_of(const api::ObjectMeta& meta);

/// Equal but for the label pod-template-hash.
[[nodiscard]] bool same_template(const api::PodTemplate& a, const api::PodTemplate& b);

/// Gives a set that number if its own is lower, and appends its own to its history, of which about
/// 2000 characters are kept.
void raise_revision(api::ObjectMeta& set, std::int64_t revision);

/// Copies the Deployment's annotations to a set; those that are each object's own stay.
void copy_annotations(const api::ObjectMeta& deployment, api::ObjectMeta& set);

/// The Deployment as `kubectl rollout undo` leaves it: with the template of that revision, or of
/// the one before the latest. `sets` are its own. Unchanged if it has that template already.
/// Returns a Failure if it is paused, or if there is no such revision.
[[nodiscard]] Result<api::Deployment> rolled_back(const api::Deployment& deployment,
                                                  const std::vector<const api::ReplicaSet*>& sets,
                                                  std::optional<std::int64_t> revision);

}  // namespace orrery::controllers
