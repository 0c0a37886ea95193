/// @file
/// What an HTTP status is to whoever gets it as an answer, and what it shows of an outcome.
#pragma once

#include <cstdint>

#include "sim/traffic/request_outcome.h"

namespace orrery::sim {

/// A failure from 400 on, 429 that of a rate limit. Requires: 100 to 599.
[[nodiscard]] constexpr RequestOutcome outcome_of_status(std::int32_t status) {
  if (status < 400) return RequestOutcome::Ok;
  return status == 429 ? RequestOutcome::RateLimited : RequestOutcome::Error;
}

/// What HTTP shows of an answer; 0: it is none, as the connection was refused, or broke.
[[nodiscard]] constexpr std::int32_t status_of_outcome(RequestOutcome outcome) {
  switch (outcome) {
    case RequestOutcome::Ok:
      return 200;
    case RequestOutcome::Error:
    case RequestOutcome::Upstream:
      return 500;
    case RequestOutcome::RateLimited:
      return 429;
    default:
      return 0;
  }
}

}  // namespace orrery::sim
