/// @file
/// The scheduler: gives every pod a node, one pod per cycle.
///
/// A cycle takes no virtual time; the binding does, and until it is seen the pod counts as if it
/// were there. Like the controllers it may be destroyed between any two events and started anew.
///
/// Not modelled: preemption, affinity and spread constraints of the pod itself, volumes, images.
/// Source: Kubernetes pkg/scheduler (1.30).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "models/controllers/informer.h"
#include "models/ports/event.h"
#include "models/scheduler/node_state.h"
#include "models/scheduler/scheduling_queue.h"
#include "models/scheduler/scores.h"

namespace orrery::scheduler {

struct SchedulerConfig {
  controllers::InformerConfig informer;
  SchedulingQueueConfig queue;
  ScoreWeights weights;
  /// 0: by the size of the cluster (see nodes_to_find).
  std::int32_t percentage_of_nodes_to_score = 0;
  std::int64_t feasible_nodes_min = 100;  ///< minFeasibleNodesToFind
  /// Skews of the constraints that pods of Services and ReplicaSets get by default; nothing: none.
  std::optional<std::int64_t> default_hostname_skew = 3;
  std::optional<std::int64_t> default_zone_skew = 5;
  /// By PriorityClass name; a pod of another class has priority 0.
  std::map<std::string, std::int32_t> priorities{{"system-cluster-critical", 2'000'000'000},
                                                 {"system-node-critical", 2'000'001'000}};
};

/// How many nodes that fit are enough: all of a small cluster, else a percentage, which falls from
/// 50 by one per 125 nodes down to 5. 1000 nodes: 420; 5000: 500; 6000: 300.
[[nodiscard]] std::int64_t nodes_to_find(std::int64_t node_count, const SchedulerConfig& config);

class Scheduler : public ports::Component {
 public:
  /// `executor` and `api` must outlive it. `draws` break ties between equally good nodes.
  Scheduler(ports::OwnerId owner, ports::Executor& executor, ports::ApiClient& api, Draws draws,
            const SchedulerConfig& config = {});
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  void start();
  void on_event(const ports::Event& event) override;

 private:
  /// A pod that counts on a node: bound, or about to be.
  struct Placement {
    std::string node_name;
    PodDemand demand;
    api::ObjectPtr pod;
  };

  void observe_pod(const controllers::Change& change);
  void observe_node(const controllers::Change& change);
  void place(const PodName& name, const std::string& node_name, const api::ObjectPtr& pod);
  bool unplace(const PodName& name);

  void schedule_all();
  void schedule(const SchedulingQueue::Taken& taken);
  void bind(const PodName& name, const api::Pod& pod, const std::string& node_name);
  void on_bound(const ports::Event& reply);
  void report_unschedulable(const api::Pod& pod, const std::string& message);
  [[nodiscard]] std::vector<SpreadConstraint> default_constraints(const api::Pod& pod) const;
  [[nodiscard]] std::int32_t priority_of(const api::Pod& pod) const;
  void order_nodes();

  controllers::Ports ports_;
  Draws draws_;
  SchedulerConfig config_;
  controllers::Informer pods_;
  controllers::Informer nodes_;
  controllers::Informer services_;
  controllers::Informer replica_sets_;
  SchedulingQueue queue_;
  ports::Timer look_;
  std::optional<Instant> look_at_;
  std::uint32_t sequence_ = 0;
  std::map<std::string, NodeState> states_;
  std::map<PodName, Placement> placed_;
  std::map<ports::CallId, PodName> binding_;
  std::vector<std::string> node_order_;  ///< Zones take turns.
  std::size_t next_start_ = 0;           ///< Where the search for nodes goes on.
};

}  // namespace orrery::scheduler
