/// @file
/// What belongs to keys that are hashes already, found without a tree and kept without allocating.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace orrery::session {

/// A table with open addressing; the keys' lowest bits say where they stand.
class KeyTable {
 public:
  struct Place {
    std::uint32_t first = 0;
    std::uint32_t second = 0;
  };

  /// Null: the key is not there. Dies with the next add() or remove().
  [[nodiscard]] const Place* find(std::uint64_t key) const {
    if (slots_.empty()) return nullptr;
    for (std::size_t at = key & mask(); slots_[at].used; at = (at + 1) & mask()) {
      if (slots_[at].key == key) return &slots_[at].place;
    }
    return nullptr;
  }

  /// Adds the key, or puts another place in its place.
  void add(std::uint64_t key, Place place) {
    if ((count_ + 1) * 2 > slots_.size()) grow();
    std::size_t at = key & mask();
    while (slots_[at].used && slots_[at].key != key) at = (at + 1) & mask();
    if (!slots_[at].used) ++count_;
    slots_[at] = {key, place, true};
  }

  /// Without effect if it is not there.
  void remove(std::uint64_t key) {
    if (slots_.empty()) return;
    std::size_t at = key & mask();
    while (slots_[at].used && slots_[at].key != key) at = (at + 1) & mask();
    if (!slots_[at].used) return;
    --count_;
    // Whoever stands behind and would have stood here moves up (Knuth, 6.4, algorithm R).
    for (std::size_t next = (at + 1) & mask(); slots_[next].used; next = (next + 1) & mask()) {
      const std::size_t home = slots_[next].key & mask();
      if (((next - home) & mask()) < ((next - at) & mask())) continue;
      slots_[at] = slots_[next];
      at = next;
    }
    slots_[at].used = false;
  }

  [[nodiscard]] std::size_t size() const { return count_; }

 private:
  struct Slot {
    std::uint64_t key = 0;
    Place place;
    bool used = false;
  };

  [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
  void grow() {
    const std::vector<Slot> before =
        std::exchange(slots_, std::vector<Slot>(std::max<std::size_t>(64, slots_.size() * 2)));
    count_ = 0;
    for (const Slot& slot : before) {
      if (slot.used) add(slot.key, slot.place);
    }
  }

  std::vector<Slot> slots_;  ///< A power of two of them, at least half of them free.
  std::size_t count_ = 0;
};

}  // namespace orrery::session
