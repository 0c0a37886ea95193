/// @file
/// Which calls have policies, and what those did.
#pragma once

#include <cstdint>

#include "models/resilience/route_policy.h"

namespace orrery::sim {

/// Index into TrafficModel::services.
using ServiceIndex = std::uint32_t;
/// As the caller of a route: the clients outside.
inline constexpr ServiceIndex kClients = 0xffff'ffff;

/// The calls of one service, or of the clients outside, to another.
struct RouteModel {
  ServiceIndex from = kClients;
  ServiceIndex to = 0;
  resilience::RoutePolicy policy;
};

/// What the policies of a route did, all pods of the caller together.
struct RouteCounts {
  std::uint64_t calls = 0;
  std::uint64_t tries = 0;      ///< That left the caller.
  std::uint64_t retries = 0;    ///< That were decided, whether or not they left.
  std::uint64_t hedges = 0;     ///< Further tries beside those under way, likewise.
  std::uint64_t fallbacks = 0;  ///< Calls that failed, and were answered all the same.
  std::uint64_t openings = 0;   ///< Of circuit breakers.
  std::uint64_t ejections = 0;  ///< Of hosts.
};

}  // namespace orrery::sim
