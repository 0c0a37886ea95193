#include "models/controllers/informer.h"

#include <algorithm>
#include <set>
#include <utility>

namespace orrery::controllers {

using ports::EventKind;
using ports::Outcome;

Informer::Informer(const Ports& ports, std::uint32_t slot, api::Kind kind,
                   const InformerConfig& config)
    : ports_{ports},
      slot_{slot},
      kind_{kind},
      config_{config},
      relist_{ports.executor, ports.owner, call_id(slot, 0)},
      backoff_{config.backoff_base} {}

void Informer::list() {
  resumes_ = false;
  open_call_ = call_id(slot_, ++sequence_);
  ports::ApiCall call;
  call.verb = ports::Verb::List;
  call.key.kind = kind_;
  ports_.api.call(ports_.owner, open_call_, std::move(call));
}

void Informer::begin_later(bool resumes) {
  open_call_ = 0;
  resumes_ = resumes;
  relist_.arm(ports_.executor.now() + backoff_);
  backoff_ = std::min(backoff_ * 2, config_.backoff_max);
}

void Informer::watch() {
  open_call_ = call_id(slot_, ++sequence_);
  watching_since_ = ports_.executor.now();
  ports::ApiCall call;
  call.verb = ports::Verb::Watch;
  call.key.kind = kind_;
  call.resource_version = seen_;
  call.bookmarks = true;
  ports_.api.call(ports_.owner, open_call_, std::move(call));
}

std::vector<Change> Informer::on_event(const ports::Event& event) {
  if (event.kind == EventKind::Timer) {
    if (resumes_) {
      watch();
    } else {
      list();
    }
    return {};
  }
  if (event.id != open_call_) return {};
  switch (event.kind) {
    case EventKind::ApiReply: {
      if (event.outcome != Outcome::Ok) {
        begin_later(/*resumes=*/false);
        return {};
      }
      const auto& reply = std::get<ports::ApiList>(*event.body);
      std::vector<Change> changes = replace_all(reply.objects);
      synced_ = true;
      seen_ = reply.resource_version;
      watch();
      return changes;
    }
    case EventKind::WatchEvent: {
      const auto& delta = std::get<ports::WatchDelta>(*event.body);
      if (delta.kind == ports::DeltaKind::Bookmark) {
        seen_ = delta.resource_version;
        return {};
      }
      const api::ObjectMeta& meta = api::meta_of(*delta.object);
      seen_ = meta.resource_version;
      if (delta.kind == ports::DeltaKind::Deleted) {
        const api::NameView name{meta.namespace_name, meta.name};
        if (!objects_.contains(name)) return {};
        // The last state, which may be newer than the cached one.
        (void)put(delta.object);
        return {remove(name)};
      }
      return {put(delta.object)};
    }
    case EventKind::WatchClosed:
      if (ports_.executor.now() - watching_since_ >= config_.backoff_reset) {
        backoff_ = config_.backoff_base;
      }
      if (resumes_ && event.outcome == Outcome::Expired) {
        // It has waited already, for a server that remembers less.
        list();
        return {};
      }
      // What was missed is still to be had, unless the server says otherwise.
      begin_later(/*resumes=*/event.outcome == Outcome::Unreachable);
      return {};
    default:
      return {};
  }
}

std::vector<Change> Informer::replace_all(const std::vector<api::ObjectPtr>& objects) {
  std::set<api::NameView> listed;
  for (const api::ObjectPtr& object : objects) {
    const api::ObjectMeta& meta = api::meta_of(*object);
    listed.emplace(meta.namespace_name, meta.name);
  }
  std::vector<Name> gone;
  for (const auto& [name, object] : objects_) {
    if (!listed.contains({name.first, name.second})) gone.push_back(name);
  }
  std::vector<Change> changes;
  for (const Name& name : gone) changes.push_back(remove(name));
  for (const api::ObjectPtr& object : objects) {
    const api::ObjectMeta& meta = api::meta_of(*object);
    const api::ObjectPtr* cached = find_object(meta.namespace_name, meta.name);
    if (cached != nullptr && api::meta_of(**cached).resource_version == meta.resource_version) {
      continue;
    }
    if (cached != nullptr && api::meta_of(**cached).uid != meta.uid) {
      // Deleted and made anew while nobody watched: two changes, not one.
      changes.push_back(remove({meta.namespace_name, meta.name}));
    }
    changes.push_back(put(object));
  }
  return changes;
}

Change Informer::put(const api::ObjectPtr& object) {
  const api::ObjectMeta& meta = api::meta_of(*object);
  const api::NameView name{meta.namespace_name, meta.name};
  auto entry = objects_.lower_bound(name);
  if (entry == objects_.end() || api::NameLess{}(name, entry->first)) {
    entry = objects_.emplace_hint(entry, Name{name}, nullptr);
  }
  Change change{std::exchange(entry->second, object), object};
  reindex(*entry, change.before.get(), object.get());
  return change;
}

Change Informer::remove(const api::NameView& name) {
  const auto entry = objects_.find(name);
  Change change{entry->second, nullptr};
  reindex(*entry, change.before.get(), nullptr);
  objects_.erase(entry);
  return change;
}

void Informer::add_to(Index& index, const std::string& value, const Entry& entry) {
  Group& group = index[value];
  // Names are often made in order.
  auto at = group.end();
  if (!group.empty() && entry.first < group.back()->first) {
    at = std::lower_bound(group.begin(), group.end(), &entry,
                          [](const Entry* a, const Entry* b) { return a->first < b->first; });
  }
  group.insert(at, &entry);
}

void Informer::remove_from(Index& index, const std::string& value, const Entry& entry) {
  const auto group = index.find(value);
  std::erase(group->second, &entry);
  if (group->second.empty()) index.erase(group);
}

void Informer::reindex(const Entry& entry, const api::Object* before, const api::Object* after) {
  const auto move = [&](Index& index, const std::string* from, const std::string* to) {
    if (from == nullptr ? to == nullptr : to != nullptr && *from == *to) return;
    if (from != nullptr) remove_from(index, *from, entry);
    if (to != nullptr) add_to(index, *to, entry);
  };
  const auto controller = [](const api::Object* object) -> const std::string* {
    const auto* owner = object == nullptr ? nullptr : api::controller_of(api::meta_of(*object));
    return owner == nullptr ? nullptr : &owner->uid;
  };
  const auto home = [&](const api::Object* object) -> const std::string* {
    if (object == nullptr || controller(object) != nullptr) return nullptr;
    return &api::meta_of(*object).namespace_name;
  };
  const auto node = [](const api::Object* object) -> const std::string* {
    const auto* pod = object == nullptr ? nullptr : std::get_if<api::Pod>(object);
    return pod == nullptr || pod->spec.node_name.empty() ? nullptr : &pod->spec.node_name;
  };
  const auto addressed = [](const api::Object* object) -> const std::string* {
    const auto* pod = object == nullptr ? nullptr : std::get_if<api::Pod>(object);
    return pod == nullptr || pod->status.pod_ip.empty() ? nullptr : &pod->meta.namespace_name;
  };
  move(by_controller_, controller(before), controller(after));
  move(orphans_, home(before), home(after));
  move(by_node_, node(before), node(after));
  move(addressed_, addressed(before), addressed(after));
}

const api::ObjectPtr* Informer::find_object(std::string_view namespace_name,
                                            std::string_view name) const {
  const auto found = objects_.find(api::NameView{namespace_name, name});
  return found == objects_.end() ? nullptr : &found->second;
}

}  // namespace orrery::controllers
