/// @file
/// What the kubelet knows about one container of a pod and about its sandbox.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/api/pod.h"
#include "models/base/time_types.h"

namespace orrery::kubelet {

/// How far a container is in the runtime.
enum class ContainerStage : std::uint8_t { NotCreated, Created, Running, Exited };

/// What of a container's start is under way.
enum class StartStep : std::uint8_t {
  None,
  ImageCheck,
  Pull,  ///< Queued or pulling.
  Create,
  Start,
  PostStart,  ///< The hook; the container counts as running when it has ended.
};

struct ContainerExit {
  std::int32_t code = 0;
  std::string reason;
  Instant started_at;
  Instant finished_at;
};

struct ContainerRecord {
  bool sidecar = false;       ///< An init container with restartPolicy Always.
  bool passed = false;        ///< A sidecar's: it was started in this sandbox, the next may follow.
  std::string id;             ///< In the runtime; stays for the status after removal.
  bool in_runtime = false;    ///< The runtime still holds `id`.
  std::uint32_t attempt = 0;  ///< Of `id`, or of the next creation.
  ContainerStage stage = ContainerStage::NotCreated;
  StartStep step = StartStep::None;
  Instant started_at;
  ContainerExit exit;                 ///< Stage Exited.
  std::optional<ContainerExit> last;  ///< Of the container before this one.
  std::int32_t restart_count = 0;
  bool started = false;        ///< Running, postStart done and startup probe passed.
  bool ready = false;          ///< Started and passing readiness.
  std::string waiting_reason;  ///< Why it is not (re)started; empty: nothing special.

  /// Running in the sense of the pod's status: its postStart hook has ended.
  [[nodiscard]] bool running() const {
    return stage == ContainerStage::Running && step != StartStep::PostStart;
  }
};

/// Whether a container that has ended is started again, in a pod with this policy.
[[nodiscard]] inline bool restarts(api::RestartPolicy policy, const ContainerRecord& record) {
  return record.sidecar || policy == api::RestartPolicy::Always ||
         (policy == api::RestartPolicy::OnFailure && record.exit.code != 0);
}

}  // namespace orrery::kubelet
