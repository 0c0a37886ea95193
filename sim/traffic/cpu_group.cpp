#include "sim/traffic/cpu_group.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "models/base/contract.h"

namespace orrery::sim {
CpuGroup::CpuGroup(std::optional<Duration> quota, std::uint32_t cores, Instant origin)
    : limited_{quota.has_value()},
      quota_{quota.value_or(kPeriod).count_ns()},
      cores_{cores * kWholeCore},
      now_{origin.count_ns()},
      period_end_{origin.count_ns() + kPeriod.count_ns()},
      left_{quota_} {
  expects(quota_ > 0 && cores >= 1, "a container has some quota and a core");
}

void CpuGroup::grant(CoreShare cores, Instant now) {
  expects(cores > 0, "nobody is left without any part of a core");
  advance(now);
  cores_ = cores;
  shares_ = true;
}

std::int64_t CpuGroup::runnable() const { return left_ > 0 ? busy_threads() : 0; }

std::int64_t CpuGroup::busy_threads() const {
  return static_cast<std::int64_t>(working_.size()) + strangers_;
}

CoreShare CpuGroup::busy_cores() const { return std::min(busy_threads() * kWholeCore, cores_); }

/// The time in which every working call is given `progress`, if the quota lasts.
std::int64_t CpuGroup::time_for(std::int64_t progress) const {
  const CoreShare wanted = busy_threads() * kWholeCore;
  if (wanted <= cores_) return progress;
  __extension__ using Wide = __int128;  // Long work of many calls has a product beyond 64 bits.
  return static_cast<std::int64_t>((Wide{progress} * wanted + cores_ - 1) / cores_);
}

std::int64_t CpuGroup::time_to_first_end() const {
  std::int64_t first = std::numeric_limits<std::int64_t>::max();
  if (working_.empty()) return first;
  for (const Work& work : working_) first = std::min(first, work.end);
  return time_for(std::max<std::int64_t>(first - progress_, 0));
}

/// Example: 20 ms left and 4 calls at work on 4 cores: 5 ms.
std::int64_t CpuGroup::time_to_exhaustion() const {
  if (!limited_) return std::numeric_limits<std::int64_t>::max();
  const CoreShare cores = busy_cores();
  return (left_ * kWholeCore + cores - 1) / cores;
}

void CpuGroup::settle() {
  std::erase_if(working_, [&](const Work& work) {
    if (work.end > progress_) return false;
    done_.push_back(work.call);
    return true;
  });
}

void CpuGroup::advance(Instant to) {
  const std::int64_t until = to.count_ns();
  expects(until >= now_, "time does not go back");
  while (true) {
    if (now_ >= period_end_) {
      // Whole periods without work pass at once; what they did not use is lost.
      const std::int64_t period = kPeriod.count_ns();
      period_end_ += ((now_ - period_end_) / period + 1) * period;
      if (left_ == 0 && !working_.empty()) ++throttled_;
      left_ = quota_;
    }
    if (busy_threads() == 0) {
      if (now_ == until) return;
      now_ = until;
      continue;
    }
    if (now_ == until) return;
    std::int64_t step = std::min(until, period_end_) - now_;
    if (left_ > 0) {
      step = std::min({step, time_to_first_end(), time_to_exhaustion()});
      const CoreShare wanted = busy_threads() * kWholeCore;
      progress_ += wanted <= cores_ ? step : step * cores_ / wanted;
      if (limited_) {
        const std::int64_t used = step * busy_cores() / kWholeCore;
        left_ = std::max<std::int64_t>(left_ - used, 0);
      }
    }
    now_ += step;
    settle();
  }
}

void CpuGroup::set_strangers(std::uint32_t threads, Instant now) {
  advance(now);
  strangers_ = threads;
}

void CpuGroup::add(std::uint32_t call, Duration work, Instant now) {
  advance(now);
  if (working_.empty()) progress_ = 0;
  working_.push_back({call, progress_ + work.count_ns()});
  settle();
}

void CpuGroup::remove(std::uint32_t call, Instant now) {
  advance(now);
  std::erase_if(working_, [&](const Work& work) { return work.call == call; });
  std::erase(done_, call);
}

std::vector<std::uint32_t> CpuGroup::take_done() { return std::exchange(done_, {}); }

std::optional<Instant> CpuGroup::next() const {
  std::int64_t at = now_;
  if (done_.empty()) {
    if (working_.empty()) return std::nullopt;
    at = period_end_;
    if (left_ > 0) {
      const std::int64_t end = time_to_first_end();
      const std::int64_t exhaustion = time_to_exhaustion();
      if (end <= exhaustion) {
        at = std::min(at, now_ + end);
      } else if (shares_) {
        at = std::min(at, now_ + exhaustion);
      }
    }
  }
  return Instant::at(Duration::nanoseconds(at));
}

}  // namespace orrery::sim
