/// @file
/// An array that grows by blocks: what is in it never moves, and no more is held than is used.
///
/// A vector of half a million records holds up to twice as many, and copies them when it grows. And
/// a run that jumps about in as much memory waits for the table of pages as long as for the memory:
/// blocks are of 2 MiB, as a large page is, and those behind the first ask for one.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace orrery::sim {

/// The size of a large page of x86-64 and AArch64 with pages of 4 KiB.
inline constexpr std::size_t kLargePageBytes = std::size_t{1} << 21;

struct LargePageRelease {
  void operator()(void* memory) const;
};
/// 2 MiB, of which only what is touched counts. With `whole`, the system is asked to back them by
/// one large page; it may decline.
using LargePage = std::unique_ptr<void, LargePageRelease>;
[[nodiscard]] LargePage make_large_page(bool whole);

/// Requires of a `T`: nothing to be done at its end.
template <class T>
class BlockArray {
 public:
  static_assert(std::is_trivially_destructible_v<T> && sizeof(T) <= kLargePageBytes);

  BlockArray() = default;
  BlockArray(const BlockArray&) = delete;
  BlockArray& operator=(const BlockArray&) = delete;

  [[nodiscard]] T& operator[](std::size_t index) {
    return blocks_[index >> kShift][index & (kPerBlock - 1)];
  }
  [[nodiscard]] const T& operator[](std::size_t index) const {
    return blocks_[index >> kShift][index & (kPerBlock - 1)];
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  /// One more, behind all others.
  T& add(const T& value = T{}) {
    if (size_ >> kShift == pages_.size()) add_block();
    T* const place = &(*this)[size_++];
    return *::new (place) T(value);
  }
  /// As many as that, if there are fewer.
  void grow_to(std::size_t size) {
    while (size_ < size) add();
  }

 private:
  static constexpr unsigned kShift = std::bit_width(kLargePageBytes / sizeof(T)) - 1;
  static constexpr std::size_t kPerBlock = std::size_t{1} << kShift;

  void add_block() {
    pages_.push_back(make_large_page(!pages_.empty()));
    blocks_.push_back(static_cast<T*>(pages_.back().get()));
  }

  std::vector<T*> blocks_;
  std::vector<LargePage> pages_;
  std::size_t size_ = 0;
};

}  // namespace orrery::sim
