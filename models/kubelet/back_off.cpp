#include "models/kubelet/back_off.h"

#include <algorithm>

namespace orrery::kubelet {

bool BackOff::expired(Instant ended, const Limits& limits) const {
  return ended - entry_->last_attempt > limits.reset;
}

Instant BackOff::wait_until(Instant ended, const Limits& limits) const {
  if (!entry_ || expired(ended, limits)) return ended;
  return ended + entry_->delay;
}

void BackOff::attempt(Instant ended, Instant now, const Limits& limits) {
  const bool afresh = !entry_ || expired(ended, limits);
  const Duration delay = afresh ? limits.initial : std::min(entry_->delay * 2, limits.cap);
  entry_ = Entry{delay, now};
}

Duration RetryDelay::next() {
  const Duration delay = next_;
  next_ = std::min(next_ * 2, cap_);
  return delay;
}

Duration fraction(Duration whole, double u) {
  return Duration::nanoseconds(
      static_cast<std::int64_t>(static_cast<double>(whole.count_ns()) * u));
}

Duration jittered(Duration base, double factor, double u) {
  return base + fraction(base, factor * u);
}

}  // namespace orrery::kubelet
