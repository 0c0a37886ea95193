/// @file
/// The overview of a recording: every column over 1 s, 10 s and 60 s, so that a whole timeline is
/// drawn from little.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/recording/run_codec.h"
#include "models/recording/run_data.h"

namespace orrery::recording {

inline constexpr std::array<std::int64_t, 3> kOverviewLevelsUs{1'000'000, 10'000'000, 60'000'000};
/// The rows of so much time are one block.
inline constexpr std::int64_t kOverviewSpanUs = 60'000'000;

/// Rows of one level that follow each other, as the contents of their block.
struct OverviewRows {
  std::int64_t first_us = 0;  ///< Start of the first.
  std::size_t count = 0;
  std::string bytes;
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

/// Sums up samples into rows of all levels: samples into seconds, these into the next level's rows.
class OverviewBuilder {
 public:
  explicit OverviewBuilder(const ColumnMap& map);

  /// Requires: later than the one before; within kOverviewSpanUs of the first one since take().
  void add(std::int64_t at_us, const std::int64_t* values);
  [[nodiscard]] bool empty() const { return levels_.front().open.samples == 0; }
  /// The rows of all levels so far; it begins anew. Requires: not empty.
  [[nodiscard]] std::array<OverviewRows, kOverviewLevelsUs.size()> take();

 private:
  /// A row that goes on, by column.
  struct Row {
    std::int64_t start_us = 0;
    std::uint32_t samples = 0;
    std::vector<std::int64_t> min;
    std::vector<std::int64_t> max;
    std::vector<std::int64_t> total;
    std::vector<std::uint32_t> seen;  ///< Of the columns of latencies: samples that have one.
  };
  struct Level {
    explicit Level(std::size_t columns) : before(columns), cells{columns * 3} {}

    Row open;
    std::int64_t first_us = 0;
    std::vector<std::uint32_t> samples;  ///< By row that is closed.
    std::vector<std::int64_t> before;    ///< The least values of the last of them.
    ColumnWriter cells;
  };

  /// The row of `level` that begins at `start_us`, after the one before it is closed.
  Row& row(std::size_t level, std::int64_t start_us);
  /// Closes the open row, and adds it to the level above.
  void close(std::size_t level);
  void close_cells(Level& level);
  void begin(Row& row, std::int64_t start_us) const;

  ColumnMap map_;
  std::size_t first_latency_;
  std::size_t end_latency_;
  std::vector<Level> levels_;
  std::vector<std::int64_t> cells_;  ///< Of the row that is closed, as it is written.
};

}  // namespace orrery::recording
