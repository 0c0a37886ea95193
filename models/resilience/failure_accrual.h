/// @file
/// linkerd's failure accrual: an endpoint that fails too often gets no requests for a while, then
/// one probe.
///
/// Source: linkerd2-proxy app/outbound http/breaker (consecutive_failures, unified, success_rate),
/// exp-backoff.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "models/base/time_types.h"
#include "models/resilience/backoff.h"

namespace orrery::resilience {

/// How an endpoint answered.
enum class EndpointAnswer : std::uint8_t {
  Success,
  Failure,      ///< 5xx, a failure of gRPC, or no answer.
  RateLimited,  ///< 429 or RESOURCE_EXHAUSTED: a failure to the success rate alone.
};

struct SuccessRateConfig {
  double threshold = 0.8;                   ///< Below it the endpoint is taken out.
  Duration window = Duration::seconds(10);  ///< In ten buckets; >= 10 ms.
  std::uint32_t responses_min = 5;          ///< In the window.

  friend bool operator==(const SuccessRateConfig&, const SuccessRateConfig&) = default;
};

struct FailureAccrualConfig {
  std::uint32_t max_failures = 7;  ///< In a row; 0 = this rule is off.
  LinkerdBackoff backoff{};
  std::optional<SuccessRateConfig> success_rate{};  ///< Given: unified mode.

  friend bool operator==(const FailureAccrualConfig&, const FailureAccrualConfig&) = default;
};

/// Successes and responses of a trailing window in ten buckets, as running totals.
class SuccessRateWindow {
 public:
  SuccessRateWindow(Duration window, Instant now) : width_{window / kBuckets}, start_{now} {
    expects(width_ >= Duration::milliseconds(1), "a success rate's bucket is at least 1 ms wide");
  }

  void record(bool success, Instant now) {
    if (now - start_ >= width_) roll(now);
    Bucket& bucket = buckets_[current_];
    ++bucket.total;
    ++sum_.total;
    if (!success) return;
    ++bucket.successes;
    ++sum_.successes;
  }
  [[nodiscard]] bool is_below(const SuccessRateConfig& config) const {
    return sum_.total > 0 && sum_.total >= config.responses_min &&
           static_cast<double>(sum_.successes) / sum_.total < config.threshold;
  }
  void reset(Instant now);

 private:
  static constexpr std::uint32_t kBuckets = 10;
  struct Bucket {
    std::uint32_t successes = 0;
    std::uint32_t total = 0;
  };

  void roll(Instant now);

  Duration width_;
  Instant start_;  ///< Of the current bucket.
  std::uint32_t current_ = 0;
  Bucket sum_;
  std::array<Bucket, kBuckets> buckets_{};
};

/// One caller's view of one endpoint.
class FailureAccrual {
 public:
  enum class State : std::uint8_t {
    Available,
    Unavailable,  ///< No requests; answers that still come are ignored.
    Probation,    ///< One request; the first answer that comes decides.
  };

  FailureAccrual(const FailureAccrualConfig& config, Instant now);

  /// The state at `now`: Unavailable becomes Probation when its back-off has passed.
  [[nodiscard]] State state(Instant now) const {
    return state_ == State::Unavailable && now >= until_ ? State::Probation : state_;
  }

  /// Whether the endpoint may get a request at `now`.
  [[nodiscard]] bool is_ready(Instant now) const {
    const State at = state(now);
    return at == State::Available || (at == State::Probation && !probe_sent_);
  }

  /// A request goes to the endpoint. Requires: is_ready(now).
  void on_request(Instant now) {
    if (state_ != State::Available) send_probe(now);
  }

  /// An answer has come. `unit`: uniform in [0, 1), used when a back-off begins.
  void on_answer(EndpointAnswer answer, Instant now, double unit) {
    if (state_ == State::Available && answer == EndpointAnswer::Success && !window_) {
      failures_ = 0;
      return;
    }
    on_other_answer(answer, now, unit);
  }

  /// When Probation begins. Requires: not Available.
  [[nodiscard]] Instant unavailable_until() const { return until_; }

 private:
  void send_probe(Instant now);
  void on_other_answer(EndpointAnswer answer, Instant now, double unit);
  void shut(Instant now, double unit);

  FailureAccrualConfig config_;
  std::optional<SuccessRateWindow> window_;
  Instant until_;
  std::uint32_t failures_ = 0;  ///< In a row.
  std::uint32_t backoffs_ = 0;  ///< Since it was available.
  State state_ = State::Available;
  bool probe_sent_ = false;
};

}  // namespace orrery::resilience
