/// @file
/// The circuit breaker of Hystrix: counts that are looked at twice a second, one trial call.
///
/// Counts of the running interval join the window only when the interval ends. A breaker thus trips
/// at a tick, never at the call that was one too many, and up to half a second late.
///
/// Source: Hystrix 1.5.18, HystrixCircuitBreaker, HealthCountsStream, HystrixCommandMetrics,
/// AbstractCommand.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/base/contract.h"
#include "models/base/time_types.h"
#include "models/resilience/breakers/breaker_change.h"

namespace orrery::resilience {

struct HystrixBreakerConfig {
  bool enabled = true;                            ///< false: lets everything through. enabled
  bool force_open = false;                        ///< Beats force_closed. forceOpen
  bool force_closed = false;                      ///< forceClosed
  std::uint32_t request_volume_threshold = 20;    ///< [calls in the window]. requestVolumeThreshold
  std::uint32_t error_threshold_percentage = 50;  ///< 1..100. errorThresholdPercentage
  Duration sleep_window = Duration::seconds(5);   ///< sleepWindowInMilliseconds
  Duration rolling_window = Duration::seconds(10);  ///< rollingStats.timeInMilliseconds
  Duration health_snapshot_interval =               ///< Divides the window.
      Duration::milliseconds(500);                  ///< healthSnapshot.intervalInMilliseconds

  friend bool operator==(const HystrixBreakerConfig&, const HystrixBreakerConfig&) = default;
};

/// How a command ended, as its events are counted.
enum class HystrixOutcome : std::uint8_t {
  Success,
  Failure,
  Timeout,
  ThreadPoolRejected,
  SemaphoreRejected,
  BadRequest,  ///< Not counted, but no success of a trial.
  Cancelled,   ///< Unsubscribed: the same.
};

/// One command's breaker.
///
/// `advance` comes before every other call with the same instant; it is one comparison between two
/// ticks. Results are judged by the state they arrive in, whenever their call began.
class HystrixBreaker {
 public:
  /// `config` must outlive the breaker. Requires: the interval divides the window, and the error
  /// threshold is 1 or more.
  HystrixBreaker(const HystrixBreakerConfig& config, Instant now);

  /// Does what was due until now. The change, if any, carries the instant of its tick.
  std::optional<BreakerChange> advance(Instant now) {
    return now < next_tick_ ? std::nullopt : tick_until(now);
  }

  /// Whether a call may go ahead. The first one strictly after the sleep window is the trial.
  [[nodiscard]] BreakerAdmission try_acquire(Instant now) {
    expects(now < next_tick_, "a breaker is brought up to date before it is asked");
    if (config_->force_open && config_->enabled) return {false};
    if (config_->force_closed || !config_->enabled || state_ == BreakerState::Closed) return {true};
    if (state_ == BreakerState::HalfOpen || now <= opened_at_ + config_->sleep_window) {
      return {false};
    }
    return {true, become(BreakerState::HalfOpen, BreakerCause::WaitElapsed, now)};
  }

  /// A command that was let through, or rejected by its pool or semaphore after that, has ended.
  std::optional<BreakerChange> on_result(HystrixOutcome outcome, Instant now) {
    expects(now < next_tick_, "a breaker is brought up to date before it is told a result");
    if (state_ == BreakerState::HalfOpen) {
      const BreakerChange change = end_trial(outcome == HystrixOutcome::Success, now);
      count(outcome);
      return change;
    }
    count(outcome);
    return std::nullopt;
  }

  /// The state beneath the forced ones.
  [[nodiscard]] BreakerState state() const { return state_; }
  /// When the counts are looked at next.
  [[nodiscard]] Instant next_tick() const { return next_tick_; }
  /// Commands counted in the completed intervals of the window.
  [[nodiscard]] std::uint32_t total() const { return window_.total; }
  [[nodiscard]] std::uint32_t errors() const { return window_.errors; }
  /// Percent of `total`, truncated; 0 without commands.
  [[nodiscard]] std::uint32_t error_percentage() const;

 private:
  struct Counts {
    std::uint32_t total = 0;
    std::uint32_t errors = 0;
  };

  void count(HystrixOutcome outcome) {
    if (outcome >= HystrixOutcome::BadRequest) return;
    ++current_.total;
    current_.errors += outcome != HystrixOutcome::Success;
  }
  std::optional<BreakerChange> tick_until(Instant now);
  BreakerChange end_trial(bool success, Instant now);
  BreakerChange become(BreakerState to, BreakerCause cause, Instant at) {
    const BreakerChange change{state_, to, cause, at};
    state_ = to;
    return change;
  }

  const HystrixBreakerConfig* config_;
  Instant next_tick_;
  Counts current_;  ///< Of the interval under way: not yet in the window.
  BreakerState state_ = BreakerState::Closed;
  std::uint32_t oldest_ = 0;       ///< Index into `intervals_`.
  Counts window_;                  ///< Sum of `intervals_`.
  Instant opened_at_;              ///< Of the last opening.
  std::vector<Counts> intervals_;  ///< Ring, touched at ticks only.
};

}  // namespace orrery::resilience
