#include "models/resilience/admission_control.h"

#include "models/base/random.h"

namespace orrery::resilience {

AdmissionControl::AdmissionControl(const AdmissionControlConfig& config) : config_{&config} {
  expects(config.sampling_window >= kGranularity && config.success_rate_threshold > 0.0 &&
              config.aggression >= 1.0,
          "admission control looks at a second or more, and at successes");
  // Slots are a second or more apart, and all younger than the window.
  slots_.resize(static_cast<std::size_t>(config.sampling_window.count_ns() / 1'000'000'000) + 1);
}

void AdmissionControl::begin_slot(Instant now) {
  ++size_;
  slots_[newest()] = {now};
}

void AdmissionControl::drop_oldest() {
  requests_ -= slots_[oldest_].requests;
  succeeded_ -= slots_[oldest_].succeeded;
  oldest_ = oldest_ + 1 == slots_.size() ? 0 : oldest_ + 1;
  --size_;
}

double AdmissionControl::rejection_probability() const {
  // Worked example: 100 requests, 38 successes, threshold 95 %: (100 - 40) / 101 = 0.594.
  const double wanted = succeeded_ / (config_->success_rate_threshold / 100.0);
  double probability = (requests_ - wanted) / (requests_ + 1.0);
  if (probability <= 0.0) return 0.0;
  if (config_->aggression != 1.0) {
    probability = portable_exp(portable_log(probability) / config_->aggression);
  }
  return std::min(probability, config_->max_rejection_probability / 100.0);
}

}  // namespace orrery::resilience
