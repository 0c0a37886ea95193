/// @file
/// What is seen of followed journeys, noted down in the order in which it happened, to be put
/// together later (trace_builder.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/base/time_types.h"
#include "models/recording/run_data.h"

namespace orrery::recording {

/// A followed try, as it ended for its caller.
struct TryEnd {
  std::uint32_t edge = 0;  ///< Index into the scene's edges.
  TextId operation = 0;
  TextId pod = 0;  ///< That it went to; 0: to none that is known.
  Instant start;
  Instant end;
  std::uint8_t outcome = 0;
  std::uint8_t attempt = 0;  ///< 0: the first try.

  friend bool operator==(const TryEnd&, const TryEnd&) = default;
};

/// A followed journey, as it ended for its user.
struct JourneyEnd {
  std::uint32_t journey = 0;  ///< Index into the scene's journeys.
  Instant start;
  Instant end;
  std::uint8_t outcome = 0;

  friend bool operator==(const JourneyEnd&, const JourneyEnd&) = default;
};

/// So many words, and no more: one who notes asks first whether they are full.
///
/// A journey and each of its tries has a place: a number of the noter's choosing that no other has
/// of which anything is still to be noted.
class TraceNotes {
 public:
  /// About 1,700 tries with all that happens to them.
  static constexpr std::size_t kWords = std::size_t{16} << 10;

  TraceNotes() : words_(kWords) {}

  /// Whether there may be no room for one more note.
  [[nodiscard]] bool full() const { return size_ + kWordsMost > kWords; }
  // Requires: !full().
  void journey_began(std::uint32_t place, std::uint64_t key) { put(kJourneyBegan, place, {key}); }
  /// `above`: the place of its caller.
  void try_began(std::uint32_t place, std::uint32_t above) { put(kTryBegan, place, {above}); }
  /// What is noted of `place` from now on is of what has the place `other`.
  void stands_for(std::uint32_t place, std::uint32_t other) { put(kStandsFor, place, {other}); }
  /// An instance works on it.
  void work_began(std::uint32_t place, Instant at) { put(kWorkBegan, place, {word_of(at)}); }
  void try_ended(std::uint32_t place, const TryEnd& end) {
    put(kTryEnded | std::uint64_t{end.outcome} << 8 | std::uint64_t{end.attempt} << 16, place,
        {word_of(end.start), word_of(end.end), std::uint64_t{end.edge} << 32 | end.operation,
         std::uint64_t{end.pod}});
  }
  void journey_ended(std::uint32_t place, const JourneyEnd& end) {
    put(kJourneyEnded | std::uint64_t{end.outcome} << 8, place,
        {word_of(end.start), word_of(end.end), std::uint64_t{end.journey}});
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  void clear() { size_ = 0; }

  /// Calls the method of `taker` that has the name of the note, with what was noted, for each of
  /// words [first, end), which are whole notes.
  template <class Taker>
  void each(std::size_t first, std::size_t end, Taker& taker) const {
    for (const std::uint64_t* word = words_.data() + first; word != words_.data() + end;) {
      const std::uint64_t head = word[0];
      const auto place = static_cast<std::uint32_t>(head >> 32);
      const auto outcome = static_cast<std::uint8_t>(head >> 8);
      switch (head & 0xff) {
        case kJourneyBegan:
          taker.journey_began(place, word[1]);
          word += 2;
          break;
        case kTryBegan:
          taker.try_began(place, static_cast<std::uint32_t>(word[1]));
          word += 2;
          break;
        case kStandsFor:
          taker.stands_for(place, static_cast<std::uint32_t>(word[1]));
          word += 2;
          break;
        case kWorkBegan:
          taker.work_began(place, instant_of(word[1]));
          word += 2;
          break;
        case kTryEnded:
          taker.try_ended(place,
                          {static_cast<std::uint32_t>(word[3] >> 32), static_cast<TextId>(word[3]),
                           static_cast<TextId>(word[4]), instant_of(word[1]), instant_of(word[2]),
                           outcome, static_cast<std::uint8_t>(head >> 16)});
          word += 5;
          break;
        default:
          taker.journey_ended(place, {static_cast<std::uint32_t>(word[3]), instant_of(word[1]),
                                      instant_of(word[2]), outcome});
          word += 4;
          break;
      }
    }
  }

 private:
  static constexpr std::size_t kWordsMost = 5;
  // What happened: the low byte of a note's first word; the place is its high half.
  static constexpr std::uint64_t kJourneyBegan = 0;
  static constexpr std::uint64_t kTryBegan = 1;
  static constexpr std::uint64_t kStandsFor = 2;
  static constexpr std::uint64_t kWorkBegan = 3;
  static constexpr std::uint64_t kTryEnded = 4;
  static constexpr std::uint64_t kJourneyEnded = 5;

  static std::uint64_t word_of(Instant at) { return static_cast<std::uint64_t>(at.count_ns()); }
  static Instant instant_of(std::uint64_t word) {
    return Instant::at(Duration::nanoseconds(static_cast<std::int64_t>(word)));
  }
  template <std::size_t kCount>
  void put(std::uint64_t what, std::uint32_t place, const std::uint64_t (&rest)[kCount]) {
    static_assert(kCount + 1 <= kWordsMost);
    std::uint64_t* word = words_.data() + size_;
    *word = what | std::uint64_t{place} << 32;
    for (const std::uint64_t next : rest) *++word = next;
    size_ += kCount + 1;
  }

  std::vector<std::uint64_t> words_;
  std::size_t size_ = 0;
};

}  // namespace orrery::recording
