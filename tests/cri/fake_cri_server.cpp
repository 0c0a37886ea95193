#include "tests/cri/fake_cri_server.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "models/base/contract.h"
#include "real-backend/cri/task_events.pb.h"

namespace orrery::cri {

namespace v1 = runtime::v1;
using containerd::services::events::v1::Envelope;
using containerd::services::events::v1::SubscribeRequest;
using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

namespace {

grpc::Status not_found(const std::string& id) {
  return {grpc::StatusCode::NOT_FOUND,
          "an error occurred when try to find \"" + id + "\": not found"};
}

template <class Labels>
bool has_labels(const Labels& labels, const Labels& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& entry) {
    const auto found = labels.find(entry.first);
    return found != labels.end() && found->second == entry.second;
  });
}

}  // namespace

/// One subscriber. Frees itself when gRPC is done with it.
class FakeCriServer::EventStream final : public grpc::ServerWriteReactor<Envelope> {
 public:
  explicit EventStream(FakeCriServer& server) : server_{server} {}

  // With the server's mutex held:
  void send(Envelope envelope) {
    if (ended_) return;
    waiting_.push_back(std::move(envelope));
    if (waiting_.size() == 1) StartWrite(&waiting_.front());
  }
  void end(grpc::Status status) {
    if (!std::exchange(ended_, true)) Finish(std::move(status));
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock{server_.mutex_};
    waiting_.pop_front();
    if (ok && !ended_ && !waiting_.empty()) StartWrite(&waiting_.front());
  }
  void OnCancel() override {
    const std::lock_guard lock{server_.mutex_};
    end(grpc::Status::CANCELLED);
  }
  void OnDone() override {
    {
      const std::lock_guard lock{server_.mutex_};
      server_.streams_.erase(this);
    }
    delete this;
  }

 private:
  FakeCriServer& server_;
  std::deque<Envelope> waiting_;
  bool ended_ = false;
};

template <class Act>
Reactor* FakeCriServer::answer(Context* context, const char* method, Act act) {
  Reactor* reactor = context->DefaultReactor();
  const std::lock_guard lock{mutex_};
  call_counts_[method]++;
  auto& failures = failures_[method];
  auto& delays = delays_[method];
  grpc::Status status;
  if (failures.empty()) {
    status = act();
  } else {
    status = failures.front();
    failures.pop_front();
  }
  if (delays.empty()) {
    reactor->Finish(status);
    return reactor;
  }
  alarms_.emplace_back().Set(std::chrono::system_clock::now() + delays.front(),
                             [reactor, status](bool) { reactor->Finish(status); });
  delays.pop_front();
  return reactor;
}

class FakeCriServer::RuntimeService final : public v1::RuntimeService::CallbackService {
 public:
  explicit RuntimeService(FakeCriServer& fake) : fake_{fake} {}

  Reactor* Version(Context* context, const v1::VersionRequest*,
                   v1::VersionResponse* response) override {
    return fake_.answer(context, "Version", [=] {
      response->set_runtime_name("fake");
      return grpc::Status::OK;
    });
  }

  Reactor* RunPodSandbox(Context* context, const v1::RunPodSandboxRequest* request,
                         v1::RunPodSandboxResponse* response) override {
    return fake_.answer(context, "RunPodSandbox", [=, this]() -> grpc::Status {
      const std::string name = request->config().metadata().ShortDebugString();
      for (const auto& [id, sandbox] : fake_.sandboxes_) {
        if (sandbox.config.metadata().ShortDebugString() == name) {
          return {grpc::StatusCode::UNKNOWN, "failed to reserve sandbox name \"" + name +
                                                 "\": name \"" + name + "\" is reserved for \"" +
                                                 id + "\""};
        }
      }
      const std::string id = fake_.new_id("sandbox-");
      const std::string ip = "10.91.1." + std::to_string(fake_.ids_given_ % 250 + 2);
      fake_.sandboxes_[id] = {request->config(), v1::SANDBOX_READY, ip};
      fake_.last_run_ = *request;
      response->set_pod_sandbox_id(id);
      return grpc::Status::OK;
    });
  }

  Reactor* StopPodSandbox(Context* context, const v1::PodSandboxRequest* request,
                          v1::Empty*) override {
    return fake_.answer(context, "StopPodSandbox", [=, this] {
      const auto sandbox = fake_.sandboxes_.find(request->pod_sandbox_id());
      if (sandbox == fake_.sandboxes_.end()) return not_found(request->pod_sandbox_id());
      for (auto& [id, container] : fake_.containers_) {
        if (container.sandbox_id == sandbox->first && container.state == v1::CONTAINER_RUNNING) {
          fake_.end_container(id, container, 137, "Error");
        }
      }
      if (sandbox->second.state == v1::SANDBOX_READY) {
        fake_.end_sandbox(sandbox->first, sandbox->second);
      }
      return grpc::Status::OK;
    });
  }

  Reactor* RemovePodSandbox(Context* context, const v1::PodSandboxRequest* request,
                            v1::Empty*) override {
    return fake_.answer(context, "RemovePodSandbox", [=, this] {
      fake_.sandboxes_.erase(request->pod_sandbox_id());
      std::erase_if(fake_.containers_, [&](const auto& entry) {
        return entry.second.sandbox_id == request->pod_sandbox_id();
      });
      return grpc::Status::OK;
    });
  }

  Reactor* PodSandboxStatus(Context* context, const v1::PodSandboxRequest* request,
                            v1::PodSandboxStatusResponse* response) override {
    return fake_.answer(context, "PodSandboxStatus", [=, this] {
      const auto sandbox = fake_.sandboxes_.find(request->pod_sandbox_id());
      if (sandbox == fake_.sandboxes_.end()) return not_found(request->pod_sandbox_id());
      response->mutable_status()->set_id(sandbox->first);
      response->mutable_status()->set_state(sandbox->second.state);
      if (sandbox->second.state == v1::SANDBOX_READY) {
        response->mutable_status()->mutable_network()->set_ip(sandbox->second.ip);
      }
      return grpc::Status::OK;
    });
  }

  Reactor* ListPodSandbox(Context* context, const v1::ListPodSandboxRequest* request,
                          v1::ListPodSandboxResponse* response) override {
    return fake_.answer(context, "ListPodSandbox", [=, this] {
      for (const auto& [id, sandbox] : fake_.sandboxes_) {
        if (!has_labels(sandbox.config.labels(), request->filter().label_selector())) continue;
        auto& item = *response->add_items();
        item.set_id(id);
        *item.mutable_metadata() = sandbox.config.metadata();
        item.set_state(sandbox.state);
        *item.mutable_labels() = sandbox.config.labels();
        *item.mutable_annotations() = sandbox.config.annotations();
      }
      return grpc::Status::OK;
    });
  }

  Reactor* CreateContainer(Context* context, const v1::CreateContainerRequest* request,
                           v1::CreateContainerResponse* response) override {
    return fake_.answer(context, "CreateContainer", [=, this]() -> grpc::Status {
      if (!fake_.sandboxes_.contains(request->pod_sandbox_id())) {
        return not_found(request->pod_sandbox_id());
      }
      if (!fake_.images_.contains(request->config().image().image())) {
        return not_found(request->config().image().image());
      }
      const std::string name = request->config().metadata().ShortDebugString() +
                               request->sandbox_config().metadata().uid();
      for (const auto& [id, container] : fake_.containers_) {
        const auto& sandbox = fake_.sandboxes_[container.sandbox_id];
        if (container.config.metadata().ShortDebugString() + sandbox.config.metadata().uid() ==
            name) {
          return {grpc::StatusCode::UNKNOWN, "failed to reserve container name \"" + name +
                                                 "\": name is reserved for \"" + id + "\""};
        }
      }
      const std::string id = fake_.new_id("container-");
      fake_.containers_[id].sandbox_id = request->pod_sandbox_id();
      fake_.containers_[id].config = request->config();
      fake_.last_create_ = *request;
      response->set_container_id(id);
      return grpc::Status::OK;
    });
  }

  Reactor* StartContainer(Context* context, const v1::ContainerRequest* request,
                          v1::Empty*) override {
    return fake_.answer(context, "StartContainer", [=, this]() -> grpc::Status {
      const auto found = fake_.containers_.find(request->container_id());
      if (found == fake_.containers_.end()) return not_found(request->container_id());
      if (found->second.state != v1::CONTAINER_CREATED) {
        return {grpc::StatusCode::UNKNOWN, "container is not in the created state"};
      }
      found->second.state = v1::CONTAINER_RUNNING;
      found->second.started_at = fake_.calendar_ns_ += 1'000'000;
      return grpc::Status::OK;
    });
  }

  Reactor* StopContainer(Context* context, const v1::StopContainerRequest* request,
                         v1::Empty*) override {
    return fake_.answer(context, "StopContainer", [=, this] {
      fake_.last_stop_ = *request;
      const auto found = fake_.containers_.find(request->container_id());
      if (found == fake_.containers_.end()) return not_found(request->container_id());
      if (found->second.state == v1::CONTAINER_RUNNING) {
        fake_.end_container(found->first, found->second, 0, "Completed");
      }
      return grpc::Status::OK;
    });
  }

  Reactor* RemoveContainer(Context* context, const v1::ContainerRequest* request,
                           v1::Empty*) override {
    return fake_.answer(context, "RemoveContainer", [=, this] {
      fake_.containers_.erase(request->container_id());
      return grpc::Status::OK;
    });
  }

  Reactor* ListContainers(Context* context, const v1::ListContainersRequest* request,
                          v1::ListContainersResponse* response) override {
    return fake_.answer(context, "ListContainers", [=, this] {
      for (const auto& [id, container] : fake_.containers_) {
        if (!has_labels(container.config.labels(), request->filter().label_selector())) continue;
        auto& item = *response->add_containers();
        item.set_id(id);
        item.set_pod_sandbox_id(container.sandbox_id);
        *item.mutable_metadata() = container.config.metadata();
        *item.mutable_image() = container.config.image();
        item.set_state(fake_.shown_state(container));
        *item.mutable_labels() = container.config.labels();
      }
      return grpc::Status::OK;
    });
  }

  Reactor* ContainerStatus(Context* context, const v1::ContainerRequest* request,
                           v1::ContainerStatusResponse* response) override {
    return fake_.answer(context, "ContainerStatus", [=, this] {
      const auto found = fake_.containers_.find(request->container_id());
      if (found == fake_.containers_.end()) return not_found(request->container_id());
      const Container& container = found->second;
      auto& status = *response->mutable_status();
      status.set_id(found->first);
      *status.mutable_metadata() = container.config.metadata();
      status.set_state(fake_.shown_state(container));
      status.set_started_at(container.started_at);
      if (status.state() != v1::CONTAINER_EXITED) return grpc::Status::OK;
      status.set_finished_at(container.finished_at);
      status.set_exit_code(container.exit_code);
      status.set_reason(container.reason);
      return grpc::Status::OK;
    });
  }

  /// As containerd: what does not run is listed without numbers.
  Reactor* ListContainerStats(Context* context, const v1::ListContainerStatsRequest* request,
                              v1::ListContainerStatsResponse* response) override {
    return fake_.answer(context, "ListContainerStats", [=, this] {
      fake_.calendar_ns_ += 1'000'000;
      for (const auto& [id, container] : fake_.containers_) {
        if (!has_labels(container.config.labels(), request->filter().label_selector())) continue;
        auto& stats = *response->add_stats();
        stats.mutable_attributes()->set_id(id);
        if (container.state != v1::CONTAINER_RUNNING) continue;
        stats.mutable_cpu()->set_timestamp(fake_.calendar_ns_);
        stats.mutable_cpu()->mutable_usage_core_nano_seconds()->set_value(container.cpu_ns);
        stats.mutable_memory()->mutable_working_set_bytes()->set_value(container.memory_bytes);
      }
      return grpc::Status::OK;
    });
  }

  /// `true` and `false` do what they are named for; every other command is not found.
  Reactor* ExecSync(Context* context, const v1::ExecSyncRequest* request,
                    v1::ExecSyncResponse* response) override {
    return fake_.answer(context, "ExecSync", [=, this]() -> grpc::Status {
      fake_.last_exec_ = *request;
      if (!fake_.containers_.contains(request->container_id())) {
        return not_found(request->container_id());
      }
      const std::string command = request->cmd_size() > 0 ? request->cmd(0) : "";
      if (command != "true" && command != "false") {
        return {grpc::StatusCode::UNKNOWN, "failed to exec in container: OCI runtime exec failed"};
      }
      response->set_exit_code(command == "true" ? 0 : 1);
      return grpc::Status::OK;
    });
  }

 private:
  FakeCriServer& fake_;
};

class FakeCriServer::ImageService final : public v1::ImageService::CallbackService {
 public:
  explicit ImageService(FakeCriServer& fake) : fake_{fake} {}

  Reactor* ImageStatus(Context* context, const v1::ImageStatusRequest* request,
                       v1::ImageStatusResponse* response) override {
    return fake_.answer(context, "ImageStatus", [=, this] {
      if (fake_.images_.contains(request->image().image())) {
        response->mutable_image()->set_id("sha256:" + request->image().image());
      }
      return grpc::Status::OK;
    });
  }

  Reactor* PullImage(Context* context, const v1::PullImageRequest* request,
                     v1::PullImageResponse* response) override {
    return fake_.answer(context, "PullImage", [=, this] {
      fake_.images_.insert(request->image().image());
      response->set_image_ref("sha256:" + request->image().image());
      return grpc::Status::OK;
    });
  }

  Reactor* ListImages(Context* context, const v1::ListImagesRequest*,
                      v1::ListImagesResponse* response) override {
    return fake_.answer(context, "ListImages", [=, this] {
      for (const std::string& name : fake_.images_) {
        v1::Image& image = *response->add_images();
        image.set_id("sha256:" + name);
        image.add_repo_tags(name);
        image.set_size(1000);
      }
      return grpc::Status::OK;
    });
  }

  Reactor* RemoveImage(Context* context, const v1::RemoveImageRequest* request,
                       v1::Empty*) override {
    return fake_.answer(context, "RemoveImage", [=, this] {
      fake_.images_.erase(request->image().image());
      return grpc::Status::OK;
    });
  }

 private:
  FakeCriServer& fake_;
};

class FakeCriServer::EventsService final
    : public containerd::services::events::v1::Events::CallbackService {
 public:
  explicit EventsService(FakeCriServer& fake) : fake_{fake} {}

  grpc::ServerWriteReactor<Envelope>* Subscribe(Context*, const SubscribeRequest*) override {
    auto* stream = new EventStream{fake_};  // Freed by its OnDone.
    const std::lock_guard lock{fake_.mutex_};
    fake_.call_counts_["Subscribe"]++;
    fake_.streams_.insert(stream);
    return stream;
  }

 private:
  FakeCriServer& fake_;
};

namespace {

/// One user of the completion queue that all callbacks of a process share, for good. gRPC 1.51
/// shuts the queue down when the last user goes, and then, now and then on a busy machine, gives it
/// up once too often; a test program that makes servers one after another would do that all the
/// time.
void keep_the_shared_queue() {
  static grpc::CallbackGenericService service;
  static const grpc::Server* const kept = [] {
    grpc::ServerBuilder builder;
    builder.RegisterCallbackGenericService(&service);
    return builder.BuildAndStart().release();
  }();
  (void)kept;
}

}  // namespace

FakeCriServer::FakeCriServer(const std::string& socket_path)
    : runtime_service_{std::make_unique<RuntimeService>(*this)},
      image_service_{std::make_unique<ImageService>(*this)},
      events_service_{std::make_unique<EventsService>(*this)} {
  keep_the_shared_queue();
  grpc::ServerBuilder builder;
  if (!socket_path.empty()) {
    builder.AddListeningPort("unix:" + socket_path, grpc::InsecureServerCredentials());
  }
  builder.RegisterService(runtime_service_.get());
  builder.RegisterService(image_service_.get());
  builder.RegisterService(events_service_.get());
  server_ = builder.BuildAndStart();
  expects(server_ != nullptr, "the fake runtime can listen on its socket");
}

FakeCriServer::~FakeCriServer() {
  {
    const std::lock_guard lock{mutex_};
    for (EventStream* stream : streams_) stream->end(grpc::Status::CANCELLED);
    for (grpc::Alarm& alarm : alarms_) alarm.Cancel();
  }
  server_->Shutdown();
  server_->Wait();
}

std::shared_ptr<grpc::Channel> FakeCriServer::channel() {
  return server_->InProcessChannel(grpc::ChannelArguments{});
}

void FakeCriServer::fail_next(const std::string& method, grpc::Status status) {
  const std::lock_guard lock{mutex_};
  failures_[method].push_back(std::move(status));
}

void FakeCriServer::delay_next(const std::string& method, std::chrono::milliseconds delay) {
  const std::lock_guard lock{mutex_};
  delays_[method].push_back(delay);
}

void FakeCriServer::lag_behind_exits(bool lagging) {
  const std::lock_guard lock{mutex_};
  lagging_ = lagging;
}

void FakeCriServer::add_image(const std::string& image) {
  const std::lock_guard lock{mutex_};
  images_.insert(image);
}

void FakeCriServer::exit_container(const std::string& id, std::uint32_t code, bool out_of_memory) {
  const std::lock_guard lock{mutex_};
  if (out_of_memory) {
    containerd::events::TaskOOM oom;
    oom.set_container_id(id);
    publish("/tasks/oom", "containerd.events.TaskOOM", oom);
  }
  end_container(id, containers_.at(id), static_cast<std::int32_t>(code),
                out_of_memory ? "OOMKilled" : (code == 0 ? "Completed" : "Error"));
}

void FakeCriServer::set_usage(const std::string& id, std::uint64_t cpu_ns,
                              std::uint64_t memory_bytes) {
  const std::lock_guard lock{mutex_};
  containers_.at(id).cpu_ns = cpu_ns;
  containers_.at(id).memory_bytes = memory_bytes;
}

void FakeCriServer::exit_exec_process(const std::string& container_id) {
  const std::lock_guard lock{mutex_};
  publish_exit(container_id, "exec-1", 0);
}

void FakeCriServer::exit_sandbox(const std::string& id) {
  const std::lock_guard lock{mutex_};
  end_sandbox(id, sandboxes_.at(id));
}

void FakeCriServer::break_streams() {
  const std::lock_guard lock{mutex_};
  for (EventStream* stream : streams_)
    stream->end({grpc::StatusCode::UNAVAILABLE, "Socket closed"});
}

std::size_t FakeCriServer::stream_count() const {
  const std::lock_guard lock{mutex_};
  return streams_.size();
}

int FakeCriServer::call_count(const std::string& method) const {
  const std::lock_guard lock{mutex_};
  const auto found = call_counts_.find(method);
  return found == call_counts_.end() ? 0 : found->second;
}

v1::RunPodSandboxRequest FakeCriServer::last_run() const {
  const std::lock_guard lock{mutex_};
  return last_run_;
}

v1::CreateContainerRequest FakeCriServer::last_create() const {
  const std::lock_guard lock{mutex_};
  return last_create_;
}

v1::StopContainerRequest FakeCriServer::last_stop() const {
  const std::lock_guard lock{mutex_};
  return last_stop_;
}

v1::ExecSyncRequest FakeCriServer::last_exec() const {
  const std::lock_guard lock{mutex_};
  return last_exec_;
}

void FakeCriServer::end_container(const std::string& id, Container& container, std::int32_t code,
                                  const std::string& reason) {
  container.state = v1::CONTAINER_EXITED;
  container.exit_code = code;
  container.reason = reason;
  container.finished_at = calendar_ns_ += 1'000'000;
  publish_exit(id, id, static_cast<std::uint32_t>(code));
}

void FakeCriServer::end_sandbox(const std::string& id, Sandbox& sandbox) {
  sandbox.state = v1::SANDBOX_NOTREADY;
  calendar_ns_ += 1'000'000;
  publish_exit(id, id, 137);
}

void FakeCriServer::publish_exit(const std::string& container_id, const std::string& process_id,
                                 std::uint32_t code) {
  containerd::events::TaskExit exit;
  exit.set_container_id(container_id);
  exit.set_id(process_id);
  exit.set_exit_status(code);
  exit.mutable_exited_at()->set_seconds(calendar_ns_ / 1'000'000'000);
  exit.mutable_exited_at()->set_nanos(static_cast<std::int32_t>(calendar_ns_ % 1'000'000'000));
  publish("/tasks/exit", "containerd.events.TaskExit", exit);
}

void FakeCriServer::publish(const std::string& topic, const std::string& type,
                            const google::protobuf::Message& message) {
  Envelope envelope;
  envelope.set_namespace_("k8s.io");
  envelope.set_topic(topic);
  envelope.mutable_event()->set_type_url(type);
  envelope.mutable_event()->set_value(message.SerializeAsString());
  for (EventStream* stream : streams_) stream->send(envelope);
}

v1::ContainerState FakeCriServer::shown_state(const Container& container) const {
  return lagging_ && container.state == v1::CONTAINER_EXITED ? v1::CONTAINER_RUNNING
                                                             : container.state;
}

std::string FakeCriServer::new_id(const std::string& prefix) {
  return prefix + std::to_string(++ids_given_);
}

}  // namespace orrery::cri
