/// @file
/// Where the pods of a DaemonSet run, and what each of them is.
///
/// Source: Kubernetes pkg/controller/daemon (NodeShouldRunDaemonPod), pkg/controller/daemon/util.
#pragma once

#include <string>
#include <vector>

#include "models/api/objects.h"

namespace orrery::controllers {

/// Whether a node should have a daemon pod.
struct Eligibility {
  bool should_run = false;           ///< One is made if there is none.
  bool should_keep_running = false;  ///< One that is there stays.

  friend bool operator==(const Eligibility&, const Eligibility&) = default;
};

/// The tolerations of a daemon pod: those of its template, and the taints that say a node is in
/// trouble, which a daemon outlasts: not-ready and unreachable NoExecute without a limit;
/// disk-pressure, memory-pressure, pid-pressure and unschedulable NoSchedule; of pods on the host's
/// network also network-unavailable NoSchedule.
[[nodiscard]] std::vector<api::Toleration> daemon_tolerations(const api::PodSpec& pod);

/// By the name, selector and affinity of the pod and the node's taints; `tolerations` are
/// daemon_tolerations. A taint NoSchedule keeps new pods away, NoExecute drives old ones off.
[[nodiscard]] Eligibility eligibility(const api::PodSpec& pod,
                                      const std::vector<api::Toleration>& tolerations,
                                      const api::Node& node);

/// A pod for that node: bound by the scheduler, to which a required node affinity of the node's
/// name leaves no choice.
[[nodiscard]] api::Pod daemon_pod(const api::DaemonSet& set, const std::string& node_name,
                                  const std::string& revision_hash);

/// The node a daemon pod runs on or is meant for; empty if it is meant for none.
[[nodiscard]] std::string target_node(const api::Pod& pod);

}  // namespace orrery::controllers
