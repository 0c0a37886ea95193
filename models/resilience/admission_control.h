/// @file
/// Admission control: a proxy rejects requests at random, the more the fewer succeed, so that those
/// it lets through may.
///
/// Source: Envoy admission_control.proto, admission_control, thread_local_controller; Beyer et al.,
/// Site Reliability Engineering, chapter 21 (client-side throttling).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "models/base/contract.h"
#include "models/base/time_types.h"
#include "models/resilience/draw.h"

namespace orrery::resilience {

struct AdmissionControlConfig {
  Duration sampling_window = Duration::seconds(30);  ///< >= 1 s
  double success_rate_threshold = 95.0;              ///< [%], > 0
  double aggression = 1.0;                           ///< >= 1
  std::uint32_t rps_threshold = 0;                   ///< Below this rate nothing is rejected.
  double max_rejection_probability = 80.0;           ///< [%]

  friend bool operator==(const AdmissionControlConfig&, const AdmissionControlConfig&) = default;
};

/// One proxy's counts of the requests that it has let through, and its decision on the next one.
class AdmissionControl {
 public:
  /// `config` must outlive this.
  explicit AdmissionControl(const AdmissionControlConfig& config);

  /// Whether a request is let through; rejected ones are answered 503 and not recorded.
  [[nodiscard]] bool admit(Instant now, std::uint64_t draw) {
    forget(now);
    if (requests_ == 0 || average_rps(now) < config_->rps_threshold) return true;
    if (100.0 * succeeded_ >= config_->success_rate_threshold * requests_) return true;  // usual
    return rejection_probability() * 10'000.0 <= index_from(draw, 10'000);
  }

  /// A request that was let through has ended. Success: status below 500, or a listed gRPC code.
  void record(bool success, Instant now) {
    forget(now);
    if (size_ == 0 || now - slots_[newest()].begun >= kGranularity) begin_slot(now);
    Slot& slot = slots_[newest()];
    ++slot.requests;
    ++requests_;
    slot.succeeded += success;
    succeeded_ += success;
  }

  /// Of the requests in the window, by the counts of the last call.
  [[nodiscard]] double rejection_probability() const;
  [[nodiscard]] std::uint32_t requests() const { return requests_; }
  [[nodiscard]] std::uint32_t succeeded() const { return succeeded_; }

 private:
  static constexpr Duration kGranularity = Duration::seconds(1);

  /// Requests that ended within a second, or longer if none came after it.
  struct Slot {
    Instant begun;
    std::uint32_t requests = 0;
    std::uint32_t succeeded = 0;
  };

  void forget(Instant now) {
    while (size_ > 0 && now - slots_[oldest_].begun >= config_->sampling_window) drop_oldest();
  }
  [[nodiscard]] std::size_t newest() const { return (oldest_ + size_ - 1) % slots_.size(); }
  [[nodiscard]] std::int64_t average_rps(Instant now) const {
    const std::int64_t seconds = (now - slots_[oldest_].begun).count_ns() / 1'000'000'000;
    return requests_ / std::max<std::int64_t>(seconds, 1);
  }
  void begin_slot(Instant now);
  void drop_oldest();

  const AdmissionControlConfig* config_;
  std::uint32_t requests_ = 0;  ///< Sums over the slots.
  std::uint32_t succeeded_ = 0;
  std::size_t oldest_ = 0;
  std::size_t size_ = 0;
  std::vector<Slot> slots_;  ///< Ring.
};

}  // namespace orrery::resilience
