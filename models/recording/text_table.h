/// @file
/// Texts by number: each is kept once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orrery::recording {

class TextTable {
 public:
  /// The text's number, 1 for the first one; and whether it is new.
  [[nodiscard]] std::pair<std::uint32_t, bool> number_of(std::string_view text);
  [[nodiscard]] std::size_t size() const { return texts_.size(); }
  /// Requires: 1 <= number <= size().
  [[nodiscard]] const std::string& text(std::uint32_t number) const { return texts_[number - 1]; }

 private:
  void grow();

  std::deque<std::string> texts_;
  std::vector<std::uint64_t> hashes_;  ///< By text.
  std::vector<std::uint32_t> slots_;   ///< By hash: a number, or 0; a power of two of them.
};

}  // namespace orrery::recording
