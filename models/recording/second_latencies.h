/// @file
/// The latencies of one second in the buckets of models/base/latency_buckets.h, and their
/// percentiles.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "models/base/latency_buckets.h"

namespace orrery::recording {

class SecondLatencies {
 public:
  /// One more in this bucket. Requires: bucket < kLatencyBucketCount.
  void add(std::uint32_t bucket) {
    const std::uint32_t at = bucket / kLatencyBucketsPerOctave;
    first_ = std::min(first_, at);
    end_ = std::max(end_, at + 1);
    Octave& octave = octaves_[at];
    ++total_;
    ++octave.total;
    if (octave.counts.empty()) octave.counts.resize(kLatencyBucketsPerOctave);
    ++octave.counts[bucket % kLatencyBucketsPerOctave];
  }
  void add(const SecondLatencies& other);

  [[nodiscard]] std::uint32_t count() const { return total_; }
  /// The buckets of the 50th, 95th and 99th percentile (nearest rank). Requires: count() > 0.
  [[nodiscard]] std::array<std::uint32_t, 3> percentiles() const;
  /// Nothing was seen yet; the memory is kept.
  void clear();

 private:
  struct Octave {
    std::uint32_t total = 0;
    std::vector<std::uint32_t> counts;  ///< Empty until it is needed for the first time.
  };

  static constexpr std::uint32_t kOctaves = kLatencyBucketCount / kLatencyBucketsPerOctave;

  std::uint32_t total_ = 0;
  std::uint32_t first_ = kOctaves;  ///< Latencies are in octaves [first_, end_).
  std::uint32_t end_ = 0;
  std::array<Octave, kOctaves> octaves_;
};

}  // namespace orrery::recording
