/// @file
/// What goes out of the API server's core: changes, and events on their way to clients.
#pragma once

#include <cstdint>

#include "models/api/objects.h"
#include "models/ports/event.h"

namespace orrery::store {

/// A process that talks to the API server. A restarted process is a new client.
enum class ClientId : std::uint32_t {};

/// One change of the tables.
struct Write {
  ports::DeltaKind kind = ports::DeltaKind::Added;
  api::ObjectPtr before;  ///< Null for Added.
  api::ObjectPtr
      after;  ///< The new state; for Deleted the last one, with the version of the deletion.
  std::uint64_t resource_version = 0;
};

/// An event on its way to a component of a client.
struct Delivery {
  ClientId client{};
  ports::Event event;
};

}  // namespace orrery::store
