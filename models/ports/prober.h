/// @file
/// Port: health checks, made from the node that runs the pod, as a kubelet makes them.
#pragma once

#include <cstdint>
#include <string>

#include "models/api/pod.h"
#include "models/ports/event.h"

namespace orrery::ports {

/// One check to make now. References are read during the call only.
struct ProbeRequest {
  const api::ProbeAction* action = nullptr;  ///< Ports given by name are resolved in `port`.
  std::string_view address;                  ///< The pod's address, or the action's own host.
  std::int32_t port = 0;                     ///< HTTP, TCP, gRPC.
  std::string_view container_id;             ///< Exec.
  Duration timeout;
};

class Prober {
 public:
  virtual ~Prober() = default;

  /// Exactly one ProbeResult with `id` follows. Ok: passed. Refused: failed, `value` is the HTTP
  /// status or exit code. Timeout. Unreachable: no verdict, to be tried again.
  virtual void probe(OwnerId owner, CallId id, const ProbeRequest& request) = 0;
};

}  // namespace orrery::ports
