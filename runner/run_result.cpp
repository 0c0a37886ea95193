#include "runner/run_result.h"

#include <algorithm>
#include <utility>

#include "models/base/latency_buckets.h"

namespace orrery::runner {

void LatencyHistogram::add(Duration latency) {
  ++buckets_[latency_bucket(latency)];
  ++count_;
  sum_ns_ += latency.count_ns();
  max_ns_ = std::max(max_ns_, latency.count_ns());
}

void LatencyHistogram::merge(const LatencyHistogram& other) {
  for (const auto& [bucket, count] : other.buckets_) buckets_[bucket] += count;
  count_ += other.count_;
  sum_ns_ += other.sum_ns_;
  max_ns_ = std::max(max_ns_, other.max_ns_);
}

double LatencyHistogram::mean_seconds() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_ns_) * 1e-9 / static_cast<double>(count_);
}

double LatencyHistogram::max_seconds() const { return static_cast<double>(max_ns_) * 1e-9; }

double LatencyHistogram::quantile_seconds(double q) const {
  expects(q >= 0 && q <= 1, "a quantile lies in [0, 1]");
  if (count_ == 0) return 0;
  // Nearest rank, then evenly spread within the bucket.
  const double rank = std::max(1.0, q * static_cast<double>(count_));
  double below = 0;
  for (const auto& [bucket, count] : buckets_) {
    const auto here = static_cast<double>(count);
    if (below + here >= rank) {
      const double share = (rank - below) / here;
      const double value =
          to_seconds(latency_bucket_low(bucket)) + share * to_seconds(latency_bucket_width(bucket));
      return std::min(value, max_seconds());
    }
    below += here;
  }
  return max_seconds();
}

LatencyHistogram LatencyHistogram::restore(Buckets buckets, std::int64_t sum_ns,
                                           std::int64_t max_ns) {
  LatencyHistogram histogram;
  for (const auto& [bucket, count] : buckets) histogram.count_ += count;
  histogram.buckets_ = std::move(buckets);
  histogram.sum_ns_ = sum_ns;
  histogram.max_ns_ = max_ns;
  return histogram;
}

void RequestStats::merge(const RequestStats& other) {
  requests += other.requests;
  succeeded += other.succeeded;
  for (const auto& [kind, count] : other.errors) errors[kind] += count;
  tries += other.tries;
  latency.merge(other.latency);
}

std::string workload_name(const api::ObjectKey& key) {
  return key.kind == api::Kind::Deployment ? key.namespace_name + "/" + key.name
                                           : api::to_string(key);
}

}  // namespace orrery::runner
