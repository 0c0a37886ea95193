#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "models/api/cron_schedule.h"
#include "models/api/enum_names.h"
#include "models/api/kind_readers.h"
#include "models/api/kind_writers.h"
#include "models/api/part_writers.h"
#include "models/api/time_zone.h"

namespace orrery::api {
namespace {

constexpr Names<2> kCompletionModes{"NonIndexed", "Indexed"};
constexpr Names<2> kReplacementPolicies{"TerminatingOrFailed", "Failed"};
constexpr Names<4> kFailureActions{"FailJob", "Ignore", "Count", "FailIndex"};
constexpr Names<2> kExitCodeOperators{"In", "NotIn"};
constexpr Names<3> kConcurrencyPolicies{"Allow", "Forbid", "Replace"};

constexpr std::int32_t kIndexedParallelismMax = 100'000;  // maxParallelismForIndexedJob
constexpr std::size_t kFailureRulesMax = 20;              // maxPodFailurePolicyRules
constexpr std::size_t kExitCodesMax = 255;
constexpr std::size_t kCronJobNameMax = 52;  // 63 less the minute that Jobs' names end with

bool read_count(ObjectReader& in, const char* name, std::optional<std::int32_t>& out) {
  std::int32_t value = 0;
  if (!in.integer(name, value, 0)) return false;
  out = value;
  return true;
}

void read_exit_codes(ObjectReader& in, PodFailureRule& rule) {
  in.text("containerName", rule.container_name);
  enum class Operator : std::uint8_t { In, NotIn };
  Operator op = Operator::In;
  in.require("operator", "In or NotIn");
  in.require("values", "at least one exit code");
  in.choice("operator", op, kExitCodeOperators);
  rule.exit_codes_not_in = op == Operator::NotIn;
  in.each("values", [&](const Cursor& at) {
    const Value& value = *at.value;
    const bool fits = value.type == Value::Type::Integer &&
                      value.integer >= std::numeric_limits<std::int32_t>::min() &&
                      value.integer <= std::numeric_limits<std::int32_t>::max();
    if (!fits) {
      in.reading().wrong(at, "an exit code");
      return;
    }
    const auto code = static_cast<std::int32_t>(value.integer);
    if (in.manifest() && code == 0 && op == Operator::In) {
      in.reading().wrong(at, "an exit code other than 0", "0 is success, which no rule is about");
    } else if (in.manifest() && !rule.exit_codes.empty() && rule.exit_codes.back() >= code) {
      in.reading().wrong(at, "exit codes in ascending order, each once");
    }
    rule.exit_codes.push_back(code);
  });
  if (in.manifest() && rule.exit_codes.size() > kExitCodesMax) {
    in.reading().problem(in.field_or_here("values"), "at most 255 exit codes",
                         std::to_string(rule.exit_codes.size()));
  }
  in.finish({});
}

PodFailureRule read_failure_rule(Reading& reading, const Cursor& at) {
  ObjectReader in{reading, at, "PodFailurePolicyRule"};
  PodFailureRule rule;
  in.require("action", "FailJob, FailIndex, Ignore or Count");
  in.choice("action", rule.action, kFailureActions);
  const bool by_code = in.object("onExitCodes", "PodFailurePolicyOnExitCodesRequirement",
                                 [&](ObjectReader& codes) { read_exit_codes(codes, rule); });
  const bool by_condition = in.list("onPodConditions", rule.conditions, [&](const Cursor& element) {
    ObjectReader pattern{reading, element, "PodFailurePolicyOnPodConditionsPattern"};
    std::pair<std::string, ConditionStatus> read{"", ConditionStatus::True};
    pattern.require("type", "the type of a pod condition");
    pattern.text("type", read.first);
    pattern.choice("status", read.second, kConditionStatuses);
    pattern.finish({});
    return read;
  });
  in.finish({});
  if (in.manifest() && by_code == by_condition) {
    reading.problem(at, "one of onExitCodes and onPodConditions", by_code ? "both" : "neither");
  }
  return rule;
}

void check_failure_rules(ObjectReader& in, const JobSpec& spec) {
  const Cursor policy = in.field_or_here("podFailurePolicy");
  if (spec.failure_rules.size() > kFailureRulesMax) {
    in.reading().problem(policy, "at most 20 rules", std::to_string(spec.failure_rules.size()));
  }
  if (spec.pod_template.spec.restart_policy != RestartPolicy::Never) {
    in.reading().problem(policy, "restartPolicy Never beside podFailurePolicy",
                         name_of(spec.pod_template.spec.restart_policy, kRestartPolicies));
  }
  const auto has_container = [&](const std::string& name) {
    const auto named = [&](const Container& c) { return c.name == name; };
    const PodSpec& pods = spec.pod_template.spec;
    return std::any_of(pods.containers.begin(), pods.containers.end(), named) ||
           std::any_of(pods.init_containers.begin(), pods.init_containers.end(), named);
  };
  for (const PodFailureRule& rule : spec.failure_rules) {
    if (rule.action == PodFailureAction::FailIndex && !spec.backoff_limit_per_index) {
      in.reading().problem(policy, "backoffLimitPerIndex beside the action FailIndex", "none");
    }
    if (!rule.container_name.empty() && !has_container(rule.container_name)) {
      in.reading().problem(policy, "a container of the template in containerName",
                           "\"" + rule.container_name + "\"");
    }
  }
}

void check_indexed(ObjectReader& in, const JobSpec& spec) {
  Reading& reading = in.reading();
  if (spec.indexed) {
    if (!spec.completions) {
      reading.problem(in.field_or_here("completionMode"), "completions with completionMode Indexed",
                      "no field \"completions\"");
    }
    if (spec.parallelism.value_or(1) > kIndexedParallelismMax) {
      reading.wrong(in.field_or_here("parallelism"), "at most 100000 with completionMode Indexed");
    }
    if (spec.max_failed_indexes && !spec.backoff_limit_per_index) {
      reading.problem(in.field_or_here("maxFailedIndexes"),
                      "backoffLimitPerIndex beside maxFailedIndexes", "none");
    }
    if (spec.max_failed_indexes && spec.completions &&
        *spec.max_failed_indexes > *spec.completions) {
      reading.wrong(in.field_or_here("maxFailedIndexes"), "at most as many as completions");
    }
    return;
  }
  for (const char* name : {"backoffLimitPerIndex", "maxFailedIndexes"}) {
    if (const auto at = in.field(name)) {
      reading.problem(*at, "completionMode Indexed beside " + std::string{name}, "NonIndexed");
    }
  }
}

void check_job_spec(ObjectReader& in, const JobSpec& spec, bool manual_selector) {
  Reading& reading = in.reading();
  const auto selector = in.field("selector");
  if (selector && !manual_selector) {
    reading.problem(*selector, "no selector", "a selector",
                    "Kubernetes makes one for each Job; to choose it, set manualSelector: true");
  }
  if (manual_selector) {
    if (!selector || !spec.selector) {
      reading.problem(in.here(), "a selector with manualSelector: true", "no field \"selector\"");
    } else if (!matches(*spec.selector, spec.pod_template.labels)) {
      reading.problem(*selector, "a selector that matches the template's labels",
                      "one that does not",
                      "give spec.template.metadata.labels the selector's labels");
    }
  }
  if (in.require("template", "a template of the pods") &&
      spec.pod_template.spec.restart_policy == RestartPolicy::Always) {
    reading.problem(in.field_or_here("template"), "restartPolicy OnFailure or Never", "Always",
                    "set spec.template.spec.restartPolicy; its default is Always");
  }
  check_indexed(in, spec);
  if (in.field("podFailurePolicy")) {
    check_failure_rules(in, spec);
    const auto policy = in.field("podReplacementPolicy");
    if (policy && !spec.replace_failed_only) {
      reading.wrong(*policy, "Failed beside podFailurePolicy");
    }
  }
}

void read_job_spec(ObjectReader& in, JobSpec& spec) {
  read_count(in, "parallelism", spec.parallelism);
  read_count(in, "completions", spec.completions);
  read_count(in, "backoffLimit", spec.backoff_limit);
  read_count(in, "backoffLimitPerIndex", spec.backoff_limit_per_index);
  read_count(in, "maxFailedIndexes", spec.max_failed_indexes);
  in.seconds("activeDeadlineSeconds", spec.active_deadline, 0);
  in.seconds("ttlSecondsAfterFinished", spec.ttl_after_finished, 0);
  enum class Mode : std::uint8_t { NonIndexed, Indexed };
  Mode mode = Mode::NonIndexed;
  in.choice("completionMode", mode, kCompletionModes);
  spec.indexed = mode == Mode::Indexed;
  in.flag("suspend", spec.suspend);
  in.object("podFailurePolicy", "PodFailurePolicy", [&](ObjectReader& policy) {
    policy.list("rules", spec.failure_rules,
                [&](const Cursor& at) { return read_failure_rule(policy.reading(), at); });
    policy.finish({});
  });
  enum class Replacement : std::uint8_t { TerminatingOrFailed, Failed };
  Replacement replacement = Replacement::TerminatingOrFailed;
  if (in.manifest() && in.field("podFailurePolicy")) replacement = Replacement::Failed;
  in.choice("podReplacementPolicy", replacement, kReplacementPolicies);
  spec.replace_failed_only = replacement == Replacement::Failed;
  in.object("selector", "LabelSelector",
            [&](ObjectReader& selector) { read_selector(selector, spec.selector.emplace()); });
  in.object("template", "PodTemplateSpec",
            [&](ObjectReader& pods) { read_pod_template(pods, spec.pod_template); });
  if (in.manifest()) {
    bool manual_selector = false;
    in.flag("manualSelector", manual_selector);
    check_job_spec(in, spec, manual_selector);
    // Without either: one pod, once. A work queue gives parallelism alone.
    if (!spec.parallelism && !spec.completions) spec.completions = 1;
    if (!spec.parallelism) spec.parallelism = 1;
  }
  in.finish({"managedBy", "successPolicy"});
}

void write_count(JsonWriter& out, const char* name, const std::optional<std::int32_t>& count) {
  if (count) out.number_in_full(name, *count);
}

void write_failure_rule(JsonWriter& out, const PodFailureRule& rule) {
  out.text("action", name_of(rule.action, kFailureActions));
  if (rule.exit_codes_not_in || !rule.exit_codes.empty() || !rule.container_name.empty()) {
    out.begin_object("onExitCodes");
    out.text("containerName", rule.container_name);
    out.text("operator", kExitCodeOperators[rule.exit_codes_not_in ? 1 : 0]);
    if (!rule.exit_codes.empty()) {
      out.begin_list("values");
      for (const std::int32_t code : rule.exit_codes) out.element(std::int64_t{code});
      out.end_list();
    }
    out.end_object();
  }
  write_list(out, "onPodConditions", rule.conditions, [](JsonWriter& o, const auto& pattern) {
    o.text("type", pattern.first);
    o.text("status", name_of(pattern.second, kConditionStatuses));
  });
}

void write_job_spec(JsonWriter& out, const JobSpec& spec) {
  out.begin_object("spec");
  write_count(out, "parallelism", spec.parallelism);
  write_count(out, "completions", spec.completions);
  write_count(out, "backoffLimit", spec.backoff_limit);
  write_count(out, "backoffLimitPerIndex", spec.backoff_limit_per_index);
  write_count(out, "maxFailedIndexes", spec.max_failed_indexes);
  if (spec.active_deadline) out.seconds_in_full("activeDeadlineSeconds", *spec.active_deadline);
  if (spec.ttl_after_finished) {
    out.seconds_in_full("ttlSecondsAfterFinished", *spec.ttl_after_finished);
  }
  if (spec.indexed) out.text("completionMode", "Indexed");
  out.flag("suspend", spec.suspend);
  if (!spec.failure_rules.empty()) {
    out.begin_object("podFailurePolicy");
    write_list(out, "rules", spec.failure_rules, write_failure_rule);
    out.end_object();
  }
  if (spec.replace_failed_only) out.text("podReplacementPolicy", "Failed");
  if (spec.selector) write_selector(out, "selector", *spec.selector);
  write_pod_template(out, spec.pod_template);
  out.end_object();
}

void read_job_status(ObjectReader& in, JobStatus& status) {
  in.integer("active", status.active);
  in.integer("ready", status.ready);
  in.integer("succeeded", status.succeeded);
  in.integer("failed", status.failed);
  in.integer("terminating", status.terminating);
  in.instant("startTime", status.start_time);
  in.instant("completionTime", status.completion_time);
  in.text("completedIndexes", status.completed_indexes);
  in.text("failedIndexes", status.failed_indexes);
  in.object("uncountedTerminatedPods", "UncountedTerminatedPods", [&](ObjectReader& uncounted) {
    uncounted.texts("succeeded", status.uncounted_succeeded);
    uncounted.texts("failed", status.uncounted_failed);
    uncounted.finish({});
  });
  in.list("conditions", status.conditions,
          [&](const Cursor& at) { return read_condition(in.reading(), at); });
  in.finish({});
}

void check_schedule(ObjectReader& in, const CronJobSpec& spec) {
  if (in.require("schedule", "when to run, such as \"*/5 * * * *\"")) {
    const Result<CronSchedule> schedule = CronSchedule::parse(spec.schedule);
    if (!schedule && !spec.schedule.empty()) {
      in.reading().wrong(*in.field("schedule"), schedule.error().what, schedule.error().hint);
    }
  }
  if (!spec.time_zone.empty() && !TimeZone::named(spec.time_zone)) {
    in.reading().wrong(*in.field("timeZone"),
                       "a time zone of the tz database whose rules repeat every year",
                       "such as \"Etc/UTC\" or \"Europe/Berlin\"");
  }
}

void read_cron_job_spec(ObjectReader& in, CronJobSpec& spec) {
  in.text("schedule", spec.schedule);
  in.text("timeZone", spec.time_zone);
  in.seconds("startingDeadlineSeconds", spec.starting_deadline, 0);
  in.choice("concurrencyPolicy", spec.concurrency, kConcurrencyPolicies);
  in.flag("suspend", spec.suspend);
  in.integer("successfulJobsHistoryLimit", spec.successful_history_limit, 0);
  in.integer("failedJobsHistoryLimit", spec.failed_history_limit, 0);
  in.require("jobTemplate", "a template of the Jobs");
  in.object("jobTemplate", "JobTemplateSpec", [&](ObjectReader& job) {
    job.object("metadata", "metadata", [&](ObjectReader& meta) {
      read_labels(meta, "labels", spec.job_labels);
      read_annotations(meta, "annotations", spec.job_annotations);
      if (meta.manifest()) meta.pass_over({"creationTimestamp"});
      meta.finish({"name", "generateName", "namespace", "finalizers", "ownerReferences"});
    });
    job.require("spec", "a spec of the Jobs");
    job.object("spec", "JobSpec", [&](ObjectReader& fields) { read_job_spec(fields, spec.job); });
    job.finish({});
  });
  if (in.manifest()) check_schedule(in, spec);
  in.finish({});
}

}  // namespace

void read_body(ObjectReader& root, Job& job) {
  root.require("spec", "a spec with a template");
  root.object("spec", "JobSpec", [&](ObjectReader& in) { read_job_spec(in, job.spec); });
  if (root.manifest()) return root.pass_over({"status"});
  root.object("status", "JobStatus", [&](ObjectReader& in) { read_job_status(in, job.status); });
}

void write_body(JsonWriter& out, const Job& job) {
  write_job_spec(out, job.spec);
  const JobStatus& status = job.status;
  out.begin_object("status");
  out.number("active", status.active);
  out.number("ready", status.ready);
  out.number("succeeded", status.succeeded);
  out.number("failed", status.failed);
  out.number("terminating", status.terminating);
  if (status.start_time) out.instant_in_full("startTime", *status.start_time);
  if (status.completion_time) out.instant_in_full("completionTime", *status.completion_time);
  out.text("completedIndexes", status.completed_indexes);
  out.text("failedIndexes", status.failed_indexes);
  if (!status.uncounted_succeeded.empty() || !status.uncounted_failed.empty()) {
    out.begin_object("uncountedTerminatedPods");
    write_texts(out, "succeeded", status.uncounted_succeeded);
    write_texts(out, "failed", status.uncounted_failed);
    out.end_object();
  }
  write_list(out, "conditions", status.conditions, write_condition);
  out.end_object();
}

void read_body(ObjectReader& root, CronJob& cron_job) {
  root.require("spec", "a spec with schedule and jobTemplate");
  root.object("spec", "CronJobSpec",
              [&](ObjectReader& in) { read_cron_job_spec(in, cron_job.spec); });
  if (root.manifest()) {
    if (cron_job.meta.name.size() > kCronJobNameMax) {
      root.reading().problem(root.here(), "a name of at most 52 characters",
                             "\"" + cron_job.meta.name + "\"",
                             "the names of its Jobs add the scheduled minute");
    }
    return root.pass_over({"status"});
  }
  root.object("status", "CronJobStatus", [&](ObjectReader& in) {
    in.texts("active", cron_job.status.active);
    in.instant("lastScheduleTime", cron_job.status.last_schedule);
    in.instant("lastSuccessfulTime", cron_job.status.last_success);
    in.finish({});
  });
}

void write_body(JsonWriter& out, const CronJob& cron_job) {
  const CronJobSpec& spec = cron_job.spec;
  const CronJobSpec defaults;
  out.begin_object("spec");
  out.text("schedule", spec.schedule);
  out.text("timeZone", spec.time_zone);
  if (spec.starting_deadline) {
    out.seconds_in_full("startingDeadlineSeconds", *spec.starting_deadline);
  }
  if (spec.concurrency != ConcurrencyPolicy::Allow) {
    out.text("concurrencyPolicy", name_of(spec.concurrency, kConcurrencyPolicies));
  }
  out.flag("suspend", spec.suspend);
  out.number("successfulJobsHistoryLimit", spec.successful_history_limit,
             defaults.successful_history_limit);
  out.number("failedJobsHistoryLimit", spec.failed_history_limit, defaults.failed_history_limit);
  out.begin_object("jobTemplate");
  out.begin_object("metadata");
  write_labels(out, "labels", spec.job_labels);
  write_labels(out, "annotations", spec.job_annotations);
  out.end_object();
  write_job_spec(out, spec.job);
  out.end_object();
  out.end_object();
  out.begin_object("status");
  write_texts(out, "active", cron_job.status.active);
  if (cron_job.status.last_schedule) {
    out.instant_in_full("lastScheduleTime", *cron_job.status.last_schedule);
  }
  if (cron_job.status.last_success) {
    out.instant_in_full("lastSuccessfulTime", *cron_job.status.last_success);
  }
  out.end_object();
}

}  // namespace orrery::api
