/// @file
/// The kernel events of the simulated world. 0..15 belong to sim/traffic.
#pragma once

#include <cstdint>

namespace orrery::sim {

enum class WorldEvent : std::uint8_t {
  Timer = 16,         ///< A component's timer; index: timer slot.
  Deliver = 17,       ///< A ports::Event reaches its owner; index: delivery slot.
  ApiRequest = 18,    ///< A call reaches the API server, or what else it waits for; index: slot.
  PublishTable = 19,  ///< An endpoint table takes effect; index: table slot.
  RuntimeDone = 20,   ///< A container runtime finishes a call; index: operation slot.
  ProbeArrives = 21,  ///< A probe reaches its pod; index: probe slot.
  ContainerDue = 22,  ///< Something is due in a container's life; index: container event slot.
};

[[nodiscard]] constexpr std::uint8_t kind_of(WorldEvent event) {
  return static_cast<std::uint8_t>(event);
}

}  // namespace orrery::sim
