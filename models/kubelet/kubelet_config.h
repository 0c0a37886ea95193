/// @file
/// Every number a kubelet lives by, with the value Kubernetes gives it.
///
/// A Kubernetes version is a set of these values; no code asks for the version. Sources are files
/// of the Kubernetes repository at 1.30 unless another version is named.
#pragma once

#include <vector>

#include "models/api/objects.h"
#include "models/base/time_types.h"
#include "models/kubelet/eviction.h"
#include "models/kubelet/image_collector.h"

namespace orrery::kubelet {

struct KubeletConfig {
  /// Labels of the Node object, next to kubernetes.io/hostname (flag --node-labels).
  api::Labels node_labels;
  /// Taints of a Node object that it creates (flag --register-with-taints); one that exists keeps
  /// its own.
  std::vector<api::Taint> node_taints;

  /// Lease renewal: every period x 1..1+jitter; a failed one is tried again after 200 ms, doubling
  /// to 7 s. (KubeletConfiguration nodeLeaseDurationSeconds; component-helpers lease/controller.go)
  Duration lease_duration = Duration::seconds(40);
  Duration lease_renew_period = Duration::seconds(10);
  double lease_renew_jitter = 0.04;
  Duration lease_retry_initial = Duration::milliseconds(200);
  Duration lease_retry_cap = Duration::seconds(7);

  /// An unchanged node status is written this often (KubeletConfiguration
  /// nodeStatusReportFrequency). What the API server has of it is compared with it whenever a
  /// period of nodeStatusUpdateFrequency is over, and written if it differs; a failed write is
  /// tried again after such a period.
  Duration node_status_heartbeat = Duration::minutes(5);
  Duration node_status_update = Duration::seconds(10);
  int node_status_attempts = 5;  ///< To learn it, per period (kubelet.go nodeStatusUpdateRetry).
  /// The node reports NotReady when the runtime has not answered for so long
  /// (kubelet.go maxWaitForContainerRuntime).
  Duration runtime_silence_max = Duration::seconds(30);

  /// Restart back-off: doubles from initial to cap; forgotten when a container ends more than
  /// `back_off_reset` after its last restart (kubelet.go MaxContainerBackOff, client-go backoff.go:
  /// twice the 300 s, also where the cap is configured lower).
  Duration restart_back_off_initial = Duration::seconds(10);
  Duration restart_back_off_cap = Duration::seconds(300);
  Duration back_off_reset = Duration::seconds(600);

  /// The same for image pulls (kubelet.go imageBackOffPeriod, MaxImageBackOff).
  Duration pull_back_off_initial = Duration::seconds(10);
  Duration pull_back_off_cap = Duration::seconds(300);

  /// A pod that waits for a back-off or failed a step is looked at again after this x 1..1+jitter
  /// (pod_workers.go backOffPeriod, workerBackOffPeriodJitterFactor).
  Duration back_off_resync = Duration::seconds(10);
  double resync_jitter = 0.5;
  /// Kubernetes 1.36: a backing-off pod is looked at after min(remaining delay, resync_cap) x
  /// jitter.
  bool resync_follows_delay = false;
  Duration resync_cap = Duration::seconds(60);

  /// All pods are looked at this often for those whose active deadline has passed (kubelet.go
  /// syncLoop, getPodsToSync).
  Duration sync_period = Duration::seconds(1);

  /// Pulls that may be begun: `registry_burst` at once, then `registry_qps` a second; the next one
  /// fails at once. 0: no limit. (KubeletConfiguration registryPullQPS, registryBurst)
  std::int32_t registry_qps = 5;
  std::int32_t registry_burst = 10;
  /// Mounted configuration is looked at again after this x 1..1+resync_jitter
  /// (KubeletConfiguration syncFrequency, pod_workers.go workerResyncIntervalJitterFactor).
  Duration volume_sync_period = Duration::seconds(60);
  /// How long a pod waits for its volumes before the attempt counts as failed
  /// (volume_manager.go podAttachAndMountTimeout).
  Duration mount_wait = Duration::seconds(123);

  /// Image pulls at a time; serial by default (serializeImagePulls, maxParallelImagePulls).
  int parallel_pulls = 1;

  /// Node-pressure eviction, and the removal of unused images.
  EvictionConfig eviction;
  ImageCollectionConfig image_collection;
  /// The list of the node's images is looked at again so long after it changed
  /// (image_gc_manager.go, image cache), and the largest are reported (nodestatus.Images).
  Duration image_list_period = Duration::seconds(30);
  std::size_t reported_images_max = 50;

  /// Whether anybody reads metrics of pods; if so, they are measured and written this often
  /// (metrics-server --metric-resolution as its manifests set it). A container counts from its
  /// start if that is so long ago, and within one period (metrics-server
  /// freshContainerMinMetricsResolution).
  bool reports_metrics = false;
  Duration metrics_period = Duration::seconds(15);
  Duration fresh_container_min_window = Duration::seconds(10);

  /// Kept from pods: kubeReserved and systemReserved together. Allocatable is capacity less this
  /// and less the hard threshold of memory.
  std::int64_t reserved_cpu_milli = 0;
  std::int64_t reserved_memory_bytes = 0;

  /// The least a container gets between TERM and KILL (kuberuntime_manager.go
  /// minimumGracePeriodInSeconds).
  Duration minimum_grace = Duration::seconds(2);
  /// Bound of a postStart hook (KubeletConfiguration runtimeRequestTimeout).
  Duration post_start_timeout = Duration::minutes(2);

  /// A probe without verdict is repeated at once, so many times in all (prober.go maxProbeRetries).
  int probe_attempts = 3;

  /// An exit notice may come so much later than the reply to the stop; after that, a list is made.
  Duration exit_notice_lag = Duration::milliseconds(100);
  /// Stop and remove calls that fail are repeated after this, doubling.
  Duration removal_retry_initial = Duration::milliseconds(100);
  Duration removal_retry_cap = Duration::seconds(1);
  /// After a call with an unknown outcome, and after the start of the kubelet, the runtime may
  /// still be rolling back what a lost client had begun: look (again) after this.
  Duration roll_back_time = Duration::seconds(1);
  /// A list of the runtime that failed is repeated after this, doubling.
  Duration runtime_list_retry_initial = Duration::milliseconds(200);
  Duration runtime_list_retry_cap = Duration::seconds(5);

  /// Listing and watching pods after a failure (client-go reflector.go), x 1..2.
  Duration list_retry_initial = Duration::milliseconds(800);
  Duration list_retry_cap = Duration::seconds(30);
  double list_retry_jitter = 1.0;
  /// Writes of a pod (status, deletion) after a failure, doubling up to status_manager.go's period.
  Duration write_retry_initial = Duration::milliseconds(500);
  Duration write_retry_cap = Duration::seconds(10);
};

}  // namespace orrery::kubelet
