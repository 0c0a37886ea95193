/// @file
/// What a call id or timer id of a kubelet stands for.
///
/// Ids carry their meaning, so that a reply is routed without a table of open calls, and a reply to
/// a pod that is gone, or to a call that was given up, is recognised and dropped.
#pragma once

#include <cstdint>

namespace orrery::kubelet {

/// Values are never 0, so that no id is.
enum class Topic : std::uint8_t {
  NodeRegister = 1,  ///< `container`: 0 for its creation, 1 for the labels of one that exists.
  NodeStatus,  ///< `container`: 0 for a write, 1 for a comparison.
  Lease,
  PodList,
  PodWatch,
  RuntimeList,
  NodeStats,   ///< `container`: a NodePressure::Step.
  NodeImages,  ///< The same.
  Metrics,     ///< `container`: a sample, a write or a removal.
  Follow,      ///< `slot` and `generation` together number the object.
  Leftover,    ///< `slot` and `generation` together number the leftover.
  RunSandbox,  ///< From here on: of one pod.
  ImageStatus,
  PullImage,
  Volume,
  CreateContainer,
  StartContainer,
  StopContainer,
  Hook,
  StartupProbe,
  ReadinessProbe,
  LivenessProbe,
  WriteStatus,
  DeletePod,
  Resync,
};

struct CallTag {
  Topic topic = Topic::Resync;
  std::uint32_t slot = 0;        ///< Of the pod; 16 bits.
  std::uint32_t generation = 0;  ///< Of the slot; 18 bits.
  std::uint32_t container = 0;   ///< Init containers first; 10 bits.
  std::uint32_t sequence = 0;    ///< Tells repeated calls apart; 14 bits, wraps.
};

inline constexpr std::uint32_t kSlotMax = (1U << 16) - 1;
inline constexpr std::uint32_t kGenerationMax = (1U << 18) - 1;
inline constexpr std::uint32_t kContainerMax = (1U << 10) - 1;
inline constexpr std::uint32_t kSequenceMax = (1U << 14) - 1;

[[nodiscard]] constexpr std::uint64_t encode(CallTag tag) {
  return (std::uint64_t{static_cast<std::uint8_t>(tag.topic)} << 58) |
         (std::uint64_t{tag.slot & kSlotMax} << 42) |
         (std::uint64_t{tag.generation & kGenerationMax} << 24) |
         (std::uint64_t{tag.container & kContainerMax} << 14) |
         std::uint64_t{tag.sequence & kSequenceMax};
}

[[nodiscard]] constexpr CallTag decode(std::uint64_t id) {
  return {.topic = static_cast<Topic>(id >> 58),
          .slot = static_cast<std::uint32_t>(id >> 42) & kSlotMax,
          .generation = static_cast<std::uint32_t>(id >> 24) & kGenerationMax,
          .container = static_cast<std::uint32_t>(id >> 14) & kContainerMax,
          .sequence = static_cast<std::uint32_t>(id) & kSequenceMax};
}

}  // namespace orrery::kubelet
