#include "models/controllers/cron_job.h"

#include <algorithm>
#include <utility>

#include "models/controllers/job.h"

namespace orrery::controllers {
namespace {

using api::CronJob;
using api::CronSchedule;
using api::Job;

constexpr std::int64_t kSecond = 1'000'000'000;

/// Whole calendar seconds at `t`, rounded down.
std::int64_t calendar_seconds(Instant t, const CronJobConfig& config) {
  const std::int64_t ns = t.count_ns();
  return config.epoch_seconds + ns / kSecond - (ns % kSecond < 0 ? 1 : 0);
}

Instant instant_of(std::int64_t seconds, const CronJobConfig& config) {
  return Instant::at(Duration::seconds(seconds - config.epoch_seconds));
}

bool succeeded(const Job& job) {
  const api::Condition* complete = api::find_condition(job.status.conditions, "Complete");
  return complete != nullptr && complete->status == api::ConditionStatus::True;
}

class CronJobSync {
 public:
  CronJobSync(const CronJobView& view, const CronJobConfig& config, Instant now)
      : view_{view}, config_{config}, now_{now}, cron_job_{*view.cron_job}, next_{cron_job_} {}

  CronJobPlan run();

 private:
  void follow_active();
  void clean_history();
  void schedule();
  void look_at_next(const CronSchedule& schedule, const api::TimeZone& zone);
  [[nodiscard]] const Job* find(const std::string& name) const;
  [[nodiscard]] Job job_for(Instant scheduled) const;
  void note(std::string reason, std::string message) {
    result_.notes.push_back({std::move(reason), std::move(message)});
  }

  const CronJobView& view_;
  const CronJobConfig& config_;
  Instant now_;
  const CronJob& cron_job_;
  CronJob next_;
  std::vector<Batch> starts_;
  Batch deletes_;
  CronJobPlan result_;
};

const Job* CronJobSync::find(const std::string& name) const {
  const auto found = std::find_if(view_.jobs.begin(), view_.jobs.end(),
                                  [&](const Job* job) { return job->meta.name == name; });
  return found == view_.jobs.end() ? nullptr : *found;
}

/// The active list holds running Jobs; those that ended or are gone leave it.
void CronJobSync::follow_active() {
  std::erase_if(next_.status.active, [&](const std::string& name) {
    const Job* job = find(name);
    if (job == nullptr && view_.unseen.contains(name)) return false;
    if (job == nullptr) {
      note("MissingJob", "Active job went missing: " + name);
      return true;
    }
    if (!is_finished(*job)) return false;
    note("SawCompletedJob", "Saw completed job: " + name);
    return true;
  });
  for (const Job* job : view_.jobs) {
    if (!succeeded(*job) || !job->status.completion_time) continue;
    if (!next_.status.last_success || *next_.status.last_success < *job->status.completion_time) {
      next_.status.last_success = job->status.completion_time;
    }
  }
}

void CronJobSync::clean_history() {
  const auto keep_newest = [&](bool wanted, std::int32_t limit) {
    std::vector<const Job*> ended;
    for (const Job* job : view_.jobs) {
      if (is_finished(*job) && succeeded(*job) == wanted && !job->meta.deletion) {
        ended.push_back(job);
      }
    }
    if (std::ssize(ended) <= limit) return;
    std::sort(ended.begin(), ended.end(), [](const Job* a, const Job* b) {
      const Instant a_start = a->status.start_time.value_or(Instant::never());
      const Instant b_start = b->status.start_time.value_or(Instant::never());
      return std::tie(a_start, a->meta.name) < std::tie(b_start, b->meta.name);
    });
    ended.resize(ended.size() - static_cast<std::size_t>(limit));
    for (const Job* job : ended) deletes_.push_back(delete_call(job->meta, api::Kind::Job));
  };
  keep_newest(true, cron_job_.spec.successful_history_limit);
  keep_newest(false, cron_job_.spec.failed_history_limit);
}

Job CronJobSync::job_for(Instant scheduled) const {
  Job job;
  job.meta.name = job_name_for(cron_job_, scheduled, config_);
  job.meta.namespace_name = cron_job_.meta.namespace_name;
  job.meta.labels = cron_job_.spec.job_labels;
  job.meta.annotations = cron_job_.spec.job_annotations;
  job.meta.annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] =
      std::to_string(calendar_seconds(scheduled, config_));
  job.meta.owners = {{api::Kind::CronJob, cron_job_.meta.name, cron_job_.meta.uid, true}};
  job.spec = cron_job_.spec.job;
  return job;
}

/// Looks again at the first moment after the latest one that is past.
void CronJobSync::look_at_next(const CronSchedule& schedule, const api::TimeZone& zone) {
  api::CronJob without_deadline = cron_job_;
  without_deadline.spec.starting_deadline.reset();
  const MissedRuns missed = missed_runs(without_deadline, schedule, zone, config_, now_);
  Instant from = cron_job_.status.last_schedule.value_or(cron_job_.meta.creation);
  if (missed.latest) {
    from = *missed.latest;
  } else if (missed.count > 0) {
    from = now_;
  }
  const auto next = schedule.next(calendar_seconds(from, config_), zone);
  if (!next) return;
  const Duration wait = instant_of(*next, config_) + config_.next_look_slack - now_;
  result_.plan.look_again(std::max(wait, Duration{}));
}

void CronJobSync::schedule() {
  const auto zone = cron_job_.spec.time_zone.empty()
                        ? std::optional<api::TimeZone>{api::TimeZone{}}
                        : api::TimeZone::named(cron_job_.spec.time_zone);
  if (!zone) return note("UnknownTimeZone", "invalid timeZone: " + cron_job_.spec.time_zone);
  if (cron_job_.spec.suspend) return;
  const Result<CronSchedule> schedule = CronSchedule::parse(cron_job_.spec.schedule);
  if (!schedule) return note("UnparseableSchedule", schedule.error().what);
  look_at_next(*schedule, *zone);

  const MissedRuns missed = missed_runs(cron_job_, *schedule, *zone, config_, now_);
  if (missed.count > config_.missed_max) {
    note("TooManyMissedTimes",
         "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check "
         "clock skew");
  }
  if (!missed.latest) return;
  const Instant scheduled = *missed.latest;
  if (cron_job_.spec.starting_deadline && scheduled + *cron_job_.spec.starting_deadline < now_) {
    return note("MissSchedule", "Missed scheduled time to start a job: " + to_string(scheduled));
  }
  std::vector<std::string>& active = next_.status.active;
  const Job job = job_for(scheduled);
  const bool done = std::find(active.begin(), active.end(), job.meta.name) != active.end() ||
                    cron_job_.status.last_schedule == scheduled;
  if (done) return;
  if (cron_job_.spec.concurrency == api::ConcurrencyPolicy::Forbid && !active.empty()) {
    return note("JobAlreadyActive",
                "Not starting job because prior execution is running and concurrency policy is "
                "Forbid");
  }
  if (cron_job_.spec.concurrency == api::ConcurrencyPolicy::Replace && !active.empty()) {
    Batch replaced;
    for (const std::string& name : active) {
      api::ObjectMeta running;
      running.namespace_name = cron_job_.meta.namespace_name;
      running.name = name;
      if (const Job* seen = find(name)) running.uid = seen->meta.uid;
      replaced.push_back(delete_call(running, api::Kind::Job));
    }
    active.clear();
    starts_.push_back(std::move(replaced));
  }
  // After a crash between the two writes, the Job may exist: then only the status is missing.
  if (find(job.meta.name) == nullptr) starts_.push_back({create_call(job)});
  active.push_back(job.meta.name);
  next_.status.last_schedule = scheduled;
}

CronJobPlan CronJobSync::run() {
  follow_active();
  clean_history();
  if (!cron_job_.meta.deletion) schedule();
  Plan& plan = result_.plan;
  if (!deletes_.empty()) plan.batches.push_back(std::move(deletes_));
  for (Batch& batch : starts_) plan.batches.push_back(std::move(batch));
  if (!(next_.status == cron_job_.status)) plan.then(update_status_call(next_));
  return std::move(result_);
}

}  // namespace

// Example: runs every 300 s, the last one 1000 s ago. The first that was missed was due 700 s ago,
// so floor(700 / 300) + 1 = 3 were, and the search for the latest starts one interval early.
MissedRuns missed_runs(const CronJob& cron_job, const CronSchedule& schedule,
                       const api::TimeZone& zone, const CronJobConfig& config, Instant now) {
  Instant start = cron_job.status.last_schedule.value_or(cron_job.meta.creation);
  if (cron_job.spec.starting_deadline) {
    start = std::max(start, now - *cron_job.spec.starting_deadline);
  }
  const std::int64_t now_seconds = calendar_seconds(now, config);
  const auto first = schedule.next(calendar_seconds(start, config), zone);
  if (!first || *first > now_seconds) return {};
  const auto second = schedule.next(*first, zone);
  if (!second || *second > now_seconds) return {instant_of(*first, config), 1};

  const std::int64_t interval = *second - *first;
  MissedRuns missed;
  missed.count = (now_seconds - *first) / interval + 1;
  const std::int64_t from = *first + (missed.count - 2) * interval;
  for (auto t = schedule.next(from, zone); t && *t <= now_seconds; t = schedule.next(*t, zone)) {
    missed.latest = instant_of(*t, config);
  }
  return missed;
}

std::string job_name_for(const CronJob& cron_job, Instant scheduled, const CronJobConfig& config) {
  return cron_job.meta.name + "-" + std::to_string(calendar_seconds(scheduled, config) / 60);
}

CronJobPlan reconcile_cron_job(const CronJobView& view, const CronJobConfig& config, Instant now) {
  return CronJobSync{view, config, now}.run();
}

}  // namespace orrery::controllers
