/// @file
/// How a request ended, as its caller sees it.
#pragma once

#include <cstdint>

namespace orrery::sim {

enum class RequestOutcome : std::uint8_t {
  Ok = 0,
  Error = 1,         ///< The operation failed by itself (HTTP 500).
  Refused = 2,       ///< Connection refused, or the pod's queue was full.
  Reset = 3,         ///< The process ended while it worked on the request.
  Timeout = 4,       ///< The caller gave up, or nobody answered at the address.
  NoEndpoints = 5,   ///< The caller's table was empty.
  Upstream = 6,      ///< A call below failed, so the operation did (HTTP 500).
  CircuitOpen = 7,   ///< The caller's circuit breaker let nothing out.
  Overflow = 8,      ///< A limit of the caller was reached: connections, requests, a bulkhead.
  RateLimited = 9,   ///< A rate limit of the caller, or of all callers, was reached (HTTP 429).
  NotAdmitted = 10,  ///< The caller's admission control let it not out (HTTP 503).
};
inline constexpr std::uint32_t kRequestOutcomeCount = 11;
/// "ok", "error", "refused", "reset", "timeout", "no-endpoints", "upstream", "circuit-open",
/// "overflow", "rate-limited", "not-admitted".
[[nodiscard]] const char* to_string(RequestOutcome outcome);

}  // namespace orrery::sim
