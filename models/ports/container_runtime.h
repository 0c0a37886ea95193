/// @file
/// Port: the container runtime of one node, shaped like the Kubernetes CRI (runtime.v1).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/api/pod.h"
#include "models/ports/event.h"

namespace orrery::ports {

enum class RuntimeVerb : std::uint8_t {
  List = 0,         ///< Every sandbox and container of this node that carries our labels.
  ImageStatus = 1,  ///< Ok: present. NotFound: has to be pulled.
  PullImage = 2,
  RunSandbox = 3,
  CreateContainer = 4,
  StartContainer = 5,
  Exec = 6,           ///< Outcome Timeout after `timeout`.
  StopContainer = 7,  ///< TERM, then KILL after `timeout`. NotFound counts as stopped.
  RemoveContainer = 8,
  StopSandbox = 9,
  RemoveSandbox = 10,
  Stats = 11,   ///< What each running container of this node has used, and what the node has left.
  Images = 12,  ///< Every image on this node.
  RemoveImage = 13,  ///< Refused while a container uses it; NotFound counts as removed.
  PrepareVolume = 14,  ///< Makes a volume of a pod usable, or brings its files up to date.
  RemoveVolumes = 15,  ///< Takes away all that was prepared for a pod. Disks and host paths stay.
};
[[nodiscard]] const char* to_string(RuntimeVerb verb);

/// A volume of a pod on its node.
struct VolumeOrder {
  enum class Kind : std::uint8_t {
    Directory,  ///< Empty at first, gone with the pod.
    Memory,     ///< The same in memory.
    Files,      ///< `files`, replaced all at once; read-only.
    HostPath,   ///< `path` on the node, checked for `type`.
    Disk,       ///< The volume `disk`, attached already; at `path` if the node has it itself.
  };
  std::string pod_uid;
  std::string name;  ///< Empty for RemoveVolumes.
  Kind kind = Kind::Directory;
  api::Labels files;    ///< Relative path to content.
  bool secret = false;  ///< The contents are never shown.
  std::string path;
  std::string type;  ///< "", "Directory", "DirectoryOrCreate", "File", …
  std::string disk;
};

/// A volume, or a part of it, in a container.
struct Mount {
  std::string volume;  ///< Of the same pod.
  std::string mount_path;
  std::string sub_path;  ///< Empty: the whole volume.
  bool read_only = false;
  std::string host_path;  ///< Set for host paths and volumes that their node has itself.
};

struct RuntimeCall {
  RuntimeVerb verb = RuntimeVerb::List;
  std::string sandbox_id;                  ///< CreateContainer, StopSandbox, RemoveSandbox.
  std::string container_id;                ///< Start, Exec, Stop, Remove.
  std::shared_ptr<const api::Object> pod;  ///< RunSandbox, CreateContainer: the Pod.
  std::uint32_t container_index = 0;       ///< CreateContainer: which of the pod's containers…
  bool init_container = false;             ///< …counted among its init containers.
  std::uint32_t attempt = 0;               ///< RunSandbox, CreateContainer: grows with every retry.
  std::string image;                       ///< ImageStatus, PullImage, RemoveImage.
  std::vector<api::EnvVar> env;            ///< CreateContainer: every value is resolved.
  std::vector<Mount> mounts;               ///< CreateContainer.
  std::optional<VolumeOrder> volume;       ///< PrepareVolume, RemoveVolumes.
  std::vector<std::string> command;        ///< Exec.
  Duration timeout;                        ///< Exec, StopContainer.
};

class ContainerRuntime {
 public:
  virtual ~ContainerRuntime() = default;

  /// Starts `call`; exactly one RuntimeReply with `id` follows. Exits of containers and sandboxes
  /// arrive as RuntimeEvents to the owner that called List last.
  virtual void call(OwnerId owner, CallId id, RuntimeCall call) = 0;
};

}  // namespace orrery::ports
