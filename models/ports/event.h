/// @file
/// The one record through which completions, timers and watches reach their owner, in both worlds.
///
/// An owner makes calls on ports and hands each call an id of its own choice; whatever comes of it
/// arrives later as an Event with that id. Nothing is ever answered from inside the call. What a
/// process has been told is therefore a list of Events, and feeding it the same list again makes it
/// do the same: that is what a replay is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "models/api/objects.h"
#include "models/base/time_types.h"

namespace orrery::ports {

/// A component of one process: controller manager, scheduler, kubelet, node proxy.
enum class OwnerId : std::uint32_t {};

/// Chosen by the owner; unique among its open calls of one port.
using CallId = std::uint64_t;

/// The record that made something happen; 0: nothing on record.
using CauseId = std::uint64_t;

enum class EventKind : std::uint8_t {
  Timer = 0,         ///< id: the timer's id.
  ApiReply = 1,      ///< id: the call's. body: ApiObject or ApiList.
  WatchEvent = 2,    ///< id: the watch call's. body: WatchDelta.
  WatchClosed = 3,   ///< id: the watch call's. outcome says why; list and watch again.
  RuntimeReply = 4,  ///< id: the call's. body: RuntimeResult.
  RuntimeEvent = 5,  ///< id: 0. body: RuntimeNotice.
  ProbeResult = 6,   ///< id: the probe's. value: HTTP status or exit code.
};

/// How a call ended. One vocabulary for all ports.
enum class Outcome : std::uint8_t {
  Ok = 0,
  NotFound = 1,
  AlreadyExists = 2,
  Conflict = 3,     ///< The object changed since it was read.
  Invalid = 4,      ///< The request itself is wrong.
  Refused = 5,      ///< The other side answered: no. Probe: a failed check or a refused connection.
  Unreachable = 6,  ///< Nothing was sent, or no one was there.
  Unknown = 7,      ///< The call may or may not have taken effect: look before trying again.
  Timeout = 8,      ///< Probe or exec: the deadline passed.
  Expired = 9,      ///< Watch: the version is too old.
};
[[nodiscard]] const char* to_string(Outcome outcome);

/// Answer to create, get, update, bind, evict, delete: the object as it is now.
struct ApiObject {
  api::ObjectPtr object;
  std::string message{};  ///< Why the call was refused, for people.
};
/// Answer to list.
struct ApiList {
  std::vector<api::ObjectPtr> objects;
  std::uint64_t resource_version = 0;  ///< Watch from here.
};

enum class DeltaKind : std::uint8_t {
  Added,
  Modified,
  Deleted,
  Bookmark,  ///< Nothing happened; the watch has told everything up to `resource_version`.
};
struct WatchDelta {
  DeltaKind kind = DeltaKind::Added;
  api::ObjectPtr object;               ///< Deleted: the last state. Bookmark: none.
  std::uint64_t resource_version = 0;  ///< Bookmark alone; otherwise it stands in the object.
};

enum class SandboxState : std::uint8_t { Ready, NotReady };
enum class ContainerState : std::uint8_t { Created, Running, Exited, Unknown };

/// A pod sandbox as the runtime lists it.
struct SandboxInfo {
  std::string id;
  std::string pod_uid;
  std::string pod_name;
  std::string pod_namespace;
  std::uint32_t attempt = 0;
  SandboxState state = SandboxState::Ready;
  std::string ip;
  std::string pod_json;  ///< The Pod as given at creation (annotation), for adoption.
};

/// A container as the runtime lists it.
struct ContainerInfo {
  std::string id;
  std::string sandbox_id;
  std::string name;
  std::uint32_t attempt = 0;
  ContainerState state = ContainerState::Created;
  std::int32_t exit_code = 0;
  std::string reason;  ///< "Completed", "Error", "OOMKilled", …
  std::string image;
  Instant started_at;
  Instant finished_at;
};

/// What a container has used by `at`. Of an earlier attempt nothing is counted.
struct ContainerStats {
  std::string id;
  Instant at;                     ///< When the sample was taken.
  Duration cpu;                   ///< Core time since its start.
  std::int64_t memory_bytes = 0;  ///< Working set.
  std::int64_t disk_bytes = 0;    ///< Writable layer and logs.
  std::int64_t processes = 0;
};

/// What a volume of a pod holds.
struct VolumeStats {
  std::string pod_uid;
  std::string name;
  std::int64_t bytes = 0;
};

/// Something a node can run out of.
struct Supply {
  std::int64_t available = 0;
  std::int64_t capacity = 0;

  friend bool operator==(const Supply&, const Supply&) = default;
};

/// What a node has left. What its runtime does not measure is absent.
struct NodeStats {
  std::optional<Supply> memory;      ///< [bytes]
  std::optional<Supply> disk;        ///< Of logs and volumes [bytes].
  std::optional<Supply> inodes;      ///< Of the same.
  std::optional<Supply> image_disk;  ///< Of images and writable layers [bytes].
  std::optional<Supply> image_inodes;
  std::optional<Supply> processes;

  friend bool operator==(const NodeStats&, const NodeStats&) = default;
};

/// An image on a node.
struct ImageInfo {
  std::string name;
  std::int64_t bytes = 0;
};

/// Answer to every ContainerRuntime call; a call fills what concerns it.
struct RuntimeResult {
  std::string id;              ///< RunSandbox, CreateContainer: the new id. PullImage: the image.
  std::string ip;              ///< RunSandbox.
  std::int32_t exit_code = 0;  ///< Exec.
  std::string message;         ///< Why it failed, for people.
  std::vector<SandboxInfo> sandboxes;     ///< List.
  std::vector<ContainerInfo> containers;  ///< List.
  std::vector<ContainerStats> stats;      ///< Stats.
  NodeStats node;                         ///< Stats.
  std::vector<ImageInfo> images;          ///< Images.
  std::vector<VolumeStats> volumes;       ///< Stats: emptyDir volumes that hold something.
};

/// What a runtime says by itself.
struct RuntimeNotice {
  enum class What : std::uint8_t {
    ContainerExited,
    SandboxExited,
    StreamLost,      ///< Notices were missed from here on.
    StreamRestored,  ///< List again.
  };
  What what = What::ContainerExited;
  std::string id;  ///< Container or sandbox.
  std::int32_t exit_code = 0;
  std::string reason;
  Instant at;
};

using EventBody = std::variant<ApiObject, ApiList, WatchDelta, RuntimeResult, RuntimeNotice>;

struct Event {
  OwnerId owner{};
  EventKind kind = EventKind::Timer;
  Outcome outcome = Outcome::Ok;
  std::int32_t value = 0;
  std::uint64_t id = 0;
  CauseId cause = 0;
  std::shared_ptr<const EventBody>
      body;  ///< Null for timers and probe results: no allocation there.
};

/// Receives its events one at a time, on the one thread of its process, and never blocks.
class Component {
 public:
  virtual ~Component() = default;
  virtual void on_event(const Event& event) = 0;
};

}  // namespace orrery::ports
