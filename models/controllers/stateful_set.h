/// @file
/// The StatefulSet controller: pods that keep their names and claims, made, updated and taken away
/// in order.
///
/// Source: Kubernetes pkg/controller/statefulset (stateful_set_control.go).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "models/controllers/plan.h"

namespace orrery::controllers {

/// Defaults: kube-controller-manager of Kubernetes 1.30.
struct StatefulSetConfig {
  /// Feature gate MaxUnavailableStatefulSet: without it a rolling update takes one pod at a time,
  /// whatever rollingUpdate.maxUnavailable says. Alpha and off in 1.30 and 1.32.
  bool honours_max_unavailable = false;
  std::int32_t slow_start_initial = 1;  ///< Of a Parallel set. slowStartBatch
  /// After a pod has been ready for minReadySeconds it is looked at this much later (updatePod).
  Duration min_ready_slack = Duration::seconds(1);
};

/// What the controller sees of a StatefulSet. Nothing is null; pointers are read during the call.
struct StatefulSetView {
  const api::StatefulSet* set = nullptr;
  /// The pods of the namespace that it controls or that nobody controls, by name.
  std::vector<const api::Pod*> pods;
  /// The revisions of the namespace that it controls or that nobody controls, by name.
  std::vector<const api::ControllerRevision*> revisions;
  /// Every revision of the namespace by which a new name could be taken.
  std::vector<const api::ControllerRevision*> namespace_revisions;
  /// The claims of its pods that exist, by name.
  std::map<std::string, const api::PersistentVolumeClaim*> claims;
  std::optional<CallFailure> last_failure;
};

/// One step towards the wanted pods, and the status it leaves behind.
///
/// OrderedReady makes or takes at most one pod per plan and waits for it. A claim is made before
/// the pod that mounts it. The status is written after the pods; after a failure, before them.
[[nodiscard]] Plan reconcile_stateful_set(const StatefulSetView& view,
                                          const StatefulSetConfig& config, Instant now);

}  // namespace orrery::controllers
