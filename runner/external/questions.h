/// @file
/// What a program is told before it decides: the members of its question, as
/// docs/external-controllers.md lists them.
///
/// Values of environment variables, and whatever else may be secret, are not among them.
#pragma once

#include <cstdint>
#include <span>

#include "models/controllers/autoscaler.h"
#include "models/scheduler/cluster_state.h"
#include "runner/external/conversation.h"

namespace orrery::external {

/// Requires: the view has a target.
[[nodiscard]] Json autoscaler_question(const controllers::AutoscalerView& view,
                                       std::int32_t current,
                                       const controllers::Tolerances& tolerances);

[[nodiscard]] Json scheduler_question(const api::Pod& pod, const scheduler::ClusterState& state,
                                      std::span<const scheduler::Slot> nodes);

}  // namespace orrery::external
