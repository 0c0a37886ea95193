/// @file
/// The seam at which somebody outside of the controller says how many replicas a target needs.
///
/// Only the recommendation is handed out. Stabilisation, rates and bounds are applied to it as to
/// one of the metrics, and a target of size 0, or of a size out of bounds, is not asked about.
#pragma once

#include <cstdint>
#include <optional>

#include "models/controllers/autoscaler.h"

namespace orrery::controllers {

class ScalingAdvisor {
 public:
  virtual ~ScalingAdvisor() = default;

  /// How many replicas the target needs, >= 0. Nothing: it does not advise on this autoscaler,
  /// whose metrics then decide. A Failure: it cannot say now, and the size stays.
  ///
  /// `current`: the size that the answer is compared with. Requires: the view has a target.
  [[nodiscard]] virtual std::optional<Result<std::int32_t>> replicas(const AutoscalerView& view,
                                                                     std::int32_t current,
                                                                     const Tolerances& tolerances,
                                                                     Instant now) = 0;
};

}  // namespace orrery::controllers
