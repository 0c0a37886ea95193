/// @file
/// Watches the objects of a run, in either world, and keeps what verdicts are made of: counts per
/// Deployment at every change, rollout times, and when a fault's victims were whole again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "runner/run_result.h"

namespace orrery::session {

/// An object went from `before` to `after`; nullptr: did not exist, or is gone.
struct ObjectChange {
  const api::Object* before = nullptr;
  const api::Object* after = nullptr;
};

class RunObserver {
 public:
  /// Changes that were seen at once: counts in between are nobody's. Pointers are read now.
  void on_changes(Instant now, const std::vector<ObjectChange>& changes);

  /// The Deployment was just changed by the timeline entry `id`.
  void rollout_started(Instant now, const std::string& id, const api::ObjectKey& deployment);

  /// A fault took effect. `victims` are the Deployments whose pods it hit, as "namespace/name".
  void fault_struck(Instant now, const std::string& id, const std::string& kind,
                    std::vector<std::string> targets, const std::vector<std::string>& victims,
                    std::string effect);

  /// A fault that waited for something to hit has found nothing, and says why.
  void fault_hit_nothing(const std::string& id, const std::string& why);

  /// A process that a fault had ended runs again.
  void process_recovered(Instant now, const std::string& id);

  /// Whether every Deployment has all its pods available; if not, `why` names the first that has
  /// not.
  [[nodiscard]] bool steady(std::string& why) const;

  /// The Deployment a pod belongs to, "namespace/name"; empty: none.
  [[nodiscard]] std::string deployment_of(const api::Pod& pod) const;

  /// Moves everything that was seen into `result`.
  void finish(runner::RunResult& result);

 private:
  struct PodRecord {
    std::string set_uid;
    std::string version;
    bool counted = false;  ///< Exists and was not asked to go.
    bool ready = false;
    Instant ready_since;
  };
  struct SetRecord {
    std::string deployment;
    api::PodTemplate pod_template;
    bool current = false;  ///< Its template is its Deployment's.
  };
  struct DeploymentRecord {
    api::DeploymentSpec spec;
    std::int64_t generation = 0;
    api::DeploymentStatus status;
    std::map<std::string, PodRecord> pods;  ///< By uid.
    runner::DeploymentResult result;
  };
  struct OpenRollout {
    std::string deployment;
    std::size_t index = 0;
    std::int64_t generation = 0;
  };
  struct OpenFault {
    std::size_t index = 0;
    std::map<std::string, bool> victims;  ///< Deployment -> has been seen short of pods.
  };

  /// Each returns the Deployment whose counts may have changed; empty: none.
  std::string take(const ObjectChange& change);
  std::string take_pod(const api::Pod* before, const api::Pod* after);
  std::string take_deployment(const api::Deployment& deployment, bool gone);
  void sample(Instant now, const std::string& name);
  void check_rollouts(Instant now, const std::string& name);
  void check_faults(Instant now, const std::string& name);
  [[nodiscard]] static bool complete(const DeploymentRecord& deployment);

  std::map<std::string, DeploymentRecord> deployments_;
  std::map<std::string, SetRecord> sets_;  ///< By uid.
  std::vector<OpenRollout> open_rollouts_;
  std::vector<OpenFault> open_faults_;
  std::vector<runner::FaultResult> faults_;
};

}  // namespace orrery::session
