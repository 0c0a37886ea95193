/// @file
/// One process's decisions on the requests that reach it: in or not, whose turn it is, too late.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "models/resilience/adaptive_concurrency/concurrency_limiter.h"
#include "models/resilience/server_policy.h"

namespace orrery::sim {

class ServerGate {
 public:
  /// `policy` must outlive this. `draw` is for limits that probe.
  ServerGate(const resilience::ServerPolicy& policy, std::uint32_t queue_max, Instant now,
             std::uint64_t draw);

  /// Requests in the process, with this one; nothing: it is turned away.
  [[nodiscard]] std::optional<std::uint32_t> try_enter(Instant now);
  /// One that came in at `entered`, as the `in_flight`-th, has been served.
  void leave(Instant entered, std::uint32_t in_flight, Instant now, std::uint64_t draw);
  /// One is gone without having been served, which tells nothing about the limit.
  void leave_unserved();

  /// Whether the newest of `length` waiting requests is next, not the oldest.
  [[nodiscard]] bool takes_newest(std::uint32_t length) const {
    return queue_.takes_newest(length);
  }
  /// Whether a request whose turn it is after having waited is turned away instead.
  [[nodiscard]] bool drops(Duration waited, Instant now);

 private:
  using Aimd = resilience::ConcurrencyLimiter<resilience::AimdLimit>;
  using Vegas = resilience::ConcurrencyLimiter<resilience::VegasLimit>;
  using Gradient = resilience::GradientLimit;

  resilience::QueueDiscipline queue_;
  std::optional<resilience::CoDel> codel_;
  std::variant<std::monostate, Aimd, Vegas, Gradient> limit_;
};

}  // namespace orrery::sim
