#include "models/resilience/adaptive_concurrency/gradient_limit.h"

#include <cmath>

#include "models/resilience/draw.h"

namespace orrery::resilience {

GradientLimit::GradientLimit(const GradientLimitConfig& config, Instant now)
    : config_{&config},
      limit_{config.min_concurrency},
      update_timer_{now + config.concurrency_update_interval} {
  expects(config.min_concurrency >= 1 && config.min_concurrency <= config.max_concurrency_limit &&
              config.min_rtt_interval >= Duration::milliseconds(1) &&
              config.concurrency_update_interval >= Duration::milliseconds(1),
          "a limit of 1 or more, at intervals of a millisecond or more");
  begin_measurement(now);
}

void GradientLimit::begin_measurement(Instant now) {
  measure_timer_ = Instant::never();
  if (measuring()) return;
  deferred_limit_ = limit_;
  set_limit(config_->min_concurrency, now);
  samples_.clear();
  measured_from_ = now;
}

void GradientLimit::end_measurement(Instant now, std::uint64_t draw) {
  min_rtt_us_ = take_quantile();
  set_limit(deferred_limit_, now);
  deferred_limit_ = 0;
  const std::int64_t interval_ms = config_->min_rtt_interval.count_ns() / 1'000'000;
  const auto jitter_ms = static_cast<std::uint32_t>(
      std::ceil(static_cast<double>(interval_ms) * config_->min_rtt_jitter / 100.0));
  const Duration jitter =
      jitter_ms == 0 ? Duration{} : Duration::milliseconds(index_from(draw, jitter_ms));
  measure_timer_ = now + config_->min_rtt_interval + jitter;
  update_timer_ = now + config_->concurrency_update_interval;
}

void GradientLimit::on_timer(Instant now) {
  if (now >= update_timer_) {
    // While a measurement goes on nothing is updated, and its end arms the timer again.
    update_timer_ = measuring() ? Instant::never() : now + config_->concurrency_update_interval;
    if (!measuring() && samples_.count() > 0) {
      // Worked example: limit 100, 10 ms without load, 25 ms seen: 12.5 / 25 = 0.5, 50 + sqrt(50) =
      // 57.
      const auto fastest = static_cast<double>(min_rtt_us_);
      const double buffered = fastest + fastest * (config_->min_rtt_buffer / 100.0);
      const auto seen = static_cast<double>(take_quantile());
      const double gradient = seen > 0.0 ? std::clamp(buffered / seen, 0.5, 2.0) : 2.0;
      const double scaled = limit_ * gradient;
      const auto limit = static_cast<std::uint32_t>(scaled + std::sqrt(scaled));
      set_limit(std::clamp(limit, config_->min_concurrency, config_->max_concurrency_limit), now);
    }
  }
  if (now >= measure_timer_) begin_measurement(now);
}

void GradientLimit::set_limit(std::uint32_t limit, Instant now) {
  const bool stays_at_minimum =
      !measuring() && limit_ == config_->min_concurrency && limit == config_->min_concurrency;
  limit_ = limit;
  updates_at_minimum_ = stays_at_minimum ? updates_at_minimum_ + 1 : 0;
  // Where the limit is as for a measurement anyway, the last one may be what holds it there.
  if (updates_at_minimum_ >= 5) measure_timer_ = now;
}

std::int64_t GradientLimit::take_quantile() {
  const std::int64_t quantile = samples_.quantile_us(config_->sample_aggregate_percentile / 100.0);
  samples_.clear();
  return quantile;
}

}  // namespace orrery::resilience
