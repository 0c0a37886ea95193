/// @file
/// The API's words for our enumerations, in the order of the enumerators: one list for reading and
/// writing.
#pragma once

#include <array>

#include "models/api/meta.h"
#include "models/api/pod.h"

namespace orrery::api {

template <std::size_t N>
using Names = std::array<const char*, N>;

inline constexpr Names<3> kPullPolicies{"Always", "IfNotPresent", "Never"};
inline constexpr Names<3> kRestartPolicies{"Always", "OnFailure", "Never"};
inline constexpr Names<5> kPodPhases{"Pending", "Running", "Succeeded", "Failed", "Unknown"};
inline constexpr Names<3> kConditionStatuses{"False", "True", "Unknown"};
inline constexpr Names<3> kContainerStates{"waiting", "running", "terminated"};
inline constexpr Names<6> kSelectorOperators{"In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"};
inline constexpr Names<kKindCount> kKinds{"Pod",
                                          "Node",
                                          "Deployment",
                                          "ReplicaSet",
                                          "Service",
                                          "EndpointSlice",
                                          "ConfigMap",
                                          "Lease",
                                          "ReplicationController",
                                          "StatefulSet",
                                          "DaemonSet",
                                          "ControllerRevision",
                                          "Job",
                                          "CronJob",
                                          "HorizontalPodAutoscaler",
                                          "PodDisruptionBudget",
                                          "PersistentVolume",
                                          "PersistentVolumeClaim",
                                          "StorageClass",
                                          "VolumeAttachment",
                                          "Secret",
                                          "Namespace",
                                          "ResourceQuota",
                                          "LimitRange",
                                          "PriorityClass",
                                          "PodMetrics",
                                          "NetworkPolicy",
                                          "Ingress",
                                          "IngressClass"};

/// The name of an enumerator.
template <class Enum, std::size_t N>
[[nodiscard]] constexpr const char* name_of(Enum value, const Names<N>& names) {
  const auto position = static_cast<std::size_t>(value);
  expects(position < N, "an enumerator has a name");
  return names[position];
}

}  // namespace orrery::api
