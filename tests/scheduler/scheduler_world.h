/// @file
/// Nodes, pods and a scheduler on a small cluster, for tests.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/scheduler/scheduler.h"
#include "tests/controllers/small_cluster.h"
#include "tests/scheduler/small_objects.h"

namespace orrery::scheduler {

inline constexpr ports::OwnerId kSchedulerOwner{5};

/// A cluster as the scheduler sees it, without a scheduler: nodes, and pods on them.
class Sight {
 public:
  Slot add(const api::Node& n) { return state.set_node(std::make_shared<const api::Object>(n)); }
  void put(const api::Pod& p, const std::string& node_name) {
    state.place({p.meta.namespace_name, p.meta.name}, node_name,
                std::make_shared<const api::Object>(p));
  }
  /// The shape of a pod with its rules.
  std::shared_ptr<PodShape> shape(const api::Pod& p,
                                  const std::optional<api::LabelSelector>& siblings = {}) {
    auto made = state.shape_of(std::make_shared<const api::Object>(p));
    made->rules = placement_rules(p, siblings, {}, state);
    return made;
  }
  std::vector<Slot> nodes() {
    const auto order = state.order();
    return {order.begin(), order.end()};
  }
  /// Why the pod does not fit on the node; empty: it does.
  std::vector<std::string> obstacles(const api::Pod& p, Slot slot, bool* resolvable = nullptr) {
    const auto made = shape(p);
    FilterRun run{state, state.order(), *made, p, plugins, caches};
    std::vector<std::string> reasons;
    const Verdict verdict = run.check(slot, &reasons);
    if (resolvable != nullptr) *resolvable = verdict.resolvable;
    if (verdict.fits() && !run.obstacle().empty()) reasons.push_back(run.obstacle());
    return reasons;
  }
  bool fits(const api::Pod& p, Slot slot) { return obstacles(p, slot).empty(); }

  /// Puts objects into one of the informers as a list would.
  void list(controllers::Informer& informer, const std::vector<api::Object>& objects) {
    ports::ApiList listed;
    for (const api::Object& object : objects) {
      listed.objects.push_back(std::make_shared<const api::Object>(object));
    }
    const std::uint32_t slot = &informer == &claims ? 1 : &informer == &volumes ? 2 : 3;
    cluster.attach(ports::OwnerId{1}, sink_);
    informer.start();
    ports::Event event{.owner = ports::OwnerId{1},
                       .kind = ports::EventKind::ApiReply,
                       .id = controllers::call_id(slot, 1),
                       .body = std::make_shared<const ports::EventBody>(std::move(listed))};
    (void)informer.on_event(event);
  }

  testing::SmallCluster cluster;
  controllers::Ports ports{cluster, cluster, ports::OwnerId{1}};
  controllers::Informer claims{ports, 1, api::Kind::PersistentVolumeClaim, {}};
  controllers::Informer volumes{ports, 2, api::Kind::PersistentVolume, {}};
  controllers::Informer classes{ports, 3, api::Kind::StorageClass, {}};
  VolumeAssumptions assumptions;
  VolumeCaches caches{claims, volumes, classes, assumptions};
  ClusterState state;
  PluginSet plugins;

 private:
  struct Sink : ports::Component {
    void on_event(const ports::Event& /*event*/) override {}
  };
  Sink sink_;
};

/// A scheduler at work on a cluster whose pods do not start by themselves.
struct World {
  testing::SmallCluster cluster;
  Scheduler scheduler;

  explicit World(const SchedulerConfig& config = {}, std::uint64_t seed = 1)
      : scheduler{kSchedulerOwner, cluster, cluster, Draws{seed}, config} {
    cluster.pods_start_by_themselves = false;
    cluster.attach(kSchedulerOwner, scheduler);
    scheduler.start();
  }
  std::map<std::string, int> pods_per_node() {
    std::map<std::string, int> count;
    for (const api::Pod& p : cluster.all<api::Pod>()) ++count[p.spec.node_name];
    return count;
  }
  api::Pod get(const std::string& name) { return *cluster.find<api::Pod>("default", name); }
  std::string node_of(const std::string& name) {
    const auto found = cluster.find<api::Pod>("default", name);
    return found ? found->spec.node_name : "gone";
  }
  std::string message_of(const std::string& name) {
    const api::Pod p = get(name);
    const auto* condition = api::find_condition(p.status.conditions, "PodScheduled");
    return condition == nullptr ? "" : condition->message;
  }
  /// The kubelet's part in a deletion: the pod is gone after its grace period.
  void stop_deleted_pods_after(Duration grace) {
    cluster.on_write = [this, grace](const store::Write& write) {
      const auto* p = std::get_if<api::Pod>(write.after.get());
      if (p == nullptr || write.kind == ports::DeltaKind::Deleted || !p->meta.deletion) return;
      if (write.before != nullptr && api::meta_of(*write.before).deletion) return;
      const PodName name{p->meta.namespace_name, p->meta.name};
      cluster.at(cluster.now() + grace,
                 [this, name] { cluster.remove<api::Pod>(name.first, name.second, Duration{}); });
    };
  }
};

}  // namespace orrery::scheduler
