/// @file
/// Work that ends: Job and CronJob. Source: Kubernetes batch/v1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/api/meta.h"
#include "models/api/pod.h"

namespace orrery::api {

enum class PodFailureAction : std::uint8_t { FailJob, Ignore, Count, FailIndex };
/// One rule of podFailurePolicy: by exit codes or by pod conditions.
struct PodFailureRule {
  PodFailureAction action = PodFailureAction::Count;
  std::string container_name;  ///< onExitCodes; empty: any container.
  std::vector<std::int32_t> exit_codes;
  bool exit_codes_not_in = false;  ///< Operator NotIn.
  std::vector<std::pair<std::string, ConditionStatus>> conditions;

  friend bool operator==(const PodFailureRule&, const PodFailureRule&) = default;
};

struct JobSpec {
  std::optional<std::int32_t> parallelism;
  std::optional<std::int32_t> completions;
  std::optional<std::int32_t> backoff_limit;  ///< Absent: 6, with a limit per index none.
  std::optional<std::int32_t> backoff_limit_per_index;
  std::optional<std::int32_t> max_failed_indexes;
  std::optional<Duration> active_deadline;
  std::optional<Duration> ttl_after_finished;
  bool indexed = false;
  bool suspend = false;
  bool replace_failed_only = false;  ///< podReplacementPolicy Failed; else TerminatingOrFailed.
  std::vector<PodFailureRule> failure_rules;
  std::optional<LabelSelector> selector;  ///< Set by the API server from the uid.
  PodTemplate pod_template;

  friend bool operator==(const JobSpec&, const JobSpec&) = default;
};
struct JobStatus {
  std::int32_t active = 0;
  std::int32_t ready = 0;
  std::int32_t succeeded = 0;
  std::int32_t failed = 0;
  std::int32_t terminating = 0;
  std::optional<Instant> start_time;
  std::optional<Instant> completion_time;
  std::string completed_indexes;  ///< "0-2,5"
  std::string failed_indexes;
  std::vector<std::string> uncounted_succeeded;  ///< Uids of pods whose finalizer is still on.
  std::vector<std::string> uncounted_failed;
  std::vector<Condition> conditions;

  friend bool operator==(const JobStatus&, const JobStatus&) = default;
};
struct Job {
  ObjectMeta meta;
  JobSpec spec;
  JobStatus status;

  friend bool operator==(const Job&, const Job&) = default;
};

enum class ConcurrencyPolicy : std::uint8_t { Allow, Forbid, Replace };
struct CronJobSpec {
  std::string schedule;
  std::string time_zone;  ///< As written; empty: UTC.
  std::optional<Duration> starting_deadline;
  ConcurrencyPolicy concurrency = ConcurrencyPolicy::Allow;
  bool suspend = false;
  std::int32_t successful_history_limit = 3;
  std::int32_t failed_history_limit = 1;
  Labels job_labels;
  Labels job_annotations;
  JobSpec job;

  friend bool operator==(const CronJobSpec&, const CronJobSpec&) = default;
};
struct CronJobStatus {
  std::vector<std::string> active;  ///< Names of running Jobs, oldest first.
  std::optional<Instant> last_schedule;
  std::optional<Instant> last_success;

  friend bool operator==(const CronJobStatus&, const CronJobStatus&) = default;
};
struct CronJob {
  ObjectMeta meta;
  CronJobSpec spec;
  CronJobStatus status;

  friend bool operator==(const CronJob&, const CronJob&) = default;
};

}  // namespace orrery::api
