/// @file
/// The cluster autoscaler: asks the cloud for nodes when pods fit nowhere, and gives back nodes
/// that the cluster can do without.
///
/// Every scan begins with the machines that the cloud says there are. Pods that fit on no node, nor
/// on one that is coming, are tried on a new node of every group; one group grows. If none has to,
/// nodes whose pods all fit elsewhere are noted, and those that have been for long enough are
/// tainted, drained and given back. A node whose machine is gone is taken from the cluster, as the
/// cloud controller manager does.
///
/// The cloud is a server of the same kind as the API server, whose Nodes are machines: Create of a
/// Node with the label kNodeGroupLabel asks for one more machine of that group, Delete gives one
/// back, List says which there are, from when they were asked for.
///
/// Source: kubernetes/autoscaler cluster-autoscaler (core/static_autoscaler.go, core/scaleup,
/// core/scaledown, clusterstate, estimator, expander), 1.30.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "models/controllers/cluster_autoscaler_config.h"
#include "models/controllers/cluster_autoscaler_drain.h"
#include "models/controllers/cluster_autoscaler_fit.h"
#include "models/controllers/informer.h"
#include "models/ports/event.h"

namespace orrery::controllers {

/// On a node that is about to be given back; NoSchedule.
inline constexpr const char* kToBeDeletedTaint = "ToBeDeletedByClusterAutoscaler";
/// On a node that may be soon; PreferNoSchedule.
inline constexpr const char* kDeletionCandidateTaint = "DeletionCandidateOfClusterAutoscaler";

/// A group that would help.
struct ExpansionOption {
  std::size_t group = 0;
  std::int32_t node_count = 0;
  std::vector<api::ObjectPtr> pods;  ///< That find a place on them.
};
/// Those among which the expander has to draw. Requires: there is one.
[[nodiscard]] std::vector<const ExpansionOption*> best_options(
    const std::vector<ExpansionOption>& options, const std::vector<NodeGroup>& groups,
    Expander expander);

/// A process, like the controller manager: what it remembers may be lost at any moment. A successor
/// takes back taints of deletions that nobody carries out any more.
class ClusterAutoscaler : public ports::Component {
 public:
  /// `executor`, `api` and `cloud` must outlive it. `plugins`: by the schedulerName of pods.
  ClusterAutoscaler(ports::OwnerId owner, ports::Executor& executor, ports::ApiClient& api,
                    ports::ApiClient& cloud, Draws draws, std::vector<NodeGroup> groups,
                    std::map<std::string, scheduler::PluginSet> plugins,
                    const ClusterAutoscalerConfig& config = {},
                    const InformerConfig& informer = {});
  ClusterAutoscaler(const ClusterAutoscaler&) = delete;
  ClusterAutoscaler& operator=(const ClusterAutoscaler&) = delete;

  void start();
  void on_event(const ports::Event& event) override;

 private:
  enum class What : std::uint8_t { List, Grow, Giveback, Taint, Write, Evict };
  struct OpenCall {
    What what = What::Write;
    std::string subject;  ///< Node; of Grow the group.
    std::string pod_uid;  ///< Evict.
  };
  struct Leaving {
    api::ObjectKey key;
    std::string uid;
    Duration grace;
    bool told = false;  ///< The eviction was let through.
  };
  /// A node on its way out.
  struct Deletion {
    enum class Step : std::uint8_t { Tainting, Waiting, Evicting, Going, Returning, Gone };
    Step step = Step::Tainting;
    std::size_t group = 0;
    bool drains = false;
    std::vector<Leaving> pods;
    Instant until;  ///< Of the step.
    ports::Timer timer;
  };
  struct Backoff {
    Duration wait;
    Instant since;
  };
  struct Machine {
    std::size_t group = 0;
    Instant asked_for;
  };
  using Machines = std::map<std::string, Machine>;

  void observe(const Change& change);
  void send(ports::ApiClient& to, OpenCall open, ports::ApiCall call);
  void on_reply(const OpenCall& open, const ports::Event& event);

  void scan(const Machines& machines);
  [[nodiscard]] bool too_many_unready() const;
  void tidy_up(const Machines& machines);
  void give_up_on_late(Machines& machines);
  /// Returns how many are coming.
  std::int32_t add_coming_nodes(FitSimulation& simulation, const Machines& machines);
  [[nodiscard]] std::int32_t ready_nodes() const;
  [[nodiscard]] std::vector<api::ObjectPtr> pods_to_help(FitSimulation& simulation) const;
  /// By what the cluster is to grow for the pods; nothing: it is not to, or no group would help.
  [[nodiscard]] std::optional<ExpansionOption> growth_for(FitSimulation& simulation,
                                                          const Machines& machines,
                                                          const std::vector<api::ObjectPtr>& pods);
  void grow(const ExpansionOption& by);
  [[nodiscard]] std::optional<ExpansionOption> option_of(FitSimulation& simulation,
                                                         std::size_t group, std::int32_t room,
                                                         const std::vector<api::ObjectPtr>& pods);
  void add_node_of(FitSimulation& simulation, std::size_t group, const std::string& name);
  void scale_down(FitSimulation& simulation, const Machines& machines);
  void find_unneeded(FitSimulation& simulation, const Machines& machines);
  [[nodiscard]] bool start_deletions(const Machines& machines);
  void mark_candidates();

  void begin_deletion(const api::Node& node, std::size_t group, bool drains);
  void on_deletion_due(const std::string& node);
  void drain(const std::string& node, Deletion& deletion);
  void evict(const std::string& node, Deletion& deletion);
  void give_back(const std::string& node, Deletion& deletion);
  void fail_deletion(const std::string& node);
  void write_taints(const api::Node& node, const std::vector<api::Taint>& taints);

  [[nodiscard]] std::optional<std::size_t> group_of(const api::ObjectMeta& meta) const;
  [[nodiscard]] std::vector<std::int32_t> sizes(const Machines& machines) const;
  [[nodiscard]] std::vector<const api::Node*> group_nodes() const;
  void back_off(std::size_t group);

  Ports ports_;
  ports::ApiClient& cloud_;
  Draws draws_;
  std::vector<NodeGroup> groups_;
  std::map<std::string, scheduler::PluginSet> plugins_;
  ClusterAutoscalerConfig config_;
  Informer pods_;
  Informer nodes_;
  Informer budgets_;
  Informer daemon_sets_;
  Informer namespaces_;
  Informer claims_;
  Informer volumes_;
  Informer storage_classes_;
  std::array<Informer*, 8> informers_;
  scheduler::VolumeAssumptions no_assumptions_;
  scheduler::VolumeCaches volume_caches_;
  scheduler::ClusterState state_;

  ports::Timer scan_timer_;
  std::uint32_t sequence_ = 0;
  std::map<ports::CallId, OpenCall> open_;
  std::optional<Instant> last_scale_up_;
  std::optional<Instant> last_failure_;
  std::map<std::size_t, Backoff> backoffs_;
  std::map<std::string, Instant> unneeded_;     ///< Node: since when.
  std::map<std::string, bool> drains_;          ///< Of the unneeded ones: pods have to move.
  std::map<std::string, Instant> unremovable_;  ///< Node: when it is looked at again.
  std::map<std::string, Deletion> deletions_;
  std::uint32_t deletions_begun_ = 0;
  std::map<std::uint32_t, std::string> deletion_of_timer_;
};

}  // namespace orrery::controllers
