#include "models/resilience/breakers/resilience4j_breaker.h"

#include <algorithm>

#include "models/resilience/draw.h"

namespace orrery::resilience {

Resilience4jBreaker::Resilience4jBreaker(const Resilience4jBreakerConfig& config, Instant now)
    : config_{&config},
      calls_{std::max(
          config.window == Resilience4jBreakerConfig::Window::Count ? config.window_size : 1,
          config.permitted_calls_in_half_open)},
      seconds_{config.window == Resilience4jBreakerConfig::Window::Time ? config.window_size : 0} {
  expects(config.window_size >= 1 && config.permitted_calls_in_half_open >= 1,
          "a breaker looks at one call at least");
  expects(config.wait_multiplier >= 1.0, "a breaker's waits do not shrink");
  restart_window(BreakerState::Closed, now);
}

std::optional<float> Resilience4jBreaker::failure_rate(Instant now) {
  const OutcomeTotals& counted = totals(now);
  if (counted.total < minimum_) return std::nullopt;
  return rate(counted.failed, counted.total);
}

std::optional<float> Resilience4jBreaker::slow_call_rate(Instant now) {
  const OutcomeTotals& counted = totals(now);
  if (counted.total < minimum_) return std::nullopt;
  return rate(counted.slow, counted.total);
}

BreakerAdmission Resilience4jBreaker::try_acquire_otherwise(Instant now) {
  BreakerAdmission admission;
  if (state_ == BreakerState::Open && now > open_until_) {
    admission.change = become(BreakerState::HalfOpen, BreakerCause::WaitElapsed, now);
  }
  if (state_ == BreakerState::HalfOpen && permits_ > 0) {
    --permits_;
    admission.permitted = true;
  } else {
    admission.permitted = state_ >= BreakerState::Disabled;
  }
  not_permitted_ += !admission.permitted;
  return admission;
}

std::optional<BreakerChange> Resilience4jBreaker::judge(bool failures, bool slowness, Instant now) {
  if (state_ == BreakerState::MetricsOnly) {
    failures = failures && !failures_reported_;
    slowness = slowness && !slowness_reported_;
    if (!failures && !slowness) return std::nullopt;
    failures_reported_ = failures_reported_ || failures;
    slowness_reported_ = slowness_reported_ || slowness;
  }
  const BreakerCause cause = failures && slowness ? BreakerCause::BothRates
                             : failures           ? BreakerCause::FailureRate
                                                  : BreakerCause::SlowCallRate;
  if (state_ == BreakerState::MetricsOnly) return BreakerChange{state_, state_, cause, now};
  if (state_ == BreakerState::Closed) return become(BreakerState::Open, cause, now);
  return failures || slowness ? become(BreakerState::Open, BreakerCause::TrialFailed, now)
                              : become(BreakerState::Closed, BreakerCause::TrialSucceeded, now);
}

std::optional<BreakerChange> Resilience4jBreaker::on_timer(Instant now) {
  if (now < timer_) return std::nullopt;
  if (state_ == BreakerState::Open) {
    return become(BreakerState::HalfOpen, BreakerCause::WaitElapsed, now);
  }
  return become(config_->after_max_wait, BreakerCause::TrialTooLong, now);
}

std::optional<BreakerChange> Resilience4jBreaker::transition_to(BreakerState to, Instant now) {
  if (state_ == BreakerState::Closed && to == BreakerState::HalfOpen) return std::nullopt;
  return become(to, BreakerCause::Manual, now);
}

BreakerChange Resilience4jBreaker::become(BreakerState to, BreakerCause cause, Instant now) {
  const BreakerChange change{state_, to, cause, now};
  state_ = to;
  timer_ = Instant::never();
  if (to == BreakerState::Open) {
    ++openings_;  // the window that tripped stays
    open_until_ = now + wait_in_open();
    if (config_->automatic_half_open) timer_ = open_until_;
    return change;
  }
  if (to == BreakerState::ForcedOpen) {
    ++openings_;
  } else if (to != BreakerState::HalfOpen) {
    openings_ = 0;
  }
  if (to == BreakerState::HalfOpen) {
    permits_ = config_->permitted_calls_in_half_open;
    if (config_->max_wait_in_half_open >= Duration::milliseconds(1)) {
      timer_ = now + config_->max_wait_in_half_open;
    }
  }
  restart_window(to, now);
  return change;
}

void Resilience4jBreaker::restart_window(BreakerState state, Instant now) {
  using Window = Resilience4jBreakerConfig::Window;
  using Slices = Resilience4jBreakerConfig::Slices;
  not_permitted_ = 0;
  failures_reported_ = slowness_reported_ = false;
  const bool trial = state == BreakerState::HalfOpen;
  counts_time_ = !trial && config_->window == Window::Time;
  minimum_ = config_->minimum_calls;
  if (counts_time_) {
    const Instant epoch = Instant{} - config_->epoch_phase;
    seconds_.restart(config_->slices == Slices::SinceCreation ? now : epoch, now);
  } else {
    const std::uint32_t size = trial ? config_->permitted_calls_in_half_open : config_->window_size;
    calls_.restart(size);
    minimum_ = std::min(minimum_, size);
  }
  minimum_ = std::max(minimum_, 1U);
}

Duration Resilience4jBreaker::wait_in_open() const {
  // Worked example: 1 s, multiplier 2, third opening in a row: 4 s.
  Duration wait = config_->wait_in_open;
  if (config_->wait_multiplier == 1.0) return std::min(wait, config_->wait_max);
  const double longest = 1e18;  // some thirty years: a sum with an instant of a run still fits
  for (std::uint32_t n = 1; n < openings_ && wait < config_->wait_max; ++n) {
    if (static_cast<double>(wait.count_ns()) * config_->wait_multiplier > longest) break;
    wait = part_of(wait, config_->wait_multiplier);
  }
  return std::min(wait, config_->wait_max);
}

}  // namespace orrery::resilience
