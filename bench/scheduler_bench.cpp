/// @file
/// How long does it take to place many pods of ReplicaSets on many nodes, spread scoring on?
///
/// Each pod is handed to the scheduler as its watch would, placed, and its binding handed back. The
/// time includes the scheduler's caches. Checks that all pods are placed, that no node is over its
/// capacity, and that the pods of each set are spread: a fast wrong answer fails.
///
/// Usage: scheduler_bench [nodes] [pods] [pods per set] [repetitions]
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "tests/scheduler/direct_world.h"
#include "tests/scheduler/small_objects.h"

namespace {

using namespace orrery;
using namespace orrery::scheduler;

/// Of this process: on a shared machine wall time measures the neighbours.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

struct Size {
  int nodes = 1000;
  int pods = 5000;
  int per_set = 50;
};

api::Pod pod_of_set(int number, int set) {
  api::Pod p = pod("set-" + std::to_string(set) + "-" + std::to_string(number), 100, 128);
  const std::string name = std::to_string(set);
  p.meta.uid = "pod-" + std::to_string(number);
  p.meta.labels = {{"app", "app-" + name}, {"pod-template-hash", "hash-" + name}};
  p.meta.owners = {{api::Kind::ReplicaSet, "set-" + name, "set-uid-" + name, true, true}};
  p.spec.containers[0].image = "app-" + name + ":1";
  return p;
}

/// Seconds, or a negative number if the result is wrong.
double run(const Size& size, std::uint64_t seed) {
  DirectWorld world{{}, seed};
  for (int i = 0; i < size.nodes; ++i) {
    api::Node n = node("node-" + std::to_string(10'000 + i), 64'000, 262'144,
                       "zone-" + std::to_string(i % 3));
    n.status.allocatable.pods = 250;
    world.add(n);
  }
  const int sets = size.pods / size.per_set;
  for (int i = 0; i < sets; ++i) {
    api::ReplicaSet set;
    const std::string name = std::to_string(i);
    set.meta.name = "set-" + name;
    set.meta.namespace_name = "default";
    set.meta.uid = "set-uid-" + name;
    set.spec.selector.match_labels = {{"app", "app-" + name},
                                      {"pod-template-hash", "hash-" + name}};
    world.add(set);
    api::Service service;
    service.meta.name = "app-" + name;
    service.meta.namespace_name = "default";
    service.spec.selector = {{"app", "app-" + name}};
    world.add(service);
  }
  world.start();
  std::vector<api::Pod> pods;
  for (int i = 0; i < size.pods; ++i) pods.push_back(pod_of_set(i, i / size.per_set));

  const double begin = cpu_seconds();
  for (const api::Pod& p : pods) {
    world.create(p);
    if (!world.bindings.empty()) world.confirm(p, world.bindings.back().second);
  }
  const double spent = cpu_seconds() - begin;

  if (world.bindings.size() != pods.size()) return -1;
  std::map<std::string, int> per_node;
  std::map<std::string, std::map<std::string, int>> per_set;
  for (std::size_t i = 0; i < pods.size(); ++i) {
    const std::string& node_name = world.bindings[i].second;
    ++per_node[node_name];
    ++per_set[pods[i].meta.owners[0].name][node_name];
  }
  for (const auto& [name, count] : per_node) {
    if (count > 250 || count * 100 > 64'000) return -1;
  }
  for (const auto& [name, counts] : per_set) {
    for (const auto& [node_name, count] : counts) {
      if (count > 2) return -1;  // There are always nodes without a pod of this set.
    }
  }
  return spent;
}

}  // namespace

int main(int argc, char** argv) {
  Size size;
  if (argc > 1) size.nodes = std::atoi(argv[1]);
  if (argc > 2) size.pods = std::atoi(argv[2]);
  if (argc > 3) size.per_set = std::atoi(argv[3]);
  const int repetitions = argc > 4 ? std::atoi(argv[4]) : 5;
  std::vector<double> seconds;
  for (int i = 0; i < repetitions; ++i) {
    seconds.push_back(run(size, static_cast<std::uint64_t>(i) + 1));
    if (seconds.back() < 0) {
      std::printf("FAIL: a pod was not placed, a node is too full, or a set is not spread\n");
      return 1;
    }
  }
  std::sort(seconds.begin(), seconds.end());
  const double median = seconds[seconds.size() / 2];
  std::printf("%d pods on %d nodes: %.3f s (%.3f..%.3f), %.1f us per pod\n", size.pods, size.nodes,
              median, seconds.front(), seconds.back(), 1e6 * median / size.pods);
  return 0;
}
