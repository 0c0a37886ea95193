#include "real-backend/cri/containerd_runtime.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "models/base/contract.h"
#include "real-backend/cri/cri_requests.h"
#include "real-backend/cri/events.grpc.pb.h"
#include "real-backend/cri/grpc_calls.h"
#include "real-backend/cri/runtime.grpc.pb.h"
#include "real-backend/cri/task_events.pb.h"
#include "real-backend/cri/volume_folders.h"

namespace orrery::cri {

namespace {

namespace v1 = runtime::v1;
using EventsService = containerd::services::events::v1::Events;
using containerd::services::events::v1::Envelope;
using ports::Outcome;
using ports::RuntimeNotice;
using ports::RuntimeResult;
using ports::RuntimeVerb;

// CRI has one namespace in containerd. A comma joins the conditions of one filter.
constexpr char kExitFilter[] = R"(namespace=="k8s.io",topic=="/tasks/exit")";
constexpr char kOomFilter[] = R"(namespace=="k8s.io",topic=="/tasks/oom")";

// Between two attempts to open the stream; an absent containerd is awaited by gRPC itself.
constexpr auto kResubscribeDelay = std::chrono::milliseconds{200};

// As the kubelet's client (pkg/kubelet/cri/remote): lists carry a pod's JSON per sandbox.
constexpr int kMessageBytesMax = 16 * 1024 * 1024;

ports::ContainerState state_of(v1::ContainerState state) {
  switch (state) {
    case v1::CONTAINER_CREATED:
      return ports::ContainerState::Created;
    case v1::CONTAINER_RUNNING:
      return ports::ContainerState::Running;
    case v1::CONTAINER_EXITED:
      return ports::ContainerState::Exited;
    default:
      return ports::ContainerState::Unknown;
  }
}

std::string text_at(const google::protobuf::Map<std::string, std::string>& map, const char* key) {
  const auto found = map.find(key);
  return found == map.end() ? std::string{} : found->second;
}

}  // namespace

std::shared_ptr<grpc::Channel> connect_containerd(const std::string& socket_path) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  // The minimum also bounds one connection attempt, so it is not small. No keepalive: containerd
  // ends connections that ping more often than every five minutes.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  return grpc::CreateCustomChannel("unix:" + socket_path, grpc::InsecureChannelCredentials(),
                                   arguments);
}

class ContainerdRuntime::Impl {
 public:
  Impl(boost::asio::io_context& loop, std::shared_ptr<grpc::Channel> channel, ContainerdNode node,
       ContainerdHooks hooks, ContainerdDeadlines deadlines)
      : node_{std::move(node)},
        hooks_{std::move(hooks)},
        deadlines_{deadlines},
        folders_{node_.volume_dir},
        runtime_{v1::RuntimeService::NewStub(channel)},
        images_{v1::ImageService::NewStub(channel)},
        events_{EventsService::NewStub(channel)},
        loop_stays_open_{loop.get_executor()},
        resubscribe_{loop},
        calls_{loop} {}

  void call(ports::OwnerId owner, ports::CallId id, const ports::RuntimeCall& call);

 private:
  using Runtime = v1::RuntimeService::Stub;
  using RuntimeMethods = v1::RuntimeService::Stub::async_interface;
  using Images = v1::ImageService::Stub;
  using ImageMethods = v1::ImageService::Stub::async_interface;

  /// Whom a reply goes to.
  struct Asked {
    ports::OwnerId owner{};
    ports::CallId id = 0;
    RuntimeVerb verb = RuntimeVerb::List;
  };

  /// A List on its way: two lists, then what only a status tells about some of their entries.
  struct Listing {
    Asked asked;
    Instant started;
    v1::ListPodSandboxResponse sandboxes;
    v1::ListContainersResponse containers;
    std::set<std::string> vanished;  ///< Removed between the list and the status.
    int open_calls = 0;
    Outcome outcome = Outcome::Ok;  ///< The first failure.
    std::string message;
  };
  using ListingPtr = std::shared_ptr<Listing>;

  struct Exit {
    std::int32_t code = 0;
    std::string reason;
    Instant at;
    Instant heard;
  };

  /// What a ContainerStatus told about a container in this state; it does not change any more.
  struct Details {
    ports::ContainerState state = ports::ContainerState::Created;
    Instant started_at;
    Instant finished_at;
    std::int32_t exit_code = 0;
    std::string reason;
  };

  /// Calls and replies when done; `fill(response, result)` only after success.
  template <class Stub, class Request, class Response, class Fill>
  void relay(const Asked& asked, Stub& stub,
             void (Stub::async_interface::*method)(grpc::ClientContext*, const Request*, Response*,
                                                   grpc::ClientUnaryReactor*),
             Request request, Duration deadline, Fill fill) {
    calls_.start(stub, method, std::move(request), deadline,
                 [this, asked, fill = std::move(fill)](const grpc::Status& status,
                                                       const Response& response) {
                   RuntimeResult result;
                   Outcome outcome = outcome_of(asked.verb, status);
                   result.message = status.error_message();
                   if (status.ok()) outcome = fill(response, result);
                   reply(asked, outcome, std::move(result));
                 });
  }

  void reply(const Asked& asked, Outcome outcome, RuntimeResult result);
  void notify(RuntimeNotice notice);

  void run_sandbox(const Asked& asked, const ports::RuntimeCall& call);
  void sandbox_runs(const Asked& asked, const std::string& sandbox_id);

  void measure(const Asked& asked);

  void list(const Asked& asked);
  /// Counts one call of the listing as done; goes on to `next` after the last.
  void listed(const ListingPtr& listing, const grpc::Status& status,
              void (Impl::*next)(const ListingPtr&));
  void ask_details(const ListingPtr& listing);
  void finish_list(const ListingPtr& listing);
  [[nodiscard]] ports::SandboxInfo sandbox_info(const v1::PodSandbox& sandbox) const;
  [[nodiscard]] ports::ContainerInfo container_info(const v1::Container& container) const;
  void forget_unlisted(const Listing& listing);

  void subscribe();
  void confirm_stream();
  void stream_ended();
  void on_envelope(const Envelope& envelope);

  [[nodiscard]] Instant instant_of(std::int64_t calendar_ns) const {
    return calendar_ns == 0 ? Instant{} : hooks_.instant_of_calendar(calendar_ns);
  }

  ContainerdNode node_;
  ContainerdHooks hooks_;
  ContainerdDeadlines deadlines_;
  VolumeFolders folders_;
  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<Images> images_;
  std::unique_ptr<EventsService::Stub> events_;

  std::optional<ports::OwnerId> watcher_;  ///< Called List last.
  std::set<std::string> sandboxes_;        ///< Whose ends are told as SandboxExited.
  std::map<std::string, std::string> address_of_sandbox_;
  std::map<std::string, Details> details_;
  std::set<std::string> out_of_memory_;  ///< Told by an event before the exit.
  std::map<std::string, Exit> exits_;    ///< Heard, and not yet seen in a list.

  std::shared_ptr<grpc::ClientContext> stream_;
  bool stream_lost_ = false;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> loop_stays_open_;
  boost::asio::steady_timer resubscribe_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  GrpcCalls calls_;  ///< Last: what it cancels may use all of the above.
};

void ContainerdRuntime::Impl::call(ports::OwnerId owner, ports::CallId id,
                                   const ports::RuntimeCall& call) {
  const Asked asked{owner, id, call.verb};
  const auto nothing = [](const auto&, RuntimeResult&) { return Outcome::Ok; };
  v1::PodSandboxRequest sandbox;
  sandbox.set_pod_sandbox_id(call.sandbox_id);
  v1::ContainerRequest container;
  container.set_container_id(call.container_id);
  switch (call.verb) {
    case RuntimeVerb::List:
      list(asked);
      return;
    case RuntimeVerb::ImageStatus: {
      v1::ImageStatusRequest request;
      request.mutable_image()->set_image(call.image);
      relay(asked, *images_, &ImageMethods::ImageStatus, std::move(request), deadlines_.look,
            [](const v1::ImageStatusResponse& response, RuntimeResult& result) {
              result.id = response.image().id();
              return response.has_image() ? Outcome::Ok : Outcome::NotFound;
            });
      return;
    }
    case RuntimeVerb::PullImage: {
      v1::PullImageRequest request;
      request.mutable_image()->set_image(call.image);
      relay(asked, *images_, &ImageMethods::PullImage, std::move(request), deadlines_.pull,
            [](const v1::PullImageResponse& response, RuntimeResult& result) {
              result.id = response.image_ref();
              return Outcome::Ok;
            });
      return;
    }
    case RuntimeVerb::Images:
      relay(asked, *images_, &ImageMethods::ListImages, v1::ListImagesRequest{}, deadlines_.look,
            [](const v1::ListImagesResponse& response, RuntimeResult& result) {
              for (const v1::Image& image : response.images()) {
                for (const std::string& tag : image.repo_tags()) {
                  result.images.push_back({tag, static_cast<std::int64_t>(image.size())});
                }
              }
              return Outcome::Ok;
            });
      return;
    case RuntimeVerb::RemoveImage: {
      v1::RemoveImageRequest request;
      request.mutable_image()->set_image(call.image);
      relay(asked, *images_, &ImageMethods::RemoveImage, std::move(request), deadlines_.change,
            nothing);
      return;
    }
    case RuntimeVerb::Stats:
      measure(asked);
      return;
    case RuntimeVerb::RunSandbox:
      run_sandbox(asked, call);
      return;
    case RuntimeVerb::CreateContainer: {
      for (const ports::Mount& mount : call.mounts) {
        make_sub_path(node_.volume_dir, api::meta_of(*call.pod).uid, mount);
      }
      v1::CreateContainerRequest request;
      request.set_pod_sandbox_id(call.sandbox_id);
      *request.mutable_config() = container_config(call, node_);
      // Only names, log folder and cgroup are read from it here, so the sandbox's attempt may
      // differ.
      *request.mutable_sandbox_config() = sandbox_config(*call.pod, node_, 0);
      relay(asked, *runtime_, &RuntimeMethods::CreateContainer, std::move(request),
            deadlines_.change,
            [](const v1::CreateContainerResponse& response, RuntimeResult& result) {
              result.id = response.container_id();
              return Outcome::Ok;
            });
      return;
    }
    case RuntimeVerb::StartContainer:
      relay(asked, *runtime_, &RuntimeMethods::StartContainer, container, deadlines_.change,
            nothing);
      return;
    case RuntimeVerb::Exec: {
      v1::ExecSyncRequest request;
      request.set_container_id(call.container_id);
      request.mutable_cmd()->Add(call.command.begin(), call.command.end());
      request.set_timeout(ceil_seconds(call.timeout));
      const Duration deadline = Duration::seconds(request.timeout()) + deadlines_.exec_slack;
      relay(asked, *runtime_, &RuntimeMethods::ExecSync, std::move(request), deadline,
            [](const v1::ExecSyncResponse& response, RuntimeResult& result) {
              result.exit_code = response.exit_code();
              if (result.exit_code != 0) result.message = response.stderr();
              return Outcome::Ok;
            });
      return;
    }
    case RuntimeVerb::StopContainer: {
      v1::StopContainerRequest request;
      request.set_container_id(call.container_id);
      request.set_timeout(ceil_seconds(call.timeout));
      const Duration deadline = Duration::seconds(request.timeout()) + deadlines_.change;
      relay(asked, *runtime_, &RuntimeMethods::StopContainer, std::move(request), deadline,
            nothing);
      return;
    }
    case RuntimeVerb::RemoveContainer:
      relay(asked, *runtime_, &RuntimeMethods::RemoveContainer, container, deadlines_.change,
            nothing);
      return;
    case RuntimeVerb::StopSandbox:
      relay(asked, *runtime_, &RuntimeMethods::StopPodSandbox, sandbox, deadlines_.change, nothing);
      return;
    case RuntimeVerb::RemoveSandbox:
      relay(asked, *runtime_, &RuntimeMethods::RemovePodSandbox, sandbox, deadlines_.change,
            [this, id = call.sandbox_id](const v1::Empty&, RuntimeResult&) {
              sandboxes_.erase(id);
              return Outcome::Ok;
            });
      return;
    case RuntimeVerb::PrepareVolume:
    case RuntimeVerb::RemoveVolumes: {
      // Small files on a local disk: done here and now, and answered by the loop as all calls are.
      const VolumeFolders::Done done = call.verb == RuntimeVerb::PrepareVolume
                                           ? folders_.prepare(*call.volume)
                                           : folders_.remove(call.volume->pod_uid);
      boost::asio::post(resubscribe_.get_executor(),
                        [this, asked, done, alive = std::weak_ptr<bool>{alive_}] {
                          if (alive.expired()) return;
                          RuntimeResult result;
                          result.message = done.message;
                          reply(asked, done.outcome, std::move(result));
                        });
      return;
    }
  }
  contract_violation("a runtime call has one of the verbs of RuntimeVerb");
}

void ContainerdRuntime::Impl::reply(const Asked& asked, Outcome outcome, RuntimeResult result) {
  ports::Event event;
  event.owner = asked.owner;
  event.kind = ports::EventKind::RuntimeReply;
  event.outcome = outcome;
  event.id = asked.id;
  event.body = std::make_shared<const ports::EventBody>(std::move(result));
  hooks_.sink(std::move(event));
}

void ContainerdRuntime::Impl::notify(RuntimeNotice notice) {
  if (!watcher_) return;
  ports::Event event;
  event.owner = *watcher_;
  event.kind = ports::EventKind::RuntimeEvent;
  event.body = std::make_shared<const ports::EventBody>(std::move(notice));
  hooks_.sink(std::move(event));
}

void ContainerdRuntime::Impl::run_sandbox(const Asked& asked, const ports::RuntimeCall& call) {
  v1::RunPodSandboxRequest request;
  *request.mutable_config() = sandbox_config(*call.pod, node_, call.attempt);
  calls_.start(
      *runtime_, &RuntimeMethods::RunPodSandbox, std::move(request), deadlines_.change,
      [this, asked](const grpc::Status& status, const v1::RunPodSandboxResponse& response) {
        if (status.ok()) return sandbox_runs(asked, response.pod_sandbox_id());
        RuntimeResult result;
        result.message = status.error_message();
        reply(asked, outcome_of(asked.verb, status), std::move(result));
      });
}

void ContainerdRuntime::Impl::sandbox_runs(const Asked& asked, const std::string& sandbox_id) {
  sandboxes_.insert(sandbox_id);
  v1::PodSandboxRequest request;
  request.set_pod_sandbox_id(sandbox_id);
  calls_.start(*runtime_, &RuntimeMethods::PodSandboxStatus, std::move(request), deadlines_.look,
               [this, asked, sandbox_id](const grpc::Status& status,
                                         const v1::PodSandboxStatusResponse& response) {
                 RuntimeResult result;
                 result.id = sandbox_id;
                 result.ip = response.status().network().ip();
                 result.message = status.error_message();
                 if (status.ok()) address_of_sandbox_[sandbox_id] = result.ip;
                 reply(asked, status.ok() ? Outcome::Ok : Outcome::Unknown, std::move(result));
                 // It may have ended before we knew that it is ours.
                 if (const auto exit = exits_.find(sandbox_id); exit != exits_.end()) {
                   notify({RuntimeNotice::What::SandboxExited, sandbox_id, exit->second.code,
                           exit->second.reason, exit->second.at});
                 }
               });
}

void ContainerdRuntime::Impl::measure(const Asked& asked) {
  v1::ListContainerStatsRequest request;
  for (const auto& [name, value] : selector_of(node_)) {
    (*request.mutable_filter()->mutable_label_selector())[name] = value;
  }
  relay(asked, *runtime_, &RuntimeMethods::ListContainerStats, std::move(request), deadlines_.look,
        [this](const v1::ListContainerStatsResponse& response, RuntimeResult& result) {
          for (const v1::ContainerStats& stats : response.stats()) {
            // What has no process yet, or no more, is listed without numbers.
            if (!stats.cpu().has_usage_core_nano_seconds() ||
                !stats.memory().has_working_set_bytes()) {
              continue;
            }
            ports::ContainerStats sample;
            sample.id = stats.attributes().id();
            sample.at = instant_of(stats.cpu().timestamp());
            sample.cpu = Duration::nanoseconds(
                static_cast<std::int64_t>(stats.cpu().usage_core_nano_seconds().value()));
            sample.memory_bytes =
                static_cast<std::int64_t>(stats.memory().working_set_bytes().value());
            result.stats.push_back(std::move(sample));
          }
          return Outcome::Ok;
        });
}

void ContainerdRuntime::Impl::list(const Asked& asked) {
  watcher_ = asked.owner;
  if (stream_ == nullptr && !stream_lost_) subscribe();  // First, so that nothing falls between.
  const auto listing = std::make_shared<Listing>();
  listing->asked = asked;
  listing->started = hooks_.now();
  listing->open_calls = 2;
  v1::ListPodSandboxRequest sandboxes;
  v1::ListContainersRequest containers;
  for (const auto& [name, value] : selector_of(node_)) {
    (*sandboxes.mutable_filter()->mutable_label_selector())[name] = value;
    (*containers.mutable_filter()->mutable_label_selector())[name] = value;
  }
  calls_.start(*runtime_, &RuntimeMethods::ListPodSandbox, std::move(sandboxes), deadlines_.look,
               [this, listing](const grpc::Status& status, v1::ListPodSandboxResponse& response) {
                 listing->sandboxes.Swap(&response);
                 listed(listing, status, &Impl::ask_details);
               });
  calls_.start(*runtime_, &RuntimeMethods::ListContainers, std::move(containers), deadlines_.look,
               [this, listing](const grpc::Status& status, v1::ListContainersResponse& response) {
                 listing->containers.Swap(&response);
                 listed(listing, status, &Impl::ask_details);
               });
}

void ContainerdRuntime::Impl::listed(const ListingPtr& listing, const grpc::Status& status,
                                     void (Impl::*next)(const ListingPtr&)) {
  if (!status.ok() && listing->outcome == Outcome::Ok) {
    listing->outcome = outcome_of(RuntimeVerb::List, status);
    listing->message = status.error_message();
  }
  if (--listing->open_calls > 0) return;
  if (listing->outcome == Outcome::Ok) return (this->*next)(listing);
  RuntimeResult result;
  result.message = listing->message;
  reply(listing->asked, listing->outcome, std::move(result));
}

void ContainerdRuntime::Impl::ask_details(const ListingPtr& listing) {
  const auto is_gone = [](const grpc::Status& status) {
    return status.error_code() == grpc::StatusCode::NOT_FOUND;
  };
  listing->open_calls = 1;  // This function, so that the last answer is not the first.
  for (const v1::PodSandbox& sandbox : listing->sandboxes.items()) {
    sandboxes_.insert(sandbox.id());
    if (sandbox.state() != v1::SANDBOX_READY || address_of_sandbox_.contains(sandbox.id()))
      continue;
    v1::PodSandboxRequest request;
    request.set_pod_sandbox_id(sandbox.id());
    listing->open_calls++;
    calls_.start(*runtime_, &RuntimeMethods::PodSandboxStatus, std::move(request), deadlines_.look,
                 [this, listing, is_gone, id = sandbox.id()](
                     const grpc::Status& status, const v1::PodSandboxStatusResponse& response) {
                   if (status.ok()) address_of_sandbox_[id] = response.status().network().ip();
                   if (is_gone(status)) listing->vanished.insert(id);
                   listed(listing, is_gone(status) ? grpc::Status::OK : status, &Impl::finish_list);
                 });
  }
  for (const v1::Container& container : listing->containers.containers()) {
    const ports::ContainerState state = state_of(container.state());
    const auto known = details_.find(container.id());
    if (state == ports::ContainerState::Created) continue;
    if (known != details_.end() && known->second.state == state) continue;
    v1::ContainerRequest request;
    request.set_container_id(container.id());
    listing->open_calls++;
    calls_.start(*runtime_, &RuntimeMethods::ContainerStatus, std::move(request), deadlines_.look,
                 [this, listing, is_gone, id = container.id()](
                     const grpc::Status& status, const v1::ContainerStatusResponse& response) {
                   const v1::ContainerStatus& now = response.status();
                   if (status.ok()) {
                     details_[id] = {state_of(now.state()), instant_of(now.started_at()),
                                     instant_of(now.finished_at()), now.exit_code(), now.reason()};
                   }
                   if (is_gone(status)) listing->vanished.insert(id);
                   listed(listing, is_gone(status) ? grpc::Status::OK : status, &Impl::finish_list);
                 });
  }
  listed(listing, grpc::Status::OK, &Impl::finish_list);
}

void ContainerdRuntime::Impl::finish_list(const ListingPtr& listing) {
  RuntimeResult result;
  for (const v1::PodSandbox& sandbox : listing->sandboxes.items()) {
    if (!listing->vanished.contains(sandbox.id())) {
      result.sandboxes.push_back(sandbox_info(sandbox));
    }
  }
  for (const v1::Container& container : listing->containers.containers()) {
    if (!listing->vanished.contains(container.id())) {
      result.containers.push_back(container_info(container));
    }
  }
  forget_unlisted(*listing);
  reply(listing->asked, Outcome::Ok, std::move(result));
}

ports::SandboxInfo ContainerdRuntime::Impl::sandbox_info(const v1::PodSandbox& sandbox) const {
  ports::SandboxInfo info;
  info.id = sandbox.id();
  info.pod_uid = sandbox.metadata().uid();
  info.pod_name = sandbox.metadata().name();
  info.pod_namespace = sandbox.metadata().namespace_();
  info.attempt = sandbox.metadata().attempt();
  info.state = sandbox.state() == v1::SANDBOX_READY && !exits_.contains(sandbox.id())
                   ? ports::SandboxState::Ready
                   : ports::SandboxState::NotReady;
  if (const auto address = address_of_sandbox_.find(info.id);
      address != address_of_sandbox_.end()) {
    info.ip = address->second;
  }
  info.pod_json = text_at(sandbox.annotations(), kPodAnnotation);
  return info;
}

ports::ContainerInfo ContainerdRuntime::Impl::container_info(const v1::Container& container) const {
  ports::ContainerInfo info;
  info.id = container.id();
  info.sandbox_id = container.pod_sandbox_id();
  info.name = container.metadata().name();
  info.attempt = container.metadata().attempt();
  info.state = state_of(container.state());
  info.image = container.image().image();
  if (const auto known = details_.find(info.id); known != details_.end()) {
    info.state = known->second.state;
    info.exit_code = known->second.exit_code;
    info.reason = known->second.reason;
    info.started_at = known->second.started_at;
    info.finished_at = known->second.finished_at;
  }
  if (const auto exit = exits_.find(info.id);
      exit != exits_.end() && info.state != ports::ContainerState::Exited) {
    info.state = ports::ContainerState::Exited;
    info.exit_code = exit->second.code;
    info.reason = exit->second.reason;
    info.finished_at = exit->second.at;
  }
  return info;
}

void ContainerdRuntime::Impl::forget_unlisted(const Listing& listing) {
  std::set<std::string> listed_ids;
  std::set<std::string> ended;
  for (const v1::PodSandbox& sandbox : listing.sandboxes.items()) {
    listed_ids.insert(sandbox.id());
    if (sandbox.state() != v1::SANDBOX_READY) ended.insert(sandbox.id());
  }
  for (const v1::Container& container : listing.containers.containers()) {
    listed_ids.insert(container.id());
    if (container.state() == v1::CONTAINER_EXITED) ended.insert(container.id());
  }
  const auto unlisted = [&](const std::string& id) { return !listed_ids.contains(id); };
  std::erase_if(exits_, [&](const auto& entry) {
    // What ended after the list was asked for may be missing from it because it is that new.
    return ended.contains(entry.first) ||
           (unlisted(entry.first) && entry.second.heard < listing.started);
  });
  std::erase_if(out_of_memory_, unlisted);
  std::erase_if(details_, [&](const auto& entry) { return unlisted(entry.first); });
  // An id that is not listed yet is learned again from its reply or the next list.
  std::erase_if(address_of_sandbox_, [&](const auto& entry) { return unlisted(entry.first); });
}

void ContainerdRuntime::Impl::subscribe() {
  containerd::services::events::v1::SubscribeRequest request;
  request.add_filters(kExitFilter);
  request.add_filters(kOomFilter);
  stream_ = calls_.read_stream<Envelope>(
      [&](grpc::ClientContext* context, grpc::ClientReadReactor<Envelope>* reactor) {
        events_->async()->Subscribe(context, &request, reactor);
      },
      [this](const Envelope& envelope) { on_envelope(envelope); },
      [this](const grpc::Status&) { stream_ended(); });
  confirm_stream();
}

// containerd sends nothing before the first event. A call that is answered on the same connection
// after the stream was opened tells that the stream stands.
void ContainerdRuntime::Impl::confirm_stream() {
  calls_.start(*runtime_, &RuntimeMethods::Version, v1::VersionRequest{}, std::nullopt,
               [this, stream = stream_](const grpc::Status& status, const v1::VersionResponse&) {
                 if (stream != stream_) return;
                 if (!status.ok()) return stream->TryCancel();
                 if (!std::exchange(stream_lost_, false)) return;
                 notify({RuntimeNotice::What::StreamRestored, {}, 0, {}, hooks_.now()});
               });
}

void ContainerdRuntime::Impl::stream_ended() {
  stream_ = nullptr;
  out_of_memory_.clear();
  if (!std::exchange(stream_lost_, true)) {
    notify({RuntimeNotice::What::StreamLost, {}, 0, {}, hooks_.now()});
  }
  resubscribe_.expires_after(kResubscribeDelay);
  resubscribe_.async_wait(
      [this, alive = std::weak_ptr<bool>{alive_}](const boost::system::error_code& cancelled) {
        if (!cancelled && !alive.expired()) subscribe();
      });
}

void ContainerdRuntime::Impl::on_envelope(const Envelope& envelope) {
  const std::string& message = envelope.event().value();
  if (envelope.topic() == "/tasks/oom") {
    containerd::events::TaskOOM oom;
    if (oom.ParseFromString(message)) out_of_memory_.insert(oom.container_id());
    return;
  }
  containerd::events::TaskExit exit;
  if (!exit.ParseFromString(message)) return;
  const std::string& id = exit.container_id();
  if (exit.id() != id) return;  // A process that exec started.
  const auto code = static_cast<std::int32_t>(exit.exit_status());
  const bool oom = out_of_memory_.erase(id) > 0;
  const std::int64_t exited_at =
      exit.exited_at().seconds() * 1'000'000'000 + exit.exited_at().nanos();
  const Exit heard{code, oom ? "OOMKilled" : (code == 0 ? "Completed" : "Error"),
                   instant_of(exited_at), hooks_.now()};
  exits_.insert_or_assign(id, heard);
  const auto what = sandboxes_.contains(id) ? RuntimeNotice::What::SandboxExited
                                            : RuntimeNotice::What::ContainerExited;
  notify({what, id, heard.code, heard.reason, heard.at});
}

ContainerdRuntime::ContainerdRuntime(boost::asio::io_context& loop,
                                     std::shared_ptr<grpc::Channel> channel, ContainerdNode node,
                                     ContainerdHooks hooks, ContainerdDeadlines deadlines)
    : impl_{std::make_unique<Impl>(loop, std::move(channel), std::move(node), std::move(hooks),
                                   deadlines)} {}

ContainerdRuntime::~ContainerdRuntime() = default;

void ContainerdRuntime::call(ports::OwnerId owner, ports::CallId id, ports::RuntimeCall call) {
  impl_->call(owner, id, call);
}

}  // namespace orrery::cri
