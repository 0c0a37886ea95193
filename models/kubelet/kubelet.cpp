#include "models/kubelet/kubelet.h"

#include <algorithm>
#include <utility>

namespace orrery::kubelet {

Kubelet::Kubelet(NodeIdentity identity, ports::Executor& executor, ports::ApiClient& api,
                 ports::ContainerRuntime& runtime, ports::Prober& prober, Draws draws,
                 KubeletConfig config)
    : node_{.owner = identity.owner,
            .node_name = std::move(identity.node_name),
            .address = std::move(identity.address),
            .started_at = executor.now(),
            .executor = executor,
            .api = api,
            .runtime = runtime,
            .prober = prober,
            .draws = draws,
            .config = config,
            .allocatable = allocatable_of(identity.resources, config)},
      heartbeat_{node_, identity.resources, volumes_in_use_},
      pressure_{node_, heartbeat_},
      metrics_{node_},
      lister_{node_},
      puller_{node_},
      leftovers_{node_},
      objects_{node_},
      list_timer_{node_.timer({.topic = Topic::PodList})},
      list_retry_{node_.config.list_retry_initial, node_.config.list_retry_cap} {}

Kubelet::~Kubelet() = default;

void Kubelet::start() {
  node_.started_at = node_.now();
  heartbeat_.start();
  objects_.follow({api::Kind::Node, {}, node_.node_name});
  lister_.request(Duration{});
  pressure_.start();
  metrics_.start();
  list_pods();
}

void Kubelet::on_event(const ports::Event& event) {
  handle(event);
  if (volumes_in_use_.unsent()) heartbeat_.report_volumes();
}

void Kubelet::handle(const ports::Event& event) {
  if (event.kind == ports::EventKind::RuntimeEvent) {
    const auto* notice = event.body ? std::get_if<ports::RuntimeNotice>(event.body.get()) : nullptr;
    if (notice != nullptr) on_runtime_notice(*notice);
    return;
  }
  const bool timer = event.kind == ports::EventKind::Timer;
  const CallTag tag = decode(event.id);
  switch (tag.topic) {
    case Topic::NodeRegister:
    case Topic::NodeStatus:
    case Topic::Lease:
      heartbeat_.on_event(event);
      sync_those_that([](const PodVolumes& volumes) { return volumes.waits_for_report(); });
      return;
    case Topic::Follow:
      on_followed(event);
      return;
    case Topic::PodList:
      if (timer) {
        list_pods();
      } else {
        on_pod_list(event);
      }
      return;
    case Topic::PodWatch:
      on_watch_event(event);
      return;
    case Topic::RuntimeList:
      if (timer) {
        lister_.on_timer();
      } else {
        on_runtime_list(event);
      }
      return;
    case Topic::NodeStats:
    case Topic::NodeImages: {
      pressure_.on_event(tag, event, workers());
      return;
    }
    case Topic::Metrics:
      metrics_.on_event(tag, event, active_pods());
      return;
    case Topic::Leftover: {
      const std::string uid = leftovers_.on_event(event);
      // Somebody else removed it, or the runtime is confused: a list will tell.
      if (event.outcome == ports::Outcome::NotFound) lister_.request(node_.config.roll_back_time);
      if (PodWorker* worker = worker_of(uid)) {
        worker->sync();
        forget_if_removable(uid);
      }
      return;
    }
    default:
      break;
  }
  if (tag.topic == Topic::PullImage) {
    puller_.on_reply(event.id);
    if (!timer && event.outcome == ports::Outcome::Ok) pressure_.images_changed();
  }
  if (tag.slot >= slots_.size()) return;
  Slot& slot = slots_[tag.slot];
  if (slot.worker == nullptr || slot.generation != tag.generation) return;
  slot.worker->on_event(tag, event);
  forget_if_removable(tag.slot);
}

// --- Pods of the API server ---

void Kubelet::list_pods() {
  watch_call_ = 0;
  sequence_ = (sequence_ + 1) & kSequenceMax;
  const CallTag tag{.topic = Topic::PodList, .sequence = sequence_};
  list_call_ = encode(tag);
  ports::ApiCall call;
  call.verb = ports::Verb::List;
  call.key.kind = api::Kind::Pod;
  call.node_name = node_.node_name;
  node_.call_api(tag, std::move(call));
}

void Kubelet::list_pods_later() {
  const std::string& name = node_.node_name;
  const double u = node_.draws.uniform(Purpose::KubeletJitter,
                                       key_of(name.data(), name.size()) ^ 1U, ++list_failures_);
  list_timer_.arm(node_.now() + jittered(list_retry_.next(), node_.config.list_retry_jitter, u));
}

void Kubelet::on_pod_list(const ports::Event& event) {
  if (event.id != list_call_) return;
  list_call_ = 0;
  const auto* list = event.body ? std::get_if<ports::ApiList>(event.body.get()) : nullptr;
  if (event.outcome != ports::Outcome::Ok || list == nullptr) {
    list_pods_later();
    return;
  }
  std::vector<std::string> lost;
  for (const auto& known : early_pods_) lost.push_back(known.first);
  for (const auto& known : slot_of_uid_) lost.push_back(known.first);
  for (const api::ObjectPtr& pod : list->objects) {
    std::erase(lost, api::meta_of(*pod).uid);
    take_pod(pod);
  }
  for (const std::string& uid : lost) lose_pod(uid);
  pods_known_ = true;

  sequence_ = (sequence_ + 1) & kSequenceMax;
  const CallTag tag{.topic = Topic::PodWatch, .sequence = sequence_};
  watch_call_ = encode(tag);
  ports::ApiCall call;
  call.verb = ports::Verb::Watch;
  call.key.kind = api::Kind::Pod;
  call.node_name = node_.node_name;
  call.resource_version = list->resource_version;
  node_.call_api(tag, std::move(call));
  begin_if_ready();
}

void Kubelet::on_watch_event(const ports::Event& event) {
  if (event.id != watch_call_) return;
  if (event.kind == ports::EventKind::WatchClosed) {
    watch_call_ = 0;
    list_pods_later();
    return;
  }
  const auto* delta = event.body ? std::get_if<ports::WatchDelta>(event.body.get()) : nullptr;
  if (delta == nullptr || delta->object == nullptr) return;
  list_retry_.reset();
  if (delta->kind == ports::DeltaKind::Deleted) {
    lose_pod(api::meta_of(*delta->object).uid);
  } else {
    take_pod(delta->object);
  }
}

void Kubelet::take_pod(const api::ObjectPtr& pod) {
  const auto* value = std::get_if<api::Pod>(pod.get());
  if (value == nullptr || value->spec.node_name != node_.node_name) return;
  const std::string& uid = value->meta.uid;
  if (!begun_) {
    early_pods_[uid] = pod;
    return;
  }
  if (const auto known = slot_of_uid_.find(uid); known != slot_of_uid_.end()) {
    const std::uint32_t slot = known->second;
    slots_[slot].worker->update(pod);
    forget_if_removable(slot);
    return;
  }
  PodWorker& fresh = add_worker(pod, true);
  if (const std::optional<PodFailure> refusal = pressure_.refusal(fresh.pod())) {
    fresh.fail(*refusal, std::nullopt);
  } else {
    fresh.sync();
  }
  forget_if_removable(uid);
}

void Kubelet::lose_pod(const std::string& uid) {
  early_pods_.erase(uid);
  if (PodWorker* worker = worker_of(uid)) {
    worker->gone_from_api();
    forget_if_removable(uid);
  }
}

// --- The runtime ---

void Kubelet::on_runtime_list(const ports::Event& event) {
  const std::optional<std::uint64_t> stamp = lister_.on_reply(event);
  if (!stamp) {
    const Instant since = lister_.last_answer().value_or(node_.started_at);
    if (node_.now() - since >= node_.config.runtime_silence_max) {
      heartbeat_.set_runtime_ready(false);
    }
    return;
  }
  heartbeat_.set_runtime_ready(true);
  runtime_ = event.body;
  runtime_stamp_ = *stamp;
  begin_if_ready();
}

/// Applies the list of the runtime once the pods are known too.
void Kubelet::begin_if_ready() {
  if (!pods_known_ || runtime_ == nullptr) return;
  const std::shared_ptr<const ports::EventBody> held = std::exchange(runtime_, nullptr);
  const auto& listed = std::get<ports::RuntimeResult>(*held);
  if (!begun_) {
    begun_ = true;
    for (const auto& [uid, pod] : std::exchange(early_pods_, {})) add_worker(pod, true);
    lister_.request(node_.config.roll_back_time);
  }

  std::map<std::string, PodListing> pods;
  std::map<std::string, const ports::SandboxInfo*> sandboxes;
  for (const ports::SandboxInfo& sandbox : listed.sandboxes) {
    pods[sandbox.pod_uid].sandboxes.push_back(&sandbox);
    sandboxes[sandbox.id] = &sandbox;
  }
  for (const ports::ContainerInfo& container : listed.containers) {
    const auto sandbox = sandboxes.find(container.sandbox_id);
    if (sandbox != sandboxes.end()) {
      pods[sandbox->second->pod_uid].containers.push_back(&container);
    } else {
      leftovers_.add_container({}, container.id, container.sandbox_id,
                               container.state != ports::ContainerState::Exited);
    }
  }
  // Pods that only the runtime knows.
  for (const auto& [uid, listing] : pods) {
    if (worker_of(uid) != nullptr) continue;
    const ports::SandboxInfo& sandbox = *listing.sandboxes.front();
    api::Pod pod;
    pod.meta.name = sandbox.pod_name;
    pod.meta.namespace_name = sandbox.pod_namespace;
    pod.meta.uid = uid;
    for (const ports::ContainerInfo* info : listing.containers) {
      const bool known = std::any_of(pod.spec.containers.begin(), pod.spec.containers.end(),
                                     [&](const auto& c) { return c.name == info->name; });
      if (known) continue;
      api::Container& container = pod.spec.containers.emplace_back();
      container.name = info->name;
      container.image = info->image;
    }
    add_worker(std::make_shared<const api::Object>(std::move(pod)), false);
  }
  const std::map<std::string, std::uint32_t> everyone = slot_of_uid_;
  for (const auto& [uid, slot] : everyone) {
    slots_[slot].worker->reconcile(pods[uid], runtime_stamp_);
    forget_if_removable(slot);
  }
  settle_volumes_in_use();
}

void Kubelet::on_runtime_notice(const ports::RuntimeNotice& notice) {
  using What = ports::RuntimeNotice::What;
  if (notice.what == What::StreamLost) return;
  if (notice.what == What::StreamRestored) {
    lister_.request(Duration{});
    return;
  }
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    if (slots_[slot].worker == nullptr || !slots_[slot].worker->on_runtime_notice(notice)) continue;
    forget_if_removable(slot);
    return;
  }
  // Of something we were not told of yet, perhaps: the notice may have come before the reply.
  if (!leftovers_.contains(notice.id)) lister_.request(node_.config.roll_back_time);
}

// --- Volumes ---

template <class Waits>
void Kubelet::sync_those_that(Waits waits) {
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    PodWorker* worker = slots_[slot].worker.get();
    if (worker == nullptr || worker->volumes() == nullptr || !waits(*worker->volumes())) continue;
    worker->sync();
    forget_if_removable(slot);
  }
}

void Kubelet::on_followed(const ports::Event& event) {
  const std::optional<api::ObjectKey> key = objects_.on_event(event);
  if (!key) return;
  if (key->kind == api::Kind::Node) {
    heartbeat_.see(objects_.see(*key).object.get());
    return;
  }
  sync_those_that([&](const PodVolumes& volumes) { return volumes.waits_for(*key); });
  settle_volumes_in_use();
}

void Kubelet::settle_volumes_in_use() {
  if (!begun_) return;
  const bool settled = std::all_of(slots_.begin(), slots_.end(), [](const Slot& slot) {
    return slot.worker == nullptr || slot.worker->volumes() == nullptr ||
           slot.worker->volumes()->claims_resolved();
  });
  if (settled) volumes_in_use_.drop_inherited();
}

// --- Slots ---

PodWorker& Kubelet::add_worker(const api::ObjectPtr& pod, bool in_api) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
    expects(slots_.size() <= kSlotMax, "a node has at most 65,535 pods at a time");
  }
  const std::uint32_t index = free_slots_.back();
  free_slots_.pop_back();
  Slot& slot = slots_[index];
  slot.generation = (slot.generation + 1) & kGenerationMax;
  slot.worker = std::make_unique<PodWorker>(
      PodWorker::Shared{node_, puller_, leftovers_, lister_, objects_, volumes_in_use_}, index,
      slot.generation, pod, in_api);
  slot_of_uid_[slot.worker->meta().uid] = index;
  return *slot.worker;
}

std::vector<PodWorker*> Kubelet::workers() const {
  std::vector<PodWorker*> all;
  for (const auto& [uid, slot] : slot_of_uid_) all.push_back(slots_[slot].worker.get());
  return all;
}

std::vector<const api::Pod*> Kubelet::active_pods() const {
  std::vector<const api::Pod*> pods;
  for (const auto& [uid, slot] : slot_of_uid_) {
    const PodWorker& worker = *slots_[slot].worker;
    if (worker.active()) pods.push_back(&worker.pod());
  }
  return pods;
}

PodWorker* Kubelet::worker_of(const std::string& uid) {
  const auto found = slot_of_uid_.find(uid);
  return found == slot_of_uid_.end() ? nullptr : slots_[found->second].worker.get();
}

void Kubelet::forget_if_removable(std::uint32_t slot) {
  Slot& held = slots_[slot];
  if (held.worker == nullptr || !held.worker->removable()) return;
  slot_of_uid_.erase(held.worker->meta().uid);
  held.worker->release();
  held.worker.reset();
  free_slots_.push_back(slot);
  settle_volumes_in_use();
}

void Kubelet::forget_if_removable(const std::string& uid) {
  const auto found = slot_of_uid_.find(uid);
  if (found != slot_of_uid_.end()) forget_if_removable(found->second);
}

}  // namespace orrery::kubelet
