#include "models/api/manifest_kinds.h"

#include <algorithm>
#include <vector>

#include "models/api/name_rules.h"

namespace orrery::api {

const char* api_version_of(Kind kind) {
  switch (kind) {
    case Kind::Pod:
    case Kind::Node:
    case Kind::Service:
    case Kind::ConfigMap:
    case Kind::ReplicationController:
    case Kind::PersistentVolume:
    case Kind::PersistentVolumeClaim:
    case Kind::Secret:
    case Kind::Namespace:
    case Kind::ResourceQuota:
    case Kind::LimitRange:
      return "v1";
    case Kind::Deployment:
    case Kind::ReplicaSet:
    case Kind::StatefulSet:
    case Kind::DaemonSet:
    case Kind::ControllerRevision:
      return "apps/v1";
    case Kind::Job:
    case Kind::CronJob:
      return "batch/v1";
    case Kind::HorizontalPodAutoscaler:
      return "autoscaling/v2";
    case Kind::PodDisruptionBudget:
      return "policy/v1";
    case Kind::StorageClass:
    case Kind::VolumeAttachment:
      return "storage.k8s.io/v1";
    case Kind::PriorityClass:
      return "scheduling.k8s.io/v1";
    case Kind::NetworkPolicy:
    case Kind::Ingress:
    case Kind::IngressClass:
      return "networking.k8s.io/v1";
    case Kind::PodMetrics:
      return "metrics.k8s.io/v1beta1";
    case Kind::EndpointSlice:
      return "discovery.k8s.io/v1";
    case Kind::Lease:
      return "coordination.k8s.io/v1";
  }
  contract_violation("a kind has one of the known values");
}

bool is_read_from_manifests(Kind kind) {
  switch (kind) {
    case Kind::Pod:
    case Kind::Node:
    case Kind::Deployment:
    case Kind::ReplicaSet:
    case Kind::Service:
    case Kind::EndpointSlice:
    case Kind::ConfigMap:
    case Kind::Lease:
    case Kind::Namespace:
    case Kind::ResourceQuota:
    case Kind::LimitRange:
    case Kind::PriorityClass:
    case Kind::ReplicationController:
    case Kind::StatefulSet:
    case Kind::DaemonSet:
    case Kind::Job:
    case Kind::CronJob:
    case Kind::HorizontalPodAutoscaler:
    case Kind::PodDisruptionBudget:
    case Kind::PersistentVolume:
    case Kind::PersistentVolumeClaim:
    case Kind::StorageClass:
    case Kind::Secret:
    case Kind::NetworkPolicy:
    case Kind::Ingress:
    case Kind::IngressClass:
      return true;
    default:
      return false;
  }
}

bool is_kubernetes_group(const std::string& api_version) {
  // Groups of Kubernetes have no dot or end in k8s.io; those of extensions are domains.
  const std::string group = api_version.substr(0, api_version.find('/'));
  const std::string own = ".k8s.io";
  return group.find('.') == std::string::npos ||
         (group.size() > own.size() &&
          group.compare(group.size() - own.size(), own.size(), own) == 0);
}

std::optional<std::string> misspelt_kind(const std::string& api_version, const std::string& kind) {
  static const std::vector<const char*> kCore{"Binding",
                                              "ComponentStatus",
                                              "ConfigMap",
                                              "Endpoints",
                                              "Event",
                                              "LimitRange",
                                              "List",
                                              "Namespace",
                                              "Node",
                                              "PersistentVolume",
                                              "PersistentVolumeClaim",
                                              "Pod",
                                              "PodTemplate",
                                              "ReplicationController",
                                              "ResourceQuota",
                                              "Secret",
                                              "Service",
                                              "ServiceAccount"};
  static const std::vector<const char*> kApps{"ControllerRevision", "DaemonSet", "Deployment",
                                              "ReplicaSet", "StatefulSet"};
  if (api_version != "v1" && api_version != "apps/v1") return std::nullopt;
  const std::vector<const char*>& kinds = api_version == "v1" ? kCore : kApps;
  const bool known = std::any_of(kinds.begin(), kinds.end(),
                                 [&](const char* candidate) { return kind == candidate; });
  return known ? std::nullopt : nearest(kind, kinds);
}

}  // namespace orrery::api
