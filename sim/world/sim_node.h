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
#include <utility>
#include <vector>

#include "models/api/objects.h"
#include "models/base/distribution.h"
#include "models/base/random.h"
#include "models/ports/container_runtime.h"
#include "models/ports/prober.h"
#include "models/recording/event_log.h"
#include "sim/fabric/fabric.h"
#include "sim/traffic/engine_views.h"
#include "sim/world/dispatcher.h"
#include "sim/world/image_store.h"
#include "sim/world/node_storage.h"
#include "sim/world/runtime_timings.h"

namespace orrery::sim {

class RequestEngine;

/// Which pods stand behind a service of the traffic model, and on which port.
struct ServiceBinding {
  ServiceIndex service = 0;
  std::string namespace_name;
  api::Labels selector;
  api::PortReference target_port;
  bool drains_on_term = true;
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
  enum class Kind : std::uint8_t { Exec, Http, Tcp, Grpc } kind = Kind::Http;
  ports::CauseId cause = 0;
};

/// Something that is due in the life of a container.
struct ContainerEvent {
  enum class What : std::uint8_t {
    Listens,        ///< Its process opens its ports.
    GraceOver,      ///< It is killed.
    Ends,           ///< It ends by itself.
    HealthChanges,  ///< It gets unwell, or well again.
    StrainEnds,     ///< Something that strained it is over.
    Outgrows,       ///< It may use more memory than its limit.
    NodeFull,       ///< All of them together may use more than the node has; of no container.
  };
  SimNode* node = nullptr;
  What what = What::Listens;
  std::string container_id;
  ports::CauseId cause = 0;
};

/// What a node has, as far as the simulation counts it.
struct NodeCapacity {
  std::int64_t memory_bytes = 0;
  std::int64_t disk_bytes = 0;  ///< 0: never runs out.
  std::int64_t cpu_milli = 0;   ///< 0: as many cores as wanted.

  [[nodiscard]] std::uint32_t cores() const {
    return cpu_milli <= 0 ? kNone : static_cast<std::uint32_t>((cpu_milli + 999) / 1000);
  }
};

/// What all nodes share. References must outlive the nodes.
struct NodeEnvironment {
  Kernel& kernel;
  Dispatcher& dispatcher;
  RequestEngine& engine;
  recording::EventLog& log;
  Fabric* fabric;  ///< Null: no image is ever pulled.
  Draws draws;
  RuntimeTimings timings;
  Duration probe_latency;       ///< One way.
  bool counts_memory = false;   ///< Something is known of what containers use.
  bool counts_volumes = false;  ///< Something is known of what is written to volumes.
  bool shares_cores = false;    ///< Pods have no more cores together than their node.
  std::map<std::string, ImageModel> images;
  std::vector<ServiceBinding> services;
  Slab<RuntimeOperation> operations;
  Slab<PendingProbe> probes;
  Slab<ContainerEvent> container_events;
  SharedStorage storage{};
};

/// Handles RuntimeDone, ProbeArrives and ContainerDue; returns false for all other events.
bool dispatch(NodeEnvironment& environment, KernelEvent event);

class SimNode final : public ports::ContainerRuntime, public ports::Prober {
 public:
  SimNode(NodeEnvironment& environment, std::string name, std::uint32_t index, std::uint32_t zone,
          NodeCapacity capacity = {});

  void call(ports::OwnerId owner, ports::CallId id, ports::RuntimeCall call) override;
  void probe(ports::OwnerId owner, ports::CallId id, const ports::ProbeRequest& request) override;

  // What the environment's events are about.
  void on_runtime_done(const RuntimeOperation& operation);
  void on_probe(const PendingProbe& probe);
  /// A probe that was served as a request is over.
  void on_probe_served(const PendingProbe& probe, const ProbeAnswer& end);
  void on_container_due(const ContainerEvent& event);
  /// The layers of an image have arrived, or have failed to. `slot` was the operation's.
  void on_pull_done(std::uint32_t slot, const RuntimeOperation& operation, bool arrived);
  /// A process that was told to end has finished its requests.
  void on_drained(InstanceId instance);
  /// A process works on more requests than its memory allows, perhaps.
  void on_overload(InstanceId instance);

  /// KILL to the first process of a running container. False: no such container runs.
  bool kill_container(const std::string& pod_uid, const std::string& container_name);

  /// A running container is unwell for so long. False: no such container runs.
  bool afflict(const std::string& pod_uid, const std::string& container_name, Illness illness,
               Duration lasts);
  /// Something strains a running container for so long. False: no such container runs, or it is to
  /// share a quota that it does not have.
  bool strain(const std::string& pod_uid, const std::string& container_name, const Strain& strain,
              Duration lasts);
  /// All that a running container does stands still for so long. False: no such container runs.
  bool stop_world(const std::string& pod_uid, const std::string& container_name, Duration lasts);
  /// Something has written its disk full, or has been removed again: layers do not arrive, no
  /// container is created, operations that write fail, and its kubelet sees that nothing is left.
  void set_disk_full(bool full, ports::CauseId cause);
  /// It has the image, all of it. Requires: the image is known.
  void put_image(const std::string& image) { images_.add(image); }
  /// Which data a running container finds at a path, by its longest mount; nothing if no such
  /// container runs or nothing is mounted there.
  [[nodiscard]] std::optional<DataId> data_at(const std::string& pod_uid,
                                              const std::string& container_name,
                                              const std::string& path) const;

  /// The host is gone without a word: processes, runtime and all calls to it.
  void crash();
  /// The host is back, with what a crash leaves: sandboxes not ready, containers exited.
  void restore();
  [[nodiscard]] bool crashed() const { return crashed_; }
  /// A crashed host is another one from now on: nothing is on it but what was at the start.
  void replace();

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::size_t container_count() const { return containers_.size(); }
  [[nodiscard]] std::size_t sandbox_count() const { return sandboxes_.size(); }
  [[nodiscard]] std::uint32_t index() const { return index_; }
  /// What serves requests in the running containers of a pod; of all pods without a uid.
  [[nodiscard]] std::vector<InstanceId> instances_of(const std::string& pod_uid = {}) const;

 private:
  struct Sandbox {
    ports::SandboxInfo info;
    std::shared_ptr<const api::Object> pod;
    std::set<std::string> containers;  ///< Their ids.
  };
  struct Process {
    ports::ContainerInfo info;
    std::uint32_t spec_index = 0;
    bool init_container = false;
    bool listening = false;
    ports::CauseId stop_cause = 0;  ///< Of its TERM.
    bool stopping = false;
    Illness illness = Illness::None;  ///< From outside, until `ill_until`.
    Instant ill_until;
    ports::CauseId ill_cause = 0;
    struct StrainUntil {
      Strain strain;
      Instant until;
      ports::CauseId cause = 0;
    };
    std::vector<StrainUntil> strains;
    std::uint32_t stressed_group = kNone;  ///< Of one that serves nothing, once it was stressed.
    ports::CauseId life_cause = 0;         ///< Of its start; so of what it does by itself later on.
    std::vector<InstanceId> instances;
    std::vector<ports::Mount> mounts;
    /// The StopContainer call that waits for it to end, if any.
    ports::OwnerId stop_owner{};
    ports::CallId stop_id = 0;
    bool stop_waiting = false;
  };
  /// What the process has written belongs to an emptyDir of its pod. False: it does not.
  bool count_in_volume(const Process& process, std::int64_t bytes,
                       std::vector<ports::VolumeStats>& volumes) const;
  [[nodiscard]] Duration time_of(const ports::RuntimeCall& call) const;
  void reply(const RuntimeOperation& operation, ports::Outcome outcome,
             ports::RuntimeResult result);
  void finish(const RuntimeOperation& operation);
  void finish_list(const RuntimeOperation& operation);
  void finish_run_sandbox(const RuntimeOperation& operation);
  void finish_create(const RuntimeOperation& operation);
  void finish_start(const RuntimeOperation& operation);
  [[nodiscard]] std::string next_address();
  [[nodiscard]] Duration exit_notice(const Process& process) const;
  void listen(Process& process);
  /// The running container; without a name, the pod's first main one.
  [[nodiscard]] Process* running_process(const std::string& pod_uid,
                                         const std::string& container_name);
  void begin_life(Process& process, ports::CauseId cause);
  void pull(const RuntimeOperation& operation);
  void settle_pulls();
  void remove_image(const RuntimeOperation& operation);
  void finish_stats(const RuntimeOperation& operation);
  void begin_stop(const RuntimeOperation& operation);
  void finish_stop_sandbox(const RuntimeOperation& operation);
  void end_process(Process& process, std::int32_t exit_code, std::string reason, Duration notice);
  /// The same of a process that nobody told to: a record of the log, where it serves requests, is
  /// the cause of what comes of it. Nobody else says so before the kubelet has noticed.
  void end_by_itself(Process& process, std::int32_t exit_code, const std::string& reason,
                     ports::CauseId cause);
  void open_ports(Process& process, const Sandbox& sandbox);
  void schedule(ContainerEvent::What what, const Process& process, Instant when,
                ports::CauseId cause);
  [[nodiscard]] const ProcessModel& model_of(const Process& process) const;
  [[nodiscard]] Illness illness_of(const Process& process) const;
  [[nodiscard]] std::uint64_t requests_of(const Process& process) const;
  void show_health(Process& process);
  void show_strain(Process& process);
  [[nodiscard]] Strain strain_of(const Process& process) const;
  [[nodiscard]] MemoryUse memory_of(const Process& process) const;
  [[nodiscard]] std::uint64_t served_by(const Process& process) const;
  [[nodiscard]] std::int64_t memory_now(const Process& process) const;
  void watch_memory(Process& process, ports::CauseId cause);
  [[nodiscard]] std::int64_t watch_requests(const Process& process, std::int64_t limit);
  void watch_node_memory(ports::CauseId cause);
  /// Answers a probe whose check takes until `done`, or its deadline if that is earlier.
  void answer(const PendingProbe& probe, Instant done, ports::Outcome outcome, std::int32_t value,
              ports::CauseId cause = 0);
  [[nodiscard]] const api::Container& spec_of(const Process& process, const Sandbox& sandbox) const;
  /// Whose CPU time the container's work counts as; kNone: it has what it wants.
  [[nodiscard]] std::uint32_t add_cpu_group(const api::PodSpec& pod,
                                            const api::Container& container);
  /// Whether threads beside its own work are felt by anybody.
  [[nodiscard]] bool can_be_stressed(Process& process);
  void end_stress(Process& process);  ///< It is gone.
  /// Burstable pods have come or gone.
  void weigh_burstable();
  [[nodiscard]] Process* listener(const std::string& address, std::int32_t port);
  [[nodiscard]] Process* host_listener(std::int32_t port);

  NodeEnvironment& environment_;
  std::string name_;
  std::uint32_t index_;
  std::uint32_t zone_;
  bool crashed_ = false;
  std::uint64_t incarnation_ = 0;  ///< Grows with every crash.
  std::uint32_t next_address_ = 1;
  std::uint64_t next_id_ = 1;
  NodeCapacity capacity_;
  bool disk_full_ = false;
  ports::CauseId disk_cause_ = 0;        ///< Of its being full.
  std::optional<Instant> node_full_at_;  ///< When memory is looked at next.
  ImageStore images_;
  /// Pulls that wait for layers, their own (by operation slot) or only those of others.
  std::map<std::uint32_t, std::vector<ImageLayer>> fetches_;
  std::vector<RuntimeOperation> pulls_;
  NodeStorage storage_;
  std::map<std::string, Sandbox> sandboxes_;
  std::set<std::pair<std::string, std::uint32_t>> sandbox_names_;  ///< Pod uid and attempt: taken.
  std::map<std::string, Process> containers_;
  std::map<std::string, std::string> sandbox_of_address_;
  std::map<InstanceId, std::string> container_of_instance_;
  std::optional<ports::OwnerId> listener_owner_;  ///< Who called List last: notices go there.
};

}  // namespace orrery::sim
