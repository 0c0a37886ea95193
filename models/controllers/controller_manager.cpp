#include "models/controllers/controller_manager.h"

#include <utility>

#include "models/controllers/hosted_autoscaler.h"
#include "models/controllers/hosted_cron_job.h"
#include "models/controllers/hosted_disruption.h"
#include "models/controllers/hosted_job.h"
#include "models/controllers/hosted_namespaces.h"
#include "models/controllers/hosted_node_lifecycle.h"
#include "models/controllers/hosted_owner_garbage.h"
#include "models/controllers/hosted_quotas.h"

namespace orrery::controllers {
namespace {

// Slots: 0 for the monitor's timer, those of the caches, then the loops.
constexpr std::uint32_t kMonitorSlot = 0;
constexpr std::uint32_t kFirstLoopSlot = 1 + api::kKindCount;

}  // namespace

ControllerManager::ControllerManager(ports::OwnerId owner, ports::Executor& executor,
                                     ports::ApiClient& api, const ControllerManagerConfig& config)
    : ports_{executor, api, owner},
      node_lifecycle_{config.node_lifecycle},
      caches_{ports_, config.informer},
      monitor_{executor, owner, call_id(kMonitorSlot, 0)} {
  const auto host = [&](std::unique_ptr<Controller> controller, const LoopConfig& loop) {
    const auto slot = kFirstLoopSlot + static_cast<std::uint32_t>(loops_.size());
    loops_.push_back(std::make_unique<ControllerLoop>(ports_, slot, *controller, loop));
    controllers_.push_back(std::move(controller));
  };
  LoopConfig deployments = config.loop;
  deployments.retries_max = config.deployment_retries_max;
  LoopConfig endpoint_slices = config.loop;
  endpoint_slices.queue.backoff_base = config.endpoint_slice.backoff_base;
  endpoint_slices.retries_max = config.endpoint_slice.retries_max;

  host(std::make_unique<DeploymentController>(caches_), deployments);
  host(std::make_unique<ReplicaSetController>(caches_, config.replica_set), config.loop);
  host(std::make_unique<EndpointSliceController>(caches_, config.endpoint_slice), endpoint_slices);
  host(std::make_unique<NodeHealthController>(caches_, config.node_lifecycle, executor),
       config.loop);
  host(std::make_unique<TaintEvictionController>(caches_), config.loop);
  host(std::make_unique<PodGarbageController>(caches_, config.node_lifecycle), config.loop);
  host(std::make_unique<OwnerGarbageController>(caches_), config.loop);
  host(std::make_unique<NamespaceController>(caches_), config.loop);
  host(std::make_unique<QuotaController>(caches_), config.loop);
  host(std::make_unique<ReplicationControllerController>(caches_, config.replica_set), config.loop);
  host(std::make_unique<StatefulSetController>(caches_, config.stateful_set), config.loop);
  host(std::make_unique<DaemonSetController>(caches_, config.daemon_set), config.loop);
  host(std::make_unique<JobController>(caches_, config.job), config.loop);
  host(std::make_unique<CronJobController>(caches_, config.cron_job), config.loop);
  host(std::make_unique<AutoscalerController>(caches_, config.autoscaler), config.loop);
  host(std::make_unique<DisruptionController>(caches_, config.disruption), config.loop);
  host(std::make_unique<PersistentVolumeController>(caches_, config.storage), config.loop);
  host(std::make_unique<AttachDetachController>(caches_, config.attach_detach, config.storage),
       config.loop);
}

void ControllerManager::start() {
  caches_.start();
  monitor_.arm(ports_.executor.now() + node_lifecycle_.monitor_period);
}

void ControllerManager::on_event(const ports::Event& event) {
  const std::uint32_t slot = controllers::slot_of(event.id);
  if (slot == kMonitorSlot) {
    monitor_.arm(ports_.executor.now() + node_lifecycle_.monitor_period);
    if (synced()) {
      for (const auto& loop : loops_) loop->tick();
    }
  } else if (slot < kFirstLoopSlot) {
    for (const Change& change : caches_.of(static_cast<api::Kind>(slot - 1))->on_event(event)) {
      for (const auto& loop : loops_) loop->observe(change);
    }
  } else {
    loops_.at(slot - kFirstLoopSlot)->on_event(event);
  }
  if (!synced()) return;
  for (const auto& loop : loops_) loop->pump();
}

}  // namespace orrery::controllers
