/// @file
/// The kubelet of one node: brings the pods bound to its node to life, watches over them, and says
/// how they are. One implementation for every world; it knows its ports and nothing else.
///
/// Source: Kubernetes pkg/kubelet (1.30); values in kubelet_config.h.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "models/kubelet/followed_objects.h"
#include "models/kubelet/image_puller.h"
#include "models/kubelet/leftovers.h"
#include "models/kubelet/metrics_reporter.h"
#include "models/kubelet/node_heartbeat.h"
#include "models/kubelet/node_pressure.h"
#include "models/kubelet/node_services.h"
#include "models/kubelet/pod_worker.h"
#include "models/kubelet/runtime_lister.h"
#include "models/kubelet/volumes_in_use.h"

namespace orrery::kubelet {

/// Who a kubelet is.
struct NodeIdentity {
  ports::OwnerId owner{};
  std::string node_name;
  api::NodeResources resources;
  std::string address;  ///< The node's: hostIP of its pods.
};

/// A process: ends when it is destroyed, leaving its pods running. Its successor adopts them.
///
/// Requires of the ports: replies and timers of an earlier kubelet do not reach this one (a
/// restarted process has a new OwnerId, or the world drops what its predecessor had open).
class Kubelet : public ports::Component {
 public:
  /// The ports must outlive it.
  Kubelet(NodeIdentity identity, ports::Executor& executor, ports::ApiClient& api,
          ports::ContainerRuntime& runtime, ports::Prober& prober, Draws draws,
          KubeletConfig config = {});
  ~Kubelet() override;

  /// Registers the node, lists the runtime and the pods. Nothing is done to any pod before both
  /// lists are known. Call once.
  void start();

  void on_event(const ports::Event& event) override;

  /// Pods it looks after, those on their way out included.
  [[nodiscard]] std::size_t pod_count() const { return slot_of_uid_.size(); }

 private:
  struct Slot {
    std::uint32_t generation = 0;
    std::unique_ptr<PodWorker> worker;  ///< Null: free.
  };

  void handle(const ports::Event& event);

  // Pods of the API server.
  void list_pods();
  void on_pod_list(const ports::Event& event);
  void on_watch_event(const ports::Event& event);
  void list_pods_later();
  void take_pod(const api::ObjectPtr& pod);
  void lose_pod(const std::string& uid);

  // The runtime.
  void on_runtime_list(const ports::Event& event);
  void on_runtime_notice(const ports::RuntimeNotice& notice);
  void begin_if_ready();

  PodWorker& add_worker(const api::ObjectPtr& pod, bool in_api);
  [[nodiscard]] std::vector<PodWorker*> workers() const;
  [[nodiscard]] std::vector<const api::Pod*> active_pods() const;
  [[nodiscard]] PodWorker* worker_of(const std::string& uid);
  void forget_if_removable(std::uint32_t slot);
  void forget_if_removable(const std::string& uid);

  // Volumes.
  void on_followed(const ports::Event& event);
  /// Once it is known which volumes every pod uses, what an earlier kubelet reported counts no
  /// more.
  void settle_volumes_in_use();
  template <class Waits>
  void sync_those_that(Waits waits);

  NodeServices node_;
  VolumesInUse volumes_in_use_;
  NodeHeartbeat heartbeat_;
  NodePressure pressure_;
  MetricsReporter metrics_;
  RuntimeLister lister_;
  ImagePuller puller_;
  Leftovers leftovers_;
  FollowedObjects objects_;

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::map<std::string, std::uint32_t> slot_of_uid_;

  std::uint64_t list_call_ = 0;
  std::uint64_t watch_call_ = 0;
  std::uint32_t sequence_ = 0;
  ports::Timer list_timer_;
  RetryDelay list_retry_;
  std::uint64_t list_failures_ = 0;

  bool pods_known_ = false;
  std::map<std::string, api::ObjectPtr> early_pods_;  ///< By uid: seen before the runtime was.
  std::shared_ptr<const ports::EventBody> runtime_;   ///< The first list, until both are known.
  std::uint64_t runtime_stamp_ = 0;
  bool begun_ = false;  ///< Both lists are known.
};

}  // namespace orrery::kubelet
