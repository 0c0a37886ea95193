#include "models/kubelet/pod_status.h"

#include <algorithm>

namespace orrery::kubelet {
namespace {

using Records = std::vector<const ContainerRecord*>;

bool exited(const ContainerRecord& record) { return record.stage == ContainerStage::Exited; }

bool all_initialized(const Records& init_containers) {
  return std::all_of(init_containers.begin(), init_containers.end(),
                     [](const ContainerRecord* record) { return initialized(*record); });
}

bool ran_before(const ContainerRecord& record) {
  return exited(record) || record.last.has_value() || record.restart_count > 0;
}

api::PodPhase exit_phase(const Records& containers) {
  const bool failed = std::any_of(containers.begin(), containers.end(), [](const auto* record) {
    return exited(*record) && record->exit.code != 0;
  });
  return failed ? api::PodPhase::Failed : api::PodPhase::Succeeded;
}

api::PodPhase make_phase(const PodObservation& seen) {
  const api::RestartPolicy policy = seen.pod.spec.restart_policy;
  for (const ContainerRecord* record : seen.init_containers) {
    if (initialized(*record)) continue;
    const bool fails_pod = exited(*record) && !restarts(policy, record->exit.code);
    return fails_pod ? api::PodPhase::Failed : api::PodPhase::Pending;
  }
  bool running = false;
  bool restarting = false;
  for (const ContainerRecord* record : seen.containers) {
    if (record->running()) {
      running = true;
    } else if (exited(*record)) {
      restarting = restarting || restarts(policy, record->exit.code);
    } else if (ran_before(*record)) {
      restarting = true;
    } else {
      return api::PodPhase::Pending;
    }
  }
  if (running || (restarting && !seen.terminating)) return api::PodPhase::Running;
  return exit_phase(seen.containers);
}

api::ContainerStatus make_container_status(const api::Container& spec,
                                           const ContainerRecord& record,
                                           const char* default_reason) {
  api::ContainerStatus status;
  status.name = spec.name;
  status.image = spec.image;
  status.restart_count = record.restart_count;
  status.container_id = record.id;
  status.ready = record.ready;
  std::optional<ContainerExit> last = record.last;
  if (record.running()) {
    status.phase = api::ContainerPhase::Running;
    status.started_at = record.started_at;
  } else if (exited(record) && record.waiting_reason.empty()) {
    status.phase = api::ContainerPhase::Terminated;
    status.reason = record.exit.reason;
    status.exit_code = record.exit.code;
    status.started_at = record.exit.started_at;
    status.finished_at = record.exit.finished_at;
  } else {
    status.phase = api::ContainerPhase::Waiting;
    status.reason = record.waiting_reason.empty() ? default_reason : record.waiting_reason;
    if (exited(record)) last = record.exit;
  }
  if (last) {
    status.last_exit_code = last->code;
    status.last_finished_at = last->finished_at;
    status.last_reason = last->reason;
  }
  return status;
}

std::vector<api::ContainerStatus> make_container_statuses(const std::vector<api::Container>& specs,
                                                          const Records& records,
                                                          const char* default_reason) {
  std::vector<api::ContainerStatus> statuses;
  statuses.reserve(specs.size());
  for (std::size_t i = 0; i < specs.size(); ++i) {
    statuses.push_back(make_container_status(specs[i], *records[i], default_reason));
  }
  return statuses;
}

/// "containers with unready status: [a b]"
std::string names_of(const char* prefix, const std::vector<api::Container>& specs,
                     const Records& records, bool (*left_out)(const ContainerRecord&)) {
  std::string text = prefix;
  char separator = '[';
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (left_out(*records[i])) continue;
    text += separator;
    text += specs[i].name;
    separator = ' ';
  }
  return text + "]";
}

struct Verdict {
  const char* type;
  bool holds;
  const char* reason;
  std::string message;
};

/// Replaces the condition, or leaves it untouched (dates included) if it says the same.
void apply(std::vector<api::Condition>& conditions, Verdict verdict,
           const std::vector<api::Condition>& reported, Instant now) {
  const auto status = verdict.holds ? api::ConditionStatus::True : api::ConditionStatus::False;
  api::Condition next{verdict.type, status, verdict.reason, std::move(verdict.message), now, now};
  const api::Condition* before = api::find_condition(reported, verdict.type);
  if (before != nullptr && before->status == status) {
    next.last_transition = before->last_transition;
    const bool same = before->reason == next.reason && before->message == next.message;
    if (same) next.last_update = before->last_update;
  }
  conditions.push_back(std::move(next));
}

}  // namespace

bool initialized(const ContainerRecord& record) { return exited(record) && record.exit.code == 0; }

api::PodStatus make_pod_status(const PodObservation& seen, Instant now) {
  api::PodStatus status;
  status.phase = make_phase(seen);
  status.reason = seen.pod.status.reason;
  status.message = seen.pod.status.message;
  status.pod_ip = seen.pod_ip;
  status.host_ip = seen.host_ip;
  status.start_time = seen.start_time;

  const api::PodSpec& spec = seen.pod.spec;
  const bool done_initializing = all_initialized(seen.init_containers);
  const bool waits_for_init = !done_initializing;
  status.init_container_statuses =
      make_container_statuses(spec.init_containers, seen.init_containers, "PodInitializing");
  status.container_statuses = make_container_statuses(
      spec.containers, seen.containers, waits_for_init ? "PodInitializing" : "ContainerCreating");

  for (const api::Condition& condition : seen.pod.status.conditions) {
    const bool ours = condition.type == "Initialized" || condition.type == "ContainersReady" ||
                      condition.type == "Ready";
    if (!ours) status.conditions.push_back(condition);
  }
  const bool completed = status.phase == api::PodPhase::Succeeded;
  const bool all_ready = std::all_of(seen.containers.begin(), seen.containers.end(),
                                     [](const ContainerRecord* record) { return record->ready; });
  const char* reason = "";
  std::string message;
  if (completed) {
    reason = "PodCompleted";
  } else if (status.phase == api::PodPhase::Failed) {
    reason = "PodFailed";
  } else if (!all_ready) {
    reason = "ContainersNotReady";
    message = names_of("containers with unready status: ", spec.containers, seen.containers,
                       [](const ContainerRecord& record) { return record.ready; });
  }
  const bool ready = all_ready && *reason == '\0';
  const bool init_holds = done_initializing || completed;
  apply(status.conditions,
        {"Initialized", init_holds, init_holds ? "" : "ContainersNotInitialized",
         init_holds ? std::string{}
                    : names_of("containers with incomplete status: ", spec.init_containers,
                               seen.init_containers, initialized)},
        seen.reported.conditions, now);
  apply(status.conditions, {"ContainersReady", ready, reason, message}, seen.reported.conditions,
        now);
  apply(status.conditions, {"Ready", ready, reason, message}, seen.reported.conditions, now);
  return status;
}

}  // namespace orrery::kubelet
