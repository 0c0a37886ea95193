#include "models/controllers/daemon_set.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "models/controllers/availability.h"
#include "models/controllers/claims.h"
#include "models/controllers/controller_revisions.h"
#include "models/controllers/daemon_pods.h"
#include "models/controllers/owner_lookup.h"
#include "models/controllers/replica_set.h"

namespace orrery::controllers {
namespace {

using api::ControllerRevision;
using api::DaemonSet;
using api::DaemonSetStatus;
using api::Node;
using api::Pod;

/// Bound pods first, then the older.
bool comes_before(const Pod* a, const Pod* b) {
  const auto key = [](const Pod& pod) {
    return std::tuple{pod.spec.node_name.empty(), pod.meta.creation, pod.meta.name};
  };
  return key(*a) < key(*b);
}

/// A node's pod of the present template and of an earlier one, of those not asked to go.
struct Versions {
  const Pod* present = nullptr;
  const Pod* old = nullptr;
};

/// One reconciliation of a set whose pods and revisions have been claimed.
class Step {
 public:
  Step(const DaemonSetView& view, const DaemonSetConfig& config, std::vector<const Pod*> pods,
       std::vector<const ControllerRevision*> revisions, Instant now)
      : view_{view},
        set_{*view.set},
        config_{config},
        now_{now},
        pods_{std::move(pods)},
        revisions_{std::move(revisions)},
        tolerations_{daemon_tolerations(set_.spec.pod_template.spec)} {
    sort_revisions(revisions_);
    present_ = present_revision({api::Kind::DaemonSet, &set_.meta, &set_.spec.pod_template,
                                 set_.status.collision_count, kRevisionHashLabel},
                                revisions_, view.namespace_revisions);
    const auto label = present_.revision.meta.labels.find(kRevisionHashLabel);
    hash_ =
        label != present_.revision.meta.labels.end() ? label->second : present_.revision.meta.name;
    for (const Node* node : view.nodes) {
      eligible_[node->meta.name] = eligibility(set_.spec.pod_template.spec, tolerations_, *node);
    }
    for (const Pod* pod : pods_) {
      // What has ended and is asked to go is only waiting for its finalizers.
      if (!api::has_ended(*pod) || !pod->meta.deletion) on_node_[target_node(*pod)].push_back(pod);
    }
    for (auto& [node, daemons] : on_node_) {
      std::sort(daemons.begin(), daemons.end(), comes_before);
    }
  }

  Plan plan() {
    Plan plan;
    if (view_.may_change_pods) {
      manage();
      if (creates_.empty() && deletes_.empty() && !set_.spec.on_delete) rolling_update();
    }
    DaemonSet next = set_;
    next.status = status();
    std::optional<ports::ApiCall> write;
    if (!(next.status == set_.status)) write = update_status_call(std::move(next));
    // What failed may fail for ever, and must not keep the status from being told.
    if (write && view_.last_failure) plan.then(*std::exchange(write, std::nullopt));
    if (present_.write) plan.then(*present_.write);
    add_pod_calls(plan);
    if (write) plan.then(*std::move(write));
    if (view_.may_change_pods) {
      for (const ControllerRevision* revision : surplus_revisions()) {
        plan.then(delete_call(revision->meta, api::Kind::ControllerRevision));
      }
    }
    if (look_again_) plan.look_again(*look_again_);
    look_again_when_available(plan, pods_, set_.spec.min_ready, config_.min_ready_slack, now_);
    return plan;
  }

 private:
  [[nodiscard]] bool is_available(const Pod& pod) const {
    return api::is_available(pod, set_.spec.min_ready, now_);
  }
  [[nodiscard]] bool is_present(const Pod& pod) const {
    const auto label = pod.meta.labels.find(kRevisionHashLabel);
    return label != pod.meta.labels.end() && label->second == hash_;
  }
  [[nodiscard]] bool should_run(const std::string& node_name) const {
    const auto found = eligible_.find(node_name);
    return found != eligible_.end() && found->second.should_run;
  }
  [[nodiscard]] bool allows_surge() const {
    return !set_.spec.on_delete && api::resolved_up(set_.spec.max_surge, 1) > 0;
  }

  // --- nodes that have too few or too many pods --------------------------------------------------

  void manage() {
    for (const auto& [name, eligible] : eligible_) {
      const auto found = on_node_.find(name);
      if (eligible.should_run && found == on_node_.end()) {
        creates_.push_back(name);
      } else if (found == on_node_.end()) {
        continue;
      } else if (eligible.should_keep_running) {
        manage_node(name, found->second, eligible.should_run);
      } else {
        for (const Pod* pod : found->second) {
          if (!pod->meta.deletion) deletes_.push_back(pod);
        }
      }
    }
    for (const auto& [name, daemons] : on_node_) {
      if (eligible_.contains(name)) continue;
      // Nobody will ever bind them, and nobody else collects what is not bound.
      for (const Pod* pod : daemons) {
        if (pod->spec.node_name.empty() && !pod->meta.deletion) deletes_.push_back(pod);
      }
    }
  }

  void manage_node(const std::string& name, const std::vector<const Pod*>& daemons,
                   bool should_run) {
    std::vector<const Pod*> running;
    bool failed_one_goes = false;
    for (const Pod* pod : daemons) {
      if (pod->meta.deletion) continue;
      if (pod->status.phase == api::PodPhase::Failed) {
        if (!failed_one_goes && !waits_after_failure(name)) {
          deletes_.push_back(pod);
          failed_one_goes = true;
        }
      } else if (pod->status.phase == api::PodPhase::Succeeded) {
        deletes_.push_back(pod);
      } else {
        running.push_back(pod);
      }
    }
    if (!allows_surge()) {
      for (std::size_t i = 1; i < running.size(); ++i) deletes_.push_back(running[i]);
      return;
    }
    if (running.empty()) {
      if (should_run) creates_.push_back(name);
      return;
    }
    if (running.size() == 1) return;
    Versions oldest;
    for (const Pod* pod : running) {
      const Pod*& slot = is_present(*pod) ? oldest.present : oldest.old;
      if (slot == nullptr) {
        slot = pod;
      } else {
        deletes_.push_back(pod);
      }
    }
    if (oldest.present == nullptr || oldest.old == nullptr) return;
    // An old pod that is no use any more goes at once, one that is when the new one is available.
    if (!api::is_ready(*oldest.old) || is_available(*oldest.present)) {
      deletes_.push_back(oldest.old);
    }
  }

  /// Whether a failed pod of the node has to stay for now.
  bool waits_after_failure(const std::string& node_name) {
    const auto found = view_.failed.find(node_name);
    if (found == view_.failed.end()) return false;
    const auto& [since, wait] = found->second;
    if (now_ - since >= wait) return false;
    if (!look_again_ || wait < *look_again_) look_again_ = wait;
    return true;
  }

  // --- rolling update ----------------------------------------------------------------------------

  /// The pods of every node that has or should have some; nothing where there are too many.
  template <class F>
  void for_each_node(F&& f) const {
    std::map<std::string, std::vector<const Pod*>> nodes = on_node_;
    for (const auto& [name, eligible] : eligible_) {
      if (eligible.should_run) nodes.try_emplace(name);
    }
    for (const auto& [name, daemons] : nodes) {
      std::optional<Versions> versions{std::in_place};
      for (const Pod* pod : daemons) {
        if (pod->meta.deletion || !versions) continue;
        const Pod*& slot = is_present(*pod) ? versions->present : versions->old;
        if (slot != nullptr) {
          versions.reset();
        } else {
          slot = pod;
        }
      }
      f(name, versions);
    }
  }

  void rolling_update() {
    const auto desired = static_cast<std::int32_t>(std::count_if(
        eligible_.begin(), eligible_.end(), [](const auto& e) { return e.second.should_run; }));
    const std::int32_t surge = api::resolved_up(set_.spec.max_surge, desired);
    std::int32_t unavailable = api::resolved_up(set_.spec.max_unavailable, desired);
    if (surge > 0) return update_with_surge(surge, desired);
    // Nothing could ever move with 0 and 0.
    if (desired > 0 && unavailable == 0) unavailable = 1;
    update_in_place(unavailable);
  }

  void update_in_place(std::int32_t unavailable_max) {
    std::int32_t unavailable = 0;
    std::vector<const Pod*> candidates;
    for_each_node([&](const std::string& /*name*/, const std::optional<Versions>& versions) {
      if (!versions || (versions->present == nullptr) == (versions->old == nullptr)) {
        ++unavailable;  // None, or more than there should be: not this update's to repair.
      } else if (versions->present != nullptr) {
        if (!is_available(*versions->present)) ++unavailable;
      } else if (is_available(*versions->old)) {
        candidates.push_back(versions->old);
      } else {
        deletes_.push_back(versions->old);  // Costs nothing that was there.
      }
    });
    const auto budget = static_cast<std::size_t>(std::max(0, unavailable_max - unavailable));
    candidates.resize(std::min(candidates.size(), budget));
    append(deletes_, std::move(candidates));
  }

  void update_with_surge(std::int32_t surge_max, std::int32_t desired) {
    std::int32_t surging = 0;
    std::int32_t available = 0;
    std::vector<std::string> candidates;
    std::vector<const Pod*> unwanted;  // Available, on nodes that should have none.
    for_each_node([&](const std::string& name, const std::optional<Versions>& versions) {
      if (!versions) {
        ++surging;
        return;
      }
      const auto& [present, old] = *versions;
      const Pod* counted = old != nullptr ? old : present;
      if (counted != nullptr && is_available(*counted)) ++available;
      if (old == nullptr) return;
      if (present != nullptr) {
        if (is_available(*present)) {
          deletes_.push_back(old);
        } else {
          ++surging;
        }
      } else if (!is_available(*old)) {
        if (should_run(name)) {
          creates_.push_back(name);
        } else {
          deletes_.push_back(old);
        }
      } else if (should_run(name)) {
        candidates.push_back(name);
      } else {
        unwanted.push_back(old);
      }
    });
    const auto at_most = [](auto& list, std::int32_t count) {
      list.resize(std::min(list.size(), static_cast<std::size_t>(std::max(0, count))));
    };
    at_most(candidates, surge_max - surging);
    creates_.insert(creates_.end(), candidates.begin(), candidates.end());
    at_most(unwanted, available - desired);
    append(deletes_, std::move(unwanted));
  }

  // --- the plan ----------------------------------------------------------------------------------

  void add_pod_calls(Plan& plan) {
    const auto burst = static_cast<std::size_t>(config_.burst);
    creates_.resize(std::min(creates_.size(), burst));
    deletes_.resize(std::min(deletes_.size(), burst));
    std::vector<Batch> batches;
    auto node = creates_.begin();
    for (const std::int32_t size : slow_start_batches(static_cast<std::int32_t>(creates_.size()),
                                                      config_.slow_start_initial)) {
      Batch& batch = batches.emplace_back();
      for (std::int32_t i = 0; i < size; ++i) {
        batch.push_back(create_call(daemon_pod(set_, *node++, hash_)));
      }
    }
    if (batches.empty() && !deletes_.empty()) batches.emplace_back();
    for (const Pod* pod : deletes_) {
      batches.front().push_back(delete_call(pod->meta, api::Kind::Pod));
    }
    for (Batch& batch : batches) plan.batches.push_back(std::move(batch));
  }

  [[nodiscard]] DaemonSetStatus status() const {
    DaemonSetStatus next = set_.status;
    // A spec that nothing was done about yet has not been observed.
    if (view_.may_change_pods) next.observed_generation = set_.meta.generation;
    next.collision_count = present_.collision_count;
    next.current_number_scheduled = next.desired_number_scheduled = next.number_misscheduled = 0;
    next.number_ready = next.updated_number_scheduled = next.number_available = 0;
    for (const auto& [name, eligible] : eligible_) {
      const auto found = on_node_.find(name);
      if (!eligible.should_run) {
        if (found != on_node_.end()) ++next.number_misscheduled;
        continue;
      }
      ++next.desired_number_scheduled;
      if (found == on_node_.end()) continue;
      ++next.current_number_scheduled;
      const Pod& pod = *found->second.front();
      if (api::is_ready(pod)) ++next.number_ready;
      if (is_available(pod)) ++next.number_available;
      if (is_present(pod)) ++next.updated_number_scheduled;
    }
    next.number_unavailable = next.desired_number_scheduled - next.number_available;
    return next;
  }

  /// The oldest revisions of other templates beyond the limit, but none that a pod still has.
  [[nodiscard]] std::vector<const ControllerRevision*> surplus_revisions() const {
    std::set<std::string> live;
    for (const Pod* pod : pods_) {
      const auto label = pod->meta.labels.find(kRevisionHashLabel);
      if (label != pod->meta.labels.end()) live.insert(label->second);
    }
    std::vector<const ControllerRevision*> old;
    for (const ControllerRevision* revision : revisions_) {
      if (!(revision->pod_template == set_.spec.pod_template)) old.push_back(revision);
    }
    std::vector<const ControllerRevision*> surplus;
    const std::int64_t count = std::ssize(old) - set_.spec.revision_history_limit;
    for (const ControllerRevision* revision : old) {
      if (std::ssize(surplus) >= count) break;
      const auto label = revision->meta.labels.find(kRevisionHashLabel);
      const bool is_live = label != revision->meta.labels.end() && live.contains(label->second);
      if (!is_live) surplus.push_back(revision);
    }
    return surplus;
  }

  const DaemonSetView& view_;
  const DaemonSet& set_;
  const DaemonSetConfig& config_;
  Instant now_;
  std::vector<const Pod*> pods_;
  std::vector<const ControllerRevision*> revisions_;  ///< Oldest first.
  std::vector<api::Toleration> tolerations_;
  PresentRevision present_;
  std::string hash_;
  std::map<std::string, Eligibility> eligible_;             ///< By node, all that exist.
  std::map<std::string, std::vector<const Pod*>> on_node_;  ///< By node they are meant for.
  std::vector<std::string> creates_;                        ///< Nodes.
  std::vector<const Pod*> deletes_;
  std::optional<Duration> look_again_;
};

}  // namespace

Plan reconcile_daemon_set(const DaemonSetView& view, const DaemonSetConfig& config, Instant now) {
  const DaemonSet& set = *view.set;
  if (set.meta.deletion) return {};
  const auto selected = [&](const auto& object) { return selects(set, object.meta.labels); };
  Claims<Pod> pods = claim(api::Kind::DaemonSet, set.meta, view.pods, selected);
  Claims<ControllerRevision> revisions =
      claim(api::Kind::DaemonSet, set.meta, view.revisions, selected);
  Plan plan;
  for (Batch* batch : {&pods.batch, &revisions.batch}) {
    if (!batch->empty()) plan.batches.push_back(std::move(*batch));
  }
  if (!plan.batches.empty()) return plan;
  return Step{view, config, std::move(pods.owned), std::move(revisions.owned), now}.plan();
}

FailedPodBackoff next_backoff(const std::optional<FailedPodBackoff>& last,
                              const DaemonSetConfig& config, Instant now) {
  if (!last || now - last->since > config.failed_backoff_max * 2) {
    return {now, config.failed_backoff_base};
  }
  return {now, std::min(last->wait * 2, config.failed_backoff_max)};
}

}  // namespace orrery::controllers
