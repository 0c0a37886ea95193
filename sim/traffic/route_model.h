/// @file
/// Which calls have policies, and what those did.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "models/ports/event.h"
#include "models/resilience/route_policy.h"
#include "sim/traffic/indices.h"

namespace orrery::sim {

/// An operation of a service that is called in place of another.
struct FallbackModel {
  ServiceIndex to = 0;
  std::uint32_t operation = 0;  ///< Index into the operations of the service.
};

/// A limit of requests that is kept by a service, which callers ask.
struct SharedLimitModel {
  ServiceIndex service = 0;
  std::uint32_t operation = 0;           ///< That counts; it calls nobody.
  std::uint32_t requests_per_unit = 0;   ///< Beyond them it says no.
  Duration unit = Duration::seconds(1);  ///< Windows begin at its multiples. > 0
};

/// The calls of one service, or of the clients outside, to another.
struct RouteModel {
  ServiceIndex from = kClients;
  ServiceIndex to = 0;
  resilience::RoutePolicy policy;
  std::optional<FallbackModel> fallback = {};  ///< Exactly where the policy's calls a service.
  /// Index into TrafficModel::shared_limits, exactly where the policy has one.
  std::optional<std::uint32_t> shared_limit = {};
  /// Index into the operations of `to`, exactly where the policy's health checks have a path.
  std::optional<std::uint32_t> checked_operation = {};
};

/// Records of the log from which the parts of a policy are as they are; 0: nobody said.
struct PolicyCauses {
  ports::CauseId timeouts = 0;
  ports::CauseId places = 0;  ///< Limits of connections, requests and threads.
  ports::CauseId rates = 0;   ///< Limits of requests per time, and admission.
  ports::CauseId injected = 0;
  ports::CauseId shares = 0;  ///< Of the calls, by subset.

  PolicyCauses() = default;
  /// One for all of them, as most policies change by one hand.
  PolicyCauses(ports::CauseId all)  // NOLINT(google-explicit-constructor)
      : timeouts{all}, places{all}, rates{all}, injected{all}, shares{all} {}
};

/// What callers still know when a policy of theirs changes.
enum class Keeps : std::uint8_t {
  Nothing,
  /// What they know of the hosts of clusters that stay as they are, and what their breakers, rate
  /// limits and budgets of retries do. As where Envoy is told of another route.
  Unchanged,
};

/// What lets a call or a try not out.
enum class TurnedAwayBy : std::uint8_t {
  Breaker,
  RateLimit,  ///< The caller's own, or one that callers share.
  Admission,
  Bulkhead,    ///< Or the threads of a pool.
  Pool,        ///< Limits of connections, of requests that wait for one, or of requests.
  RetryLimit,  ///< Of retries and hedges: it had no room for one that would have been made
               ///< otherwise.
};
inline constexpr std::uint32_t kTurnedAwayByCount = 6;

/// What the policies of a route did, all pods of the caller together.
struct RouteCounts {
  std::uint64_t calls = 0;
  std::uint64_t tries = 0;      ///< That left the caller.
  std::uint64_t retries = 0;    ///< That were decided, whether or not they left.
  std::uint64_t hedges = 0;     ///< Further tries beside those under way, likewise.
  std::uint64_t fallbacks = 0;  ///< Calls that failed, and were answered or made elsewhere.
  std::uint64_t openings = 0;   ///< Of circuit breakers.
  std::uint64_t ejections = 0;  ///< Of hosts.
  /// Calls and tries, by TurnedAwayBy: each time, whatever became of the call.
  std::array<std::uint64_t, kTurnedAwayByCount> turned_away{};
};

}  // namespace orrery::sim
