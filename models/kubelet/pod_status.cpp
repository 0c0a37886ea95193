#include "models/kubelet/pod_status.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace orrery::kubelet {
namespace {

using Records = std::vector<const ContainerRecord*>;

bool exited(const ContainerRecord& record) { return record.stage == ContainerStage::Exited; }

bool running(const ContainerRecord& record) { return record.running(); }

bool any(const Records& records, bool (*holds)(const ContainerRecord&)) {
  return std::any_of(records.begin(), records.end(),
                     [&](const ContainerRecord* record) { return holds(*record); });
}

/// In the sense of the condition: a sidecar that restarts is not, unless a main container has been
/// started, which shows that everything was.
bool counts_as_initialized(const ContainerRecord& record) {
  return record.sidecar ? record.started : initialized(record);
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
    const bool fails_pod = exited(*record) && !restarts(policy, *record);
    return fails_pod ? api::PodPhase::Failed : api::PodPhase::Pending;
  }
  // Sidecars hold the phase while they run; ended, they have no say in it.
  bool running = any(seen.init_containers, &kubelet::running);
  bool restarting = false;
  for (const ContainerRecord* record : seen.containers) {
    if (record->running()) {
      running = true;
    } else if (exited(*record)) {
      restarting = restarting || restarts(policy, *record);
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
  status.started = record.started;
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
class NameList {
 public:
  explicit NameList(std::string prefix) : text_{std::move(prefix)} {}
  void add(const std::string& name) {
    text_ += std::exchange(separator_, ' ');
    text_ += name;
  }
  [[nodiscard]] bool empty() const { return separator_ == '['; }
  [[nodiscard]] std::string text() && { return std::move(text_ += ']'); }

 private:
  std::string text_;
  char separator_ = '[';
};

std::string incomplete_containers(const PodObservation& seen) {
  NameList names{"containers with incomplete status: "};
  const auto& specs = seen.pod.spec.init_containers;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (!counts_as_initialized(*seen.init_containers[i])) names.add(specs[i].name);
  }
  return std::move(names).text();
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

/// Main containers and sidecars that are not ready, as a message; nothing if all are.
std::optional<std::string> unready_containers(const PodObservation& seen) {
  NameList names{"containers with unready status: "};
  const auto& sidecars = seen.pod.spec.init_containers;
  for (std::size_t i = 0; i < sidecars.size(); ++i) {
    const ContainerRecord& record = *seen.init_containers[i];
    if (record.sidecar && !record.ready) names.add(sidecars[i].name);
  }
  const auto& containers = seen.pod.spec.containers;
  for (std::size_t i = 0; i < containers.size(); ++i) {
    if (!seen.containers[i]->ready) names.add(containers[i].name);
  }
  if (names.empty()) return std::nullopt;
  return std::move(names).text();
}

/// The first readiness gate whose condition is not True, as a message; nothing if all are.
std::optional<std::string> closed_gate(const api::Pod& pod) {
  for (const std::string& gate : pod.spec.readiness_gates) {
    const api::Condition* condition = api::find_condition(pod.status.conditions, gate);
    if (condition == nullptr) {
      return "corresponding condition of pod readiness gate \"" + gate + "\" does not exist.";
    }
    if (condition->status != api::ConditionStatus::True) {
      return "the status of pod readiness gate \"" + gate + "\" is not \"True\"";
    }
  }
  return std::nullopt;
}

/// The kubelet's own conditions; those of others stay as they are.
void set_conditions(api::PodStatus& status, const PodObservation& seen, const PodFailure* failure,
                    bool done_initializing, Instant now) {
  const bool disrupted = failure != nullptr && failure->disruption;
  status.conditions.reserve(seen.pod.status.conditions.size() + 5);
  for (const api::Condition& condition : seen.pod.status.conditions) {
    const bool ours = condition.type == "PodReadyToStartContainers" ||
                      condition.type == "Initialized" || condition.type == "ContainersReady" ||
                      condition.type == "Ready";
    const bool replaced = disrupted && condition.type == "DisruptionTarget";
    if (!ours && !replaced) status.conditions.push_back(condition);
  }
  const auto set = [&](Verdict verdict) {
    apply(status.conditions, std::move(verdict), seen.reported.conditions, now);
  };
  set({"PodReadyToStartContainers", seen.sandbox_ready, "", {}});
  const bool completed = status.phase == api::PodPhase::Succeeded;
  const bool init_holds = done_initializing || completed;
  set({"Initialized", init_holds, init_holds ? "" : "ContainersNotInitialized",
       init_holds ? std::string{} : incomplete_containers(seen)});
  const std::optional<std::string> unready = unready_containers(seen);
  const char* reason = "";
  if (completed) {
    reason = "PodCompleted";
  } else if (status.phase == api::PodPhase::Failed) {
    reason = "PodFailed";
  } else if (unready) {
    reason = "ContainersNotReady";
  }
  const bool ready = *reason == '\0';
  const bool names = !completed && status.phase != api::PodPhase::Failed && unready;
  const std::string message = names ? *unready : std::string{};
  set({"ContainersReady", ready, reason, message});
  const std::optional<std::string> gate = ready ? closed_gate(seen.pod) : std::nullopt;
  if (gate) {
    set({"Ready", false, "ReadinessGatesNotReady", *gate});
  } else {
    set({"Ready", ready, reason, message});
  }
  if (disrupted) set({"DisruptionTarget", true, "TerminationByKubelet", failure->message});
}

}  // namespace

bool initialized(const ContainerRecord& record) {
  return record.sidecar ? record.passed : exited(record) && record.exit.code == 0;
}

api::PodStatus make_pod_status(const PodObservation& seen, Instant now) {
  const bool anything_runs = any(seen.init_containers, &running) || any(seen.containers, &running);
  const PodFailure* failure = anything_runs ? nullptr : seen.failure;
  api::PodStatus status;
  status.phase = failure != nullptr ? api::PodPhase::Failed : make_phase(seen);
  status.reason = failure != nullptr ? failure->reason : seen.pod.status.reason;
  status.message = failure != nullptr ? failure->message : seen.pod.status.message;
  status.pod_ip = seen.pod_ip;
  status.host_ip = seen.host_ip;
  status.nominated_node_name = seen.pod.status.nominated_node_name;
  status.start_time = seen.start_time;

  const api::PodSpec& spec = seen.pod.spec;
  const bool main_started = any(seen.containers, [](const ContainerRecord& record) {
    return record.running() || ran_before(record);
  });
  const bool done_initializing =
      main_started || !any(seen.init_containers, [](const ContainerRecord& record) {
        return !counts_as_initialized(record);
      });
  status.init_container_statuses =
      make_container_statuses(spec.init_containers, seen.init_containers, "PodInitializing");
  status.container_statuses =
      make_container_statuses(spec.containers, seen.containers,
                              done_initializing ? "ContainerCreating" : "PodInitializing");
  // An init container that has done its work counts as ready.
  for (std::size_t i = 0; i < seen.init_containers.size(); ++i) {
    const ContainerRecord& record = *seen.init_containers[i];
    if (record.sidecar) continue;
    status.init_container_statuses[i].ready = initialized(record);
    status.init_container_statuses[i].started = false;
  }
  set_conditions(status, seen, failure, done_initializing, now);
  return status;
}

}  // namespace orrery::kubelet
