/// @file
/// Weighted choice by earliest deadline first: a host of weight w comes 1/w of virtual time after
/// its last turn, so turns are shared by weight and interleaved as evenly as possible.
///
/// Source: Envoy edf_scheduler, load_balancer_impl (EdfLoadBalancerBase).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/resilience/balancers/host_choice.h"
#include "models/resilience/balancers/host_view.h"
#include "models/resilience/draw.h"

namespace orrery::resilience {

/// A priority queue of hosts by deadline; equal deadlines in the order in which they were set.
///
/// Allocates in `refresh` alone. A pick costs O(log hosts).
class EdfScheduler {
 public:
  /// Begins anew with the hosts that may be chosen, in order; then takes as many turns as `draw`
  /// says, fewer than there are hosts, so that callers do not all begin with the same one.
  /// `weight_of(host)` is > 0.
  template <typename WeightOf>
  void refresh(const Hosts& hosts, std::uint64_t draw, const WeightOf& weight_of) {
    turns_.clear();
    now_ = 0.0;
    order_ = 0;
    for (std::uint32_t host = 0; host < hosts.size(); ++host) {
      if (hosts.may_take(host)) add(host, weight_of(host));
    }
    if (turns_.empty()) return;
    const auto count = static_cast<std::uint32_t>(turns_.size());
    for (std::uint32_t skipped = index_from(draw, count); skipped > 0; --skipped) {
      (void)pick(weight_of);
    }
  }

  /// The host whose turn it is, which then waits for 1 / weight_of(host); nothing without hosts.
  template <typename WeightOf>
  [[nodiscard]] HostChoice pick(const WeightOf& weight_of) {
    if (turns_.empty()) return std::nullopt;
    std::pop_heap(turns_.begin(), turns_.end(), Later{});
    const Turn turn = turns_.back();
    turns_.pop_back();
    now_ = turn.deadline;
    add(turn.host, weight_of(turn.host));
    return turn.host;
  }

  /// Frees nothing: the memory serves the next `refresh`.
  void clear() { turns_.clear(); }

 private:
  struct Turn {
    double deadline;
    std::uint64_t order;
    std::uint32_t host;
  };
  struct Later {
    bool operator()(const Turn& a, const Turn& b) const {
      return a.deadline != b.deadline ? a.deadline > b.deadline : a.order > b.order;
    }
  };

  void add(std::uint32_t host, double weight) {
    turns_.push_back({now_ + 1.0 / weight, order_++, host});
    std::push_heap(turns_.begin(), turns_.end(), Later{});
  }

  std::vector<Turn> turns_;  ///< A heap.
  double now_ = 0.0;         ///< The deadline of the last turn taken.
  std::uint64_t order_ = 0;
};

}  // namespace orrery::resilience
