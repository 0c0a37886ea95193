#include "runner/session/object_counter.h"

#include <algorithm>
#include <utility>

#include "runner/scenario/glob.h"
#include "runner/scenario/metrics.h"

namespace orrery::session {
namespace {

using scenario::ObjectFilter;

constexpr std::size_t kChainMax = 8;

const std::vector<api::Condition>* conditions_of(const api::Object& object) {
  return std::visit(
      [](const auto& any) -> const std::vector<api::Condition>* {
        if constexpr (requires { any.status.conditions; }) {
          return &any.status.conditions;
        } else {
          return nullptr;
        }
      },
      object);
}

const char* phase_of(const api::Object& object) {
  if (const auto* pod = std::get_if<api::Pod>(&object)) return api::to_string(pod->status.phase);
  if (const auto* claim = std::get_if<api::PersistentVolumeClaim>(&object)) {
    switch (claim->phase) {
      case api::ClaimPhase::Pending:
        return "Pending";
      case api::ClaimPhase::Bound:
        return "Bound";
      case api::ClaimPhase::Lost:
        return "Lost";
    }
  }
  if (const auto* volume = std::get_if<api::PersistentVolume>(&object)) {
    switch (volume->phase) {
      case api::VolumePhase::Pending:
        return "Pending";
      case api::VolumePhase::Available:
        return "Available";
      case api::VolumePhase::Bound:
        return "Bound";
      case api::VolumePhase::Released:
        return "Released";
      case api::VolumePhase::Failed:
        return "Failed";
    }
  }
  return "";
}

bool has_reason(const api::PodStatus& status, const std::string& reason) {
  const auto gives = [&](const api::ContainerStatus& container) {
    return container.reason == reason;
  };
  return status.reason == reason ||
         std::any_of(status.container_statuses.begin(), status.container_statuses.end(), gives) ||
         std::any_of(status.init_container_statuses.begin(), status.init_container_statuses.end(),
                     gives);
}

bool fits_pod(const api::Pod& pod, const ObjectFilter& filter) {
  if (filter.ready && api::is_ready(pod) != *filter.ready) return false;
  if (filter.scheduled && pod.spec.node_name.empty() == *filter.scheduled) return false;
  if (!filter.node.empty() && pod.spec.node_name != filter.node) return false;
  return filter.reason.empty() || has_reason(pod.status, filter.reason);
}

bool fits_node(const api::Node& node, const ObjectFilter& filter) {
  if (filter.ready && api::is_ready(node) != *filter.ready) return false;
  if (filter.unschedulable && node.spec.unschedulable != *filter.unschedulable) return false;
  if (!filter.zone.empty()) {
    const auto zone = node.meta.labels.find("topology.kubernetes.io/zone");
    if (zone == node.meta.labels.end() || zone->second != filter.zone) return false;
  }
  return filter.taint.empty() ||
         std::any_of(node.spec.taints.begin(), node.spec.taints.end(),
                     [&](const api::Taint& taint) { return taint.key == filter.taint; });
}

bool fits(const api::Object& object, const ObjectFilter& filter, const OwnerChains& owners) {
  const api::ObjectMeta& meta = api::meta_of(object);
  if (!filter.namespace_name.empty() && meta.namespace_name != filter.namespace_name) return false;
  if (!filter.name.empty() && !scenario::matches_glob(meta.name, filter.name)) return false;
  if (!api::has_all(meta.labels, filter.labels)) return false;
  if (filter.terminating && meta.deletion.has_value() != *filter.terminating) return false;
  if (filter.unowned && api::controller_of(meta) != nullptr) return false;
  if (!filter.phase.empty() && filter.phase != phase_of(object)) return false;
  if (!filter.condition.empty()) {
    const auto* conditions = conditions_of(object);
    const api::Condition* condition =
        conditions == nullptr ? nullptr : api::find_condition(*conditions, filter.condition);
    if (condition == nullptr || condition->status != filter.condition_status) return false;
  }
  if (const auto* pod = std::get_if<api::Pod>(&object); pod != nullptr && !fits_pod(*pod, filter)) {
    return false;
  }
  if (const auto* node = std::get_if<api::Node>(&object);
      node != nullptr && !fits_node(*node, filter)) {
    return false;
  }
  if (!filter.owner) return true;
  const auto chain = owners.of(meta);
  return std::find(chain.begin(), chain.end(), *filter.owner) != chain.end();
}

}  // namespace

void OwnerChains::take(const api::Object& object) {
  // Only what controls others is remembered: pods are many and control nothing.
  if (std::holds_alternative<api::Pod>(object) || std::holds_alternative<api::Lease>(object))
    return;
  const api::ObjectMeta& meta = api::meta_of(object);
  const api::OwnerReference* owner = api::controller_of(meta);
  owners_[meta.uid] = {api::key_of(object), owner == nullptr ? std::string{} : owner->uid};
}

std::vector<api::ObjectKey> OwnerChains::of(const api::ObjectMeta& meta) const {
  std::vector<api::ObjectKey> chain;
  const api::OwnerReference* owner = api::controller_of(meta);
  if (owner == nullptr) return chain;
  auto at = owners_.find(owner->uid);
  if (at == owners_.end()) {
    chain.push_back({owner->kind, meta.namespace_name, owner->name});
    return chain;
  }
  while (at != owners_.end() && chain.size() < kChainMax) {
    chain.push_back(at->second.key);
    if (at->second.controller_uid.empty()) break;
    at = owners_.find(at->second.controller_uid);
  }
  return chain;
}

ObjectCounter::ObjectCounter(scenario::ObjectCount query) : query_{std::move(query)} {
  samples_.push_back({Instant{}, 0});
}

std::optional<ObjectCounter::Share> ObjectCounter::share_of(const api::Object& object,
                                                            const OwnerChains& owners) const {
  if (!fits(object, query_.where, owners)) return std::nullopt;
  Share share;
  share.amount = query_.sum.empty() ? 1 : scenario::object_figure(object, query_.sum).value_or(0);
  if (query_.per_node) share.node = std::get<api::Pod>(object).spec.node_name;
  return share;
}

void ObjectCounter::add(const Share& share, std::int64_t sign) {
  total_ += sign * share.amount;
  if (query_.per_node && !share.node.empty()) by_node_[share.node] += sign * share.amount;
}

void ObjectCounter::take(const api::Object* before, const api::Object* after,
                         const OwnerChains& owners) {
  const api::Object& any = after != nullptr ? *after : *before;
  if (api::kind_of(any) != query_.kind) return;
  const std::string& uid = api::meta_of(any).uid;
  const auto old = shares_.find(uid);
  std::optional<Share> share = after == nullptr ? std::nullopt : share_of(*after, owners);
  if (query_.ever) {
    // What has counted goes on counting, with the most it ever was.
    if (old != shares_.end() && (!share || share->amount <= old->second.amount)) return;
    if (!share) return;
  } else if (old == shares_.end() && !share) {
    return;
  }
  if (old != shares_.end()) {
    add(old->second, -1);
    shares_.erase(old);
  }
  if (share) {
    add(*share, 1);
    shares_.emplace(uid, *std::move(share));
  }
  changed_ = true;
}

std::int64_t ObjectCounter::value() const {
  if (!query_.per_node) return total_;
  std::int64_t most = 0;
  for (const auto& [node, count] : by_node_) most = std::max(most, count);
  return most;
}

void ObjectCounter::sample(Instant now) {
  if (!changed_) return;
  changed_ = false;
  const std::int64_t count = value();
  if (samples_.back().value != count) samples_.push_back({now, count});
}

}  // namespace orrery::session
