#include "models/resilience/failure_accrual.h"

#include "models/base/contract.h"

namespace orrery::resilience {

void SuccessRateWindow::roll(Instant now) {
  const std::int64_t steps = (now - start_).count_ns() / width_.count_ns();
  if (steps >= kBuckets) {
    buckets_.fill({});
    sum_ = {};
  } else {
    for (std::int64_t i = 1; i <= steps; ++i) {
      Bucket& old = buckets_[(current_ + static_cast<std::uint32_t>(i)) % kBuckets];
      sum_.total -= old.total;
      sum_.successes -= old.successes;
      old = {};
    }
  }
  current_ = static_cast<std::uint32_t>((current_ + steps) % kBuckets);
  start_ = start_ + width_ * steps;
}

void SuccessRateWindow::reset(Instant now) {
  buckets_.fill({});
  sum_ = {};
  current_ = 0;
  start_ = now;
}

FailureAccrual::FailureAccrual(const FailureAccrualConfig& config, Instant now) : config_{config} {
  if (config.success_rate) window_.emplace(config.success_rate->window, now);
}

void FailureAccrual::send_probe(Instant now) {
  expects(is_ready(now), "an endpoint that is not ready gets no request");
  state_ = State::Probation;
  probe_sent_ = true;
}

void FailureAccrual::on_other_answer(EndpointAnswer answer, Instant now, double unit) {
  state_ = state(now);
  if (state_ == State::Unavailable) return;
  const bool degrades = answer != EndpointAnswer::Success;
  if (state_ == State::Probation) {
    const bool failed = window_ ? degrades : answer == EndpointAnswer::Failure;
    if (failed) {
      shut(now, unit);
      return;
    }
    state_ = State::Available;
    failures_ = 0;
    backoffs_ = 0;
    if (window_) window_->reset(now);
    return;
  }
  failures_ = answer == EndpointAnswer::Failure ? failures_ + 1 : 0;
  if (window_) window_->record(!degrades, now);
  const bool in_a_row = config_.max_failures > 0 && failures_ >= config_.max_failures;
  if (in_a_row || (window_ && window_->is_below(*config_.success_rate))) shut(now, unit);
}

void FailureAccrual::shut(Instant now, double unit) {
  state_ = State::Unavailable;
  probe_sent_ = false;
  until_ = now + backoff_delay(config_.backoff, ++backoffs_, unit);
}

}  // namespace orrery::resilience
