/// @file
/// One node in virtual time: a kubelet on fakes of its four ports, and pods to give it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "models/kubelet/kubelet.h"
#include "tests/support/fake_api_server.h"
#include "tests/support/fake_executor.h"
#include "tests/support/fake_prober.h"
#include "tests/support/fake_runtime.h"

namespace orrery::testing {

inline constexpr const char* kImage = "shop/app:1";

/// A pod "web" in "default", bound to "node-1", with one container "app" whose image is present.
[[nodiscard]] inline api::Pod make_pod(const std::string& name = "web") {
  api::Pod pod;
  pod.meta.name = name;
  pod.meta.namespace_name = "default";
  pod.spec.node_name = "node-1";
  api::Container container;
  container.name = "app";
  container.image = kImage;
  pod.spec.containers.push_back(container);
  return pod;
}

[[nodiscard]] inline api::Probe http_probe(const std::string& path) {
  api::Probe probe;
  api::HttpGetAction action;
  action.path = path;
  action.port = 8080;
  probe.action = action;
  return probe;
}

struct KubeletWorld {
  explicit KubeletWorld(kubelet::KubeletConfig with = {}) : config{std::move(with)} {
    runtime.images.insert(kImage);
  }
  ~KubeletWorld() { stop_kubelet(); }

  void start_kubelet() {
    owner = ports::OwnerId{static_cast<std::uint32_t>(owner) + 1};
    kubelet::NodeIdentity identity;
    identity.owner = owner;
    identity.node_name = "node-1";
    identity.resources.cpu_milli = 8000;
    identity.resources.memory_bytes = 32LL << 30;
    identity.resources.pods = 110;
    identity.address = "10.90.0.1";
    kubelet = std::make_unique<kubelet::Kubelet>(std::move(identity), executor, api, runtime, prober,
                                                 Draws{7}, config);
    executor.attach(owner, *kubelet);
    kubelet->start();
  }
  /// The process dies; the runtime rolls back what it had asked for.
  void stop_kubelet() {
    if (kubelet == nullptr) return;
    executor.detach(owner);
    kubelet.reset();
    runtime.cut_connections();
    api.store().disconnect(store::ClientId{static_cast<std::uint32_t>(owner)});
  }
  void restart_kubelet() {
    stop_kubelet();
    start_kubelet();
  }

  void run(Duration duration) { executor.run_for(duration); }
  /// Runs until `holds`, at most for `limit`. Returns whether it held.
  bool run_while_not(const std::function<bool()>& holds, Duration limit) {
    const Instant end = executor.now() + limit;
    while (!holds()) {
      if (executor.next_time() > end) return false;
      executor.step();
    }
    return true;
  }

  [[nodiscard]] const api::Pod* pod(const std::string& name = "web") const { return api.pod(name); }
  [[nodiscard]] const api::ContainerStatus& status(std::size_t index = 0,
                                                   const std::string& name = "web") const {
    static const api::ContainerStatus kNone;
    const api::Pod* found = api.pod(name);
    if (found == nullptr || found->status.container_statuses.size() <= index) return kNone;
    return found->status.container_statuses[index];
  }
  [[nodiscard]] bool ready(const std::string& name = "web") const {
    const api::Pod* found = api.pod(name);
    return found != nullptr && api::is_ready(*found);
  }
  bool run_until_ready(Duration limit = Duration::minutes(2)) {
    return run_while_not([&] { return ready(); }, limit);
  }
  void crash(std::int32_t code = 1) {
    const ports::ContainerInfo* running = runtime.running("app");
    expects(running != nullptr, "the container to crash is running");
    runtime.exit_container(running->id, code);
  }
  void remove(const std::string& name = "web", std::optional<Duration> grace = std::nullopt) {
    api.remove({api::Kind::Pod, "default", name}, grace);
  }
  [[nodiscard]] std::size_t running_count(const std::string& container = "app") const {
    std::size_t count = 0;
    for (const ports::ContainerInfo& info : runtime.containers()) {
      if (info.name == container && info.state == ports::ContainerState::Running) ++count;
    }
    return count;
  }
  [[nodiscard]] std::size_t ready_sandbox_count() const {
    std::size_t count = 0;
    for (const ports::SandboxInfo& info : runtime.sandboxes()) {
      if (info.state == ports::SandboxState::Ready) ++count;
    }
    return count;
  }

  kubelet::KubeletConfig config;
  FakeExecutor executor;
  FakeApiServer api{executor};
  FakeRuntime runtime{executor};
  FakeProber prober{executor};
  ports::OwnerId owner{0};
  std::unique_ptr<kubelet::Kubelet> kubelet;
};

}  // namespace orrery::testing
