#include "models/profile/profile.h"

namespace orrery::profile {
namespace {

/// The defaults of the configuration structs are those of 1.30.
Profile kubernetes_1_30() {
  Profile profile;
  profile.name = "kubernetes-1.30";
  return profile;
}

Profile kubernetes_1_32() {
  Profile profile;
  profile.name = "kubernetes-1.32";
  // kube-controller-manager --node-monitor-grace-period (kubernetes/kubernetes#126287).
  profile.controllers.node_lifecycle.monitor_grace = Duration::seconds(50);
  // A Job is over when its pods are (kubernetes/kubernetes#125510, since 1.31).
  profile.controllers.job.ends_after_pods = true;
  // Feature gate ServiceTrafficDistribution, on by default since 1.31.
  profile.controllers.endpoint_slice.traffic_distribution = true;
  // Feature gate SchedulerQueueingHints, on by default (kubernetes/kubernetes#128472).
  profile.scheduler.queueing_hints = true;
  return profile;
}

/// 1.30 with the autoscaler of 1.15, the last that took what runs for what was asked for
/// (kubernetes/kubernetes#72775, mended by #79035 in 1.16).
Profile kubernetes_1_30_hpa_1_15() {
  Profile profile = kubernetes_1_30();
  profile.name = "kubernetes-1.30-hpa-1.15";
  profile.controllers.autoscaler.size_from_status = true;
  return profile;
}

}  // namespace

std::optional<Profile> profile_named(std::string_view name) {
  for (Profile profile : {kubernetes_1_30(), kubernetes_1_30_hpa_1_15(), kubernetes_1_32()}) {
    if (profile.name == name) return profile;
  }
  return std::nullopt;
}

std::vector<std::string_view> profile_names() {
  return {"kubernetes-1.30", "kubernetes-1.30-hpa-1.15", "kubernetes-1.32"};
}

}  // namespace orrery::profile
