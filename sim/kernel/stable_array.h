/// @file
/// An array whose elements never move, and that holds no more memory than it uses.
///
/// It reserves addresses for more than there will ever be; only what is touched takes memory. So an
/// element is found by one multiplication, growing copies nothing, and a reference stays good. What
/// lies behind the first 2 MiB asks for large pages: a run that jumps about in as much memory would
/// wait for the table of pages as long as for the memory.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

#include "models/base/contract.h"

namespace orrery::sim {

/// The size of a large page of x86-64 and AArch64 with pages of 4 KiB.
inline constexpr std::size_t kLargePageBytes = std::size_t{1} << 21;

/// A range of addresses that is given back at its end.
class AddressRange {
 public:
  AddressRange() = default;
  AddressRange(const AddressRange&) = delete;
  AddressRange& operator=(const AddressRange&) = delete;
  ~AddressRange();

  /// Addresses for `bytes` bytes of zeros; where the process may not have as many, for a half, a
  /// quarter and so on. Requires that there are 2 MiB, and that it has none yet.
  void reserve(std::size_t bytes);

  [[nodiscard]] void* first() const { return first_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  void* first_ = nullptr;
  std::size_t bytes_ = 0;
};

/// Requires that no more than kMost elements come, nor more than fit into the range that there was;
/// and of a `T`: nothing to be done at its end.
template <class T>
class StableArray {
 public:
  static_assert(std::is_trivially_destructible_v<T>);
  static constexpr std::size_t kMost = std::size_t{1} << 27;  ///< Elements.

  StableArray() = default;
  StableArray(const StableArray&) = delete;
  StableArray& operator=(const StableArray&) = delete;

  [[nodiscard]] T& operator[](std::size_t index) { return first_[index]; }
  [[nodiscard]] const T& operator[](std::size_t index) const { return first_[index]; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  /// One more, behind all others.
  T& add() { return *::new (next_place()) T{}; }
  T& add(const T& value) { return *::new (next_place()) T(value); }
  /// As many as that, if there are fewer.
  void grow_to(std::size_t size) {
    while (size_ < size) add();
  }

 private:
  [[nodiscard]] T* next_place() {
    if (size_ == capacity_) [[unlikely]]
      reserve();
    return first_ + size_++;
  }
  [[gnu::noinline]] void reserve() {
    expects(capacity_ == 0, "an array has addresses for one more element");
    range_.reserve(kMost * sizeof(T));
    first_ = static_cast<T*>(range_.first());
    capacity_ = range_.bytes() / sizeof(T);
  }

  T* first_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  AddressRange range_;
};

}  // namespace orrery::sim
