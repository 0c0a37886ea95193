#include "models/controllers/deployment.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "models/controllers/claims.h"
#include "models/controllers/owner_lookup.h"
#include "models/controllers/rollout_sizes.h"
#include "models/controllers/template_hash.h"

namespace orrery::controllers {
namespace {

using api::Condition;
using api::ConditionStatus;
using api::Deployment;
using api::DeploymentStatus;
using api::PodTemplate;
using api::ReplicaSet;

constexpr const char* kProgressing = "Progressing";
constexpr const char* kAvailable = "Available";
constexpr const char* kReplicaFailure = "ReplicaFailure";
constexpr const char* kDeadlineExceeded = "ProgressDeadlineExceeded";
constexpr const char* kNewSetAvailable = "NewReplicaSetAvailable";
constexpr const char* kPausedReason = "DeploymentPaused";

/// A look at a rollout that may be stuck, this long after its deadline.
constexpr Duration kDeadlineSlack = Duration::seconds(1);

bool older(const ReplicaSet* a, const ReplicaSet* b) {
  if (a->meta.creation != b->meta.creation) return a->meta.creation < b->meta.creation;
  return a->meta.name < b->meta.name;
}

/// Sets a condition if it says something new; an unchanged one keeps its dates.
void note(std::vector<Condition>& conditions, const char* type, ConditionStatus status,
          const char* reason, Instant now) {
  const Condition* current = api::find_condition(conditions, type);
  if (current != nullptr && current->status == status && current->reason == reason) return;
  api::set_condition(conditions, type, status, reason, "", now);
}

/// A set and the change that this plan makes to it.
struct Draft {
  const ReplicaSet* seen = nullptr;  ///< Null: to be created.
  ReplicaSet next;

  [[nodiscard]] bool changed() const { return seen == nullptr || !(*seen == next); }
  [[nodiscard]] SetSize size() const {
    return {next.spec.replicas, next.status.available_replicas};
  }
};

/// One reconciliation: the drafts of all sets, and the rules that change them.
class Step {
 public:
  Step(const DeploymentView& view, std::vector<const ReplicaSet*> owned, Instant now)
      : view_{view}, deployment_{*view.deployment}, now_{now} {
    std::sort(owned.begin(), owned.end(), older);
    for (const ReplicaSet* set : owned) {
      if (!new_set_ && same_template(set->spec.pod_template, deployment_.spec.pod_template)) {
        new_set_ = Draft{set, *set};
      } else {
        old_sets_.push_back({set, *set});
      }
    }
    posts_ = fenceposts_of(deployment_.spec);
    status_ = deployment_.status;
  }

  Plan plan() {
    if (deployment_.meta.deletion) return status_only();
    if (note_pause()) {
      Plan plan;
      plan.then(status_write(status_));
      return plan;
    }
    if (deployment_.spec.paused) {
      if (new_set_) refresh_new_set();
      scale();
      clean_up();
      return finish();
    }
    if (const auto revision = integer_annotation(deployment_.meta, kRollbackAnnotation)) {
      return roll_back(*revision);
    }
    if (is_scaling_event()) {
      if (new_set_) refresh_new_set();
      scale();
      return finish();
    }
    if (deployment_.spec.strategy.recreate) {
      recreate();
    } else {
      rolling_update();
    }
    rolls_out_ = true;
    return finish();
  }

 private:
  [[nodiscard]] std::int64_t replicas() const { return deployment_.spec.replicas; }

  template <class F>
  void for_each_set(F&& f) {
    if (new_set_) f(*new_set_);
    for (Draft& draft : old_sets_) f(draft);
  }
  template <class F>
  [[nodiscard]] std::int64_t sum(F&& count) const {
    std::int64_t total = new_set_ ? std::int64_t{count(new_set_->next)} : 0;
    for (const Draft& draft : old_sets_) total += count(draft.next);
    return total;
  }
  [[nodiscard]] std::int64_t total_size() const {
    return sum([](const ReplicaSet& set) { return set.spec.replicas; });
  }

  /// Sizes a set and marks it with what it was sized for.
  void resize(Draft& draft, std::int64_t size) {
    draft.next.spec.replicas = static_cast<std::int32_t>(size);
    draft.next.meta.annotations[kDesiredReplicasAnnotation] = std::to_string(replicas());
    draft.next.meta.annotations[kMaxReplicasAnnotation] = std::to_string(replicas() + posts_.surge);
  }

  /// Notes that the rollout was paused or resumed; true if that is news.
  bool note_pause() {
    if (!has_deadline()) return false;
    const Condition* progressing = api::find_condition(status_.conditions, kProgressing);
    if (progressing != nullptr && progressing->reason == kDeadlineExceeded) return false;
    const bool noted = progressing != nullptr && progressing->reason == kPausedReason;
    if (noted == deployment_.spec.paused) return false;
    note(status_.conditions, kProgressing, ConditionStatus::Unknown,
         deployment_.spec.paused ? kPausedReason : "DeploymentResumed", now_);
    return true;
  }

  [[nodiscard]] bool is_scaling_event() {
    bool scaled = false;
    int active_count = 0;
    for_each_set([&](const Draft& draft) {
      if (draft.next.spec.replicas == 0) return;
      ++active_count;
      const auto desired = integer_annotation(draft.next.meta, kDesiredReplicasAnnotation);
      if (desired && *desired != replicas()) scaled = true;
    });
    // Recreate scales no sets in proportion: it has to get rid of all but one first.
    return scaled && !(deployment_.spec.strategy.recreate && active_count > 1);
  }

  /// One write takes the request away, with the earlier template if there is one.
  [[nodiscard]] Plan roll_back(std::int64_t revision) const {
    std::vector<const ReplicaSet*> sets;
    if (new_set_) sets.push_back(new_set_->seen);
    for (const Draft& draft : old_sets_) sets.push_back(draft.seen);
    Deployment next = rolled_back(deployment_, sets, revision).value_or(deployment_);
    next.meta.annotations.erase(kRollbackAnnotation);
    Plan plan;
    plan.then(update_call(std::move(next)));
    return plan;
  }

  // --- scaling (the size of the Deployment changed) ----------------------------------------------

  void scale() {
    std::vector<Draft*> active;
    for_each_set([&](Draft& draft) {
      if (draft.next.spec.replicas > 0) active.push_back(&draft);
    });
    if (active.size() <= 1) {
      Draft* only = !active.empty() ? active.front() : new_set_ ? &*new_set_ : nullptr;
      if (only == nullptr && !old_sets_.empty()) only = &old_sets_.back();
      if (only != nullptr) resize(*only, replicas());
      return;
    }
    if (new_set_ && is_saturated(new_set_->next)) {
      for (Draft& draft : old_sets_) {
        if (draft.next.spec.replicas > 0) resize(draft, 0);
      }
      return;
    }
    if (deployment_.spec.strategy.recreate) return;  // Has to get rid of all but one first.
    std::vector<ScaledSet> sets;
    for (const Draft* draft : active) {
      sets.push_back({draft->next.spec.replicas,
                      integer_annotation(draft->next.meta, kMaxReplicasAnnotation),
                      draft->next.meta.creation});
    }
    const std::vector<std::int64_t> sizes =
        proportional_sizes(replicas(), posts_.surge, deployment_.status.replicas, sets);
    for (std::size_t i = 0; i < active.size(); ++i) resize(*active[i], sizes[i]);
  }

  [[nodiscard]] bool is_saturated(const ReplicaSet& set) const {
    return set.spec.replicas == replicas() && set.status.available_replicas == replicas() &&
           integer_annotation(set.meta, kDesiredReplicasAnnotation) == replicas();
  }

  // --- the set for the current template ----------------------------------------------------------

  [[nodiscard]] std::int64_t next_revision() const {
    std::int64_t highest = 0;
    for (const Draft& draft : old_sets_) {
      highest = std::max(highest, revision_of(draft.next.meta));
    }
    return highest + 1;
  }

  /// Brings the set of the current template up to date with the Deployment.
  void refresh_new_set() {
    ReplicaSet& set = new_set_->next;
    set.spec.min_ready = deployment_.spec.min_ready;
    copy_annotations(deployment_.meta, set.meta);
    raise_revision(set.meta, next_revision());
    if (has_deadline() && api::find_condition(status_.conditions, kProgressing) == nullptr) {
      note(status_.conditions, kProgressing, ConditionStatus::True, "FoundNewReplicaSet", now_);
    }
  }

  /// Refreshes the set of the current template, or drafts it. False if its name is taken.
  bool ensure_new_set(std::int64_t size_if_created) {
    if (new_set_) {
      refresh_new_set();
      return true;
    }
    const std::string hash =
        template_hash(deployment_.spec.pod_template, deployment_.status.collision_count);
    ReplicaSet set;
    set.meta.name = deployment_.meta.name + "-" + hash;
    set.meta.namespace_name = deployment_.meta.namespace_name;
    const bool taken = std::any_of(view_.namespace_sets.begin(), view_.namespace_sets.end(),
                                   [&](const auto* s) { return s->meta.name == set.meta.name; });
    if (taken) {
      // Somebody else's set, or another template with this hash: the next hash differs.
      status_.collision_count = status_.collision_count.value_or(0) + 1;
      return false;
    }
    copy_annotations(deployment_.meta, set.meta);
    set.meta.annotations[kRevisionAnnotation] = std::to_string(next_revision());
    set.meta.labels = deployment_.spec.pod_template.labels;
    set.meta.labels[kTemplateHashLabel] = hash;
    set.meta.owners = {controller_reference(api::Kind::Deployment, deployment_.meta)};
    set.spec.min_ready = deployment_.spec.min_ready;
    set.spec.selector = deployment_.spec.selector;
    set.spec.selector.match_labels[kTemplateHashLabel] = hash;
    set.spec.pod_template = deployment_.spec.pod_template;
    set.spec.pod_template.labels[kTemplateHashLabel] = hash;
    new_set_ = Draft{nullptr, std::move(set)};
    resize(*new_set_, size_if_created);
    if (has_deadline()) {
      api::set_condition(status_.conditions, kProgressing, ConditionStatus::True,
                         "NewReplicaSetCreated", "", now_);
    }
    return true;
  }

  // --- strategies --------------------------------------------------------------------------------

  void rolling_update() {
    const std::int64_t initial = next_new_size(replicas(), posts_.surge, total_size(), 0);
    if (!ensure_new_set(initial)) return;
    const std::int64_t current = new_set_->next.spec.replicas;
    const std::int64_t next = next_new_size(replicas(), posts_.surge, total_size(), current);
    if (next != current) {
      resize(*new_set_, next);
      return;
    }
    std::vector<SetSize> old_sizes;
    for (const Draft& draft : old_sets_) old_sizes.push_back(draft.size());
    const std::vector<std::int64_t> sizes =
        next_old_sizes(replicas(), posts_.unavailable, new_set_->size(), old_sizes);
    bool shrunk = false;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      if (sizes[i] == old_sizes[i].replicas) continue;
      resize(old_sets_[i], sizes[i]);
      shrunk = true;
    }
    if (!shrunk && is_complete(deployment_.status)) clean_up();
  }

  void recreate() {
    bool shrunk = false;
    for (Draft& draft : old_sets_) {
      if (draft.next.spec.replicas == 0) continue;
      resize(draft, 0);
      shrunk = true;
    }
    if (shrunk || old_pods_remain()) return;
    if (!ensure_new_set(replicas())) return;
    if (new_set_->next.spec.replicas != replicas()) resize(*new_set_, replicas());
    if (is_complete(deployment_.status)) clean_up();
  }

  /// Terminating pods count: Recreate never runs two versions side by side.
  [[nodiscard]] bool old_pods_remain() const {
    if (std::any_of(old_sets_.begin(), old_sets_.end(),
                    [](const Draft& d) { return d.next.status.replicas > 0; })) {
      return true;
    }
    return std::any_of(view_.pods.begin(), view_.pods.end(), [&](const api::Pod* pod) {
      const api::OwnerReference* owner = api::controller_of(pod->meta);
      if (new_set_ && owner != nullptr && owner->uid == new_set_->next.meta.uid) return false;
      return pod->status.phase != api::PodPhase::Succeeded &&
             pod->status.phase != api::PodPhase::Failed;
    });
  }

  void clean_up() {
    const std::int32_t limit = deployment_.spec.revision_history_limit;
    if (limit == std::numeric_limits<std::int32_t>::max()) return;
    std::vector<const ReplicaSet*> sets;
    for (const Draft& draft : old_sets_) {
      if (!draft.next.meta.deletion) sets.push_back(draft.seen);
    }
    if (sets.size() <= static_cast<std::size_t>(limit)) return;
    std::stable_sort(sets.begin(), sets.end(), [](const ReplicaSet* a, const ReplicaSet* b) {
      return revision_of(a->meta) < revision_of(b->meta);
    });
    sets.resize(sets.size() - static_cast<std::size_t>(limit));
    for (const ReplicaSet* set : sets) {
      if (set->spec.replicas != 0 || set->status.replicas != 0 ||
          set->meta.generation > set->status.observed_generation) {
        continue;  // Not yet empty; a newer one does not take its place.
      }
      clean_up_.push_back(delete_call(set->meta, api::Kind::ReplicaSet));
    }
  }

  // --- status ------------------------------------------------------------------------------------

  [[nodiscard]] bool has_deadline() const {
    return deployment_.spec.progress_deadline.has_value() &&
           *deployment_.spec.progress_deadline !=
               Duration::seconds(std::numeric_limits<std::int32_t>::max());
  }

  [[nodiscard]] bool is_complete(const DeploymentStatus& status) const {
    return status.updated_replicas == replicas() && status.replicas == replicas() &&
           status.available_replicas == replicas() &&
           status.observed_generation >= deployment_.meta.generation;
  }

  [[nodiscard]] bool is_progressing(const DeploymentStatus& next) const {
    const DeploymentStatus& last = deployment_.status;
    return next.updated_replicas > last.updated_replicas ||
           next.replicas - next.updated_replicas < last.replicas - last.updated_replicas ||
           next.ready_replicas > last.ready_replicas ||
           next.available_replicas > last.available_replicas;
  }

  void count_pods() {
    const auto narrow = [](std::int64_t count) { return static_cast<std::int32_t>(count); };
    status_.observed_generation = deployment_.meta.generation;
    status_.replicas = narrow(sum([](const ReplicaSet& s) { return s.status.replicas; }));
    status_.updated_replicas = new_set_ ? new_set_->next.status.replicas : 0;
    status_.ready_replicas =
        narrow(sum([](const ReplicaSet& s) { return s.status.ready_replicas; }));
    status_.available_replicas =
        narrow(sum([](const ReplicaSet& s) { return s.status.available_replicas; }));
    status_.unavailable_replicas = std::max(0, status_.replicas - status_.available_replicas);
    const bool enough = status_.available_replicas >= replicas() - posts_.unavailable;
    note(status_.conditions, kAvailable, enough ? ConditionStatus::True : ConditionStatus::False,
         enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable", now_);
  }

  void note_progress() {
    if (!has_deadline()) {
      std::erase_if(status_.conditions, [](const Condition& c) { return c.type == kProgressing; });
      return;
    }
    const Condition* current = api::find_condition(status_.conditions, kProgressing);
    const bool was_complete = current != nullptr && current->reason == kNewSetAvailable &&
                              status_.replicas == status_.updated_replicas;
    if (was_complete) return;
    if (is_complete(status_)) {
      note(status_.conditions, kProgressing, ConditionStatus::True, kNewSetAvailable, now_);
    } else if (is_progressing(status_)) {
      // Moves the date of the last progress even if nothing else is new.
      api::set_condition(status_.conditions, kProgressing, ConditionStatus::True,
                         "ReplicaSetUpdated", "", now_);
    } else if (is_timed_out(current)) {
      note(status_.conditions, kProgressing, ConditionStatus::False, kDeadlineExceeded, now_);
    }
  }

  [[nodiscard]] bool is_timed_out(const Condition* progressing) const {
    if (progressing == nullptr || progressing->reason == kNewSetAvailable) return false;
    if (progressing->reason == kDeadlineExceeded) return true;
    return progressing->last_update + *deployment_.spec.progress_deadline < now_;
  }

  void note_failures() {
    const Condition* failed = nullptr;
    for_each_set([&](const Draft& draft) {
      if (failed == nullptr) {
        failed = api::find_condition(draft.next.status.conditions, kReplicaFailure);
      }
    });
    if (failed != nullptr && failed->status == ConditionStatus::True) {
      note(status_.conditions, kReplicaFailure, ConditionStatus::True, failed->reason.c_str(),
           now_);
    } else {
      std::erase_if(status_.conditions,
                    [](const Condition& c) { return c.type == kReplicaFailure; });
    }
  }

  [[nodiscard]] ports::ApiCall status_write(const DeploymentStatus& status) const {
    Deployment next = deployment_;
    next.status = status;
    return update_status_call(std::move(next));
  }

  Plan status_only() {
    Plan plan;
    count_pods();
    if (!(status_ == deployment_.status)) plan.then(status_write(status_));
    return plan;
  }

  Plan finish() {
    Plan plan;
    const auto write = [&](const Draft& draft) {
      if (!draft.changed()) return;
      plan.then(draft.seen == nullptr ? create_call(draft.next) : update_call(draft.next));
    };
    for_each_set(write);
    for (ports::ApiCall& call : clean_up_) plan.then(std::move(call));

    count_pods();
    if (rolls_out_) {
      // A set that is only being created has no say yet: its creation is the progress.
      if (!new_set_ || new_set_->seen != nullptr) note_progress();
      note_failures();
    }
    const std::int64_t revision = new_set_ ? revision_of(new_set_->next.meta) : 0;
    if (!(status_ == deployment_.status)) {
      plan.then(status_write(status_));
    } else if (revision > revision_of(deployment_.meta)) {
      Deployment next = deployment_;
      next.meta.annotations[kRevisionAnnotation] = std::to_string(revision);
      plan.then(update_call(std::move(next)));
    }
    look_again_at_deadline(plan);
    return plan;
  }

  void look_again_at_deadline(Plan& plan) const {
    const Condition* progressing = api::find_condition(status_.conditions, kProgressing);
    if (!has_deadline() || progressing == nullptr || is_complete(status_) ||
        progressing->reason == kDeadlineExceeded || progressing->reason == kNewSetAvailable ||
        !rolls_out_) {
      return;
    }
    const Duration left = progressing->last_update + *deployment_.spec.progress_deadline - now_;
    plan.look_again(std::max(left, Duration{}) + kDeadlineSlack);
  }

  const DeploymentView& view_;
  const Deployment& deployment_;
  Instant now_;
  std::optional<Draft> new_set_;
  std::vector<Draft> old_sets_;  ///< Oldest first.
  Fenceposts posts_;
  DeploymentStatus status_;
  std::vector<ports::ApiCall> clean_up_;
  bool rolls_out_ = false;  ///< Neither paused nor being scaled.
};

}  // namespace

Plan reconcile_deployment(const DeploymentView& view, Instant now) {
  const Deployment& deployment = *view.deployment;
  Claims<ReplicaSet> claims =
      claim(api::Kind::Deployment, deployment.meta, view.replica_sets,
            [&](const ReplicaSet& set) { return selects(deployment, set.meta.labels); });
  if (!claims.batch.empty()) {
    Plan plan;
    plan.batches.push_back(std::move(claims.batch));
    return plan;
  }
  return Step{view, std::move(claims.owned), now}.plan();
}

}  // namespace orrery::controllers
