/// @file
/// Sliding windows over outcomes of calls: the last N, or the last N seconds.
///
/// Both keep running totals, so that a rate costs a division whatever the size: what enters is
/// added, what leaves is subtracted.
///
/// Source: resilience4j 2.x, FixedSizeSlidingWindowMetrics, SlidingTimeWindowMetrics,
/// LockFreeSlidingTimeWindowMetrics.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "models/base/contract.h"
#include "models/base/time_types.h"

namespace orrery::resilience {

/// Numbers of calls. A call that was slow and failed is in all four.
struct OutcomeTotals {
  std::uint32_t total = 0;
  std::uint32_t failed = 0;
  std::uint32_t slow = 0;
  std::uint32_t slow_failed = 0;

  void add(bool call_failed, bool call_slow) {
    ++total;
    failed += call_failed;
    slow += call_slow;
    slow_failed += call_failed && call_slow;
  }
  void subtract(const OutcomeTotals& other) {
    total -= other.total;
    failed -= other.failed;
    slow -= other.slow;
    slow_failed -= other.slow_failed;
  }
  friend bool operator==(const OutcomeTotals&, const OutcomeTotals&) = default;
};

/// The last N outcomes, two bits each. Up to 128 of them stand in the object itself.
class CountWindow {
 public:
  /// Requires: capacity >= 1 [calls].
  explicit CountWindow(std::uint32_t capacity) : size_{capacity} {
    if (capacity > kInline * kPerWord) more_.resize((capacity + kPerWord - 1) / kPerWord);
  }

  /// Forgets everything and holds `size` calls from now on. Requires: 1 <= size <= capacity.
  void restart(std::uint32_t size) {
    size_ = size;
    next_ = 0;
    totals_ = {};
  }

  void record(bool failed, bool slow) {
    std::uint64_t& word = words()[next_ / kPerWord];
    const std::uint32_t shift = next_ % kPerWord * 2;
    const std::uint64_t outcome = (failed ? 1U : 0U) | (slow ? 2U : 0U);
    const std::uint64_t leaving = word >> shift & 3;
    next_ = next_ + 1 == size_ ? 0 : next_ + 1;
    if (totals_.total == size_) {
      if (leaving == outcome) return;  // mostly a success for a success
      totals_.subtract({1, leaving & 1 ? 1U : 0U, leaving & 2 ? 1U : 0U, leaving == 3 ? 1U : 0U});
    }
    totals_.add(failed, slow);
    word ^= (leaving ^ outcome) << shift;
  }

  [[nodiscard]] const OutcomeTotals& totals() const { return totals_; }

 private:
  static constexpr std::uint32_t kPerWord = 32;
  static constexpr std::uint32_t kInline = 4;

  std::uint64_t* words() { return more_.empty() ? few_.data() : more_.data(); }

  OutcomeTotals totals_;
  std::uint32_t size_;
  std::uint32_t next_ = 0;  ///< Where the next outcome goes; when full, the oldest.
  std::array<std::uint64_t, kInline> few_{};
  std::vector<std::uint64_t> more_;
};

/// The second under way and the N-1 before it. Old seconds leave at the next call of `at` or
/// `record`, so time alone changes nothing.
class TimeWindow {
 public:
  /// Requires: seconds >= 1, or 0 for a window that is never used.
  explicit TimeWindow(std::uint32_t seconds) : seconds_(seconds) {}

  /// Forgets everything. Seconds are counted from `origin`. Requires: origin <= now.
  void restart(Instant origin, Instant now) {
    std::fill(seconds_.begin(), seconds_.end(), OutcomeTotals{});
    totals_ = {};
    origin_ = origin;
    current_ = (now - origin).count_ns() / kSecond;
    slot_ = slot(current_);
  }

  void record(bool failed, bool slow, Instant now) {
    move_to(now);
    seconds_[slot_].add(failed, slow);
    totals_.add(failed, slow);
  }

  /// What counts now.
  [[nodiscard]] const OutcomeTotals& at(Instant now) {
    move_to(now);
    return totals_;
  }

 private:
  static constexpr std::int64_t kSecond = 1'000'000'000;

  [[nodiscard]] std::size_t slot(std::int64_t second) const {
    return static_cast<std::size_t>(second) % seconds_.size();
  }
  void move_to(Instant now) {
    const std::int64_t second = (now - origin_).count_ns() / kSecond;
    if (second == current_) return;
    const std::int64_t size = static_cast<std::int64_t>(seconds_.size());
    for (std::int64_t i = std::max(current_ + 1, second - size + 1); i <= second; ++i) {
      OutcomeTotals& leaving = seconds_[slot(i)];
      totals_.subtract(leaving);
      leaving = {};
    }
    current_ = second;
    slot_ = slot(second);
  }

  OutcomeTotals totals_;
  std::int64_t current_ = 0;  ///< The second under way, from `origin_`.
  std::size_t slot_ = 0;      ///< Its place in the ring.
  Instant origin_;
  std::vector<OutcomeTotals> seconds_;
};

}  // namespace orrery::resilience
