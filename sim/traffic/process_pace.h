/// @file
/// How fast a process works: slower until it is warm, and not at all while it pauses, as for the
/// collection of garbage.
#pragma once

#include <cstdint>

#include "models/base/time_types.h"

namespace orrery::sim {

/// The first request takes `factor` times the core time, and each later one less of it, down to
/// once over `lasts` from when the process listens, or over its first `requests`.
struct WarmUpModel {
  double factor = 1;           ///< >= 1; 1: always warm.
  Duration lasts = {};         ///< 0: by requests.
  std::uint32_t requests = 0;  ///< 0: by time.

  friend bool operator==(const WarmUpModel&, const WarmUpModel&) = default;
};

/// Times in which nothing of a process goes on.
struct PauseModel {
  Duration length = {};        ///< 0: none.
  Duration every = {};         ///< From start to start, longer than `length`; 0: by requests.
  std::uint32_t requests = 0;  ///< One after so many have begun; 0: by time.

  friend bool operator==(const PauseModel&, const PauseModel&) = default;
};

/// One process's. Times never go back.
class ProcessPace {
 public:
  /// It listens from now on; `phase` in [0, 1): when the first of its regular pauses begins, as a
  /// part of the time between them.
  ProcessPace(const WarmUpModel& warm_up, const PauseModel& pauses, Instant listens, double phase);

  /// Work begins. Returns what its core time is multiplied by.
  [[nodiscard]] double begin(Instant now);

  /// How long it has stood still until now.
  [[nodiscard]] Duration paused(Instant now) const;
  /// The same at the end of the pause that is under way, if one is.
  [[nodiscard]] Duration paused_after(Instant now) const;

 private:
  [[nodiscard]] std::int64_t regular_pauses(Instant now) const;  ///< That have begun.

  WarmUpModel warm_up_;
  PauseModel pauses_;
  Instant listens_;
  Instant first_;             ///< Of the regular pauses, the start.
  Instant ends_;              ///< Of the latest pause that requests have brought.
  std::int64_t brought_ = 0;  ///< Pauses that requests have brought.
  std::uint32_t begun_ = 0;   ///< Requests.
  std::uint32_t since_pause_ = 0;
};

}  // namespace orrery::sim
