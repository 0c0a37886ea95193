/// @file
/// Fail-fast: requests wait for a ready endpoint for a time; once none has been ready for that
/// long, they fail at once until one is.
///
/// Source: linkerd2-proxy stack failfast; env.rs for the defaults.
#pragma once

#include <cstdint>
#include <optional>

#include "models/base/time_types.h"

namespace orrery::resilience {

struct FailFastConfig {
  Duration timeout = Duration::seconds(3);  ///< linkerd outbound; inbound 1 s.
  std::uint32_t queue_length_max = 10'000;  ///< Requests that may wait.
};

/// One caller's queue before one balancer.
class FailFast {
 public:
  enum class Decision : std::uint8_t {
    Send,    ///< An endpoint is ready.
    Wait,    ///< In the queue.
    Reject,  ///< None has been ready for the timeout, or the queue is full.
  };

  explicit FailFast(const FailFastConfig& config) : config_{config} {}

  /// A request has come while `queue_length` others wait. `ready`: an endpoint may take it.
  [[nodiscard]] Decision on_request(bool ready, std::uint32_t queue_length, Instant now) {
    if (ready) {
      waiting_ = false;
      return Decision::Send;
    }
    if (!waiting_) {
      waiting_ = true;
      fails_from_ = now + config_.timeout;
    }
    if (now >= fails_from_ || queue_length >= config_.queue_length_max) return Decision::Reject;
    return Decision::Wait;
  }

  /// An endpoint has become ready: requests that wait are sent.
  void on_ready() { waiting_ = false; }

  /// When the requests that wait fail, unless an endpoint becomes ready before; nothing while none
  /// wait.
  [[nodiscard]] std::optional<Instant> fails_from() const {
    if (!waiting_) return std::nullopt;
    return fails_from_;
  }

 private:
  FailFastConfig config_;
  Instant fails_from_;
  bool waiting_ = false;  ///< Since the first request that found no endpoint ready.
};

}  // namespace orrery::resilience
