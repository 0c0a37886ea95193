// The part of SimNode about the life of a container's process: start, health, memory, end.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "models/kubelet/qos.h"
#include "sim/traffic/request_engine.h"
#include "sim/world/runtime_replies.h"
#include "sim/world/sim_node.h"

namespace orrery::sim {

using ports::ContainerState;
using ports::Outcome;
using ports::SandboxState;

void SimNode::finish_start(const RuntimeOperation& operation) {
  const auto found = containers_.find(operation.call.container_id);
  if (found == containers_.end()) return reply(operation, Outcome::NotFound, {});
  Process& process = found->second;
  const auto sandbox = sandboxes_.find(process.info.sandbox_id);
  if (process.info.state != ContainerState::Created || sandbox == sandboxes_.end() ||
      sandbox->second.info.state != SandboxState::Ready) {
    return reply(operation, Outcome::Refused, because("the container cannot be started"));
  }
  process.info.state = ContainerState::Running;
  process.info.started_at = environment_.kernel.now();
  const ProcessModel& model = model_of(process);
  const bool ends = process.init_container && !spec_of(process, sandbox->second).sidecar;
  if (ends && !model.runs_for) {
    // Nothing is known of an init container's work: it succeeds as soon as it has started.
    end_process(process, model.exit_code, model.exit_code == 0 ? "Completed" : "Error", Duration{});
    return reply(operation, Outcome::Ok, {});
  }
  if (!ends) open_ports(process, sandbox->second);
  begin_life(process, operation.cause);
  reply(operation, Outcome::Ok, {});
}

void SimNode::begin_life(Process& process, ports::CauseId cause) {
  process.life_cause = cause;
  using What = ContainerEvent::What;
  const Instant now = environment_.kernel.now();
  const ProcessModel& model = model_of(process);
  const std::uint64_t key = key_of_text(process.info.id);
  const auto image = environment_.images.find(process.info.image);
  const Duration start = image == environment_.images.end()
                             ? Duration{}
                             : image->second.start.draw(environment_.draws, Purpose::AppStart, key);
  schedule(What::Listens, process,
           now + std::max(Duration{}, start - environment_.timings.process_lead), cause);
  if (model.runs_for) {
    schedule(What::Ends, process,
             now + model.runs_for->draw(environment_.draws, Purpose::AppStart, key, 1), cause);
  }
  if (model.unwell_after) {
    schedule(What::HealthChanges, process, now + *model.unwell_after, cause);
    if (model.unwell_for) {
      schedule(What::HealthChanges, process, now + *model.unwell_after + *model.unwell_for, cause);
    }
  }
  watch_memory(process, cause);
  watch_node_memory(cause);
}

void SimNode::schedule(ContainerEvent::What what, const Process& process, Instant when,
                       ports::CauseId cause) {
  const bool timeout = what == ContainerEvent::What::GraceOver;
  environment_.kernel.schedule(
      when, timeout ? EventClass::Timeout : EventClass::Ordinary,
      {kind_of(WorldEvent::ContainerDue),
       environment_.container_events.put({this, what, process.info.id, cause})});
}

void SimNode::on_container_due(const ContainerEvent& event) {
  using What = ContainerEvent::What;
  if (event.what == What::NodeFull) {
    if (node_full_at_ != environment_.kernel.now()) return;  // An earlier date has taken its place.
    node_full_at_.reset();
    return watch_node_memory(event.cause);
  }
  const auto found = containers_.find(event.container_id);
  if (found == containers_.end() || found->second.info.state != ContainerState::Running) return;
  Process& process = found->second;
  switch (event.what) {
    case What::Listens:
      listen(process);
      return;
    case What::GraceOver:
      end_process(process, kExitKilled, "Error", Duration{});
      return;
    case What::Ends: {
      const std::int32_t code = model_of(process).exit_code;
      end_by_itself(process, code, code == 0 ? "Completed" : "Error", event.cause);
      return;
    }
    case What::HealthChanges:
      show_health(process);
      return;
    case What::StrainEnds:
      show_strain(process);
      return;
    case What::Outgrows:
      watch_memory(process, event.cause);
      return;
    case What::NodeFull:
      return;
  }
}

const ProcessModel& SimNode::model_of(const Process& process) const {
  static const ProcessModel kPlain;
  const auto image = environment_.images.find(process.info.image);
  return image == environment_.images.end() ? kPlain : image->second.process;
}

Duration SimNode::exit_notice(const Process& process) const {
  return environment_.timings.exit_notice.draw(environment_.draws, Purpose::RuntimeDelay,
                                               key_of_text(process.info.id), 2);
}

void SimNode::open_ports(Process& process, const Sandbox& sandbox) {
  if (!model_of(process).serves) return;
  const auto& pod = std::get<api::Pod>(*sandbox.pod);
  const api::Container& spec = spec_of(process, sandbox);
  // Its kubelet waits for no answer of its process then.
  const bool unprobed = !spec.readiness && !spec.startup;
  std::set<std::int32_t> taken;
  std::optional<std::uint32_t> cpu_group;
  for (const ServiceBinding& binding : environment_.services) {
    if (binding.namespace_name != pod.meta.namespace_name) continue;
    if (!api::has_all(pod.meta.labels, binding.selector)) continue;
    const auto port = api::resolve_port(pod.spec, binding.target_port);
    if (!port || taken.contains(*port)) continue;
    const bool declared =
        std::any_of(spec.ports.begin(), spec.ports.end(),
                    [&](const api::ContainerPort& p) { return p.container_port == *port; });
    if (!declared && pod.spec.containers.size() > 1) continue;
    taken.insert(*port);
    // All that a container serves draws on one quota.
    if (!cpu_group) cpu_group = add_cpu_group(pod.spec, spec);
    const InstanceId instance = environment_.engine.add_instance(
        {.address = sandbox.info.ip,
         .port = *port,
         .service = binding.service,
         .node = index_,
         .zone = zone_,
         .version = process.info.image,
         .cpu_group = *cpu_group,
         .labels = pod.meta.labels,
         .error_probability = model_of(process).error_probability,
         .unprobed_pod = unprobed ? to_string(api::key_of(*sandbox.pod)) : std::string{}},
        environment_.dispatcher.cause());
    if (disk_full_) environment_.engine.set_disk_full(instance, true, disk_cause_);
    process.instances.push_back(instance);
    container_of_instance_[instance] = process.info.id;
  }
}

void SimNode::listen(Process& process) {
  if (process.stopping && !model_of(process).ignores_term) return;
  if (!model_of(process).serves) return;
  process.listening = true;
  for (const InstanceId instance : process.instances) {
    environment_.engine.set_listening(instance, true);
  }
}

// --- Health ---

Illness SimNode::illness_of(const Process& process) const {
  const Instant now = environment_.kernel.now();
  if (process.illness != Illness::None && now < process.ill_until) return process.illness;
  const ProcessModel& model = model_of(process);
  if (!model.unwell_after) return Illness::None;
  const Duration age = now - process.info.started_at;
  const bool over = model.unwell_for && age >= *model.unwell_after + *model.unwell_for;
  return age >= *model.unwell_after && !over ? Illness::Fails : Illness::None;
}

/// What callers see of it.
void SimNode::show_health(Process& process) {
  const Illness illness = illness_of(process);
  for (const InstanceId instance : process.instances) {
    environment_.engine.set_failing(instance, illness == Illness::Fails,
                                    environment_.dispatcher.cause());
    environment_.engine.set_hanging(instance, illness == Illness::Hangs,
                                    environment_.dispatcher.cause());
  }
}

bool SimNode::afflict(const std::string& pod_uid, const std::string& container_name,
                      Illness illness, Duration lasts) {
  Process* process = running_process(pod_uid, container_name);
  if (process == nullptr) return false;
  process->illness = illness;
  process->ill_until = environment_.kernel.now() + lasts;
  process->ill_cause = environment_.dispatcher.cause();
  show_health(*process);
  schedule(ContainerEvent::What::HealthChanges, *process, process->ill_until,
           environment_.dispatcher.cause());
  return true;
}

// --- Memory ---

std::uint64_t SimNode::requests_of(const Process& process) const {
  std::uint64_t requests = 0;
  for (const InstanceId instance : process.instances) {
    requests += environment_.engine.view(instance).busy;
  }
  return requests;
}

std::uint64_t SimNode::served_by(const Process& process) const {
  std::uint64_t served = 0;
  for (const InstanceId instance : process.instances) {
    served += environment_.engine.view(instance).served;
  }
  return served;
}

std::int64_t SimNode::memory_now(const Process& process) const {
  const Duration age = environment_.kernel.now() - process.info.started_at;
  return memory_at(memory_of(process), age, requests_of(process), served_by(process));
}

/// Ends the process if it is over its limit; otherwise sees to it that this is asked again when it
/// may be: at the age at which it outgrows the limit, or with more requests than fit.
void SimNode::watch_memory(Process& process, ports::CauseId cause) {
  const MemoryUse use = memory_of(process);
  if (!use.any()) return;
  const auto sandbox = sandboxes_.find(process.info.sandbox_id);
  const auto& limit = spec_of(process, sandbox->second).limits.memory_bytes;
  if (!limit) return;
  if (memory_now(process) > *limit) {
    end_by_itself(process, kExitKilled, "OOMKilled", cause);
    return;
  }
  MemoryUse full = use;
  full.base += watch_requests(process, *limit);
  const auto outgrown = outgrows(full, *limit);
  if (!outgrown) return;
  schedule(ContainerEvent::What::Outgrows, process,
           std::max(process.info.started_at + *outgrown,
                    environment_.kernel.now() + Duration::nanoseconds(1)),
           cause);
}

/// Asks to be told when the requests that it works on and has answered may be more than fit.
/// Returns what they use until then, of what the limit leaves. Requires: it is within the limit.
std::int64_t SimNode::watch_requests(const Process& process, std::int64_t limit) {
  const MemoryUse use = memory_of(process);
  if (process.instances.empty()) return 0;
  const Duration age = environment_.kernel.now() - process.info.started_at;
  const std::uint64_t served = served_by(process);
  std::int64_t room = limit - memory_at(use, age, 0, served);
  const auto bounded = [](std::int64_t count) {
    return static_cast<std::uint32_t>(std::min<std::int64_t>(count, kNone - std::int64_t{1}));
  };
  std::int64_t leaked = use.per_served * static_cast<std::int64_t>(served);
  if (use.per_served > 0) {
    // As many as fit; if those it works on use memory as well, so many as one of these does.
    std::int64_t more = room / use.per_served;
    if (use.per_request > 0) more = std::min(more, use.per_request / use.per_served);
    more /= static_cast<std::int64_t>(process.instances.size());
    for (const InstanceId instance : process.instances) {
      const auto so_far = static_cast<std::int64_t>(environment_.engine.view(instance).served);
      environment_.engine.set_served_watch(instance, bounded(so_far + more));
    }
    const std::int64_t grows =
        more * static_cast<std::int64_t>(process.instances.size()) * use.per_served;
    room -= grows;
    leaked += grows;
  }
  if (use.per_request <= 0) return leaked;
  const std::int64_t fit = room / use.per_request;
  for (const InstanceId instance : process.instances) {
    environment_.engine.set_busy_watch(instance, bounded(fit));
  }
  return leaked + fit * use.per_request;
}

/// When the node has no memory left, the kernel ends the process with the highest score: what it
/// uses of the node, in thousandths, and its adjustment.
void SimNode::watch_node_memory(ports::CauseId cause) {
  if (!environment_.counts_memory || capacity_.memory_bytes <= 0) return;
  const Instant now = environment_.kernel.now();
  while (true) {
    std::int64_t used = 0;
    std::int64_t growth = 0;
    Process* worst = nullptr;
    std::int64_t worst_score = 0;
    for (auto& [id, process] : containers_) {
      if (process.info.state != ContainerState::Running) continue;
      const MemoryUse use = memory_of(process);
      const std::int64_t bytes = memory_now(process);
      used += bytes;
      growth += use.per_second;
      const Sandbox& sandbox = sandboxes_.at(process.info.sandbox_id);
      const auto& spec = std::get<api::Pod>(*sandbox.pod).spec;
      const std::int64_t score =
          1000 * bytes / capacity_.memory_bytes +
          kubelet::oom_score_adj(spec, spec_of(process, sandbox), capacity_.memory_bytes);
      if (worst == nullptr || score > worst_score) {
        worst = &process;
        worst_score = score;
      }
    }
    if (worst == nullptr) return;
    if (used > capacity_.memory_bytes) {
      end_by_itself(*worst, kExitKilled, "OOMKilled", cause);
      continue;
    }
    const auto full = outgrows({used, growth, 0}, capacity_.memory_bytes);
    if (!full) return;
    const Instant when = now + std::max(*full, Duration::nanoseconds(1));
    if (node_full_at_ && *node_full_at_ > now && *node_full_at_ <= when) return;
    node_full_at_ = when;
    schedule(ContainerEvent::What::NodeFull, *worst, when, cause);
    return;
  }
}

void SimNode::on_overload(InstanceId instance) {
  const auto owner = container_of_instance_.find(instance);
  if (owner == container_of_instance_.end()) return;
  const auto found = containers_.find(owner->second);
  if (found == containers_.end() || found->second.info.state != ContainerState::Running) return;
  Process& process = found->second;
  const auto sandbox = sandboxes_.find(process.info.sandbox_id);
  const auto& limit = spec_of(process, sandbox->second).limits.memory_bytes;
  if (!limit) return;
  if (memory_now(process) > *limit) {
    end_by_itself(process, kExitKilled, "OOMKilled", environment_.dispatcher.cause());
  } else if (model_of(process).memory.per_served > 0) {
    static_cast<void>(watch_requests(process, *limit));
  }
}

// --- End ---

void SimNode::begin_stop(const RuntimeOperation& operation) {
  const auto found = containers_.find(operation.call.container_id);
  if (found == containers_.end()) return reply(operation, Outcome::Ok, {});
  Process& process = found->second;
  if (process.info.state == ContainerState::Created) {
    process.info.state = ContainerState::Exited;
    return reply(operation, Outcome::Ok, {});
  }
  if (process.info.state != ContainerState::Running) return reply(operation, Outcome::Ok, {});
  process.stop_owner = operation.owner;
  process.stop_id = operation.id;
  process.stop_waiting = true;
  schedule(ContainerEvent::What::GraceOver, process,
           environment_.kernel.now() + operation.call.timeout, operation.cause);
  if (process.stopping) return;  // TERM was sent before; now somebody waits for the end.
  process.stopping = true;
  process.stop_cause = operation.cause;
  if (model_of(process).ignores_term) return;
  process.listening = false;
  if (process.instances.empty()) {
    end_process(process, 0, "Completed", Duration{});
    return;
  }
  for (const InstanceId instance : process.instances) {
    environment_.engine.terminate(instance, environment_.dispatcher.cause());
  }
}

void SimNode::on_drained(InstanceId instance) {
  const auto owner = container_of_instance_.find(instance);
  if (owner == container_of_instance_.end()) return;
  const auto found = containers_.find(owner->second);
  if (found == containers_.end() || found->second.info.state != ContainerState::Running) return;
  Process& process = found->second;
  bool drains = true;
  for (const InstanceId other : process.instances) {
    const InstanceView view = environment_.engine.view(other);
    if (view.state != InstanceState::Stopped && view.busy + view.queued > 0) return;
    for (const ServiceBinding& binding : environment_.services) {
      if (binding.service == environment_.engine.spec(other).service) {
        drains = drains && binding.drains_on_term;
      }
    }
  }
  // The last request has ended by itself; what ends the process is whoever sent TERM.
  environment_.dispatcher.set_cause(process.stop_cause);
  end_process(process, drains ? 0 : kExitTerminated, drains ? "Completed" : "Error", Duration{});
  environment_.dispatcher.set_cause(0);
}

/// The process is gone now; whoever listens hears of it after `notice`, and a waiting StopContainer
/// is answered once the runtime has cleaned up.
void SimNode::end_by_itself(Process& process, std::int32_t exit_code, const std::string& reason,
                            ports::CauseId cause) {
  Dispatcher& dispatcher = environment_.dispatcher;
  const ports::CauseId before = dispatcher.cause();
  if (!process.instances.empty()) {
    const Sandbox& sandbox = sandboxes_.at(process.info.sandbox_id);
    dispatcher.set_cause(environment_.log.append(
        environment_.kernel.now(), cause, "ended", to_string(api::key_of(*sandbox.pod)),
        fmt::format("container {}: {}", spec_of(process, sandbox).name, reason)));
  }
  end_process(process, exit_code, reason, exit_notice(process));
  dispatcher.set_cause(before);
}

void SimNode::end_process(Process& process, std::int32_t exit_code, std::string reason,
                          Duration notice) {
  for (const InstanceId instance : process.instances) {
    environment_.engine.kill(instance, environment_.dispatcher.cause());
  }
  end_stress(process);
  process.info.state = ContainerState::Exited;
  process.info.exit_code = exit_code;
  process.info.reason = reason;
  process.info.finished_at = environment_.kernel.now();
  process.listening = false;
  if (listener_owner_) {
    environment_.dispatcher.deliver(
        environment_.kernel.now() + notice,
        {.owner = *listener_owner_,
         .kind = ports::EventKind::RuntimeEvent,
         .outcome = Outcome::Ok,
         .id = 0,
         .body = std::make_shared<const ports::EventBody>(
             ports::RuntimeNotice{.what = ports::RuntimeNotice::What::ContainerExited,
                                  .id = process.info.id,
                                  .exit_code = exit_code,
                                  .reason = std::move(reason),
                                  .at = process.info.finished_at})});
  }
  if (process.stop_waiting) {
    process.stop_waiting = false;
    const Duration time = environment_.timings.stop_container.draw(
        environment_.draws, Purpose::RuntimeDelay, key_of_text(process.info.id), 1);
    environment_.dispatcher.deliver(
        environment_.kernel.now() + time,
        {.owner = process.stop_owner,
         .kind = ports::EventKind::RuntimeReply,
         .outcome = Outcome::Ok,
         .id = process.stop_id,
         .body = std::make_shared<const ports::EventBody>(ports::RuntimeResult{})});
  }
}

std::vector<InstanceId> SimNode::instances_of(const std::string& pod_uid) const {
  std::vector<InstanceId> instances;
  for (const auto& [id, process] : containers_) {
    if (process.info.state != ContainerState::Running) continue;
    if (!pod_uid.empty() && sandboxes_.at(process.info.sandbox_id).info.pod_uid != pod_uid) {
      continue;
    }
    instances.insert(instances.end(), process.instances.begin(), process.instances.end());
  }
  return instances;
}

SimNode::Process* SimNode::running_process(const std::string& pod_uid,
                                           const std::string& container_name) {
  for (auto& [id, process] : containers_) {
    if (process.info.state != ContainerState::Running) continue;
    const auto sandbox = sandboxes_.find(process.info.sandbox_id);
    if (sandbox == sandboxes_.end() || sandbox->second.info.pod_uid != pod_uid) continue;
    if (container_name.empty() ? process.init_container : process.info.name != container_name) {
      continue;
    }
    return &process;
  }
  return nullptr;
}

bool SimNode::kill_container(const std::string& pod_uid, const std::string& container_name) {
  Process* process = running_process(pod_uid, container_name);
  if (process == nullptr) return false;
  end_process(*process, kExitKilled, "Error", exit_notice(*process));
  return true;
}

}  // namespace orrery::sim
