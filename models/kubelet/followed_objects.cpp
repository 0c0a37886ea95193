#include "models/kubelet/followed_objects.h"

#include <utility>

namespace orrery::kubelet {
namespace {

CallTag tag_of(std::uint32_t serial, std::uint32_t sequence) {
  return {.topic = Topic::Follow,
          .slot = serial & kSlotMax,
          .generation = serial >> 16,
          .sequence = sequence};
}

bool is_immutable(const api::Object& object) {
  if (const auto* map = std::get_if<api::ConfigMap>(&object)) return map->immutable;
  if (const auto* secret = std::get_if<api::Secret>(&object)) return secret->immutable;
  return false;
}

}  // namespace

void FollowedObjects::follow(const api::ObjectKey& key) {
  const auto known = serial_of_.find(key);
  if (known != serial_of_.end()) {
    ++entries_.at(known->second).users;
    return;
  }
  const std::uint32_t serial = next_serial_++;
  serial_of_[key] = serial;
  Entry& entry =
      entries_
          .emplace(serial,
                   Entry{key, {node_.config.list_retry_initial, node_.config.list_retry_cap}})
          .first->second;
  entry.users = 1;
  list(serial, entry);
}

void FollowedObjects::unfollow(const api::ObjectKey& key) {
  const auto known = serial_of_.find(key);
  if (known == serial_of_.end()) return;
  Entry& entry = entries_.at(known->second);
  if (--entry.users > 0) return;
  unwatch(known->second, entry);
  entries_.erase(known->second);
  serial_of_.erase(known);
}

FollowedObjects::Sight FollowedObjects::see(const api::ObjectKey& key) const {
  const auto known = serial_of_.find(key);
  return known == serial_of_.end() ? Sight{} : entries_.at(known->second).sight;
}

CallTag FollowedObjects::next_tag(std::uint32_t serial, Entry& entry) {
  entry.sequence = (entry.sequence + 1) & kSequenceMax;
  const CallTag tag = tag_of(serial, entry.sequence);
  entry.call = encode(tag);
  return tag;
}

void FollowedObjects::list(std::uint32_t serial, Entry& entry) {
  entry.watching = false;
  ports::ApiCall call;
  call.verb = ports::Verb::List;
  call.key = entry.key;
  node_.call_api(next_tag(serial, entry), std::move(call));
}

void FollowedObjects::watch(std::uint32_t serial, Entry& entry, std::uint64_t resource_version) {
  entry.watching = true;
  ports::ApiCall call;
  call.verb = ports::Verb::Watch;
  call.key = entry.key;
  call.resource_version = resource_version;
  node_.call_api(next_tag(serial, entry), std::move(call));
}

void FollowedObjects::unwatch(std::uint32_t serial, Entry& entry) {
  if (!entry.watching) return;
  entry.watching = false;
  ports::ApiCall call;
  call.verb = ports::Verb::Unwatch;
  call.key = entry.key;
  node_.call_api(tag_of(serial, entry.sequence), std::move(call));
}

void FollowedObjects::list_later(std::uint32_t serial, Entry& entry) {
  entry.watching = false;
  entry.call = 0;
  if (!entry.timer) entry.timer = node_.timer(tag_of(serial, 0));
  const std::string& name = entry.key.name;
  const double u = node_.draws.uniform(Purpose::KubeletJitter, key_of(name.data(), name.size()),
                                       ++entry.sequence);
  entry.timer->arm(node_.now() + jittered(entry.retry.next(), node_.config.list_retry_jitter, u));
}

std::optional<api::ObjectKey> FollowedObjects::on_event(const ports::Event& event) {
  const CallTag tag = decode(event.id);
  const std::uint32_t serial = tag.slot | (tag.generation << 16);
  const auto found = entries_.find(serial);
  if (found == entries_.end()) return std::nullopt;
  Entry& entry = found->second;
  if (event.kind == ports::EventKind::Timer) {
    list(serial, entry);
    return std::nullopt;
  }
  if (event.id != entry.call) return std::nullopt;
  if (event.kind == ports::EventKind::WatchClosed) {
    list_later(serial, entry);
    return std::nullopt;
  }
  if (event.kind == ports::EventKind::WatchEvent) {
    const auto* delta = event.body ? std::get_if<ports::WatchDelta>(event.body.get()) : nullptr;
    if (delta == nullptr || delta->object == nullptr) return std::nullopt;
    entry.retry.reset();
    entry.sight.object = delta->kind == ports::DeltaKind::Deleted ? nullptr : delta->object;
  } else {
    const auto* list = event.body ? std::get_if<ports::ApiList>(event.body.get()) : nullptr;
    if (event.outcome != ports::Outcome::Ok || list == nullptr) {
      list_later(serial, entry);
      return std::nullopt;
    }
    entry.sight.object = list->objects.empty() ? nullptr : list->objects.front();
    watch(serial, entry, list->resource_version);
  }
  entry.sight.known = true;
  if (entry.sight.object != nullptr && is_immutable(*entry.sight.object)) unwatch(serial, entry);
  return entry.key;
}

}  // namespace orrery::kubelet
