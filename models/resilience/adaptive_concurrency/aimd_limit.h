/// @file
/// Additive increase, multiplicative decrease: one more call as long as they succeed, a part fewer
/// when one is dropped.
///
/// Source: Netflix concurrency-limits, AIMDLimit; Chiu and Jain 1989.
#pragma once

#include <algorithm>
#include <cstdint>

#include "models/base/time_types.h"

namespace orrery::resilience {

struct AimdLimitConfig {
  std::uint32_t initial_limit = 20;
  std::uint32_t min_limit = 20;
  std::uint32_t max_limit = 200;
  double backoff_ratio = 0.9;               ///< 0.5 to below 1.
  Duration timeout = Duration::seconds(5);  ///< Strictly longer counts as dropped.
};

class AimdLimit {
 public:
  explicit AimdLimit(const AimdLimitConfig& config)
      : config_{config}, limit_{config.initial_limit} {}

  /// A call has ended. The limit rises only when half of it was in use.
  void update(Duration rtt, std::uint32_t in_flight, bool dropped, std::uint64_t /*draw*/) {
    if (dropped || rtt > config_.timeout) {
      limit_ = static_cast<std::uint32_t>(limit_ * config_.backoff_ratio);
    } else if (in_flight * 2 >= limit_) {
      ++limit_;
    }
    limit_ = std::clamp(limit_, config_.min_limit, config_.max_limit);
  }
  [[nodiscard]] std::uint32_t limit() const { return limit_; }

 private:
  AimdLimitConfig config_;
  std::uint32_t limit_;
};

}  // namespace orrery::resilience
