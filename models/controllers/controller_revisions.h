/// @file
/// ControllerRevisions: the numbered templates that a StatefulSet or DaemonSet has had.
///
/// Source: Kubernetes pkg/controller/history, pkg/controller/statefulset (getStatefulSetRevisions),
/// pkg/controller/daemon/update.go (constructHistory).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/api/objects.h"
#include "models/controllers/plan.h"

namespace orrery::controllers {

/// On pods: the revision they were made from.
inline constexpr const char* kRevisionHashLabel = "controller-revision-hash";

/// Whose history it is.
struct RevisionOwner {
  api::Kind kind = api::Kind::StatefulSet;
  const api::ObjectMeta* meta = nullptr;
  const api::PodTemplate* pod_template = nullptr;
  std::optional<std::int32_t> collision_count;
  const char* hash_label = kRevisionHashLabel;  ///< On revisions: the hash in their name.
};

/// The revision of an owner's present template.
struct PresentRevision {
  api::ControllerRevision revision;
  std::optional<ports::ApiCall> write;  ///< Creates it, or raises its number; nothing: it is there.
  std::optional<std::int32_t> collision_count;  ///< Grown if names were taken.
};

/// Oldest first: by number, then creation, then name.
void sort_revisions(std::vector<const api::ControllerRevision*>& revisions);

/// Finds the revision whose template is the owner's, or drafts it with a number above all others;
/// one that comes back is raised above them.
///
/// `owned` are the owner's, `in_namespace` all whose names may be taken.
[[nodiscard]] PresentRevision present_revision(
    const RevisionOwner& owner, const std::vector<const api::ControllerRevision*>& owned,
    const std::vector<const api::ControllerRevision*>& in_namespace);

}  // namespace orrery::controllers
