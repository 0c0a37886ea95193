#include "models/controllers/stateful_set.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "models/controllers/availability.h"
#include "models/controllers/claims.h"
#include "models/controllers/controller_revisions.h"
#include "models/controllers/owner_lookup.h"
#include "models/controllers/replica_set.h"
#include "models/controllers/stateful_pods.h"

namespace orrery::controllers {
namespace {

using api::ControllerRevision;
using api::PersistentVolumeClaim;
using api::Pod;
using api::StatefulSet;
using api::StatefulSetStatus;

/// On revisions: the hash in their name.
constexpr const char* kHashLabel = "controller.kubernetes.io/hash";

bool is_running_and_ready(const Pod& pod) {
  return pod.status.phase == api::PodPhase::Running && api::is_ready(pod);
}

std::string revision_of(const Pod& pod) {
  const auto label = pod.meta.labels.find(kRevisionHashLabel);
  return label == pod.meta.labels.end() ? std::string{} : label->second;
}

/// What is to be done for one pod: batches one after the other.
struct Steps {
  std::vector<Batch> batches;
  bool blocks = false;  ///< In order: nothing further may be done now.

  void then(Batch batch) {
    if (!batch.empty()) batches.push_back(std::move(batch));
  }
  void then(ports::ApiCall call) { batches.push_back({std::move(call)}); }
};

/// One reconciliation of a set whose pods and revisions have been claimed.
class Step {
 public:
  Step(const StatefulSetView& view, const StatefulSetConfig& config,
       const std::vector<const Pod*>& pods, std::vector<const ControllerRevision*> revisions,
       Instant now)
      : view_{view}, set_{*view.set}, config_{config}, now_{now}, revisions_{std::move(revisions)} {
    sort_revisions(revisions_);
    for (const Pod* pod : pods) by_ordinal_[*ordinal_of(set_, *pod)] = pod;
    update_ = present_revision({api::Kind::StatefulSet, &set_.meta, &set_.spec.pod_template,
                                set_.status.collision_count, kHashLabel},
                               revisions_, view.namespace_revisions);
    current_ = update_.revision;
    for (const ControllerRevision* revision : revisions_) {
      if (revision->meta.name == set_.status.current_revision) current_ = *revision;
    }
  }

  Plan plan() {
    if (!set_.meta.deletion) {
      if (update_.write) work_.push_back({*update_.write});
      manage_pods();
    }
    Plan plan;
    StatefulSet next = set_;
    next.status = status();
    std::optional<ports::ApiCall> write;
    if (!(next.status == set_.status)) write = update_status_call(std::move(next));
    // What failed may fail for ever, and must not keep the status from being told.
    if (write && view_.last_failure) plan.then(*std::exchange(write, std::nullopt));
    for (Batch& batch : work_) plan.batches.push_back(std::move(batch));
    if (write) plan.then(*std::move(write));
    for (const ControllerRevision* revision : surplus_revisions()) {
      plan.then(delete_call(revision->meta, api::Kind::ControllerRevision));
    }
    std::vector<const Pod*> pods;
    for (const auto& [ordinal, pod] : by_ordinal_) pods.push_back(pod);
    look_again_when_available(plan, pods, set_.spec.min_ready, config_.min_ready_slack, now_);
    return plan;
  }

 private:
  [[nodiscard]] bool in_order() const { return !set_.spec.parallel; }
  [[nodiscard]] std::int64_t first_ordinal() const { return set_.spec.ordinals_start; }
  [[nodiscard]] std::int64_t end_ordinal() const { return first_ordinal() + set_.spec.replicas; }

  [[nodiscard]] const Pod* pod_at(std::int64_t ordinal) const {
    const auto found = by_ordinal_.find(ordinal);
    return found == by_ordinal_.end() ? nullptr : found->second;
  }
  [[nodiscard]] bool is_available(const Pod* pod) const {
    return pod != nullptr && is_running_and_ready(*pod) && !pod->meta.deletion &&
           api::is_available(*pod, set_.spec.min_ready, now_);
  }

  // --- pods --------------------------------------------------------------------------------------

  void manage_pods() {
    std::vector<std::int64_t> condemned;  // Highest first.
    for (auto it = by_ordinal_.rbegin(); it != by_ordinal_.rend(); ++it) {
      if (!is_wanted(set_, it->first)) condemned.push_back(it->first);
    }
    std::vector<std::int64_t> wanted;
    for (std::int64_t i = first_ordinal(); i < end_ordinal(); ++i) wanted.push_back(i);

    if (!carry_out(wanted, [&](std::int64_t ordinal) { return keep(ordinal); })) return;
    if (!carry_out(condemned, [&](std::int64_t ordinal) { return fix_claims(ordinal); })) return;
    const std::optional<std::int64_t> unavailable = first_unavailable(wanted, condemned);
    if (!carry_out(condemned,
                   [&](std::int64_t ordinal) { return take_away(ordinal, unavailable); })) {
      return;
    }
    if (!set_.spec.on_delete) update_pods();
  }

  /// `steps_for` all ordinals: in order until one blocks, otherwise in groups of 1, 2, 4, … side by
  /// side. Returns whether to go on.
  template <class F>
  bool carry_out(const std::vector<std::int64_t>& ordinals, F&& steps_for) {
    if (in_order()) {
      for (const std::int64_t ordinal : ordinals) {
        Steps steps = steps_for(ordinal);
        for (Batch& batch : steps.batches) work_.push_back(std::move(batch));
        if (steps.blocks) return false;
      }
      return true;
    }
    std::size_t next = 0;
    for (const std::int32_t size : slow_start_batches(static_cast<std::int32_t>(ordinals.size()),
                                                      config_.slow_start_initial)) {
      std::vector<Batch> merged;
      for (std::int32_t i = 0; i < size; ++i) {
        Steps steps = steps_for(ordinals[next++]);
        if (merged.size() < steps.batches.size()) merged.resize(steps.batches.size());
        for (std::size_t k = 0; k < steps.batches.size(); ++k) {
          std::move(steps.batches[k].begin(), steps.batches[k].end(),
                    std::back_inserter(merged[k]));
        }
      }
      for (Batch& batch : merged) work_.push_back(std::move(batch));
    }
    return true;
  }

  Steps keep(std::int64_t ordinal) {
    Steps steps;
    const Pod* pod = pod_at(ordinal);
    if (pod == nullptr) {
      steps.blocks = true;
      if (has_stale_claim(ordinal)) return steps;
      steps.then(missing_claims(ordinal));
      const bool old = !set_.spec.on_delete && ordinal < first_ordinal() + set_.spec.partition;
      const ControllerRevision& revision = old ? current_ : update_.revision;
      steps.then(
          create_call(stateful_pod(set_, revision.pod_template, revision.meta.name, ordinal)));
      return steps;
    }
    if (api::has_ended(*pod)) {
      // The next pod of that name is made when this one is gone.
      steps.blocks = true;
      if (!pod->meta.deletion) steps.then(delete_call(pod->meta, api::Kind::Pod));
      return steps;
    }
    if (pod->status.phase == api::PodPhase::Pending) steps.then(missing_claims(ordinal));
    if (in_order() && !is_available(pod)) {
      steps.blocks = true;
      return steps;
    }
    Batch corrections = claim_corrections(ordinal);
    if (Pod labelled = *pod; label(labelled, ordinal)) {
      corrections.push_back(update_call(std::move(labelled)));
    }
    steps.then(std::move(corrections));
    return steps;
  }

  static bool label(Pod& pod, std::int64_t ordinal) {
    const api::Labels before = pod.meta.labels;
    pod.meta.labels[kPodNameLabel] = pod.meta.name;
    pod.meta.labels[kPodIndexLabel] = std::to_string(ordinal);
    return pod.meta.labels != before;
  }

  Steps fix_claims(std::int64_t ordinal) {
    Steps steps;
    steps.then(claim_corrections(ordinal));
    return steps;
  }

  /// Of all pods, the wanted ones first: what an ordered set waits for before it shrinks.
  [[nodiscard]] std::optional<std::int64_t> first_unavailable(
      const std::vector<std::int64_t>& wanted, const std::vector<std::int64_t>& condemned) const {
    for (const std::int64_t ordinal : wanted) {
      if (!is_available(pod_at(ordinal))) return ordinal;
    }
    for (auto it = condemned.rbegin(); it != condemned.rend(); ++it) {
      if (!is_available(pod_at(*it))) return *it;
    }
    return std::nullopt;
  }

  Steps take_away(std::int64_t ordinal, std::optional<std::int64_t> unavailable) {
    Steps steps;
    steps.blocks = true;
    const Pod& pod = *pod_at(ordinal);
    if (pod.meta.deletion) return steps;
    if (in_order() && !is_available(&pod) && unavailable != ordinal) return steps;
    steps.then(delete_call(pod.meta, api::Kind::Pod));
    return steps;
  }

  /// The pods of an old revision go, highest first, each once those above it are available.
  void update_pods() {
    const std::int64_t lowest = first_ordinal() + set_.spec.partition;
    std::int64_t budget = 1;
    if (config_.honours_max_unavailable) {
      // Percentages round up, and at least one pod may be missing: 10 % of 5 is 1.
      budget = std::max(1, api::resolved_up(set_.spec.max_unavailable, set_.spec.replicas));
      for (std::int64_t i = first_ordinal(); i < end_ordinal(); ++i) {
        if (!is_available(pod_at(i))) --budget;
      }
    }
    for (std::int64_t i = end_ordinal() - 1; i >= lowest && budget > 0; --i) {
      const Pod* pod = pod_at(i);
      const bool is_old = pod != nullptr && revision_of(*pod) != update_.revision.meta.name;
      if (is_old && !pod->meta.deletion) {
        work_.push_back({delete_call(pod->meta, api::Kind::Pod)});
        if (revision_of(*pod) == current_.meta.name) ++current_taken_;
        --budget;
      } else if (!config_.honours_max_unavailable && !is_available(pod)) {
        return;
      }
    }
  }

  // --- claims ------------------------------------------------------------------------------------

  [[nodiscard]] const PersistentVolumeClaim* claim_at(const api::ClaimTemplate& claim,
                                                      std::int64_t ordinal) const {
    const auto found = view_.claims.find(stateful_claim_name(claim, set_, ordinal));
    return found == view_.claims.end() ? nullptr : found->second;
  }

  [[nodiscard]] Batch missing_claims(std::int64_t ordinal) const {
    Batch batch;
    for (const api::ClaimTemplate& claim : set_.spec.claim_templates) {
      if (claim_at(claim, ordinal) == nullptr) {
        batch.push_back(create_call(stateful_claim(set_, claim, ordinal)));
      }
    }
    return batch;
  }

  /// A claim that still goes with an earlier pod of that name will be collected with it.
  [[nodiscard]] bool has_stale_claim(std::int64_t ordinal) const {
    const std::string pod_name = stateful_pod_name(set_, ordinal);
    const auto& claims = set_.spec.claim_templates;
    return std::any_of(claims.begin(), claims.end(), [&](const api::ClaimTemplate& claim) {
      const PersistentVolumeClaim* found = claim_at(claim, ordinal);
      if (found == nullptr) return false;
      const auto& owners = found->meta.owners;
      return std::any_of(owners.begin(), owners.end(), [&](const api::OwnerReference& owner) {
        return owner.kind == api::Kind::Pod && owner.name == pod_name;
      });
    });
  }

  [[nodiscard]] Batch claim_corrections(std::int64_t ordinal) const {
    Batch batch;
    for (const api::ClaimTemplate& claim : set_.spec.claim_templates) {
      const PersistentVolumeClaim* found = claim_at(claim, ordinal);
      if (found == nullptr) continue;
      PersistentVolumeClaim next = *found;
      next.meta.owners = claim_owners(found->meta.owners, set_, ordinal, pod_at(ordinal));
      if (next.meta.owners.size() != found->meta.owners.size() ||
          !std::is_permutation(next.meta.owners.begin(), next.meta.owners.end(),
                               found->meta.owners.begin())) {
        batch.push_back(update_call(std::move(next)));
      }
    }
    return batch;
  }

  // --- status and history ------------------------------------------------------------------------

  [[nodiscard]] StatefulSetStatus status() const {
    StatefulSetStatus next = set_.status;
    next.observed_generation = set_.meta.generation;
    next.current_revision = current_.meta.name;
    next.update_revision = update_.revision.meta.name;
    next.collision_count = update_.collision_count;
    next.replicas = next.ready_replicas = next.available_replicas = 0;
    next.current_replicas = next.updated_replicas = 0;
    for (const auto& [ordinal, pod] : by_ordinal_) {
      ++next.replicas;
      if (is_running_and_ready(*pod)) {
        ++next.ready_replicas;
        if (api::is_available(*pod, set_.spec.min_ready, now_)) ++next.available_replicas;
      }
      if (pod->meta.deletion) continue;
      if (revision_of(*pod) == next.current_revision) ++next.current_replicas;
      if (revision_of(*pod) == next.update_revision) ++next.updated_replicas;
    }
    next.current_replicas -= current_taken_;
    const std::int32_t replicas = set_.spec.replicas;
    if (!set_.spec.on_delete && next.updated_replicas == replicas &&
        next.ready_replicas == replicas && next.replicas == replicas) {
      next.current_replicas = next.updated_replicas;
      next.current_revision = next.update_revision;
    }
    return next;
  }

  /// Of the revisions that neither the set nor a pod refers to, the oldest beyond the limit.
  [[nodiscard]] std::vector<const ControllerRevision*> surplus_revisions() const {
    std::set<std::string> live{current_.meta.name, update_.revision.meta.name};
    for (const auto& [ordinal, pod] : by_ordinal_) live.insert(revision_of(*pod));
    std::vector<const ControllerRevision*> history;
    for (const ControllerRevision* revision : revisions_) {
      if (!live.contains(revision->meta.name)) history.push_back(revision);
    }
    const auto limit = static_cast<std::size_t>(std::max(0, set_.spec.revision_history_limit));
    history.resize(history.size() > limit ? history.size() - limit : 0);
    return history;
  }

  const StatefulSetView& view_;
  const StatefulSet& set_;
  const StatefulSetConfig& config_;
  Instant now_;
  std::vector<const ControllerRevision*> revisions_;  ///< Oldest first.
  std::map<std::int64_t, const Pod*> by_ordinal_;
  PresentRevision update_;
  ControllerRevision current_;
  std::vector<Batch> work_;
  std::int32_t current_taken_ = 0;  ///< Pods of the current revision that this plan takes.
};

}  // namespace

Plan reconcile_stateful_set(const StatefulSetView& view, const StatefulSetConfig& config,
                            Instant now) {
  const StatefulSet& set = *view.set;
  std::vector<const Pod*> named;
  std::copy_if(view.pods.begin(), view.pods.end(), std::back_inserter(named),
               [&](const Pod* pod) { return ordinal_of(set, *pod).has_value(); });
  const auto selected = [&](const auto& object) { return selects(set, object.meta.labels); };
  Claims<Pod> pods = claim(api::Kind::StatefulSet, set.meta, named, selected);
  Claims<ControllerRevision> revisions =
      claim(api::Kind::StatefulSet, set.meta, view.revisions, selected);
  Plan plan;
  for (Batch* batch : {&pods.batch, &revisions.batch}) {
    if (!batch->empty()) plan.batches.push_back(std::move(*batch));
  }
  if (!plan.batches.empty()) return plan;
  return Step{view, config, pods.owned, std::move(revisions.owned), now}.plan();
}

}  // namespace orrery::controllers
