#include "models/controllers/cluster_autoscaler_fit.h"

#include <memory>
#include <utility>

#include "models/scheduler/placement_rules.h"

namespace orrery::controllers {
namespace {

using api::ObjectPtr;
using api::Pod;
using scheduler::PodName;

PodName name_of(const Pod& pod) { return {pod.meta.namespace_name, pod.meta.name}; }

}  // namespace

template <class Accepts>
void FitSimulation::try_on(const ObjectPtr& object, Accepts accepts) {
  static const scheduler::PluginSet kAll;
  const Pod& pod = std::get<Pod>(*object);
  const std::string name =
      pod.spec.scheduler_name.empty() ? "default-scheduler" : pod.spec.scheduler_name;
  const auto profile = profiles_.find(name);
  const std::shared_ptr<scheduler::PodShape> shape = state_.shape_of(object);
  // What only orders nodes does not matter here.
  if (!shape->rules) shape->rules = scheduler::placement_rules(pod, std::nullopt, {}, state_);
  const auto order = state_.order();
  const scheduler::FilterRun run{
      state_, order, *shape, pod, profile != profiles_.end() ? profile->second : kAll, volumes_};
  if (!run.obstacle().empty()) return;
  for (const scheduler::Slot slot : order) {
    const std::string& node = state_.node(slot).node->meta.name;
    if (run.candidates() && !run.candidates()->contains(node)) continue;
    if (accepts(node, [&] { return run.check(slot).fits(); })) return;
  }
}

bool FitSimulation::fits(const ObjectPtr& pod, const std::string& node) {
  bool found = false;
  try_on(pod, [&](const std::string& name, const auto& passes) {
    if (name != node) return false;
    found = passes();
    return true;
  });
  return found;
}

std::optional<std::string> FitSimulation::find_place(
    const ObjectPtr& pod, const std::function<bool(const std::string&)>& allowed) {
  std::optional<std::string> found;
  try_on(pod, [&](const std::string& name, const auto& passes) {
    if (!allowed(name) || !passes()) return false;
    found = name;
    return true;
  });
  return found;
}

void FitSimulation::add_node(const ObjectPtr& node) {
  state_.set_node(node);
  done_.emplace_back(NodeAdded{api::meta_of(*node).name});
}

void FitSimulation::place(const ObjectPtr& pod, const std::string& node) {
  const PodName name = name_of(std::get<Pod>(*pod));
  state_.place(name, node, pod);
  done_.emplace_back(Placed{name});
}

ObjectPtr FitSimulation::lift(const scheduler::PlacedPod& pod) {
  Lifted lifted{*pod.name, pod.get().spec.node_name, pod.pod};
  Pod anew = pod.get();
  anew.spec.node_name.clear();
  (void)state_.unplace(lifted.pod);
  done_.emplace_back(std::move(lifted));
  return std::make_shared<const api::Object>(std::move(anew));
}

void FitSimulation::take_back(std::size_t mark) {
  while (done_.size() > mark) {
    if (const auto* added = std::get_if<NodeAdded>(&done_.back())) {
      state_.remove_node(added->name);
    } else if (const auto* placed = std::get_if<Placed>(&done_.back())) {
      (void)state_.unplace(placed->pod);
    } else {
      const auto& lifted = std::get<Lifted>(done_.back());
      state_.place(lifted.pod, lifted.node, lifted.object);
    }
    done_.pop_back();
  }
}

}  // namespace orrery::controllers
