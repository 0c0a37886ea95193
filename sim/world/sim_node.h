/// @file
/// A simulated node: its container runtime, its processes and the probes that reach them.
///
/// What runs on a node survives the death of its agent, as on a real host: kubelets come and go,
/// containers stay. A call whose caller has died is rolled back if it was creating something and
/// completed if it was taking something away.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/api/objects.h"
#include "models/base/distribution.h"
#include "models/base/random.h"
#include "models/ports/container_runtime.h"
#include "models/ports/prober.h"
#include "sim/fabric/fabric.h"
#include "sim/traffic/request_engine.h"
#include "sim/world/dispatcher.h"
#include "sim/world/runtime_timings.h"

namespace orrery::sim {

struct ImageModel {
  std::int64_t bytes = 0;
  bool on_nodes = true;  ///< Present from the start.
  Distribution start;    ///< From process start until it listens.
};

/// Which pods stand behind a service of the traffic model, and on which port.
struct ServiceBinding {
  ServiceIndex service = 0;
  std::string namespace_name;
  api::Labels selector;
  api::PortReference target_port;
  bool drains_on_term = true;
};

/// What checks of a running container come to. A container that is started anew is well.
struct CheckAnswers {
  std::int32_t http_status = 200;  ///< gRPC: serving below 400.
  std::int32_t exec_exit_code = 0;
  bool hangs = false;  ///< Accepts connections and never answers; commands do not end.
};

class SimNode;

/// A call to a container runtime on its way to completion.
struct RuntimeOperation {
  SimNode* node = nullptr;
  ports::OwnerId owner{};
  ports::CallId id = 0;
  ports::RuntimeCall call;
  ports::CauseId cause = 0;
  std::uint64_t incarnation = 0;  ///< Of the node: a crash ends its operations.
};

struct PendingProbe {
  SimNode* node = nullptr;
  ports::OwnerId owner{};
  ports::CallId id = 0;
  std::string address;
  std::int32_t port = 0;
  std::string container_id;
  Instant sent;
  Duration timeout;
  Duration exec_time;  ///< Exec only.
  enum class Kind : std::uint8_t { Request, Connection, Exec } kind = Kind::Request;
  ports::CauseId cause = 0;
};

/// A container that will open its ports, or whose grace period will be over.
struct ContainerEvent {
  SimNode* node = nullptr;
  std::string container_id;
  ports::CauseId cause = 0;
};

/// What all nodes share. References must outlive the nodes.
struct NodeEnvironment {
  Kernel& kernel;
  Dispatcher& dispatcher;
  RequestEngine& engine;
  Fabric* fabric;  ///< Null: no image is ever pulled.
  Draws draws;
  RuntimeTimings timings;
  Duration probe_latency;  ///< One way.
  std::map<std::string, ImageModel> images;
  std::vector<ServiceBinding> services;
  Slab<RuntimeOperation> operations;
  Slab<PendingProbe> probes;
  Slab<ContainerEvent> container_events;
};

/// Handles RuntimeDone, ProbeArrives, AppListens and GraceOver; returns false for all other events.
bool dispatch(NodeEnvironment& environment, KernelEvent event);

class SimNode final : public ports::ContainerRuntime, public ports::Prober {
 public:
  SimNode(NodeEnvironment& environment, std::string name, std::uint32_t index, std::uint32_t zone);

  void call(ports::OwnerId owner, ports::CallId id, ports::RuntimeCall call) override;
  void probe(ports::OwnerId owner, ports::CallId id, const ports::ProbeRequest& request) override;

  // What the environment's events are about.
  void on_runtime_done(const RuntimeOperation& operation);
  void on_probe(const PendingProbe& probe);
  void on_app_listens(const std::string& container_id);
  void on_grace_over(const std::string& container_id);
  /// An image has arrived, or has failed to. Takes the operation out of the environment.
  void on_pull_done(const RuntimeOperation& operation, bool arrived);
  /// A process that was told to end has finished its requests.
  void on_drained(InstanceId instance);

  /// KILL to the first process of a running container. False: no such container runs.
  bool kill_container(const std::string& pod_uid, const std::string& container_name);

  /// From now on checks of a running container come to this. False: no such container runs.
  bool set_checks(const std::string& pod_uid, const std::string& container_name,
                  CheckAnswers answers);

  /// The host is gone without a word: processes, runtime and all calls to it.
  void crash();
  /// The host is back, with what a crash leaves: sandboxes not ready, containers exited.
  void restore();
  [[nodiscard]] bool crashed() const { return crashed_; }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::size_t container_count() const { return containers_.size(); }
  [[nodiscard]] std::size_t sandbox_count() const { return sandboxes_.size(); }
  [[nodiscard]] std::uint32_t index() const { return index_; }

 private:
  struct Sandbox {
    ports::SandboxInfo info;
    std::shared_ptr<const api::Object> pod;
  };
  struct Process {
    ports::ContainerInfo info;
    std::uint32_t spec_index = 0;
    bool init_container = false;
    bool listening = false;
    bool stopping = false;
    CheckAnswers checks;
    std::vector<InstanceId> instances;
    /// The StopContainer call that waits for it to end, if any.
    ports::OwnerId stop_owner{};
    ports::CallId stop_id = 0;
    bool stop_waiting = false;
  };
  [[nodiscard]] Duration time_of(const ports::RuntimeCall& call) const;
  void reply(const RuntimeOperation& operation, ports::Outcome outcome,
             ports::RuntimeResult result);
  void finish(const RuntimeOperation& operation);
  void finish_list(const RuntimeOperation& operation);
  void finish_run_sandbox(const RuntimeOperation& operation);
  void finish_create(const RuntimeOperation& operation);
  void finish_start(const RuntimeOperation& operation);
  void begin_stop(const RuntimeOperation& operation);
  void finish_stop_sandbox(const RuntimeOperation& operation);
  void end_process(Process& process, std::int32_t exit_code, std::string reason, Duration notice);
  void open_ports(Process& process, const Sandbox& sandbox);
  [[nodiscard]] const api::Container& spec_of(const Process& process, const Sandbox& sandbox) const;
  [[nodiscard]] Process* running(const std::string& pod_uid, const std::string& container_name);
  [[nodiscard]] Process* listener(const std::string& address, std::int32_t port);

  NodeEnvironment& environment_;
  std::string name_;
  std::uint32_t index_;
  std::uint32_t zone_;
  bool crashed_ = false;
  std::uint64_t incarnation_ = 0;  ///< Grows with every crash.
  std::uint32_t next_address_ = 1;
  std::uint64_t next_id_ = 1;
  std::set<std::string> images_;
  std::map<std::string, Sandbox> sandboxes_;
  std::map<std::string, Process> containers_;
  std::map<std::string, std::string> sandbox_of_address_;
  std::map<InstanceId, std::string> container_of_instance_;
  std::optional<ports::OwnerId> listener_owner_;  ///< Who called List last: notices go there.
};

}  // namespace orrery::sim
