/// @file
/// How large a cluster can be played, and how fast?
///
/// `start`: NODES nodes and PODS pods in ReplicaSets of 100, images cached, readiness probed every
/// 10 s, no limit on the rate of API calls, event log on, from nothing until every pod is Ready;
/// then the log is written as a run writes it. `idle`: the same cluster, then HOURS without load,
/// every probe sent one by one, or none. Prints wall and core seconds, peak resident memory, events
/// and the ratio to real time.
///
/// Fails unless every pod is Ready at the end, on a node with room for it, with a line of the log
/// that says so, and unless idle hours have as many events as probes are due.
///
/// Usage: cluster_bench start [nodes] [pods] [file for the event log]
///        cluster_bench idle [nodes] [pods] [hours] [probe period s, 0: none]
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runner/report/report.h"
#include "sim/world/sim_world.h"

namespace {

using namespace orrery;
using namespace orrery::literals;

constexpr std::int32_t kPodsPerSet = 100;
constexpr std::int64_t kPodsPerNode = 250;

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
    node.resources = {.cpu_milli = 64'000,
                      .memory_bytes = std::int64_t{256} << 30,
                      .pods = kPodsPerNode,
                      .extended = {}};
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

/// Of this process: on a shared machine wall time measures the neighbours, too.
double core_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

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

/// What is wrong with the cluster; nullptr if it is as it should be.
const char* fault_of(const sim::SimWorld& world, const recording::EventLog& log, const Size& size) {
  std::map<std::string, std::int64_t> on_node;
  std::int32_t ready = 0;
  for (const api::ObjectPtr& object : world.api().objects_of(api::Kind::Pod)) {
    const auto& pod = std::get<api::Pod>(*object);
    ready += api::is_ready(pod) ? 1 : 0;
    ++on_node[pod.spec.node_name];
  }
  if (ready != size.pods || ready_pods(world) != size.pods) return "not every pod is Ready";
  if (on_node.size() > size.nodes) return "a pod is on no node";
  for (const auto& [name, count] : on_node) {
    if (count > kPodsPerNode) return "a node has too many pods";
  }
  std::int32_t noted = 0;
  for (const recording::LogRecord& record : log.records()) {
    if (record.what == "ready" && record.subject.starts_with("Pod/")) ++noted;
  }
  if (noted != size.pods) return "the log does not name every pod that became ready";
  return nullptr;
}

/// Writes the log as a run does and returns its size in MB, or a negative number.
double write_log(const recording::EventLog& log, const std::string& path) {
  std::vector<runner::RunResult> results(1);
  results[0].log = log.records();
  const scenario::Scenario scenario;
  const verdict::Judgement judgement;
  const std::string text =
      report::events_jsonl({.scenario = scenario, .results = results, .judgement = judgement});
  std::ofstream file{path, std::ios::binary};
  file << text;
  return file.flush() ? static_cast<double>(text.size()) / 1e6 : -1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "start";
  const bool idle = mode == "idle";
  if (!idle && mode != "start") {
    const bool asked = mode == "--help" || mode == "-h";
    std::fprintf(asked ? stdout : stderr,
                 "Usage: cluster_bench start [nodes] [pods] [file for the event log]\n"
                 "       cluster_bench idle [nodes] [pods] [hours] [probe period s, 0: none]\n");
    return asked ? 0 : 2;
  }
  Size size;
  if (idle) size = {50, 500, 10_s};
  if (argc > 2) size.nodes = static_cast<std::uint32_t>(std::atoi(argv[2]));
  if (argc > 3) size.pods = std::atoi(argv[3]);
  const int hours = idle && argc > 4 ? std::atoi(argv[4]) : 24;
  if (idle && argc > 5) size.probe_period = Duration::seconds(std::atoi(argv[5]));

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
  std::printf(
      "%u nodes, %d pods: all Ready after %.0f simulated s in %.2f s wall, %.2f s of core time, "
      "%.2f GiB, %.1f M events\n",
      size.nodes, ready_pods(world), to_seconds(world.now() - Instant{}), seconds_since(start),
      core_seconds(), peak_gib(), static_cast<double>(world.events()) / 1e6);
  if (idle) {
    const auto before = std::chrono::steady_clock::now();
    const double core_before = core_seconds();
    const std::uint64_t events_before = world.events();
    world.run_until(world.now() + Duration::minutes(60) * hours);
    const double wall = seconds_since(before);
    const double core = core_seconds() - core_before;
    const std::uint64_t events = world.events() - events_before;
    std::printf(
        "%d idle hours, probes every %.0f s: %.2f s wall, %.2f s of core time, %.0f x real time "
        "(%.0f x by core time), %.1f M events, %.2f GiB\n",
        hours, to_seconds(size.probe_period), wall, core, hours * 3600.0 / wall,
        hours * 3600.0 / core, static_cast<double>(events) / 1e6, peak_gib());
    const double probes = size.probe_period > Duration{}
                              ? hours * 3600.0 / to_seconds(size.probe_period) * size.pods
                              : 0;
    // Its timer, its arrival and its answer.
    if (static_cast<double>(events) < 2.99 * probes) {
      std::printf("FAIL: %.1f M events are too few for %.1f M probes\n",
                  static_cast<double>(events) / 1e6, probes / 1e6);
      return 1;
    }
  } else {
    const double core_before = core_seconds();
    const double megabytes = write_log(log, argc > 4 ? argv[4] : "/dev/null");
    std::printf("event log: %zu records, %.1f MB, written in %.2f s of core time\n",
                log.records().size(), megabytes, core_seconds() - core_before);
    if (megabytes <= 0) return 1;
  }
  if (const char* fault = fault_of(world, log, size)) {
    std::printf("FAIL: %s\n", fault);
    return 1;
  }
  return 0;
}
