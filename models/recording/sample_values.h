/// @file
/// The values of a sample while they are gathered, and which of them may be new.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace orrery::recording {

/// By ColumnMap; 0 at first. A sample has a thousand columns, and few calls are over within it:
/// what it costs follows from those that were written to.
class SampleValues {
 public:
  explicit SampleValues(std::size_t columns) : values_(columns), written_(columns) {}

  [[nodiscard]] std::size_t size() const { return values_.size(); }
  [[nodiscard]] std::int64_t operator[](std::size_t column) const { return values_[column]; }

  // Requires: the column exists.
  void set(std::size_t column, std::int64_t value) {
    if (values_[column] == value) return;
    values_[column] = value;
    note(column);
  }
  void add(std::size_t column, std::int64_t by) {
    values_[column] += by;
    note(column);
  }
  /// Requires: one for each column.
  void set_all(std::span<const std::int64_t> values) {
    for (std::size_t column = 0; column < values.size(); ++column) set(column, values[column]);
  }

  /// The columns that were written to since begin_period(), each once.
  [[nodiscard]] std::span<const std::uint32_t> written() const { return columns_; }

  /// None is written to by now, but for those that `is_count(column)` says are counted anew.
  template <class IsCount>
  void begin_period(IsCount is_count) {
    std::swap(columns_, before_);
    columns_.clear();
    for (const std::uint32_t column : before_) written_[column] = 0;
    for (const std::uint32_t column : before_) {
      if (is_count(column)) set(column, 0);
    }
  }

 private:
  void note(std::size_t column) {
    if (written_[column] != 0) return;
    written_[column] = 1;
    columns_.push_back(static_cast<std::uint32_t>(column));
  }

  std::vector<std::int64_t> values_;
  std::vector<std::uint8_t> written_;
  std::vector<std::uint32_t> columns_;
  std::vector<std::uint32_t> before_;  ///< Those of the period before.
};

}  // namespace orrery::recording
