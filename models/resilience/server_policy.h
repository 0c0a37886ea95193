/// @file
/// How a server deals with more requests than it can work on: the order of its queue, whom it turns
/// away, and a limit of requests that learns.
#pragma once

#include <optional>
#include <variant>

#include "models/resilience/adaptive_concurrency/aimd_limit.h"
#include "models/resilience/adaptive_concurrency/gradient_limit.h"
#include "models/resilience/adaptive_concurrency/vegas_limit.h"
#include "models/resilience/queue_discipline.h"

namespace orrery::resilience {

using ServerLimit =
    std::variant<std::monostate, AimdLimitConfig, VegasLimitConfig, GradientLimitConfig>;

struct ServerPolicy {
  QueueDiscipline queue;  ///< `length_max` is given by the server.
  std::optional<CoDelConfig> codel = {};
  ServerLimit limit = {};  ///< Of requests in the server, at work and waiting.

  /// First come, first served, and nobody turned away but for want of room.
  [[nodiscard]] bool is_plain() const {
    return queue.order == QueueOrder::Fifo && queue.age_max == Duration{} && !codel &&
           std::holds_alternative<std::monostate>(limit);
  }
};

}  // namespace orrery::resilience
