#include "runner/verdict/request_figures.h"

#include <algorithm>
#include <map>

#include "models/base/contract.h"

namespace orrery::verdict {
namespace {

using runner::RequestStats;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::size_t kWorstSeconds = 30;

double ratio(std::uint64_t part, std::uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

std::size_t whole_seconds(Duration length) {
  return static_cast<std::size_t>((length.count_ns() + kSecond - 1) / kSecond);
}

/// Whether a metric is worse when it is larger; nothing for those without a worst part.
std::optional<bool> worse_when_larger(const std::string& metric) {
  if (metric == "success") return false;
  for (const char* time : {"mean", "p50", "p90", "p95", "p99", "p999", "max"}) {
    if (metric == time) return true;
  }
  return std::nullopt;
}

/// The requests of the last half minute, second by second.
class HalfMinute {
 public:
  void add(const RequestStats& stats) { change(stats, true); }
  void remove(const RequestStats& stats) { change(stats, false); }

  [[nodiscard]] RequestStats stats(std::int64_t max_ns) const {
    RequestStats sum;
    sum.requests = requests_;
    sum.succeeded = succeeded_;
    sum.latency = runner::LatencyHistogram::restore(buckets_, sum_ns_, max_ns);
    return sum;
  }

 private:
  void change(const RequestStats& stats, bool added) {
    const auto apply = [added](auto& total, auto amount) {
      if (added) {
        total += amount;
      } else {
        total -= amount;
      }
    };
    apply(requests_, stats.requests);
    apply(succeeded_, stats.succeeded);
    apply(sum_ns_, stats.latency.sum_ns());
    for (const auto& [bucket, count] : stats.latency.buckets()) {
      apply(buckets_[bucket], count);
      if (buckets_[bucket] == 0) buckets_.erase(bucket);
    }
  }

  std::uint64_t requests_ = 0;
  std::uint64_t succeeded_ = 0;
  std::int64_t sum_ns_ = 0;
  runner::LatencyHistogram::Buckets buckets_;
};

}  // namespace

RequestStats within(const runner::RequestSeries& series, Instant from, Instant until) {
  RequestStats total;
  for (const runner::RequestSample& sample : series.samples) {
    if (sample.at >= from && sample.at < until) total.merge(sample.stats);
  }
  return total;
}

std::optional<double> metric_of(const std::string& metric, const RequestStats& stats) {
  if (metric == "requests") return static_cast<double>(stats.requests);
  if (metric == "errors") return static_cast<double>(stats.requests - stats.succeeded);
  if (stats.requests == 0) return std::nullopt;
  if (metric == "success") return ratio(stats.succeeded, stats.requests);
  if (metric == "triesPerCall") return ratio(stats.tries, stats.requests);
  if (metric == "mean") return stats.latency.mean_seconds();
  if (metric == "max") return stats.latency.max_seconds();
  if (metric == "p50") return stats.latency.quantile_seconds(0.5);
  if (metric == "p90") return stats.latency.quantile_seconds(0.9);
  if (metric == "p95") return stats.latency.quantile_seconds(0.95);
  if (metric == "p99") return stats.latency.quantile_seconds(0.99);
  if (metric == "p999") return stats.latency.quantile_seconds(0.999);
  contract_violation("the reader admits known metrics only");
}

RequestWatch::RequestWatch(const runner::RequestSeries& series, Instant from, Instant until)
    : from_{from} {
  expects(until > from, "a window ends after it starts");
  total_ = within(series, from, until);
  seconds_.resize(whole_seconds(until - from));
  for (const runner::RequestSample& sample : series.samples) {
    if (sample.at < from || sample.at >= until) continue;
    const auto index = static_cast<std::size_t>((sample.at - from).count_ns() / kSecond);
    Second& second = seconds_[index];
    second.requests += sample.stats.requests;
    second.errors += sample.stats.requests - sample.stats.succeeded;
    second.stats = &sample.stats;
  }
  sums_.resize(seconds_.size() + 1);
  for (std::size_t i = 0; i < seconds_.size(); ++i) {
    sums_[i + 1].requests = sums_[i].requests + seconds_[i].requests;
    sums_[i + 1].errors = sums_[i].errors + seconds_[i].errors;
  }
}

std::optional<double> RequestWatch::figure(const scenario::RequestExpectation& what) const {
  if (what.metric == "requestRate") return static_cast<double>(total_.requests) / seconds();
  if (what.metric == "errorRate") return *metric_of("errors", total_) / seconds();
  if (what.metric == "availability") return availability(what.good_second);
  if (what.metric == "budgetUsed") return budget_used(*what.slo);
  if (what.metric == "burnRate") return burn_rate(*what.slo, what.over);
  return metric_of(what.metric, total_);
}

std::optional<double> RequestWatch::availability(double good_second) const {
  std::uint64_t good = 0;
  std::uint64_t asked = 0;
  for (const Second& second : seconds_) {
    if (second.requests == 0) continue;
    ++asked;
    const auto succeeded = static_cast<double>(second.requests - second.errors);
    if (succeeded >= good_second * static_cast<double>(second.requests)) ++good;
  }
  if (asked == 0) return std::nullopt;
  return ratio(good, asked);
}

RequestWatch::Second RequestWatch::sum_of(std::size_t last, std::size_t length) const {
  Second sum;
  sum.requests = sums_[last + 1].requests - sums_[last + 1 - length].requests;
  sum.errors = sums_[last + 1].errors - sums_[last + 1 - length].errors;
  return sum;
}

// 20 errors of 10,000 requests in the window, objective 99.9 %: the budget is 10 errors, and twice
// that is used.
std::optional<double> RequestWatch::budget_used(const scenario::Slo& slo) const {
  const std::size_t length = std::min(whole_seconds(slo.window), seconds_.size());
  std::optional<double> most;
  for (std::size_t last = length - 1; last < seconds_.size(); ++last) {
    const Second sum = sum_of(last, length);
    if (sum.requests == 0) continue;
    const double used = ratio(sum.errors, sum.requests) / (1 - slo.objective);
    if (!most || used > *most) most = used;
  }
  return most;
}

// A burn rate of 1 uses the budget up exactly by the end of the objective's window. Several windows
// burn as fast as the slowest of them: an alert needs all.
std::optional<double> RequestWatch::burn_rate(const scenario::Slo& slo,
                                              const std::vector<Duration>& over) const {
  std::optional<double> fastest;
  for (std::size_t last = 0; last < seconds_.size(); ++last) {
    std::optional<double> slowest;
    bool whole = true;
    for (const Duration window : over) {
      const std::size_t length = whole_seconds(window);
      whole = whole && length <= last + 1;
      if (!whole) break;
      const Second sum = sum_of(last, length);
      const double rate =
          sum.requests == 0 ? 0 : ratio(sum.errors, sum.requests) / (1 - slo.objective);
      if (!slowest || rate < *slowest) slowest = rate;
    }
    if (whole && slowest && (!fastest || *slowest > *fastest)) fastest = slowest;
  }
  return total_.requests == 0 ? std::nullopt : fastest;
}

std::optional<Worst> RequestWatch::worst_half_minute(const std::string& metric) const {
  const auto larger = worse_when_larger(metric);
  if (!larger || seconds_.size() <= kWorstSeconds) return std::nullopt;
  HalfMinute sum;
  std::optional<Worst> worst;
  for (std::size_t last = 0; last < seconds_.size(); ++last) {
    if (seconds_[last].stats != nullptr) sum.add(*seconds_[last].stats);
    if (last + 1 > kWorstSeconds && seconds_[last - kWorstSeconds].stats != nullptr) {
      sum.remove(*seconds_[last - kWorstSeconds].stats);
    }
    if (last + 1 < kWorstSeconds) continue;
    const std::size_t first = last + 1 - kWorstSeconds;
    std::int64_t max_ns = 0;
    for (std::size_t i = first; i <= last; ++i) {
      if (seconds_[i].stats != nullptr) {
        max_ns = std::max(max_ns, seconds_[i].stats->latency.max_ns());
      }
    }
    const auto value = metric_of(metric, sum.stats(max_ns));
    if (!value) continue;
    const bool is_worse = !worst || (*larger ? *value > worst->value : *value < worst->value);
    if (is_worse)
      worst = Worst{*value, from_ + Duration::seconds(static_cast<std::int64_t>(first))};
  }
  return worst;
}

}  // namespace orrery::verdict
