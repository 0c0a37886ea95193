/// @file
/// The seam for a plug-in outside of the scheduler: it judges the nodes that passed all filters.
///
/// It stands where an extender of Kubernetes does: after the filters it may reject nodes, and its
/// scores are weighed and added to those of the score plug-ins. No pod that goes makes a node fit
/// that it rejected, so that nobody is preempted there.
///
/// Source: Kubernetes pkg/scheduler/schedule_one.go (findNodesThatPassExtenders, prioritizeNodes).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/scheduler/cluster_state.h"

namespace orrery::scheduler {

/// What it says of one node.
struct ExternalVerdict {
  std::string reason;      ///< Why the pod does not fit; empty: it does.
  std::int64_t score = 0;  ///< [0, 100], of a node that fits.

  [[nodiscard]] bool fits() const { return reason.empty(); }
};

class ExternalPlugin {
 public:
  virtual ~ExternalPlugin() = default;

  /// A verdict for each of `nodes`, in their order. A Failure: it cannot say now, and the pod is
  /// tried again later.
  [[nodiscard]] virtual Result<std::vector<ExternalVerdict>> judge(const api::Pod& pod,
                                                                   const ClusterState& state,
                                                                   std::span<const Slot> nodes,
                                                                   Instant now) = 0;
};

}  // namespace orrery::scheduler
