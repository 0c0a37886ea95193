/// @file
/// CPU time under a limit: what a container's requests may use per period, and when they stand
/// still.
///
/// Source: Linux CFS bandwidth control (Documentation/scheduler/sched-bwc.rst): a quota per period
/// of 100 ms, not carried over; who has used it up waits for the next period, idle cores or not.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/base/time_types.h"

namespace orrery::sim {

/// Work of many requests at a time, each on a core of its own while there are enough; more requests
/// than cores share them evenly.
class CpuGroup {
 public:
  static constexpr Duration kPeriod = Duration::milliseconds(100);

  /// Periods count from `origin`. Requires: quota > 0, cores >= 1.
  CpuGroup(Duration quota, std::uint32_t cores, Instant origin);

  /// `call` begins `work` now. Times never go back.
  void add(std::uint32_t call, Duration work, Instant now);
  /// Its work is not wanted any more. Does nothing if it is done.
  void remove(std::uint32_t call, Instant now);

  /// So many threads work beside the calls from now on, and never end. Times never go back.
  void set_strangers(std::uint32_t threads, Instant now);

  /// Moves on to `now`; calls whose work is done are in take_done(), in the order in which they
  /// were added.
  void advance(Instant now);
  [[nodiscard]] std::vector<std::uint32_t> take_done();

  /// When there is next something to do: work done, or a period that lets work go on. Nothing:
  /// idle.
  [[nodiscard]] std::optional<Instant> next() const;

  /// In periods that are over, the number in which it stood still.
  [[nodiscard]] std::uint64_t throttled_periods() const { return throttled_; }

 private:
  struct Work {
    std::uint32_t call = 0;
    std::int64_t end = 0;  ///< On the scale of `progress_`.
  };
  [[nodiscard]] std::int64_t busy_threads() const;
  [[nodiscard]] std::int64_t busy_cores() const;
  [[nodiscard]] std::int64_t time_for(std::int64_t progress) const;
  [[nodiscard]] std::int64_t time_to_first_end() const;
  [[nodiscard]] std::int64_t time_to_exhaustion() const;
  void settle();

  std::int64_t quota_;
  std::int64_t cores_;
  std::int64_t now_;
  std::int64_t period_end_;
  std::int64_t left_;          ///< Of the quota, in this period.
  std::int64_t progress_ = 0;  ///< What every working call has been given so far [ns].
  std::int64_t strangers_ = 0;
  std::vector<Work> working_;
  std::vector<std::uint32_t> done_;
  std::uint64_t throttled_ = 0;
};

}  // namespace orrery::sim
