/// @file
/// Counts what was noted of calls into the columns of samples.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/recording/call_notes.h"
#include "models/recording/run_data.h"
#include "models/recording/second_latencies.h"

namespace orrery::recording {

/// Services have what their edges have.
class CallTally {
 public:
  explicit CallTally(const Scene& scene);

  void take(const CallNote& note);
  /// Puts what was taken since the sample before into `row`, which is that sample's, by ColumnMap;
  /// at a whole second, the percentiles of the second that ends. Columns of rows that nothing was
  /// noted of are left as they are.
  void sample(Instant at, std::int64_t* row);

 private:
  /// What was counted since the last sample, up to CallField::InFlight, in one cache line.
  struct alignas(64) Counts {
    std::array<std::int32_t, static_cast<std::size_t>(CallField::InFlight) + 1> by_field{};
    bool any = false;
  };
  static_assert(sizeof(Counts) == 64);

  void add(std::int64_t* row, std::size_t column, std::int32_t by);
  void close_second(std::int64_t* row);

  ColumnMap map_;
  std::vector<std::uint32_t> services_;  ///< By edge: the row of the service that is called.
  std::vector<Counts> counts_;           ///< By row.
  std::vector<std::uint32_t> counted_;   ///< Rows that have any.
  std::vector<std::size_t> columns_;     ///< Counts that are not 0 in the last sample.
  std::vector<SecondLatencies> seconds_;
  std::vector<std::uint8_t> shown_;  ///< By row: whether it has percentiles in the last sample.
};

}  // namespace orrery::recording
