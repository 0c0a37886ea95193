/// @file
/// Least request as Envoy does it: the least busy of N random hosts or of all; with differing
/// weights, earliest deadline first with weights that fall with load.
///
/// Source: Envoy least_request_lb, least_request.proto.
#pragma once

#include <cstdint>
#include <optional>

#include "models/resilience/balancers/edf_scheduler.h"
#include "models/resilience/balancers/host_choice.h"
#include "models/resilience/balancers/host_view.h"
#include "models/resilience/balancers/random_choice.h"
#include "models/resilience/draw.h"

namespace orrery::resilience {

struct LeastRequestConfig {
  std::uint32_t choice_count = 2;  ///< >= 1. choice_count
  bool full_scan = false;          ///< Look at all hosts; ties uniform. selection_method FULL_SCAN
  /// For differing weights: weight / (active + 1)^bias; 0 = weighted round robin. >= 0.
  double active_request_bias = 1.0;

  friend bool operator==(const LeastRequestConfig&, const LeastRequestConfig&) = default;
};

/// weight / (active + 1)^bias.
[[nodiscard]] double least_request_weight(const HostView& host, double bias);

/// One caller's least request over one set of hosts.
class LeastRequest {
 public:
  /// `draw` decides where turns start when weights differ.
  LeastRequest(const LeastRequestConfig& config, std::uint64_t draw)
      : config_{config}, draw_{draw} {}

  /// To be called before the first pick and whenever hosts, weights, health or panic change.
  /// O(hosts).
  void refresh(const Hosts& hosts);

  /// The host to use; nothing when none may be chosen. With equal weights it touches as many hosts
  /// as there are choices. Choices are made with replacement, so that one host may be drawn twice,
  /// and the first drawn wins a tie.
  [[nodiscard]] HostChoice pick(const Hosts& hosts, std::uint64_t draw) {
    if (weighted_ || config_.full_scan) return pick_rarely(hosts, draw);
    const HostChoice first = random_choice(hosts, draw);
    if (!first) return std::nullopt;
    std::uint32_t best = *first;
    for (std::uint32_t choice = 1; choice < config_.choice_count; ++choice) {
      const std::uint32_t other = *random_choice(hosts, sub_draw(draw, choice));
      if (hosts[other].active < hosts[best].active) best = other;
    }
    return best;
  }

 private:
  [[nodiscard]] HostChoice pick_rarely(const Hosts& hosts, std::uint64_t draw);

  LeastRequestConfig config_;
  std::uint64_t draw_;
  EdfScheduler edf_;  ///< Empty while weights are equal.
  bool weighted_ = false;
};

}  // namespace orrery::resilience
