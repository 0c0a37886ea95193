// The part of PodWorker that brings a pod up: sandbox, images, init containers, containers.
#include <algorithm>
#include <utility>

#include "models/kubelet/pod_status.h"
#include "models/kubelet/pod_worker.h"

namespace orrery::kubelet {
namespace {

const ports::RuntimeResult* result_of(const ports::Event& event) {
  return event.body ? std::get_if<ports::RuntimeResult>(event.body.get()) : nullptr;
}

}  // namespace

void PodWorker::start_pod() {
  if (volumes_ != nullptr && !volumes_->mount()) return;
  if (sandbox_.stage != Sandbox::Stage::Ready) {
    discard_sandbox();
    run_sandbox();
    return;
  }
  for (Container& container : containers_) {
    if (!container.init) break;
    // One after the other: the first one that is not done holds up the rest. A sidecar that was
    // started once restarts beside them.
    const bool done = initialized(container.record);
    if (done && !container.record.sidecar) continue;
    if (advance(container) || !done) return;
  }
  for (Container& container : containers_) {
    if (!container.init && advance(container)) return;
  }
}

void PodWorker::run_sandbox() {
  if (node_.now() < sandbox_.retry_at) {
    resync_after(sandbox_.retry_at - node_.now());
    return;
  }
  if (shared_.leftovers.any_running_of(meta().uid)) return;  // Its end leads here again.
  for (Container& container : containers_) {  // A new sandbox begins with the init containers.
    ContainerRecord& record = container.record;
    record.passed = false;
    if (!container.init || record.stage == ContainerStage::NotCreated) continue;
    record.last = record.exit;
    record.stage = ContainerStage::NotCreated;
  }
  ports::RuntimeCall call;
  call.verb = ports::RuntimeVerb::RunSandbox;
  call.pod = pod_;
  call.attempt = sandbox_.next_attempt++;
  const CallTag made = new_tag(Topic::RunSandbox);
  sandbox_.call = encode(made);
  node_.call_runtime(made, std::move(call));
}

void PodWorker::on_sandbox_reply(const ports::Event& event) {
  sandbox_.stamp = shared_.lister.stamp();
  const ports::RuntimeResult* result = result_of(event);
  if (event.outcome == ports::Outcome::Ok && result != nullptr) {
    sandbox_.stage = Sandbox::Stage::Ready;
    sandbox_.id = result->id;
    sandbox_.ip = result->ip;
  } else {
    sandbox_.uncertain = true;
    const Duration delay = jitter(node_.config.back_off_resync);
    sandbox_.retry_at = node_.now() + delay;
    resync_after(delay);
    shared_.lister.request(node_.config.roll_back_time);
  }
  sync();
}

// Returns whether a step is under way, for which the containers after this one wait.
bool PodWorker::advance(Container& container) {
  ContainerRecord& record = container.record;
  if (record.step != StartStep::None) return true;
  if (container.killing || container.uncertain || record.stage == ContainerStage::Running) {
    return false;
  }
  if (node_.now() < container.retry_at) {
    resync_after(container.retry_at - node_.now());
    return false;
  }
  if (record.stage == ContainerStage::Created) {
    start(container);
    return true;
  }
  const KubeletConfig& config = node_.config;
  if (record.stage == ContainerStage::Exited) {
    if (!restarts(pod().spec.restart_policy, record)) return false;
    const BackOff::Limits limits{config.restart_back_off_initial, config.restart_back_off_cap,
                                 config.back_off_reset};
    const Instant allowed = container.restart_back_off.wait_until(record.exit.finished_at, limits);
    if (node_.now() < allowed) {
      record.waiting_reason = "CrashLoopBackOff";
      const Duration remaining = allowed - node_.now();
      resync_after(jitter(config.resync_follows_delay ? std::min(remaining, config.resync_cap)
                                                      : config.back_off_resync));
      return false;
    }
    container.restart_back_off.attempt(record.exit.finished_at, node_.now(), limits);
  }
  check_image(container);
  return record.step != StartStep::None;
}

void PodWorker::check_image(Container& container) {
  ContainerRecord& record = container.record;
  const KubeletConfig& config = node_.config;
  if (const Pulls& pulls = pulls_[spec_of(container).image]; pulls.failed_at) {
    const Instant allowed = pulls.back_off.wait_until(
        *pulls.failed_at,
        {config.pull_back_off_initial, config.pull_back_off_cap, config.back_off_reset});
    if (node_.now() < allowed) {
      record.waiting_reason = "ImagePullBackOff";
      const Duration remaining = allowed - node_.now();
      resync_after(jitter(config.resync_follows_delay ? std::min(remaining, config.resync_cap)
                                                      : config.back_off_resync));
      return;
    }
  }
  if (spec_of(container).pull_policy == api::PullPolicy::Always) {
    pull(container);
    return;
  }
  record.step = StartStep::ImageCheck;
  ports::RuntimeCall call;
  call.verb = ports::RuntimeVerb::ImageStatus;
  call.image = spec_of(container).image;
  const CallTag made = new_tag(Topic::ImageStatus, number_of(container));
  container.start_call = encode(made);
  node_.call_runtime(made, std::move(call));
}

void PodWorker::on_image_status(Container& container, ports::Outcome outcome) {
  if (outcome == ports::Outcome::Ok) {
    configure(container);
  } else if (outcome != ports::Outcome::NotFound) {
    fail_step(container, "ImageInspectError");
  } else if (spec_of(container).pull_policy == api::PullPolicy::Never) {
    fail_step(container, "ErrImageNeverPull");
  } else {
    pull(container);
  }
}

void PodWorker::pull(Container& container) {
  container.record.step = StartStep::Pull;
  const CallTag made = new_tag(Topic::PullImage, number_of(container));
  container.start_call = encode(made);
  shared_.puller.pull(made, spec_of(container).image);
}

void PodWorker::on_pulled(Container& container, ports::Outcome outcome) {
  if (outcome == ports::Outcome::Ok) {
    configure(container);
    return;
  }
  const KubeletConfig& config = node_.config;
  Pulls& pulls = pulls_[spec_of(container).image];
  pulls.back_off.attempt(
      node_.now(), node_.now(),
      {config.pull_back_off_initial, config.pull_back_off_cap, config.back_off_reset});
  pulls.failed_at = node_.now();
  fail_step(container, "ErrImagePull");
}

/// Everything that the environment refers to is known: create the container, or say that something
/// is missing.
void PodWorker::configure(Container& container) {
  const api::Container& spec = spec_of(container);
  static const Lookup kNothing = [](const api::ObjectKey&) { return api::ObjectPtr{}; };
  if (volumes_ != nullptr) volumes_->refresh();
  Environment environment =
      resolve_environment(pod(), spec, {sandbox_.ip, node_.address, node_.allocatable},
                          volumes_ != nullptr ? volumes_->lookup() : kNothing);
  if (!environment.missing.empty()) {
    fail_step(container, "CreateContainerConfigError");
    return;
  }
  if (volumes_ != nullptr) volumes_->note_created(spec, environment);
  create(container, std::move(environment.variables));
}

void PodWorker::create(Container& container, std::vector<api::EnvVar> env) {
  container.record.step = StartStep::Create;
  ports::RuntimeCall call;
  call.verb = ports::RuntimeVerb::CreateContainer;
  call.sandbox_id = sandbox_.id;
  call.pod = pod_;
  call.container_index = container.index;
  call.init_container = container.init;
  call.attempt = container.next_attempt++;
  call.image = spec_of(container).image;
  call.env = std::move(env);
  if (volumes_ != nullptr) call.mounts = volumes_->mounts_of(spec_of(container));
  const CallTag made = new_tag(Topic::CreateContainer, number_of(container));
  container.start_call = encode(made);
  node_.call_runtime(made, std::move(call));
}

void PodWorker::on_created(Container& container, const ports::Event& event) {
  container.stamp = shared_.lister.stamp();
  const ports::RuntimeResult* result = result_of(event);
  if (event.outcome != ports::Outcome::Ok || result == nullptr) {
    fail_step(container, "CreateContainerError");
    return;
  }
  took_creation(container, result->id, container.next_attempt - 1);
  container.record.step = StartStep::None;
  if (ending() || sandbox_.stage != Sandbox::Stage::Ready) {
    sync();
  } else {
    start(container);
  }
}

/// The runtime holds a new container in the place of what the record told of.
void PodWorker::took_creation(Container& container, std::string id, std::uint32_t attempt) {
  ContainerRecord& record = container.record;
  if (record.stage == ContainerStage::Exited) record.last = record.exit;
  if (!record.id.empty()) ++record.restart_count;
  if (record.in_runtime) {
    remove_replaced(container);
    container.replaced_id = record.id;
  }
  record.id = std::move(id);
  record.in_runtime = true;
  record.attempt = attempt;
  record.stage = ContainerStage::Created;
  record.waiting_reason.clear();
  container.next_attempt = std::max(container.next_attempt, attempt + 1);
}

void PodWorker::start(Container& container) {
  container.record.step = StartStep::Start;
  ports::RuntimeCall call;
  call.verb = ports::RuntimeVerb::StartContainer;
  call.container_id = container.record.id;
  const CallTag made = new_tag(Topic::StartContainer, number_of(container));
  container.start_call = encode(made);
  node_.call_runtime(made, std::move(call));
}

void PodWorker::on_started(Container& container, const ports::Event& event) {
  container.stamp = shared_.lister.stamp();
  remove_replaced(container);
  if (container.record.stage == ContainerStage::Exited) {  // The news of its end came first.
    container.record.step = StartStep::None;
    sync();
    return;
  }
  if (event.outcome != ports::Outcome::Ok) {
    fail_step(container, "RunContainerError");
    return;
  }
  running(container, node_.now());
  const auto& hook = spec_of(container).post_start;
  if (hook && !ending()) {
    container.record.step = StartStep::PostStart;
    run_hook(container, Hook::PostStart, *hook, node_.config.post_start_timeout);
  } else {
    up(container);
  }
  sync();
}

void PodWorker::running(Container& container, Instant started_at) {
  container.record.stage = ContainerStage::Running;
  container.record.started_at = started_at;
  container.record.waiting_reason.clear();
}

/// A step of the start failed: look again at the next resync. What the runtime did is unknown.
void PodWorker::fail_step(Container& container, const char* reason) {
  const StartStep failed = std::exchange(container.record.step, StartStep::None);
  container.record.waiting_reason = reason;
  const Duration delay = jitter(node_.config.back_off_resync);
  container.retry_at = node_.now() + delay;
  resync_after(delay);
  if (failed == StartStep::Create || failed == StartStep::Start) {
    container.uncertain = true;
    shared_.lister.request(node_.config.roll_back_time);
  }
  sync();
}

void PodWorker::remove_replaced(Container& container) {
  if (container.replaced_id.empty()) return;
  shared_.leftovers.add_container(meta().uid, std::exchange(container.replaced_id, {}), sandbox_.id,
                                  false);
}

}  // namespace orrery::kubelet
