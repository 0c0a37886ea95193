#include "sim/world/sim_node.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/api/reading.h"

namespace orrery::sim {
namespace {

using ports::ContainerState;
using ports::Outcome;
using ports::RuntimeVerb;
using ports::SandboxState;

constexpr std::int32_t kExitKilled = 137;      // 128 + SIGKILL
constexpr std::int32_t kExitTerminated = 143;  // 128 + SIGTERM
constexpr std::int32_t kExitLost = 255;        // containerd's answer for a task it lost

std::uint64_t key_of_text(const std::string& text) { return key_of(text.data(), text.size()); }

/// What a call is about: the draws of one container's life do not depend on any other's.
std::uint64_t subject_key(const ports::RuntimeCall& call) {
  const std::string* subject = &call.image;
  if (!call.container_id.empty()) {
    subject = &call.container_id;
  } else if (call.pod != nullptr) {
    subject = &api::meta_of(*call.pod).uid;
  } else if (!call.sandbox_id.empty()) {
    subject = &call.sandbox_id;
  }
  return key_of_text(*subject) + static_cast<std::uint64_t>(call.verb) * 0x9e37 +
         call.container_index;
}

/// Why a call failed, for people.
ports::RuntimeResult because(std::string message) {
  ports::RuntimeResult result;
  result.message = std::move(message);
  return result;
}

ports::RuntimeResult with_id(std::string id) {
  ports::RuntimeResult result;
  result.id = std::move(id);
  return result;
}

/// How long `sleep N` takes, in the spellings that manifests use; nothing for other commands.
std::optional<Duration> sleep_time(const std::vector<std::string>& command) {
  std::string text;
  if (command.size() == 2 && (command[0] == "sleep" || command[0] == "/bin/sleep")) {
    text = command[1];
  } else if (command.size() == 3 && command[1] == "-c" && command[2].starts_with("sleep ")) {
    text = command[2].substr(6);
  } else if (command.size() == 3 && command[1] == "sleep") {  // a program with a sleep verb
    text = command[2];
  }
  if (text.empty()) return std::nullopt;
  if (text.back() >= '0' && text.back() <= '9') text += "s";
  return parse_duration(text);
}

}  // namespace

bool dispatch(NodeEnvironment& environment, KernelEvent event) {
  switch (static_cast<WorldEvent>(event.kind)) {
    case WorldEvent::RuntimeDone: {
      const RuntimeOperation operation = environment.operations.take(event.index);
      environment.dispatcher.set_cause(operation.cause);
      operation.node->on_runtime_done(operation);
      break;
    }
    case WorldEvent::ProbeArrives: {
      const PendingProbe probe = environment.probes.take(event.index);
      environment.dispatcher.set_cause(probe.cause);
      probe.node->on_probe(probe);
      break;
    }
    case WorldEvent::AppListens: {
      const ContainerEvent start = environment.container_events.take(event.index);
      environment.dispatcher.set_cause(start.cause);
      start.node->on_app_listens(start.container_id);
      break;
    }
    case WorldEvent::GraceOver: {
      const ContainerEvent stop = environment.container_events.take(event.index);
      environment.dispatcher.set_cause(stop.cause);
      stop.node->on_grace_over(stop.container_id);
      break;
    }
    default:
      return false;
  }
  environment.dispatcher.set_cause(0);
  return true;
}

SimNode::SimNode(NodeEnvironment& environment, std::string name, std::uint32_t index,
                 std::uint32_t zone)
    : environment_{environment}, name_{std::move(name)}, index_{index}, zone_{zone} {
  for (const auto& [image, model] : environment_.images) {
    if (model.on_nodes) images_.insert(image);
  }
}

Duration SimNode::time_of(const ports::RuntimeCall& call) const {
  const RuntimeTimings& t = environment_.timings;
  const auto draw = [&](const Distribution& d) {
    return d.draw(environment_.draws, Purpose::RuntimeDelay, subject_key(call), call.attempt);
  };
  switch (call.verb) {
    case RuntimeVerb::List:
      return draw(t.list);
    case RuntimeVerb::ImageStatus:
      return draw(t.image_status);
    case RuntimeVerb::PullImage:
      return draw(t.image_status);  // then the transfer
    case RuntimeVerb::RunSandbox:
      return draw(t.run_sandbox);
    case RuntimeVerb::CreateContainer:
      return draw(call.attempt == 0 ? t.create_container : t.create_after_exit);
    case RuntimeVerb::StartContainer:
      return draw(t.start_container);
    case RuntimeVerb::Exec:
      return draw(t.exec) + sleep_time(call.command).value_or(Duration{});
    case RuntimeVerb::StopContainer:
      return Duration{};  // begun at once, see begin_stop
    case RuntimeVerb::RemoveContainer:
      return draw(t.remove_container);
    case RuntimeVerb::StopSandbox:
      return draw(t.stop_sandbox);
    case RuntimeVerb::RemoveSandbox:
      return draw(t.remove_sandbox);
  }
  contract_violation("a runtime verb has one of the known values");
}

void SimNode::call(ports::OwnerId owner, ports::CallId id, ports::RuntimeCall call) {
  if (call.verb == RuntimeVerb::List && !crashed_) listener_owner_ = owner;
  Duration time = time_of(call);
  if (call.verb == RuntimeVerb::Exec && call.timeout > Duration{}) {
    time = std::min(time, call.timeout);
  }
  RuntimeOperation operation{
      this, owner, id, std::move(call), environment_.dispatcher.cause(), incarnation_};
  environment_.kernel.schedule(
      environment_.kernel.now() + time, EventClass::Ordinary,
      {kind_of(WorldEvent::RuntimeDone), environment_.operations.put(std::move(operation))});
}

void SimNode::reply(const RuntimeOperation& operation, Outcome outcome,
                    ports::RuntimeResult result) {
  environment_.dispatcher.deliver(
      environment_.kernel.now(),
      {.owner = operation.owner,
       .kind = ports::EventKind::RuntimeReply,
       .outcome = outcome,
       .id = operation.id,
       .cause = operation.cause,
       .body = std::make_shared<const ports::EventBody>(std::move(result))});
}

void SimNode::on_runtime_done(const RuntimeOperation& operation) {
  if (operation.incarnation != incarnation_ || crashed_) return;
  environment_.dispatcher.fingerprint().add(
      environment_.kernel.now(),
      (std::uint64_t{index_} << 24) | 0xb000 | static_cast<std::uint64_t>(operation.call.verb),
      operation.id);
  const bool caller_lives = environment_.dispatcher.alive(operation.owner);
  const ports::RuntimeCall& call = operation.call;
  switch (call.verb) {
    case RuntimeVerb::List:
      if (caller_lives) finish_list(operation);
      return;
    case RuntimeVerb::ImageStatus:
      reply(operation, images_.contains(call.image) ? Outcome::Ok : Outcome::NotFound, {});
      return;
    case RuntimeVerb::PullImage: {
      if (images_.contains(call.image)) return on_pull_done(operation, true);
      const auto image = environment_.images.find(call.image);
      if (image == environment_.images.end()) {
        reply(operation, Outcome::NotFound, because("no such image: " + call.image));
        return;
      }
      if (environment_.fabric == nullptr || !caller_lives) return;
      environment_.fabric->start_pull(environment_.kernel.now(), index_,
                                      static_cast<std::uint64_t>(image->second.bytes),
                                      environment_.operations.put(operation));
      return;
    }
    case RuntimeVerb::RunSandbox:
      if (caller_lives) finish_run_sandbox(operation);
      return;
    case RuntimeVerb::CreateContainer:
      if (caller_lives) finish_create(operation);
      return;
    case RuntimeVerb::StartContainer:
      if (caller_lives) finish_start(operation);
      return;
    case RuntimeVerb::Exec: {
      const auto found = containers_.find(call.container_id);
      if (found == containers_.end()) return reply(operation, Outcome::NotFound, {});
      if (found->second.info.state != ContainerState::Running) {
        return reply(operation, Outcome::Refused, because("the container does not run"));
      }
      const Duration wanted = sleep_time(call.command).value_or(Duration{});
      const bool late = call.timeout > Duration{} && wanted >= call.timeout;
      return reply(operation, late ? Outcome::Timeout : Outcome::Ok, {});
    }
    case RuntimeVerb::StopContainer:
      return begin_stop(operation);
    case RuntimeVerb::RemoveContainer: {
      const auto found = containers_.find(call.container_id);
      if (found != containers_.end()) {
        if (found->second.info.state == ContainerState::Running) {
          return reply(operation, Outcome::Refused, because("the container runs"));
        }
        for (const InstanceId instance : found->second.instances) {
          container_of_instance_.erase(instance);
        }
        containers_.erase(found);
      }
      return reply(operation, Outcome::Ok, {});
    }
    case RuntimeVerb::StopSandbox:
      return finish_stop_sandbox(operation);
    case RuntimeVerb::RemoveSandbox: {
      const auto found = sandboxes_.find(call.sandbox_id);
      if (found != sandboxes_.end()) {
        if (found->second.info.state == SandboxState::Ready) {
          return reply(operation, Outcome::Refused, because("the sandbox runs"));
        }
        sandbox_of_address_.erase(found->second.info.ip);
        std::erase_if(containers_, [&](auto& entry) {
          if (entry.second.info.sandbox_id != call.sandbox_id) return false;
          for (const InstanceId instance : entry.second.instances) {
            environment_.engine.remove(instance);
            container_of_instance_.erase(instance);
          }
          return true;
        });
        sandboxes_.erase(found);
      }
      return reply(operation, Outcome::Ok, {});
    }
  }
}

void SimNode::finish_list(const RuntimeOperation& operation) {
  ports::RuntimeResult result;
  for (const auto& [id, sandbox] : sandboxes_) {
    result.sandboxes.push_back(sandbox.info);
    result.sandboxes.back().pod_json = api::to_json_text(*sandbox.pod);
  }
  for (const auto& [id, process] : containers_) result.containers.push_back(process.info);
  reply(operation, Outcome::Ok, std::move(result));
}

void SimNode::finish_run_sandbox(const RuntimeOperation& operation) {
  const auto& pod = std::get<api::Pod>(*operation.call.pod);
  for (const auto& [id, other] : sandboxes_) {
    if (other.info.pod_uid == pod.meta.uid && other.info.attempt == operation.call.attempt) {
      return reply(operation, Outcome::AlreadyExists, because("the sandbox name is reserved"));
    }
  }
  Sandbox sandbox;
  sandbox.pod = operation.call.pod;
  sandbox.info.id = fmt::format("s{}-{}", index_, next_id_++);
  sandbox.info.pod_uid = pod.meta.uid;
  sandbox.info.pod_name = pod.meta.name;
  sandbox.info.pod_namespace = pod.meta.namespace_name;
  sandbox.info.attempt = operation.call.attempt;
  // A /20 per node: addresses are used again only after 4,094 others.
  do {
    const std::uint32_t host = (index_ << 12) | next_address_;
    next_address_ = next_address_ % 4094 + 1;
    sandbox.info.ip =
        fmt::format("10.{}.{}.{}", 64 + (host >> 16), (host >> 8) & 0xff, host & 0xff);
  } while (sandbox_of_address_.contains(sandbox.info.ip));
  sandbox_of_address_[sandbox.info.ip] = sandbox.info.id;
  ports::RuntimeResult result = with_id(sandbox.info.id);
  result.ip = sandbox.info.ip;
  sandboxes_.emplace(sandbox.info.id, std::move(sandbox));
  reply(operation, Outcome::Ok, std::move(result));
}

void SimNode::finish_create(const RuntimeOperation& operation) {
  const auto sandbox = sandboxes_.find(operation.call.sandbox_id);
  if (sandbox == sandboxes_.end() || sandbox->second.info.state != SandboxState::Ready) {
    return reply(operation, Outcome::NotFound, because("no such sandbox, or it has ended"));
  }
  const auto& pod = std::get<api::Pod>(*operation.call.pod);
  const auto& specs =
      operation.call.init_container ? pod.spec.init_containers : pod.spec.containers;
  const api::Container& spec = specs[operation.call.container_index];
  if (!images_.contains(spec.image)) {
    return reply(operation, Outcome::NotFound, because("no such image: " + spec.image));
  }
  for (const auto& [id, other] : containers_) {
    if (other.info.sandbox_id == operation.call.sandbox_id && other.info.name == spec.name &&
        other.info.attempt == operation.call.attempt) {
      return reply(operation, Outcome::AlreadyExists, because("the container name is reserved"));
    }
  }
  Process process;
  process.info.id = fmt::format("c{}-{}", index_, next_id_++);
  process.info.sandbox_id = operation.call.sandbox_id;
  process.info.name = spec.name;
  process.info.attempt = operation.call.attempt;
  process.info.image = spec.image;
  process.spec_index = operation.call.container_index;
  process.init_container = operation.call.init_container;
  ports::RuntimeResult result = with_id(process.info.id);
  containers_.emplace(process.info.id, std::move(process));
  reply(operation, Outcome::Ok, std::move(result));
}

const api::Container& SimNode::spec_of(const Process& process, const Sandbox& sandbox) const {
  const auto& pod = std::get<api::Pod>(*sandbox.pod);
  return (process.init_container ? pod.spec.init_containers
                                 : pod.spec.containers)[process.spec_index];
}

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
  if (process.init_container) {
    // An init container's work is not modelled: it succeeds as soon as it has started.
    end_process(process, 0, "Completed", Duration{});
    return reply(operation, Outcome::Ok, {});
  }
  open_ports(process, sandbox->second);
  const auto image = environment_.images.find(process.info.image);
  const Duration start = image == environment_.images.end()
                             ? Duration{}
                             : image->second.start.draw(environment_.draws, Purpose::AppStart,
                                                        key_of_text(process.info.id));
  environment_.kernel.schedule(
      environment_.kernel.now() + std::max(Duration{}, start - environment_.timings.process_lead),
      EventClass::Ordinary,
      {kind_of(WorldEvent::AppListens),
       environment_.container_events.put({this, process.info.id, operation.cause})});
  reply(operation, Outcome::Ok, {});
}

void SimNode::open_ports(Process& process, const Sandbox& sandbox) {
  const auto& pod = std::get<api::Pod>(*sandbox.pod);
  const api::Container& spec = spec_of(process, sandbox);
  std::set<std::int32_t> taken;
  for (const ServiceBinding& binding : environment_.services) {
    if (binding.namespace_name != pod.meta.namespace_name) continue;
    if (!api::matches(api::LabelSelector{binding.selector, {}}, pod.meta.labels)) continue;
    const auto port = api::resolve_port(pod.spec, binding.target_port);
    if (!port || taken.contains(*port)) continue;
    const bool declared =
        std::any_of(spec.ports.begin(), spec.ports.end(),
                    [&](const api::ContainerPort& p) { return p.container_port == *port; });
    if (!declared && pod.spec.containers.size() > 1) continue;
    taken.insert(*port);
    const InstanceId instance = environment_.engine.add_instance({.address = sandbox.info.ip,
                                                                  .port = *port,
                                                                  .service = binding.service,
                                                                  .node = index_,
                                                                  .zone = zone_,
                                                                  .version = process.info.image});
    process.instances.push_back(instance);
    container_of_instance_[instance] = process.info.id;
  }
}

void SimNode::on_app_listens(const std::string& container_id) {
  const auto found = containers_.find(container_id);
  if (found == containers_.end()) return;
  Process& process = found->second;
  if (process.info.state != ContainerState::Running || process.stopping) return;
  process.listening = true;
  for (const InstanceId instance : process.instances) {
    environment_.engine.set_listening(instance, true);
  }
}

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
  environment_.kernel.schedule(
      environment_.kernel.now() + operation.call.timeout, EventClass::Timeout,
      {kind_of(WorldEvent::GraceOver),
       environment_.container_events.put({this, process.info.id, operation.cause})});
  if (process.stopping) return;  // TERM was sent before; now somebody waits for the end.
  process.stopping = true;
  process.listening = false;
  if (process.instances.empty()) {
    end_process(process, 0, "Completed", Duration{});
    return;
  }
  for (const InstanceId instance : process.instances) environment_.engine.terminate(instance);
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
  end_process(process, drains ? 0 : kExitTerminated, drains ? "Completed" : "Error", Duration{});
}

void SimNode::on_grace_over(const std::string& container_id) {
  const auto found = containers_.find(container_id);
  if (found == containers_.end() || found->second.info.state != ContainerState::Running) return;
  end_process(found->second, kExitKilled, "Error", Duration{});
}

/// The process is gone now; whoever listens hears of it after `notice`, and a waiting StopContainer
/// is answered once the runtime has cleaned up.
void SimNode::end_process(Process& process, std::int32_t exit_code, std::string reason,
                          Duration notice) {
  for (const InstanceId instance : process.instances) environment_.engine.kill(instance);
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

void SimNode::finish_stop_sandbox(const RuntimeOperation& operation) {
  const auto found = sandboxes_.find(operation.call.sandbox_id);
  if (found == sandboxes_.end()) return reply(operation, Outcome::Ok, {});
  for (auto& [id, process] : containers_) {
    if (process.info.sandbox_id == found->first && process.info.state == ContainerState::Running) {
      end_process(process, kExitKilled, "Error", Duration{});
    }
  }
  found->second.info.state = SandboxState::NotReady;
  reply(operation, Outcome::Ok, {});
}

void SimNode::on_pull_done(const RuntimeOperation& operation, bool arrived) {
  if (operation.incarnation != incarnation_ || crashed_) return;
  if (!arrived) {
    return reply(operation, Outcome::Refused, because("the transfer of the image failed"));
  }
  images_.insert(operation.call.image);
  reply(operation, Outcome::Ok, with_id(operation.call.image));
}

SimNode::Process* SimNode::running(const std::string& pod_uid, const std::string& container_name) {
  for (auto& [id, process] : containers_) {
    if (process.info.state != ContainerState::Running) continue;
    const auto sandbox = sandboxes_.find(process.info.sandbox_id);
    if (sandbox == sandboxes_.end() || sandbox->second.info.pod_uid != pod_uid) continue;
    if (container_name.empty() || process.info.name == container_name) return &process;
  }
  return nullptr;
}

bool SimNode::kill_container(const std::string& pod_uid, const std::string& container_name) {
  Process* process = running(pod_uid, container_name);
  if (process == nullptr) return false;
  const Duration notice = environment_.timings.exit_notice.draw(
      environment_.draws, Purpose::RuntimeDelay, key_of_text(process->info.id), 2);
  end_process(*process, kExitKilled, "Error", notice);
  return true;
}

bool SimNode::set_checks(const std::string& pod_uid, const std::string& container_name,
                         CheckAnswers answers) {
  Process* process = running(pod_uid, container_name);
  if (process == nullptr) return false;
  process->checks = answers;
  return true;
}

void SimNode::crash() {
  expects(!crashed_, "a node crashes once before it is back");
  crashed_ = true;
  ++incarnation_;
  environment_.engine.lose_node(index_);
  for (auto& [id, process] : containers_) {
    process.listening = false;
    process.stop_waiting = false;
    process.instances.clear();
    if (process.info.state == ContainerState::Exited) continue;
    process.info.state = ContainerState::Exited;
    process.info.exit_code = kExitLost;
    process.info.reason = "Unknown";
    process.info.finished_at = environment_.kernel.now();
  }
  container_of_instance_.clear();
  for (auto& [id, sandbox] : sandboxes_) sandbox.info.state = SandboxState::NotReady;
  listener_owner_.reset();
}

void SimNode::restore() {
  expects(crashed_, "a node that is restored has crashed");
  crashed_ = false;
}

namespace {

PendingProbe::Kind kind_of_check(const api::ProbeAction& action) {
  if (std::holds_alternative<api::ExecAction>(action)) return PendingProbe::Kind::Exec;
  return std::holds_alternative<api::TcpSocketAction>(action) ? PendingProbe::Kind::Connection
                                                              : PendingProbe::Kind::Request;
}

}  // namespace

void SimNode::probe(ports::OwnerId owner, ports::CallId id, const ports::ProbeRequest& request) {
  PendingProbe pending{.node = this,
                       .owner = owner,
                       .id = id,
                       .address = std::string{request.address},
                       .port = request.port,
                       .container_id = std::string{request.container_id},
                       .sent = environment_.kernel.now(),
                       .timeout = request.timeout,
                       .exec_time = {},
                       .kind = kind_of_check(*request.action),
                       .cause = environment_.dispatcher.cause()};
  const bool exec = pending.kind == PendingProbe::Kind::Exec;
  if (exec) {
    const auto& command = std::get<api::ExecAction>(*request.action).command;
    pending.exec_time = environment_.timings.exec.draw(environment_.draws, Purpose::RuntimeDelay,
                                                       key_of_text(pending.container_id) + id) +
                        sleep_time(command).value_or(Duration{});
  }
  environment_.kernel.schedule(
      environment_.kernel.now() + (exec ? Duration{} : environment_.probe_latency),
      EventClass::Ordinary,
      {kind_of(WorldEvent::ProbeArrives), environment_.probes.put(std::move(pending))});
}

SimNode::Process* SimNode::listener(const std::string& address, std::int32_t port) {
  const auto sandbox_id = sandbox_of_address_.find(address);
  if (sandbox_id == sandbox_of_address_.end()) return nullptr;
  const Sandbox& sandbox = sandboxes_.at(sandbox_id->second);
  Process* any = nullptr;
  for (auto& [id, process] : containers_) {
    if (process.info.sandbox_id != sandbox_id->second || !process.listening) continue;
    for (const api::ContainerPort& declared : spec_of(process, sandbox).ports) {
      if (declared.container_port == port) return &process;
    }
    // Ports need not be declared: an undeclared one is taken to be the first listener's.
    if (any == nullptr) any = &process;
  }
  return any;
}

void SimNode::on_probe(const PendingProbe& probe) {
  if (crashed_) return;
  Outcome outcome = Outcome::Refused;
  std::int32_t value = 0;
  Instant answered = environment_.kernel.now() + environment_.probe_latency;
  if (probe.kind == PendingProbe::Kind::Exec) {
    const auto found = containers_.find(probe.container_id);
    const bool runs =
        found != containers_.end() && found->second.info.state == ContainerState::Running;
    const CheckAnswers checks = runs ? found->second.checks : CheckAnswers{};
    const Duration time = checks.hangs ? probe.timeout : std::min(probe.exec_time, probe.timeout);
    answered = probe.sent + time;
    if (!runs) {
      outcome = Outcome::Unreachable;
    } else if (time >= probe.timeout) {
      outcome = Outcome::Timeout;
    } else {
      value = checks.exec_exit_code;
      outcome = value == 0 ? Outcome::Ok : Outcome::Refused;
    }
  } else if (const Process* process = listener(probe.address, probe.port)) {
    if (probe.kind == PendingProbe::Kind::Connection) {
      outcome = Outcome::Ok;
    } else if (process->checks.hangs) {
      outcome = Outcome::Timeout;
      answered = probe.sent + probe.timeout;
    } else {
      value = process->checks.http_status;
      outcome = value >= 200 && value < 400 ? Outcome::Ok : Outcome::Refused;
    }
  }
  environment_.dispatcher.deliver(answered, {.owner = probe.owner,
                                             .kind = ports::EventKind::ProbeResult,
                                             .outcome = outcome,
                                             .value = value,
                                             .id = probe.id,
                                             .cause = probe.cause,
                                             .body = nullptr});
}

}  // namespace orrery::sim
