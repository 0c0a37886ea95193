/// @file
/// What an HTTP status is to whoever gets it as an answer.
#pragma once

#include <cstdint>

#include "sim/traffic/request_outcome.h"

namespace orrery::sim {

/// A failure from 400 on, 429 that of a rate limit. Requires: 100 to 599.
[[nodiscard]] constexpr RequestOutcome outcome_of_status(std::int32_t status) {
  if (status < 400) return RequestOutcome::Ok;
  return status == 429 ? RequestOutcome::RateLimited : RequestOutcome::Error;
}

}  // namespace orrery::sim
