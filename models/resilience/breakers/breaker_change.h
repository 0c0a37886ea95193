/// @file
/// What every circuit breaker says of itself: its state, and each change of it with the cause.
///
/// Source: Nygard, Release It!, 2nd edition, chapter 5; the states are resilience4j's, Hystrix uses
/// the first three.
#pragma once

#include <cstdint>
#include <optional>

#include "models/base/time_types.h"

namespace orrery::resilience {

enum class BreakerState : std::uint8_t {
  Closed,       ///< Calls flow and are counted.
  Open,         ///< Calls are rejected.
  HalfOpen,     ///< A few trial calls decide.
  ForcedOpen,   ///< Rejected until somebody decides otherwise.
  Disabled,     ///< All flow, nothing is counted.
  MetricsOnly,  ///< All flow and are counted, without consequence.
};

enum class BreakerCause : std::uint8_t {
  FailureRate,
  SlowCallRate,
  BothRates,       ///< Failure and slow-call rate at once.
  WaitElapsed,     ///< Open for long enough.
  TrialSucceeded,  ///< The trial calls went well.
  TrialFailed,
  TrialTooLong,  ///< The trial calls did not end in time.
  Manual,
};

/// "closed", "open", "half-open", "forced-open", "disabled", "metrics-only".
[[nodiscard]] const char* to_string(BreakerState state);
/// "failure rate", "slow calls", "failure rate and slow calls", "wait over", "trial succeeded",
/// "trial failed", "trial too long", "manual".
[[nodiscard]] const char* to_string(BreakerCause cause);

/// A change of state, for the caller to record.
struct BreakerChange {
  BreakerState from = BreakerState::Closed;
  BreakerState to = BreakerState::Closed;
  BreakerCause cause = BreakerCause::Manual;
  Instant at;

  friend bool operator==(const BreakerChange&, const BreakerChange&) = default;
};

/// The answer to a call that asks to be let through.
struct BreakerAdmission {
  bool permitted = false;
  std::optional<BreakerChange> change{};
};

}  // namespace orrery::resilience
