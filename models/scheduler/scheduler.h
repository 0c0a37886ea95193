/// @file
/// The scheduler: gives every pod a node, one pod per cycle.
///
/// A cycle takes no virtual time, unless it preempts: then the next one waits until the victims
/// have been asked to go. The binding takes time, and until it is seen the pod counts as if it were
/// there. Like the controllers it may be destroyed between any two events and started anew.
///
/// Source: Kubernetes pkg/scheduler (1.30, 1.32).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "models/controllers/informer.h"
#include "models/ports/event.h"
#include "models/scheduler/cluster_state.h"
#include "models/scheduler/evictions.h"
#include "models/scheduler/filters.h"
#include "models/scheduler/placement_rules.h"
#include "models/scheduler/plugins.h"
#include "models/scheduler/preemption.h"
#include "models/scheduler/queueing_hints.h"
#include "models/scheduler/scheduling_queue.h"
#include "models/scheduler/volume_binder.h"

namespace orrery::scheduler {

inline constexpr const char* kDefaultScheduler = "default-scheduler";

/// Defaults: KubeSchedulerConfiguration of Kubernetes 1.30.
struct SchedulerConfig {
  controllers::InformerConfig informer;
  SchedulingQueueConfig queue;
  /// By the schedulerName of pods; those that name another scheduler are left alone.
  std::map<std::string, PluginSet> profiles{{kDefaultScheduler, {}}};
  /// Feature gate SchedulerQueueingHints: on since 1.32 (kubernetes/kubernetes#128472).
  bool queueing_hints = false;
  /// 0: by the size of the cluster (see nodes_to_find).
  std::int64_t percentage_of_nodes_to_score = 0;
  std::int64_t feasible_nodes_min = 100;  ///< minFeasibleNodesToFind
  DefaultSpread default_spread;
  PreemptionConfig preemption;
  Duration volume_bind_timeout = Duration::seconds(600);  ///< VolumeBindingArgs bindTimeoutSeconds
};

/// How many nodes that fit are enough: all of a small cluster, else a percentage, which falls from
/// 50 by one per 125 nodes down to 5. 1000 nodes: 420; 5000: 500; 6000: 300.
[[nodiscard]] std::int64_t nodes_to_find(std::int64_t node_count, const SchedulerConfig& config,
                                         const PluginSet& plugins = {});

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
  /// A pod without a node that is ours to place.
  struct PendingPod {
    api::ObjectPtr object;
    std::shared_ptr<PodShape> shape;

    [[nodiscard]] const api::Pod& get() const { return std::get<api::Pod>(*object); }
  };
  /// A pod that makes room for itself: what is left to do once its victims were asked to go.
  struct Preempting {
    PodName pod;
    std::string node_name;
    FilterSet rejected_by;
    std::string message;
  };
  /// What a pod's status was told, until the answer comes.
  struct Report {
    PodName pod;
    const char* reason = nullptr;
    std::string message;
    std::string nominated_node;
  };
  /// One attempt to place a pod.
  struct Cycle {
    const PodName& name;
    const PendingPod& pending;
    const PluginSet& plugins;
    int attempt = 0;
    std::vector<Slot> nodes;     ///< To be looked at.
    std::vector<Slot> feasible;  ///< Those that fit.
    std::vector<Slot> examined;  ///< With their verdicts.
    std::vector<Verdict> verdicts;
    std::vector<std::int64_t> outside_scores;  ///< Of the external plug-in, weighed; or none.
    std::vector<std::string> outside_reasons;  ///< Of the nodes that it rejected.
    std::string outside_failure;               ///< Why it could not say.
  };

  // --- what is seen
  void observe(const controllers::Change& change, api::Kind kind);
  void observe_pod(const controllers::Change& change);
  void observe_pending(const PodName& name, const controllers::Change& change);
  void observe_assigned(const PodName& name, const controllers::Change& change);
  void observe_node(const controllers::Change& change);
  void forget(const PodName& name);
  /// Lets waiting pods be tried again that the event may help.
  void announce(const ClusterEvent& event);
  void after_event();

  // --- cycles
  void schedule_all();
  void schedule(const SchedulingQueue::Taken& taken);
  [[nodiscard]] bool try_nominated(Cycle& cycle, FilterRun& run);
  void find_feasible(Cycle& cycle, FilterRun& run);
  /// Leaves those of the feasible nodes that the external plug-in admits.
  void ask_outside(Cycle& cycle);
  void put_off(Cycle& cycle);
  [[nodiscard]] Slot choose(Cycle& cycle, FilterRun& run);
  void give_up(Cycle& cycle, FilterRun& run);
  void preempt(Cycle& cycle, FilterRun& run, FilterSet rejected_by, std::string message);
  void finish_preemption();
  void ensure_rules(const api::Pod& pod, PodShape& shape);
  [[nodiscard]] std::optional<api::LabelSelector> siblings_of(const api::Pod& pod,
                                                              bool& owner_is_known) const;
  [[nodiscard]] const PluginSet* profile_of(const api::Pod& pod) const;

  // --- binding
  void assume(Cycle& cycle, FilterRun& run, Slot slot);
  void bind(const PodName& name, const api::Pod& pod, const std::string& node_name);
  void on_bound(const ports::Event& reply);
  void on_reported(const ports::Event& reply);
  void on_volumes_ended(const VolumeBinder::Ended& ended);
  void take_back(const PodName& name);
  void report(const api::Pod& pod, const char* reason, const std::string& message,
              const std::string& nominated_node);

  controllers::Ports ports_;
  Draws draws_;
  SchedulerConfig config_;
  controllers::Informer pods_;
  controllers::Informer nodes_;
  controllers::Informer services_;
  controllers::Informer replica_sets_;
  controllers::Informer replication_controllers_;
  controllers::Informer stateful_sets_;
  controllers::Informer budgets_;
  controllers::Informer namespaces_;
  controllers::Informer claims_;
  controllers::Informer volumes_;
  controllers::Informer storage_classes_;
  std::array<controllers::Informer*, 11> informers_;
  VolumeAssumptions volume_assumptions_;
  VolumeCaches volume_caches_;

  SchedulingQueue queue_;
  ClusterState state_;
  Evictions evictions_;
  VolumeBinder volume_binder_;
  std::optional<Preempting> preempting_;
  ports::Timer look_;
  std::optional<Instant> look_at_;
  std::uint32_t sequence_ = 0;
  std::map<PodName, PendingPod> pending_;
  std::map<ports::CallId, PodName> binding_;
  std::map<ports::CallId, Report> reports_;
  std::uint64_t services_epoch_ = 1;  ///< Moves when a Service or what it selects changes.
  std::size_t next_start_ = 0;        ///< Where the search for nodes goes on.
};

}  // namespace orrery::scheduler
