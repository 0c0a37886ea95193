// The part of SimNode that makes health checks.
#include <algorithm>
#include <utility>

#include "sim/traffic/request_engine.h"
#include "sim/world/runtime_replies.h"
#include "sim/world/sim_node.h"

namespace orrery::sim {
namespace {

using ports::ContainerState;
using ports::Outcome;

constexpr std::int32_t kOk = 200;
constexpr std::int32_t kUnavailable = 503;
constexpr std::int32_t kExecFailed = 1;

PendingProbe::Kind kind_of_action(const api::ProbeAction& action) {
  if (std::holds_alternative<api::ExecAction>(action)) return PendingProbe::Kind::Exec;
  if (std::holds_alternative<api::TcpSocketAction>(action)) return PendingProbe::Kind::Tcp;
  if (std::holds_alternative<api::GrpcAction>(action)) return PendingProbe::Kind::Grpc;
  return PendingProbe::Kind::Http;
}

bool declares(const api::Container& container, std::int32_t port) {
  return std::any_of(container.ports.begin(), container.ports.end(),
                     [&](const api::ContainerPort& p) { return p.container_port == port; });
}

}  // namespace

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
                       .kind = kind_of_action(*request.action),
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

/// A process listens on the ports that its container declares and on those that Services send its
/// requests to. Ports need not be declared: a container that names none is taken to listen on every
/// port that no other one of the pod has, one that names some on no others.
SimNode::Process* SimNode::listener(const std::string& address, std::int32_t port) {
  if (address == name_) return host_listener(port);
  const auto sandbox_id = sandbox_of_address_.find(address);
  if (sandbox_id == sandbox_of_address_.end()) return nullptr;
  const Sandbox& sandbox = sandboxes_.at(sandbox_id->second);
  const auto serves = [&](InstanceId instance) {
    return environment_.engine.spec(instance).port == port;
  };
  Process* any = nullptr;
  for (const std::string& id : sandbox.containers) {
    Process& process = containers_.at(id);
    if (!process.listening) continue;
    const api::Container& container = spec_of(process, sandbox);
    if (declares(container, port)) return &process;
    if (std::any_of(process.instances.begin(), process.instances.end(), serves)) return &process;
    if (any == nullptr && container.ports.empty()) any = &process;
  }
  return any;
}

SimNode::Process* SimNode::host_listener(std::int32_t port) {
  for (auto& [id, process] : containers_) {
    if (!process.listening) continue;
    const auto sandbox = sandboxes_.find(process.info.sandbox_id);
    if (sandbox == sandboxes_.end() || sandbox->second.info.ip != name_) continue;
    if (declares(spec_of(process, sandbox->second), port)) return &process;
  }
  return nullptr;
}

void SimNode::on_probe(const PendingProbe& probe) {
  if (crashed_) return;
  const bool exec = probe.kind == PendingProbe::Kind::Exec;
  Process* process = nullptr;
  if (exec) {
    const auto found = containers_.find(probe.container_id);
    if (found != containers_.end() && found->second.info.state == ContainerState::Running) {
      process = &found->second;
    }
  } else {
    process = listener(probe.address, probe.port);
  }
  const Instant now = environment_.kernel.now();
  Instant done = exec ? probe.sent + probe.exec_time : now + environment_.probe_latency;
  if (process == nullptr) {
    return answer(probe, done, exec ? Outcome::Unreachable : Outcome::Refused, 0);
  }
  const Illness illness = illness_of(*process);
  const ports::CauseId cause = process->illness != Illness::None && now < process->ill_until
                                   ? process->ill_cause
                                   : process->life_cause;
  if (probe.kind == PendingProbe::Kind::Tcp) return answer(probe, done, Outcome::Ok, 0);
  if (illness == Illness::Hangs) done = std::max(done, process->ill_until);
  if (illness == Illness::Fails) {
    const bool http = probe.kind == PendingProbe::Kind::Http;
    return answer(probe, done, Outcome::Refused,
                  exec   ? kExecFailed
                  : http ? kUnavailable
                         : 0,
                  cause);
  }
  if (!exec && illness == Illness::None) {
    for (const InstanceId instance : process->instances) {
      if (environment_.engine.spec(instance).port != probe.port) continue;
      if (!environment_.engine.probes_share_threads(instance)) continue;
      environment_.engine.serve_probe(instance, environment_.probes.put(probe),
                                      probe.sent + probe.timeout);
      return;
    }
  }
  answer(probe, done, Outcome::Ok, probe.kind == PendingProbe::Kind::Http ? kOk : 0, cause);
}

void SimNode::on_probe_served(const PendingProbe& probe, const ProbeAnswer& end) {
  if (crashed_) return;
  const bool http = probe.kind == PendingProbe::Kind::Http;
  const Instant now = environment_.kernel.now();
  switch (end.outcome) {
    case RequestOutcome::Ok:
      return answer(probe, now, Outcome::Ok, http ? kOk : 0);
    case RequestOutcome::Timeout:
      return answer(probe, probe.sent + probe.timeout, Outcome::Timeout, 0, end.cause);
    default:
      return answer(probe, now, Outcome::Refused, 0, end.cause);
  }
}

/// `cause`: of its failing, if it fails.
void SimNode::answer(const PendingProbe& probe, Instant done, Outcome outcome, std::int32_t value,
                     ports::CauseId cause) {
  const Instant deadline = probe.sent + probe.timeout;
  if (done >= deadline) {
    done = deadline;
    if (outcome != Outcome::Unreachable) {
      outcome = Outcome::Timeout;
      value = 0;
    }
  }
  environment_.dispatcher.deliver(
      std::max(done, environment_.kernel.now()),
      {.owner = probe.owner,
       .kind = ports::EventKind::ProbeResult,
       .outcome = outcome,
       .value = value,
       .id = probe.id,
       .cause = outcome == Outcome::Ok || cause == 0 ? probe.cause : cause,
       .body = nullptr});
}

}  // namespace orrery::sim
