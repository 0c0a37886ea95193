/// @file
/// How large a cluster can be played, and how fast?
///
/// `start`: NODES nodes and PODS pods in ReplicaSets of 100, images cached, readiness probed every
/// 10 s, event log on, from nothing until every pod is Ready. `idle DAYS`: the same cluster, then
/// days without load, every probe sent one by one, or none. Prints wall seconds, peak resident
/// memory, events and the ratio to real time; fails unless every pod is Ready at the end.
///
/// Usage: cluster_bench start [nodes] [pods] | idle [nodes] [pods] [hours] [probe period s, 0:
/// none]
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "sim/world/sim_world.h"

namespace {

using namespace orrery;
using namespace orrery::literals;

constexpr std::int32_t kPodsPerSet = 100;

struct Size {
  std::uint32_t nodes = 1000;
  std::int32_t pods = 100'000;
  Duration probe_period = 10_s;
};

sim::WorldConfig config_of(const Size& size) {
  sim::WorldConfig config;
  config.profile = *profile::profile_named("kubernetes-1.30");
  for (std::uint32_t i = 0; i < size.nodes; ++i) {
    sim::WorldNode node;
    node.name = "n" + std::to_string(i);
    node.zone = i % 3;
    node.resources = {
        .cpu_milli = 64'000, .memory_bytes = std::int64_t{256} << 30, .pods = 250, .extended = {}};
    node.labels = {{"topology.kubernetes.io/zone", std::string(1, static_cast<char>('a' + i % 3))}};
    config.nodes.push_back(std::move(node));
  }
  sim::ImageModel& image = config.images["app:1"];
  image.layers = {{.id = "app", .bytes = 1 << 20}};
  image.start = Distribution::constant(100_ms);
  return config;
}

api::ReplicaSet set_of(const Size& size, std::int32_t index) {
  api::ReplicaSet set;
  set.meta.name = "set-" + std::to_string(index);
  set.meta.namespace_name = "default";
  set.spec.replicas = kPodsPerSet;
  set.spec.selector.match_labels = {{"app", set.meta.name}};
  set.spec.pod_template.labels = set.spec.selector.match_labels;
  api::Container container;
  container.name = "app";
  container.image = "app:1";
  container.requests.cpu_milli = 100;
  container.requests.memory_bytes = 128 << 20;
  container.ports.push_back({.name = "http", .container_port = 8080});
  if (size.probe_period > Duration{}) {
    api::HttpGetAction health;
    health.port = 8080;
    container.readiness.emplace();
    container.readiness->action = health;
    container.readiness->period = size.probe_period;
  }
  set.spec.pod_template.spec.containers.push_back(std::move(container));
  return set;
}

double peak_gib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / (1024.0 * 1024.0);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::int32_t ready_pods(const sim::SimWorld& world) {
  std::int32_t ready = 0;
  for (const api::ObjectPtr& object : world.api().objects_of(api::Kind::ReplicaSet)) {
    ready += std::get<api::ReplicaSet>(*object).status.ready_replicas;
  }
  return ready;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "start";
  const bool idle = mode == "idle";
  Size size;
  if (idle) size = {50, 500, 10_s};
  if (argc > 2) size.nodes = static_cast<std::uint32_t>(std::atoi(argv[2]));
  if (argc > 3) size.pods = std::atoi(argv[3]);
  const int hours = argc > 4 ? std::atoi(argv[4]) : 24;
  if (argc > 5) size.probe_period = Duration::seconds(std::atoi(argv[5]));

  const auto start = std::chrono::steady_clock::now();
  recording::EventLog log;
  sim::SimWorld world{config_of(size), log, nullptr};
  for (std::int32_t i = 0; i < size.pods / kPodsPerSet; ++i) {
    ports::ApiCall call;
    call.verb = ports::Verb::Create;
    call.object = std::make_shared<const api::Object>(set_of(size, i));
    call.key = api::key_of(*call.object);
    if (world.apply(call, 0) != ports::Outcome::Ok) return 1;
  }
  world.start();
  while (ready_pods(world) < size.pods && world.now() < Instant::at(Duration::minutes(30))) {
    world.run_until(world.now() + 1_s);
  }
  const double started = seconds_since(start);
  std::printf(
      "%u nodes, %d pods: all Ready after %.0f simulated s in %.2f s wall, %.2f GiB, "
      "%.1f M events\n",
      size.nodes, ready_pods(world), to_seconds(world.now() - Instant{}), started, peak_gib(),
      static_cast<double>(world.events()) / 1e6);
  if (idle) {
    const auto before = std::chrono::steady_clock::now();
    const std::uint64_t events = world.events();
    world.run_until(world.now() + Duration::minutes(60) * hours);
    const double wall = seconds_since(before);
    std::printf(
        "%d idle hours, probes every %.0f s: %.2f s wall, %.0f x real time, %.1f M events, "
        "%.2f GiB\n",
        hours, to_seconds(size.probe_period), wall, hours * 3600.0 / wall,
        static_cast<double>(world.events() - events) / 1e6, peak_gib());
  }
  return ready_pods(world) == size.pods ? 0 : 1;
}
