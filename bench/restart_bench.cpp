// What a node agent itself adds to a restart: from the event that says a container died to the
// first call to the runtime, with the kubelet, the event loop and the record as they are live, and
// a runtime that answers at once.
//
// Usage: restart_bench [--check]      With --check, exits with 1 if the 99th percentile of 2,000
// exits is above 1 ms.
#include <time.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/recording/recorded_process.h"
#include "models/store/api_server.h"
#include "real-backend/loop/event_loop.h"

namespace orrery {
namespace {

constexpr int kRounds = 20;
constexpr int kPods = 100;
constexpr double kBoundMs = 1.0;

/// The API server in the same process: answers at the next turn.
class DirectApi final : public ports::ApiClient {
 public:
  explicit DirectApi(loop::EventLoop& loop) : loop_{loop} {}

  void call(ports::OwnerId owner, ports::CallId id, ports::ApiCall call) override {
    for (store::Delivery& delivery :
         server_.handle(store::ClientId{1}, owner, id, call, loop_.now(), 0).deliveries) {
      loop_.deliver(std::move(delivery.event));
    }
  }

 private:
  loop::EventLoop& loop_;
  store::ApiServer server_{1};
};

/// Every call succeeds at the next turn.
class InstantRuntime final : public ports::ContainerRuntime {
 public:
  explicit InstantRuntime(loop::EventLoop& loop) : loop_{loop} {}

  void call(ports::OwnerId owner, ports::CallId id, ports::RuntimeCall call) override {
    if (on_call) std::exchange(on_call, nullptr)();
    ports::RuntimeResult result;
    if (call.verb == ports::RuntimeVerb::RunSandbox) {
      result.ip = "10.0.0.1";
      result.id = "s" + std::to_string(++made_);
    }
    if (call.verb == ports::RuntimeVerb::CreateContainer) {
      result.id = "c" + std::to_string(++made_);
    }
    if (call.verb == ports::RuntimeVerb::StartContainer) running.push_back(call.container_id);
    loop_.deliver({.owner = owner,
                   .kind = ports::EventKind::RuntimeReply,
                   .id = id,
                   .body = std::make_shared<const ports::EventBody>(std::move(result))});
  }

  std::vector<std::string> running;
  std::function<void()> on_call;

 private:
  loop::EventLoop& loop_;
  int made_ = 0;
};

class NoProber final : public ports::Prober {
  void probe(ports::OwnerId, ports::CallId, const ports::ProbeRequest&) override {}
};
class NoDataPlane final : public ports::DataPlane {
  void publish(ports::OwnerId, ports::EndpointTable) override {}
};

ports::ApiCall creation_of_pod(int number) {
  api::Pod pod;
  pod.meta.name = "pod-" + std::to_string(number);
  pod.meta.namespace_name = "default";
  pod.spec.node_name = "n1";
  api::Container container;
  container.name = "app";
  container.image = "app:1";
  pod.spec.containers.push_back(container);
  ports::ApiCall call;
  call.verb = ports::Verb::Create;
  call.object = std::make_shared<const api::Object>(pod);
  call.key = api::key_of(*call.object);
  return call;
}

/// Brings 100 pods up, lets each container die once, and appends how long the agent took [ms].
bool one_round(const std::string& folder, int round, std::vector<double>& shares) {
  loop::EventLoop loop{loop::Epoch{loop::monotonic_ns()}};
  DirectApi api{loop};
  InstantRuntime runtime{loop};
  NoProber prober;
  NoDataPlane data_plane;
  recording::RecordHeader header;
  header.role = recording::ProcessRole::NodeAgent;
  header.node_name = "n1";
  header.node_address = "10.0.0.100";
  header.node_resources = {8000, std::int64_t{32} << 30, 110, {}};
  auto record =
      recording::RecordFile::create(folder + "/" + std::to_string(round) + ".jsonl", header);
  if (!record) return false;
  recording::RecordedProcess process{{loop, api, runtime, prober, data_plane}, **record};
  if (!recording::add_components(process, header)) return false;
  for (const ports::OwnerId owner : process.owners()) {
    loop.attach(owner, *process.component(owner));
    process.start(owner);
  }
  for (int i = 0; i < kPods; ++i) api.call(ports::OwnerId{999}, 0, creation_of_pod(i));

  boost::asio::steady_timer pace{loop.io()};
  std::size_t killed = 0;
  bool complete = true;
  int patience = 2000;
  // One exit at a time, some milliseconds apart, posted as gRPC's threads post them.
  std::function<void()> next = [&] {
    if (runtime.running.size() < static_cast<std::size_t>(kPods) && --patience > 0) {
      pace.expires_after(std::chrono::milliseconds{5});
      return pace.async_wait([&](const boost::system::error_code&) { next(); });
    }
    if (killed == static_cast<std::size_t>(kPods) || patience == 0) {
      complete = killed == static_cast<std::size_t>(kPods);
      return loop.stop();
    }
    const std::string id = runtime.running[killed++];
    boost::asio::post(loop.io(), [&, id] {
      const std::int64_t began = loop::monotonic_ns();
      runtime.on_call = [&shares, began] {
        shares.push_back(static_cast<double>(loop::monotonic_ns() - began) * 1e-6);
      };
      loop.deliver({.owner = recording::kKubelet,
                    .kind = ports::EventKind::RuntimeEvent,
                    .body = std::make_shared<const ports::EventBody>(
                        ports::RuntimeNotice{.what = ports::RuntimeNotice::What::ContainerExited,
                                             .id = id,
                                             .exit_code = 137,
                                             .reason = "Error",
                                             .at = loop.now()})});
      pace.expires_after(std::chrono::milliseconds{2});
      pace.async_wait([&](const boost::system::error_code&) { next(); });
    });
  };
  next();
  loop.run();
  (*record)->end();
  return complete;
}

}  // namespace
}  // namespace orrery

int main(int argc, char** argv) {
  using namespace orrery;
  const std::string folder = std::filesystem::temp_directory_path() / "orrery-restart-bench";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::vector<double> shares;
  bool complete = true;
  for (int round = 0; round < kRounds; ++round)
    complete = one_round(folder, round, shares) && complete;
  std::filesystem::remove_all(folder);
  std::sort(shares.begin(), shares.end());
  if (!complete || shares.size() != static_cast<std::size_t>(kRounds * kPods)) {
    std::printf("only %zu of %d exits were answered\n", shares.size(), kRounds * kPods);
    return 1;
  }
  const double p50 = shares[shares.size() / 2];
  const double p99 = shares[shares.size() * 99 / 100];
  std::printf("exit event to first runtime call, %zu exits [ms]: p50 %.3f, p99 %.3f, max %.3f\n",
              shares.size(), p50, p99, shares.back());
  const bool check = argc > 1 && std::strcmp(argv[1], "--check") == 0;
  return check && p99 > kBoundMs ? 1 : 0;
}
