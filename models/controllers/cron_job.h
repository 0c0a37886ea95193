/// @file
/// The CronJob controller: starts a Job at every moment its schedule names, at most once each.
///
/// Source: Kubernetes pkg/controller/cronjob (cronjob_controllerv2.go, utils.go).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/api/cron_schedule.h"
#include "models/api/objects.h"
#include "models/controllers/plan.h"

namespace orrery::controllers {

struct CronJobConfig {
  /// The calendar's seconds since 1970 UTC at the start of the run.
  std::int64_t epoch_seconds = 0;
  /// The next look comes this much after the moment. nextScheduleDelta
  Duration next_look_slack = Duration::milliseconds(100);
  std::int64_t missed_max = 100;  ///< Beyond, it is said that too many were missed.
};

/// What the controller sees. Nothing is null; pointers are read during the call.
struct CronJobView {
  const api::CronJob* cron_job = nullptr;
  std::vector<const api::Job*> jobs;  ///< Those it controls, by name.
  std::set<std::string> unseen;       ///< Names of Jobs that were created and do not show yet.
};

/// Why a run was not started, or what else is worth a word: events in Kubernetes.
struct CronJobNote {
  std::string reason;  ///< "MissSchedule", "JobAlreadyActive", "TooManyMissedTimes", …
  std::string message;

  friend bool operator==(const CronJobNote&, const CronJobNote&) = default;
};

struct CronJobPlan {
  Plan plan;
  std::vector<CronJobNote> notes;
};

[[nodiscard]] CronJobPlan reconcile_cron_job(const CronJobView& view, const CronJobConfig& config,
                                             Instant now);

/// The latest moment in (start, now], and how many there were.
struct MissedRuns {
  std::optional<Instant> latest;
  std::int64_t count = 0;
};
/// `start`: the last scheduled run, else the creation, and not before the starting deadline.
[[nodiscard]] MissedRuns missed_runs(const api::CronJob& cron_job,
                                     const api::CronSchedule& schedule, const api::TimeZone& zone,
                                     const CronJobConfig& config, Instant now);

/// "<cron job>-<scheduled minute since 1970>": one name, so one Job, per moment.
[[nodiscard]] std::string job_name_for(const api::CronJob& cron_job, Instant scheduled,
                                       const CronJobConfig& config);

}  // namespace orrery::controllers
