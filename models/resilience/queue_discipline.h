/// @file
/// In which order a server takes requests from its queue, and which it refuses or drops instead.
///
/// Source: HBase AdaptiveLifoCoDelCallQueue, RpcExecutor; folly Codel.
#pragma once

#include <cstdint>

#include "models/base/contract.h"
#include "models/base/time_types.h"

namespace orrery::resilience {

enum class QueueOrder : std::uint8_t {
  Fifo,
  Lifo,          ///< The newest first: whoever waits long has likely given up.
  AdaptiveLifo,  ///< FIFO; LIFO while the queue is nearly full. HBase.
};

struct QueueDiscipline {
  QueueOrder order = QueueOrder::Fifo;
  std::uint32_t length_max = 0;           ///< Requests; 0 = unbounded (not for AdaptiveLifo).
  std::uint32_t lifo_above_percent = 80;  ///< Of length_max.
  Duration age_max{};                     ///< 0 = off; who has waited longer is dropped.

  /// Whether one more may join a queue of `length`.
  [[nodiscard]] constexpr bool admits(std::uint32_t length) const {
    return length_max == 0 || length < length_max;
  }
  /// Whether the newest of `length` waiting requests is next, not the oldest.
  [[nodiscard]] constexpr bool takes_newest(std::uint32_t length) const {
    if (order == QueueOrder::AdaptiveLifo) {
      return std::uint64_t{length} * 100 > std::uint64_t{length_max} * lifo_above_percent;
    }
    return order == QueueOrder::Lifo;
  }
  /// Whether a request that comes out of the queue is too old to be served.
  [[nodiscard]] constexpr bool is_too_old(Duration waited) const {
    return age_max != Duration{} && waited > age_max;
  }
};

struct CoDelConfig {
  Duration target = Duration::milliseconds(5);      ///< folly. HBase: 100 ms.
  Duration interval = Duration::milliseconds(100);  ///< Both.
};

/// HBase's values.
[[nodiscard]] constexpr CoDelConfig hbase_codel() {
  return {Duration::milliseconds(100), Duration::milliseconds(100)};
}

/// Controlled delay, as servers use it: when even the shortest wait of an interval was above the
/// target, the queue is overloaded for the next interval, and who waited more than twice the target
/// is dropped.
///
/// The first request of each interval sets the minimum anew and is never dropped.
class CoDel {
 public:
  CoDel(const CoDelConfig& config, Instant now) : config_{config}, interval_end_{now} {}

  /// Whether a request that comes out of the queue after `waited` is dropped.
  [[nodiscard]] bool drops(Duration waited, Instant now) {
    if (now > interval_end_ && !reset_) {
      reset_ = true;
      interval_end_ = now + config_.interval;
      overloaded_ = min_wait_ > config_.target;
    }
    if (reset_) {
      reset_ = false;
      min_wait_ = waited;
      return false;
    }
    if (waited < min_wait_) min_wait_ = waited;
    return overloaded_ && waited > config_.target * 2;
  }

  [[nodiscard]] bool overloaded() const { return overloaded_; }

 private:
  CoDelConfig config_;
  Instant interval_end_;
  Duration min_wait_;  ///< Of the interval so far.
  bool reset_ = true;  ///< The next request sets the minimum.
  bool overloaded_ = false;
};

}  // namespace orrery::resilience
