/// @file
/// Timers that are nearly always cancelled: armed and disarmed by linking and unlinking a slot.
///
/// A request's timeout lies a second ahead and its answer comes after ten milliseconds. Kept in
/// the event queue, a cancelled timer would stay there as a dead entry until its date and make
/// every other event dearer. Here it waits in a coarse wheel, and moves to the queue only when its
/// date is about a millisecond away, with the order key it was given when armed.
///
/// Source: hierarchical timing wheels (Varghese and Lauck 1987), placed by highest differing digit.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "sim/kernel/event_queue.h"

namespace orrery::sim {

class TimerWheel {
 public:
  TimerWheel();

  /// A disarmed timer. Its index fits 32 bits.
  [[nodiscard]] std::uint32_t create(std::uint32_t payload);
  /// Requires: exists, disarmed.
  void destroy(std::uint32_t timer);
  [[nodiscard]] bool exists(std::uint32_t timer) const {
    return timer >= kListCount && timer < nodes_.size() && nodes_[timer].place != Place::Free;
  }

  [[nodiscard]] bool armed(std::uint32_t timer) const { return nodes_[timer].place > Place::Idle; }
  [[nodiscard]] std::uint32_t payload(std::uint32_t timer) const { return nodes_[timer].payload; }

  /// Requires: disarmed, and `event` is this timer's and not before the present. Returns true if
  /// the date is so near that the event goes to the queue instead.
  [[nodiscard]] bool arm(std::uint32_t timer, PackedEvent event) {
    Node& node = nodes_[timer];
    node.event = event;
    const std::uint64_t tick = event.time() >> kTickBits;
    if (tick <= cursor_) {
      node.place = Place::Queued;
      return true;
    }
    link(timer, tick);
    return false;
  }

  void disarm(std::uint32_t timer) {
    Node& node = nodes_[timer];
    if (node.place == Place::Linked) {
      nodes_[node.previous].next = node.next;
      nodes_[node.next].previous = node.previous;
    }
    node.place = Place::Idle;
  }

  /// Whether an event that the queue hands out belongs to a timer that is still armed with it.
  [[nodiscard]] bool is_current(PackedEvent event) const {
    const Node& node = nodes_[event.payload()];
    return node.place == Place::Queued && node.event == event;
  }

  /// No timer in the wheel is due before this [ns].
  [[nodiscard]] std::uint64_t earliest_bound() const { return earliest_bound_; }

  /// The event that is first among those in the wheel, or PackedEvent::last(). Looks through one
  /// list.
  [[nodiscard]] PackedEvent first();

  /// Moves on to earliest_bound(): pushes the events of timers whose tick has come into `queue`.
  void step(EventQueue& queue);

 private:
  enum class Place : std::uint8_t { Free, Idle, Queued, Linked };

  /// A timer, or the head of a list: the first kListCount nodes.
  struct Node {
    PackedEvent event;
    std::uint32_t next = 0;
    std::uint32_t previous = 0;
    std::uint32_t payload = 0;
    Place place = Place::Free;
  };
  static_assert(sizeof(Node) == 32);

  static constexpr unsigned kTickBits = 20;  ///< A tick is 1.05 ms.
  static constexpr unsigned kLevelBits = 6;
  static constexpr std::uint32_t kLevels = 6;  ///< 20 + 6 * 6 bits: all of a PackedEvent's time.
  static constexpr std::uint32_t kListsPerLevel = 64;
  static constexpr std::uint32_t kListCount = kLevels * kListsPerLevel;
  static_assert(kTickBits + kLevels * kLevelBits == PackedEvent::kTimeBits);
  static constexpr std::uint64_t kNoTimer = ~std::uint64_t{0};

  /// The list that comes first; kListCount if all are empty.
  [[nodiscard]] std::uint32_t first_list();
  [[nodiscard]] std::uint64_t begin_of(std::uint32_t list) const;

  void link(std::uint32_t timer, std::uint64_t tick) {
    // All times in a level agree with the cursor above that level's digit, so a lower level is
    // always earlier than a higher one, and within a level the smaller digit is earlier.
    const auto level = static_cast<std::uint32_t>(std::bit_width(tick ^ cursor_) - 1) / kLevelBits;
    const auto digit = static_cast<std::uint32_t>(tick >> (level * kLevelBits)) % kListsPerLevel;
    const std::uint32_t list = level * kListsPerLevel + digit;
    Node& node = nodes_[timer];
    Node& head = nodes_[list];
    node.place = Place::Linked;
    node.previous = list;
    node.next = head.next;
    nodes_[head.next].previous = timer;
    head.next = timer;
    const std::uint64_t bit = std::uint64_t{1} << digit;
    if ((occupied_[level] & bit) == 0) {
      occupied_[level] |= bit;
      earliest_bound_ = std::min(earliest_bound_, begin_of(list));
    }
  }

  std::vector<Node> nodes_;
  std::uint64_t cursor_ = 0;  ///< Timers of this tick and earlier ones have left the wheel.
  std::uint64_t earliest_bound_ = kNoTimer;
  std::array<std::uint64_t, kLevels> occupied_{};  ///< May name a list that has become empty.
  std::uint32_t free_ = 0;                         ///< First of the unused nodes; 0: none.
};

}  // namespace orrery::sim
