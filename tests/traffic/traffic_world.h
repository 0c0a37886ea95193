/// @file
/// A kernel with nothing but the request engine on it, and models to run on it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/kernel/kernel.h"
#include "sim/traffic/request_engine.h"

namespace orrery::sim {

using namespace orrery::literals;

struct TrafficWorld {
  TrafficWorld(const TrafficModel& model, std::uint64_t seed, std::uint32_t node_count = 2)
      : engine{kernel, model, Draws{seed}, node_count, fingerprint}, nodes{node_count} {}

  static ports::TableEndpoint endpoint(ServiceIndex service, std::uint32_t pod) {
    return {"10." + std::to_string(service) + ".0." + std::to_string(pod + 1), 8080,
            "pod-" + std::to_string(pod)};
  }

  /// A pod of the service; in the tables only after publish_all().
  InstanceId pod(ServiceIndex service, std::uint32_t node = 0, std::uint32_t zone = 0,
                 bool listens = true, std::uint32_t cpu_group = kNone,
                 const std::map<std::string, std::string, std::less<>>& labels = {},
                 const std::string& unprobed_as = {}, ports::CauseId cause = 0) {
    if (pods.size() <= service) pods.resize(service + 1);
    const ports::TableEndpoint at =
        endpoint(service, static_cast<std::uint32_t>(pods[service].size()));
    pods[service].push_back(at);
    const InstanceId id = engine.add_instance(
        {at.address, at.port, service, node, zone, "v1", cpu_group, labels, 0, unprobed_as}, cause);
    if (listens) engine.set_listening(id, true);
    return id;
  }

  /// Every consumer may use every pod.
  void publish_all() {
    ++version;
    for (ServiceIndex service = 0; service < pods.size(); ++service) {
      for (ConsumerIndex consumer = 0; consumer <= nodes; ++consumer) {
        engine.publish(consumer, service, pods[service], version);
      }
    }
  }

  void run(Instant until = Instant::never()) {
    KernelEvent event;
    while (kernel.pop(until, event)) engine.dispatch(event);
    if (until != Instant::never()) kernel.advance_to(until);
  }

  Kernel kernel;
  Fingerprint fingerprint;
  RequestEngine engine;
  std::uint32_t nodes;
  std::uint64_t version = 0;
  std::vector<std::vector<ports::TableEndpoint>> pods;
};

inline OperationModel works(Duration time) {
  OperationModel operation;
  operation.cpu = Distribution::constant(time);
  return operation;
}

inline OperationModel works_about(Duration mean) {
  OperationModel operation;
  operation.cpu = Distribution::exponential(mean);
  return operation;
}

inline CallModel call(ServiceIndex to) {
  CallModel model;
  model.to = to;
  return model;
}

inline ServiceModel offers(OperationModel operation, std::uint32_t concurrency = 64) {
  ServiceModel service;
  service.concurrency = concurrency;
  service.operations.push_back(std::move(operation));
  return service;
}

/// Exactly when the load at index 0 starts its `ordinal`-th journey (0, 1, …).
inline Instant arrival(std::uint64_t seed, double rate, std::uint64_t ordinal) {
  Duration at;
  for (std::uint64_t i = 0; i <= ordinal; ++i) {
    const Duration unit = Draws{seed}.exponential(Purpose::Arrival, Duration::seconds(1), 0, i);
    at += Duration::nanoseconds(
        static_cast<std::int64_t>(static_cast<double>(unit.count_ns()) * (1.0 / rate)));
  }
  return Instant::at(at);
}

/// One journey over these services; its load starts `journeys` of them.
inline void add_load(TrafficModel& model, std::vector<JourneyStep> steps, std::uint64_t seed,
                     double rate, std::uint64_t journeys) {
  JourneyModel journey;
  journey.steps = std::move(steps);
  model.journeys.push_back(journey);
  LoadModel load;
  load.rate_per_second = rate;
  load.until = arrival(seed, rate, journeys);  // The next one would start here, so it does not.
  load.mix.push_back({0, 1.0});
  model.load.push_back(load);
}

}  // namespace orrery::sim
