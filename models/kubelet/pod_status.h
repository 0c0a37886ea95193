/// @file
/// The status a kubelet reports for a pod, as a function of what it knows.
///
/// Source: Kubernetes pkg/kubelet/kubelet_pods.go (getPhase, convertToAPIContainerStatuses) and
/// pkg/kubelet/status/generate.go.
#pragma once

#include <string>
#include <vector>

#include "models/api/pod.h"
#include "models/kubelet/container_record.h"

namespace orrery::kubelet {

/// Why a pod fails although its containers did not: a deadline, pressure on its node.
struct PodFailure {
  std::string reason;
  std::string message;
  bool disruption =
      false;  ///< Ended by the kubelet for the node's sake: condition DisruptionTarget.
};

/// References are read during the call only.
struct PodObservation {
  const api::Pod& pod;             ///< As the API server has it; conditions of others are kept.
  const api::PodStatus& reported;  ///< What was reported last: transition times continue from it.
  const std::vector<const ContainerRecord*>& init_containers;
  const std::vector<const ContainerRecord*>& containers;
  bool sandbox_ready = false;
  std::string pod_ip;  ///< Empty: no sandbox.
  std::string host_ip;
  Instant start_time;                   ///< When a kubelet first saw the pod.
  bool terminating = false;             ///< No container will be started any more.
  const PodFailure* failure = nullptr;  ///< Takes effect when nothing runs any more.
};

/// Whether init container `record` has done its part: a sidecar when it has been started, any other
/// when it has ended well.
[[nodiscard]] bool initialized(const ContainerRecord& record);

[[nodiscard]] api::PodStatus make_pod_status(const PodObservation& seen, Instant now);

}  // namespace orrery::kubelet
