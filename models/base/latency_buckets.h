/// @file
/// Logarithmic buckets for latencies: 32 per power of two, so a bucket is at most 1/32 wide.
///
/// Log-linear by leading-zero count: integers only, the same on every machine, no table. Durations
/// below 64 ns have a bucket each. Whoever counts latencies uses these, so that counts can be
/// added.
#pragma once

#include <bit>
#include <cstdint>

#include "models/base/time_types.h"

namespace orrery {

inline constexpr std::uint32_t kLatencyBucketsPerOctave = 32;
/// Buckets 0..kLatencyBucketCount-1 cover every duration that is not negative.
inline constexpr std::uint32_t kLatencyBucketCount = 59 * kLatencyBucketsPerOctave;

/// The bucket of `latency`. Requires: latency >= 0.
///
/// Worked example: 1000 ns = 0b1111101000 has 10 bits; its leading five bits after the first are
/// 11110 = 30, so it is in octave 10 - 5 = 5, bucket 5 * 32 + 30 = 190, which covers 992..1007 ns.
[[nodiscard]] constexpr std::uint32_t latency_bucket(Duration latency) {
  expects(latency >= Duration{}, "a latency is not negative");
  const auto ns = static_cast<std::uint64_t>(latency.count_ns());
  if (ns < kLatencyBucketsPerOctave) return static_cast<std::uint32_t>(ns);
  const auto octave = static_cast<std::uint32_t>(std::bit_width(ns)) - 5;
  // The leading six bits are 32..63: the first of them is what moves the octave from 1 on.
  return (octave - 1) * kLatencyBucketsPerOctave + static_cast<std::uint32_t>(ns >> (octave - 1));
}

/// The shortest latency in the bucket. Requires: bucket < kLatencyBucketCount.
[[nodiscard]] constexpr Duration latency_bucket_low(std::uint32_t bucket) {
  expects(bucket < kLatencyBucketCount, "a latency bucket exists");
  if (bucket < kLatencyBucketsPerOctave) return Duration::nanoseconds(bucket);
  const std::uint32_t octave = bucket / kLatencyBucketsPerOctave;
  const std::int64_t leading = bucket % kLatencyBucketsPerOctave + kLatencyBucketsPerOctave;
  return Duration::nanoseconds(leading << (octave - 1));
}

/// How many nanoseconds the bucket covers. Requires: bucket < kLatencyBucketCount.
[[nodiscard]] constexpr Duration latency_bucket_width(std::uint32_t bucket) {
  expects(bucket < kLatencyBucketCount, "a latency bucket exists");
  if (bucket < kLatencyBucketsPerOctave) return Duration::nanoseconds(1);
  return Duration::nanoseconds(std::int64_t{1} << (bucket / kLatencyBucketsPerOctave - 1));
}

}  // namespace orrery
