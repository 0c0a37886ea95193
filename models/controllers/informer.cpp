#include "models/controllers/informer.h"

#include <algorithm>

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
        const Name name{meta.namespace_name, meta.name};
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
  std::set<Name> listed;
  for (const api::ObjectPtr& object : objects) {
    const api::ObjectMeta& meta = api::meta_of(*object);
    listed.emplace(meta.namespace_name, meta.name);
  }
  std::vector<Name> gone;
  for (const auto& [name, object] : objects_) {
    if (!listed.contains(name)) gone.push_back(name);
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
  const Name name{meta.namespace_name, meta.name};
  api::ObjectPtr& cached = objects_[name];
  Change change{cached, object};
  if (cached) index(name, *cached, false);
  cached = object;
  index(name, *object, true);
  return change;
}

Change Informer::remove(const Name& name) {
  const auto entry = objects_.find(name);
  Change change{entry->second, nullptr};
  index(name, *entry->second, false);
  objects_.erase(entry);
  return change;
}

void Informer::index(const Name& name, const api::Object& object, bool present) {
  const auto set = [&](Index& index, const std::string& value) {
    if (present) {
      index[value].insert(name);
      return;
    }
    const auto entry = index.find(value);
    entry->second.erase(name);
    if (entry->second.empty()) index.erase(entry);
  };
  const api::ObjectMeta& meta = api::meta_of(object);
  const api::OwnerReference* owner = api::controller_of(meta);
  set(by_controller_, owner != nullptr ? owner->uid : "/" + meta.namespace_name);
  if (const auto* pod = std::get_if<api::Pod>(&object)) set(by_node_, pod->spec.node_name);
}

const api::ObjectPtr* Informer::find_object(std::string_view namespace_name,
                                            std::string_view name) const {
  const auto found = objects_.find(Name{namespace_name, name});
  return found == objects_.end() ? nullptr : &found->second;
}

}  // namespace orrery::controllers
