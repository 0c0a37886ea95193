/// @file
/// Whoever looks on while requests are made: every call in numbers, followed journeys call by call.
///
/// Nothing that it is told may change what happens. Nobody looks on: nothing is told.
#pragma once

#include <cstdint>

#include "models/base/time_types.h"
#include "models/resilience/breakers/breaker_change.h"
#include "sim/traffic/request_outcome.h"
#include "sim/traffic/route_model.h"

namespace orrery::sim {

/// Who calls whom.
struct CallEdge {
  ServiceIndex from = kClients;
  ServiceIndex to = 0;

  friend bool operator==(const CallEdge&, const CallEdge&) = default;
};

/// A followed try is over for its caller.
struct TryReport {
  std::uint32_t edge = 0;
  std::uint32_t operation = 0;           ///< Counted over all services, in order.
  std::uint32_t instance = 0xffff'ffff;  ///< InstanceId that it went to; all ones: to none.
  std::uint32_t attempt = 0;             ///< 0: the first.
  Instant start;
  Instant end;
  RequestOutcome outcome = RequestOutcome::Ok;
};

class TrafficObserver {
 public:
  TrafficObserver() = default;
  TrafficObserver(const TrafficObserver&) = delete;
  TrafficObserver& operator=(const TrafficObserver&) = delete;
  virtual ~TrafficObserver() = default;

  // Every call; edges as RequestEngine::edges() lists them.
  virtual void call_began(std::uint32_t edge) = 0;
  /// A further try of a call: a retry, or a hedge.
  virtual void call_retried(std::uint32_t edge) = 0;
  virtual void call_ended(std::uint32_t edge, Duration latency, RequestOutcome outcome) = 0;
  /// Its caller is gone: nobody hears how it ends.
  virtual void call_forgotten(std::uint32_t edge) = 0;
  /// `caller`: an InstanceId; all ones: the clients outside.
  virtual void breaker_changed(CallEdge edge, std::uint32_t caller,
                               resilience::BreakerState state) = 0;

  // Followed journeys, and their tries, have places: numbers of the teller's choosing, each its own
  // among those of which anything is still to be told.
  static constexpr std::uint32_t kNotFollowed = 0xffff'ffff;

  /// Returns whether it is followed.
  virtual bool journey_began(std::uint32_t journey, std::uint64_t key, std::uint32_t place,
                             Instant at) = 0;
  /// Of every journey; `place`: kNotFollowed, if it was not.
  virtual void journey_ended(std::uint32_t journey, std::uint32_t place, Instant start, Instant end,
                             RequestOutcome outcome) = 0;

  // Calls below a followed journey, which itself may be over.
  /// `above`: the place of its caller.
  virtual void try_began(std::uint32_t place, std::uint32_t above) = 0;
  /// What is told of `place` from now on is of what has the place `other`.
  virtual void stands_for(std::uint32_t place, std::uint32_t other) = 0;
  /// An instance works on it from now on.
  virtual void work_began(std::uint32_t place, Instant at) = 0;
  virtual void try_ended(std::uint32_t place, const TryReport& report) = 0;
};

}  // namespace orrery::sim
