/// @file
/// Watches the objects of a run, in either world, and keeps what verdicts are made of: counts per
/// workload at every change, counts of objects that expectations ask for, rollout times, and when a
/// fault's victims were whole again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/api/objects.h"
#include "models/ports/api_client.h"
#include "runner/run_result.h"
#include "runner/scenario/scenario.h"
#include "runner/session/object_counter.h"

namespace orrery::session {

/// An object went from `before` to `after`; nullptr: did not exist, or is gone.
struct ObjectChange {
  const api::Object* before = nullptr;
  const api::Object* after = nullptr;
};

/// Workloads are the objects that keep a number of pods and are not kept by another one:
/// Deployments, StatefulSets, DaemonSets, ReplicationControllers, and ReplicaSets of their own.
class RunObserver {
 public:
  /// Counts what the scenario's expectations ask for.
  explicit RunObserver(const scenario::Scenario& scenario);

  /// Changes that were seen at once: counts in between are nobody's. Pointers are read now.
  void on_changes(Instant now, const std::vector<ObjectChange>& changes);

  /// The workload was just changed by the timeline entry `id`.
  void rollout_started(Instant now, const std::string& id, const api::ObjectKey& workload);

  /// A fault took effect. `victims` are the workloads whose pods it hit, by name.
  void fault_struck(Instant now, const std::string& id, const std::string& kind,
                    std::vector<std::string> targets, const std::vector<std::string>& victims,
                    std::string effect);

  /// The timeline entry `id` has had these calls made of what it writes (`kind`: apply, patch). One
  /// that changes a workload which was there before is a rollout from now on, as if it had been
  /// set. `others`: what else it has written, by name.
  void objects_written(Instant now, const std::string& id, const std::string& kind,
                       const std::vector<ports::ApiCall>& calls, std::string effect,
                       std::vector<std::string> others = {});

  /// A fault that waited for something to hit has found nothing, and says why.
  void fault_hit_nothing(const std::string& id, const std::string& why);

  /// A process that a fault had ended runs again.
  void process_recovered(Instant now, const std::string& id);

  /// Whether every workload has all its pods available; if not, `why` names the first that has not.
  [[nodiscard]] bool steady(std::string& why) const;

  /// The name of the workload a pod belongs to (`runner::workload_name`); empty: none.
  [[nodiscard]] std::string workload_of(const api::Pod& pod) const;

  /// Moves everything that was seen into `result`.
  void finish(runner::RunResult& result);

 private:
  struct PodRecord {
    std::string owner_uid;
    std::string version;
    std::string revision;  ///< Label controller-revision-hash.
    bool counted = false;  ///< Exists and was not asked to go.
    bool ready = false;
    Instant ready_since;
  };
  struct SetRecord {
    std::string deployment;
    api::PodTemplate pod_template;
    bool current = false;  ///< Its template is its Deployment's.
  };
  struct WorkloadRecord {
    std::int32_t desired = 0;
    Duration min_ready;
    std::int64_t generation = 0;
    std::int64_t observed_generation = 0;
    bool settled = false;  ///< Its status says that all its pods are new and available.
    std::optional<api::PodTemplate> pod_template;  ///< Deployments only.
    std::string update_revision;                   ///< StatefulSets only.
    std::optional<std::int32_t> updated;           ///< Where only the status tells.
    std::map<std::string, PodRecord> pods;         ///< By uid.
    /// Of these, but for those available: kept from pod to pod, and counted anew when something
    /// else decides them.
    std::optional<runner::WorkloadSample> counts;
    runner::WorkloadResult result;
  };
  struct OpenRollout {
    std::string workload;
    std::size_t index = 0;
    std::int64_t generation = 0;
  };
  struct OpenFault {
    std::size_t index = 0;
    std::map<std::string, bool> victims;  ///< Workload -> has been seen short of pods.
    std::optional<Instant> whole;         ///< When the last of those that were was whole again.
  };

  /// Each returns the workload whose counts may have changed; empty: none.
  std::string take(const ObjectChange& change);
  std::string take_pod(const api::Pod* before, const api::Pod* after);
  std::string take_set(const api::ReplicaSet& set, bool gone);
  std::string take_deployment(const api::Deployment& deployment, bool gone);
  template <class T>
  std::string take_workload(const T& workload, bool gone);
  [[nodiscard]] bool is_updated(const WorkloadRecord& workload, const PodRecord& pod) const;
  /// Adds the pod to the counts, or takes it out again.
  void count(WorkloadRecord& workload, const PodRecord& pod, std::int32_t by) const;
  void sample(Instant now, const std::string& name);
  void check_rollouts(Instant now, const std::string& name);
  void check_faults(Instant now, const std::string& name);

  std::map<std::string, WorkloadRecord> workloads_;
  std::map<std::string, SetRecord> sets_;  ///< ReplicaSets of Deployments, by uid.
  OwnerChains owners_;
  std::vector<std::pair<std::string, ObjectCounter>> counters_;  ///< By the expectation's id.
  std::vector<OpenRollout> open_rollouts_;
  std::vector<OpenFault> open_faults_;
  std::vector<runner::FaultResult> faults_;
};

}  // namespace orrery::session
