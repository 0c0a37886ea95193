/// @file
/// A SmallCluster whose pods run for a while and end, as those of Jobs do.
#pragma once

#include <functional>
#include <string>

#include "models/controllers/controller_manager.h"
#include "tests/controllers/small_cluster.h"

namespace orrery::testing {

/// How a pod's container ends; exit code 0 is success.
struct PodEnd {
  Duration after = Duration::seconds(20);
  std::int32_t exit_code = 0;
};

/// A controller manager with a cluster in which API calls take 1 us, so that figures in seconds can
/// be compared to the second.
class BatchCluster : public SmallCluster {
 public:
  explicit BatchCluster(controllers::ControllerManagerConfig config = {})
      : manager{ports::OwnerId{7}, *this, *this, exact(std::move(config))} {
    api_latency = Duration::microseconds(1);
    pods_start_by_themselves = false;
    on_write = [this](const store::Write& write) {
      if (const auto* pod = std::get_if<api::Pod>(write.after.get())) follow(write, *pod);
      if (also) also(write);
    };
    attach(ports::OwnerId{7}, manager);
    manager.start();
    run_for(Duration::milliseconds(1));
  }

  /// How the n-th pod (from 1) ends; empty: it runs until it is told to go.
  std::function<std::optional<PodEnd>(int ordinal, const api::Pod& pod)> end =
      [](int, const api::Pod&) { return PodEnd{}; };
  std::function<void(const store::Write&)> also;
  std::vector<Instant> pod_starts;
  std::vector<Instant> pod_ends;
  int running = 0;
  int running_max = 0;
  controllers::ControllerManager manager;

  [[nodiscard]] api::Job job(const std::string& name) const {
    return find<api::Job>("default", name).value_or(api::Job{});
  }
  [[nodiscard]] bool has(const std::string& name, const char* condition) const {
    const api::Job found = job(name);
    const auto* c = api::find_condition(found.status.conditions, condition);
    return c != nullptr && c->status == api::ConditionStatus::True;
  }

 private:
  static controllers::ControllerManagerConfig exact(controllers::ControllerManagerConfig config) {
    config.job.batch_period = Duration{};
    // There are no Node objects here, for whose absence pods would be deleted.
    config.node_lifecycle.pod_quarantine = Duration::seconds(1'000'000);
    return config;
  }

  void follow(const store::Write& write, const api::Pod& pod) {
    const std::string in = pod.meta.namespace_name;
    const std::string name = pod.meta.name;
    if (write.kind == ports::DeltaKind::Added) {
      pod_starts.push_back(now());
      running_max = std::max(running_max, ++running);
      const auto ending = end(static_cast<int>(pod_starts.size()), pod);
      at(now(), [this, in, name] {
        change<api::Pod>(in, name, [&](api::Pod& p) {
          p.spec.node_name = "node";
          p.status.phase = api::PodPhase::Running;
          p.status.start_time = now();
          api::set_condition(p.status.conditions, "Ready", api::ConditionStatus::True, "", "",
                             now());
        });
      });
      if (ending) {
        at(now() + ending->after,
           [this, in, name, code = ending->exit_code] { finish(in, name, code); });
      }
      return;
    }
    const bool asked_to_go = write.kind == ports::DeltaKind::Modified && pod.meta.deletion &&
                             !api::meta_of(*write.before).deletion;
    if (!asked_to_go) return;
    at(now() + pod_stop, [this, in, name] {
      finish(in, name, 143);
      remove<api::Pod>(in, name, Duration{});
    });
  }

  void finish(const std::string& in, const std::string& name, std::int32_t code) {
    change<api::Pod>(in, name, [&](api::Pod& p) {
      if (p.status.phase != api::PodPhase::Running) return;
      --running;
      pod_ends.push_back(now());
      p.status.phase = code == 0 ? api::PodPhase::Succeeded : api::PodPhase::Failed;
      api::set_condition(p.status.conditions, "Ready", api::ConditionStatus::False, "", "", now());
      api::ContainerStatus& status = p.status.container_statuses.emplace_back();
      status.name = "main";
      status.phase = api::ContainerPhase::Terminated;
      status.exit_code = code;
      status.finished_at = now();
    });
  }
};

/// A Job of one container, restartPolicy Never.
inline api::Job job_named(const std::string& name) {
  api::Job job;
  job.meta.name = name;
  job.meta.namespace_name = "default";
  job.spec.parallelism = 1;
  job.spec.completions = 1;
  job.spec.pod_template.spec.restart_policy = api::RestartPolicy::Never;
  api::Container container;
  container.name = "main";
  container.image = "work:1";
  job.spec.pod_template.spec.containers = {container};
  return job;
}

}  // namespace orrery::testing
