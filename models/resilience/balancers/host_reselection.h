/// @file
/// Choosing again when the balancer chose a host that an earlier try has used (Envoy's predicate
/// previous_hosts).
///
/// Source: Envoy router filter docs; load_balancer_impl (chooseHost).
#pragma once

#include <cstdint>
#include <optional>

#include "models/resilience/balancers/host_choice.h"
namespace orrery::resilience {

/// What `pick(attempt)` chose first that `used(host)` does not refuse; after `attempts_max` further
/// choices the last one, used or not. Envoy's default is 1 further choice, Istio's 5.
template <typename Pick, typename Used>
[[nodiscard]] HostChoice pick_unused(std::uint32_t attempts_max, Pick&& pick, Used&& used) {
  for (std::uint32_t attempt = 0;; ++attempt) {
    const HostChoice host = pick(attempt);
    if (!host || attempt == attempts_max || !used(*host)) return host;
  }
}

}  // namespace orrery::resilience
