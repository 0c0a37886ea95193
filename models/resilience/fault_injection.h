/// @file
/// Fault injection by the caller's proxy: some calls are held up before they leave, some are
/// answered without leaving.
///
/// Both are drawn by themselves; a call that is both held up and aborted is answered when its delay
/// is over. They come before timeouts, retries and breakers, which see nothing of an aborted call.
///
/// Source: Envoy fault filter (fault_filter.cc: decodeHeaders, postDelayInjection).
#pragma once

#include <cstdint>

#include "models/base/time_types.h"

namespace orrery::resilience {

struct FaultInjectionConfig {
  double delay_probability = 0;  ///< [0, 1]
  Duration delay{};
  double abort_probability = 0;  ///< [0, 1]
  std::uint16_t abort_status = 503;

  /// `draw`: uniform in [0, 1), as below.
  [[nodiscard]] bool holds_up(double draw) const { return draw < delay_probability; }
  [[nodiscard]] bool aborts(double draw) const { return draw < abort_probability; }

  friend bool operator==(const FaultInjectionConfig&, const FaultInjectionConfig&) = default;
};

}  // namespace orrery::resilience
