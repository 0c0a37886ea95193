/// @file
/// The simulated world: a control plane, nodes with their agents, clients outside, one clock.
///
/// It runs the very components that drive live hosts, each in a simulated process that a fault can
/// end: the API server, every replica of the controller manager and of the scheduler, every kubelet
/// and every node proxy. Nothing here decides anything that one of them decides.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "models/controllers/controller_manager.h"
#include "models/controllers/leader_election.h"
#include "models/discovery/node_proxy.h"
#include "models/kubelet/kubelet.h"
#include "models/profile/profile.h"
#include "models/recording/event_log.h"
#include "models/scheduler/scheduler.h"
#include "sim/fabric/fabric.h"
#include "sim/kernel/kernel.h"
#include "sim/traffic/edge_faults.h"
#include "sim/traffic/failure_ledger.h"
#include "sim/traffic/traffic_model.h"
#include "sim/traffic/traffic_observer.h"
#include "sim/world/dispatcher.h"
#include "sim/world/pod_meter.h"
#include "sim/world/sim_api.h"
#include "sim/world/sim_cloud.h"
#include "sim/world/sim_data_plane.h"
#include "sim/world/sim_network_filter.h"
#include "sim/world/sim_node.h"

namespace orrery::sim {

class RequestEngine;

struct WorldNode {
  std::string name;
  std::uint32_t zone = 0;
  api::NodeResources resources;
  api::Labels labels;
  std::vector<api::Taint> taints;  ///< From the first registration on.
  std::int64_t disk_bytes = 0;     ///< For images, logs and writable layers; 0: never runs out.
  /// Kept from pods, and the thresholds at which pods are evicted; absent: the profile's.
  std::int64_t reserved_cpu_milli = 0;
  std::int64_t reserved_memory_bytes = 0;
  std::optional<std::vector<kubelet::EvictionThreshold>> eviction_hard;
  std::string group;  ///< Of machines, by name; empty: it is always there.
};

/// How far the parts of the world are from each other. Defaults: a control plane and node agents of
/// ours on one idle two-core host, API calls over mTLS with a durable write.
struct WorldTimings {
  ApiLatency control_plane{Duration::microseconds(1500), Duration::microseconds(100)};
  ApiLatency node{Duration::microseconds(2000), Duration::microseconds(600)};
  Duration probe_latency = Duration::microseconds(100);
  Duration endpoint_delay = Duration::microseconds(200);
  Duration cloud = Duration::milliseconds(50);  ///< To the cloud, and back.
  RuntimeTimings runtime;
};

/// A part of the control plane beside the API server.
enum class ControlPart : std::uint8_t { Controllers, Scheduler };
/// "controller-manager", "scheduler": also the names of their clients at the API server. The client
/// of a node's kubelet is called "Node/NAME", that of its proxy "Proxy/NAME".
[[nodiscard]] const char* to_string(ControlPart part);

struct WorldConfig {
  std::uint64_t seed = 1;
  std::vector<WorldNode> nodes;
  /// With any, a cluster autoscaler runs beside the control plane.
  std::vector<MachineGroup> groups;
  std::map<std::string, ImageModel> images;
  FabricConfig fabric;
  TrafficModel traffic;
  Instant warmup;  ///< Requests that began earlier and failed are not counted.
  std::vector<ServiceBinding> bindings;
  WorldTimings timings;
  profile::Profile profile;
  SimApiConfig api;
  /// By name: what autoscalers are told that ask for other metrics than CPU and memory.
  std::map<std::string, MetricModel> metrics;
  /// Of the controller manager and of the scheduler each. With several, one leads: it holds a
  /// lease.
  std::uint32_t replicas = 1;
  bool shares_cores = false;          ///< Pods have no more cores together than their node.
  bool has_network_policies = false;  ///< Some day: then the network has a policy agent.
};

class SimWorld {
 public:
  /// `log` must outlive the world; `observer` may be null.
  SimWorld(WorldConfig config, recording::EventLog& log, WriteObserver* observer);
  ~SimWorld();
  SimWorld(const SimWorld&) = delete;
  SimWorld& operator=(const SimWorld&) = delete;

  /// Starts every process and the load.
  void start();

  /// Runs until `end`, events at `end` included.
  void run_until(Instant end);

  [[nodiscard]] Instant now() const { return kernel_.now(); }
  [[nodiscard]] const store::ApiServer& api() const { return api_->server(); }
  [[nodiscard]] const RequestEngine& traffic() const { return *engine_; }
  /// The failed requests so far, by kind; their causes are records of the log.
  [[nodiscard]] const std::vector<FailureTally>& failures() const { return failures_->tallies(); }
  /// Told of every request from now on; must outlive the world.
  void set_traffic_observer(TrafficObserver* observer);

  /// Carries out a call at once, as the person at the keyboard.
  ports::Outcome apply(const ports::ApiCall& call, ports::CauseId cause) {
    return api_->call_now(call, cause);
  }

  /// The pod that leads the service, "namespace/name"; null while none does. Requires: the model
  /// has the service, and that has leaders.
  [[nodiscard]] api::ObjectPtr leader_of(const std::string& service) const;
  /// Whoever leads the service waits so much longer from now on; zero: as usual. Requires:
  /// likewise.
  void slow_leader(const std::string& service, Duration by, ports::CauseId cause);

  // Faults. Each returns false if there was nothing to hit.
  bool kill_container(const api::Pod& pod, const std::string& container, ports::CauseId cause);
  /// Requests and health checks of a container fail, or its checks hang, for so long.
  bool afflict(const api::Pod& pod, const std::string& container, Illness illness, Duration lasts,
               ports::CauseId cause);
  /// Something takes from a container, or adds to its work, for so long.
  bool strain(const api::Pod& pod, const std::string& container, const Strain& strain,
              Duration lasts, ports::CauseId cause);
  /// All that a container does stands still for so long.
  bool stop_world(const api::Pod& pod, const std::string& container, Duration lasts,
                  ports::CauseId cause);
  /// Every node has the image from now on. Without effect if there is one of that name.
  void put_image(const std::string& name, const ImageModel& image);
  /// The proxy of a node, or of the clients outside ("clients"), hears of no change from now on.
  bool cut_proxy(const std::string& node, ports::CauseId cause);
  void restore_proxy(const std::string& node);
  bool crash_node(const std::string& name, ports::CauseId cause);
  bool restore_node(const std::string& name, ports::CauseId cause);
  bool kill_control_plane();
  bool start_control_plane(ports::CauseId cause);
  /// Ends the replica that works, or one that waits if none does.
  bool kill_control_part(ControlPart part);
  /// Starts the replicas that are down.
  bool start_control_part(ControlPart part, ports::CauseId cause);
  /// Ends the replica that works after its `writes`-th write from now on; it is started again
  /// `downtime` later.
  bool crash_control_part(ControlPart part, std::uint32_t writes, Duration downtime);
  bool kill_node_agent(const std::string& node, ports::CauseId cause);  ///< Kubelet and proxy.
  bool start_node_agent(const std::string& node, ports::CauseId cause);
  bool kill_kubelet(const std::string& node, ports::CauseId cause);
  bool start_kubelet(const std::string& node, ports::CauseId cause);
  /// Between the API server and the node's kubelet and proxy.
  bool cut_node(const std::string& node, ports::CauseId cause);
  void restore_connection(const std::string& node);
  /// Nothing is left of the node's disk from now on, or what there was again.
  bool set_disk_full(const std::string& node, bool full, ports::CauseId cause);
  /// Of the registry's link; nothing: it is off. False: no image is ever pulled here.
  bool set_registry(std::optional<std::int64_t> bytes_per_second);
  [[nodiscard]] std::int64_t registry_bytes_per_second() const {
    return config_.fabric.registry_bytes_per_second;
  }
  /// The way to the API server, for its other faults.
  [[nodiscard]] SimApi& api_faults() { return *api_; }

  /// See RequestEngine.
  void set_policy(std::uint32_t route, resilience::RoutePolicy policy, PolicyCauses causes,
                  Keeps keeps = Keeps::Nothing);

  /// On the ways between callers and the called; see RequestEngine.
  [[nodiscard]] std::uint32_t add_edge_fault(EdgeFault fault);
  std::uint64_t remove_edge_fault(std::uint32_t handle);
  /// "namespace/name"; nothing if it is not in the traffic model.
  [[nodiscard]] std::optional<ServiceIndex> service_named(const std::string& name) const;
  /// As instances know their node; nothing if it has never been there.
  [[nodiscard]] std::optional<std::uint32_t> node_named(const std::string& name) const;

  /// Which data a running container of the pod finds at a path; nothing if nothing is mounted.
  [[nodiscard]] std::optional<DataId> data_at(const api::Pod& pod, const std::string& container,
                                              const std::string& path) const;

  [[nodiscard]] std::uint64_t events() const { return kernel_.dispatched(); }
  [[nodiscard]] const Fingerprint& fingerprint() { return dispatcher_.fingerprint(); }

 private:
  struct Replica;
  struct KubeletProcess;
  struct ProxyProcess;
  struct AutoscalerProcess;
  struct PolicyProcess;
  struct Host;

  /// At the node of a pod, if that is not gone.
  template <class Act>
  bool act_on(const api::Pod& pod, ports::CauseId cause, const Act& act);
  [[nodiscard]] Host* host_named(const std::string& name);
  /// `node`: null for the clients outside.
  [[nodiscard]] std::unique_ptr<ProxyProcess> start_proxy(std::string name,
                                                          SimDataPlane& data_plane,
                                                          const WorldNode* node);
  void start_kubelet_of(Host& host);
  void start_proxy_of(Host& host);
  void stop_kubelet_of(Host& host);
  void stop_proxy_of(Host& host);
  [[nodiscard]] std::size_t place_of(ControlPart part) const;
  void start_replica(std::size_t place);
  void stop_replica(std::size_t place);
  void begin_work(Replica& replica);
  void start_autoscaler();
  void start_policy_agent();
  void turn(std::size_t host, bool on);
  void on_reminders();
  void dispatch(KernelEvent event);
  void finish_flows();
  void tell_nodes();  ///< What the request engine noticed about their processes.
  /// "default/front at 10.0.0.3", or "clients".
  [[nodiscard]] std::string caller_text(ServiceIndex service, std::uint32_t instance) const;

  WorldConfig config_;
  recording::EventLog& log_;
  Kernel kernel_;
  Dispatcher dispatcher_;
  std::unique_ptr<SimApi> api_;
  std::unique_ptr<FailureLedger> failures_;
  std::unique_ptr<RequestEngine> engine_;
  std::unique_ptr<Fabric> fabric_;
  std::unique_ptr<NodeEnvironment> node_environment_;
  std::unique_ptr<TableEnvironment> table_environment_;
  bool api_runs_ = false;
  std::vector<std::unique_ptr<Replica>>
      replicas_;                               ///< Controller managers, schedulers; null: down.
  std::map<std::size_t, Duration> downtimes_;  ///< Of replicas that are about to crash.
  std::uint64_t replicas_started_ = 0;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::unique_ptr<SimCloud> cloud_;
  std::unique_ptr<AutoscalerProcess> autoscaler_;
  std::unique_ptr<SimDataPlane> outside_tables_;
  std::unique_ptr<ProxyProcess> outside_proxy_;
  std::unique_ptr<PolicyProcess> policy_agent_;  ///< Null: the network has no rules.
  std::vector<FlowResult> flows_done_;
  std::unique_ptr<PodMeter> meter_;  ///< Null: there are no such metrics.
};

}  // namespace orrery::sim
