/// @file
/// Figures of the requests that one run made in a window of time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runner/run_result.h"
#include "runner/scenario/scenario.h"

namespace orrery::verdict {

/// Requests of the series whose second started in [from, until).
[[nodiscard]] runner::RequestStats within(const runner::RequestSeries& series, Instant from,
                                          Instant until);

/// A metric that needs no more than counts and latencies; nothing where there were no requests and
/// it needs one. Requires: `metric` is one of success, mean, the percentiles, max, requests,
/// errors.
[[nodiscard]] std::optional<double> metric_of(const std::string& metric,
                                              const runner::RequestStats& stats);

/// The half minute in which a metric was at its worst.
struct Worst {
  double value = 0;
  Instant from;
};

/// One series of requests in [from, until). `series` must outlive it.
class RequestWatch {
 public:
  RequestWatch(const runner::RequestSeries& series, Instant from, Instant until);

  [[nodiscard]] const runner::RequestStats& total() const { return total_; }

  /// The figure that the expectation is about; nothing where there were no requests for it.
  [[nodiscard]] std::optional<double> figure(const scenario::RequestExpectation& what) const;

  /// Over all half minutes that start with a second of the window and lie within it; nothing if the
  /// window is no longer than that, or if the metric is none of a part of the window.
  [[nodiscard]] std::optional<Worst> worst_half_minute(const std::string& metric) const;

 private:
  struct Second {
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;
    const runner::RequestStats* stats = nullptr;  ///< nullptr: no requests.
  };
  [[nodiscard]] double seconds() const { return static_cast<double>(seconds_.size()); }
  [[nodiscard]] std::optional<double> availability(double good_second) const;
  [[nodiscard]] std::optional<double> budget_used(const scenario::Slo& slo) const;
  [[nodiscard]] std::optional<double> burn_rate(const scenario::Slo& slo,
                                                const std::vector<Duration>& over) const;
  /// Errors and requests of the `length` seconds that end with second `last`.
  [[nodiscard]] Second sum_of(std::size_t last, std::size_t length) const;

  Instant from_;
  runner::RequestStats total_;
  std::vector<Second> seconds_;
  std::vector<Second> sums_;  ///< Of all seconds before this one.
};

}  // namespace orrery::verdict
