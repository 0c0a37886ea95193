#include "models/kubelet/probe_worker.h"

#include <algorithm>
#include <utility>

#include "models/kubelet/call_tag.h"

namespace orrery::kubelet {

ProbeWorker::ProbeWorker(ProbeKind kind, const api::Probe& probe, Instant origin, int attempts_max,
                         ports::Timer timer)
    : kind_{kind},
      period_{std::max(probe.period, Duration::seconds(1))},
      initial_delay_{probe.initial_delay},
      success_threshold_{probe.success_threshold},
      failure_threshold_{probe.failure_threshold},
      origin_{origin},
      attempts_max_{attempts_max},
      timer_{std::move(timer)},
      success_{kind == ProbeKind::Liveness} {}

void ProbeWorker::open(Instant now, Instant container_started) {
  open_ = true;
  on_hold_ = false;
  open_from_ = container_started + initial_delay_;
  arm_next(now);
}

void ProbeWorker::close() {
  open_ = false;
  in_flight_ = false;
  missed_tick_ = false;
  sequence_ = (sequence_ + 1) & kSequenceMax;
  success_ = kind_ == ProbeKind::Liveness;
  timer_.disarm();
}

// Example: origin 3 s, period 10 s, container started at 14 s with a delay of 12 s, now 14 s: the
// grid is 3, 13, 23, 33 …; 26 s is the first allowed date, so the first probe is made at 33 s.
void ProbeWorker::arm_next(Instant now) {
  const Instant earliest = std::max(open_from_, now + Duration::nanoseconds(1));
  if (earliest <= origin_) {
    timer_.arm(origin_);
    return;
  }
  const std::int64_t period = period_.count_ns();
  const std::int64_t ticks = ((earliest - origin_).count_ns() + period - 1) / period;
  timer_.arm(origin_ + period_ * ticks);
}

void ProbeWorker::begin_probe() {
  in_flight_ = true;
  attempt_ = 1;
  sequence_ = (sequence_ + 1) & kSequenceMax;
}

bool ProbeWorker::tick(Instant now) {
  if (!open_ || on_hold_) return false;
  arm_next(now);
  if (in_flight_) {
    missed_tick_ = true;
    return false;
  }
  begin_probe();
  return true;
}

bool ProbeWorker::trigger(Instant now) {
  if (!open_ || on_hold_ || now < open_from_ || now < origin_) return false;
  if (in_flight_) {
    missed_tick_ = true;
    return false;
  }
  begin_probe();
  return true;
}

ProbeWorker::Conclusion ProbeWorker::conclude(ports::Outcome outcome, std::uint32_t sequence,
                                              Instant now) {
  if (!in_flight_ || sequence != sequence_) return {};
  const bool passed = outcome == ports::Outcome::Ok;
  const bool verdict =
      passed || outcome == ports::Outcome::Refused || outcome == ports::Outcome::Timeout;
  if (!verdict && attempt_ < attempts_max_) {
    ++attempt_;
    sequence_ = (sequence_ + 1) & kSequenceMax;
    return {.probe_again = true};
  }
  in_flight_ = false;
  Conclusion conclusion;
  if (verdict) {
    run_length_ = last_result_ == passed ? run_length_ + 1 : 1;
    last_result_ = passed;
    if (run_length_ >= (passed ? success_threshold_ : failure_threshold_)) {
      const bool fatal = !passed && kind_ != ProbeKind::Readiness;
      conclusion.changed = success_ != passed || fatal;
      success_ = passed;
      if (fatal) {
        on_hold_ = true;
        run_length_ = 0;
        timer_.disarm();
      }
    }
  }
  if (std::exchange(missed_tick_, false) && !on_hold_ && now >= open_from_) {
    begin_probe();
    conclusion.probe_again = true;
  }
  return conclusion;
}

}  // namespace orrery::kubelet
