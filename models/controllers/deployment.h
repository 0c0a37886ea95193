/// @file
/// The Deployment controller: rolls a pod template out over ReplicaSets.
///
/// Source: Kubernetes pkg/controller/deployment.
#pragma once

#include <vector>

#include "models/api/objects.h"
#include "models/controllers/deployment_revisions.h"
#include "models/controllers/plan.h"

namespace orrery::controllers {

/// What the controller sees of a Deployment. Nothing is null; pointers are read during the call.
struct DeploymentView {
  const api::Deployment* deployment = nullptr;
  /// The sets of the namespace that it controls or that nobody controls, by name.
  std::vector<const api::ReplicaSet*> replica_sets;
  /// Every set of the namespace by which a new name could be taken.
  std::vector<const api::ReplicaSet*> namespace_sets;
  /// The pods of its sets, for Recreate.
  std::vector<const api::Pod*> pods;
};

/// One step of the rollout, and the status it leaves behind.
///
/// Sets are created, resized and annotated first, one write at a time, new set before old ones;
/// then the Deployment itself is written at most once. What a write makes possible is planned when
/// it is seen.
[[nodiscard]] Plan reconcile_deployment(const DeploymentView& view, Instant now);

}  // namespace orrery::controllers
