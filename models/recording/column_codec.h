/// @file
/// Tables of numbers, column by column, most of them 0; and what is expected of a sample, so that
/// most of it is 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/recording/bytes.h"
#include "models/recording/run_data.h"

namespace orrery::recording {

/// Takes a table row by row, and writes it column by column: runs of columns that are 0 as one
/// number, the others value by value.
class ColumnWriter {
 public:
  explicit ColumnWriter(std::size_t columns);

  /// `row`: as many values as there are columns.
  void add(const std::int64_t* row);
  [[nodiscard]] std::size_t rows() const { return rows_; }
  void write(ByteWriter& out) const { write_from(out, 0, nullptr); }
  /// The rows from `from` on, with `first` in the place of the first of them. Requires: from <
  /// rows().
  void write_from(ByteWriter& out, std::size_t from, const std::int64_t* first) const;
  /// It begins anew, in the memory it has.
  void clear();

 private:
  static constexpr std::size_t kTogether = 8;  ///< Columns that are looked at in one go.

  std::size_t columns_;
  std::size_t rows_ = 0;
  /// By column: rows up to the last one in which it was not 0; those after it take nothing.
  std::vector<std::size_t> filled_;
  std::vector<ByteWriter> bytes_;  ///< Of these rows.
};
/// Fills the first `stored` columns of `cells`, whose size says how many rows there are. Requires:
/// they are 0; stored <= columns.
void read_columns(ByteReader& in, std::vector<std::int64_t>& cells, std::size_t columns,
                  std::size_t stored);

/// What the values of a sample are expected to be: a service's counts, those of the edges that lead
/// to it; what is in flight, what was before and has not ended, and so a group's lag; a state, what
/// it was before; any other count, 0.
class SamplePrediction {
 public:
  /// The scene must outlive it.
  explicit SamplePrediction(const Scene& scene) : scene_{scene}, map_{scene} {}

  /// Writes what of the sample `now` differs from the expectation to `differences`; both have as
  /// many values as there are columns. `before`: the sample before; null: all was 0.
  void subtract(const std::int64_t* now, const std::int64_t* before,
                std::int64_t* differences) const;
  /// The inverse, of whole samples that follow each other. Sums wrap.
  void add(std::vector<std::int64_t>& differences) const;

 private:
  const Scene& scene_;
  ColumnMap map_;
};

}  // namespace orrery::recording
