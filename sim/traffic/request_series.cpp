#include "sim/traffic/request_series.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace orrery::sim {

const char* to_string(RequestOutcome outcome) {
  switch (outcome) {
    case RequestOutcome::Ok:
      return "ok";
    case RequestOutcome::Error:
      return "error";
    case RequestOutcome::Refused:
      return "refused";
    case RequestOutcome::Reset:
      return "reset";
    case RequestOutcome::Timeout:
      return "timeout";
    case RequestOutcome::NoEndpoints:
      return "no-endpoints";
    case RequestOutcome::Upstream:
      return "upstream";
    case RequestOutcome::CircuitOpen:
      return "circuit-open";
    case RequestOutcome::Overflow:
      return "overflow";
    case RequestOutcome::RateLimited:
      return "rate-limited";
    case RequestOutcome::NotAdmitted:
      return "not-admitted";
  }
  contract_violation("an outcome is one of those listed");
}

std::uint64_t RequestCounts::ended_count() const {
  return std::accumulate(ended.begin(), ended.end(), std::uint64_t{0});
}

RequestSeries::RequestSeries(Duration interval, Instant measure_from)
    : interval_ns_{interval.count_ns()}, measure_from_ns_{measure_from.count_ns()} {
  expects(interval_ns_ > 0, "a sample interval is positive");
  expects(measure_from_ns_ >= 0, "measuring starts with the run or later");
}

void RequestSeries::seek(std::int64_t start_ns) {
  const auto index = static_cast<std::size_t>(start_ns / interval_ns_);
  recent_begin_ns_ = start_ns - start_ns % interval_ns_;
  recent_end_ns_ = recent_begin_ns_ + interval_ns_;
  if (index >= rows_.size()) rows_.resize(index + 1);
  recent_ = &rows_[index];
}

std::uint32_t RequestSeries::add_octave() {
  octaves_.emplace_back();
  return static_cast<std::uint32_t>(octaves_.size() - 1);
}

void RequestSeries::add_to(RequestCounts& counts, const Row& r) const {
  counts.unanswered += r.unanswered;
  for (std::uint32_t i = 0; i < kRequestOutcomeCount; ++i) counts.ended[i] += r.ended[i];
  counts.latency_sum_ns += r.sum_ns;
  counts.latency_max_ns = std::max(counts.latency_max_ns, r.max_ns);
}

std::uint64_t RequestSeries::tries() const {
  return std::accumulate(rows_.begin(), rows_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Row& r) { return sum + r.tries; });
}

std::vector<RequestSample> RequestSeries::samples() const {
  std::vector<RequestSample> samples;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    RequestSample sample;
    sample.at = Instant::at(Duration::nanoseconds(interval_ns_) * static_cast<std::int64_t>(i));
    add_to(sample.counts, rows_[i]);
    sample.tries = rows_[i].tries;
    if (sample.counts.ended_count() + sample.counts.unanswered + sample.tries == 0) continue;
    std::uint32_t first_bucket = 0;
    for (const std::uint32_t octave : rows_[i].octave) {
      for (std::uint32_t b = 0; octave != kNoOctave && b < kLatencyBucketsPerOctave; ++b) {
        if (const std::uint32_t count = octaves_[octave][b]; count != 0) {
          sample.counts.latency.push_back({first_bucket + b, count});
        }
      }
      first_bucket += kLatencyBucketsPerOctave;
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

RequestCounts RequestSeries::totals() const {
  RequestCounts totals;
  std::vector<std::uint64_t> buckets(kLatencyBucketCount);
  for (const Row& r : rows_) {
    add_to(totals, r);
    std::uint32_t first_bucket = 0;
    for (const std::uint32_t octave : r.octave) {
      for (std::uint32_t b = 0; octave != kNoOctave && b < kLatencyBucketsPerOctave; ++b) {
        buckets[first_bucket + b] += octaves_[octave][b];
      }
      first_bucket += kLatencyBucketsPerOctave;
    }
  }
  for (std::uint32_t b = 0; b < kLatencyBucketCount; ++b) {
    if (buckets[b] != 0) totals.latency.push_back({b, buckets[b]});
  }
  return totals;
}

}  // namespace orrery::sim
