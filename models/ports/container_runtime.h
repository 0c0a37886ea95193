/// @file
/// Port: the container runtime of one node, shaped like the Kubernetes CRI (runtime.v1).
#pragma once

#include <cstdint>
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
};
[[nodiscard]] const char* to_string(RuntimeVerb verb);

struct RuntimeCall {
  RuntimeVerb verb = RuntimeVerb::List;
  std::string sandbox_id;                  ///< CreateContainer, StopSandbox, RemoveSandbox.
  std::string container_id;                ///< Start, Exec, Stop, Remove.
  std::shared_ptr<const api::Object> pod;  ///< RunSandbox, CreateContainer: the Pod.
  std::uint32_t container_index = 0;       ///< CreateContainer: which of the pod's containers…
  bool init_container = false;             ///< …counted among its init containers.
  std::uint32_t attempt = 0;               ///< RunSandbox, CreateContainer: grows with every retry.
  std::string image;                       ///< ImageStatus, PullImage, RemoveImage.
  std::vector<api::EnvVar> env;            ///< CreateContainer: resolved, no references left.
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
