#include "models/resilience/breakers/breaker_change.h"

#include "models/base/contract.h"

namespace orrery::resilience {

const char* to_string(BreakerState state) {
  switch (state) {
    case BreakerState::Closed:
      return "closed";
    case BreakerState::Open:
      return "open";
    case BreakerState::HalfOpen:
      return "half-open";
    case BreakerState::ForcedOpen:
      return "forced-open";
    case BreakerState::Disabled:
      return "disabled";
    case BreakerState::MetricsOnly:
      return "metrics-only";
  }
  contract_violation("a breaker's state is one of those listed");
}

const char* to_string(BreakerCause cause) {
  switch (cause) {
    case BreakerCause::FailureRate:
      return "failure rate";
    case BreakerCause::SlowCallRate:
      return "slow calls";
    case BreakerCause::BothRates:
      return "failure rate and slow calls";
    case BreakerCause::WaitElapsed:
      return "wait over";
    case BreakerCause::TrialSucceeded:
      return "trial succeeded";
    case BreakerCause::TrialFailed:
      return "trial failed";
    case BreakerCause::TrialTooLong:
      return "trial too long";
    case BreakerCause::Manual:
      return "manual";
  }
  contract_violation("a breaker changes for one of the causes listed");
}

}  // namespace orrery::resilience
