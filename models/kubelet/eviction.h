/// @file
/// Node-pressure eviction: which pod a node that runs out of something ends first, and when.
///
/// A function of what was measured and what was seen before; the kubelet measures and ends pods.
///
/// Source: Kubernetes pkg/kubelet/eviction (eviction_manager.go, helpers.go, api/types.go; 1.30).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/api/pod.h"
#include "models/ports/event.h"

namespace orrery::kubelet {

/// What is measured. The order is that in which signals are acted on: memory first.
enum class Signal : std::uint8_t {
  MemoryAvailable,
  NodefsAvailable,
  NodefsInodesFree,
  ImagefsAvailable,
  ImagefsInodesFree,
  PidAvailable,
};
inline constexpr std::size_t kSignalCount = 6;

/// "memory.available" and so on.
[[nodiscard]] const char* to_string(Signal signal);
[[nodiscard]] std::optional<Signal> signal_named(std::string_view name);

/// Met while less is left than `amount`, or than `percent` of the capacity where no amount is set.
struct EvictionThreshold {
  Signal signal = Signal::MemoryAvailable;
  std::int64_t amount = 0;
  std::int32_t percent = 0;

  friend bool operator==(const EvictionThreshold&, const EvictionThreshold&) = default;
};

/// "memory.available<104857600" or "nodefs.available<10%": evictionHard's form.
[[nodiscard]] std::string to_string(const EvictionThreshold& threshold);

/// Acts only when met for `grace` without a break.
struct SoftEvictionThreshold {
  EvictionThreshold threshold;
  Duration grace;
};

/// Values: KubeletConfiguration; hard thresholds of
/// pkg/kubelet/apis/config/v1beta1/defaults_linux.go.
struct EvictionConfig {
  std::vector<EvictionThreshold> hard{{Signal::MemoryAvailable, 100LL << 20, 0},
                                      {Signal::NodefsAvailable, 0, 10},
                                      {Signal::NodefsInodesFree, 0, 5},
                                      {Signal::ImagefsAvailable, 0, 15},
                                      {Signal::ImagefsInodesFree, 0, 5}};
  std::vector<SoftEvictionThreshold> soft;
  Duration monitoring_period = Duration::seconds(10);
  /// After an eviction: so long at most for the pod's clean-up, looked at every `cleanup_poll`.
  Duration cleanup_wait = Duration::seconds(30);
  Duration cleanup_poll = Duration::seconds(1);
  /// A node condition stays this long (evictionPressureTransitionPeriod).
  Duration pressure_transition = Duration::minutes(5);
  /// The grace of a pod ended at a hard threshold (immediateEvictionGracePeriodSeconds).
  Duration hard_grace = Duration::seconds(1);
  /// Bounds the pod's own grace at a soft threshold (evictionMaxPodGracePeriod).
  Duration soft_grace_max = Duration{};
};

/// What of `available` and `capacity` is left before the threshold; the amount held back.
[[nodiscard]] std::int64_t amount_of(const EvictionThreshold& threshold, std::int64_t capacity);

/// A pod and what its running containers use.
struct PodUsage {
  const api::Pod* pod = nullptr;
  std::int64_t memory_bytes = 0;
  std::int64_t disk_bytes = 0;
  std::int64_t processes = 0;
};

/// Puts first who goes first: usage above request, then lower priority, then the larger excess. For
/// processes: lower priority, then more of them. Equal ones keep their order.
void rank(std::vector<PodUsage>& pods, Signal signal);

enum class Pressure : std::uint8_t { Memory, Disk, Pid };
inline constexpr std::size_t kPressureCount = 3;
[[nodiscard]] Pressure pressure_of(Signal signal);
/// "MemoryPressure", "DiskPressure", "PIDPressure".
[[nodiscard]] const char* condition_of(Pressure pressure);

/// The supply of a signal, if it was measured.
[[nodiscard]] std::optional<ports::Supply> supply_of(const ports::NodeStats& stats, Signal signal);

/// What the thresholds of one node say, sample after sample.
class PressureWatch {
 public:
  /// `config` must outlive it.
  explicit PressureWatch(const EvictionConfig& config) : config_{config} {}

  struct Finding {
    Signal signal = Signal::MemoryAvailable;
    bool hard = true;
  };
  /// Takes a sample. Returns the threshold to act on: the first by signal whose grace is over.
  std::optional<Finding> observe(const ports::NodeStats& stats, Instant now);

  /// Whether the node is, or was until less than the transition period ago, under this pressure.
  [[nodiscard]] bool under(Pressure pressure, Instant now) const;
  /// When a condition that holds now will have to be looked at again; nothing: none holds.
  [[nodiscard]] std::optional<Instant> until() const;

 private:
  const EvictionConfig& config_;
  std::vector<std::optional<Instant>> soft_since_;  ///< By threshold: met without a break since.
  std::array<std::optional<Instant>, kPressureCount> last_seen_;
};

/// Why a pod must go whose emptyDir holds more than its sizeLimit; empty: none does.
[[nodiscard]] std::string exceeded_volume(const api::Pod& pod,
                                          const std::vector<ports::VolumeStats>& volumes);

/// The message of an evicted pod.
[[nodiscard]] std::string eviction_message(Signal signal);

}  // namespace orrery::kubelet
