/// @file
/// The circuit breaker of resilience4j: failure and slow-call rates over the last calls or seconds,
/// judged after every call.
///
/// Source: resilience4j 2.x, CircuitBreakerStateMachine, CircuitBreakerMetrics,
/// CircuitBreakerConfig, IntervalFunction.
#pragma once

#include <cstdint>
#include <optional>

#include "models/base/time_types.h"
#include "models/resilience/breakers/breaker_change.h"
#include "models/resilience/breakers/outcome_windows.h"

namespace orrery::resilience {

struct Resilience4jBreakerConfig {
  enum class Window : std::uint8_t { Count, Time };
  /// Where the seconds of a time window begin.
  enum class Slices : std::uint8_t {
    EpochSeconds,   ///< With the clock's seconds: the synchronised window, default.
    SinceCreation,  ///< With the window: the lock-free one, 2.3 and later.
  };

  float failure_rate_threshold = 50.0F;                           ///< [%], > 0, at most 100.
  float slow_call_rate_threshold = 100.0F;                        ///< [%], > 0, at most 100.
  Duration slow_call_duration_threshold = Duration::seconds(60);  ///< Slow is strictly longer.
  std::uint32_t permitted_calls_in_half_open = 10;                ///< >= 1
  Duration max_wait_in_half_open;                                 ///< Below 1 ms: for ever.
  BreakerState after_max_wait = BreakerState::Open;               ///< Or Closed.
  Window window = Window::Count;                                  ///< slidingWindowType
  std::uint32_t window_size = 100;                                ///< [calls] or [s], >= 1
  Slices slices = Slices::EpochSeconds;
  Duration epoch_phase;               ///< How far into a second of the clock the run began; < 1 s.
  std::uint32_t minimum_calls = 100;  ///< Before rates are known. A count window caps it.
  Duration wait_in_open = Duration::seconds(60);  ///< After the first opening in a row.
  double wait_multiplier = 1.0;                   ///< >= 1: of each further opening.
  Duration wait_max = Duration::max();            ///< The longest it gets.
  bool automatic_half_open = false;               ///< By `next_timer` instead of the first call.

  friend bool operator==(const Resilience4jBreakerConfig&,
                         const Resilience4jBreakerConfig&) = default;
};

/// One breaker. Results are counted in the state they arrive in, whenever their call began.
class Resilience4jBreaker {
 public:
  /// `config` must outlive the breaker.
  Resilience4jBreaker(const Resilience4jBreakerConfig& config, Instant now);

  /// Whether a call may go ahead.
  [[nodiscard]] BreakerAdmission try_acquire(Instant now) {
    if (state_ == BreakerState::Closed) return {true};
    return try_acquire_otherwise(now);
  }

  /// A call has ended with a success or a recorded failure after `elapsed`.
  ///
  /// In MetricsOnly the first time each rate is exceeded is reported as a change to MetricsOnly.
  std::optional<BreakerChange> on_result(bool failed, Duration elapsed, Instant now) {
    if (state_ >= BreakerState::ForcedOpen && state_ != BreakerState::MetricsOnly) {
      return std::nullopt;
    }
    const bool slow = elapsed > config_->slow_call_duration_threshold;
    const bool by_time = counts_time();
    if (by_time) {
      seconds_.record(failed, slow, now);
    } else {
      calls_.record(failed, slow);
    }
    const OutcomeTotals& totals = by_time ? seconds_.at(now) : calls_.totals();
    if (totals.total < minimum_ || state_ == BreakerState::Open) return std::nullopt;
    const bool failures = reaches(totals.failed, totals.total, config_->failure_rate_threshold);
    const bool slowness = reaches(totals.slow, totals.total, config_->slow_call_rate_threshold);
    if (!failures && !slowness && state_ != BreakerState::HalfOpen) return std::nullopt;
    return judge(failures, slowness, now);
  }

  /// A call was given up before it began, or ended with an ignored exception: neither success nor
  /// failure. In HalfOpen one more call is permitted, wherever its permit came from.
  void on_ignored() { permits_ += state_ == BreakerState::HalfOpen; }

  /// When `on_timer` is due; Instant::never() when it is not.
  [[nodiscard]] Instant next_timer() const { return timer_; }
  /// Changes the state if a wait is over; nothing when called too early.
  std::optional<BreakerChange> on_timer(Instant now);

  /// An operator's change of state. Nothing happens for Closed to HalfOpen, which is illegal.
  std::optional<BreakerChange> transition_to(BreakerState to, Instant now);

  [[nodiscard]] BreakerState state() const { return state_; }
  /// What the window of the present state holds.
  [[nodiscard]] const OutcomeTotals& totals(Instant now) {
    return counts_time() ? seconds_.at(now) : calls_.totals();
  }
  /// Percent of the window; nothing before the minimum is reached.
  [[nodiscard]] std::optional<float> failure_rate(Instant now);
  [[nodiscard]] std::optional<float> slow_call_rate(Instant now);
  [[nodiscard]] std::uint64_t not_permitted() const { return not_permitted_; }
  /// Openings since the breaker was last closed.
  [[nodiscard]] std::uint32_t openings() const { return openings_; }

 private:
  static float rate(std::uint32_t part, std::uint32_t total) {
    return static_cast<float>(part) * 100.0F / static_cast<float>(total);
  }
  /// Whether the rate is at the threshold. Far below it, as usual, that takes no division.
  static bool reaches(std::uint32_t part, std::uint32_t total, float threshold) {
    const float percents = static_cast<float>(part) * 100.0F;
    if (percents < threshold * static_cast<float>(total) * 0.999F) return false;
    return rate(part, total) >= threshold;
  }
  [[nodiscard]] bool counts_time() const { return counts_time_; }

  BreakerAdmission try_acquire_otherwise(Instant now);
  std::optional<BreakerChange> judge(bool failures, bool slowness, Instant now);
  BreakerChange become(BreakerState to, BreakerCause cause, Instant now);
  void restart_window(BreakerState state, Instant now);
  [[nodiscard]] Duration wait_in_open() const;

  const Resilience4jBreakerConfig* config_;
  BreakerState state_ = BreakerState::Closed;
  bool counts_time_ = false;        ///< Which of the two windows the state uses.
  bool failures_reported_ = false;  ///< In MetricsOnly.
  bool slowness_reported_ = false;
  std::uint32_t minimum_ = 1;  ///< Of calls before rates are known; at least 1.
  std::uint32_t permits_ = 0;  ///< Left in HalfOpen.
  std::uint32_t openings_ = 0;
  Instant open_until_;
  Instant timer_ = Instant::never();
  std::uint64_t not_permitted_ = 0;
  CountWindow calls_;
  TimeWindow seconds_;
};

}  // namespace orrery::resilience
