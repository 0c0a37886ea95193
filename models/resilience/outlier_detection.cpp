#include "models/resilience/outlier_detection.h"

#include <algorithm>
#include <cmath>

#include "models/resilience/draw.h"

namespace orrery::resilience {

const char* to_string(OutlierKind kind) {
  switch (kind) {
    case OutlierKind::Consecutive5xx:
      return "consecutive 5xx";
    case OutlierKind::ConsecutiveGatewayFailure:
      return "consecutive gateway failures";
    case OutlierKind::ConsecutiveLocalOriginFailure:
      return "consecutive local failures";
    case OutlierKind::SuccessRate:
      return "success rate";
    case OutlierKind::SuccessRateLocalOrigin:
      return "local success rate";
    case OutlierKind::FailurePercentage:
      return "failure percentage";
    case OutlierKind::FailurePercentageLocalOrigin:
      return "local failure percentage";
    case OutlierKind::HealthChecks:
      return "health checks";
  }
  contract_violation("an ejection has one of the kinds listed");
}

namespace {

constexpr double percent(std::uint32_t part, std::uint32_t whole) { return part * 100.0 / whole; }

}  // namespace

OutlierDetector::OutlierDetector(const OutlierDetectionConfig& config, Instant now)
    : config_{&config}, next_tick_{now + config.interval} {
  expects(config.interval > Duration{} && config.base_ejection_time > Duration{} &&
              config.max_ejection_time >= config.base_ejection_time,
          "an ejection lasts from the base time to the maximum");
  expects(std::max({config.consecutive_5xx, config.consecutive_gateway_failure,
                    config.consecutive_local_origin_failure}) < UINT16_MAX,
          "limits of errors in a row fit 16 bits");
}

void OutlierDetector::add_host() {
  counters_.emplace_back();
  local_.emplace_back();
  records_.emplace_back();
}

void OutlierDetector::remove_host(std::uint32_t host) {
  ejected_count_ -= counters_[host].ejected;
  counters_.erase(counters_.begin() + host);
  local_.erase(local_.begin() + host);
  records_.erase(records_.begin() + host);
}

bool OutlierDetector::may_eject_one_more() const {
  using Rule = OutlierDetectionConfig::EjectionLimitRule;
  const std::uint64_t limit =
      std::uint64_t{std::min(config_->max_ejection_percent, 100U)} * counters_.size();
  const bool first = ejected_count_ == 0;
  // Worked example: 9 hosts, 10 %: one would be 100 of 90, so none goes; before 1.27, 0 of 90, so
  // one.
  const bool within = (ejected_count_ + std::uint64_t{1}) * 100 <= limit;
  switch (config_->ejection_limit_rule) {
    case Rule::PercentBefore:
      return ejected_count_ * std::uint64_t{100} < limit;
    case Rule::PercentAfterOrFirst:
      return first || within;
    case Rule::PercentAfter:
      return within || (first && config_->always_eject_one_host);
  }
  return false;
}

void OutlierDetector::try_eject(std::uint32_t host, OutlierKind kind, std::uint64_t draw,
                                Instant now, std::vector<OutlierEvent>& events) {
  using What = OutlierEvent::What;
  if (!may_eject_one_more()) {
    ++overflows_;
    events.push_back({host, What::Overflow, kind});
    return;
  }
  if (index_from(sub_draw(draw, 1), 100) >= config_->enforcing[static_cast<std::size_t>(kind)]) {
    events.push_back({host, What::NotEnforced, kind});
    return;
  }
  Record& record = records_[host];
  const Duration base = config_->base_ejection_time;
  // Worked example: base 30 s, at most 300 s: 1, 2, ..., 10, 11 and no further; 11 is 300 s as
  // well.
  if (base * record.multiplier < config_->max_ejection_time + base) ++record.multiplier;
  const auto jitter_ms = config_->max_ejection_time_jitter.count_ns() / 1'000'000;
  record.jitter = Duration::milliseconds(
      index_from(sub_draw(draw, 2), static_cast<std::uint32_t>(jitter_ms) + 1));
  record.ejected_at = now;
  record.kind = kind;
  counters_[host].ejected = true;
  ++ejected_count_;
  events.push_back({host, What::Ejected, kind});
}

void OutlierDetector::act(std::uint32_t host, OutlierSignals signals, std::uint64_t draw,
                          Instant now, std::vector<OutlierEvent>& events) {
  // A counter that fires starts anew, ejection or not; those of ejected hosts run on and fire no
  // more.
  Counters& counters = counters_[host];
  if (signals.consecutive_gateway_failure && !counters.ejected) {
    try_eject(host, OutlierKind::ConsecutiveGatewayFailure, sub_draw(draw, 11), now, events);
    counters.in_a_row_gateway = 0;
  }
  if (signals.consecutive_5xx && !counters.ejected) {
    try_eject(host, OutlierKind::Consecutive5xx, sub_draw(draw, 12), now, events);
    counters.in_a_row_5xx = 0;
  }
  if (signals.consecutive_local_origin_failure && !counters.ejected) {
    try_eject(host, OutlierKind::ConsecutiveLocalOriginFailure, sub_draw(draw, 13), now, events);
    counters.in_a_row_local = 0;
  }
}

void OutlierDetector::come_back(std::uint32_t host, Instant now,
                                std::vector<OutlierEvent>& events) {
  Counters& counters = counters_[host];
  counters.ejected = false;
  counters.in_a_row_5xx = counters.in_a_row_gateway = counters.in_a_row_local = 0;
  --ejected_count_;
  records_[host].returned_at = now;
  events.push_back({host, OutlierEvent::What::Returned, records_[host].kind});
}

void OutlierDetector::on_health_check_passed(std::uint32_t host, Instant now,
                                             std::vector<OutlierEvent>& events) {
  if (!config_->successful_active_health_check_uneject_host || !counters_[host].ejected) return;
  come_back(host, now, events);
}

void OutlierDetector::tick(std::uint64_t draw, Instant now, std::vector<OutlierEvent>& events) {
  next_tick_ = now + config_->interval;
  for (std::uint32_t host = 0; host < hosts(); ++host) {
    const Record& record = records_[host];
    const Duration time =
        std::min(config_->base_ejection_time * record.multiplier, config_->max_ejection_time) +
        record.jitter;
    if (counters_[host].ejected && now - record.ejected_at >= time) come_back(host, now, events);
  }
  judge_rates(false, sub_draw(draw, 1), now, events);
  if (config_->split_external_local_origin_errors)
    judge_rates(true, sub_draw(draw, 2), now, events);
  for (std::uint32_t host = 0; host < hosts(); ++host) {
    Record& record = records_[host];
    const bool long_enough =
        record.returned_at != Instant::never() && now - record.returned_at >= config_->interval;
    if (counters_[host].ejected || record.multiplier == 0) continue;
    if (long_enough || !config_->decay_after_full_interval) --record.multiplier;
  }
}

void OutlierDetector::judge_rates(bool local, std::uint64_t draw, Instant now,
                                  std::vector<OutlierEvent>& events) {
  std::uint32_t with_rate = 0;  // hosts with enough requests for success rates
  std::uint32_t with_percentage = 0;
  double sum = 0.0;
  for (std::uint32_t host = 0; host < hosts(); ++host) {
    Rate& rate = records_[host].rate;
    Counters& counters = counters_[host];
    rate = local ? local_[host] : Rate{counters.total, counters.succeeded};
    if (local) {
      local_[host] = {};
    } else {
      counters.total = counters.succeeded = 0;
    }
    if (counters.ejected) rate = {};  // not looked at
    if (rate.total == 0) continue;
    with_percentage += rate.total >= config_->failure_percentage_request_volume;
    if (rate.total < config_->success_rate_request_volume) continue;
    ++with_rate;
    sum += percent(rate.succeeded, rate.total);
  }
  const auto each = [&](std::uint32_t volume, OutlierKind kind, auto&& is_outlier) {
    for (std::uint32_t host = 0; host < hosts(); ++host) {
      const Rate& rate = records_[host].rate;
      if (counters_[host].ejected || rate.total == 0 || rate.total < volume) continue;
      if (!is_outlier(percent(rate.succeeded, rate.total))) continue;
      const std::uint32_t number = host * 8 + static_cast<std::uint32_t>(kind) + 1;
      try_eject(host, kind, sub_draw(draw, number), now, events);
    }
  };
  if (with_rate > 0 && with_rate >= config_->success_rate_minimum_hosts) {
    // Worked example: 50, 100, 100, 100, 100: mean 90, deviation 20, factor 1.9: threshold 52.
    const double mean = sum / with_rate;
    double variance = 0.0;
    for (const Record& record : records_) {
      const Rate& rate = record.rate;
      if (rate.total == 0 || rate.total < config_->success_rate_request_volume) continue;
      const double off = percent(rate.succeeded, rate.total) - mean;
      variance += off * off;
    }
    const double deviation = std::sqrt(variance / with_rate);
    const double threshold = mean - config_->success_rate_stdev_factor / 1000.0 * deviation;
    each(config_->success_rate_request_volume,
         local ? OutlierKind::SuccessRateLocalOrigin : OutlierKind::SuccessRate,
         [&](double rate) { return rate < threshold; });
  }
  // A host that its success rate has just ejected is not ejected twice.
  if (with_percentage > 0 && with_percentage >= config_->failure_percentage_minimum_hosts) {
    each(config_->failure_percentage_request_volume,
         local ? OutlierKind::FailurePercentageLocalOrigin : OutlierKind::FailurePercentage,
         [&](double rate) { return 100.0 - rate >= config_->failure_percentage_threshold; });
  }
}

}  // namespace orrery::resilience
