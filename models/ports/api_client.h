/// @file
/// Port: a process's way to the API server. Asynchronous; every call has a delay and can fail.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/api/objects.h"
#include "models/ports/event.h"

namespace orrery::ports {

enum class Verb : std::uint8_t {
  Get = 0,
  List = 1,
  Watch = 2,  ///< Deltas after `resource_version`, until unwatch or WatchClosed.
  Create = 3,
  Update = 4,        ///< Spec and metadata; Conflict unless resource_version matches (0: no check).
  UpdateStatus = 5,  ///< Status alone; version checked unless 0. uid checked unless empty.
  Delete = 6,
  Bind = 7,     ///< Sets spec.nodeName of an unbound pod.
  Unwatch = 8,  ///< `id` of the call is the watch to end; there is no reply.
};
[[nodiscard]] const char* to_string(Verb verb);

/// A request to the API server.
struct ApiCall {
  Verb verb = Verb::Get;
  api::ObjectKey key;                  ///< List and Watch: kind alone, and namespace if not empty.
  api::ObjectPtr object;               ///< Create, Update, UpdateStatus.
  std::string node_name;               ///< List, Watch of pods: field selector. Bind: the node.
  std::string uid;                     ///< Precondition of Delete, UpdateStatus, Bind; empty: none.
  std::optional<Duration> grace;       ///< Delete: overrides the object's grace period; 0: now.
  std::uint64_t resource_version = 0;  ///< Watch: from here. Update, UpdateStatus: precondition.
};

class ApiClient {
 public:
  virtual ~ApiClient() = default;

  /// Sends `call`. Exactly one ApiReply with `id` follows, except for Watch (WatchEvents, then one
  /// WatchClosed) and Unwatch (nothing). Unreachable: not sent. Unknown: perhaps done.
  virtual void call(OwnerId owner, CallId id, ApiCall call) = 0;
};

}  // namespace orrery::ports
