/// @file
/// The seam to the custom and the external metrics API, which an autoscaler asks at every look.
///
/// Values are in thousandths of the metric's unit. Nothing: the metric has no value there.
///
/// Source: Kubernetes staging/src/k8s.io/metrics (custom_metrics/v1beta2,
/// external_metrics/v1beta1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "models/api/objects.h"

namespace orrery::controllers {

class MetricsSource {
 public:
  virtual ~MetricsSource() = default;

  [[nodiscard]] virtual std::optional<std::int64_t> of_pod(const std::string& metric,
                                                           const api::Pod& pod, Instant now) = 0;
  [[nodiscard]] virtual std::optional<std::int64_t> of_object(const std::string& metric,
                                                              const api::ObjectKey& object,
                                                              Instant now) = 0;
  [[nodiscard]] virtual std::optional<std::int64_t> external(const std::string& metric,
                                                             Instant now) = 0;
};

}  // namespace orrery::controllers
