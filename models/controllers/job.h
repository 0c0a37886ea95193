/// @file
/// The Job controller: runs pods until enough of them have succeeded, or too many failed.
///
/// Every pod carries a finalizer until it has been counted. A pod that ended is first noted by uid
/// in the status, then loses its finalizer, and is added to the counters once that shows. So
/// whatever write is the last before a crash, each pod counts exactly once.
///
/// Source: Kubernetes pkg/controller/job (job_controller.go, backoff_utils.go,
/// indexed_job_utils.go, pod_failure_policy.go), pkg/controller/ttlafterfinished.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "models/controllers/plan.h"

namespace orrery::controllers {

inline constexpr const char* kJobTrackingFinalizer = "batch.kubernetes.io/job-tracking";
inline constexpr const char* kJobIndexAnnotation = "batch.kubernetes.io/job-completion-index";
/// On pods of Jobs with a limit per index: failures of their index before them.
inline constexpr const char* kJobIndexFailuresAnnotation =
    "batch.kubernetes.io/job-index-failure-count";
inline constexpr const char* kJobIndexIgnoredAnnotation =
    "batch.kubernetes.io/job-index-ignored-failure-count";

struct JobConfig {
  Duration backoff_base = Duration::seconds(10);  ///< DefaultJobPodFailureBackOff
  Duration backoff_max = Duration::minutes(10);   ///< MaxJobPodFailureBackOff
  std::int32_t burst = 500;                       ///< MaxPodCreateDeletePerSync
  std::int32_t slow_start_initial = 1;            ///< SlowStartInitialBatchSize
  std::size_t uncounted_max = 500;                ///< MaxUncountedPods
  /// Changes of pods are looked at together, this long after the first. SyncJobBatchPeriod
  Duration batch_period = Duration::seconds(1);
  Duration expectations_timeout = Duration::minutes(5);  ///< ExpectationsTimeout
  /// Complete and Failed are set only once no pod runs or terminates any more. Since 1.31
  /// (kubernetes/kubernetes#125510).
  bool ends_after_pods = false;
};

/// Failures in a row, and when the last one was.
struct JobBackoff {
  std::int32_t failures = 0;
  Instant last_failure;

  friend bool operator==(const JobBackoff&, const JobBackoff&) = default;
};

/// What the controller sees of a Job. Nothing is null; pointers are read during the call.
struct JobView {
  const api::Job* job = nullptr;
  /// Pods of the namespace that it controls or that nobody controls, by name.
  std::vector<const api::Pod*> pods;
  /// False while creates or deletes of earlier plans have not shown yet: make no more.
  bool may_change_pods = true;
  JobBackoff backoff;
  /// Uids of pods whose finalizer has been taken off, whatever `pods` still say.
  std::set<std::string> released;
};

/// Status first, then finalizers, then creates in growing batches or deletes in one.
///
/// A finished Job is deleted when its time to live is over.
[[nodiscard]] Plan reconcile_job(const JobView& view, const JobConfig& config, Instant now);

/// For a Job that is gone: takes the finalizer off its pods.
[[nodiscard]] Plan release_job_pods(const std::vector<const api::Pod*>& pods);

/// `before` and what pods that ended since add to it: a success starts the count anew.
[[nodiscard]] JobBackoff counted_on(const JobBackoff& before,
                                    const std::vector<const api::Pod*>& succeeded,
                                    const std::vector<const api::Pod*>& failed);

/// How long no pod may be created after that many failures in a row: 10 s, 20 s, … 10 min.
[[nodiscard]] Duration job_backoff(std::int32_t failures, const JobConfig& config);

/// The pod failed in the eyes of this Job: with podReplacementPolicy TerminatingOrFailed also if it
/// was told to go before it ended.
[[nodiscard]] bool counts_as_failed(const api::Job& job, const api::Pod& pod);

/// Condition Complete or Failed is True.
[[nodiscard]] bool is_finished(const api::Job& job);

/// When it finished, if it has.
[[nodiscard]] std::optional<Instant> finish_time(const api::Job& job);

/// Labels every pod of the Job carries, by which it is selected.
[[nodiscard]] api::LabelSelector job_selector(const api::Job& job);

/// The index of a pod of an Indexed Job, if it has a valid one.
[[nodiscard]] std::optional<std::int32_t> completion_index(const api::Pod& pod);

/// "1,3-5,7" of sorted indexes, and back.
[[nodiscard]] std::string indexes_text(const std::set<std::int32_t>& indexes);
[[nodiscard]] std::set<std::int32_t> indexes_from(const std::string& text);

}  // namespace orrery::controllers
