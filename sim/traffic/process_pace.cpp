#include "sim/traffic/process_pace.h"

#include <algorithm>

#include "models/base/contract.h"

namespace orrery::sim {

ProcessPace::ProcessPace(const WarmUpModel& warm_up, const PauseModel& pauses, Instant listens,
                         double phase)
    : warm_up_{warm_up}, pauses_{pauses}, listens_{listens}, ends_{listens} {
  expects(warm_up.factor >= 1, "a cold process is no faster than a warm one");
  expects(pauses.every == Duration{} || pauses.length < pauses.every,
          "a pause is over before the next one");
  const double wait = phase * static_cast<double>(pauses.every.count_ns());
  first_ = listens + Duration::nanoseconds(static_cast<std::int64_t>(wait));
}

double ProcessPace::begin(Instant now) {
  const std::uint32_t earlier = begun_;
  if (begun_ < 0xffff'ffff) ++begun_;
  if (pauses_.requests > 0 && ++since_pause_ > pauses_.requests) {
    since_pause_ = 1;
    ++brought_;
    ends_ = std::max(now, ends_) + pauses_.length;
  }
  double cold = 0;  // 1 at first, 0 when it is warm.
  if (warm_up_.requests > 0) {
    cold = 1 - static_cast<double>(earlier) / warm_up_.requests;
  } else if (warm_up_.lasts > Duration{}) {
    cold = 1 - static_cast<double>((now - listens_).count_ns()) /
                   static_cast<double>(warm_up_.lasts.count_ns());
  }
  return 1 + (warm_up_.factor - 1) * std::clamp(cold, 0.0, 1.0);
}

std::int64_t ProcessPace::regular_pauses(Instant now) const {
  if (pauses_.every == Duration{} || now < first_) return 0;
  return (now - first_).count_ns() / pauses_.every.count_ns() + 1;
}

Duration ProcessPace::paused_after(Instant now) const {
  return Duration::nanoseconds(pauses_.length.count_ns() * (brought_ + regular_pauses(now)));
}

Duration ProcessPace::paused(Instant now) const {
  Instant ends = ends_;
  if (const std::int64_t regular = regular_pauses(now); regular > 0) {
    ends =
        first_ + Duration::nanoseconds(pauses_.every.count_ns() * (regular - 1)) + pauses_.length;
  }
  return paused_after(now) - (ends > now ? ends - now : Duration{});
}

}  // namespace orrery::sim
