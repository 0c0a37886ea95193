/// @file
/// Puts followed journeys together from what was noted of them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/recording/run_data.h"
#include "models/recording/trace_notes.h"

namespace orrery::recording {

/// Takes notes (TraceNotes::each).
class TraceBuilder {
 public:
  void journey_began(std::uint32_t place, std::uint64_t key);
  void try_began(std::uint32_t place, std::uint32_t above);
  void stands_for(std::uint32_t place, std::uint32_t other);
  void work_began(std::uint32_t place, Instant at);
  void try_ended(std::uint32_t place, const TryEnd& end);
  void journey_ended(std::uint32_t place, const JourneyEnd& end);

  /// The journeys that have ended since clear_over(), in that order, each with its tries that have.
  [[nodiscard]] std::span<const Trace> over() const { return {over_.data(), over_count_}; }
  void clear_over() { over_count_ = 0; }

 private:
  /// A try, or, the first one of each, the journey itself.
  struct Call {
    std::uint32_t above = 0;  ///< Which of the journey's is its caller; of the journey: itself.
    std::uint32_t depth = 0;
    std::uint32_t span = Span::kJourney;  ///< Once the journey is over.
    bool worked = false;
    bool ended = false;
    Instant work;
    TryEnd end;
  };
  struct Journey {
    std::uint64_t key = 0;
    std::uint64_t use = 1;  ///< Grows with each journey that it has been.
    std::vector<Call> calls;
  };
  /// Who is at a place.
  struct Holder {
    std::uint32_t journey = 0;
    std::uint32_t call = 0;
    std::uint64_t use = 0;  ///< Of the journey; 0: nobody is.
  };

  /// Null: its journey is over.
  [[nodiscard]] Journey* journey_of(const Holder& holder);
  [[nodiscard]] Call* call_at(std::uint32_t place);
  [[nodiscard]] Holder& holder_at(std::uint32_t place);
  void order(std::vector<Call>& calls);
  [[nodiscard]] Trace& next_over();

  std::vector<Holder> holders_;  ///< By place.
  std::vector<Journey> journeys_;
  std::vector<std::uint32_t> free_journeys_;
  std::vector<std::uint32_t> order_;  ///< Of the calls of the journey that has just ended: by span.
  std::vector<Trace> over_;           ///< The first over_count_ of them.
  std::size_t over_count_ = 0;
};

}  // namespace orrery::recording
