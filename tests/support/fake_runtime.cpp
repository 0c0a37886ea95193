#include "tests/support/fake_runtime.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "models/api/reading.h"

namespace orrery::testing {
namespace {

using ports::Outcome;
using ports::RuntimeVerb;

template <class Infos>
auto* by_id(Infos& infos, const std::string& id) {
  const auto found = std::find_if(infos.begin(), infos.end(),
                                  [&](const auto& entry) { return entry.second.id == id; });
  return found == infos.end() ? nullptr : &found->second;
}

}  // namespace

Duration FakeRuntime::delay_of(const ports::RuntimeCall& call) const {
  switch (call.verb) {
    case RuntimeVerb::List:
      return delays.list;
    case RuntimeVerb::ImageStatus:
    case RuntimeVerb::Stats:
    case RuntimeVerb::Images:
    case RuntimeVerb::RemoveImage:
      return delays.image_status;
    case RuntimeVerb::PullImage:
      return delays.pull;
    case RuntimeVerb::RunSandbox:
      return delays.run_sandbox;
    case RuntimeVerb::CreateContainer:
      return delays.create;
    case RuntimeVerb::StartContainer:
      return delays.start;
    case RuntimeVerb::Exec: {
      const auto* container = by_id(containers_, call.container_id);
      const Duration takes = container == nullptr ? Duration{} : program_of(*container).exec_time;
      return std::min(takes, call.timeout);
    }
    case RuntimeVerb::StopContainer:
      return Duration{};
    case RuntimeVerb::RemoveContainer:
    case RuntimeVerb::RemoveSandbox:
      return delays.remove;
    case RuntimeVerb::StopSandbox:
      return delays.stop_sandbox;
    case RuntimeVerb::PrepareVolume:
    case RuntimeVerb::RemoveVolumes:
      return delays.volume;
  }
  contract_violation("a runtime call has one of the known verbs");
}

void FakeRuntime::call(ports::OwnerId owner, ports::CallId id, ports::RuntimeCall call) {
  std::optional<Verdict> verdict;
  if (interposer_) verdict = interposer_(log_.size(), call);
  log_.push_back({executor_.now(), call});
  const std::uint64_t connection = connection_;
  const Reply reply = [this, owner, id, verdict, connection, verb = call.verb](
                          Outcome outcome, ports::RuntimeResult result) {
    if (connection != connection_) return;
    if (verdict) outcome = verdict->outcome;
    if (outcome != Outcome::Ok) {
      result = {};
      result.message = std::string{to_string(verb)} + ": " + to_string(outcome);
    }
    executor_.post(Duration{},
                   {.owner = owner,
                    .kind = ports::EventKind::RuntimeReply,
                    .outcome = outcome,
                    .id = id,
                    .body = std::make_shared<const ports::EventBody>(std::move(result))});
  };
  if (call.verb == RuntimeVerb::List) listener_ = owner;
  const Duration delay = delay_of(call);
  executor_.call_later(delay, [this, verdict, connection, reply, made = std::move(call)] {
    if (connection != connection_) return;
    if (verdict && !verdict->done) {
      reply(verdict->outcome, {});
    } else if (made.verb == RuntimeVerb::StopContainer) {
      stop(made, reply);
    } else {
      ports::RuntimeResult result;
      const Outcome outcome = execute(made, result);
      reply(outcome, std::move(result));
    }
  });
}

Outcome FakeRuntime::execute(const ports::RuntimeCall& call, ports::RuntimeResult& result) {
  switch (call.verb) {
    case RuntimeVerb::List:
      result.sandboxes = sandboxes();
      result.containers = containers();
      return Outcome::Ok;
    case RuntimeVerb::ImageStatus:
      return images.contains(call.image) ? Outcome::Ok : Outcome::NotFound;
    case RuntimeVerb::PullImage:
      if (missing_images.contains(call.image)) return Outcome::NotFound;
      images.insert(call.image);
      result.id = call.image;
      return Outcome::Ok;
    case RuntimeVerb::RunSandbox:
      return run_sandbox(call, result);
    case RuntimeVerb::CreateContainer:
      return create(call, result);
    case RuntimeVerb::StartContainer:
      return start(call);
    case RuntimeVerb::Exec: {
      const auto* container = by_id(containers_, call.container_id);
      if (container == nullptr) return Outcome::NotFound;
      if (container->state != ports::ContainerState::Running) return Outcome::Refused;
      const Program program = program_of(*container);
      if (program.exec_time > call.timeout) return Outcome::Timeout;
      result.exit_code = program.exec_exit_code;
      return Outcome::Ok;
    }
    case RuntimeVerb::StopSandbox: {
      auto* sandbox = by_id(sandboxes_, call.sandbox_id);
      if (sandbox == nullptr) return Outcome::Ok;
      sandbox->state = ports::SandboxState::NotReady;
      for (auto& entry : containers_) {
        if (entry.second.sandbox_id == call.sandbox_id) end(entry.second.id, 137, "Error");
      }
      return Outcome::Ok;
    }
    case RuntimeVerb::RemoveContainer:
    case RuntimeVerb::RemoveSandbox:
      return remove(call);
    case RuntimeVerb::Stats:
      measure(result);
      return Outcome::Ok;
    case RuntimeVerb::Images:
      for (const std::string& image : images) {
        const auto bytes = image_bytes.find(image);
        result.images.push_back({image, bytes == image_bytes.end() ? 0 : bytes->second});
      }
      return Outcome::Ok;
    case RuntimeVerb::RemoveImage:
      return remove_image(call.image);
    case RuntimeVerb::PrepareVolume: {
      const ports::VolumeOrder& order = *call.volume;
      if (missing_paths.contains(order.path)) return Outcome::NotFound;
      volumes[{order.pod_uid, order.name}] = order;
      return Outcome::Ok;
    }
    case RuntimeVerb::RemoveVolumes:
      std::erase_if(volumes,
                    [&](const auto& entry) { return entry.first.first == call.volume->pod_uid; });
      return Outcome::Ok;
    case RuntimeVerb::StopContainer:
      break;
  }
  contract_violation("a stop is carried out by stop()");
}

Outcome FakeRuntime::run_sandbox(const ports::RuntimeCall& call, ports::RuntimeResult& result) {
  const auto& pod = std::get<api::Pod>(*call.pod);
  for (const auto& entry : sandboxes_) {
    const bool taken = entry.second.pod_uid == pod.meta.uid && entry.second.attempt == call.attempt;
    if (taken) return Outcome::AlreadyExists;
  }
  const std::uint64_t number = next_id_++;
  ports::SandboxInfo sandbox;
  sandbox.id = "sandbox-" + std::to_string(number);
  sandbox.pod_uid = pod.meta.uid;
  sandbox.pod_name = pod.meta.name;
  sandbox.pod_namespace = pod.meta.namespace_name;
  sandbox.attempt = call.attempt;
  sandbox.ip = "10.91." + std::to_string(number / 250) + "." + std::to_string(number % 250 + 1);
  sandbox.pod_json = api::to_json_text(*call.pod);
  result.id = sandbox.id;
  result.ip = sandbox.ip;
  sandboxes_.emplace(number, std::move(sandbox));
  return Outcome::Ok;
}

Outcome FakeRuntime::create(const ports::RuntimeCall& call, ports::RuntimeResult& result) {
  const auto* sandbox = by_id(sandboxes_, call.sandbox_id);
  if (sandbox == nullptr || !images.contains(call.image)) return Outcome::NotFound;
  if (sandbox->state != ports::SandboxState::Ready) return Outcome::Refused;
  const auto& spec = std::get<api::Pod>(*call.pod).spec;
  const auto& specs = call.init_container ? spec.init_containers : spec.containers;
  ports::ContainerInfo container;
  container.name = specs.at(call.container_index).name;
  for (const auto& entry : containers_) {
    const ports::ContainerInfo& other = entry.second;
    if (other.sandbox_id == call.sandbox_id && other.name == container.name &&
        other.attempt == call.attempt) {
      return Outcome::AlreadyExists;
    }
  }
  const std::uint64_t number = next_id_++;
  container.id = "container-" + std::to_string(number);
  container.sandbox_id = call.sandbox_id;
  container.attempt = call.attempt;
  container.image = call.image;
  result.id = container.id;
  containers_.emplace(number, std::move(container));
  return Outcome::Ok;
}

Outcome FakeRuntime::start(const ports::RuntimeCall& call) {
  auto* container = by_id(containers_, call.container_id);
  if (container == nullptr) return Outcome::NotFound;
  if (container->state != ports::ContainerState::Created) return Outcome::Refused;
  container->state = ports::ContainerState::Running;
  container->started_at = executor_.now();
  const Program program = program_of(*container);
  if (program.exits_after) {
    executor_.call_later(*program.exits_after, [this, id = container->id, program] {
      end(id, program.exit_code, program.exit_code == 0 ? "Completed" : "Error");
    });
  }
  return Outcome::Ok;
}

void FakeRuntime::stop(const ports::RuntimeCall& call, const Reply& reply) {
  const auto* container = by_id(containers_, call.container_id);
  if (container == nullptr || container->state != ports::ContainerState::Running) {
    reply(Outcome::Ok, {});
    return;
  }
  const std::optional<Duration> term_time = program_of(*container).term_time;
  const bool obeys = term_time && *term_time <= call.timeout;
  executor_.call_later(obeys ? *term_time : call.timeout,
                       [this, id = call.container_id, obeys, reply] {
                         end(id, obeys ? 143 : 137, "Error");
                         reply(Outcome::Ok, {});
                       });
}

Outcome FakeRuntime::remove(const ports::RuntimeCall& call) {
  if (call.verb == RuntimeVerb::RemoveContainer) {
    const auto* container = by_id(containers_, call.container_id);
    if (container != nullptr && container->state == ports::ContainerState::Running) {
      return Outcome::Refused;
    }
    std::erase_if(containers_,
                  [&](const auto& entry) { return entry.second.id == call.container_id; });
    return Outcome::Ok;
  }
  const auto* sandbox = by_id(sandboxes_, call.sandbox_id);
  if (sandbox != nullptr && sandbox->state == ports::SandboxState::Ready) return Outcome::Refused;
  std::erase_if(containers_,
                [&](const auto& entry) { return entry.second.sandbox_id == call.sandbox_id; });
  std::erase_if(sandboxes_, [&](const auto& entry) { return entry.second.id == call.sandbox_id; });
  return Outcome::Ok;
}

Outcome FakeRuntime::remove_image(const std::string& image) {
  for (const auto& entry : containers_) {
    if (entry.second.image == image) return Outcome::Refused;
  }
  images.erase(image);
  return Outcome::Ok;
}

void FakeRuntime::measure(ports::RuntimeResult& result) const {
  result.node = node;
  result.volumes = volume_stats;
  const auto take = [](std::optional<ports::Supply>& supply, std::int64_t amount) {
    if (supply) supply->available -= amount;
  };
  for (const std::string& image : images) {
    const auto bytes = image_bytes.find(image);
    if (bytes != image_bytes.end()) take(result.node.image_disk, bytes->second);
  }
  for (const auto& entry : containers_) {
    const ports::ContainerInfo& container = entry.second;
    const Program program = program_of(container);
    take(result.node.disk, program.disk_bytes);
    if (container.state != ports::ContainerState::Running) continue;
    take(result.node.memory, program.memory_bytes);
    take(result.node.processes, program.processes);
    ports::ContainerStats stats;
    stats.id = container.id;
    stats.at = executor_.now();
    stats.cpu = (executor_.now() - container.started_at) * program.cpu_milli / 1000;
    stats.memory_bytes = program.memory_bytes;
    stats.disk_bytes = program.disk_bytes;
    stats.processes = program.processes;
    result.stats.push_back(std::move(stats));
  }
}

FakeRuntime::Program FakeRuntime::program_of(const ports::ContainerInfo& container) const {
  const auto found = programs.find(container.image);
  return found == programs.end() ? Program{} : found->second;
}

void FakeRuntime::end(const std::string& id, std::int32_t exit_code, std::string reason) {
  auto* container = by_id(containers_, id);
  if (container == nullptr || container->state != ports::ContainerState::Running) return;
  container->state = ports::ContainerState::Exited;
  container->exit_code = exit_code;
  container->reason = reason;
  container->finished_at = executor_.now();
  notify({.what = ports::RuntimeNotice::What::ContainerExited,
          .id = id,
          .exit_code = exit_code,
          .reason = std::move(reason),
          .at = executor_.now()});
}

void FakeRuntime::exit_container(const std::string& id, std::int32_t exit_code,
                                 std::string reason) {
  if (reason.empty()) reason = exit_code == 0 ? "Completed" : "Error";
  end(id, exit_code, std::move(reason));
}

void FakeRuntime::exit_sandbox(const std::string& id) {
  auto* sandbox = by_id(sandboxes_, id);
  if (sandbox == nullptr) return;
  sandbox->state = ports::SandboxState::NotReady;
  ports::RuntimeNotice notice;
  notice.what = ports::RuntimeNotice::What::SandboxExited;
  notice.id = id;
  notice.at = executor_.now();
  notify(std::move(notice));
}

void FakeRuntime::crash_host() {
  for (auto& entry : sandboxes_) entry.second.state = ports::SandboxState::NotReady;
  for (auto& entry : containers_) {
    if (entry.second.state != ports::ContainerState::Running) continue;
    entry.second.state = ports::ContainerState::Exited;
    entry.second.exit_code = 255;
    entry.second.reason = "Unknown";
    entry.second.finished_at = executor_.now();
  }
  cut_connections();
}

void FakeRuntime::lose_stream() {
  notify({.what = ports::RuntimeNotice::What::StreamLost, .id = {}, .reason = {}, .at = {}});
  stream_lost_ = true;
}

void FakeRuntime::restore_stream() {
  stream_lost_ = false;
  notify({.what = ports::RuntimeNotice::What::StreamRestored, .id = {}, .reason = {}, .at = {}});
}

void FakeRuntime::notify(ports::RuntimeNotice notice) {
  if (stream_lost_ || !listener_) return;
  executor_.post(delays.notice,
                 {.owner = *listener_,
                  .kind = ports::EventKind::RuntimeEvent,
                  .body = std::make_shared<const ports::EventBody>(std::move(notice))});
}

const ports::ContainerInfo* FakeRuntime::running(const std::string& name) const {
  for (const auto& entry : containers_) {
    const ports::ContainerInfo& container = entry.second;
    if (container.name == name && container.state == ports::ContainerState::Running) {
      return &container;
    }
  }
  return nullptr;
}

std::vector<ports::SandboxInfo> FakeRuntime::sandboxes() const {
  std::vector<ports::SandboxInfo> all;
  for (const auto& entry : sandboxes_) all.push_back(entry.second);
  return all;
}

std::vector<ports::ContainerInfo> FakeRuntime::containers() const {
  std::vector<ports::ContainerInfo> all;
  for (const auto& entry : containers_) all.push_back(entry.second);
  return all;
}

void FakeRuntime::put(ports::SandboxInfo sandbox) {
  sandboxes_.emplace(next_id_++, std::move(sandbox));
}

void FakeRuntime::put(ports::ContainerInfo container) {
  containers_.emplace(next_id_++, std::move(container));
}

std::vector<FakeRuntime::Logged> FakeRuntime::log_of(ports::RuntimeVerb verb) const {
  std::vector<Logged> found;
  std::copy_if(log_.begin(), log_.end(), std::back_inserter(found),
               [&](const Logged& logged) { return logged.call.verb == verb; });
  return found;
}

}  // namespace orrery::testing
