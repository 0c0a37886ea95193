/// @file
/// The overview of a recording: every column over 1 s, 10 s and 60 s, so that a whole timeline is
/// drawn from little.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/recording/run_codec.h"
#include "models/recording/run_data.h"

namespace orrery::recording {

inline constexpr std::array<std::int64_t, 3> kOverviewLevelsUs{1'000'000, 10'000'000, 60'000'000};
/// The rows of so much time are one block.
inline constexpr std::int64_t kOverviewSpanUs = 60'000'000;

/// Rows of one level that follow each other.
struct OverviewRows {
  std::int64_t first_us = 0;  ///< Start of the first.
  OverviewSection section;
};

/// Sums up one column.
class CellSum {
 public:
  void add(std::int64_t value, bool is_latency);
  [[nodiscard]] OverviewCell cell(bool is_latency) const;
  [[nodiscard]] std::uint32_t samples() const { return samples_; }

 private:
  OverviewCell cell_;
  std::uint32_t samples_ = 0;
  std::uint32_t seen_ = 0;  ///< Samples without a latency say nothing about latencies.
};

/// The start of the row that a sample belongs to. It counts for the time before it: one at 10 s
/// belongs to the row that ends there. Requires: at_us >= 0, level_us > 0.
[[nodiscard]] std::int64_t overview_row_start(std::int64_t at_us, std::int64_t level_us);

/// Sums up samples into rows of one level.
class OverviewBuilder {
 public:
  OverviewBuilder(const ColumnMap& map, std::int64_t level_us) : map_{map}, level_us_{level_us} {}

  /// Requires: later than the one before; within kOverviewSpanUs of the first one since take().
  void add(std::int64_t at_us, const std::int64_t* values);
  [[nodiscard]] bool empty() const { return row_.empty(); }
  /// All rows so far; it begins anew.
  [[nodiscard]] OverviewRows take();

 private:
  void close_row();

  ColumnMap map_;
  std::int64_t level_us_;
  OverviewRows rows_;
  std::int64_t row_start_us_ = 0;
  std::vector<CellSum> row_;  ///< The last one, by column.
};

}  // namespace orrery::recording
