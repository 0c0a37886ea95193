/// @file
/// How much of what a pod may use it has asked for.
///
/// Source: Kubernetes pkg/apis/core/v1/helper/qos.
#pragma once

#include <cstdint>

#include "models/api/pod.h"

namespace orrery::api {

enum class QosClass : std::uint8_t { Guaranteed, Burstable, BestEffort };

/// Guaranteed: every container has limits of CPU and memory, equal to its requests. BestEffort:
/// none has a request or limit of either. Otherwise Burstable. Init containers count.
[[nodiscard]] QosClass qos_class(const PodSpec& spec);

}  // namespace orrery::api
