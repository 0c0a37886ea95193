/// @file
/// Retries by gRPC's retryPolicy: listed codes, back-off, push-back by the server, and the retries
/// that are not counted.
///
/// Source: gRPC proposal A6.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "models/base/time_types.h"
#include "models/resilience/backoff.h"
#include "models/resilience/hedging.h"

namespace orrery::resilience {

struct GrpcRetryPolicy {
  std::uint32_t max_attempts = 2;  ///< The first included; above 5 it counts as 5.
  GrpcBackoff backoff{};
  GrpcCodes retriable{};
};

/// How far an attempt came that no server processed.
enum class GrpcUnprocessed : std::uint8_t {
  NeverLeft,      ///< It did not leave the client: tried again any number of times.
  ServerRefused,  ///< The server refused it before processing: tried again once.
};

/// One call.
class GrpcRetry {
 public:
  /// How long to wait before the next attempt; nothing when the failure goes to the caller.
  ///
  /// `pushback_ms`: of the header grpc-retry-pushback-ms; exactly that long, and the back-off then
  /// begins anew; a negative one, or one that is no number, stops. `allowed`: the throttle
  /// (GrpcRetryThrottle) has tokens. `unit`: uniform in [0, 1).
  [[nodiscard]] std::optional<Duration> on_failure(const GrpcRetryPolicy& policy, GrpcCode code,
                                                   std::optional<std::int64_t> pushback_ms,
                                                   bool allowed, double unit) {
    if (!policy.retriable.has(code) || !allowed) return std::nullopt;
    if (attempts_ >= std::min(policy.max_attempts, kGrpcAttemptsMax)) return std::nullopt;
    if (pushback_ms && *pushback_ms < 0) return std::nullopt;
    ++attempts_;
    if (pushback_ms) {
      backoffs_ = 0;
      return Duration::milliseconds(*pushback_ms);
    }
    return backoff_delay(policy.backoff, ++backoffs_, unit);
  }

  /// Whether an attempt that no server processed is made again at once, without being counted.
  [[nodiscard]] bool retries_transparently(GrpcUnprocessed how) {
    if (how == GrpcUnprocessed::NeverLeft) return true;
    if (refused_) return false;
    refused_ = true;
    return true;
  }

  [[nodiscard]] std::uint32_t attempts() const { return attempts_; }

 private:
  std::uint32_t attempts_ = 1;
  std::uint32_t backoffs_ = 0;  ///< Since the first try or the last push-back.
  bool refused_ = false;        ///< The one transparent retry after a refusal is used up.
};

}  // namespace orrery::resilience
