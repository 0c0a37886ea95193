/// @file
/// Where pods would find a place, tried out with the scheduler's own filters and then taken back.
///
/// Source: kubernetes/autoscaler cluster-autoscaler/simulator (clustersnapshot,
/// predicatechecker, scheduling).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "models/scheduler/filters.h"

namespace orrery::controllers {

class FitSimulation {
 public:
  /// All must outlive it.
  FitSimulation(scheduler::ClusterState& state, const scheduler::VolumeCaches& volumes,
                const std::map<std::string, scheduler::PluginSet>& profiles)
      : state_{state}, volumes_{volumes}, profiles_{profiles} {}
  FitSimulation(const FitSimulation&) = delete;
  FitSimulation& operator=(const FitSimulation&) = delete;
  ~FitSimulation() { take_back(0); }

  /// Whether a pod that has no node fits there as things stand.
  [[nodiscard]] bool fits(const api::ObjectPtr& pod, const std::string& node);
  /// The first of all nodes on which it fits, of those that are `allowed`.
  [[nodiscard]] std::optional<std::string> find_place(
      const api::ObjectPtr& pod, const std::function<bool(const std::string&)>& allowed);

  void add_node(const api::ObjectPtr& node);
  void place(const api::ObjectPtr& pod, const std::string& node);
  /// The pod leaves its node; returned as it would be created anew.
  api::ObjectPtr lift(const scheduler::PlacedPod& pod);

  /// Everything after the mark is as it was.
  [[nodiscard]] std::size_t mark() const { return done_.size(); }
  void take_back(std::size_t mark);

 private:
  struct NodeAdded {
    std::string name;
  };
  struct Placed {
    scheduler::PodName pod;
  };
  struct Lifted {
    scheduler::PodName pod;
    std::string node;
    api::ObjectPtr object;
  };

  /// Asks the filters about nodes until `accepts` says that one will do.
  template <class Accepts>
  void try_on(const api::ObjectPtr& pod, Accepts accepts);

  scheduler::ClusterState& state_;
  const scheduler::VolumeCaches& volumes_;
  const std::map<std::string, scheduler::PluginSet>& profiles_;
  std::vector<std::variant<NodeAdded, Placed, Lifted>> done_;
};

}  // namespace orrery::controllers
