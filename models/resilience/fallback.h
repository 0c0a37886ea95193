/// @file
/// Fallback: what a caller gets instead of a failure: a fixed answer, the last good one, or that of
/// another service.
///
/// Source: Netflix Hystrix 1.5 (fallback.isolation.semaphore.maxConcurrentRequests,
/// AbstractCommand).
#pragma once

#include <cstdint>

#include "models/base/contract.h"
#include "models/base/time_types.h"

namespace orrery::resilience {

struct FallbackConfig {
  enum class Kind : std::uint8_t {
    Static,        ///< A fixed answer: always there.
    Cached,        ///< The last good answer, if there was one and it is young enough.
    OtherService,  ///< A call to another service, which may itself fail.
  };
  Kind kind = Kind::Static;
  std::uint32_t concurrent_max = 10;  ///< Fallbacks under way of one caller; over that: rejected.
  Duration age_max{};                 ///< Of a cached answer; 0 = any age.

  friend bool operator==(const FallbackConfig&, const FallbackConfig&) = default;
};

/// How a call failed.
enum class CallFailure : std::uint8_t {
  Error,
  Timeout,
  ShortCircuited,  ///< By an open circuit breaker.
  Rejected,        ///< By a full pool or semaphore.
  BadRequest,      ///< The caller's own fault: goes to the caller, without fallback.
};

enum class FallbackDecision : std::uint8_t {
  Answer,      ///< The fixed or cached answer, now.
  CallOther,   ///< Call the other service; then `finished`.
  NoFallback,  ///< A bad request: the failure goes to the caller.
  NothingCached,
  Rejected,  ///< Too many fallbacks are under way: the failure goes to the caller.
};

/// One caller's fallback for one dependency.
class Fallback {
 public:
  explicit Fallback(const FallbackConfig& config) : config_{config} {}

  /// A call has succeeded: its answer is what is cached from now on.
  void on_success(Instant now) {
    cached_at_ = now;
    cached_ = true;
  }

  /// A call has failed. CallOther takes one of the places until `finished`; answers that are at
  /// hand hold theirs for no time, but need one free.
  [[nodiscard]] FallbackDecision on_failure(CallFailure failure, Instant now) {
    if (failure == CallFailure::BadRequest) return FallbackDecision::NoFallback;
    if (under_way_ >= config_.concurrent_max) return FallbackDecision::Rejected;
    if (config_.kind == FallbackConfig::Kind::OtherService) {
      ++under_way_;
      return FallbackDecision::CallOther;
    }
    if (config_.kind == FallbackConfig::Kind::Cached && !has_cached(now)) {
      return FallbackDecision::NothingCached;
    }
    return FallbackDecision::Answer;
  }

  /// The call to the other service has ended, however.
  void finished() {
    expects(under_way_ > 0, "a fallback that finishes was under way");
    --under_way_;
  }

  [[nodiscard]] std::uint32_t under_way() const { return under_way_; }

 private:
  [[nodiscard]] bool has_cached(Instant now) const {
    return cached_ && (config_.age_max == Duration{} || now - cached_at_ <= config_.age_max);
  }

  FallbackConfig config_;
  Instant cached_at_;
  std::uint32_t under_way_ = 0;
  bool cached_ = false;
};

}  // namespace orrery::resilience
