/// @file
/// What becomes of nodes that fall silent, and of the pods on them.
///
/// Source: Kubernetes pkg/controller/nodelifecycle (node_lifecycle_controller.go),
/// pkg/controller/tainteviction, pkg/controller/podgc.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "models/controllers/plan.h"

namespace orrery::controllers {

inline constexpr const char* kNotReadyTaint = "node.kubernetes.io/not-ready";
inline constexpr const char* kUnreachableTaint = "node.kubernetes.io/unreachable";
/// Put on by a person: the node is off, so its pods may be taken to be dead.
inline constexpr const char* kOutOfServiceTaint = "node.kubernetes.io/out-of-service";
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
  /// Between two looks at the queues of nodes to be tainted. Source: scheduler.NodeEvictionPeriod.
  Duration taint_period = Duration::milliseconds(100);
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

/// The nodes of a zone that wait to be tainted NoExecute, first come first served: one whenever the
/// zone's rate has a token, looked at every `period` of the run.
///
/// Source: Kubernetes pkg/controller/nodelifecycle/scheduler/rate_limited_queue.go; a bucket of one
/// token, full at first.
class TaintQueue {
 public:
  TaintQueue(Duration period, Duration interval) : period_{period}, interval_{interval} {}

  /// One node per `interval` from now on; nothing: none. A token that is awaited is awaited anew.
  void set_interval(std::optional<Duration> interval, Instant now);

  void join(const std::string& node, Instant now);  ///< Does nothing if it waits already.
  void leave(const std::string& node);

  [[nodiscard]] bool is_turn_of(const std::string& node, Instant now) const;
  /// Takes the first node out, and a token with it.
  void take_turn(Instant now);

  /// When the node's turn is expected; nothing: the zone has stopped, or it does not wait.
  [[nodiscard]] std::optional<Instant> turn_of(const std::string& node) const;

 private:
  struct Waiting {
    std::string node;
    Instant since;
  };
  /// The first look after `since` and not before `token`.
  [[nodiscard]] Instant look_at(Instant since, Instant token) const;

  Duration period_;
  std::optional<Duration> interval_;
  Instant next_token_;
  std::deque<Waiting> waiting_;
};

struct NodeHealthView {
  const api::Node* node = nullptr;
  Instant
      last_sign;  ///< When a new lease or heartbeat was last noticed, by the controller's clock.
  std::vector<const api::Pod*> pods;  ///< Bound to the node.
  bool may_evict = false;             ///< It is this node's turn to be tainted NoExecute.
  bool all_zones_down = false;        ///< The fault is then taken to be ours: nobody is evicted.
};

struct NodeHealthPlan {
  Plan plan;
  bool evicts = false;      ///< Uses up the zone's turn.
  bool wants_turn = false;  ///< Would evict if it may.
};

/// Ready=Unknown after silence; taints that say why nothing should run there (not ready,
/// unreachable, short of memory, disk or process ids, cordoned); pods not ready.
[[nodiscard]] NodeHealthPlan reconcile_node_health(const NodeHealthView& view,
                                                   const NodeLifecycleConfig& config, Instant now);

/// Deletes pods that do not, or no longer, tolerate the node's NoExecute taints. A taint without a
/// date counts from `first_seen`.
[[nodiscard]] Plan reconcile_taint_eviction(const api::Node& node,
                                            const std::vector<const api::Pod*>& pods,
                                            Instant first_seen, Instant now);

/// Deletes without grace the terminating pods of a node that is not ready and that somebody has
/// declared out of service.
[[nodiscard]] Plan reconcile_out_of_service(const api::Node& node,
                                            const std::vector<const api::Pod*>& pods);

/// Deletes the pods of a node that no longer exists, without grace: nobody is left to stop them.
[[nodiscard]] Plan reconcile_orphaned_pods(const std::vector<const api::Pod*>& pods);

/// Whether a toleration covers a taint, its time aside.
[[nodiscard]] bool tolerates(const api::Toleration& toleration, const api::Taint& taint);

}  // namespace orrery::controllers
