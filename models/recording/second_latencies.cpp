#include "models/recording/second_latencies.h"

#include <algorithm>
#include <cstddef>

#include "models/base/contract.h"

namespace orrery::recording {
namespace {

constexpr std::array<std::uint64_t, 3> kPercents{50, 95, 99};

}  // namespace

void SecondLatencies::add(const SecondLatencies& other) {
  if (other.total_ == 0) return;
  total_ += other.total_;
  first_ = std::min(first_, other.first_);
  end_ = std::max(end_, other.end_);
  for (std::size_t i = other.first_; i < other.end_; ++i) {
    const Octave& from = other.octaves_[i];
    if (from.total == 0) continue;
    Octave& to = octaves_[i];
    to.total += from.total;
    to.counts.resize(kLatencyBucketsPerOctave);
    for (std::uint32_t b = 0; b < kLatencyBucketsPerOctave; ++b) to.counts[b] += from.counts[b];
  }
}

std::array<std::uint32_t, 3> SecondLatencies::percentiles() const {
  expects(total_ > 0, "there are percentiles of something");
  std::array<std::uint32_t, 3> found{};
  std::uint32_t octave = first_;
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < kPercents.size(); ++i) {
    // Worked example: of 10 latencies the 95th percentile has rank 10, as 9.5 is rounded up.
    const std::uint64_t rank = (kPercents[i] * total_ + 99) / 100;
    while (before + octaves_[octave].total < rank) before += octaves_[octave++].total;
    std::uint64_t seen = before;
    std::uint32_t bucket = 0;
    while ((seen += octaves_[octave].counts[bucket]) < rank) ++bucket;
    found[i] = octave * kLatencyBucketsPerOctave + bucket;
  }
  return found;
}

void SecondLatencies::clear() {
  if (total_ == 0) return;
  for (std::uint32_t i = first_; i < end_; ++i) {
    octaves_[i].total = 0;
    std::fill(octaves_[i].counts.begin(), octaves_[i].counts.end(), 0);
  }
  total_ = end_ = 0;
  first_ = kOctaves;
}

}  // namespace orrery::recording
