#include "models/controllers/job.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <utility>

#include "models/controllers/conditions.h"
#include "models/controllers/job_failure_policy.h"
#include "models/controllers/replica_set.h"

namespace orrery::controllers {
namespace {

using api::ConditionStatus;
using api::Job;
using api::JobStatus;
using api::Pod;
using api::PodPhase;

constexpr std::int32_t kNoLimit = std::numeric_limits<std::int32_t>::max();
constexpr std::int32_t kDefaultBackoffLimit = 6;

/// How a Job ends.
struct Verdict {
  bool failed = false;
  std::string reason;
  std::string message;
};

bool has_finalizer(const Pod& pod) {
  const auto& all = pod.meta.finalizers;
  return std::find(all.begin(), all.end(), kJobTrackingFinalizer) != all.end();
}

bool is_true(const JobStatus& status, const char* type) {
  const api::Condition* found = api::find_condition(status.conditions, type);
  return found != nullptr && found->status == ConditionStatus::True;
}

std::int32_t count_annotation(const Pod& pod, const char* name) {
  const auto found = pod.meta.annotations.find(name);
  std::int32_t count = 0;
  if (found == pod.meta.annotations.end()) return count;
  const std::string& text = found->second;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

/// When its last container ended; if none says, when deletion was asked for or it was last heard
/// of.
Instant finished_at(const Pod& pod) {
  Instant latest;
  for (const auto* statuses :
       {&pod.status.container_statuses, &pod.status.init_container_statuses}) {
    for (const api::ContainerStatus& status : *statuses)
      latest = std::max(latest, status.finished_at);
  }
  if (latest > Instant{}) return latest;
  if (pod.meta.deletion) return *pod.meta.deletion - pod.meta.deletion_grace.value_or(Duration{});
  const api::Condition* ready = api::find_condition(pod.status.conditions, "Ready");
  return ready != nullptr ? ready->last_transition : pod.meta.creation;
}

std::int32_t restarts_of(const Pod& pod) {
  std::int32_t sum = 0;
  for (const auto* statuses :
       {&pod.status.container_statuses, &pod.status.init_container_statuses}) {
    for (const api::ContainerStatus& status : *statuses) sum += status.restart_count;
  }
  return sum;
}

ports::ApiCall release_call(const Pod& pod) {
  Pod released = pod;
  std::erase(released.meta.finalizers, kJobTrackingFinalizer);
  return update_call(std::move(released));
}

/// One look at a Job: its pods sorted by what they are, and the status that follows.
class JobSync {
 public:
  JobSync(const JobView& view, const JobConfig& config, Instant now)
      : view_{view}, config_{config}, now_{now}, job_{*view.job}, next_{job_} {}

  Plan run();

 private:
  [[nodiscard]] bool per_index() const {
    return job_.spec.indexed && job_.spec.backoff_limit_per_index.has_value();
  }
  [[nodiscard]] std::int32_t backoff_limit() const {
    return job_.spec.backoff_limit.value_or(per_index() ? kNoLimit : kDefaultBackoffLimit);
  }
  [[nodiscard]] std::int32_t parallelism() const { return job_.spec.parallelism.value_or(1); }
  [[nodiscard]] std::int32_t succeeded() const {
    if (job_.spec.indexed) return static_cast<std::int32_t>(completed_.size());
    return next_.status.succeeded +
           static_cast<std::int32_t>(next_.status.uncounted_succeeded.size());
  }
  [[nodiscard]] std::int32_t failed() const {
    return next_.status.failed + static_cast<std::int32_t>(next_.status.uncounted_failed.size());
  }
  [[nodiscard]] bool in_range(std::int32_t index) const {
    return index < job_.spec.completions.value_or(0);
  }

  [[nodiscard]] Batch claims();
  void sort_pods();
  void count_released();
  void note_failed_indexes();
  [[nodiscard]] std::optional<Verdict> failure() const;
  [[nodiscard]] std::optional<Verdict> completion() const;
  void note_ended(bool finishing);
  [[nodiscard]] bool waits_for_replacement(const Pod& pod) const;
  void conclude(const Verdict& verdict);
  void resume();
  void add_pods(Plan& plan, std::int32_t wanted);
  void remove_pods(Plan& plan, std::vector<const Pod*> victims);
  void manage_pods(Plan& plan);
  [[nodiscard]] std::vector<std::int32_t> indexes_to_start(std::int32_t count, Plan& plan) const;
  [[nodiscard]] Pod pod_for(std::optional<std::int32_t> index) const;
  [[nodiscard]] const Pod* last_failed(std::int32_t index) const;

  const JobView& view_;
  const JobConfig& config_;
  Instant now_;
  const Job& job_;
  Job next_;  ///< With the status to be written.

  std::vector<const Pod*> owned_;
  std::vector<const Pod*> active_;
  std::vector<const Pod*> terminating_;  ///< Told to go, and not ended.
  std::set<std::int32_t> completed_;
  std::set<std::int32_t> failed_indexes_;
  Batch releases_;
};

Batch JobSync::claims() {
  Batch batch;
  const api::LabelSelector selector = job_selector(job_);
  for (const Pod* pod : view_.pods) {
    const bool matching = api::matches(selector, pod->meta.labels);
    if (api::controller_of(pod->meta) != nullptr) {
      if (matching || job_.meta.deletion || !api::is_active(*pod)) {
        owned_.push_back(pod);
        continue;
      }
      Pod released = *pod;
      std::erase_if(released.meta.owners, [](const auto& o) { return o.controller; });
      std::erase(released.meta.finalizers, kJobTrackingFinalizer);
      batch.push_back(update_call(std::move(released)));
    } else if (matching && !job_.meta.deletion && api::is_active(*pod)) {
      Pod adopted = *pod;
      adopted.meta.owners.push_back({api::Kind::Job, job_.meta.name, job_.meta.uid, true});
      if (!has_finalizer(adopted)) adopted.meta.finalizers.emplace_back(kJobTrackingFinalizer);
      batch.push_back(update_call(std::move(adopted)));
    }
  }
  return batch;
}

void JobSync::sort_pods() {
  std::int32_t ready = 0;
  for (const Pod* pod : owned_) {
    if (api::has_ended(*pod)) continue;
    if (pod->meta.deletion) {
      terminating_.push_back(pod);
      continue;
    }
    active_.push_back(pod);
    if (api::is_ready(*pod)) ++ready;
  }
  next_.status.active = static_cast<std::int32_t>(active_.size());
  next_.status.terminating = static_cast<std::int32_t>(terminating_.size());
  next_.status.ready = ready;
}

/// Pods that were noted and have lost their finalizer since are counted now, and never again.
void JobSync::count_released() {
  std::map<std::string, const Pod*> pods;
  for (const Pod* pod : owned_) pods[pod->meta.uid] = pod;
  const auto count = [&](std::vector<std::string>& uncounted, std::int32_t& counter) {
    std::erase_if(uncounted, [&](const std::string& uid) {
      const auto pod = pods.find(uid);
      const bool held = pod != pods.end() && has_finalizer(*pod->second);
      if (held) return false;
      ++counter;
      return true;
    });
  };
  count(next_.status.uncounted_succeeded, next_.status.succeeded);
  count(next_.status.uncounted_failed, next_.status.failed);
}

/// An index has failed for good: its limit is reached, or a rule says so.
void JobSync::note_failed_indexes() {
  failed_indexes_ = indexes_from(job_.status.failed_indexes);
  if (!per_index()) return;
  for (const Pod* pod : owned_) {
    const auto index = completion_index(*pod);
    if (!index || !in_range(*index) || completed_.contains(*index)) continue;
    if (!counts_as_failed(job_, *pod) || !has_finalizer(*pod)) continue;
    const FailureMatch match = match_failure_policy(job_, *pod);
    const bool fails = match.action == api::PodFailureAction::FailIndex && match.matched;
    const bool spent = match.counts && count_annotation(*pod, kJobIndexFailuresAnnotation) >=
                                           *job_.spec.backoff_limit_per_index;
    if (fails || spent) failed_indexes_.insert(*index);
  }
  next_.status.failed_indexes = indexes_text(failed_indexes_);
}

std::optional<Verdict> JobSync::failure() const {
  for (const char* type : {"Failed", "FailureTarget"}) {
    if (const api::Condition* decided = api::find_condition(job_.status.conditions, type)) {
      return Verdict{true, decided->reason, decided->message};
    }
  }
  for (const Pod* pod : owned_) {
    if (!counts_as_failed(job_, *pod)) continue;
    const FailureMatch match = match_failure_policy(job_, *pod);
    if (match.matched && match.action == api::PodFailureAction::FailJob) {
      return Verdict{true, "PodFailurePolicy", match.message};
    }
  }
  std::int32_t restarts = 0;
  if (job_.spec.pod_template.spec.restart_policy == api::RestartPolicy::OnFailure) {
    for (const Pod* pod : active_) restarts += restarts_of(*pod);
  }
  // A limit of n allows n restarts in place, and fails with the n-th: the first run and n - 1 more
  // have then failed. With 0 the first restart is one too many.
  const bool restarted_out = backoff_limit() == 0 ? restarts > 0 : restarts >= backoff_limit();
  if (failed() > backoff_limit() || restarted_out) {
    return Verdict{true, "BackoffLimitExceeded", "Job has reached the specified backoff limit"};
  }
  if (job_.spec.active_deadline && next_.status.start_time && !job_.spec.suspend &&
      now_ - *next_.status.start_time >= *job_.spec.active_deadline) {
    return Verdict{true, "DeadlineExceeded", "Job was active longer than specified deadline"};
  }
  if (per_index() && job_.spec.max_failed_indexes &&
      std::ssize(failed_indexes_) > *job_.spec.max_failed_indexes) {
    return Verdict{true, "MaxFailedIndexesExceeded",
                   "Job has exceeded the specified maximal number of failed indexes"};
  }
  return std::nullopt;
}

std::optional<Verdict> JobSync::completion() const {
  if (is_true(job_.status, "SuccessCriteriaMet")) return Verdict{};
  if (!job_.spec.completions) {
    // A work queue: one success says that there is no work left; the others may end by themselves.
    if (succeeded() > 0 && active_.empty()) return Verdict{};
    return std::nullopt;
  }
  const std::int32_t completions = *job_.spec.completions;
  if (succeeded() >= completions && active_.empty()) return Verdict{};
  if (per_index() && !failed_indexes_.empty() && active_.empty() &&
      std::ssize(failed_indexes_) + succeeded() >= completions) {
    return Verdict{true, "FailedIndexes", "Job has failed indexes"};
  }
  return std::nullopt;
}

/// With a limit per index the last failed pod keeps its finalizer, and so its count of failures,
/// until the one that replaces it exists.
bool JobSync::waits_for_replacement(const Pod& pod) const {
  const auto index = completion_index(pod);
  if (!per_index() || !index || !in_range(*index)) return false;
  if (completed_.contains(*index) || failed_indexes_.contains(*index)) return false;
  const bool replaced = std::any_of(owned_.begin(), owned_.end(), [&](const Pod* other) {
    return other != &pod && completion_index(*other) == index &&
           (other->meta.creation > pod.meta.creation ||
            (other->meta.creation == pod.meta.creation && other->meta.uid > pod.meta.uid));
  });
  return !replaced;
}

/// Notes pods that ended, and takes the finalizer off those that are noted.
void JobSync::note_ended(bool finishing) {
  const auto noted = [](const std::vector<std::string>& uids, const std::string& uid) {
    return std::find(uids.begin(), uids.end(), uid) != uids.end();
  };
  JobStatus& status = next_.status;
  for (const Pod* pod : owned_) {
    const std::string& uid = pod->meta.uid;
    if (!has_finalizer(*pod) || view_.released.contains(uid)) continue;
    const bool succeeded = pod->status.phase == PodPhase::Succeeded;
    const bool failed = counts_as_failed(job_, *pod) || (finishing && !succeeded);
    if (!succeeded && !failed) continue;
    if (!finishing && failed && waits_for_replacement(*pod)) continue;
    if (status.uncounted_succeeded.size() + status.uncounted_failed.size() >=
        config_.uncounted_max) {
      break;
    }
    const auto index = completion_index(*pod);
    const bool has_place = !job_.spec.indexed || (index && in_range(*index));
    if (succeeded) {
      // Completed indexes are a set: no second count can come of them.
      if (!job_.spec.indexed && !noted(status.uncounted_succeeded, uid)) {
        status.uncounted_succeeded.push_back(uid);
      }
    } else if (has_place && !noted(status.uncounted_failed, uid)) {
      const bool counts = match_failure_policy(job_, *pod).counts;
      if (counts) status.uncounted_failed.push_back(uid);
    }
    releases_.push_back(release_call(*pod));
  }
}

void JobSync::conclude(const Verdict& verdict) {
  std::vector<api::Condition>& conditions = next_.status.conditions;
  const auto put = [&](const char* type, const std::string& reason, const std::string& message) {
    keep_condition(conditions, type, ConditionStatus::True, reason, message, now_);
  };
  const std::string reason = verdict.failed ? verdict.reason : "CompletionsReached";
  const std::string message =
      verdict.failed ? verdict.message : "Reached expected number of succeeded pods";
  const bool pods_remain = config_.ends_after_pods && (!active_.empty() || !terminating_.empty());
  const bool uncounted = !releases_.empty() || !next_.status.uncounted_failed.empty() ||
                         !next_.status.uncounted_succeeded.empty();
  if (verdict.failed || config_.ends_after_pods) {
    put(verdict.failed ? "FailureTarget" : "SuccessCriteriaMet", reason, message);
  }
  if (uncounted || pods_remain) return;
  put(verdict.failed ? "Failed" : "Complete",
      verdict.failed || config_.ends_after_pods ? reason : "",
      verdict.failed || config_.ends_after_pods ? message : "");
  if (!verdict.failed) next_.status.completion_time = now_;
}

/// A Job that goes on begins anew: its deadline did not run while it was suspended.
void JobSync::resume() {
  if (job_.spec.suspend || !is_true(next_.status, "Suspended")) return;
  keep_condition(next_.status.conditions, "Suspended", ConditionStatus::False, "JobResumed",
                 "Job resumed", now_);
  next_.status.start_time = now_;
}

const Pod* JobSync::last_failed(std::int32_t index) const {
  const Pod* last = nullptr;
  for (const Pod* pod : owned_) {
    if (completion_index(*pod) != index || !counts_as_failed(job_, *pod)) continue;
    if (last == nullptr || pod->meta.creation > last->meta.creation) last = pod;
  }
  return last;
}

/// The lowest indexes that have neither ended nor run, less those whose back-off is not over.
std::vector<std::int32_t> JobSync::indexes_to_start(std::int32_t count, Plan& plan) const {
  std::set<std::int32_t> taken = completed_;
  taken.insert(failed_indexes_.begin(), failed_indexes_.end());
  const auto take = [&](const std::vector<const Pod*>& pods) {
    for (const Pod* pod : pods) {
      if (const auto index = completion_index(*pod)) taken.insert(*index);
    }
  };
  take(active_);
  if (job_.spec.replace_failed_only) take(terminating_);
  std::vector<std::int32_t> indexes;
  std::optional<Duration> shortest;
  for (std::int32_t index = 0; in_range(index) && std::ssize(indexes) < count; ++index) {
    if (taken.contains(index)) continue;
    const Pod* failed = per_index() ? last_failed(index) : nullptr;
    if (failed != nullptr) {
      const std::int32_t failures = count_annotation(*failed, kJobIndexFailuresAnnotation) +
                                    count_annotation(*failed, kJobIndexIgnoredAnnotation) + 1;
      const Duration rest = finished_at(*failed) + job_backoff(failures, config_) - now_;
      if (rest > Duration{}) {
        shortest = shortest ? std::min(*shortest, rest) : rest;
        continue;
      }
    }
    indexes.push_back(index);
  }
  if (shortest) plan.look_again(*shortest);
  return indexes;
}

Pod JobSync::pod_for(std::optional<std::int32_t> index) const {
  Pod pod;
  pod.meta.namespace_name = job_.meta.namespace_name;
  pod.meta.generate_name = job_.meta.name + "-";
  pod.meta.labels = job_.spec.pod_template.labels;
  pod.meta.annotations = job_.spec.pod_template.annotations;
  for (const char* prefix : {"", "batch.kubernetes.io/"}) {
    pod.meta.labels[std::string{prefix} + "controller-uid"] = job_.meta.uid;
    pod.meta.labels[std::string{prefix} + "job-name"] = job_.meta.name;
  }
  pod.meta.owners = {{api::Kind::Job, job_.meta.name, job_.meta.uid, true}};
  pod.meta.finalizers = {kJobTrackingFinalizer};
  pod.spec = job_.spec.pod_template.spec;
  if (!index) return pod;

  const std::string number = std::to_string(*index);
  pod.meta.generate_name += number + "-";
  pod.meta.labels[kJobIndexAnnotation] = number;
  pod.meta.annotations[kJobIndexAnnotation] = number;
  pod.spec.hostname = job_.meta.name + "-" + number;
  const auto add_variable = [&](auto& containers) {
    for (api::Container& container : containers) {
      const bool has = std::any_of(container.env.begin(), container.env.end(),
                                   [](const auto& e) { return e.name == "JOB_COMPLETION_INDEX"; });
      if (has) continue;
      api::EnvVar variable;
      variable.name = "JOB_COMPLETION_INDEX";
      variable.value = number;
      container.env.push_back(std::move(variable));
    }
  };
  add_variable(pod.spec.containers);
  add_variable(pod.spec.init_containers);
  if (!per_index()) return pod;
  std::int32_t failures = 0;
  std::int32_t ignored = 0;
  if (const Pod* before = last_failed(*index)) {
    failures = count_annotation(*before, kJobIndexFailuresAnnotation);
    ignored = count_annotation(*before, kJobIndexIgnoredAnnotation);
    ++(match_failure_policy(job_, *before).counts ? failures : ignored);
  }
  pod.meta.annotations[kJobIndexFailuresAnnotation] = std::to_string(failures);
  if (ignored > 0) pod.meta.annotations[kJobIndexIgnoredAnnotation] = std::to_string(ignored);
  return pod;
}

void JobSync::add_pods(Plan& plan, std::int32_t wanted) {
  if (!per_index()) {
    const Duration rest =
        view_.backoff.last_failure + job_backoff(view_.backoff.failures, config_) - now_;
    if (view_.backoff.failures > 0 && rest > Duration{}) {
      plan.look_again(rest);
      return;
    }
  }
  std::vector<Pod> pods;
  wanted = std::min(wanted, config_.burst);
  if (job_.spec.indexed) {
    for (const std::int32_t index : indexes_to_start(wanted, plan)) pods.push_back(pod_for(index));
  } else {
    pods.assign(static_cast<std::size_t>(wanted), pod_for(std::nullopt));
  }
  auto next = pods.begin();
  for (const std::int32_t size :
       slow_start_batches(static_cast<std::int32_t>(pods.size()), config_.slow_start_initial)) {
    Batch& batch = plan.batches.emplace_back();
    for (std::int32_t i = 0; i < size; ++i) batch.push_back(create_call(std::move(*next++)));
  }
}

/// Pods that the Job does not want any more count neither as failed nor as succeeded: their
/// finalizer goes first.
void JobSync::remove_pods(Plan& plan, std::vector<const Pod*> victims) {
  if (victims.empty()) return;
  if (std::ssize(victims) > config_.burst) victims.resize(static_cast<std::size_t>(config_.burst));
  Batch releases;
  Batch deletes;
  for (const Pod* pod : victims) {
    if (has_finalizer(*pod) && !view_.released.contains(pod->meta.uid)) {
      releases.push_back(release_call(*pod));
    }
    deletes.push_back(delete_call(pod->meta, api::Kind::Pod));
  }
  if (!releases.empty()) plan.batches.push_back(std::move(releases));
  plan.batches.push_back(std::move(deletes));
}

void JobSync::manage_pods(Plan& plan) {
  if (job_.spec.suspend) return remove_pods(plan, active_);
  const auto active = static_cast<std::int32_t>(active_.size());
  std::int32_t wanted = 0;
  if (!job_.spec.completions) {
    wanted = succeeded() > 0 ? active : parallelism();
  } else {
    const std::int32_t open =
        *job_.spec.completions - succeeded() - static_cast<std::int32_t>(failed_indexes_.size());
    wanted = std::clamp(open, 0, parallelism());
  }

  // Pods whose index is taken, finished or out of range go first.
  std::vector<const Pod*> surplus;
  std::vector<const Pod*> useful = active_;
  if (job_.spec.indexed) {
    useful.clear();
    std::map<std::int32_t, std::vector<const Pod*>> by_index;
    for (const Pod* pod : active_) {
      const auto index = completion_index(*pod);
      const bool needed = index && in_range(*index) && !completed_.contains(*index) &&
                          !failed_indexes_.contains(*index);
      if (needed) {
        by_index[*index].push_back(pod);
      } else {
        surplus.push_back(pod);
      }
    }
    for (auto& [index, pods] : by_index) {
      sort_for_deletion(pods, {}, now_);
      surplus.insert(surplus.end(), pods.begin(), pods.end() - 1);
      useful.push_back(pods.back());
    }
  }
  const std::int64_t more = active - wanted - std::ssize(surplus);
  if (more > 0) {
    sort_for_deletion(useful, {}, now_);
    surplus.insert(surplus.end(), useful.begin(), useful.begin() + more);
  }
  if (!surplus.empty()) return remove_pods(plan, std::move(surplus));

  std::int32_t missing = wanted - active;
  if (job_.spec.replace_failed_only) missing -= static_cast<std::int32_t>(terminating_.size());
  if (missing > 0) add_pods(plan, missing);
}

Plan JobSync::run() {
  Plan plan;
  if (Batch batch = claims(); !batch.empty()) {
    plan.batches.push_back(std::move(batch));
    return plan;
  }
  if (is_finished(job_)) {
    plan = release_job_pods(owned_);
    if (job_.spec.ttl_after_finished && !job_.meta.deletion) {
      const Duration rest = *finish_time(job_) + *job_.spec.ttl_after_finished - now_;
      if (rest > Duration{}) {
        plan.look_again(rest);
      } else {
        plan.then(delete_call(job_.meta, api::Kind::Job));
      }
    }
    return plan;
  }

  JobStatus& status = next_.status;
  if (!status.start_time && !job_.spec.suspend) status.start_time = now_;
  resume();
  sort_pods();
  count_released();
  completed_ = indexes_from(job_.status.completed_indexes);
  if (job_.spec.indexed) {
    for (const Pod* pod : owned_) {
      const auto index = completion_index(*pod);
      const bool done = pod->status.phase == PodPhase::Succeeded && has_finalizer(*pod);
      if (done && index && in_range(*index)) completed_.insert(*index);
    }
    std::erase_if(completed_, [&](std::int32_t index) { return !in_range(index); });
    status.completed_indexes = indexes_text(completed_);
    status.succeeded = static_cast<std::int32_t>(completed_.size());
  }
  note_failed_indexes();
  note_ended(false);

  std::optional<Verdict> verdict = failure();
  const bool failing = verdict.has_value();
  if (failing) note_ended(true);
  if (!failing) verdict = completion();
  if (verdict) {
    conclude(*verdict);
  } else if (job_.spec.suspend && !job_.meta.deletion) {
    keep_condition(status.conditions, "Suspended", ConditionStatus::True, "JobSuspended",
                   "Job suspended", now_);
  }

  if (!(status == job_.status)) plan.then(update_status_call(next_));
  if (!releases_.empty()) plan.batches.push_back(std::move(releases_));
  if (view_.may_change_pods && failing && !active_.empty()) {
    Batch deletes;
    for (const Pod* pod : active_) deletes.push_back(delete_call(pod->meta, api::Kind::Pod));
    plan.batches.push_back(std::move(deletes));
  } else if (view_.may_change_pods && !verdict && !job_.meta.deletion) {
    manage_pods(plan);
  }
  if (job_.spec.active_deadline && status.start_time && !job_.spec.suspend && !failing) {
    plan.look_again(*status.start_time + *job_.spec.active_deadline - now_);
  }
  return plan;
}

}  // namespace

bool counts_as_failed(const Job& job, const Pod& pod) {
  if (pod.status.phase == PodPhase::Failed) return true;
  if (job.spec.replace_failed_only || !job.spec.failure_rules.empty()) return false;
  return pod.meta.deletion.has_value() && pod.status.phase != PodPhase::Succeeded;
}

bool is_finished(const Job& job) {
  return is_true(job.status, "Complete") || is_true(job.status, "Failed");
}

std::optional<Instant> finish_time(const Job& job) {
  for (const char* type : {"Complete", "Failed"}) {
    if (is_true(job.status, type)) {
      return api::find_condition(job.status.conditions, type)->last_transition;
    }
  }
  return std::nullopt;
}

api::LabelSelector job_selector(const Job& job) {
  if (job.spec.selector) return *job.spec.selector;
  return {{{"batch.kubernetes.io/controller-uid", job.meta.uid}}, {}};
}

std::optional<std::int32_t> completion_index(const Pod& pod) {
  const auto found = pod.meta.annotations.find(kJobIndexAnnotation);
  if (found == pod.meta.annotations.end()) return std::nullopt;
  const std::string& text = found->second;
  std::int32_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc{} || end != text.data() + text.size() || index < 0) return std::nullopt;
  return index;
}

std::string indexes_text(const std::set<std::int32_t>& indexes) {
  std::string text;
  for (auto first = indexes.begin(); first != indexes.end();) {
    auto last = first;
    while (std::next(last) != indexes.end() && *std::next(last) == *last + 1) ++last;
    if (!text.empty()) text += ',';
    text += std::to_string(*first);
    if (last != first) text += (*last == *first + 1 ? "," : "-") + std::to_string(*last);
    first = std::next(last);
  }
  return text;
}

std::set<std::int32_t> indexes_from(const std::string& text) {
  std::set<std::int32_t> indexes;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    std::int32_t first = 0;
    auto [stop, error] = std::from_chars(at, end, first);
    if (error != std::errc{}) break;
    std::int32_t last = first;
    if (stop < end && *stop == '-') stop = std::from_chars(stop + 1, end, last).ptr;
    for (std::int32_t index = first; index <= last; ++index) indexes.insert(index);
    at = stop + 1;
  }
  return indexes;
}

Duration job_backoff(std::int32_t failures, const JobConfig& config) {
  if (failures <= 0) return {};
  Duration wait = config.backoff_base;
  for (std::int32_t i = 1; i < failures && wait < config.backoff_max; ++i) wait = wait * 2;
  return std::min(wait, config.backoff_max);
}

JobBackoff counted_on(const JobBackoff& before, const std::vector<const Pod*>& succeeded,
                      const std::vector<const Pod*>& failed) {
  JobBackoff after = before;
  std::optional<Instant> last_success;
  for (const Pod* pod : succeeded) {
    last_success = std::max(last_success.value_or(Instant{}), finished_at(*pod));
  }
  if (last_success) after = {};
  for (const Pod* pod : failed) {
    const Instant at = finished_at(*pod);
    if (last_success && at <= *last_success) continue;
    ++after.failures;
    after.last_failure = std::max(after.last_failure, at);
  }
  return after;
}

Plan release_job_pods(const std::vector<const Pod*>& pods) {
  Plan plan;
  Batch batch;
  for (const Pod* pod : pods) {
    if (has_finalizer(*pod)) batch.push_back(release_call(*pod));
  }
  if (!batch.empty()) plan.batches.push_back(std::move(batch));
  return plan;
}

Plan reconcile_job(const JobView& view, const JobConfig& config, Instant now) {
  return JobSync{view, config, now}.run();
}

}  // namespace orrery::controllers
