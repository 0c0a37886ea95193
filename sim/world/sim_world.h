/// @file
/// The simulated world: a control plane, nodes with their agents, clients outside, one clock.
///
/// It runs the very components that drive live hosts, each in a simulated process that a fault can
/// end. Nothing here decides anything that a controller, the scheduler or a kubelet decides.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "models/controllers/controller_manager.h"
#include "models/discovery/node_proxy.h"
#include "models/kubelet/kubelet.h"
#include "models/profile/profile.h"
#include "models/recording/event_log.h"
#include "models/scheduler/scheduler.h"
#include "sim/fabric/fabric.h"
#include "sim/kernel/kernel.h"
#include "sim/traffic/request_engine.h"
#include "sim/world/dispatcher.h"
#include "sim/world/sim_api.h"
#include "sim/world/sim_data_plane.h"
#include "sim/world/sim_node.h"

namespace orrery::sim {

struct WorldNode {
  std::string name;
  std::uint32_t zone = 0;
  api::NodeResources resources;
  api::Labels labels;
};

/// How far the parts of the world are from each other. Defaults: a control plane and node agents of
/// ours on one idle two-core host, API calls over mTLS with a durable write.
struct WorldTimings {
  ApiLatency control_plane{Duration::microseconds(1500), Duration::microseconds(100)};
  ApiLatency node{Duration::microseconds(2000), Duration::microseconds(600)};
  Duration probe_latency = Duration::microseconds(100);
  Duration endpoint_delay = Duration::microseconds(200);
  RuntimeTimings runtime;
};

struct WorldConfig {
  std::uint64_t seed = 1;
  std::vector<WorldNode> nodes;
  std::map<std::string, ImageModel> images;
  FabricConfig fabric;
  TrafficModel traffic;
  std::vector<ServiceBinding> bindings;
  WorldTimings timings;
  profile::Profile profile;
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

  /// Carries out a call at once, as the person at the keyboard.
  ports::Outcome apply(const ports::ApiCall& call, ports::CauseId cause) {
    return api_->call_now(call, cause);
  }

  // Faults. Each returns false if there was nothing to hit.
  bool kill_container(const api::Pod& pod, const std::string& container, ports::CauseId cause);
  bool crash_node(const std::string& name, ports::CauseId cause);
  bool restore_node(const std::string& name, ports::CauseId cause);
  bool kill_control_plane();
  bool start_control_plane(ports::CauseId cause);
  bool kill_node_agent(const std::string& node);
  bool start_node_agent(const std::string& node, ports::CauseId cause);

  [[nodiscard]] std::uint64_t events() const { return kernel_.dispatched(); }
  [[nodiscard]] const Fingerprint& fingerprint() { return dispatcher_.fingerprint(); }

 private:
  struct ControlPlane;
  struct NodeAgent;
  struct Proxy;
  struct Host;

  [[nodiscard]] Host* host_named(const std::string& name);
  [[nodiscard]] std::unique_ptr<Proxy> start_proxy(ProcessId process, SimApiClient& client,
                                                   SimDataPlane& data_plane);
  void start_agent(Host& host);
  void stop_agent(Host& host);
  void dispatch(KernelEvent event);
  void finish_flows();

  WorldConfig config_;
  Kernel kernel_;
  Dispatcher dispatcher_;
  std::unique_ptr<SimApi> api_;
  std::unique_ptr<RequestEngine> engine_;
  std::unique_ptr<Fabric> fabric_;
  std::unique_ptr<NodeEnvironment> node_environment_;
  std::unique_ptr<TableEnvironment> table_environment_;
  std::unique_ptr<ControlPlane> control_plane_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::unique_ptr<SimDataPlane> outside_tables_;
  std::unique_ptr<SimApiClient> outside_client_;
  std::unique_ptr<Proxy> outside_proxy_;
  std::vector<FlowResult> flows_done_;
};

}  // namespace orrery::sim
