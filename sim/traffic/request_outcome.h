/// @file
/// How a request ended, as its caller sees it.
#pragma once

#include <cstdint>

namespace orrery::sim {

enum class RequestOutcome : std::uint8_t {
  Ok = 0,
  Error = 1,        ///< The operation failed by itself (HTTP 500).
  Refused = 2,      ///< Connection refused, or the pod's queue was full.
  Reset = 3,        ///< The process ended while it worked on the request.
  Timeout = 4,      ///< The caller gave up, or nobody answered at the address.
  NoEndpoints = 5,  ///< The caller's table was empty.
  Upstream = 6,     ///< A call below failed, so the operation did (HTTP 500).
};
inline constexpr std::uint32_t kRequestOutcomeCount = 7;
/// "ok", "error", "refused", "reset", "timeout", "no-endpoints", "upstream".
[[nodiscard]] const char* to_string(RequestOutcome outcome);

}  // namespace orrery::sim
