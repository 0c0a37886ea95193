#include "sim/world/sim_node.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/api/reading.h"
#include "sim/traffic/request_engine.h"
#include "sim/world/runtime_replies.h"

namespace orrery::sim {
namespace {

using ports::ContainerState;
using ports::Outcome;
using ports::RuntimeVerb;
using ports::SandboxState;

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
    case WorldEvent::ContainerDue: {
      const ContainerEvent due = environment.container_events.take(event.index);
      environment.dispatcher.set_cause(due.cause);
      due.node->on_container_due(due);
      break;
    }
    default:
      return false;
  }
  environment.dispatcher.set_cause(0);
  return true;
}

SimNode::SimNode(NodeEnvironment& environment, std::string name, std::uint32_t index,
                 std::uint32_t zone, NodeCapacity capacity)
    : environment_{environment},
      name_{std::move(name)},
      index_{index},
      zone_{zone},
      capacity_{capacity},
      images_{environment.images},
      storage_{environment.storage} {}

Duration SimNode::time_of(const ports::RuntimeCall& call) const {
  const RuntimeTimings& t = environment_.timings;
  const auto draw = [&](const Distribution& d) {
    return d.draw(environment_.draws, Purpose::RuntimeDelay, subject_key(call), call.attempt);
  };
  switch (call.verb) {
    case RuntimeVerb::List:
      return draw(t.list);
    case RuntimeVerb::ImageStatus:
    case RuntimeVerb::Images:
    case RuntimeVerb::RemoveImage:
    case RuntimeVerb::Stats:
      return draw(t.image_status);
    case RuntimeVerb::PullImage:
      return draw(t.image_status);  // The manifest; then the transfer of layers.
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
    case RuntimeVerb::PrepareVolume: {
      const bool disk = call.volume->kind == ports::VolumeOrder::Kind::Disk;
      return draw(disk ? t.mount_disk : t.prepare_volume);
    }
    case RuntimeVerb::RemoveVolumes:
      return draw(t.remove_volumes);
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
      reply(operation, images_.has(call.image) ? Outcome::Ok : Outcome::NotFound, {});
      return;
    case RuntimeVerb::PullImage:
      return pull(operation);
    case RuntimeVerb::Images: {
      ports::RuntimeResult result;
      result.images = images_.list();
      return reply(operation, Outcome::Ok, std::move(result));
    }
    case RuntimeVerb::RemoveImage:
      return remove_image(operation);
    case RuntimeVerb::Stats:
      return finish_stats(operation);
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
        sandboxes_.at(found->second.info.sandbox_id).containers.erase(found->first);
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
        sandbox_names_.erase({found->second.info.pod_uid, found->second.info.attempt});
        for (const std::string& id : found->second.containers) {
          const auto container = containers_.find(id);
          for (const InstanceId instance : container->second.instances) {
            environment_.engine.remove(instance, environment_.dispatcher.cause());
            container_of_instance_.erase(instance);
          }
          containers_.erase(container);
        }
        sandboxes_.erase(found);
      }
      return reply(operation, Outcome::Ok, {});
    }
    case RuntimeVerb::PrepareVolume: {
      if (!caller_lives) return;
      auto problem = storage_.prepare(*call.volume);
      if (problem) return reply(operation, Outcome::Refused, because(*std::move(problem)));
      return reply(operation, Outcome::Ok, {});
    }
    case RuntimeVerb::RemoveVolumes:
      storage_.remove(call.volume->pod_uid);
      return reply(operation, Outcome::Ok, {});
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

/// A /20 per node: addresses are used again only after 4,094 others.
std::string SimNode::next_address() {
  std::string address;
  do {
    const std::uint32_t host = (index_ << 12) | next_address_;
    next_address_ = next_address_ % 4094 + 1;
    address = fmt::format("10.{}.{}.{}", 64 + (host >> 16), (host >> 8) & 0xff, host & 0xff);
  } while (sandbox_of_address_.contains(address));
  return address;
}

void SimNode::finish_run_sandbox(const RuntimeOperation& operation) {
  const auto& pod = std::get<api::Pod>(*operation.call.pod);
  if (!sandbox_names_.emplace(pod.meta.uid, operation.call.attempt).second) {
    return reply(operation, Outcome::AlreadyExists, because("the sandbox name is reserved"));
  }
  Sandbox sandbox;
  sandbox.pod = operation.call.pod;
  sandbox.info.id = fmt::format("s{}-{}", index_, next_id_++);
  sandbox.info.pod_uid = pod.meta.uid;
  sandbox.info.pod_name = pod.meta.name;
  sandbox.info.pod_namespace = pod.meta.namespace_name;
  sandbox.info.attempt = operation.call.attempt;
  if (pod.spec.host_network) {
    sandbox.info.ip = name_;
  } else {
    sandbox.info.ip = next_address();
    sandbox_of_address_[sandbox.info.ip] = sandbox.info.id;
  }
  ports::RuntimeResult result = with_id(sandbox.info.id);
  result.ip = sandbox.info.ip;
  sandboxes_.emplace(sandbox.info.id, std::move(sandbox));
  weigh_burstable();
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
  if (!images_.has(spec.image)) {
    return reply(operation, Outcome::NotFound, because("no such image: " + spec.image));
  }
  for (const std::string& id : sandbox->second.containers) {
    const Process& other = containers_.at(id);
    if (other.info.name == spec.name && other.info.attempt == operation.call.attempt) {
      return reply(operation, Outcome::AlreadyExists, because("the container name is reserved"));
    }
  }
  if (disk_full_) {
    return reply(operation, Outcome::Refused, because("no space left on device"));
  }
  for (const ports::Mount& mount : operation.call.mounts) {
    if (storage_.data_of(pod.meta.uid, mount.volume)) continue;
    return reply(operation, Outcome::Refused, because("not prepared: volume " + mount.volume));
  }
  Process process;
  process.mounts = operation.call.mounts;
  process.info.id = fmt::format("c{}-{}", index_, next_id_++);
  process.info.sandbox_id = operation.call.sandbox_id;
  process.info.name = spec.name;
  process.info.attempt = operation.call.attempt;
  process.info.image = spec.image;
  process.spec_index = operation.call.container_index;
  process.init_container = operation.call.init_container;
  ports::RuntimeResult result = with_id(process.info.id);
  sandbox->second.containers.insert(process.info.id);
  containers_.emplace(process.info.id, std::move(process));
  reply(operation, Outcome::Ok, std::move(result));
}

const api::Container& SimNode::spec_of(const Process& process, const Sandbox& sandbox) const {
  const auto& pod = std::get<api::Pod>(*sandbox.pod);
  return (process.init_container ? pod.spec.init_containers
                                 : pod.spec.containers)[process.spec_index];
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
  weigh_burstable();
  reply(operation, Outcome::Ok, {});
}

void SimNode::crash() {
  expects(!crashed_, "a node crashes once before it is back");
  crashed_ = true;
  ++incarnation_;
  environment_.engine.lose_node(index_, environment_.dispatcher.cause());
  for (auto& [id, process] : containers_) {
    process.listening = false;
    process.stop_waiting = false;
    process.instances.clear();
    end_stress(process);
    if (process.info.state == ContainerState::Exited) continue;
    process.info.state = ContainerState::Exited;
    process.info.exit_code = kExitLost;
    process.info.reason = "Unknown";
    process.info.finished_at = environment_.kernel.now();
  }
  container_of_instance_.clear();
  for (auto& [id, sandbox] : sandboxes_) sandbox.info.state = SandboxState::NotReady;
  weigh_burstable();
  listener_owner_.reset();
  images_.forget_fetches();
  fetches_.clear();
  pulls_.clear();
}

void SimNode::restore() {
  expects(crashed_, "a node that is restored has crashed");
  crashed_ = false;
  storage_.restart();
}

void SimNode::replace() {
  expects(crashed_, "a host is replaced while it is off");
  sandboxes_.clear();
  sandbox_names_.clear();
  containers_.clear();
  sandbox_of_address_.clear();
  images_.start_over();
  storage_.start_over();
  disk_full_ = false;
}

std::optional<DataId> SimNode::data_at(const std::string& pod_uid,
                                       const std::string& container_name,
                                       const std::string& path) const {
  for (const auto& [id, process] : containers_) {
    const auto sandbox = sandboxes_.find(process.info.sandbox_id);
    if (process.info.state != ContainerState::Running || process.info.name != container_name ||
        sandbox == sandboxes_.end() || sandbox->second.info.pod_uid != pod_uid) {
      continue;
    }
    const ports::Mount* nearest = nullptr;
    for (const ports::Mount& mount : process.mounts) {
      const bool holds = path == mount.mount_path || path.starts_with(mount.mount_path + "/");
      const bool nearer =
          nearest == nullptr || mount.mount_path.size() > nearest->mount_path.size();
      if (holds && nearer) nearest = &mount;
    }
    if (nearest != nullptr) return storage_.data_of(pod_uid, nearest->volume);
  }
  return std::nullopt;
}

}  // namespace orrery::sim
