/// @file
/// Port: a process's way to the API server. Asynchronous; every call has a delay and can fail.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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
  /// Deletes a pod if its disruption budget lets it go. Refused: not now, ask again later. Invalid:
  /// more than one budget matches it.
  Evict = 9,
};
[[nodiscard]] const char* to_string(Verb verb);

/// What becomes of the objects that a deleted one owns.
enum class Propagation : std::uint8_t {
  Default = 0,     ///< As an earlier deletion said; otherwise Background.
  Background = 1,  ///< They go after it.
  Foreground = 2,  ///< It goes after those that hold it back (blockOwnerDeletion).
  Orphan = 3,      ///< They stay, without an owner.
};
[[nodiscard]] const char* to_string(Propagation propagation);

/// A field has a value, or has not. Of all kinds: metadata.name, metadata.namespace. Of pods also
/// spec.nodeName, spec.restartPolicy, spec.schedulerName, status.phase, status.podIP,
/// status.nominatedNodeName. Other fields make the call Invalid.
struct FieldRequirement {
  std::string field;
  std::string value;
  bool equal = true;  ///< Otherwise "!=".

  friend bool operator==(const FieldRequirement&, const FieldRequirement&) = default;
};

/// A request to the API server.
struct ApiCall {
  Verb verb = Verb::Get;
  /// List and Watch: kind alone; namespace and name as well if not empty.
  api::ObjectKey key;
  api::ObjectPtr object;  ///< Create, Update, UpdateStatus.
  std::string node_name;  ///< List, Watch of pods: field selector. Bind: the node.
  std::string uid;  ///< Precondition of Update, UpdateStatus, Delete, Evict, Bind; empty: none.
  std::optional<Duration> grace;       ///< Delete, Evict: overrides the pod's grace period; 0: now.
  std::uint64_t resource_version = 0;  ///< Watch: from here. Update, UpdateStatus: precondition.
  api::LabelSelector label_selector;   ///< List, Watch: only objects that it matches.
  std::vector<FieldRequirement> field_selector;    ///< List, Watch: all must hold.
  Propagation propagation = Propagation::Default;  ///< Delete.
  bool bookmarks = false;  ///< Watch: send bookmarks, so that its version stays one to resume from.
};

class ApiClient {
 public:
  virtual ~ApiClient() = default;

  /// Sends `call`. Exactly one ApiReply with `id` follows, except for Watch (WatchEvents, then one
  /// WatchClosed) and Unwatch (nothing). Unreachable: not sent. Unknown: perhaps done.
  virtual void call(OwnerId owner, CallId id, ApiCall call) = 0;
};

}  // namespace orrery::ports
