#include "models/kubelet/eviction.h"

#include <algorithm>
#include <tuple>

#include "models/base/quantity.h"

namespace orrery::kubelet {
namespace {

constexpr std::array<const char*, kSignalCount> kSignalNames{
    "memory.available",  "nodefs.available",   "nodefs.inodesFree",
    "imagefs.available", "imagefs.inodesFree", "pid.available"};

bool met(const EvictionThreshold& threshold, const ports::NodeStats& stats) {
  const std::optional<ports::Supply> supply = supply_of(stats, threshold.signal);
  return supply && supply->available < amount_of(threshold, supply->capacity);
}

std::int64_t priority_of(const PodUsage& usage) { return usage.pod->spec.priority.value_or(0); }

std::int64_t memory_request(const api::PodSpec& spec) {
  return api::effective_requests(spec).memory_bytes;
}

}  // namespace

const char* to_string(Signal signal) { return kSignalNames.at(static_cast<std::size_t>(signal)); }

std::optional<Signal> signal_named(std::string_view name) {
  for (std::size_t i = 0; i < kSignalCount; ++i) {
    if (name == kSignalNames.at(i)) return static_cast<Signal>(i);
  }
  return std::nullopt;
}

std::string to_string(const EvictionThreshold& threshold) {
  const std::string amount = threshold.percent == 0 ? std::to_string(threshold.amount)
                                                    : std::to_string(threshold.percent) + "%";
  return std::string{to_string(threshold.signal)} + "<" + amount;
}

// Example: 15 % of 100 GiB: 15 GiB.
std::int64_t amount_of(const EvictionThreshold& threshold, std::int64_t capacity) {
  if (threshold.percent == 0) return threshold.amount;
  return capacity / 100 * threshold.percent + capacity % 100 * threshold.percent / 100;
}

void rank(std::vector<PodUsage>& pods, Signal signal) {
  const auto order = [&](const PodUsage& usage) {
    switch (pressure_of(signal)) {
      case Pressure::Memory: {
        const std::int64_t excess = usage.memory_bytes - memory_request(usage.pod->spec);
        return std::tuple{excess <= 0, priority_of(usage), -excess};
      }
      case Pressure::Disk:  // Disk is not requested: any use is above it.
        return std::tuple{usage.disk_bytes <= 0, priority_of(usage), -usage.disk_bytes};
      case Pressure::Pid:
        return std::tuple{false, priority_of(usage), -usage.processes};
    }
    contract_violation("a pressure has one of the known values");
  };
  std::stable_sort(pods.begin(), pods.end(), [&](const PodUsage& left, const PodUsage& right) {
    return order(left) < order(right);
  });
}

Pressure pressure_of(Signal signal) {
  if (signal == Signal::MemoryAvailable) return Pressure::Memory;
  return signal == Signal::PidAvailable ? Pressure::Pid : Pressure::Disk;
}

const char* condition_of(Pressure pressure) {
  switch (pressure) {
    case Pressure::Memory:
      return "MemoryPressure";
    case Pressure::Disk:
      return "DiskPressure";
    case Pressure::Pid:
      return "PIDPressure";
  }
  contract_violation("a pressure has one of the known values");
}

std::optional<ports::Supply> supply_of(const ports::NodeStats& stats, Signal signal) {
  switch (signal) {
    case Signal::MemoryAvailable:
      return stats.memory;
    case Signal::NodefsAvailable:
      return stats.disk;
    case Signal::NodefsInodesFree:
      return stats.inodes;
    case Signal::ImagefsAvailable:
      return stats.image_disk;
    case Signal::ImagefsInodesFree:
      return stats.image_inodes;
    case Signal::PidAvailable:
      return stats.processes;
  }
  contract_violation("a signal has one of the known values");
}

std::optional<PressureWatch::Finding> PressureWatch::observe(const ports::NodeStats& stats,
                                                             Instant now) {
  std::optional<Finding> first;
  const auto act_on = [&](Signal signal, bool hard) {
    if (!first || signal < first->signal) first = Finding{signal, hard};
  };
  for (const EvictionThreshold& threshold : config_.hard) {
    if (!met(threshold, stats)) continue;
    last_seen_.at(static_cast<std::size_t>(pressure_of(threshold.signal))) = now;
    act_on(threshold.signal, true);
  }
  soft_since_.resize(config_.soft.size());
  for (std::size_t i = 0; i < config_.soft.size(); ++i) {
    const SoftEvictionThreshold& soft = config_.soft[i];
    if (!met(soft.threshold, stats)) {
      soft_since_[i].reset();
      continue;
    }
    last_seen_.at(static_cast<std::size_t>(pressure_of(soft.threshold.signal))) = now;
    if (!soft_since_[i]) soft_since_[i] = now;
    if (now - *soft_since_[i] >= soft.grace) act_on(soft.threshold.signal, false);
  }
  return first;
}

bool PressureWatch::under(Pressure pressure, Instant now) const {
  const std::optional<Instant>& seen = last_seen_.at(static_cast<std::size_t>(pressure));
  return seen && (now - *seen < config_.pressure_transition || now == *seen);
}

std::optional<Instant> PressureWatch::until() const {
  std::optional<Instant> latest;
  for (const std::optional<Instant>& seen : last_seen_) {
    if (seen && (!latest || *latest < *seen)) latest = *seen;
  }
  if (latest) latest = *latest + config_.pressure_transition;
  return latest;
}

std::string exceeded_volume(const api::Pod& pod, const std::vector<ports::VolumeStats>& volumes) {
  for (const api::Volume& volume : pod.spec.volumes) {
    const auto* empty_dir = std::get_if<api::EmptyDirVolume>(&volume.source);
    if (empty_dir == nullptr || empty_dir->size_limit.value_or(0) == 0) continue;
    const auto holds =
        std::find_if(volumes.begin(), volumes.end(), [&](const ports::VolumeStats& stats) {
          return stats.pod_uid == pod.meta.uid && stats.name == volume.name;
        });
    if (holds == volumes.end() || holds->bytes <= *empty_dir->size_limit) continue;
    return "Usage of EmptyDir volume \"" + volume.name + "\" exceeds the limit \"" +
           amount_text(*empty_dir->size_limit) + "\".";
  }
  return {};
}

std::string eviction_message(Signal signal) {
  const char* resource = "pids";
  if (pressure_of(signal) == Pressure::Memory) resource = "memory";
  if (pressure_of(signal) == Pressure::Disk) {
    const bool inodes = signal == Signal::NodefsInodesFree || signal == Signal::ImagefsInodesFree;
    resource = inodes ? "inodes" : "ephemeral-storage";
  }
  return std::string{"The node was low on resource: "} + resource + ".";
}

}  // namespace orrery::kubelet
