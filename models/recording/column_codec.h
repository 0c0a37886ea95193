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

/// Row-major `cells`: runs of columns that are 0 as one number, the others value by value.
void write_columns(ByteWriter& out, const std::vector<std::int64_t>& cells, std::size_t columns);
/// Fills `cells`, whose size says how many rows there are. Requires: they are 0.
void read_columns(ByteReader& in, std::vector<std::int64_t>& cells, std::size_t columns);

/// What the values of a sample are expected to be: a service's counts, those of the edges that lead
/// to it; what is in flight, what was before and has not ended; a state, what it was before.
class SamplePrediction {
 public:
  /// The scene must outlive it.
  explicit SamplePrediction(const Scene& scene) : scene_{scene}, map_{scene} {}

  /// Leaves what differs from the expectation, row by row; before the first, all is 0.
  void subtract(std::vector<std::int64_t>& samples) const;
  /// The inverse. Sums wrap.
  void add(std::vector<std::int64_t>& differences) const;

 private:
  const Scene& scene_;
  ColumnMap map_;
};

}  // namespace orrery::recording
