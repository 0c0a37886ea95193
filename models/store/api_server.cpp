#include "models/store/api_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "models/store/admission.h"
#include "models/store/deletion.h"
#include "models/store/eviction.h"

namespace orrery::store {
namespace {

using api::Kind;
using api::Object;
using api::ObjectMeta;
using api::ObjectPtr;
using api::Pod;
using ports::ApiCall;
using ports::DeltaKind;
using ports::Outcome;
using ports::Verb;

constexpr int kGeneratedSuffixLength = 5;

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

/// Whether two versions differ in what `generation` counts: the spec, of kinds that have a
/// controller to observe it.
bool spec_differs(const Object& a, const Object& b) {
  return std::visit(
      [&](const auto& before) {
        using T = std::decay_t<decltype(before)>;
        constexpr bool kCounted = !std::is_same_v<T, Pod> && !std::is_same_v<T, api::Node> &&
                                  !std::is_same_v<T, api::Service> &&
                                  !std::is_same_v<T, api::PersistentVolumeClaim>;
        if constexpr (kCounted && requires { before.spec; }) {
          return !(before.spec == std::get<T>(b).spec);
        } else {
          return false;
        }
      },
      a);
}

/// The part of an object that UpdateStatus writes and Update leaves; of kinds that have none, both
/// calls write everything.
template <class T>
auto status_of(T& object) {
  if constexpr (requires { object.status; }) {
    return &object.status;
  } else if constexpr (std::is_same_v<std::remove_const_t<T>, api::ResourceQuota>) {
    return &object.used;
  } else {
    return nullptr;
  }
}

bool has_status(const Object& object) {
  return std::visit([](const auto& o) { return status_of(o) != nullptr; }, object);
}

bool has_same_status(const Object& a, const Object& b) {
  return std::visit(
      [&](const auto& one) {
        auto status = status_of(one);
        if constexpr (std::is_null_pointer_v<decltype(status)>) {
          return true;
        } else {
          return *status == *status_of(std::get<std::decay_t<decltype(one)>>(b));
        }
      },
      a);
}

void take_status(Object& to, const Object& from) {
  std::visit(
      [&](auto& target) {
        auto status = status_of(target);
        if constexpr (!std::is_null_pointer_v<decltype(status)>) {
          *status = *status_of(std::get<std::decay_t<decltype(target)>>(from));
        }
      },
      to);
}

bool is_of_kind(const ApiCall& call) {
  return call.object != nullptr && api::kind_of(*call.object) == call.key.kind;
}

std::string forbidden(const Object& object, const std::string& why) {
  return api::to_string(api::key_of(object)) + " is forbidden: " + why;
}

}  // namespace

ApiServer::ApiServer(std::uint64_t seed, const StoreConfig& config)
    : draws_{seed},
      config_{config},
      watches_(api::kKindCount, Watches{config.watch_history}),
      bookmarks_due_{Instant{} + config.bookmark_period} {}

Handled ApiServer::handle(ClientId client, ports::OwnerId owner, ports::CallId id,
                          const ApiCall& call, Instant now, ports::CauseId cause) {
  Handled out;
  const Kind kind = call.key.kind;
  ports::Event reply{.owner = owner,
                     .kind = ports::EventKind::ApiReply,
                     .outcome = Outcome::Ok,
                     .id = id,
                     .cause = cause,
                     .body = nullptr};
  Answer answer;
  switch (call.verb) {
    case Verb::Unwatch:
      watches(kind).remove(client, owner, id);
      return out;
    case Verb::Watch:
      if (begin_watch(client, owner, id, call, cause, out)) return out;
      reply.kind = ports::EventKind::WatchClosed;
      reply.outcome = is_supported(selection_of(call), kind) ? Outcome::Expired : Outcome::Invalid;
      out.deliveries.push_back({client, std::move(reply)});
      return out;
    case Verb::List: {
      const Selection selection = selection_of(call);
      if (is_supported(selection, kind)) {
        reply.body = std::make_shared<const ports::EventBody>(list(kind, selection));
      } else {
        reply.outcome = Outcome::Invalid;
      }
      out.deliveries.push_back({client, std::move(reply)});
      return out;
    }
    case Verb::Get:
      answer.object = find(call.key);
      if (answer.object == nullptr) answer.outcome = Outcome::NotFound;
      break;
    case Verb::Create:
      answer = create(call, now, out);
      break;
    case Verb::Update:
      answer = update(call, out);
      break;
    case Verb::UpdateStatus:
      answer = update_status(call, out);
      break;
    case Verb::Delete:
      answer = remove(call, now, out);
      break;
    case Verb::Evict:
      answer = evict(call, now, out);
      break;
    case Verb::Bind:
      answer = bind(call, now, out);
      break;
  }
  reply.outcome = answer.outcome;
  if (answer.object != nullptr || !answer.message.empty()) {
    reply.body = std::make_shared<const ports::EventBody>(
        ports::ApiObject{std::move(answer.object), std::move(answer.message)});
  }
  out.deliveries.push_back({client, std::move(reply)});
  for (const Write& write : out.writes) {
    watches(api::kind_of(*write.after)).notify(write, cause, out.deliveries);
  }
  if (now >= bookmarks_due_) {
    bookmarks_due_ = now + config_.bookmark_period;
    for (Watches& of_kind : watches_) of_kind.send_bookmarks(resource_version_, out.deliveries);
  }
  return out;
}

void ApiServer::disconnect(ClientId client) {
  for (Watches& of_kind : watches_) of_kind.remove_all_of(client);
}

Handled ApiServer::close_all_watches() {
  Handled out;
  for (Watches& of_kind : watches_) of_kind.close_all(out.deliveries);
  return out;
}

Handled ApiServer::close_watches_of(ClientId client) {
  Handled out;
  for (Watches& of_kind : watches_) of_kind.close_all_of(client, out.deliveries);
  return out;
}

void ApiServer::forget_history() {
  for (Watches& of_kind : watches_) of_kind.forget_history(resource_version_);
}

void ApiServer::restore(const std::vector<ObjectPtr>& objects, std::uint64_t resource_version) {
  expects(resource_version_ == 0, "a store is restored before its first write");
  for (const ObjectPtr& object : objects) {
    tables_[static_cast<std::size_t>(api::kind_of(*object))].put(object);
  }
  resource_version_ = resource_version;
  forget_history();
}

ObjectPtr ApiServer::find(const api::ObjectKey& key) const {
  return table_of(tables_, key.kind).find(key.namespace_name, key.name);
}

std::vector<ObjectPtr> ApiServer::objects_of(Kind kind) const {
  std::vector<ObjectPtr> all;
  all.reserve(table_of(tables_, kind).size());
  table_of(tables_, kind).each([&](const ObjectPtr& object) { all.push_back(object); });
  return all;
}

std::vector<ObjectPtr> ApiServer::objects() const {
  std::vector<ObjectPtr> all;
  for (const ObjectTable& table : tables_) {
    table.each([&](const ObjectPtr& object) { all.push_back(object); });
  }
  return all;
}

bool ApiServer::begin_watch(ClientId client, ports::OwnerId owner, ports::CallId id,
                            const ApiCall& call, ports::CauseId cause, Handled& out) {
  Watch watch{client, owner, id, selection_of(call), call.bookmarks, call.resource_version};
  Watches& of_kind = watches(call.key.kind);
  if (!is_supported(watch.selection, call.key.kind)) return false;
  if (!of_kind.can_start(call.resource_version, resource_version_)) return false;
  of_kind.add(std::move(watch), cause, out.deliveries);
  return true;
}

ports::ApiList ApiServer::list(Kind kind, const Selection& selection) const {
  ports::ApiList list{{}, resource_version_};
  const auto take = [&](const ObjectPtr& object) {
    if (selects(selection, *object)) list.objects.push_back(object);
  };
  const ObjectTable& table = table_of(tables_, kind);
  if (!selection.node_name.empty()) {
    table.each_on(selection.node_name, take);
  } else if (!selection.namespace_name.empty()) {
    table.each_in(selection.namespace_name, take);
  } else {
    list.objects.reserve(table.size());
    table.each(take);
  }
  return list;
}

ApiServer::Answer ApiServer::create(const ApiCall& call, Instant now, Handled& out) {
  if (!is_of_kind(call)) return {Outcome::Invalid, nullptr, {}};
  auto object = std::make_shared<Object>(*call.object);
  ObjectMeta& meta = api::meta_of(*object);
  if (meta.name.empty()) {
    if (meta.generate_name.empty()) return {Outcome::Invalid, nullptr, {}};
    for (std::uint64_t attempt = 0; meta.name.empty(); ++attempt) {
      std::string name = meta.generate_name +
                         suffix_from(draws_.bits(Purpose::ObjectName, resource_version_, attempt));
      if (find({call.key.kind, meta.namespace_name, name}) == nullptr) meta.name = std::move(name);
    }
  }
  if (api::is_namespaced(call.key.kind) == meta.namespace_name.empty()) {
    return {Outcome::Invalid, nullptr, {}};
  }
  if (ObjectPtr existing = find(api::key_of(*object)); existing != nullptr) {
    return {Outcome::AlreadyExists, std::move(existing), {}};
  }
  meta.uid = fmt::format("{:016x}", draws_.bits(Purpose::ObjectUid, resource_version_));
  meta.creation = now;
  meta.generation = 1;
  meta.deletion.reset();
  meta.deletion_grace.reset();
  if (Pod* pod = std::get_if<Pod>(object.get())) pod->status.phase = api::PodPhase::Pending;
  if (const auto refusal = admit(*object, tables_)) {
    return {Outcome::Refused, nullptr, forbidden(*object, *refusal)};
  }
  QuotaCharge charge = charge_quotas(*object, tables_);
  if (charge.refusal) {
    return {Outcome::Refused, nullptr, forbidden(*object, *charge.refusal)};
  }
  for (api::ResourceQuota& quota : charge.charged) {
    ObjectPtr before = find({Kind::ResourceQuota, quota.meta.namespace_name, quota.meta.name});
    commit(out, DeltaKind::Modified, std::move(before), std::make_shared<Object>(std::move(quota)));
  }
  return {Outcome::Ok, commit(out, DeltaKind::Added, nullptr, std::move(object)), {}};
}

ApiServer::Answer ApiServer::update(const ApiCall& call, Handled& out) {
  if (!is_of_kind(call)) return {Outcome::Invalid, nullptr, {}};
  ObjectPtr before = find(call.key);
  if (before == nullptr) return {Outcome::NotFound, nullptr, {}};
  const ObjectMeta& old_meta = api::meta_of(*before);
  if (!call.uid.empty() && call.uid != old_meta.uid) return {Outcome::Conflict, nullptr, {}};
  if (call.resource_version != 0 && call.resource_version != old_meta.resource_version) {
    return {Outcome::Conflict, std::move(before), {}};
  }
  auto after = std::make_shared<Object>(*call.object);
  take_status(*after, *before);
  ObjectMeta& meta = api::meta_of(*after);
  meta.name = old_meta.name;
  meta.namespace_name = old_meta.namespace_name;
  meta.uid = old_meta.uid;
  meta.creation = old_meta.creation;
  meta.deletion = old_meta.deletion;
  meta.deletion_grace = old_meta.deletion_grace;
  meta.generation = old_meta.generation + (spec_differs(*before, *after) ? 1 : 0);
  meta.resource_version = old_meta.resource_version;
  if (old_meta.deletion && adds_finalizer(old_meta, meta)) {
    std::string why =
        forbidden(*before, "no new finalizers can be added if the object is being deleted");
    return {Outcome::Invalid, std::move(before), std::move(why)};
  }
  if (*after == *before) return {Outcome::Ok, std::move(before), {}};  // Nobody is told.
  const bool gone = is_finished(*after) && !old_meta.finalizers.empty();
  return {Outcome::Ok,
          commit(out, gone ? DeltaKind::Deleted : DeltaKind::Modified, std::move(before),
                 std::move(after)),
          {}};
}

ApiServer::Answer ApiServer::update_status(const ApiCall& call, Handled& out) {
  if (is_of_kind(call) && !has_status(*call.object)) return update(call, out);
  if (!is_of_kind(call)) return {Outcome::Invalid, nullptr, {}};
  ObjectPtr before = find(call.key);
  if (before == nullptr) return {Outcome::NotFound, nullptr, {}};
  const ObjectMeta& old_meta = api::meta_of(*before);
  if (!call.uid.empty() && call.uid != old_meta.uid) return {Outcome::Conflict, nullptr, {}};
  if (call.resource_version != 0 && call.resource_version != old_meta.resource_version) {
    return {Outcome::Conflict, std::move(before), {}};
  }
  if (has_same_status(*before, *call.object)) return {Outcome::Ok, std::move(before), {}};
  auto after = std::make_shared<Object>(*before);
  take_status(*after, *call.object);
  return {Outcome::Ok, commit(out, DeltaKind::Modified, std::move(before), std::move(after)), {}};
}

ApiServer::Answer ApiServer::remove(const ApiCall& call, Instant now, Handled& out) {
  ObjectPtr before = find(call.key);
  if (before == nullptr) return {Outcome::NotFound, nullptr, {}};
  if (!call.uid.empty() && call.uid != api::meta_of(*before).uid) {
    return {Outcome::Conflict, nullptr, {}};
  }
  if (const auto refusal = refuse_deletion(*before)) {
    return {Outcome::Refused, nullptr, forbidden(*before, *refusal)};
  }
  std::shared_ptr<Object> after = marked_for_deletion(*before, call.grace, call.propagation, now);
  if (after == nullptr) return {Outcome::Ok, std::move(before), {}};
  const DeltaKind kind = is_finished(*after) ? DeltaKind::Deleted : DeltaKind::Modified;
  if (kind == DeltaKind::Deleted) {
    // The last state, as it was: who is gone at once was never on its way out.
    api::meta_of(*after).deletion = api::meta_of(*before).deletion;
    api::meta_of(*after).deletion_grace = api::meta_of(*before).deletion_grace;
  }
  return {Outcome::Ok, commit(out, kind, std::move(before), std::move(after)), {}};
}

ApiServer::Answer ApiServer::evict(const ApiCall& call, Instant now, Handled& out) {
  if (call.key.kind != Kind::Pod) return {Outcome::Invalid, nullptr, {}};
  const ObjectPtr found = find(call.key);
  if (found == nullptr) return {Outcome::NotFound, nullptr, {}};
  const Pod& pod = std::get<Pod>(*found);
  if (!call.uid.empty() && call.uid != pod.meta.uid) return {Outcome::Conflict, nullptr, {}};
  EvictionVerdict verdict = decide_eviction(pod, tables_, now);
  if (verdict.outcome != Outcome::Ok) {
    return {verdict.outcome, nullptr, std::move(verdict.message)};
  }
  if (verdict.budget) {
    ObjectPtr budget = find({Kind::PodDisruptionBudget, verdict.budget->meta.namespace_name,
                             verdict.budget->meta.name});
    commit(out, DeltaKind::Modified, std::move(budget),
           std::make_shared<Object>(*std::move(verdict.budget)));
  }
  // A write of its own, before the deletion. Source: addConditionAndDeletePod.
  auto marked = std::make_shared<Object>(*found);
  api::set_condition(std::get<Pod>(*marked).status.conditions, "DisruptionTarget",
                     api::ConditionStatus::True, "EvictionByEvictionAPI", "Eviction API: evicting",
                     now);
  commit(out, DeltaKind::Modified, found, std::move(marked));
  return remove(call, now, out);
}

ApiServer::Answer ApiServer::bind(const ApiCall& call, Instant now, Handled& out) {
  ObjectPtr before = find(call.key);
  if (before == nullptr) return {Outcome::NotFound, nullptr, {}};
  const Pod* old_pod = std::get_if<Pod>(before.get());
  if (old_pod == nullptr || call.node_name.empty()) return {Outcome::Invalid, nullptr, {}};
  const bool other = !call.uid.empty() && call.uid != old_pod->meta.uid;
  if (other || !old_pod->spec.node_name.empty() || old_pod->meta.deletion) {
    return {Outcome::Conflict, nullptr, {}};
  }
  auto after = std::make_shared<Object>(*before);
  Pod& pod = std::get<Pod>(*after);
  pod.spec.node_name = call.node_name;
  api::set_condition(pod.status.conditions, "PodScheduled", api::ConditionStatus::True, "", "",
                     now);
  return {Outcome::Ok, commit(out, DeltaKind::Modified, std::move(before), std::move(after)), {}};
}

ObjectPtr ApiServer::commit(Handled& out, DeltaKind kind, ObjectPtr before,
                            std::shared_ptr<Object> after) {
  ++resource_version_;
  api::meta_of(*after).resource_version = resource_version_;
  const Kind of = api::kind_of(*after);
  ObjectPtr stored = std::move(after);
  ObjectTable& table = tables_[static_cast<std::size_t>(of)];
  if (kind == DeltaKind::Deleted) {
    table.erase(*stored);
  } else {
    table.put(stored);
  }
  out.writes.push_back({kind, std::move(before), stored, resource_version_});
  watches(of).record(out.writes.back());
  return stored;
}

}  // namespace orrery::store
