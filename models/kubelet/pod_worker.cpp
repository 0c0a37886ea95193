#include "models/kubelet/pod_worker.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "models/kubelet/pod_status.h"

namespace orrery::kubelet {
namespace {

Topic topic_of(ProbeKind kind) {
  switch (kind) {
    case ProbeKind::Startup:
      return Topic::StartupProbe;
    case ProbeKind::Readiness:
      return Topic::ReadinessProbe;
    case ProbeKind::Liveness:
      return Topic::LivenessProbe;
  }
  contract_violation("a probe is of one of the known kinds");
}

bool is_final(api::PodPhase phase) {
  return phase == api::PodPhase::Succeeded || phase == api::PodPhase::Failed;
}

const api::ContainerStatus* status_named(const std::vector<api::ContainerStatus>& statuses,
                                         const std::string& name) {
  const auto found = std::find_if(statuses.begin(), statuses.end(),
                                  [&](const api::ContainerStatus& s) { return s.name == name; });
  return found == statuses.end() ? nullptr : &*found;
}

}  // namespace

PodWorker::PodWorker(const Shared& shared, std::uint32_t slot, std::uint32_t generation,
                     api::ObjectPtr pod, bool in_api)
    : shared_{shared},
      node_{shared.node},
      slot_{slot},
      generation_{generation},
      pod_{std::move(pod)},
      start_time_{this->pod().status.start_time.value_or(node_.now())},
      gone_{!in_api},
      finished_in_api_{is_final(this->pod().status.phase)},
      status_{node_, tag(Topic::WriteStatus), pod_},
      resync_timer_{node_.timer(tag(Topic::Resync))},
      resync_at_{node_.now()},
      delete_timer_{node_.timer(tag(Topic::DeletePod))},
      delete_retry_{node_.config.write_retry_initial, node_.config.write_retry_cap} {
  const api::PodSpec& spec = this->pod().spec;
  const api::PodStatus& status = this->pod().status;
  if (gone_ || has_volumes(this->pod())) {
    volumes_ = std::make_unique<PodVolumes>(
        PodVolumes::Shared{node_, shared_.objects, shared_.volumes_in_use}, tag(Topic::Volume),
        this->pod());
  }
  containers_.reserve(spec.init_containers.size() + spec.containers.size());
  for (std::uint32_t i = 0; i < spec.init_containers.size(); ++i) {
    const api::Container& container = spec.init_containers[i];
    add_container(container, true, i, status_named(status.init_container_statuses, container.name));
  }
  for (std::uint32_t i = 0; i < spec.containers.size(); ++i) {
    const api::Container& container = spec.containers[i];
    add_container(container, false, i, status_named(status.container_statuses, container.name));
  }
}

void PodWorker::add_container(const api::Container& spec, bool init, std::uint32_t index,
                              const api::ContainerStatus* status) {
  Container& container = containers_.emplace_back(
      RetryDelay{node_.config.removal_retry_initial, node_.config.removal_retry_cap});
  container.init = init;
  container.index = index;
  container.record.sidecar = init && spec.sidecar;
  if (!init || container.record.sidecar) {
    add_probe(container.startup, ProbeKind::Startup, spec.startup, container);
    add_probe(container.readiness, ProbeKind::Readiness, spec.readiness, container);
    add_probe(container.liveness, ProbeKind::Liveness, spec.liveness, container);
  }
  if (status == nullptr || status->container_id.empty()) return;
  // An earlier kubelet reported a container. Until the runtime shows it, it counts as ended.
  ContainerRecord& record = container.record;
  record.id = status->container_id;
  record.restart_count = status->restart_count;
  record.stage = ContainerStage::Exited;
  const ContainerExit last{status->last_exit_code, status->last_reason, status->last_finished_at,
                           status->last_finished_at};
  switch (status->phase) {
    case api::ContainerPhase::Terminated:
      record.exit = {status->exit_code, status->reason, status->started_at, status->finished_at};
      break;
    case api::ContainerPhase::Running:
      record.exit = {137, "ContainerStatusUnknown", status->started_at, node_.now()};
      break;
    case api::ContainerPhase::Waiting:
      if (status->last_reason.empty()) {
        record.exit = {137, "ContainerStatusUnknown", node_.now(), node_.now()};
      } else {
        record.exit = last;
      }
      return;
  }
  if (!status->last_reason.empty()) record.last = last;
}

void PodWorker::add_probe(std::optional<ProbeWorker>& worker, ProbeKind kind,
                          const std::optional<api::Probe>& probe, const Container& container) {
  if (!probe) return;
  // A kubelet that just started spreads the probes of the pods it finds.
  Instant origin = node_.now();
  if (node_.now() - node_.started_at < probe->period) {
    const std::string key = meta().uid + "/" + spec_of(container).name;
    const double u = node_.draws.uniform(Purpose::ProbePhase, key_of(key.data(), key.size()),
                                         static_cast<std::uint64_t>(kind));
    origin = origin + fraction(probe->period, u);
  }
  worker.emplace(kind, *probe, origin, node_.config.probe_attempts,
                 node_.timer(tag(topic_of(kind), number_of(container))));
}

const api::Container& PodWorker::spec_of(const Container& container) const {
  const api::PodSpec& spec = pod().spec;
  return container.init ? spec.init_containers[container.index] : spec.containers[container.index];
}

std::uint32_t PodWorker::number_of(const Container& container) const {
  return static_cast<std::uint32_t>(&container - containers_.data());
}

PodWorker::Container* PodWorker::container_named(const std::string& name) {
  for (Container& container : containers_) {
    if (spec_of(container).name == name) return &container;
  }
  return nullptr;
}

CallTag PodWorker::tag(Topic topic, std::uint32_t container) const {
  return {.topic = topic, .slot = slot_, .generation = generation_, .container = container};
}

CallTag PodWorker::new_tag(Topic topic, std::uint32_t container) {
  CallTag made = tag(topic, container);
  sequence_ = (sequence_ + 1) & kSequenceMax;
  made.sequence = sequence_;
  return made;
}

bool PodWorker::terminal() const {
  if (finished_in_api_ || failure_) return true;
  const api::RestartPolicy policy = pod().spec.restart_policy;
  const auto over = [&](const Container& container) {
    return container.record.stage == ContainerStage::Exited && !restarts(policy, container.record);
  };
  bool all_over = true;
  for (const Container& container : containers_) {
    // Sidecars keep no pod alive and fail none.
    if (container.init && over(container) && !initialized(container.record)) return true;
    if (!container.init) all_over = all_over && over(container);
  }
  return all_over;
}

Duration PodWorker::grace() const {
  if (gone_) return {};
  if (pod().meta.deletion) {
    return pod().meta.deletion_grace.value_or(pod().spec.termination_grace);
  }
  return failure_grace_.value_or(pod().spec.termination_grace);
}

const std::string& PodWorker::address() const {
  return pod().spec.host_network ? node_.address : sandbox_.ip;
}

std::vector<std::string> PodWorker::running_containers() const {
  std::vector<std::string> ids;
  for (const Container& container : containers_) {
    if (container.record.stage == ContainerStage::Running) ids.push_back(container.record.id);
  }
  return ids;
}

void PodWorker::add_images_in_use(std::set<std::string>& images) const {
  for (const Container& container : containers_) {
    // A start under way needs its image as well.
    if (container.record.in_runtime || container.record.step != StartStep::None) {
      images.insert(spec_of(container).image);
    }
  }
}

void PodWorker::fail(PodFailure failure, std::optional<Duration> grace) {
  if (ending() || terminal()) return;
  failure_ = std::move(failure);
  failure_grace_ = grace;
  sync();
}

// A deadline of 10 s of a pod first seen 3.2 s after the kubelet's start has passed at 13.2 s; it
// is noticed with the kubelet's next look at all pods, at 14 s.
void PodWorker::watch_deadline() {
  const std::optional<Duration>& limit = pod().spec.active_deadline;
  if (!limit || !active()) return;
  const std::int64_t period = node_.config.sync_period.count_ns();
  const Duration until = std::max(Duration{}, start_time_ + *limit - node_.started_at);
  const Instant noticed =
      node_.started_at + node_.config.sync_period * ((until.count_ns() + period - 1) / period);
  if (node_.now() < noticed) {
    resync_after(noticed - node_.now());
    return;
  }
  failure_ = PodFailure{"DeadlineExceeded",
                        "Pod was active on the node longer than the specified deadline"};
}

void PodWorker::update(api::ObjectPtr pod) {
  const api::ObjectPtr before = std::exchange(pod_, std::move(pod));
  const api::Pod& old_pod = std::get<api::Pod>(*before);
  const api::Pod& new_pod = this->pod();
  status_.saw(pod_);
  const bool same_shape =
      old_pod.spec.containers.size() == new_pod.spec.containers.size() &&
      old_pod.spec.init_containers.size() == new_pod.spec.init_containers.size();
  if (!same_shape) {  // Containers cannot be added or removed: keep the spec we run.
    api::Pod merged = new_pod;
    merged.spec = old_pod.spec;
    pod_ = std::make_shared<const api::Object>(std::move(merged));
  }
  const bool deletion_changed = old_pod.meta.deletion != this->pod().meta.deletion ||
                                old_pod.meta.deletion_grace != this->pod().meta.deletion_grace;
  const bool spec_changed = same_shape && old_pod.spec != this->pod().spec;
  if (spec_changed) {
    for (Container& container : containers_) {
      const auto& old_specs =
          container.init ? old_pod.spec.init_containers : old_pod.spec.containers;
      if (old_specs[container.index].image == spec_of(container).image) continue;
      container.restart_back_off.forget();
      if (!container.init && container.record.stage == ContainerStage::Running && !ending()) {
        kill(container, grace());
      }
    }
  }
  if (deletion_changed || spec_changed) {
    sync();
  } else {
    report();
    delete_when_reported();
  }
}

void PodWorker::release() {
  if (volumes_ != nullptr) volumes_->release();
}

void PodWorker::gone_from_api() {
  if (gone_) return;
  gone_ = true;
  sync();
}

bool PodWorker::on_runtime_notice(const ports::RuntimeNotice& notice) {
  if (notice.what == ports::RuntimeNotice::What::SandboxExited) {
    if (sandbox_.id != notice.id || sandbox_.id.empty()) return false;
    sandbox_.stage = Sandbox::Stage::NotReady;
    sandbox_.stamp = shared_.lister.stamp();
    sync();
    return true;
  }
  for (Container& container : containers_) {
    if (!container.record.in_runtime || container.record.id != notice.id) continue;
    exited(container, {notice.exit_code, notice.reason, container.record.started_at, notice.at});
    sync();
    return true;
  }
  return false;
}

void PodWorker::on_event(CallTag tag, const ports::Event& event) {
  const auto awaited = [&](std::uint64_t& call) {
    if (call != event.id) return false;
    call = 0;
    return true;
  };
  switch (tag.topic) {
    case Topic::RunSandbox:
      if (awaited(sandbox_.call)) on_sandbox_reply(event);
      return;
    case Topic::WriteStatus:
      if (event.kind == ports::EventKind::Timer) {
        status_.on_timer();
      } else {
        status_.on_reply(event);
      }
      delete_when_reported();
      return;
    case Topic::DeletePod: {
      if (event.kind != ports::EventKind::Timer) {
        if (!awaited(delete_call_)) return;
        const bool done = event.outcome == ports::Outcome::Ok ||
                          event.outcome == ports::Outcome::NotFound ||
                          event.outcome == ports::Outcome::Conflict;
        if (!done) delete_timer_.arm(node_.now() + delete_retry_.next());
        return;  // Done: the watch will say so.
      }
      delete_sent_ = false;
      delete_when_reported();
      return;
    }
    case Topic::Resync:
      sync();
      return;
    case Topic::Volume:
      if (volumes_ != nullptr && volumes_->on_event(tag, event)) sync();
      return;
    default:
      break;
  }
  if (tag.container >= containers_.size()) return;
  Container& container = containers_[tag.container];
  switch (tag.topic) {
    case Topic::StartupProbe:
    case Topic::ReadinessProbe:
    case Topic::LivenessProbe:
      on_probe(tag, event);
      return;
    case Topic::ImageStatus:
      if (awaited(container.start_call)) on_image_status(container, event.outcome);
      return;
    case Topic::PullImage:
      // A timer: the registry may not be asked so soon again.
      if (awaited(container.start_call)) {
        on_pulled(container,
                  event.kind == ports::EventKind::Timer ? ports::Outcome::Refused : event.outcome);
      }
      return;
    case Topic::CreateContainer:
      if (awaited(container.start_call)) on_created(container, event);
      return;
    case Topic::StartContainer:
      if (awaited(container.start_call)) on_started(container, event);
      return;
    case Topic::StopContainer:
      if (awaited(container.stop_call)) on_stopped(container, event.outcome);
      return;
    case Topic::Hook: {
      if (event.kind == ports::EventKind::Timer) {
        on_container_timer(container);
        return;
      }
      if (!awaited(container.hook_call)) return;
      const auto* result =
          event.body ? std::get_if<ports::RuntimeResult>(event.body.get()) : nullptr;
      end_hook(container, event.outcome == ports::Outcome::Ok &&
                              (result == nullptr || result->exit_code == 0));
      return;
    }
    default:
      return;
  }
}

void PodWorker::sync() {
  if (removable_) return;
  watch_deadline();
  if (ending() || terminal()) {
    finish();
  } else if (sandbox_.stage == Sandbox::Stage::Ready || stop_all(grace())) {
    start_pod();
  }
  refresh_readiness();
  report();
  delete_when_reported();
}

void PodWorker::refresh_readiness() {
  for (Container& container : containers_) {
    ContainerRecord& record = container.record;
    record.ready = record.started && (!container.readiness || container.readiness->success());
    if (record.started && !record.ready && container.readiness->trigger(node_.now())) {
      send_probe(container, *container.readiness);
    }
  }
}

void PodWorker::send_probe(Container& container, ProbeWorker& worker) {
  const api::Container& spec = spec_of(container);
  const std::optional<api::Probe>& probe = worker.kind() == ProbeKind::Startup     ? spec.startup
                                           : worker.kind() == ProbeKind::Readiness ? spec.readiness
                                                                                   : spec.liveness;
  CallTag call = tag(topic_of(worker.kind()), number_of(container));
  if (!probe) return;  // An update took it away.
  ports::ProbeRequest request{.action = &probe->action,
                              .address = address(),
                              .container_id = container.record.id,
                              .timeout = probe->timeout};
  std::optional<std::int32_t> port = 0;
  if (const auto* http = std::get_if<api::HttpGetAction>(&probe->action)) {
    port = api::resolve_port(pod().spec, http->port);
    if (!http->host.empty()) request.address = http->host;
  } else if (const auto* tcp = std::get_if<api::TcpSocketAction>(&probe->action)) {
    port = api::resolve_port(pod().spec, tcp->port);
    if (!tcp->host.empty()) request.address = tcp->host;
  } else if (const auto* grpc = std::get_if<api::GrpcAction>(&probe->action)) {
    port = grpc->port;
  }
  if (!port) {  // No container has a port of that name: no verdict, however often it is tried.
    while (
        worker.conclude(ports::Outcome::Unreachable, worker.sequence(), node_.now()).probe_again) {
    }
    return;
  }
  request.port = *port;
  call.sequence = worker.sequence();
  node_.prober.probe(node_.owner, encode(call), request);
}

void PodWorker::on_probe(CallTag tag, const ports::Event& event) {
  Container& container = containers_[tag.container];
  std::optional<ProbeWorker>& worker = tag.topic == Topic::StartupProbe     ? container.startup
                                       : tag.topic == Topic::ReadinessProbe ? container.readiness
                                                                            : container.liveness;
  if (!worker) return;
  if (event.kind == ports::EventKind::Timer) {
    if (worker->tick(node_.now())) send_probe(container, *worker);
    return;
  }
  const ProbeWorker::Conclusion conclusion =
      worker->conclude(event.outcome, tag.sequence, node_.now());
  if (conclusion.probe_again) send_probe(container, *worker);
  if (!conclusion.changed) return;
  if (worker->kind() == ProbeKind::Startup && worker->success()) {
    passed_startup(container);
  } else if (worker->kind() != ProbeKind::Readiness && !worker->success()) {
    const api::Container& spec = spec_of(container);
    const auto& probe = worker->kind() == ProbeKind::Startup ? spec.startup : spec.liveness;
    kill(container, probe ? probe->termination_grace.value_or(grace()) : grace());
  }
  sync();
}

void PodWorker::up(Container& container) {
  container.record.step = StartStep::None;
  if (ending() || !container.startup) {
    passed_startup(container);
  } else {
    container.startup->open(node_.now(), container.record.started_at);
  }
}

void PodWorker::passed_startup(Container& container) {
  if (container.record.started) return;
  container.record.started = true;
  container.record.passed = true;
  if (container.startup) container.startup->close();
  if (container.readiness) container.readiness->open(node_.now(), container.record.started_at);
  if (container.liveness && !ending()) {
    container.liveness->open(node_.now(), container.record.started_at);
  }
}

void PodWorker::down(Container& container) {
  container.record.started = false;
  container.record.ready = false;
  if (container.startup) container.startup->close();
  if (container.readiness) container.readiness->close();
  if (container.liveness) container.liveness->close();
}

void PodWorker::exited(Container& container, ContainerExit exit) {
  ContainerRecord& record = container.record;
  container.stamp = shared_.lister.stamp();
  container.uncertain = false;
  if (record.stage == ContainerStage::Exited) return;
  down(container);
  record.stage = ContainerStage::Exited;
  record.exit = std::move(exit);
  record.waiting_reason.clear();
  if (record.step == StartStep::PostStart) record.step = StartStep::None;
  container.killing = false;
  container.awaits_turn = false;
  container.stop_call = 0;
  container.stop_retry_armed = false;
  container.stop_retry.reset();
  container.hook = Hook::None;
  container.hook_call = 0;
  if (container.timer) container.timer->disarm();
}

void PodWorker::resync_after(Duration base) {
  const Instant at = node_.now() + base;
  if (resync_at_ > node_.now() && resync_at_ <= at) return;
  resync_at_ = at;
  resync_timer_.arm(at);
}

Duration PodWorker::jitter(Duration base) {
  const std::string& uid = meta().uid;
  const double u =
      node_.draws.uniform(Purpose::KubeletJitter, key_of(uid.data(), uid.size()), ++jitter_count_);
  return jittered(base, node_.config.resync_jitter, u);
}

void PodWorker::report() {
  if (gone_ || finished_in_api_) return;
  std::vector<const ContainerRecord*> init_records;
  std::vector<const ContainerRecord*> records;
  for (const Container& container : containers_) {
    (container.init ? init_records : records).push_back(&container.record);
  }
  const PodObservation seen{.pod = pod(),
                            .reported = status_.latest(),
                            .init_containers = init_records,
                            .containers = records,
                            .sandbox_ready = sandbox_.stage == Sandbox::Stage::Ready,
                            .pod_ip = sandbox_.id.empty() ? std::string{} : address(),
                            .host_ip = node_.address,
                            .start_time = start_time_,
                            .terminating = ending() || terminal(),
                            .failure = failure_ ? &*failure_ : nullptr};
  api::PodStatus status = make_pod_status(seen, node_.now());
  if (volumes_ != nullptr) status.configs = volumes_->configs();
  status_.write(pod_, std::move(status));
}

void PodWorker::delete_when_reported() {
  if (!ended_ || gone_ || !pod().meta.deletion || !status_.settled() || delete_sent_) return;
  delete_sent_ = true;
  ports::ApiCall call;
  call.verb = ports::Verb::Delete;
  call.key = {api::Kind::Pod, meta().namespace_name, meta().name};
  call.uid = meta().uid;
  call.grace = Duration{};
  const CallTag made = new_tag(Topic::DeletePod);
  delete_call_ = encode(made);
  node_.call_api(made, std::move(call));
}

}  // namespace orrery::kubelet
