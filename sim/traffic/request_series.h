/// @file
/// What callers saw of one service or journey: exact counts and latency buckets per interval.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/base/latency_buckets.h"
#include "models/base/time_types.h"
#include "sim/traffic/request_outcome.h"

namespace orrery::sim {

struct LatencyCount {
  std::uint32_t bucket = 0;  ///< Of models/base/latency_buckets.h.
  std::uint64_t count = 0;

  friend bool operator==(const LatencyCount&, const LatencyCount&) = default;
};

/// Requests that started in one interval. Mergeable; nothing in it is averaged.
struct RequestCounts {
  std::uint64_t unanswered = 0;                             ///< Their caller still waits.
  std::array<std::uint64_t, kRequestOutcomeCount> ended{};  ///< By RequestOutcome.
  std::int64_t latency_sum_ns = 0;  ///< Of all that ended, failed ones included; so below.
  std::int64_t latency_max_ns = 0;
  std::vector<LatencyCount> latency;  ///< By bucket; empty ones are left out.

  [[nodiscard]] std::uint64_t ended_count() const;
  [[nodiscard]] std::uint64_t of(RequestOutcome outcome) const {
    return ended[static_cast<std::uint32_t>(outcome)];
  }

  friend bool operator==(const RequestCounts&, const RequestCounts&) = default;
};

struct RequestSample {
  Instant at;  ///< Start of the interval.
  RequestCounts counts;
  std::uint64_t tries = 0;  ///< That went out in the interval, whichever calls they belong to.

  friend bool operator==(const RequestSample&, const RequestSample&) = default;
};

/// How long a request took, for every series that counts it.
struct RequestEnd {
  /// Requires: end_ns >= from_ns.
  RequestEnd(std::int64_t from_ns, std::int64_t end_ns)
      : start_ns{from_ns},
        latency_ns{end_ns - from_ns},
        bucket{latency_bucket(Duration::nanoseconds(latency_ns))} {}

  std::int64_t start_ns;
  std::int64_t latency_ns;
  std::uint32_t bucket;  ///< Of models/base/latency_buckets.h.
};

class RequestSeries {
 public:
  /// Requires: interval > 0, measure_from >= 0.
  RequestSeries(Duration interval, Instant measure_from);
  RequestSeries(RequestSeries&&) = default;
  RequestSeries& operator=(RequestSeries&&) = default;

  void started(std::int64_t start_ns) {
    if (start_ns < measure_from_ns_) return;
    ++row(start_ns).unanswered;
    ++open_;
  }

  /// started() and tried(), which mostly come at once.
  void tried_first(std::int64_t start_ns) {
    if (start_ns < measure_from_ns_) return;
    Row& r = row(start_ns);
    ++r.unanswered;
    ++r.tries;
    ++open_;
  }

  void ended(const RequestEnd& end, RequestOutcome outcome) {
    if (end.start_ns < measure_from_ns_) return;
    Row& r = row(end.start_ns);
    --r.unanswered;
    --open_;
    ++r.ended[static_cast<std::uint32_t>(outcome)];
    r.sum_ns += end.latency_ns;
    if (end.latency_ns > r.max_ns) r.max_ns = end.latency_ns;
    std::uint32_t& octave = r.octave[end.bucket / kLatencyBucketsPerOctave];
    if (octave == kNoOctave) octave = add_octave();
    ++octaves_[octave][end.bucket % kLatencyBucketsPerOctave];
  }

  /// Has what ended() will count in on its way from memory.
  void look_ahead(std::int64_t start_ns, std::int64_t end_ns) const {
    if (start_ns < recent_begin_ns_ || start_ns >= recent_end_ns_) return;
    const std::uint32_t bucket = latency_bucket(Duration::nanoseconds(end_ns - start_ns));
    const std::uint32_t octave = recent_->octave[bucket / kLatencyBucketsPerOctave];
    if (octave == kNoOctave) return;
    __builtin_prefetch(&octaves_[octave][bucket % kLatencyBucketsPerOctave], 1);
  }

  /// A request went out to the service: a call's first try, or a later one.
  void tried(std::int64_t at_ns) {
    if (at_ns >= measure_from_ns_) ++row(at_ns).tries;
  }

  /// The caller is gone: nobody will see how this request ends, so it never was one.
  void forget(std::int64_t start_ns) {
    if (start_ns < measure_from_ns_) return;
    --row(start_ns).unanswered;
    --open_;
  }

  /// Counted requests whose caller waits.
  [[nodiscard]] std::uint64_t open() const { return open_; }

  /// By time; intervals without requests are left out.
  [[nodiscard]] std::vector<RequestSample> samples() const;
  [[nodiscard]] RequestCounts totals() const;
  [[nodiscard]] std::uint64_t tries() const;  ///< In all.

 private:
  static constexpr std::uint32_t kNoOctave = 0xffff'ffff;
  using Octave = std::array<std::uint32_t, kLatencyBucketsPerOctave>;
  struct Row {
    Row() { octave.fill(kNoOctave); }
    std::int64_t sum_ns = 0;
    std::int64_t max_ns = 0;
    std::uint32_t unanswered = 0;
    std::uint32_t tries = 0;
    std::array<std::uint32_t, kRequestOutcomeCount> ended{};
    /// Index into octaves_; kNoOctave: no latency of this magnitude. Few are used, so few exist.
    std::array<std::uint32_t, kLatencyBucketCount / kLatencyBucketsPerOctave> octave{};
  };

  [[nodiscard]] Row& row(std::int64_t start_ns) {
    // Most requests belong to the interval of the one before: no division for them.
    if (start_ns < recent_begin_ns_ || start_ns >= recent_end_ns_) [[unlikely]]
      seek(start_ns);
    return *recent_;
  }
  void seek(std::int64_t start_ns);
  [[nodiscard]] std::uint32_t add_octave();
  void add_to(RequestCounts& counts, const Row& r) const;

  std::int64_t interval_ns_;
  std::int64_t measure_from_ns_;
  std::int64_t recent_begin_ns_ = 0;
  std::int64_t recent_end_ns_ = 0;
  Row* recent_ = nullptr;  ///< In rows_: of the interval from recent_begin_ns_.
  std::uint64_t open_ = 0;
  std::vector<Row> rows_;
  std::vector<Octave> octaves_;
};

}  // namespace orrery::sim
