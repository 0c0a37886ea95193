/// @file
/// A container runtime that runs nothing: CRI v1 and containerd's event stream over real gRPC, with
/// states, delays and errors on demand. For tests of everything that speaks to containerd.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "real-backend/cri/events.grpc.pb.h"
#include "real-backend/cri/runtime.grpc.pb.h"

namespace orrery::cri {

/// Behaves as containerd 1.6 does where callers can tell: names of sandboxes and containers are
/// unique ("is reserved for"), stops and statuses of unknown ids are NOT_FOUND, removals of them
/// succeed, a removed sandbox takes its containers along, exits are told to subscribers.
///
/// Methods are named as in CRI ("RunPodSandbox"). All functions may be called from any thread.
class FakeCriServer {
 public:
  /// Serves in process, and on `socket_path` as well unless that is empty.
  explicit FakeCriServer(const std::string& socket_path = {});
  ~FakeCriServer();  ///< Ends streams, answers what is delayed, stops.
  FakeCriServer(const FakeCriServer&) = delete;
  FakeCriServer& operator=(const FakeCriServer&) = delete;

  [[nodiscard]] std::shared_ptr<grpc::Channel> channel();

  /// The next call of `method` changes nothing and is answered with `status`.
  void fail_next(const std::string& method, grpc::Status status);
  /// The next call of `method` takes effect at once and is answered after `delay`.
  void delay_next(const std::string& method, std::chrono::milliseconds delay);
  /// ListContainers and ContainerStatus go on saying RUNNING after an exit, until this is undone:
  /// in containerd that lasts some 50 ms.
  void lag_behind_exits(bool lagging);

  void add_image(const std::string& image);
  /// The container's first process ends by itself; subscribers are told.
  void exit_container(const std::string& id, std::uint32_t code, bool out_of_memory = false);
  /// What the container has used from now on.
  void set_usage(const std::string& id, std::uint64_t cpu_ns, std::uint64_t memory_bytes);
  /// A process that exec started ends: told under the container's id and its own.
  void exit_exec_process(const std::string& container_id);
  /// The sandbox's own process ends; its containers stay.
  void exit_sandbox(const std::string& id);
  /// All event streams end with UNAVAILABLE, as when containerd dies.
  void break_streams();

  [[nodiscard]] std::size_t stream_count() const;
  [[nodiscard]] int call_count(const std::string& method) const;
  [[nodiscard]] runtime::v1::RunPodSandboxRequest last_run() const;
  [[nodiscard]] runtime::v1::CreateContainerRequest last_create() const;
  [[nodiscard]] runtime::v1::StopContainerRequest last_stop() const;
  [[nodiscard]] runtime::v1::ExecSyncRequest last_exec() const;

 private:
  class RuntimeService;
  class ImageService;
  class EventsService;
  class EventStream;

  struct Sandbox {
    runtime::v1::PodSandboxConfig config;
    runtime::v1::PodSandboxState state = runtime::v1::SANDBOX_READY;
    std::string ip;
  };
  struct Container {
    std::string sandbox_id;
    runtime::v1::ContainerConfig config;
    runtime::v1::ContainerState state = runtime::v1::CONTAINER_CREATED;
    std::int32_t exit_code = 0;
    std::string reason;
    std::int64_t started_at = 0;
    std::int64_t finished_at = 0;
    std::uint64_t cpu_ns = 0;
    std::uint64_t memory_bytes = 0;
  };

  /// Answers a call of `method` with what `act()` returns, or as fail_next and delay_next say.
  template <class Act>
  grpc::ServerUnaryReactor* answer(grpc::CallbackServerContext* context, const char* method,
                                   Act act);

  // With `mutex_` held:
  void end_container(const std::string& id, Container& container, std::int32_t code,
                     const std::string& reason);
  void end_sandbox(const std::string& id, Sandbox& sandbox);
  void publish_exit(const std::string& container_id, const std::string& process_id,
                    std::uint32_t code);
  void publish(const std::string& topic, const std::string& type,
               const google::protobuf::Message& message);
  [[nodiscard]] runtime::v1::ContainerState shown_state(const Container& container) const;
  [[nodiscard]] std::string new_id(const std::string& prefix);

  mutable std::mutex mutex_;
  std::uint64_t ids_given_ = 0;
  std::int64_t calendar_ns_ =
      1'700'000'000'000'000'000;  ///< Grows by 1 ms with every start, exit or look at uses.
  bool lagging_ = false;
  std::map<std::string, Sandbox> sandboxes_;
  std::map<std::string, Container> containers_;
  std::set<std::string> images_;
  std::map<std::string, std::list<grpc::Status>> failures_;
  std::map<std::string, std::list<std::chrono::milliseconds>> delays_;
  std::map<std::string, int> call_counts_;
  std::list<grpc::Alarm> alarms_;  ///< Outlive their callbacks.
  std::set<EventStream*> streams_;
  runtime::v1::RunPodSandboxRequest last_run_;
  runtime::v1::CreateContainerRequest last_create_;
  runtime::v1::StopContainerRequest last_stop_;
  runtime::v1::ExecSyncRequest last_exec_;
  std::unique_ptr<RuntimeService> runtime_service_;
  std::unique_ptr<ImageService> image_service_;
  std::unique_ptr<EventsService> events_service_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace orrery::cri
