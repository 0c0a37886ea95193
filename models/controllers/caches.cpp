#include "models/controllers/caches.h"

#include <algorithm>

namespace orrery::controllers {
namespace {

using api::Kind;

std::uint32_t slot_of_kind(Kind kind) { return 1 + static_cast<std::uint32_t>(kind); }

}  // namespace

Caches::Caches(const Ports& ports, const InformerConfig& config)
    : pods{ports, slot_of_kind(Kind::Pod), Kind::Pod, config},
      nodes{ports, slot_of_kind(Kind::Node), Kind::Node, config},
      deployments{ports, slot_of_kind(Kind::Deployment), Kind::Deployment, config},
      replica_sets{ports, slot_of_kind(Kind::ReplicaSet), Kind::ReplicaSet, config},
      services{ports, slot_of_kind(Kind::Service), Kind::Service, config},
      endpoint_slices{ports, slot_of_kind(Kind::EndpointSlice), Kind::EndpointSlice, config},
      config_maps{ports, slot_of_kind(Kind::ConfigMap), Kind::ConfigMap, config},
      leases{ports, slot_of_kind(Kind::Lease), Kind::Lease, config},
      replication_controllers{ports, slot_of_kind(Kind::ReplicationController),
                              Kind::ReplicationController, config},
      stateful_sets{ports, slot_of_kind(Kind::StatefulSet), Kind::StatefulSet, config},
      daemon_sets{ports, slot_of_kind(Kind::DaemonSet), Kind::DaemonSet, config},
      controller_revisions{ports, slot_of_kind(Kind::ControllerRevision), Kind::ControllerRevision,
                           config},
      jobs{ports, slot_of_kind(Kind::Job), Kind::Job, config},
      cron_jobs{ports, slot_of_kind(Kind::CronJob), Kind::CronJob, config},
      autoscalers{ports, slot_of_kind(Kind::HorizontalPodAutoscaler), Kind::HorizontalPodAutoscaler,
                  config},
      disruption_budgets{ports, slot_of_kind(Kind::PodDisruptionBudget), Kind::PodDisruptionBudget,
                         config},
      volumes{ports, slot_of_kind(Kind::PersistentVolume), Kind::PersistentVolume, config},
      claims{ports, slot_of_kind(Kind::PersistentVolumeClaim), Kind::PersistentVolumeClaim, config},
      storage_classes{ports, slot_of_kind(Kind::StorageClass), Kind::StorageClass, config},
      attachments{ports, slot_of_kind(Kind::VolumeAttachment), Kind::VolumeAttachment, config},
      secrets{ports, slot_of_kind(Kind::Secret), Kind::Secret, config},
      namespaces{ports, slot_of_kind(Kind::Namespace), Kind::Namespace, config},
      quotas{ports, slot_of_kind(Kind::ResourceQuota), Kind::ResourceQuota, config},
      pod_metrics{ports, slot_of_kind(Kind::PodMetrics), Kind::PodMetrics, config} {
  for (Informer* informer : {&pods,
                             &nodes,
                             &deployments,
                             &replica_sets,
                             &services,
                             &endpoint_slices,
                             &config_maps,
                             &leases,
                             &replication_controllers,
                             &stateful_sets,
                             &daemon_sets,
                             &controller_revisions,
                             &jobs,
                             &cron_jobs,
                             &autoscalers,
                             &disruption_budgets,
                             &volumes,
                             &claims,
                             &storage_classes,
                             &attachments,
                             &secrets,
                             &namespaces,
                             &quotas,
                             &pod_metrics}) {
    by_kind_[static_cast<std::size_t>(informer->kind())] = informer;
  }
}

void Caches::start() {
  for (Informer* informer : by_kind_) {
    if (informer != nullptr) informer->start();
  }
}

bool Caches::synced() const {
  return std::all_of(by_kind_.begin(), by_kind_.end(), [](const Informer* informer) {
    return informer == nullptr || informer->synced();
  });
}

}  // namespace orrery::controllers
