/// @file
/// The ReplicaSet controller and the older ReplicationController, which differs in name alone:
/// keeps as many pods as its spec says.
///
/// Source: Kubernetes pkg/controller/replicaset, pkg/controller/replication,
/// pkg/controller/controller_utils.go (ActivePodsWithRanks).
#pragma once

#include <optional>
#include <vector>

#include "models/api/objects.h"
#include "models/controllers/plan.h"

namespace orrery::controllers {

struct ReplicaSetConfig {
  std::int32_t burst = 500;             ///< Creates or deletes in one plan. BurstReplicas.
  std::int32_t slow_start_initial = 1;  ///< SlowStartInitialBatchSize
  Duration expectations_timeout = Duration::minutes(5);  ///< ExpectationsTimeout
  /// After a pod has been ready for minReadySeconds it is looked at this much later (updatePod).
  Duration min_ready_slack = Duration::seconds(1);
};

/// What a set counts of its active pods, for its status.
struct ReplicaCounts {
  std::int32_t replicas = 0;
  std::int32_t fully_labeled = 0;
  std::int32_t ready = 0;
  std::int32_t available = 0;
};

/// What the controller sees of a ReplicaSet or ReplicationController. Nothing is null; pointers are
/// read during the call.
template <class Set>
struct ReplicasView {
  const Set* set = nullptr;
  /// The pods of the namespace that it controls or that nobody controls, by name.
  std::vector<const api::Pod*> pods;
  /// Active pods of all sets of the same Deployment, its own included.
  std::vector<const api::Pod*> family_pods;
  /// False while creates or deletes of earlier plans have not shown yet: make no more.
  bool may_change_pods = true;
  std::optional<CallFailure> last_failure;
  /// Set: it has as many pods as it wants and neither adopts nor releases any, these are their
  /// counts, and its status is all there is to see to. The lists of pods are not looked at.
  std::optional<ReplicaCounts> known;
};
using ReplicaSetView = ReplicasView<api::ReplicaSet>;
using ReplicationControllerView = ReplicasView<api::ReplicationController>;

/// Creates in batches of 1, 2, 4, …, or deletes the least useful pods in one batch; then the
/// status. After a failure the status that reports it comes first.
[[nodiscard]] Plan reconcile_replica_set(const ReplicaSetView& view, const ReplicaSetConfig& config,
                                         Instant now);

/// As reconcile_replica_set.
[[nodiscard]] Plan reconcile_replication_controller(const ReplicationControllerView& view,
                                                    const ReplicaSetConfig& config, Instant now);

/// Sorts pods so that those to be deleted first come first: a total order.
///
/// Unscheduled, then Pending before Unknown before Running, not ready, a lower deletion cost, more
/// family pods on the same node, ready for a shorter time, more restarts, younger. Ages compare by
/// the power of two of their nanoseconds; different ages of one power are ordered by uid, as is
/// what is equal to the end. Pods that became ready at one instant stay together, at the place of
/// the first uid among them.
void sort_for_deletion(std::vector<const api::Pod*>& pods,
                       const std::vector<const api::Pod*>& family_pods, Instant now);

/// Sizes of slow-start batches: 10 -> 1, 2, 4, 3.
[[nodiscard]] std::vector<std::int32_t> slow_start_batches(std::int32_t count,
                                                           std::int32_t initial);

}  // namespace orrery::controllers
