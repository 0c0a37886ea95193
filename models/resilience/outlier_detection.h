/// @file
/// Outlier detection: a proxy takes hosts that answer badly out of its load balancing for a while.
///
/// Every caller's proxy judges by the answers it has got itself. Errors in a row are noticed at the
/// answer, rates at the end of each interval; hosts come back at interval ticks only. What it costs
/// on the way of a request is one host's sixteen bytes of counters.
///
/// Source: Envoy outlier_detection.proto, outlier_detection_impl at 1.22-dev and main; changelog
/// 1.28.0, pull requests 27909 and 34796.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/base/contract.h"
#include "models/base/time_types.h"

namespace orrery::resilience {

/// Why a host may be ejected.
enum class OutlierKind : std::uint8_t {
  Consecutive5xx,
  ConsecutiveGatewayFailure,
  ConsecutiveLocalOriginFailure,
  SuccessRate,
  SuccessRateLocalOrigin,
  FailurePercentage,
  FailurePercentageLocalOrigin,
  HealthChecks,  ///< Not by detection, but by checks that failed.
};
inline constexpr std::size_t kOutlierKinds = 7;  ///< Of detection.

/// "consecutive 5xx", "consecutive gateway failures", "consecutive local failures", "success rate",
/// "local success rate", "failure percentage", "local failure percentage", "health checks".
[[nodiscard]] const char* to_string(OutlierKind kind);

struct OutlierDetectionConfig {
  /// Whether one more host may be ejected. Percentages are of all hosts of the cluster.
  enum class EjectionLimitRule : std::uint8_t {
    PercentBefore,        ///< Those ejected so far are below the maximum: up to 1.26.
    PercentAfterOrFirst,  ///< With it they are within the maximum, or it is the first: 1.27.
    PercentAfter,         ///< With it they are within the maximum: 1.28 and later.
  };

  std::uint32_t consecutive_5xx = 5;  ///< Limits are below 65,535; 0 never fires.
  std::uint32_t consecutive_gateway_failure = 5;
  std::uint32_t consecutive_local_origin_failure = 5;
  Duration interval = Duration::seconds(10);
  Duration base_ejection_time = Duration::seconds(30);
  Duration max_ejection_time = Duration::seconds(300);  ///< >= base; unset, max(300 s, base).
  Duration max_ejection_time_jitter;                    ///< Whole milliseconds.
  std::uint32_t max_ejection_percent = 10;
  bool always_eject_one_host = false;  ///< 1.31 and later.
  EjectionLimitRule ejection_limit_rule = EjectionLimitRule::PercentAfter;
  /// The multiplier falls only when a host has been back for an interval: 1.28 and later.
  bool decay_after_full_interval = true;
  bool split_external_local_origin_errors = false;
  bool successful_active_health_check_uneject_host = true;
  std::uint32_t success_rate_minimum_hosts = 5;
  std::uint32_t success_rate_request_volume = 100;
  std::uint32_t success_rate_stdev_factor = 1900;  ///< [thousandths]
  std::uint32_t failure_percentage_threshold = 85;
  std::uint32_t failure_percentage_minimum_hosts = 5;
  std::uint32_t failure_percentage_request_volume = 50;
  /// Percent of the detected ejections that are carried out, by kind.
  std::array<std::uint32_t, kOutlierKinds> enforcing{100, 0, 100, 100, 100, 0, 0};

  friend bool operator==(const OutlierDetectionConfig&, const OutlierDetectionConfig&) = default;
};

/// Istio, where an outlierDetection block is given: success rates are off, gateway errors too.
[[nodiscard]] constexpr OutlierDetectionConfig istio_default_outlier_detection() {
  OutlierDetectionConfig config;
  for (const OutlierKind kind :
       {OutlierKind::ConsecutiveGatewayFailure, OutlierKind::SuccessRate}) {
    config.enforcing[static_cast<std::size_t>(kind)] = 0;
  }
  return config;
}

/// What one answer has set off: rarely anything.
struct OutlierSignals {
  bool consecutive_gateway_failure = false;
  bool consecutive_5xx = false;
  bool consecutive_local_origin_failure = false;

  [[nodiscard]] constexpr bool any() const {
    return consecutive_gateway_failure || consecutive_5xx || consecutive_local_origin_failure;
  }
};

/// Something to record about a host.
struct OutlierEvent {
  enum class What : std::uint8_t {
    Ejected,
    NotEnforced,  ///< Detected, but the draw was against it.
    Overflow,     ///< Detected, but too many are ejected.
    Returned,     ///< Its time is over, or its health check has passed.
  };
  std::uint32_t host = 0;
  What what = What::Ejected;
  OutlierKind kind = OutlierKind::Consecutive5xx;  ///< Of the last ejection, if returned.

  friend bool operator==(const OutlierEvent&, const OutlierEvent&) = default;
};

/// One proxy's view of the hosts of one cluster, known by index.
class OutlierDetector {
 public:
  enum class LocalFailure : std::uint8_t { Connect, Timeout, Reset };

  /// `config` must outlive the detector.
  OutlierDetector(const OutlierDetectionConfig& config, Instant now);

  /// A host joins, with the next index.
  void add_host();
  /// A host leaves; those behind it move up by one.
  void remove_host(std::uint32_t host);

  /// An answer with a status. Overflows of the proxy's own limits are no answers.
  [[nodiscard]] OutlierSignals on_response(std::uint32_t host, std::uint16_t status) {
    Counters& counters = counters_[host];
    OutlierSignals signals;
    ++counters.total;
    if (status < 500 || status > 599) {
      ++counters.succeeded;
      counters.in_a_row_5xx = counters.in_a_row_gateway = 0;
      return signals;
    }
    if (status >= 502 && status <= 504) {
      signals.consecutive_gateway_failure =
          reaches(counters.in_a_row_gateway, config_->consecutive_gateway_failure);
    } else {
      counters.in_a_row_gateway = 0;
    }
    signals.consecutive_5xx = reaches(counters.in_a_row_5xx, config_->consecutive_5xx);
    return signals;
  }
  /// A request has got its connection.
  void on_connected(std::uint32_t host) {
    if (!config_->split_external_local_origin_errors) return;
    ++local_[host].total;
    ++local_[host].succeeded;
    counters_[host].in_a_row_local = 0;
  }
  /// A request has failed without an answer. Not split, that is as a 503, or 504 if timed out.
  [[nodiscard]] OutlierSignals on_local_failure(std::uint32_t host, LocalFailure failure) {
    if (!config_->split_external_local_origin_errors) {
      return on_response(host, failure == LocalFailure::Timeout ? 504 : 503);
    }
    OutlierSignals signals;
    ++local_[host].total;
    signals.consecutive_local_origin_failure =
        reaches(counters_[host].in_a_row_local, config_->consecutive_local_origin_failure);
    return signals;
  }

  /// Acts on signals, at once. `draw` decides on enforcing and jitter. Appends to `events`.
  void act(std::uint32_t host, OutlierSignals signals, std::uint64_t draw, Instant now,
           std::vector<OutlierEvent>& events);
  /// The end of an interval, due at `next_tick`. O(hosts). Appends to `events`.
  void tick(std::uint64_t draw, Instant now, std::vector<OutlierEvent>& events);
  /// An active health check of the host has passed, and it is healthy by these.
  void on_health_check_passed(std::uint32_t host, Instant now, std::vector<OutlierEvent>& events);

  [[nodiscard]] Instant next_tick() const { return next_tick_; }
  [[nodiscard]] std::uint32_t hosts() const { return static_cast<std::uint32_t>(counters_.size()); }
  [[nodiscard]] bool ejected(std::uint32_t host) const { return counters_[host].ejected; }
  [[nodiscard]] std::uint32_t ejected_count() const { return ejected_count_; }
  [[nodiscard]] std::uint64_t overflows() const { return overflows_; }  ///< ejections_overflow
  /// Of the next ejection, in units of the base time.
  [[nodiscard]] std::uint32_t multiplier(std::uint32_t host) const {
    return records_[host].multiplier;
  }

 private:
  /// What a request touches.
  struct Counters {
    std::uint16_t in_a_row_5xx = 0;
    std::uint16_t in_a_row_gateway = 0;
    std::uint16_t in_a_row_local = 0;
    bool ejected = false;
    std::uint32_t total = 0;  ///< Since the last tick.
    std::uint32_t succeeded = 0;
  };
  static_assert(sizeof(Counters) == 16);
  struct Rate {
    std::uint32_t total = 0;
    std::uint32_t succeeded = 0;
  };
  /// What only ejections and ticks touch.
  struct Record {
    Instant ejected_at;
    Instant returned_at = Instant::never();
    Duration jitter;
    std::uint32_t multiplier = 0;
    OutlierKind kind = OutlierKind::Consecutive5xx;
    Rate rate;  ///< Of the interval just ended.
  };

  /// Counts one more, and no further than 16 bits go. True at the limit, not beyond.
  static bool reaches(std::uint16_t& counter, std::uint32_t limit) {
    counter = static_cast<std::uint16_t>(counter + (counter != UINT16_MAX));
    return counter == limit;
  }

  [[nodiscard]] bool may_eject_one_more() const;
  void try_eject(std::uint32_t host, OutlierKind kind, std::uint64_t draw, Instant now,
                 std::vector<OutlierEvent>& events);
  void come_back(std::uint32_t host, Instant now, std::vector<OutlierEvent>& events);
  void judge_rates(bool local, std::uint64_t draw, Instant now, std::vector<OutlierEvent>& events);

  const OutlierDetectionConfig* config_;
  Instant next_tick_;
  std::uint32_t ejected_count_ = 0;
  std::uint64_t overflows_ = 0;
  std::vector<Counters> counters_;
  std::vector<Rate> local_;  ///< Of connections, if split.
  std::vector<Record> records_;
};

}  // namespace orrery::resilience
