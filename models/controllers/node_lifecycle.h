/// @file
/// What becomes of nodes that fall silent, and of the pods on them.
///
/// Source: Kubernetes pkg/controller/nodelifecycle (node_lifecycle_controller.go),
/// pkg/controller/tainteviction, pkg/controller/podgc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "models/controllers/plan.h"

namespace orrery::controllers {

inline constexpr const char* kNotReadyTaint = "node.kubernetes.io/not-ready";
inline constexpr const char* kUnreachableTaint = "node.kubernetes.io/unreachable";
inline constexpr const char* kZoneLabel = "topology.kubernetes.io/zone";
inline constexpr const char* kLeaseNamespace = "kube-node-lease";

/// Defaults: kube-controller-manager of Kubernetes 1.30.
struct NodeLifecycleConfig {
  Duration monitor_period = Duration::seconds(5);  ///< --node-monitor-period
  Duration monitor_grace = Duration::seconds(40);  ///< --node-monitor-grace-period; 50 s from 1.32
  Duration startup_grace = Duration::seconds(60);  ///< --node-startup-grace-period
  /// One node is tainted NoExecute per interval and zone: 1 / --node-eviction-rate (0.1 per
  /// second).
  Duration eviction_interval = Duration::seconds(10);
  /// In a large, partly disrupted zone: 1 / --secondary-node-eviction-rate (0.01 per second).
  Duration eviction_interval_disrupted = Duration::seconds(100);
  std::int32_t large_zone = 50;  ///< --large-cluster-size-threshold; smaller zones stop instead.
  std::int32_t unhealthy_percent = 55;              ///< --unhealthy-zone-threshold
  Duration pod_quarantine = Duration::seconds(40);  ///< podgc quarantineTime
};

/// Nodes of one zone, counted by their condition Ready.
struct ZoneHealth {
  std::int32_t ready = 0;
  std::int32_t not_ready = 0;  ///< False or Unknown.

  [[nodiscard]] bool fully_disrupted() const { return ready == 0 && not_ready > 0; }
};

/// The time between two nodes tainted NoExecute in the zone; nothing: none is.
[[nodiscard]] std::optional<Duration> eviction_interval(const ZoneHealth& zone,
                                                        const NodeLifecycleConfig& config);

struct NodeHealthView {
  const api::Node* node = nullptr;
  Instant
      last_sign;  ///< When a new lease or heartbeat was last noticed, by the controller's clock.
  std::vector<const api::Pod*> pods;  ///< Bound to the node.
  bool may_evict = false;             ///< The zone's rate lets this node be tainted NoExecute now.
  bool all_zones_down = false;        ///< The fault is then taken to be ours: nobody is evicted.
};

struct NodeHealthPlan {
  Plan plan;
  bool evicts = false;      ///< Uses up the zone's turn.
  bool wants_turn = false;  ///< Would evict if it may.
};

/// Ready=Unknown after silence; taints that say why nothing should run there; pods not ready.
[[nodiscard]] NodeHealthPlan reconcile_node_health(const NodeHealthView& view,
                                                   const NodeLifecycleConfig& config, Instant now);

/// Deletes pods that do not, or no longer, tolerate the node's NoExecute taints. A taint without a
/// date counts from `first_seen`.
[[nodiscard]] Plan reconcile_taint_eviction(const api::Node& node,
                                            const std::vector<const api::Pod*>& pods,
                                            Instant first_seen, Instant now);

/// Deletes the pods of a node that no longer exists, without grace: nobody is left to stop them.
[[nodiscard]] Plan reconcile_orphaned_pods(const std::vector<const api::Pod*>& pods);

/// Whether a toleration covers a taint, its time aside.
[[nodiscard]] bool tolerates(const api::Toleration& toleration, const api::Taint& taint);

}  // namespace orrery::controllers
