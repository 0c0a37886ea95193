/// @file
/// Active health checking: a proxy asks each host by itself, and believes a change only after some
/// results in a row.
///
/// A host that is unhealthy gets no new requests. Its connections of a pool are closed if they carry
/// nothing, otherwise with the last request on them, unless the caller resets that
/// (HealthCheckPolicy).
///
/// Source: Envoy health_check.proto, health_checker_base_impl, http health checker.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/base/time_types.h"
#include "models/resilience/draw.h"

namespace orrery::resilience {

struct StatusRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;  ///< Included.

  friend bool operator==(const StatusRange&, const StatusRange&) = default;
};

struct ActiveHealthCheckConfig {
  Duration interval;                      ///< Mandatory.
  Duration timeout;                       ///< Mandatory; one that passes is a network failure.
  std::uint32_t unhealthy_threshold = 1;  ///< Mandatory, >= 1.
  std::uint32_t healthy_threshold = 1;    ///< Mandatory, >= 1.
  std::optional<Duration> unhealthy_interval{};       ///< Unset: interval.
  std::optional<Duration> unhealthy_edge_interval{};  ///< Unset: the unhealthy interval.
  std::optional<Duration> healthy_edge_interval{};    ///< Unset: interval.
  Duration no_traffic_interval = Duration::seconds(60);
  std::optional<Duration> no_traffic_healthy_interval{};  ///< Unset: no_traffic_interval.
  Duration initial_jitter;                                ///< Whole milliseconds.
  Duration interval_jitter;                               ///< Whole milliseconds.
  std::uint32_t interval_jitter_percent = 0;
  std::vector<StatusRange> expected_statuses{};  ///< Empty: 200 alone.
  std::vector<StatusRange> retriable_statuses{};

  friend bool operator==(const ActiveHealthCheckConfig&, const ActiveHealthCheckConfig&) = default;
};

enum class CheckResult : std::uint8_t {
  Passed,
  Retriable,  ///< A status listed as such: counts towards the threshold.
  Network,    ///< A timeout or a connection that failed: the same.
  Failed,     ///< Any other status: at once.
};

/// What a status means.
[[nodiscard]] inline CheckResult check_result(const ActiveHealthCheckConfig& config,
                                              std::uint16_t status) {
  const auto has = [status](const std::vector<StatusRange>& ranges) {
    return std::any_of(ranges.begin(), ranges.end(), [status](StatusRange range) {
      return status >= range.first && status <= range.last;
    });
  };
  const bool expected =
      config.expected_statuses.empty() ? status == 200 : has(config.expected_statuses);
  if (expected) return CheckResult::Passed;
  return has(config.retriable_statuses) ? CheckResult::Retriable : CheckResult::Failed;
}

/// What one proxy knows of one host by its checks.
class ActiveHealthCheck {
 public:
  struct Verdict {
    bool changed = false;  ///< The host has become healthy or unhealthy.
    Duration next_check;   ///< After the result.

    friend bool operator==(const Verdict&, const Verdict&) = default;
  };

  /// `config` must outlive this. A new host is unhealthy until its first check has passed.
  explicit ActiveHealthCheck(const ActiveHealthCheckConfig& config) : config_{&config} {}

  /// When a new host is checked for the first time, from its joining on.
  [[nodiscard]] Duration first_check(std::uint64_t draw) const {
    return up_to(config_->initial_jitter, draw);
  }

  /// A check has ended. `had_traffic`: the cluster has ever had a connection. `draw` is for jitter.
  [[nodiscard]] Verdict on_result(CheckResult result, bool had_traffic, std::uint64_t draw) {
    const bool passed = result == CheckResult::Passed;
    Verdict verdict;
    bool pending = false;
    (passed ? failed_in_a_row_ : passed_in_a_row_) = 0;
    if (passed != healthy_) {
      if (passed) {
        verdict.changed = first_ || ++passed_in_a_row_ == config_->healthy_threshold;
      } else {
        verdict.changed =
            result == CheckResult::Failed || ++failed_in_a_row_ == config_->unhealthy_threshold;
      }
      if (verdict.changed) healthy_ = passed;
      pending = !verdict.changed;
    }
    first_ = false;
    verdict.next_check = interval(passed, pending, had_traffic, draw);
    return verdict;
  }

  [[nodiscard]] bool healthy() const { return healthy_; }

 private:
  /// Below `jitter`, in whole milliseconds.
  static Duration up_to(Duration jitter, std::uint64_t draw) {
    const auto ms = static_cast<std::uint32_t>(jitter.count_ns() / 1'000'000);
    return ms == 0 ? Duration{} : Duration::milliseconds(index_from(draw, ms));
  }
  [[nodiscard]] Duration interval(bool passed, bool pending, bool had_traffic,
                                  std::uint64_t draw) const {
    const ActiveHealthCheckConfig& c = *config_;
    Duration base = c.interval;
    if (!had_traffic) {
      base = passed ? c.no_traffic_healthy_interval.value_or(c.no_traffic_interval)
                    : c.no_traffic_interval;
    } else if (passed) {
      if (pending) base = c.healthy_edge_interval.value_or(c.interval);
    } else {
      base = c.unhealthy_interval.value_or(c.interval);
      if (pending) base = c.unhealthy_edge_interval.value_or(base);
    }
    const Duration share = base * c.interval_jitter_percent / 100;
    return base + up_to(share, sub_draw(draw, 1)) + up_to(c.interval_jitter, sub_draw(draw, 2));
  }

  const ActiveHealthCheckConfig* config_;
  std::uint32_t passed_in_a_row_ = 0;
  std::uint32_t failed_in_a_row_ = 0;
  bool healthy_ = false;
  bool first_ = true;
};

}  // namespace orrery::resilience
