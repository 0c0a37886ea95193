#include "runner/session/change_causes.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace orrery::session {
namespace {

/// The pod of the first address that is sent to on one side of the change alone; none: there is no
/// such address.
std::optional<api::ObjectKey> moved_pod(const controllers::Change& change) {
  const auto ready_in = [](const api::ObjectPtr& object) {
    std::map<std::string, std::string> pods;
    const auto* slice = std::get_if<api::EndpointSlice>(object.get());
    if (slice == nullptr) return pods;
    for (const api::Endpoint& endpoint : slice->endpoints) {
      if (endpoint.ready) pods[endpoint.address] = endpoint.pod_name;
    }
    return pods;
  };
  const auto before = ready_in(change.before);
  const auto after = ready_in(change.after);
  const std::string& space = api::meta_of(change.latest()).namespace_name;
  for (const auto& [some, others] : {std::pair{&before, &after}, std::pair{&after, &before}}) {
    for (const auto& [address, pod] : *some) {
      if (!others->contains(address)) return api::ObjectKey{api::Kind::Pod, space, pod};
    }
  }
  return std::nullopt;
}

/// Somebody decided what the object is to be: it came, or goes, or its spec is another.
bool is_decided(const controllers::Change& change) {
  if (change.before == nullptr) return true;
  const api::ObjectMeta& before = api::meta_of(*change.before);
  if (change.after == nullptr) return !before.deletion;
  const api::ObjectMeta& after = api::meta_of(*change.after);
  return before.generation != after.generation ||
         before.deletion.has_value() != after.deletion.has_value();
}

bool is_ready(const api::ObjectPtr& object) {
  if (object == nullptr) return false;
  const auto* node = std::get_if<api::Node>(object.get());
  return node != nullptr ? api::is_ready(*node) : api::is_ready(std::get<api::Pod>(*object));
}

/// Whether a controller acts upon it: of a pod, that it came, went, ended, or is ready or no
/// longer.
bool is_news(const controllers::Change& change) {
  if (change.before == nullptr || change.after == nullptr) return true;
  const auto* after = std::get_if<api::Pod>(change.after.get());
  if (after == nullptr) return true;
  const auto& before = std::get<api::Pod>(*change.before);
  const bool ended = after->status.phase == api::PodPhase::Succeeded ||
                     after->status.phase == api::PodPhase::Failed;
  return is_decided(change) || is_ready(change.before) != is_ready(change.after) ||
         (ended && before.status.phase != after->status.phase);
}

/// Made to go by somebody else than its controller: the scheduler, a taint, an eviction.
bool is_disrupted(const api::Pod& pod) {
  return api::find_condition(pod.status.conditions, "DisruptionTarget") != nullptr;
}

}  // namespace

ports::CauseId ChangeCauses::latest(const api::ObjectKey& key) const {
  const auto found = latest_.find(key);
  return found == latest_.end() ? 0 : found->second;
}

void ChangeCauses::raise(const api::ObjectKey& key, ports::CauseId record) {
  if (record == 0) return;
  ports::CauseId& known = latest_[key];
  known = std::max(known, record);
}

ports::CauseId ChangeCauses::decided(const controllers::Change& change) const {
  const api::ObjectMeta& meta = api::meta_of(change.latest());
  if (const api::OwnerReference* owner = api::controller_of(meta)) {
    return latest({owner->kind, meta.namespace_name, owner->name});
  }
  if (change.before == nullptr || change.after == nullptr) return 0;
  const auto autoscaler = autoscalers_.find(api::key_of(change.latest()));
  return autoscaler == autoscalers_.end() ? 0 : latest(autoscaler->second);
}

ports::CauseId ChangeCauses::cause_of_pod(const controllers::Change& change) const {
  const auto& pod = std::get<api::Pod>(change.latest());
  const api::ObjectKey key = api::key_of(change.latest());
  if (const auto fault = struck_.fault_of(key, log_.records().size()); fault != 0) return fault;
  const bool decides = is_decided(change);
  if (decides && !is_disrupted(pod)) {
    const ports::CauseId led = decided(change);
    // Nothing that came before its last record made it go: of what did, nothing is known yet.
    return change.before == nullptr || led > latest(key) ? led : 0;
  }
  // On its way to be ready, or to its end, one thing leads to the next.
  if (!decides && (!is_ready(change.before) || pod.meta.deletion)) return latest(key);
  // What it does in between is its own affair, unless its node is gone.
  return lost_.contains(pod.spec.node_name) ? latest({api::Kind::Node, "", pod.spec.node_name}) : 0;
}

ports::CauseId ChangeCauses::cause_of(const controllers::Change& change) {
  if (const ports::CauseId own = own_writes_.cause_of(change); own != 0) return own;
  const api::ObjectKey key = api::key_of(change.latest());
  if (key.kind == api::Kind::Pod) return cause_of_pod(change);
  if (key.kind == api::Kind::EndpointSlice) {
    if (const auto pod = moved_pod(change)) return latest(*pod);
  }
  if (is_decided(change)) return decided(change);
  // Nothing that it did before makes a node fail.
  if (key.kind == api::Kind::Node && is_ready(change.before)) return 0;
  return latest(key);
}

void ChangeCauses::log(Instant now, const controllers::Change& change) {
  const api::ObjectKey key = api::key_of(change.latest());
  const ports::CauseId cause = cause_of(change);
  const ports::CauseId record =
      log_.append_write(now, cause, change.before.get(), change.after.get());
  raise(key, record);
  if (const auto* reference = api::controller_of(api::meta_of(change.latest()))) {
    const api::ObjectKey owner{reference->kind, key.namespace_name, reference->name};
    // What came of its own latest is no news to it.
    if (is_news(change) && (cause == 0 || cause != latest(owner))) raise(owner, record);
  }
  if (key.kind == api::Kind::Pod) {
    if (is_ready(change.after) && !is_ready(change.before)) struck_.well(key, record);
  } else if (key.kind == api::Kind::Node) {
    if (is_ready(change.after)) {
      lost_.erase(key.name);
    } else {
      lost_.insert(key.name);
    }
  } else if (const auto* scaler = std::get_if<api::HorizontalPodAutoscaler>(change.after.get())) {
    autoscalers_[{scaler->spec.target_kind, key.namespace_name, scaler->spec.target_name}] = key;
  }
}

}  // namespace orrery::session
