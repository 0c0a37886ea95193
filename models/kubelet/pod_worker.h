/// @file
/// The life of one pod on a node: the state machine between what the API server asks for and what
/// the runtime has.
///
/// Level-triggered: every input (a reply, an exit, a list, a probe's verdict, a new version of the
/// pod, a timer) changes what is known, and then one function, `sync`, compares it with what is
/// wanted and starts the next calls. So any outcome of any call, and a restart of the kubelet at
/// any moment, is only another state to continue from.
///
/// Source: Kubernetes pkg/kubelet/pod_workers.go, kuberuntime/kuberuntime_manager.go (SyncPod,
/// computePodActions), kuberuntime_container.go.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/kubelet/back_off.h"
#include "models/kubelet/container_record.h"
#include "models/kubelet/image_puller.h"
#include "models/kubelet/leftovers.h"
#include "models/kubelet/node_services.h"
#include "models/kubelet/pod_status.h"
#include "models/kubelet/pod_volumes.h"
#include "models/kubelet/probe_worker.h"
#include "models/kubelet/runtime_lister.h"
#include "models/kubelet/status_writer.h"

namespace orrery::kubelet {

/// What a list of the runtime holds of one pod.
struct PodListing {
  std::vector<const ports::SandboxInfo*> sandboxes;
  std::vector<const ports::ContainerInfo*> containers;
};

class PodWorker {
 public:
  /// What the pods of a node share; must outlive them.
  struct Shared {
    const NodeServices& node;
    ImagePuller& puller;
    Leftovers& leftovers;
    RuntimeLister& lister;
    FollowedObjects& objects;
    VolumesInUse& volumes_in_use;
  };

  /// Takes the pod as the API server has it; with `in_api` false, only the runtime has it, and it
  /// is there to be removed. Nothing is done before the first reconcile or sync.
  PodWorker(const Shared& shared, std::uint32_t slot, std::uint32_t generation, api::ObjectPtr pod,
            bool in_api);

  /// A newer version of the pod.
  void update(api::ObjectPtr pod);

  /// The API server has it no more: what runs is killed.
  void gone_from_api();

  /// What the runtime was seen to hold, by a list with this stamp.
  void reconcile(const PodListing& listing, std::uint64_t stamp);

  /// A container or sandbox ended. Returns false if it is none of this pod's.
  bool on_runtime_notice(const ports::RuntimeNotice& notice);

  /// A reply or timer of this pod.
  void on_event(CallTag tag, const ports::Event& event);

  /// The volumes of the pod; null if it has none and refers to no configuration.
  [[nodiscard]] const PodVolumes* volumes() const { return volumes_.get(); }

  /// It is about to be forgotten: ends what it follows.
  void release();

  /// Starts what can be started now, and reports.
  void sync();

  /// Ends the pod for good, as Failed: its containers get `grace`, or the pod's own if absent.
  /// Without effect on a pod that is ending or over.
  void fail(PodFailure failure, std::optional<Duration> grace);

  /// Neither the API server nor the runtime has anything of it: it can be forgotten.
  [[nodiscard]] bool removable() const { return removable_; }

  [[nodiscard]] const api::ObjectMeta& meta() const { return pod().meta; }
  [[nodiscard]] const api::Pod& pod() const { return std::get<api::Pod>(*pod_); }
  /// It runs, or will: neither asked to end nor over.
  [[nodiscard]] bool active() const { return !ending() && !terminal(); }
  /// Nothing of it is left in the runtime.
  [[nodiscard]] bool cleaned_up() const { return ended_; }
  /// The ids of its running containers.
  [[nodiscard]] std::vector<std::string> running_containers() const;
  /// Adds the images of its containers that the runtime holds, running or not.
  void add_images_in_use(std::set<std::string>& images) const;

 private:
  enum class Hook : std::uint8_t { None, PostStart, PreStop };

  struct Container {
    explicit Container(RetryDelay retry) : stop_retry{retry} {}

    ContainerRecord record;
    bool init = false;
    std::uint32_t index = 0;  ///< Among the containers of its sort.
    std::uint32_t next_attempt = 0;
    bool uncertain = false;   ///< A list has to say what became of it.
    std::uint64_t stamp = 0;  ///< When it was last heard of.
    std::string replaced_id;  ///< The dead container to remove once the new one runs.

    std::uint64_t start_call = 0;  ///< Awaited; 0: none.
    Instant retry_at;              ///< No step of a start before this.
    BackOff restart_back_off;

    bool killing = false;
    bool in_turn = false;      ///< Killed with the whole pod: a sidecar lets the others end first.
    bool awaits_turn = false;  ///< Its hook is over, its TERM waits for the others.
    Instant kill_deadline;
    std::uint64_t stop_call = 0;
    bool stop_retry_armed = false;
    RetryDelay stop_retry;
    Hook hook = Hook::None;
    std::uint64_t hook_call = 0;
    std::optional<ports::Timer> timer;  ///< Of the hook, the next try to stop, the exit notice.

    std::optional<ProbeWorker> startup;
    std::optional<ProbeWorker> readiness;
    std::optional<ProbeWorker> liveness;
  };

  struct Sandbox {
    enum class Stage : std::uint8_t { None, Ready, NotReady };
    Stage stage = Stage::None;
    std::string id;
    std::string ip;
    std::uint32_t next_attempt = 0;
    std::uint64_t call = 0;
    bool uncertain = false;
    std::uint64_t stamp = 0;
    Instant retry_at;
  };

  /// Failed pulls of one image, whichever containers want it.
  struct Pulls {
    BackOff back_off;
    std::optional<Instant> failed_at;
  };

  [[nodiscard]] const api::Container& spec_of(const Container& container) const;
  [[nodiscard]] std::uint32_t number_of(const Container& container) const;
  [[nodiscard]] Container* container_named(const std::string& name);
  [[nodiscard]] CallTag tag(Topic topic, std::uint32_t container = 0) const;
  [[nodiscard]] CallTag new_tag(Topic topic, std::uint32_t container = 0);
  [[nodiscard]] bool ending() const { return gone_ || pod().meta.deletion.has_value(); }
  [[nodiscard]] bool terminal() const;
  [[nodiscard]] Duration grace() const;
  /// Where its containers answer: the pod's address, or the node's on the node's network.
  [[nodiscard]] const std::string& address() const;
  /// Arms the pod's active deadline, or fails the pod whose deadline has passed.
  void watch_deadline();

  // Construction and adoption.
  void add_container(const api::Container& spec, bool init, std::uint32_t index,
                     const api::ContainerStatus* status);
  void add_probe(std::optional<ProbeWorker>& worker, ProbeKind kind,
                 const std::optional<api::Probe>& probe, const Container& container);
  void reconcile_sandbox(const PodListing& listing);
  void reconcile_container(Container& container, const PodListing& listing);
  void take(Container& container, const ports::ContainerInfo& info);

  // Starting.
  void start_pod();
  void run_sandbox();
  void on_sandbox_reply(const ports::Event& event);
  [[nodiscard]] bool advance(Container& container);
  void check_image(Container& container);
  void on_image_status(Container& container, ports::Outcome outcome);
  void pull(Container& container);
  void on_pulled(Container& container, ports::Outcome outcome);
  void configure(Container& container);
  void create(Container& container, std::vector<api::EnvVar> env);
  void on_created(Container& container, const ports::Event& event);
  void took_creation(Container& container, std::string id, std::uint32_t attempt);
  void start(Container& container);
  void on_started(Container& container, const ports::Event& event);
  void running(Container& container, Instant started_at);
  void fail_step(Container& container, const char* reason);
  void look_for(Container& container);
  void remove_replaced(Container& container);

  // Running.
  void up(Container& container);
  void down(Container& container);
  void passed_startup(Container& container);
  void exited(Container& container, ContainerExit exit);
  void send_probe(Container& container, ProbeWorker& worker);
  void on_probe(CallTag tag, const ports::Event& event);
  void refresh_readiness();

  // Ending.
  [[nodiscard]] bool stop_all(Duration grace);
  enum class Turn : std::uint8_t { AtOnce, WithThePod };
  void kill(Container& container, Duration grace, Turn turn = Turn::AtOnce);
  [[nodiscard]] bool others_run_before(const Container& container) const;
  void stop_in_turn(Container& container);
  void stop(Container& container);
  void on_stopped(Container& container, ports::Outcome outcome);
  void run_hook(Container& container, Hook hook, const api::LifecycleAction& action,
                Duration bound);
  void end_hook(Container& container, bool success);
  void on_container_timer(Container& container);
  void discard_sandbox();
  void finish();
  void delete_when_reported();

  void resync_after(Duration base);
  [[nodiscard]] Duration jitter(Duration base);
  void report();

  Shared shared_;
  const NodeServices& node_;
  std::uint32_t slot_;
  std::uint32_t generation_;
  std::uint32_t sequence_ = 0;
  std::uint64_t jitter_count_ = 0;
  api::ObjectPtr pod_;
  Instant start_time_;
  bool gone_ = false;
  bool finished_in_api_ = false;  ///< Its phase was final when this kubelet first saw it.
  bool ended_ = false;            ///< Nothing of it is left in the runtime, nor will be.
  bool removable_ = false;
  std::optional<PodFailure> failure_;
  std::optional<Duration> failure_grace_;
  Sandbox sandbox_;
  std::map<std::string, Pulls> pulls_;  ///< By image.
  std::unique_ptr<PodVolumes> volumes_;
  std::vector<Container> containers_;  ///< Init containers first.
  StatusWriter status_;
  ports::Timer resync_timer_;
  Instant resync_at_;  ///< Armed while in the future.
  ports::Timer delete_timer_;
  RetryDelay delete_retry_;
  std::uint64_t delete_call_ = 0;
  bool delete_sent_ = false;  ///< And not known to have failed.
};

}  // namespace orrery::kubelet
