// The part of SimNode about images and about what the node has left.
#include <algorithm>
#include <utility>

#include "sim/traffic/request_engine.h"
#include "sim/world/runtime_replies.h"
#include "sim/world/sim_node.h"

namespace orrery::sim {

using ports::ContainerState;
using ports::Outcome;

namespace {

/// What a node without a size of its disk has.
constexpr std::int64_t kNeverRunsOut = std::int64_t{1} << 60;
constexpr const char* kNoSpace = "no space left on device";

}  // namespace

/// The registry has told what the image is made of: fetch the layers that nobody fetches yet.
void SimNode::pull(const RuntimeOperation& operation) {
  const std::string& name = operation.call.image;
  const auto image = environment_.images.find(name);
  if (image == environment_.images.end() || image->second.missing) {
    return reply(operation, Outcome::NotFound, because("no such image: " + name));
  }
  if (!environment_.dispatcher.alive(operation.owner)) return;
  const std::vector<ImageLayer> layers = images_.begin_fetch(name);
  std::int64_t bytes = 0;
  for (const ImageLayer& layer : layers) bytes += layer.bytes;
  if (!layers.empty() && disk_full_) {
    images_.end_fetch(layers, false);
    return reply(operation, Outcome::Refused, because(kNoSpace));
  }
  if (!layers.empty()) {
    if (environment_.fabric == nullptr) {
      images_.end_fetch(layers, false);
      return reply(operation, Outcome::Refused, because("no way to the registry"));
    }
    const std::uint32_t slot = environment_.operations.put(operation);
    fetches_[slot] = layers;
    environment_.fabric->start_pull(environment_.kernel.now(), index_,
                                    static_cast<std::uint64_t>(bytes), slot);
    return;
  }
  pulls_.push_back(operation);
  settle_pulls();
}

void SimNode::on_pull_done(std::uint32_t slot, const RuntimeOperation& operation, bool arrived) {
  if (operation.incarnation != incarnation_ || crashed_) return;
  const auto fetch = fetches_.find(slot);
  expects(fetch != fetches_.end(), "layers that arrive were on their way");
  images_.end_fetch(fetch->second, arrived && !disk_full_);
  fetches_.erase(fetch);
  if (arrived && disk_full_) {
    reply(operation, Outcome::Refused, because(kNoSpace));
  } else if (arrived) {
    pulls_.push_back(operation);
  } else {
    reply(operation, Outcome::Refused, because("the transfer of the image failed"));
  }
  settle_pulls();
}

/// Answers the pulls whose layers are all here, and those with a layer that will not come.
void SimNode::settle_pulls() {
  std::vector<RuntimeOperation> waiting = std::exchange(pulls_, {});
  for (RuntimeOperation& operation : waiting) {
    const std::string& name = operation.call.image;
    switch (images_.state_of(name)) {
      case ImageStore::State::Complete:
        images_.add(name);
        reply(operation, Outcome::Ok, with_id(name));
        break;
      case ImageStore::State::OnItsWay:
        pulls_.push_back(std::move(operation));
        break;
      case ImageStore::State::Broken:
        reply(operation, Outcome::Refused, because("the transfer of a layer failed"));
        break;
    }
  }
}

void SimNode::set_disk_full(bool full, ports::CauseId cause) {
  disk_full_ = full;
  disk_cause_ = full ? cause : 0;
  for (const InstanceId instance : instances_of()) {
    environment_.engine.set_disk_full(instance, full, disk_cause_);
  }
}

void SimNode::remove_image(const RuntimeOperation& operation) {
  for (const auto& [id, process] : containers_) {
    if (process.info.image == operation.call.image) {
      return reply(operation, Outcome::Refused, because("a container uses the image"));
    }
  }
  images_.remove(operation.call.image);
  reply(operation, Outcome::Ok, {});
}

bool SimNode::count_in_volume(const Process& process, std::int64_t bytes,
                              std::vector<ports::VolumeStats>& volumes) const {
  const std::string& name = model_of(process).disk.volume;
  const auto sandbox = sandboxes_.find(process.info.sandbox_id);
  if (name.empty() || sandbox == sandboxes_.end()) return false;
  const auto& pod = std::get<api::Pod>(*sandbox->second.pod);
  const auto is_here = [&](const auto& one) { return one.name == name; };
  const auto& all = pod.spec.volumes;
  const auto volume = std::find_if(all.begin(), all.end(), is_here);
  if (volume == all.end() || !std::holds_alternative<api::EmptyDirVolume>(volume->source)) {
    return false;
  }
  const bool mounted = std::any_of(process.mounts.begin(), process.mounts.end(),
                                   [&](const ports::Mount& mount) { return mount.volume == name; });
  if (!mounted) return false;
  const auto known = std::find_if(volumes.begin(), volumes.end(), [&](const auto& stats) {
    return stats.pod_uid == pod.meta.uid && stats.name == name;
  });
  if (known == volumes.end()) {
    volumes.push_back({pod.meta.uid, name, bytes});
  } else {
    known->bytes += bytes;
  }
  return true;
}

void SimNode::finish_stats(const RuntimeOperation& operation) {
  const Instant now = environment_.kernel.now();
  ports::RuntimeResult result;
  std::int64_t memory = 0;
  std::int64_t disk = images_.bytes();
  for (const auto& [id, process] : containers_) {
    const bool runs = process.info.state == ContainerState::Running;
    if (process.info.state == ContainerState::Created) continue;
    const ProcessModel& model = model_of(process);
    const Duration age = (runs ? now : process.info.finished_at) - process.info.started_at;
    const std::int64_t written = disk_at(model.disk, age);
    disk += written;
    const bool to_volume = count_in_volume(process, written, result.volumes);
    if (!runs) continue;
    ports::ContainerStats stats;
    stats.id = id;
    stats.at = now;
    for (const InstanceId instance : process.instances) {
      stats.cpu += environment_.engine.view(instance).cpu;
    }
    stats.memory_bytes = memory_now(process);
    stats.disk_bytes = to_volume ? 0 : written;
    memory += stats.memory_bytes;
    result.stats.push_back(std::move(stats));
  }
  if (environment_.counts_memory) {
    result.node.memory = ports::Supply{capacity_.memory_bytes - memory, capacity_.memory_bytes};
  }
  if (capacity_.disk_bytes > 0) {  // One file system for images, layers and logs.
    const std::int64_t left = disk_full_ ? 0 : capacity_.disk_bytes - disk;
    result.node.disk = ports::Supply{left, capacity_.disk_bytes};
    result.node.image_disk = result.node.disk;
  } else if (environment_.counts_volumes) {
    result.node.disk = ports::Supply{kNeverRunsOut, kNeverRunsOut};
  }
  reply(operation, Outcome::Ok, std::move(result));
}

}  // namespace orrery::sim
