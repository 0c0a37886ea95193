/// @file
/// The simulated adapters in the shape the port suites want.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "models/recording/event_log.h"
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
  sim::SimApi api{kernel, dispatcher, log, 1, nullptr};
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
    return {{"app:1", {.bytes = 1, .on_nodes = true, .start = Distribution::constant(20_ms)}}};
  }

  sim::RequestEngine engine{kernel, model(), Draws{1}, 1, dispatcher.fingerprint()};
  sim::NodeEnvironment environment{.kernel = kernel,
                                   .dispatcher = dispatcher,
                                   .engine = engine,
                                   .fabric = nullptr,
                                   .draws = Draws{1},
                                   .timings = {},
                                   .probe_latency = 100_us,
                                   .images = images(),
                                   .services = {},
                                   .operations = {},
                                   .probes = {},
                                   .container_events = {}};
  sim::SimNode node{environment, "n1", 0, 0};

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
  }
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
