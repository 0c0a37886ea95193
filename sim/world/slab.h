/// @file
/// Records with small, reusable indices: what a kernel event points at.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "models/base/contract.h"

namespace orrery::sim {

/// Freed slots are used again, last freed first, so a steady state allocates nothing.
template <class T>
class Slab {
 public:
  [[nodiscard]] std::uint32_t put(T value) {
    if (free_.empty()) {
      items_.push_back(std::move(value));
      return static_cast<std::uint32_t>(items_.size() - 1);
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    items_[index] = std::move(value);
    return index;
  }

  /// Takes the record out and frees its slot. Requires: `index` is in use.
  [[nodiscard]] T take(std::uint32_t index) {
    expects(index < items_.size(), "a slab index was given out");
    T value = std::move(items_[index]);
    items_[index] = T{};
    free_.push_back(index);
    return value;
  }

  [[nodiscard]] T& operator[](std::uint32_t index) { return items_[index]; }
  [[nodiscard]] std::size_t in_use() const { return items_.size() - free_.size(); }

 private:
  std::vector<T> items_;
  std::vector<std::uint32_t> free_;
};

}  // namespace orrery::sim
