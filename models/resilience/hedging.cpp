#include "models/resilience/hedging.h"

namespace orrery::resilience {

GrpcHedge::Action GrpcHedge::on_failure(GrpcCode code, std::optional<std::int64_t> pushback_ms,
                                        Instant now, bool allowed) {
  expects(under_way_ > 0, "an attempt that failed was under way");
  if (!non_fatal_.has(code)) return deliver();
  --under_way_;
  if (pushback_ms && *pushback_ms < 0) left_ = 0;
  if (left_ > 0 && pushback_ms) {
    next_at_ = now + Duration::milliseconds(*pushback_ms);
    return Action::Nothing;
  }
  if (left_ > 0 && send_next(now, allowed) == Action::Send) return Action::Send;
  return under_way_ == 0 ? deliver() : Action::Nothing;
}

void PercentileHedging::end_window(Instant now) {
  window_end_ = now + config_.window;
  if (count_ < config_.samples_min) return;
  // The delay is the upper end of the bucket of the percentile, so that no more answers than its
  // rest are slower.
  const std::uint64_t rank = (std::uint64_t{count_} * config_.percentile + 99) / 100;
  std::uint64_t seen = 0;
  std::uint32_t bucket = 0;
  while (seen + counts_[bucket] < rank) seen += counts_[bucket++];
  const std::uint32_t last = bucket * kMerged + kMerged - 1;
  delay_ = latency_bucket_low(last) + (latency_bucket_width(last) - Duration::nanoseconds(1));
  count_ = 0;
  for (std::uint32_t& count : counts_) {
    count /= 2;
    count_ += count;
  }
}

}  // namespace orrery::resilience
