#include "models/scheduler/cluster_state.h"

#include <algorithm>

#include "models/controllers/node_lifecycle.h"

namespace orrery::scheduler {
namespace {

using api::Node;
using api::Pod;

constexpr const char* kRegionLabel = "topology.kubernetes.io/region";
constexpr const char* kNamespaceNameLabel = "kubernetes.io/metadata.name";

std::string label_or_empty(const Node& node, const char* key) {
  const auto label = node.meta.labels.find(key);
  return label == node.meta.labels.end() ? "" : label->second;
}

std::string zone_key(const Node& node) {
  return label_or_empty(node, kRegionLabel) + '\n' + label_or_empty(node, controllers::kZoneLabel);
}

/// Takes an element out of a list whose elements know their positions; the last one moves up.
template <class Position>
void take_out(std::vector<PlacedPod*>& list, PlacedPod& pod, Position position) {
  PlacedPod* last = list.back();
  list[pod.*position] = last;
  last->*position = pod.*position;
  list.pop_back();
}

}  // namespace

// --- nodes ---------------------------------------------------------------------------------------

Slot ClusterState::slot_for(const std::string& node_name) {
  const auto [entry, is_new] = slots_.try_emplace(node_name, 0);
  if (!is_new) return entry->second;
  if (!free_slots_.empty()) {
    entry->second = free_slots_.back();
    free_slots_.pop_back();
    node_names_[entry->second] = node_name;
    return entry->second;
  }
  entry->second = static_cast<Slot>(nodes_.size());
  nodes_.emplace_back();
  node_objects_.emplace_back();
  node_names_.push_back(node_name);
  pods_on_.emplace_back();
  nominated_on_.emplace_back();
  for (Counter& counter : counters_) counter.per_slot.push_back(0);
  for (AffinityTerm& term : terms_) term.carriers.push_back(0);
  for (Topology& topology : topologies_) topology.domain.push_back(Topology::kNoDomain);
  for (auto& [name, image] : images_) image.bytes.push_back(0);
  return entry->second;
}

void ClusterState::release_if_unused(Slot slot) {
  if (nodes_[slot].node != nullptr || !pods_on_[slot].empty() || !nominated_on_[slot].empty()) {
    return;
  }
  slots_.erase(node_names_[slot]);
  const std::uint32_t version = nodes_[slot].version;
  nodes_[slot] = {};
  nodes_[slot].version = version + 1;
  free_slots_.push_back(slot);
}

std::optional<Slot> ClusterState::slot_of(const std::string& node_name) const {
  const auto found = slots_.find(node_name);
  if (found == slots_.end()) return std::nullopt;
  return found->second;
}

void ClusterState::set_domains(Slot slot, const Node* node) {
  for (Topology& topology : topologies_) {
    std::int32_t& domain = topology.domain[slot];
    domain = Topology::kNoDomain;
    if (node == nullptr) continue;
    const auto label = node->meta.labels.find(topology.key);
    if (label == node->meta.labels.end()) continue;
    domain = topology.numbers
                 .try_emplace(label->second, static_cast<std::int32_t>(topology.numbers.size()))
                 .first->second;
  }
}

void ClusterState::set_images(Slot slot, const Node* before, const Node* after) {
  if (before != nullptr && after != nullptr && before->status.images == after->status.images) {
    return;
  }
  if (before != nullptr) {
    for (const api::NodeImage& held : before->status.images) {
      const auto image = images_.find(with_tag(held.name));
      if (image == images_.end() || image->second.bytes[slot] == 0) continue;
      image->second.bytes[slot] = 0;
      if (--image->second.node_count == 0) images_.erase(image);
    }
  }
  if (after == nullptr) return;
  for (const api::NodeImage& held : after->status.images) {
    if (held.bytes <= 0) continue;
    Image& image = images_[with_tag(held.name)];
    image.bytes.resize(nodes_.size(), 0);
    if (image.bytes[slot] == 0) ++image.node_count;
    image.bytes[slot] = held.bytes;
  }
}

Slot ClusterState::set_node(const api::ObjectPtr& object) {
  const Node& node = std::get<Node>(*object);
  const Slot slot = slot_for(node.meta.name);
  const api::ObjectPtr kept = node_objects_[slot];  // Lives until the new one has been taken over.
  const Node* before = nodes_[slot].node;
  node_objects_[slot] = object;
  set_images(slot, before, &node);
  const bool same_labels = before != nullptr && before->meta.labels == node.meta.labels;
  const bool same_zone = before != nullptr && zone_key(*before) == zone_key(node);
  if (!same_labels) {
    set_domains(slot, &node);
    ++node_epoch_;
  }
  if (!same_zone) {
    if (before != nullptr) {
      for (auto& [zone, slots] : zones_) std::erase(slots, slot);
      std::erase_if(zones_, [](const auto& zone) { return zone.second.empty(); });
    }
    const std::string key = zone_key(node);
    auto zone = std::find_if(zones_.begin(), zones_.end(),
                             [&](const auto& candidate) { return candidate.first == key; });
    if (zone == zones_.end()) zone = zones_.insert(zones_.end(), {key, {}});
    zone->second.push_back(slot);
    order_is_stale_ = true;
  }
  nodes_[slot].set_node(&node);
  return slot;
}

void ClusterState::remove_node(const std::string& name) {
  const auto found = slots_.find(name);
  if (found == slots_.end() || nodes_[found->second].node == nullptr) return;
  const Slot slot = found->second;
  set_images(slot, nodes_[slot].node, nullptr);
  set_domains(slot, nullptr);
  ++node_epoch_;
  for (auto& [zone, slots] : zones_) std::erase(slots, slot);
  std::erase_if(zones_, [](const auto& zone) { return zone.second.empty(); });
  order_is_stale_ = true;
  nodes_[slot].set_node(nullptr);
  node_objects_[slot].reset();
  release_if_unused(slot);
}

std::span<const Slot> ClusterState::order() {
  if (order_is_stale_) {
    order_is_stale_ = false;
    order_.clear();
    bool more = true;
    for (std::size_t turn = 0; more; ++turn) {
      more = false;
      for (const auto& [zone, slots] : zones_) {
        if (turn >= slots.size()) continue;
        order_.push_back(slots[turn]);
        more = true;
      }
    }
  }
  return order_;
}

// --- pods ----------------------------------------------------------------------------------------

std::shared_ptr<PodShape> ClusterState::shape_of(const api::ObjectPtr& object) {
  const Pod& pod = std::get<Pod>(*object);
  const api::OwnerReference* owner = api::controller_of(pod.meta);
  if (owner == nullptr) return std::make_shared<PodShape>(make_shape(pod));
  if (shapes_.size() > shapes_swept_at_) {
    std::erase_if(shapes_, [](const auto& entry) { return entry.second.shape.expired(); });
    shapes_swept_at_ = std::max<std::size_t>(1024, 2 * shapes_.size());
  }
  KnownShape& known = shapes_[owner->uid];
  if (auto shape = known.shape.lock()) {
    if (same_shape(std::get<Pod>(*known.sample), pod)) return shape;
  }
  auto shape = std::make_shared<PodShape>(make_shape(pod));
  known = {object, shape};
  return shape;
}

PodShape ClusterState::make_shape(const Pod& pod) {
  PodShape shape;
  shape.class_id = class_of(pod);
  shape.demand = demand_of(pod.spec);
  shape.priority = pod.spec.priority.value_or(0);
  const std::string& in = pod.meta.namespace_name;
  const auto add_term = [&](TermKind kind, std::int64_t weight, const api::PodAffinityTerm& term) {
    shape.terms.push_back(
        term_for({kind, weight, topology(term.topology_key), condition_of(term, in), 0, {}}));
  };
  for (const auto& term : pod.spec.affinity.pod.required) add_term(TermKind::Required, 0, term);
  for (const auto& term : pod.spec.affinity.anti.required) {
    add_term(TermKind::RequiredAnti, 0, term);
  }
  for (const auto& preferred : pod.spec.affinity.pod.preferred) {
    add_term(TermKind::Preferred, preferred.weight, preferred.term);
  }
  for (const auto& preferred : pod.spec.affinity.anti.preferred) {
    add_term(TermKind::PreferredAnti, preferred.weight, preferred.term);
  }
  for (const api::Volume& volume : pod.spec.volumes) {
    if (const auto* claim = std::get_if<api::ClaimVolume>(&volume.source)) {
      shape.claims.push_back(claim->claim_name);
    }
  }
  return shape;
}

void ClusterState::count(const PodShape& shape, Slot slot, bool terminating, int sign) {
  if (sign > 0) {
    nodes_[slot].add(shape.demand);
  } else {
    nodes_[slot].remove(shape.demand);
  }
  const PodClass& pod_class = classes_[shape.class_id];
  for (const CounterId id : pod_class.counters) {
    Counter& counter = counters_[id];
    if (counter.all || !terminating) counter.per_slot[slot] += sign;
  }
  for (const TermId id : shape.terms) {
    terms_[id].carriers[slot] += sign;
    terms_[id].carrier_count += sign;
  }
  for (const std::string& claim : shape.claims) {
    const auto users = claim_users_.try_emplace(pod_class.namespace_name + '/' + claim, 0).first;
    users->second += sign;
    if (users->second == 0) claim_users_.erase(users);
  }
}

void ClusterState::place(const PodName& name, const std::string& node_name,
                         const api::ObjectPtr& object) {
  const Pod& pod = std::get<Pod>(*object);
  const bool terminating = pod.meta.deletion.has_value();
  const auto known = placed_.find(name);
  if (known != placed_.end()) {
    PlacedPod& placed = known->second;
    if (node_names_[placed.slot] == node_name && placed.get().meta.labels == pod.meta.labels &&
        placed.get().meta.uid == pod.meta.uid) {
      if (placed.terminating != terminating) {
        count(*placed.shape, placed.slot, placed.terminating, -1);
        placed.terminating = terminating;
        count(*placed.shape, placed.slot, terminating, 1);
      }
      placed.pod = object;
      return;
    }
    (void)unplace(name);
  }
  const auto entry = placed_.try_emplace(name).first;
  PlacedPod& placed = entry->second;
  placed.name = &entry->first;
  placed.slot = slot_for(node_name);
  placed.pod = object;
  placed.shape = shape_of(object);
  placed.terminating = terminating;
  placed.node_position = pods_on_[placed.slot].size();
  pods_on_[placed.slot].push_back(&placed);
  std::vector<PlacedPod*>& same_class = classes_[placed.shape->class_id].pods;
  placed.class_position = same_class.size();
  same_class.push_back(&placed);
  count(*placed.shape, placed.slot, terminating, 1);
}

bool ClusterState::unplace(const PodName& name) {
  const auto entry = placed_.find(name);
  if (entry == placed_.end()) return false;
  PlacedPod& placed = entry->second;
  const Slot slot = placed.slot;
  count(*placed.shape, slot, placed.terminating, -1);
  take_out(pods_on_[slot], placed, &PlacedPod::node_position);
  take_out(classes_[placed.shape->class_id].pods, placed, &PlacedPod::class_position);
  placed_.erase(entry);
  release_if_unused(slot);
  return true;
}

const PlacedPod* ClusterState::placed(const PodName& name) const {
  const auto found = placed_.find(name);
  return found == placed_.end() ? nullptr : &found->second;
}

int ClusterState::users_of_claim(const std::string& claim) const {
  const auto found = claim_users_.find(claim);
  return found == claim_users_.end() ? 0 : found->second;
}

// --- nominations ---------------------------------------------------------------------------------

void ClusterState::nominate(const PodName& pod, const std::shared_ptr<PodShape>& shape,
                            const std::string& node_name) {
  withdraw(pod);
  nominations_[pod] = node_name;
  nominated_on_[slot_for(node_name)].push_back({pod, shape});
}

void ClusterState::withdraw(const PodName& pod) {
  const auto entry = nominations_.find(pod);
  if (entry == nominations_.end()) return;
  const Slot slot = slots_.at(entry->second);
  std::erase_if(nominated_on_[slot], [&](const NominatedPod& n) { return n.name == pod; });
  nominations_.erase(entry);
  release_if_unused(slot);
}

std::string ClusterState::nomination(const PodName& pod) const {
  const auto found = nominations_.find(pod);
  return found == nominations_.end() ? "" : found->second;
}

std::span<const NominatedPod> ClusterState::nominated_on(Slot slot) const {
  return nominated_on_[slot];
}

// --- counts --------------------------------------------------------------------------------------

const api::Labels& ClusterState::labels_of_namespace(const std::string& name) const {
  static const api::Labels kNone;
  const auto found = namespace_labels_.find(name);
  return found == namespace_labels_.end() ? kNone : found->second;
}

PodIdentity ClusterState::identity(ClassId id) const {
  const PodClass& pod_class = classes_[id];
  return {pod_class.namespace_name, pod_class.labels,
          labels_of_namespace(pod_class.namespace_name)};
}

PodIdentity ClusterState::identity(const Pod& pod) const {
  return {pod.meta.namespace_name, pod.meta.labels, labels_of_namespace(pod.meta.namespace_name)};
}

ClassId ClusterState::class_of(const Pod& pod) {
  const auto [entry, is_new] = class_ids_.try_emplace({pod.meta.namespace_name, pod.meta.labels},
                                                      static_cast<ClassId>(classes_.size()));
  const ClassId id = entry->second;
  if (!is_new) return id;
  if (!namespace_labels_.contains(pod.meta.namespace_name)) {
    namespace_labels_[pod.meta.namespace_name] = {{kNamespaceNameLabel, pod.meta.namespace_name}};
  }
  classes_.push_back({pod.meta.namespace_name, pod.meta.labels, {}, {}, {}});
  const PodIdentity self = identity(id);
  for (CounterId c = 0; c < counters_.size(); ++c) {
    if (matches_all(counters_[c].conditions, self)) classes_[id].counters.push_back(c);
  }
  for (TermId t = 0; t < terms_.size(); ++t) {
    if (matches(terms_[t].condition, self)) classes_[id].terms_about.push_back(t);
  }
  return id;
}

void ClusterState::match_counter(CounterId id) {
  Counter& counter = counters_[id];
  counter.per_slot.assign(nodes_.size(), 0);
  for (ClassId c = 0; c < classes_.size(); ++c) {
    PodClass& pod_class = classes_[c];
    std::erase(pod_class.counters, id);
    if (!matches_all(counter.conditions, identity(c))) continue;
    pod_class.counters.push_back(id);
    for (const PlacedPod* pod : pod_class.pods) {
      if (counter.all || !pod->terminating) ++counter.per_slot[pod->slot];
    }
  }
}

void ClusterState::match_term(TermId id) {
  for (ClassId c = 0; c < classes_.size(); ++c) {
    std::erase(classes_[c].terms_about, id);
    if (matches(terms_[id].condition, identity(c))) classes_[c].terms_about.push_back(id);
  }
}

CounterId ClusterState::counter(const std::vector<PodCondition>& conditions, bool all) {
  std::string key = all ? "a" : "l";
  for (const PodCondition& condition : conditions) key += text_of(condition) + '&';
  const auto [entry, is_new] =
      counter_ids_.try_emplace(std::move(key), static_cast<CounterId>(counters_.size()));
  if (is_new) {
    counters_.push_back({conditions, all, {}});
    match_counter(entry->second);
  }
  return entry->second;
}

TermId ClusterState::term_for(AffinityTerm term) {
  const std::string key = std::to_string(static_cast<int>(term.kind)) + ',' +
                          std::to_string(term.weight) + ',' + std::to_string(term.topology) + ',' +
                          text_of(term.condition);
  const auto [entry, is_new] = term_ids_.try_emplace(key, static_cast<TermId>(terms_.size()));
  if (is_new) {
    term.carriers.assign(nodes_.size(), 0);
    terms_.push_back(std::move(term));
    match_term(entry->second);
  }
  return entry->second;
}

TopologyId ClusterState::topology(const std::string& key) {
  const auto [entry, is_new] =
      topology_ids_.try_emplace(key, static_cast<TopologyId>(topologies_.size()));
  if (is_new) {
    topologies_.push_back({key, {}, std::vector<std::int32_t>(nodes_.size(), -1)});
    for (Slot slot = 0; slot < nodes_.size(); ++slot) set_domains(slot, nodes_[slot].node);
  }
  return entry->second;
}

void ClusterState::set_namespace(const std::string& name, const api::Labels& labels) {
  api::Labels with_name = labels;
  with_name.emplace(kNamespaceNameLabel, name);
  const auto [known, is_new] = namespace_labels_.try_emplace(name);
  if (!is_new && known->second == with_name) return;
  known->second = std::move(with_name);
  for (CounterId c = 0; c < counters_.size(); ++c) {
    const auto& conditions = counters_[c].conditions;
    if (std::any_of(conditions.begin(), conditions.end(),
                    [](const PodCondition& p) { return p.namespace_selector.has_value(); })) {
      match_counter(c);
    }
  }
  for (TermId t = 0; t < terms_.size(); ++t) {
    if (terms_[t].condition.namespace_selector) match_term(t);
  }
}

const ClusterState::Image* ClusterState::image(const std::string& name) const {
  const auto found = images_.find(name);
  return found == images_.end() ? nullptr : &found->second;
}

std::string with_tag(const std::string& image) {
  // A colon before the last slash belongs to the registry's port.
  const auto after = [](std::size_t position) {
    return position == std::string::npos ? 0 : position + 1;
  };
  return after(image.rfind(':')) > after(image.rfind('/')) ? image : image + ":latest";
}

}  // namespace orrery::scheduler
