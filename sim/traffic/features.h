/// @file
/// What there is in a model beside queues, so far as a hop is compiled for it.
#pragma once

#include <cstdint>

#include "models/resilience/route_policy.h"

namespace orrery::sim {

/// Each may have what those before it have.
enum class Features : std::uint8_t {
  None,    ///< Nothing but queues stands between callers and services.
  Routes,  ///< Callers have policies, none of those that few have.
  All,
};

/// Whether only calls with all features do what the policy says.
[[nodiscard]] inline bool has_rare(const resilience::RoutePolicy& policy) {
  return policy.injection || policy.hedging || policy.shared_limit || policy.thread_pool ||
         policy.locality || !policy.split.empty();
}

}  // namespace orrery::sim
