/// @file
/// Whoever has a run in hand while it is played: says when it goes on, and what is done to it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/base/time_types.h"
#include "runner/scenario/scenario.h"

namespace orrery::session {

/// The run as it stands at a sample.
class RunView {
 public:
  virtual ~RunView() = default;
  [[nodiscard]] virtual Instant now() const = 0;
  /// Records of its log so far.
  [[nodiscard]] virtual std::size_t records() const = 0;
  /// Entries of the timeline that were performed so far.
  [[nodiscard]] virtual std::size_t performed() const = 0;
  /// What the entry would hit if it were performed now: objects, or places in a few words.
  [[nodiscard]] virtual std::vector<std::string> would_hit(
      const scenario::TimelineEntry& entry) const = 0;
  /// Lets whoever watches the recording see all that was sampled.
  virtual void show() = 0;
};

/// What is done to a run by hand.
struct Order {
  std::string text;  ///< For the log: the command as it was given.
  /// Of the timeline from now on, at instants that are not over. A command that only holds the run
  /// or lets it go has none.
  std::vector<scenario::TimelineEntry> entries;
  /// Take the place of entries with their ids, as far as these are still to come.
  std::vector<scenario::TimelineEntry> later = {};
};

/// Puts an entry where it belongs by time, behind those of the same instant.
inline void insert_by_time(std::vector<scenario::TimelineEntry>& timeline,
                           scenario::TimelineEntry entry) {
  const auto later = std::upper_bound(
      timeline.begin(), timeline.end(), entry.at,
      [](Instant at, const scenario::TimelineEntry& other) { return at < other.at; });
  timeline.insert(later, std::move(entry));
}

class RunHand {
 public:
  virtual ~RunHand() = default;
  /// The next order at this instant; nothing: the run goes on to its next sample. It may wait as
  /// long as it likes.
  [[nodiscard]] virtual std::optional<Order> next(RunView& view) = 0;
};

}  // namespace orrery::session
