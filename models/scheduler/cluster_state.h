/// @file
/// What the scheduler knows of the cluster: nodes, the pods on them, and counts of pods per node
/// that are kept up to date pod by pod, so that a cycle reads them and recounts nothing.
///
/// Source: Kubernetes pkg/scheduler/backend/cache (cache, snapshot, node_tree).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "models/api/name_order.h"
#include "models/scheduler/pod_shape.h"

namespace orrery::scheduler {

/// Namespace and name.
using PodName = std::pair<std::string, std::string>;

/// A pod that counts on a node: bound, or about to be.
struct PlacedPod {
  const PodName* name = nullptr;
  Slot slot = 0;
  api::ObjectPtr pod;
  std::shared_ptr<PodShape> shape;
  bool terminating = false;
  std::size_t node_position = 0;   ///< In the list of its node's pods…
  std::size_t class_position = 0;  ///< …and of its class.

  [[nodiscard]] const api::Pod& get() const { return std::get<api::Pod>(*pod); }
};

/// A pod for which room is being made.
struct NominatedPod {
  PodName name;
  std::shared_ptr<PodShape> shape;
};

/// The domains that one label divides the nodes into.
struct Topology {
  std::string key;
  std::map<std::string, std::int32_t> numbers;  ///< Of the values seen so far.
  std::vector<std::int32_t> domain;             ///< By slot; kNoDomain: lacks the label.

  static constexpr std::int32_t kNoDomain = -1;
};

/// What a term of pod affinity wants for the pods that have it.
enum class TermKind : std::uint8_t { Required, RequiredAnti, Preferred, PreferredAnti };

struct AffinityTerm {
  TermKind kind = TermKind::Required;
  std::int64_t weight = 0;
  TopologyId topology = 0;
  PodCondition condition;
  std::int64_t carrier_count = 0;
  std::vector<std::int32_t> carriers;  ///< By slot: placed pods that have this term.
};

class ClusterState {
 public:
  // --- nodes ------------------------------------------------------------------------------------
  /// Appeared or changed. Returns its slot.
  Slot set_node(const api::ObjectPtr& node);
  void remove_node(const std::string& name);

  /// All nodes; zones take turns. In each, nodes come in the order in which they appeared.
  [[nodiscard]] std::span<const Slot> order();
  [[nodiscard]] const NodeState& node(Slot slot) const { return nodes_[slot]; }
  [[nodiscard]] std::optional<Slot> slot_of(const std::string& node_name) const;
  [[nodiscard]] std::size_t slot_count() const { return nodes_.size(); }
  /// Moves when a node appears, goes, or changes its labels.
  [[nodiscard]] std::uint64_t node_epoch() const { return node_epoch_; }

  // --- pods -------------------------------------------------------------------------------------
  /// The shape of a pod; pods of one owner share it.
  [[nodiscard]] std::shared_ptr<PodShape> shape_of(const api::ObjectPtr& pod);

  /// Counts the pod on the node, or renews what is known of it there.
  void place(const PodName& name, const std::string& node_name, const api::ObjectPtr& pod);
  /// Returns whether it was placed.
  bool unplace(const PodName& name);
  [[nodiscard]] const PlacedPod* placed(const PodName& name) const;
  [[nodiscard]] std::span<PlacedPod* const> pods_on(Slot slot) const { return pods_on_[slot]; }
  /// Placed pods, the terminating ones too, that use the claim ("namespace/name").
  [[nodiscard]] int users_of_claim(const std::string& claim) const;

  /// Counts a pod of that shape on the node, or no longer, for as long as something is being tried
  /// out.
  void add(const PodShape& shape, Slot slot, bool terminating) {
    count(shape, slot, terminating, 1);
  }
  void remove(const PodShape& shape, Slot slot, bool terminating) {
    count(shape, slot, terminating, -1);
  }

  // --- nominations ------------------------------------------------------------------------------
  void nominate(const PodName& pod, const std::shared_ptr<PodShape>& shape,
                const std::string& node_name);
  void withdraw(const PodName& pod);
  /// The node that is nominated for the pod, or empty.
  [[nodiscard]] std::string nomination(const PodName& pod) const;
  [[nodiscard]] std::span<const NominatedPod> nominated_on(Slot slot) const;
  [[nodiscard]] bool has_nominations() const { return !nominations_.empty(); }

  // --- counts -----------------------------------------------------------------------------------
  /// The count of placed pods that match all conditions; `all` counts terminating ones too.
  [[nodiscard]] CounterId counter(const std::vector<PodCondition>& conditions, bool all);
  /// By slot.
  [[nodiscard]] std::span<const std::int32_t> counts(CounterId counter) const {
    return counters_[counter].per_slot;
  }
  [[nodiscard]] TopologyId topology(const std::string& key);
  [[nodiscard]] const Topology& topology(TopologyId id) const { return topologies_[id]; }

  /// Terms of placed pods that are about pods of this class.
  [[nodiscard]] std::span<const TermId> terms_about(ClassId id) const {
    return classes_[id].terms_about;
  }
  [[nodiscard]] const AffinityTerm& term(TermId id) const { return terms_[id]; }
  [[nodiscard]] PodIdentity identity(ClassId id) const;
  [[nodiscard]] PodIdentity identity(const api::Pod& pod) const;

  /// Labels of a namespace as its object has them.
  void set_namespace(const std::string& name, const api::Labels& labels);

  // --- images -----------------------------------------------------------------------------------
  /// How many bytes of an image a node holds, by slot, and how many nodes hold it.
  struct Image {
    std::vector<std::int64_t> bytes;
    std::int64_t node_count = 0;
  };
  /// Nullptr: no node has it.
  [[nodiscard]] const Image* image(const std::string& name) const;

 private:
  struct Counter {
    std::vector<PodCondition> conditions;
    bool all = false;
    std::vector<std::int32_t> per_slot;
  };
  struct PodClass {
    std::string namespace_name;
    api::Labels labels;
    std::vector<CounterId> counters;
    std::vector<TermId> terms_about;
    std::vector<PlacedPod*> pods;
  };
  struct KnownShape {
    api::ObjectPtr sample;
    std::weak_ptr<PodShape> shape;
  };

  Slot slot_for(const std::string& node_name);
  void release_if_unused(Slot slot);
  void set_domains(Slot slot, const api::Node* node);
  void set_images(Slot slot, const api::Node* before, const api::Node* after);
  void count(const PodShape& shape, Slot slot, bool terminating, int sign);
  [[nodiscard]] ClassId class_of(const api::Pod& pod);
  [[nodiscard]] TermId term_for(AffinityTerm term);
  [[nodiscard]] PodShape make_shape(const api::Pod& pod);
  [[nodiscard]] const api::Labels& labels_of_namespace(const std::string& name) const;
  void match_counter(CounterId id);
  void match_term(TermId id);

  std::vector<NodeState> nodes_;
  std::vector<api::ObjectPtr> node_objects_;
  std::vector<std::string> node_names_;
  std::vector<std::vector<PlacedPod*>> pods_on_;
  std::vector<std::vector<NominatedPod>> nominated_on_;
  std::vector<Slot> free_slots_;
  std::map<std::string, Slot> slots_;
  /// Region and zone; zones in the order in which they appeared.
  std::vector<std::pair<std::string, std::vector<Slot>>> zones_;
  std::vector<Slot> order_;
  bool order_is_stale_ = false;
  std::uint64_t node_epoch_ = 1;

  std::map<PodName, PlacedPod, api::NameLess> placed_;
  std::map<PodName, std::string> nominations_;
  std::map<std::string, int> claim_users_;
  std::map<std::string, KnownShape> shapes_;  ///< By uid of the owner.
  std::size_t shapes_swept_at_ = 1024;

  std::deque<PodClass> classes_;  ///< Addresses stay.
  std::map<std::pair<std::string, api::Labels>, ClassId> class_ids_;
  std::vector<Counter> counters_;
  std::map<std::string, CounterId> counter_ids_;
  std::vector<AffinityTerm> terms_;
  std::map<std::string, TermId> term_ids_;
  std::vector<Topology> topologies_;
  std::map<std::string, TopologyId> topology_ids_;
  std::map<std::string, api::Labels> namespace_labels_;
  std::map<std::string, Image> images_;
};

/// An image's name with its tag: "web" is "web:latest".
[[nodiscard]] std::string with_tag(const std::string& image);

}  // namespace orrery::scheduler
