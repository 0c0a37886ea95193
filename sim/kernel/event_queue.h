/// @file
/// The future event list: a 4-ary heap while few events are pending, time buckets in front of a
/// small heap when there are thousands.
///
/// The order of events never depends on which of the two is in use: every event carries its whole
/// order key, and a bucket is complete before its first event is taken.
///
/// Why two structures: with hundreds of pending events a heap stays in the first-level cache and
/// nothing beats it; with a hundred thousand, half of a run would be spent in its cache misses.
///
/// Source: implicit d-ary heaps (Johnson 1975; LaMarca and Ladner 1996); the buckets are a ladder
/// queue (Tang, Goh and Thng 2005) with widths that are powers of two.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include "sim/kernel/stable_array.h"

namespace orrery::sim {

/// An event and its place in the total order in 16 bytes, compared as one unsigned number:
/// time (56 bits), class (2), sequence (37), is-a-timer (1), payload (32).
///
/// 24-byte records with separate fields are a third slower in the heap: their comparison branches,
/// and four of them do not fit a cache line.
class PackedEvent {
 public:
  static constexpr unsigned kTimeBits = 56;      ///< 2.28 years of nanoseconds.
  static constexpr unsigned kSequenceBits = 37;  ///< 137 billion events.

  constexpr PackedEvent() = default;
  constexpr PackedEvent(std::uint64_t time, std::uint64_t event_class, std::uint64_t sequence,
                        bool is_timer, std::uint32_t payload)
      : bits_{(Bits{(time << 8) | (event_class << 6) | (sequence >> 31)} << 64) |
              ((sequence << 33) | (std::uint64_t{is_timer} << 32) | payload)} {}

  /// After every real event.
  static constexpr PackedEvent last() {
    PackedEvent event;
    event.bits_ = ~Bits{0};
    return event;
  }

  [[nodiscard]] constexpr std::uint64_t time() const { return high() >> 8; }
  /// Unique among all events of a kernel.
  [[nodiscard]] constexpr std::uint64_t sequence() const {
    return ((high() & 0x3f) << 31) | (low() >> 33);
  }
  [[nodiscard]] constexpr bool is_timer() const { return ((low() >> 32) & 1) != 0; }
  [[nodiscard]] constexpr std::uint32_t payload() const {
    return static_cast<std::uint32_t>(low());
  }

  friend constexpr bool operator<(PackedEvent a, PackedEvent b) { return a.bits_ < b.bits_; }
  friend constexpr bool operator==(PackedEvent, PackedEvent) = default;

 private:
  __extension__ typedef unsigned __int128 Bits;

  [[nodiscard]] constexpr std::uint64_t high() const {
    return static_cast<std::uint64_t>(bits_ >> 64);
  }
  [[nodiscard]] constexpr std::uint64_t low() const { return static_cast<std::uint64_t>(bits_); }

  Bits bits_ = 0;
};
static_assert(sizeof(PackedEvent) == 16);

/// A 4-ary min-heap. The four children of a node share one cache line.
///
/// `pop` leaves a hole at the root, which the next `push` fills: an event that causes one event
/// costs one descent instead of two.
class EventHeap {
 public:
  EventHeap();

  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t size() const { return end_ - kRoot - (hole_ ? 1 : 0); }

  /// Into the place of the one that was popped last. False, and nothing done, if it has another's
  /// already.
  [[nodiscard]] bool replace(PackedEvent event) {
    if (!hole_) return false;
    hole_ = false;
    descend(event);
    return true;
  }

  void push(PackedEvent event) {
    if (replace(event)) return;
    if (end_ == capacity_) grow();
    std::size_t at = end_++;
    while (at != kRoot) {
      const std::size_t parent = at / 4 + 2;
      if (!(event < cells_[parent])) break;
      cells_[at] = cells_[parent];
      at = parent;
    }
    cells_[at] = event;
  }

  /// Whether something is at the root.
  [[nodiscard]] bool is_closed() const { return !hole_ && end_ != kRoot; }

  /// Requires: not empty.
  [[nodiscard]] PackedEvent top() {
    close_hole();
    return cells_[kRoot];
  }

  /// Removes the event that top() returned. Requires: top() was called after the last push.
  void pop() { hole_ = true; }

  /// Right after pop(): those of which the first comes next; last() in place of those that are not.
  [[nodiscard]] std::span<const PackedEvent, 4> nearest() const {
    return std::span<const PackedEvent, 4>{cells_.get() + kRoot + 1, 4};
  }

  /// Calls `take(event)` for every event, in no order, and empties the heap.
  template <class Take>
  void drain(Take take) {
    close_hole();
    for (std::size_t at = kRoot; at != end_; ++at) {
      take(cells_[at]);
      cells_[at] = PackedEvent::last();
    }
    end_ = kRoot;
  }

 private:
  // The root is cell 3, so that the children of cell p, 4p-8 to 4p-5, start a cache line. Cells
  // from end_ on hold last(), so that the smallest of four needs no bounds check.
  static constexpr std::size_t kRoot = 3;
  static constexpr std::size_t kLine = 64;

  struct Release {
    void operator()(PackedEvent* cells) const {
      ::operator delete (cells, std::align_val_t{kLine});
    }
  };
  using Cells = std::unique_ptr<PackedEvent[], Release>;

  static Cells make_cells(std::size_t count);
  void grow();

  void close_hole() {
    if (!hole_) return;
    hole_ = false;
    const PackedEvent moved = cells_[--end_];
    cells_[end_] = PackedEvent::last();
    if (end_ != kRoot) descend(moved);
  }

  /// Puts `event` into the empty root and restores the heap. One function, for its loop needs all
  /// registers; by offsets in bytes, for indices would be multiplied four times a level; and by
  /// arithmetic instead of branches, for which child is the smallest cannot be predicted.
  [[gnu::noinline]] void descend(PackedEvent event) {
    constexpr std::size_t kCell = sizeof(PackedEvent);
    PackedEvent* const cells = cells_.get();
    const auto at = [cells](std::size_t offset) -> PackedEvent& {
      return *reinterpret_cast<PackedEvent*>(reinterpret_cast<char*>(cells) + offset);
    };
    const auto if_so = [](bool condition, std::size_t distance) {
      return (std::size_t{0} - static_cast<std::size_t>(condition)) & distance;
    };
    const std::size_t end = end_ * kCell;
    std::size_t hole = kRoot * kCell;
    for (;;) {
      const std::size_t first = 4 * hole - 8 * kCell;
      if (first >= end) break;
      const std::size_t low = first + if_so(at(first + kCell) < at(first), kCell);
      const std::size_t third = first + 2 * kCell;
      const std::size_t high = third + if_so(at(third + kCell) < at(third), kCell);
      const std::size_t smallest = low + if_so(at(high) < at(low), high - low);
      if (!(at(smallest) < event)) break;
      at(hole) = at(smallest);
      hole = smallest;
    }
    at(hole) = event;
  }

  Cells cells_;
  std::size_t end_ = kRoot;
  std::size_t capacity_;
  bool hole_ = false;
};

/// Events in ascending order of their keys. Memory is kept at its peak and reused.
class EventQueue {
 public:
  /// Buckets are used while more than about `buckets_above` events are pending.
  explicit EventQueue(std::size_t buckets_above);

  [[nodiscard]] std::size_t size() const { return heap_.size() + bucketed_count_; }

  /// Requires: not before the last event taken.
  void push(PackedEvent event) {
    if (event.time() < front_end_) {
      if (heap_.replace(event)) return;
      heap_.push(event);
      if (heap_.size() > spill_above_) spill();
    } else {
      bucket(event);
    }
  }

  /// The first event, or last() if there is none.
  [[nodiscard]] PackedEvent top() { return heap_.is_closed() ? heap_.top() : next_top(); }

  /// Removes what top() has just returned. Requires: there was an event.
  void pop() { heap_.pop(); }

  /// Right after pop(): see EventHeap. Those that still are in buckets are not seen.
  [[nodiscard]] std::span<const PackedEvent, 4> nearest() const { return heap_.nearest(); }

 private:
  static constexpr std::size_t kBucketsMax = 1024;
  static constexpr std::uint64_t kEndOfTime = std::uint64_t{1} << PackedEvent::kTimeBits;

  /// Unsorted events, in chunks that all buckets share: a bucket that grew its own array would
  /// hold on to its peak size, a thousand times over.
  struct alignas(64) Chunk {
    static constexpr std::uint32_t kEvents = 15;

    Chunk* next = nullptr;
    std::array<PackedEvent, kEvents> events;
  };
  static_assert(sizeof(Chunk) == 256);

  struct Bucket {
    Chunk* first = nullptr;
    std::uint32_t first_count = Chunk::kEvents;  ///< Events in `first`; the others are full.
    std::uint32_t count = 0;
  };

  /// Consecutive buckets of equal width; a rung inside another one subdivides one of its buckets.
  struct Rung {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    unsigned shift = 0;    ///< The width of a bucket is 2^shift ns.
    std::size_t next = 0;  ///< Earlier buckets have been taken.
    std::array<std::uint64_t, kBucketsMax / 64> occupied{};  ///< One bit for each bucket.
    std::array<Bucket, kBucketsMax> buckets{};

    [[nodiscard]] std::size_t first_occupied() const;  ///< kBucketsMax if all are empty.
    [[nodiscard]] Bucket take(std::size_t index);
  };

  /// top() if it takes work.
  [[nodiscard]] PackedEvent next_top();
  void bucket(PackedEvent event);
  void add(Bucket& bucket, PackedEvent event);
  void add(Rung& rung, PackedEvent event);
  /// Calls `take(event)` for every event, in no order, and empties the bucket.
  template <class Take>
  void drain(Bucket& events, Take take);
  /// Moves events that lie within [begin, end) into a new finest rung, which also accepts later
  /// ones before `limit`. What is pushed before `begin` from now on goes to the heap.
  void split(Bucket& events, std::uint64_t begin, std::uint64_t end, std::uint64_t limit);
  /// Moves the whole heap into a new finest rung.
  void spill();
  /// Moves the earliest bucket into the empty heap. False if no events are left.
  bool refill();
  void to_heap(Bucket& events);
  /// Leaves the buckets: few events are pending. False if none is.
  bool everything_to_heap();
  Chunk* take_chunk();

  EventHeap heap_;                        ///< Everything before front_end_.
  std::uint64_t front_end_ = kEndOfTime;  ///< Everything from here on is in buckets.
  std::size_t spill_above_;
  std::size_t buckets_above_;
  std::size_t bucketed_count_ = 0;
  std::vector<std::unique_ptr<Rung>> rungs_;  ///< From the widest to the finest; reused.
  std::size_t rung_count_ = 0;
  Bucket beyond_;  ///< Events after the widest rung.
  std::uint64_t beyond_min_ = kEndOfTime;
  std::uint64_t beyond_max_ = 0;
  Chunk* free_chunks_ = nullptr;
  StableArray<Chunk> chunks_;
};

}  // namespace orrery::sim
