/// @file
/// The simulated adapters in the shape the port suites want.
#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "models/recording/event_log.h"
#include "sim/traffic/request_engine.h"
#include "sim/world/sim_api.h"
#include "sim/world/sim_data_plane.h"
#include "sim/world/sim_node.h"

namespace orrery::ports_suite {

/// A kernel and one process; the suites choose their owner ids.
struct SimExecutorWorld {
  sim::Kernel kernel;
  sim::Dispatcher dispatcher{kernel};
  sim::ProcessId process = dispatcher.start_process();
  ports::OwnerId last = dispatcher.add_owner(process);

  ports::Executor& executor() { return dispatcher; }

  void attach(ports::OwnerId owner, ports::Component& component) {
    while (last < owner) last = dispatcher.add_owner(process);
    dispatcher.attach(owner, component);
  }

  bool run(const std::function<bool()>& done) {
    return run_with(done, [this](sim::KernelEvent event) { dispatcher.dispatch(event); });
  }

 protected:
  bool run_with(const std::function<bool()>& done,
                const std::function<void(sim::KernelEvent)>& dispatch) {
    sim::KernelEvent event;
    while (!done()) {
      if (!kernel.pop(Instant::at(Duration::minutes(60)), event)) return false;
      dispatch(event);
    }
    return true;
  }
};

struct SimApiWorld : SimExecutorWorld {
  recording::EventLog log;
  sim::SimApi api{kernel, dispatcher, log,
                  1,      nullptr,    {.server = {.bookmark_period = 20_ms}, .store = {}}};
  sim::SimApiClient api_client{api, api.connect({1_ms, 1_ms})};

  ports::ApiClient& client() { return api_client; }

  bool run(const std::function<bool()>& done) {
    return run_with(done, [this](sim::KernelEvent event) {
      if (!dispatcher.dispatch(event)) api.dispatch(event);
    });
  }
};

/// A request engine with one service, "default/web" on port "http", and what a node needs.
struct SimNodeWorld : SimExecutorWorld {
  static sim::TrafficModel model() {
    sim::TrafficModel m;
    for (const char* name : {"default/web", "default/cart"}) {
      sim::ServiceModel service;
      service.name = name;
      service.port_name = "http";
      service.operations.push_back(
          {.name = "get", .cpu = Distribution::constant(1_ms), .wait = {}, .steps = {}});
      m.services.push_back(service);
    }
    return m;
  }
  static std::map<std::string, sim::ImageModel> images() {
    return {{"app:1",
             {.layers = {{"app", 1}},
              .on_nodes = true,
              .start = Distribution::constant(20_ms),
              .process = {}}}};
  }

  sim::RequestEngine engine{kernel, model(), Draws{1}, 1, dispatcher.fingerprint()};
  recording::EventLog log;
  sim::NodeEnvironment environment{.kernel = kernel,
                                   .dispatcher = dispatcher,
                                   .engine = engine,
                                   .log = log,
                                   .fabric = nullptr,
                                   .draws = Draws{1},
                                   .timings = {},
                                   .probe_latency = 100_us,
                                   .images = images(),
                                   .services = {},
                                   .operations = {},
                                   .probes = {},
                                   .container_events = {}};
  sim::SimNode node{environment, "n1", 0, 0, sim::NodeCapacity{1 << 30, 1 << 30, 0}};

  bool run(const std::function<bool()>& done) {
    return run_with(done, [this](sim::KernelEvent event) { handle(event); });
  }
  void run_for(Duration time) {
    sim::KernelEvent event;
    const Instant end = kernel.now() + time;
    while (kernel.pop(end, event)) handle(event);
    kernel.advance_to(end);
  }

 private:
  void handle(sim::KernelEvent event) {
    if (!engine.dispatch(event) && !dispatcher.dispatch(event)) sim::dispatch(environment, event);
    for (const sim::InstanceId instance : engine.take_drained()) node.on_drained(instance);
    for (const sim::InstanceId instance : engine.take_overloaded()) node.on_overload(instance);
    for (const sim::ProbeAnswer& answer : engine.take_probe_answers()) {
      node.on_probe_served(environment.probes.take(answer.tag), answer);
    }
  }
};

/// Pods that were started for the checks that the suite makes of them.
struct SimProberWorld : SimNodeWorld {
  struct Ears : ports::Component {
    std::vector<ports::Event> events;
    void on_event(const ports::Event& event) override { events.push_back(event); }
  };
  static constexpr ports::OwnerId kStarter{40};
  static constexpr std::array kHttpAnswers{200, 503};
  static constexpr int kFailingExit = 1;

  SimProberWorld() { attach(kStarter, ears); }

  ports::Prober& prober() { return node; }
  std::pair<std::string, std::int32_t> http_place(int status) {
    return {start(status == 0     ? sim::Illness::Hangs
                  : status == 200 ? sim::Illness::None
                                  : sim::Illness::Fails)
                .ip,
            8080};
  }
  std::pair<std::string, std::int32_t> dead_place() { return {"10.99.99.99", 8080}; }
  std::string container(int exit_code) {
    return start(exit_code < 0    ? sim::Illness::Hangs
                 : exit_code == 0 ? sim::Illness::None
                                  : sim::Illness::Fails)
        .container;
  }

 private:
  struct Started {
    std::string ip;
    std::string container;
  };

  Started start(sim::Illness illness) {
    api::Pod pod;
    pod.meta.name = "checked-" + std::to_string(++pods);
    pod.meta.namespace_name = "default";
    pod.meta.uid = "uid-" + std::to_string(pods);
    api::Container spec;
    spec.name = "app";
    spec.image = "app:1";
    pod.spec.containers.push_back(spec);
    ports::RuntimeCall call;
    call.verb = ports::RuntimeVerb::RunSandbox;
    call.pod = std::make_shared<const api::Object>(pod);
    const ports::RuntimeResult sandbox = ask(call);
    call.verb = ports::RuntimeVerb::CreateContainer;
    call.sandbox_id = sandbox.id;
    const std::string container = ask(call).id;
    ports::RuntimeCall run_it;
    run_it.verb = ports::RuntimeVerb::StartContainer;
    run_it.container_id = container;
    (void)ask(run_it);
    run_for(100_ms);
    if (illness != sim::Illness::None) {
      expects(node.afflict(pod.meta.uid, "app", illness, 1000_s), "the container runs");
    }
    return {sandbox.ip, container};
  }
  ports::RuntimeResult ask(const ports::RuntimeCall& call) {
    ears.events.clear();
    node.call(kStarter, ++calls, call);
    const bool answered = run([this] { return !ears.events.empty(); });
    expects(answered && ears.events.front().outcome == ports::Outcome::Ok, "the runtime does it");
    return std::get<ports::RuntimeResult>(*ears.events.front().body);
  }

  Ears ears;
  int pods = 0;
  ports::CallId calls = 0;
};

/// Tables of the clients outside, for the services of SimNodeWorld.
struct SimDataPlaneWorld : SimNodeWorld {
  sim::TableEnvironment tables{
      .kernel = kernel,
      .dispatcher = dispatcher,
      .engine = engine,
      .delay = 1_ms,
      .services = {{{"default/web", "http"}, 0}, {{"default/cart", "http"}, 1}},
      .pending = {}};
  sim::SimDataPlane outside{tables, sim::kOutsideClients};

  ports::DataPlane& data_plane() { return outside; }

  /// Requests go by addresses and ports alone.
  bool shows(const ports::EndpointTable& table) {
    const ports::EndpointTable kept =
        engine.table(sim::kOutsideClients, tables.services.at({table.service, table.port_name}));
    const auto same_place = [](const ports::TableEndpoint& a, const ports::TableEndpoint& b) {
      return a.address == b.address && a.port == b.port;
    };
    return kept.version == table.version &&
           std::equal(kept.endpoints.begin(), kept.endpoints.end(), table.endpoints.begin(),
                      table.endpoints.end(), same_place);
  }
  bool run(const std::function<bool()>& done) {
    return run_with(done, [this](sim::KernelEvent event) { sim::dispatch(tables, event); });
  }
};

}  // namespace orrery::ports_suite
