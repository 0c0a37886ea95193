/// @file
/// The DaemonSet controller: one pod on every node that is eligible.
///
/// Source: Kubernetes pkg/controller/daemon (daemon_controller.go, update.go).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "models/controllers/plan.h"

namespace orrery::controllers {

/// Defaults: kube-controller-manager of Kubernetes 1.30.
struct DaemonSetConfig {
  std::int32_t burst = 250;             ///< Creates, and deletes, in one plan. BurstReplicas
  std::int32_t slow_start_initial = 1;  ///< SlowStartInitialBatchSize
  Duration expectations_timeout = Duration::minutes(5);  ///< ExpectationsTimeout
  /// Between two deletions of a failed pod on one node; doubles. app/apps.go:
  /// flowcontrol.NewBackOff(1*time.Second, 15*time.Minute)
  Duration failed_backoff_base = Duration::seconds(1);
  Duration failed_backoff_max = Duration::minutes(15);
  /// After a pod has been ready for minReadySeconds it is looked at this much later (updatePod).
  Duration min_ready_slack = Duration::seconds(1);
};

/// Since when, and for how long, a failed pod of a node stays as it is.
struct FailedPodBackoff {
  Instant since;
  Duration wait;
};

/// What the controller sees of a DaemonSet. Nothing is null; pointers are read during the call.
struct DaemonSetView {
  const api::DaemonSet* set = nullptr;
  std::vector<const api::Node*> nodes;  ///< All, by name.
  /// The pods of the namespace that it controls or that nobody controls, by name.
  std::vector<const api::Pod*> pods;
  /// The revisions of the namespace that it controls or that nobody controls, by name.
  std::vector<const api::ControllerRevision*> revisions;
  /// Every revision of the namespace by which a new name could be taken.
  std::vector<const api::ControllerRevision*> namespace_revisions;
  /// False while creates or deletes of earlier plans have not shown yet: make no more.
  bool may_change_pods = true;
  std::map<std::string, FailedPodBackoff> failed;  ///< By node: earlier deletions of failed pods.
  std::optional<CallFailure> last_failure;
};

/// Puts nodes right first: makes missing pods, takes away surplus, ended and unwanted ones. A plan
/// that has none of this to do goes on with the rolling update. Creates go in batches of 1, 2, 4,
/// …, all deletes beside the first. The status is written after the pods; after a failure, before
/// them.
[[nodiscard]] Plan reconcile_daemon_set(const DaemonSetView& view, const DaemonSetConfig& config,
                                        Instant now);

/// The back-off after one more deletion of a failed pod at `now`: doubled, or the base if the last
/// one is longer ago than twice the maximum.
[[nodiscard]] FailedPodBackoff next_backoff(const std::optional<FailedPodBackoff>& last,
                                            const DaemonSetConfig& config, Instant now);

}  // namespace orrery::controllers
