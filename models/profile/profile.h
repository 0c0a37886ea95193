/// @file
/// Profiles: what a version of Kubernetes is, as named values. Models branch on fields, never on
/// versions; a profile is only the table that fills the fields.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "models/controllers/cluster_autoscaler_config.h"
#include "models/controllers/controller_manager.h"
#include "models/controllers/leader_election.h"
#include "models/discovery/node_proxy.h"
#include "models/kubelet/kubelet_config.h"
#include "models/scheduler/scheduler.h"

namespace orrery::profile {

struct Profile {
  std::string_view name;
  kubelet::KubeletConfig kubelet;
  controllers::ControllerManagerConfig controllers;
  controllers::LeaderElectionConfig leader_election;
  scheduler::SchedulerConfig scheduler;
  controllers::ClusterAutoscalerConfig cluster_autoscaler;
  discovery::NodeProxyConfig proxy;
};

/// The profile of that name ("kubernetes-1.30", "kubernetes-1.30-hpa-1.15", "kubernetes-1.32"), or
/// nothing.
[[nodiscard]] std::optional<Profile> profile_named(std::string_view name);

/// All names, oldest first; a variant after what it varies.
[[nodiscard]] std::vector<std::string_view> profile_names();

}  // namespace orrery::profile
