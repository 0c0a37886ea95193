#include "models/kubelet/node_pressure.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "models/api/qos_class.h"
#include "models/kubelet/qos.h"

namespace orrery::kubelet {
namespace {

constexpr std::int64_t kEverything = std::numeric_limits<std::int64_t>::max();

std::vector<PodUsage> usage_of(const NodePressure::Pods& pods,
                               const std::vector<ports::ContainerStats>& samples) {
  std::map<std::string, const ports::ContainerStats*> by_id;
  for (const ports::ContainerStats& sample : samples) by_id[sample.id] = &sample;
  std::vector<PodUsage> usages;
  for (const PodWorker* worker : pods) {
    if (!worker->active()) continue;
    PodUsage usage{.pod = &worker->pod()};
    for (const std::string& id : worker->running_containers()) {
      const auto sample = by_id.find(id);
      if (sample == by_id.end()) continue;
      usage.memory_bytes += sample->second->memory_bytes;
      usage.disk_bytes += sample->second->disk_bytes;
      usage.processes += sample->second->processes;
    }
    usages.push_back(usage);
  }
  return usages;
}

const ports::RuntimeResult* result_of(const ports::Event& event) {
  if (event.outcome != ports::Outcome::Ok || event.body == nullptr) return nullptr;
  return std::get_if<ports::RuntimeResult>(event.body.get());
}

}  // namespace

NodePressure::NodePressure(const NodeServices& node, NodeHeartbeat& heartbeat)
    : node_{node},
      heartbeat_{heartbeat},
      watch_{node.config.eviction},
      monitor_timer_{node.timer({.topic = Topic::NodeStats, .container = kMonitor})},
      collect_timer_{node.timer({.topic = Topic::NodeStats, .container = kCollect})},
      refresh_timer_{node.timer({.topic = Topic::NodeImages, .container = kRefresh})} {}

void NodePressure::start() {
  monitor_timer_.arm(node_.now() + node_.config.eviction.monitoring_period);
  collect_timer_.arm(node_.now() + node_.config.image_collection.period);
  ports::RuntimeCall call;
  call.verb = ports::RuntimeVerb::Images;
  ask(Topic::NodeImages, kRefresh, std::move(call));
}

void NodePressure::ask(Topic topic, Step step, ports::RuntimeCall call) {
  sequence_ = (sequence_ + 1) & kSequenceMax;
  node_.call_runtime({.topic = topic, .container = step, .sequence = sequence_}, std::move(call));
}

void NodePressure::measure(Step step) {
  ports::RuntimeCall call;
  call.verb = ports::RuntimeVerb::Stats;
  ask(Topic::NodeStats, step, std::move(call));
}

void NodePressure::images_changed() {
  if (std::exchange(refresh_armed_, true)) return;
  // The list is looked at on a fixed beat from the kubelet's start.
  const std::int64_t period = node_.config.image_list_period.count_ns();
  const std::int64_t beats = (node_.now() - node_.started_at).count_ns() / period + 1;
  refresh_timer_.arm(node_.started_at + node_.config.image_list_period * beats);
}

void NodePressure::on_event(CallTag tag, const ports::Event& event, const Pods& pods) {
  const bool timer = event.kind == ports::EventKind::Timer;
  if (tag.topic == Topic::NodeStats) {
    if (timer && tag.container == kMonitor) {
      look_again(pods);
    } else if (timer) {
      measure(kCollect);
    } else if (tag.container == kMonitor) {
      on_sample(event, pods);
    } else {
      on_collection_sample(event);
    }
  } else if (timer) {
    refresh_armed_ = false;
    ports::RuntimeCall call;
    call.verb = ports::RuntimeVerb::Images;
    ask(Topic::NodeImages, kRefresh, std::move(call));
  } else if (tag.container == kRemove) {
    on_removed();
  } else {
    on_images(event, pods);
  }
}

// --- Pressure ---

/// Measures, unless a pod that was ended is still being cleaned up.
void NodePressure::look_again(const Pods& pods) {
  if (evicted_uid_) {
    const auto evicted = std::find_if(pods.begin(), pods.end(), [&](const PodWorker* worker) {
      return worker->meta().uid == *evicted_uid_;
    });
    const bool gone = evicted == pods.end() || (*evicted)->cleaned_up();
    if (!gone && node_.now() < cleanup_until_) {
      monitor_timer_.arm(node_.now() + node_.config.eviction.cleanup_poll);
      return;
    }
    evicted_uid_.reset();
  }
  reclaimed_ = false;
  measure(kMonitor);
}

void NodePressure::on_sample(const ports::Event& event, const Pods& pods) {
  const ports::RuntimeResult* sample = result_of(event);
  if (sample != nullptr && sample->node == ports::NodeStats{}) return;  // It cannot tell.
  monitor_timer_.arm(node_.now() + node_.config.eviction.monitoring_period);
  if (sample == nullptr) return;
  const auto finding = watch_.observe(sample->node, node_.now());
  report_conditions();
  if (end_pods_beyond_their_volumes(*sample, pods)) return;
  if (finding) act_on(*finding, *sample, pods);
}

void NodePressure::act_on(PressureWatch::Finding finding, const ports::RuntimeResult& sample,
                          const Pods& pods) {
  if (pressure_of(finding.signal) == Pressure::Disk && !std::exchange(reclaimed_, true)) {
    monitor_timer_.disarm();  // Measured again when the images are gone.
    bytes_to_free_ = kEverything;
    ports::RuntimeCall call;
    call.verb = ports::RuntimeVerb::Images;
    ask(Topic::NodeImages, kMonitor, std::move(call));
    return;
  }
  std::vector<PodUsage> usages = usage_of(pods, sample.stats);
  std::erase_if(usages, [](const PodUsage& usage) { return is_critical(usage.pod->spec); });
  if (usages.empty()) return;
  rank(usages, finding.signal);
  const EvictionConfig& config = node_.config.eviction;
  const api::Pod& victim = *usages.front().pod;
  const Duration grace = finding.hard
                             ? config.hard_grace
                             : std::min(config.soft_grace_max, victim.spec.termination_grace);
  for (PodWorker* worker : pods) {
    if (&worker->pod() != &victim) continue;
    evicted_uid_ = worker->meta().uid;
    wait_for_cleanup();
    worker->fail({"Evicted", eviction_message(finding.signal), true}, grace);
    return;
  }
}

/// Source: Kubernetes pkg/kubelet/eviction (localStorageEviction, emptyDirLimitEviction).
bool NodePressure::end_pods_beyond_their_volumes(const ports::RuntimeResult& sample,
                                                 const Pods& pods) {
  bool ended = false;
  for (PodWorker* worker : pods) {
    if (!worker->active()) continue;
    const std::string message = exceeded_volume(worker->pod(), sample.volumes);
    if (message.empty()) continue;
    ended = true;
    evicted_uid_ = worker->meta().uid;
    worker->fail({"Evicted", message, false}, node_.config.eviction.hard_grace);
  }
  if (!ended) return false;
  wait_for_cleanup();
  return true;
}

void NodePressure::wait_for_cleanup() {
  cleanup_until_ = node_.now() + node_.config.eviction.cleanup_wait;
  monitor_timer_.arm(node_.now() + node_.config.eviction.cleanup_poll);
}

void NodePressure::report_conditions() {
  std::array<bool, kPressureCount> under{};
  for (std::size_t i = 0; i < kPressureCount; ++i) {
    under.at(i) = watch_.under(static_cast<Pressure>(i), node_.now());
  }
  heartbeat_.set_pressure(under);
}

std::optional<PodFailure> NodePressure::refusal(const api::Pod& pod) const {
  if (is_critical(pod.spec)) return std::nullopt;
  std::string conditions;
  for (std::size_t i = 0; i < kPressureCount; ++i) {
    const auto pressure = static_cast<Pressure>(i);
    if (!watch_.under(pressure, node_.now())) continue;
    // What is short of memory still takes pods that said how much they need.
    const bool takes =
        pressure == Pressure::Memory && api::qos_class(pod.spec) != api::QosClass::BestEffort;
    if (takes) continue;
    if (!conditions.empty()) conditions += ' ';
    conditions += condition_of(pressure);
  }
  if (conditions.empty()) return std::nullopt;
  return PodFailure{"Evicted", "The node had condition: [" + conditions + "]. ", false};
}

// --- Images ---

void NodePressure::on_collection_sample(const ports::Event& event) {
  const ports::RuntimeResult* sample = result_of(event);
  if (sample != nullptr && !sample->node.image_disk) return;  // Nothing to go by, now or later.
  collect_timer_.arm(node_.now() + node_.config.image_collection.period);
  if (sample == nullptr) return;
  bytes_to_free_ =
      ImageCollector::bytes_to_free(*sample->node.image_disk, node_.config.image_collection);
  ports::RuntimeCall call;
  call.verb = ports::RuntimeVerb::Images;
  ask(Topic::NodeImages, kCollect, std::move(call));
}

void NodePressure::on_images(const ports::Event& event, const Pods& pods) {
  const ports::RuntimeResult* listed = result_of(event);
  const std::int64_t bytes = std::exchange(bytes_to_free_, 0);
  if (listed != nullptr) {
    std::set<std::string> in_use;
    for (const PodWorker* worker : pods) worker->add_images_in_use(in_use);
    collector_.observe(listed->images, in_use, node_.now());
    heartbeat_.set_images(listed->images);
    for (std::string& image :
         collector_.to_remove(bytes, node_.now(), node_.config.image_collection)) {
      ++removals_open_;
      ports::RuntimeCall call;
      call.verb = ports::RuntimeVerb::RemoveImage;
      call.image = std::move(image);
      ask(Topic::NodeImages, kRemove, std::move(call));
    }
  }
  if (removals_open_ == 0 && reclaimed_) measure(kMonitor);
}

void NodePressure::on_removed() {
  if (removals_open_ > 0) --removals_open_;
  if (removals_open_ > 0) return;
  images_changed();
  if (reclaimed_) measure(kMonitor);
}

}  // namespace orrery::kubelet
