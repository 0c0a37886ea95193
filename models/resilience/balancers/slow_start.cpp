#include "models/resilience/balancers/slow_start.h"

#include <algorithm>

#include "models/base/random.h"

namespace orrery::resilience {

double slow_start_factor(const SlowStartConfig& config, Duration age) {
  expects(age >= Duration{}, "a host is not younger than new");
  if (age >= config.window) return 1.0;
  // Worked example: 15 s into a window of 60 s, aggression 2: (1/4)^(1/2) = 0.5.
  const double part = static_cast<double>(std::max(age, Duration::milliseconds(1)).count_ns()) /
                      static_cast<double>(config.window.count_ns());
  const double grown =
      config.aggression == 1.0 ? part : portable_exp(portable_log(part) / config.aggression);
  return std::clamp(grown, config.min_weight, 1.0);
}

}  // namespace orrery::resilience
