/// @file
/// What is seen of calls, noted down in the order in which it happened, to be counted later.
///
/// Whoever makes calls has no time to count them: a note is one word behind the last one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/base/latency_buckets.h"
#include "models/recording/run_data.h"

namespace orrery::recording {

enum class CallEvent : std::uint8_t {
  Began,
  Retried,    ///< While it goes on.
  Forgotten,  ///< It goes on, but nobody will hear of its end.
  Ended,
};

struct CallNote {
  std::uint32_t row = 0;  ///< Edges, services, journeys, as in ColumnMap.
  CallEvent event{};
  std::uint8_t outcome = 0;  ///< If it ended, of kOutcomeCount.
  std::uint32_t bucket = 0;  ///< If it ended, of its latency (models/base/latency_buckets.h).
};

/// So many words, and no more: one who notes asks first whether they are full.
class CallNotes {
 public:
  /// About 16,000 notes: they are written and read within a core's own cache.
  static constexpr std::size_t kWords = std::size_t{16} << 10;

  CallNotes() : words_(kWords) {}

  /// Whether there may be no room for one more note.
  [[nodiscard]] bool full() const { return size_ + 2 > kWords; }
  // Requires: !full().
  void began(std::uint32_t row) { put(row, 0, kBegan); }
  void retried(std::uint32_t row) { put(row, 0, kRetried); }
  void forgotten(std::uint32_t row) { put(row, 0, kForgotten); }
  /// Requires: outcome < kOutcomeCount; latency >= 0.
  void ended(std::uint32_t row, std::uint8_t outcome, Duration latency) {
    put(row, latency_bucket(latency), outcome);
  }

  /// The number of words; a note is one, or two where there are very many rows.
  [[nodiscard]] std::size_t size() const { return size_; }
  void clear() { size_ = 0; }

  /// Calls `take(note)` for each of words [first, end), which are whole notes.
  template <class Take>
  void each(std::size_t first, std::size_t end, Take take) const {
    std::uint32_t far = 0;
    for (std::size_t i = first; i < end; ++i) {
      const std::uint32_t what = words_[i] & kWhatMask;
      const std::uint32_t row = words_[i] >> kRowShift;
      if (what == kFarRow) {
        far = row;
        continue;
      }
      CallNote note{far << kRowBits | row, CallEvent::Ended, 0,
                    words_[i] >> kWhatBits & kBucketMask};
      if (what < kOutcomeCount) {
        note.outcome = static_cast<std::uint8_t>(what);
      } else {
        note.event = static_cast<CallEvent>(what - kBegan);
      }
      take(note);
      far = 0;
    }
  }

 private:
  // A word: what happened, the bucket, the low bits of the row. Its high bits, if it has any, stand
  // in a word before.
  static constexpr std::uint32_t kWhatBits = 4;
  static constexpr std::uint32_t kBucketBits = 11;
  static constexpr std::uint32_t kRowShift = kWhatBits + kBucketBits;
  static constexpr std::uint32_t kRowBits = 32 - kRowShift;
  static constexpr std::uint32_t kWhatMask = (1U << kWhatBits) - 1;
  static constexpr std::uint32_t kBucketMask = (1U << kBucketBits) - 1;
  // What happened: the outcome, if it ended, or one of these.
  static constexpr std::uint32_t kBegan = kOutcomeCount;
  static constexpr std::uint32_t kRetried = kBegan + 1;
  static constexpr std::uint32_t kForgotten = kBegan + 2;
  static constexpr std::uint32_t kFarRow = kBegan + 3;
  static_assert(kFarRow <= kWhatMask && kLatencyBucketCount <= kBucketMask + 1);
  static_assert(static_cast<std::uint32_t>(CallEvent::Forgotten) + kBegan == kForgotten);

  void put(std::uint32_t row, std::uint32_t bucket, std::uint32_t what) {
    if (row >> kRowBits != 0) words_[size_++] = row >> kRowBits << kRowShift | kFarRow;
    words_[size_++] = row << kRowShift | bucket << kWhatBits | what;
  }

  std::vector<std::uint32_t> words_;
  std::size_t size_ = 0;
};

}  // namespace orrery::recording
