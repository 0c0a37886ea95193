#include "models/api/quota_usage.h"

#include <algorithm>
#include <array>
#include <optional>

#include "models/base/quantity.h"

namespace orrery::api {
namespace {

/// "count/deployments.apps"; null: not counted.
const char* count_name(Kind kind) {
  switch (kind) {
    case Kind::Pod:
      return "count/pods";
    case Kind::Deployment:
      return "count/deployments.apps";
    case Kind::ReplicaSet:
      return "count/replicasets.apps";
    case Kind::Service:
      return "count/services";
    case Kind::EndpointSlice:
      return "count/endpointslices.discovery.k8s.io";
    case Kind::ConfigMap:
      return "count/configmaps";
    case Kind::Lease:
      return "count/leases.coordination.k8s.io";
    case Kind::ReplicationController:
      return "count/replicationcontrollers";
    case Kind::StatefulSet:
      return "count/statefulsets.apps";
    case Kind::DaemonSet:
      return "count/daemonsets.apps";
    case Kind::ControllerRevision:
      return "count/controllerrevisions.apps";
    case Kind::Job:
      return "count/jobs.batch";
    case Kind::CronJob:
      return "count/cronjobs.batch";
    case Kind::HorizontalPodAutoscaler:
      return "count/horizontalpodautoscalers.autoscaling";
    case Kind::PodDisruptionBudget:
      return "count/poddisruptionbudgets.policy";
    case Kind::PersistentVolumeClaim:
      return "count/persistentvolumeclaims";
    case Kind::Secret:
      return "count/secrets";
    case Kind::ResourceQuota:
      return "count/resourcequotas";
    case Kind::NetworkPolicy:
      return "count/networkpolicies.networking.k8s.io";
    case Kind::Ingress:
      return "count/ingresses.networking.k8s.io";
    case Kind::Node:
    case Kind::LimitRange:
    case Kind::PersistentVolume:
    case Kind::StorageClass:
    case Kind::VolumeAttachment:
    case Kind::Namespace:
    case Kind::PriorityClass:
    case Kind::PodMetrics:
    case Kind::IngressClass:
      return nullptr;
  }
  contract_violation("a kind has one of the known values");
}

/// The older names of some counts.
const char* plain_count_name(Kind kind) {
  switch (kind) {
    case Kind::Service:
      return "services";
    case Kind::ConfigMap:
      return "configmaps";
    case Kind::ReplicationController:
      return "replicationcontrollers";
    case Kind::PersistentVolumeClaim:
      return "persistentvolumeclaims";
    case Kind::Secret:
      return "secrets";
    case Kind::ResourceQuota:
      return "resourcequotas";
    default:
      return nullptr;
  }
}

/// What a pod's containers ask for together, init containers and sidecars as the scheduler counts
/// them.
PodResources effective_limits(const PodSpec& spec) {
  PodSpec limits = spec;
  for (auto* containers : {&limits.init_containers, &limits.containers}) {
    for (Container& container : *containers) container.requests = container.limits;
  }
  return effective_requests(limits);
}

void add_pod(const Pod& pod, QuotaAmounts& used) {
  if (has_ended(pod)) return;
  used["pods"] += 1;
  const PodResources requests = effective_requests(pod.spec);
  for (const char* name : {"cpu", "requests.cpu"}) used[name] += requests.cpu_milli;
  for (const char* name : {"memory", "requests.memory"}) used[name] += requests.memory_bytes;
  for (const auto& [name, amount] : requests.extended) used["requests." + name] += amount;
  const PodResources limits = effective_limits(pod.spec);
  used["limits.cpu"] += limits.cpu_milli;
  used["limits.memory"] += limits.memory_bytes;
}

void add_claim(const PersistentVolumeClaim& claim, QuotaAmounts& used) {
  used["requests.storage"] += claim.spec.request_bytes;
  if (!claim.spec.storage_class || claim.spec.storage_class->empty()) return;
  const std::string prefix = *claim.spec.storage_class + ".storageclass.storage.k8s.io/";
  used[prefix + "requests.storage"] += claim.spec.request_bytes;
  used[prefix + "persistentvolumeclaims"] += 1;
}

void add_service(const Service& service, QuotaAmounts& used) {
  if (service.spec.type == "LoadBalancer") used["services.loadbalancers"] += 1;
  if (service.spec.type == "LoadBalancer" || service.spec.type == "NodePort") {
    used["services.nodeports"] += static_cast<std::int64_t>(service.spec.ports.size());
  }
}

}  // namespace

QuotaAmounts quota_usage(const Object& object) {
  QuotaAmounts used;
  const Kind kind = kind_of(object);
  if (const char* name = count_name(kind)) used[name] += 1;
  if (const char* name = plain_count_name(kind)) used[name] += 1;
  if (const auto* pod = std::get_if<Pod>(&object)) add_pod(*pod, used);
  if (const auto* claim = std::get_if<PersistentVolumeClaim>(&object)) add_claim(*claim, used);
  if (const auto* service = std::get_if<Service>(&object)) add_service(*service, used);
  return used;
}

std::string missing_for_quota(const PodSpec& pod, const QuotaAmounts& hard) {
  struct Stated {
    const char* resource;
    const char* other_name;  ///< Null: none.
    bool (*is_stated)(const Container&);
  };
  static constexpr std::array<Stated, 4> kStated{
      {{"limits.cpu", nullptr, [](const Container& c) { return c.limits.cpu_milli.has_value(); }},
       {"limits.memory", nullptr,
        [](const Container& c) { return c.limits.memory_bytes.has_value(); }},
       {"requests.cpu", "cpu", [](const Container& c) { return c.requests.cpu_milli.has_value(); }},
       {"requests.memory", "memory",
        [](const Container& c) { return c.requests.memory_bytes.has_value(); }}}};
  std::string text;
  for (const Stated& stated : kStated) {
    const bool limited = hard.contains(stated.resource) ||
                         (stated.other_name != nullptr && hard.contains(stated.other_name));
    if (!limited) continue;
    std::string names;
    for (const auto* containers : {&pod.containers, &pod.init_containers}) {
      for (const Container& container : *containers) {
        if (!stated.is_stated(container)) names += (names.empty() ? "" : ",") + container.name;
      }
    }
    if (names.empty()) continue;
    text += (text.empty() ? "" : "; ") + std::string{stated.resource} + " for: " + names;
  }
  return text;
}

bool is_cpu_quota(const std::string& resource) {
  return resource == "cpu" || resource == "requests.cpu" || resource == "limits.cpu";
}

bool is_counted_quota(const std::string& resource) {
  static constexpr std::array kNames{"pods",
                                     "cpu",
                                     "requests.cpu",
                                     "memory",
                                     "requests.memory",
                                     "limits.cpu",
                                     "limits.memory",
                                     "requests.storage",
                                     "services.loadbalancers",
                                     "services.nodeports"};
  if (std::find(kNames.begin(), kNames.end(), resource) != kNames.end()) return true;
  for (int number = 0; number < kKindCount; ++number) {
    const auto kind = static_cast<Kind>(number);
    for (const char* name : {count_name(kind), plain_count_name(kind)}) {
      if (name != nullptr && resource == name) return true;
    }
  }
  const bool extended =
      resource.starts_with("requests.") && resource.find('/') != std::string::npos;
  return extended || resource.ends_with(".storageclass.storage.k8s.io/requests.storage") ||
         resource.ends_with(".storageclass.storage.k8s.io/persistentvolumeclaims");
}

std::string quota_text(const std::string& resource, std::int64_t amount) {
  return resource + "=" + (is_cpu_quota(resource) ? milli_text(amount) : amount_text(amount));
}

}  // namespace orrery::api
