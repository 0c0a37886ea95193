#include "models/store/api_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace orrery::store {
namespace {

using api::Kind;
using api::Object;
using api::ObjectMeta;
using api::ObjectPtr;
using api::Pod;
using ports::ApiCall;
using ports::Outcome;
using ports::Verb;

constexpr int kGeneratedSuffixLength = 5;
constexpr Duration kDefaultTolerationSeconds = Duration::seconds(300);

/// The node a pod is bound to, or empty; empty for other kinds.
const std::string& node_of(const Object& object) {
  static const std::string kNone;
  const Pod* pod = std::get_if<Pod>(&object);
  return pod == nullptr ? kNone : pod->spec.node_name;
}

/// Source: Kubernetes utilrand.SafeEncodeString's alphabet: no vowels, no 0, 1, 3.
std::string suffix_from(std::uint64_t bits) {
  static constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string text;
  for (int i = 0; i < kGeneratedSuffixLength; ++i) {
    text += kAlphabet[bits % kAlphabet.size()];
    bits /= kAlphabet.size();
  }
  return text;
}

/// Source: Kubernetes admission plug-in DefaultTolerationSeconds.
void add_default_tolerations(Pod& pod) {
  for (const char* key : {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"}) {
    const bool tolerated = std::any_of(pod.spec.tolerations.begin(), pod.spec.tolerations.end(),
                                       [&](const api::Toleration& t) {
                                         return (t.key == key || (t.key.empty() && t.exists)) &&
                                                (t.effect == "NoExecute" || t.effect.empty());
                                       });
    if (tolerated) continue;
    pod.spec.tolerations.push_back({.key = key,
                                    .exists = true,
                                    .value = {},
                                    .effect = "NoExecute",
                                    .seconds = kDefaultTolerationSeconds});
  }
}

/// Whether two versions differ in what `generation` counts.
bool spec_differs(const Object& a, const Object& b) {
  if (const auto* before = std::get_if<api::Deployment>(&a)) {
    return !(before->spec == std::get<api::Deployment>(b).spec);
  }
  if (const auto* before = std::get_if<api::ReplicaSet>(&a)) {
    return !(before->spec == std::get<api::ReplicaSet>(b).spec);
  }
  return false;
}

/// Takes the status of `from`; kinds without one are left as they are.
void take_status(Object& to, const Object& from) {
  std::visit(
      [&](auto& target) {
        using T = std::decay_t<decltype(target)>;
        if constexpr (requires { target.status; }) target.status = std::get<T>(from).status;
      },
      to);
}

std::shared_ptr<const ports::EventBody> body_of(ObjectPtr object) {
  if (object == nullptr) return nullptr;
  return std::make_shared<const ports::EventBody>(ports::ApiObject{std::move(object)});
}

}  // namespace

ApiServer::ApiServer(std::uint64_t seed) : draws_{seed} {}

Handled ApiServer::handle(ClientId client, ports::OwnerId owner, ports::CallId id,
                          const ApiCall& call, Instant now, ports::CauseId cause) {
  Handled out;
  const Kind kind = call.key.kind;
  if (call.verb == Verb::Unwatch) {
    std::erase_if(watches_[static_cast<std::size_t>(kind)], [&](const Watch& w) {
      return w.client == client && w.owner == owner && w.id == id;
    });
    return out;
  }
  if (call.verb == Verb::Watch) {
    if (call.resource_version != resource_version_ && !can_resume(kind, call.resource_version)) {
      out.deliveries.push_back({client,
                                {.owner = owner,
                                 .kind = ports::EventKind::WatchClosed,
                                 .outcome = Outcome::Expired,
                                 .id = id,
                                 .cause = cause,
                                 .body = nullptr}});
      return out;
    }
    Watch watch{client, owner, id, call.key.namespace_name, call.node_name};
    for (const Write& write : history_[static_cast<std::size_t>(kind)]) {
      if (write.resource_version > call.resource_version) notify_one(out, watch, write, cause);
    }
    watches_[static_cast<std::size_t>(kind)].push_back(std::move(watch));
    return out;
  }

  ports::Event reply{.owner = owner,
                     .kind = ports::EventKind::ApiReply,
                     .outcome = Outcome::Ok,
                     .id = id,
                     .cause = cause,
                     .body = nullptr};
  if (call.verb == Verb::List) {
    ports::ApiList list{{}, resource_version_};
    for (const auto& [name, object] : table(kind)) {
      if (!call.key.namespace_name.empty() && name.first != call.key.namespace_name) continue;
      if (!call.node_name.empty() && node_of(*object) != call.node_name) continue;
      list.objects.push_back(object);
    }
    reply.body = std::make_shared<const ports::EventBody>(std::move(list));
    out.deliveries.push_back({client, std::move(reply)});
    return out;
  }

  ObjectPtr result;
  switch (call.verb) {
    case Verb::Get:
      result = find(call.key);
      reply.outcome = result == nullptr ? Outcome::NotFound : Outcome::Ok;
      break;
    case Verb::Create:
      reply.outcome = create(call, now, out, result);
      break;
    case Verb::Update:
      reply.outcome = update(call, /*status_only=*/false, out, result);
      break;
    case Verb::UpdateStatus:
      reply.outcome = update(call, /*status_only=*/true, out, result);
      break;
    case Verb::Delete:
      reply.outcome = remove(call, now, out, result);
      break;
    case Verb::Bind:
      reply.outcome = bind(call, now, out, result);
      break;
    case Verb::List:
    case Verb::Watch:
    case Verb::Unwatch:
      contract_violation("list, watch and unwatch were handled above");
  }
  reply.body = body_of(std::move(result));
  out.deliveries.push_back({client, std::move(reply)});
  for (const Write& write : out.writes) notify(out, write, cause);
  return out;
}

void ApiServer::disconnect(ClientId client) {
  for (std::vector<Watch>& watches : watches_) {
    std::erase_if(watches, [&](const Watch& w) { return w.client == client; });
  }
}

Handled ApiServer::close_all_watches() {
  Handled out;
  for (std::vector<Watch>& watches : watches_) {
    for (const Watch& watch : watches) {
      out.deliveries.push_back({watch.client,
                                {.owner = watch.owner,
                                 .kind = ports::EventKind::WatchClosed,
                                 .outcome = Outcome::Expired,
                                 .id = watch.id,
                                 .body = nullptr}});
    }
    watches.clear();
  }
  return out;
}

void ApiServer::restore(const std::vector<ObjectPtr>& objects, std::uint64_t resource_version) {
  expects(resource_version_ == 0, "a store is restored before its first write");
  for (const ObjectPtr& object : objects) {
    const api::ObjectKey key = api::key_of(*object);
    table(key.kind)[{key.namespace_name, key.name}] = object;
  }
  resource_version_ = resource_version;
  oldest_watchable_.fill(resource_version);
}

ObjectPtr ApiServer::find(const api::ObjectKey& key) const {
  const auto found = table(key.kind).find({key.namespace_name, key.name});
  return found == table(key.kind).end() ? nullptr : found->second;
}

std::vector<ObjectPtr> ApiServer::objects_of(Kind kind) const {
  std::vector<ObjectPtr> all;
  all.reserve(table(kind).size());
  for (const auto& [name, object] : table(kind)) all.push_back(object);
  return all;
}

std::vector<ObjectPtr> ApiServer::objects() const {
  std::vector<ObjectPtr> all;
  for (int kind = 0; kind < api::kKindCount; ++kind) {
    for (ObjectPtr& object : objects_of(static_cast<Kind>(kind))) all.push_back(std::move(object));
  }
  return all;
}

Outcome ApiServer::create(const ApiCall& call, Instant now, Handled& out, ObjectPtr& reply) {
  if (call.object == nullptr || api::kind_of(*call.object) != call.key.kind) {
    return Outcome::Invalid;
  }
  Object object = *call.object;
  ObjectMeta& meta = api::meta_of(object);
  if (meta.name.empty()) {
    if (meta.generate_name.empty()) return Outcome::Invalid;
    for (std::uint64_t attempt = 0; meta.name.empty(); ++attempt) {
      std::string name = meta.generate_name +
                         suffix_from(draws_.bits(Purpose::ObjectName, resource_version_, attempt));
      if (!table(call.key.kind).contains({meta.namespace_name, name})) meta.name = std::move(name);
    }
  }
  if (api::is_namespaced(call.key.kind) == meta.namespace_name.empty()) return Outcome::Invalid;
  if (const ObjectPtr existing = find(api::key_of(object)); existing != nullptr) {
    reply = existing;
    return Outcome::AlreadyExists;
  }
  meta.uid = fmt::format("{:016x}", draws_.bits(Purpose::ObjectUid, resource_version_));
  meta.creation = now;
  meta.generation = 1;
  meta.deletion.reset();
  meta.deletion_grace.reset();
  if (Pod* pod = std::get_if<Pod>(&object)) {
    add_default_tolerations(*pod);
    pod->status.phase = api::PodPhase::Pending;
  }
  commit(out, ports::DeltaKind::Added, nullptr, std::move(object));
  reply = out.writes.back().after;
  return Outcome::Ok;
}

Outcome ApiServer::update(const ApiCall& call, bool status_only, Handled& out, ObjectPtr& reply) {
  if (call.object == nullptr || api::kind_of(*call.object) != call.key.kind) {
    return Outcome::Invalid;
  }
  const ObjectPtr before = find(call.key);
  if (before == nullptr) return Outcome::NotFound;
  const ObjectMeta& old_meta = api::meta_of(*before);
  if (!call.uid.empty() && call.uid != old_meta.uid) return Outcome::Conflict;
  if (call.resource_version != 0 && call.resource_version != old_meta.resource_version) {
    reply = before;
    return Outcome::Conflict;
  }
  Object after = status_only ? *before : *call.object;
  if (status_only) {
    take_status(after, *call.object);
  } else {
    take_status(after, *before);
    ObjectMeta& meta = api::meta_of(after);
    meta.name = old_meta.name;
    meta.namespace_name = old_meta.namespace_name;
    meta.uid = old_meta.uid;
    meta.creation = old_meta.creation;
    meta.deletion = old_meta.deletion;
    meta.deletion_grace = old_meta.deletion_grace;
    meta.generation = old_meta.generation + (spec_differs(*before, after) ? 1 : 0);
  }
  api::meta_of(after).resource_version = old_meta.resource_version;
  if (after == *before) {  // Nothing changed: no version, nobody is told.
    reply = before;
    return Outcome::Ok;
  }
  const bool gone = api::meta_of(after).deletion && api::meta_of(after).finalizers.empty() &&
                    !old_meta.finalizers.empty() && !std::holds_alternative<Pod>(after);
  commit(out, gone ? ports::DeltaKind::Deleted : ports::DeltaKind::Modified, before,
         std::move(after));
  reply = out.writes.back().after;
  return Outcome::Ok;
}

Outcome ApiServer::remove(const ApiCall& call, Instant now, Handled& out, ObjectPtr& reply) {
  const ObjectPtr before = find(call.key);
  if (before == nullptr) return Outcome::NotFound;
  const ObjectMeta& old_meta = api::meta_of(*before);
  if (!call.uid.empty() && call.uid != old_meta.uid) return Outcome::Conflict;
  reply = before;

  Duration grace;
  if (const Pod* pod = std::get_if<Pod>(before.get())) {
    grace = call.grace.value_or(pod->spec.termination_grace);
    const bool nobody_runs_it = pod->spec.node_name.empty() ||
                                pod->status.phase == api::PodPhase::Succeeded ||
                                pod->status.phase == api::PodPhase::Failed;
    if (nobody_runs_it) grace = Duration{};
    // A second request may shorten the grace period, never lengthen it.
    if (old_meta.deletion_grace && grace >= *old_meta.deletion_grace && grace > Duration{}) {
      return Outcome::Ok;
    }
  }
  Object after = *before;
  ObjectMeta& meta = api::meta_of(after);
  if (grace > Duration{} || !meta.finalizers.empty()) {
    if (meta.deletion && meta.deletion_grace == grace) return Outcome::Ok;
    meta.deletion = now + grace;
    meta.deletion_grace = grace;
    commit(out, ports::DeltaKind::Modified, before, std::move(after));
  } else {
    commit(out, ports::DeltaKind::Deleted, before, std::move(after));
  }
  reply = out.writes.back().after;
  return Outcome::Ok;
}

Outcome ApiServer::bind(const ApiCall& call, Instant now, Handled& out, ObjectPtr& reply) {
  const ObjectPtr before = find(call.key);
  if (before == nullptr) return Outcome::NotFound;
  const Pod* old_pod = std::get_if<Pod>(before.get());
  if (old_pod == nullptr || call.node_name.empty()) return Outcome::Invalid;
  if (!call.uid.empty() && call.uid != old_pod->meta.uid) return Outcome::Conflict;
  if (!old_pod->spec.node_name.empty() || old_pod->meta.deletion) return Outcome::Conflict;
  Object after = *before;
  Pod& pod = std::get<Pod>(after);
  pod.spec.node_name = call.node_name;
  api::set_condition(pod.status.conditions, "PodScheduled", api::ConditionStatus::True, "", "",
                     now);
  commit(out, ports::DeltaKind::Modified, before, std::move(after));
  reply = out.writes.back().after;
  return Outcome::Ok;
}

void ApiServer::commit(Handled& out, ports::DeltaKind kind, ObjectPtr before, Object after) {
  ++resource_version_;
  api::meta_of(after).resource_version = resource_version_;
  const api::ObjectKey key = api::key_of(after);
  auto stored = std::make_shared<const Object>(std::move(after));
  if (kind == ports::DeltaKind::Deleted) {
    table(key.kind).erase({key.namespace_name, key.name});
  } else {
    table(key.kind)[{key.namespace_name, key.name}] = stored;
  }
  Write write{kind, std::move(before), std::move(stored), resource_version_};
  auto& history = history_[static_cast<std::size_t>(key.kind)];
  history.push_back(write);
  if (history.size() > kWatchHistory) {
    oldest_watchable_[static_cast<std::size_t>(key.kind)] = history.front().resource_version;
    history.pop_front();
  }
  out.writes.push_back(std::move(write));
}

bool ApiServer::can_resume(Kind kind, std::uint64_t from_version) const {
  return from_version <= resource_version_ &&
         from_version >= oldest_watchable_[static_cast<std::size_t>(kind)];
}

void ApiServer::notify(Handled& out, const Write& write, ports::CauseId cause) {
  for (const Watch& watch : watches_[static_cast<std::size_t>(api::kind_of(*write.after))]) {
    notify_one(out, watch, write, cause);
  }
}

void ApiServer::notify_one(Handled& out, const Watch& watch, const Write& write,
                           ports::CauseId cause) {
  if (!watch.namespace_name.empty() &&
      api::meta_of(*write.after).namespace_name != watch.namespace_name) {
    return;
  }
  ports::DeltaKind kind = write.kind;
  if (!watch.node_name.empty()) {
    // What enters or leaves the selection looks like a creation or a deletion to the watcher.
    if (node_of(*write.after) != watch.node_name) return;
    const bool was_selected = write.before != nullptr && node_of(*write.before) == watch.node_name;
    if (kind == ports::DeltaKind::Modified && !was_selected) kind = ports::DeltaKind::Added;
  }
  out.deliveries.push_back(
      {watch.client,
       {.owner = watch.owner,
        .kind = ports::EventKind::WatchEvent,
        .outcome = Outcome::Ok,
        .id = watch.id,
        .cause = cause,
        .body = std::make_shared<const ports::EventBody>(ports::WatchDelta{kind, write.after})}});
}

}  // namespace orrery::store
