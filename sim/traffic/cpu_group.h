/// @file
/// CPU time of a container: what its requests may use per period of a limit, when they stand still,
/// and how fast they get on with the cores that its node grants them.
///
/// Source: Linux CFS bandwidth control (Documentation/scheduler/sched-bwc.rst): a quota per period
/// of 100 ms, not carried over; who has used it up waits for the next period, idle cores or not.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/base/time_types.h"

namespace orrery::sim {

/// Cores, or parts of one: kWholeCore is one.
using CoreShare = std::int64_t;
inline constexpr CoreShare kWholeCore = 4096;

/// Work of many requests at a time, each on a core of its own while there are enough; more requests
/// than cores share them evenly.
class CpuGroup {
 public:
  static constexpr Duration kPeriod = Duration::milliseconds(100);

  /// Periods count from `origin`; without a quota there are none. Requires: quota > 0, cores >= 1.
  CpuGroup(std::optional<Duration> quota, std::uint32_t cores, Instant origin);

  /// It has so much of its node's cores from now on, and next() says when its quota is used up,
  /// too. Requires: > 0. Times never go back.
  void grant(CoreShare cores, Instant now);
  /// Threads that want a core at the last instant; 0 while it stands still.
  [[nodiscard]] std::int64_t runnable() const;

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
  [[nodiscard]] CoreShare busy_cores() const;
  [[nodiscard]] std::int64_t time_for(std::int64_t progress) const;
  [[nodiscard]] std::int64_t time_to_first_end() const;
  [[nodiscard]] std::int64_t time_to_exhaustion() const;
  void settle();

  bool limited_;
  std::int64_t quota_;
  CoreShare cores_;
  bool shares_ = false;  ///< Others want to know when it stands still.
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
