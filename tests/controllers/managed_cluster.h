/// @file
/// A small cluster with a controller manager that can be replaced at any moment.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "models/controllers/controller_manager.h"
#include "tests/controllers/small_cluster.h"

namespace orrery::testing {

struct ManagedCluster {
  static constexpr ports::OwnerId kManager{7};

  SmallCluster cluster;
  controllers::ControllerManagerConfig config;
  std::unique_ptr<controllers::ControllerManager> manager;

  /// One node for pods that ask for none; the manager is started by restart().
  explicit ManagedCluster(std::uint64_t seed = 1) : cluster{seed} {
    config.node_lifecycle.monitor_grace = Duration::minutes(600);  // No kubelet renews a lease.
    cluster.pod_start_varies = false;
    add_node(cluster.node_for_pods);
  }
  ManagedCluster(const ManagedCluster&) = delete;
  ManagedCluster& operator=(const ManagedCluster&) = delete;
  virtual ~ManagedCluster() = default;

  void restart() {
    if (manager) cluster.detach(kManager);
    manager = std::make_unique<controllers::ControllerManager>(kManager, cluster, cluster, config);
    cluster.attach(kManager, *manager);
    manager->start();
  }

  void add_node(const std::string& name) {
    api::Node node;
    node.meta.name = name;
    node.status.conditions = {{"Ready", api::ConditionStatus::True, "", "", {}, {}}};
    cluster.create(node);
  }
};

/// A world that a fault is to be tried in, and how to see that it has come to its end.
struct FaultTrial {
  std::unique_ptr<ManagedCluster> world;
  std::function<void()> begin;          ///< Changes something.
  std::function<bool()> is_done;        ///< The controllers have followed.
  std::function<std::string()> broken;  ///< The first bound that a write broke, or empty.
};

/// Runs the trial once for every call that the controllers make after `begin`, with that call
/// failing; returns the number of calls, or a description of the first trial that does not end
/// well in `failure`.
inline std::uint64_t fail_each_call(const std::function<FaultTrial()>& make, ports::Outcome outcome,
                                    std::string& failure) {
  std::uint64_t last_call = 1;
  for (std::uint64_t fail = 1; fail <= last_call && failure.empty(); ++fail) {
    FaultTrial trial = make();
    trial.begin();
    std::uint64_t calls = 0;
    trial.world->cluster.interfere = [&](const ports::ApiCall&) -> std::optional<ports::Outcome> {
      return ++calls == fail ? std::optional{outcome} : std::nullopt;
    };
    if (!trial.world->cluster.run_for(Duration::minutes(20), trial.is_done)) {
      failure = "failure of call " + std::to_string(fail) + ": does not converge";
    } else if (const std::string broken = trial.broken(); !broken.empty()) {
      failure = "failure of call " + std::to_string(fail) + ": " + broken;
    }
    if (calls < fail) break;
    last_call = fail + 1;
  }
  return last_call - 1;
}

/// As fail_each_call, with the controllers replaced by new ones after that call.
inline std::uint64_t crash_after_each_call(const std::function<FaultTrial()>& make,
                                           std::string& failure) {
  std::uint64_t last_call = 1;
  for (std::uint64_t crash = 1; crash <= last_call && failure.empty(); ++crash) {
    FaultTrial trial = make();
    ManagedCluster& world = *trial.world;
    trial.begin();
    const std::uint64_t before = world.cluster.call_count();
    bool crashed = false;
    world.cluster.after_call = [&](std::uint64_t count) {
      if (crashed || count != before + crash) return;
      crashed = true;
      // Not from inside the component: after the event it is handling.
      world.cluster.at(world.cluster.now(), [&] { world.restart(); });
    };
    if (!world.cluster.run_for(Duration::minutes(20), trial.is_done)) {
      failure = "crash after call " + std::to_string(crash) + ": does not converge";
    } else if (const std::string broken = trial.broken(); !broken.empty()) {
      failure = "crash after call " + std::to_string(crash) + ": " + broken;
    }
    if (!crashed) break;
    last_call = crash + 1;
  }
  return last_call - 1;
}

}  // namespace orrery::testing
