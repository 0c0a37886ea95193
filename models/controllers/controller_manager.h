/// @file
/// The controller manager: all controllers of a cluster in one component, on shared caches.
///
/// It keeps nothing that it could not find again. It may be destroyed between any two events, with
/// calls in the air, and another one started: the world then converges as if it had only been slow.
/// Who destroys it stops delivering its events.
#pragma once

#include <memory>
#include <vector>

#include "models/controllers/autoscaler.h"
#include "models/controllers/controller_loop.h"
#include "models/controllers/cron_job.h"
#include "models/controllers/disruption.h"
#include "models/controllers/hosted_controllers.h"
#include "models/controllers/job.h"
#include "models/controllers/node_lifecycle.h"
#include "models/controllers/hosted_daemon_set.h"
#include "models/controllers/hosted_replicas.h"
#include "models/controllers/hosted_stateful_set.h"
#include "models/controllers/hosted_storage.h"
#include "models/ports/event.h"

namespace orrery::controllers {

/// Defaults: kube-controller-manager of Kubernetes 1.30.
struct ControllerManagerConfig {
  InformerConfig informer;
  LoopConfig loop;
  std::int32_t deployment_retries_max = 15;  ///< deployment_controller.go maxRetries
  ReplicaSetConfig replica_set;
  StatefulSetConfig stateful_set;
  DaemonSetConfig daemon_set;
  EndpointSliceConfig endpoint_slice;
  NodeLifecycleConfig node_lifecycle;
  JobConfig job;
  CronJobConfig cron_job;
  AutoscalerConfig autoscaler;
  DisruptionConfig disruption;
  AttachDetachConfig attach_detach;
  StorageTimes storage;
};

class ControllerManager : public ports::Component {
 public:
  /// `executor` and `api` must outlive it.
  ControllerManager(ports::OwnerId owner, ports::Executor& executor, ports::ApiClient& api,
                    const ControllerManagerConfig& config = {});
  ControllerManager(const ControllerManager&) = delete;
  ControllerManager& operator=(const ControllerManager&) = delete;

  /// Lists everything; the controllers begin once all caches have been filled.
  void start();

  void on_event(const ports::Event& event) override;

  /// All caches have been filled.
  [[nodiscard]] bool synced() const { return caches_.synced(); }

 private:
  Ports ports_;
  NodeLifecycleConfig node_lifecycle_;
  Caches caches_;
  ports::Timer monitor_;
  std::vector<std::unique_ptr<Controller>> controllers_;
  std::vector<std::unique_ptr<ControllerLoop>> loops_;
};

}  // namespace orrery::controllers
