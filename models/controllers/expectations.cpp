#include "models/controllers/expectations.h"

namespace orrery::controllers {

void Expectations::expect_create(const api::ObjectKey& owner, Instant now) {
  Awaited& awaited = awaited_[owner];
  ++awaited.creates;
  awaited.since = now;
}

void Expectations::expect_delete(const api::ObjectKey& owner, const std::string& uid, Instant now) {
  Awaited& awaited = awaited_[owner];
  awaited.deletes.insert(uid);
  awaited.since = now;
}

void Expectations::create_settled(const api::ObjectKey& owner) {
  const auto entry = awaited_.find(owner);
  if (entry == awaited_.end() || entry->second.creates == 0) return;
  --entry->second.creates;
  drop_if_settled(entry);
}

void Expectations::delete_settled(const api::ObjectKey& owner, const std::string& uid) {
  const auto entry = awaited_.find(owner);
  if (entry == awaited_.end()) return;
  entry->second.deletes.erase(uid);
  drop_if_settled(entry);
}

bool Expectations::satisfied(const api::ObjectKey& owner, Instant now) const {
  const auto end = expiry(owner);
  return !end || *end < now;
}

std::optional<Instant> Expectations::expiry(const api::ObjectKey& owner) const {
  const auto entry = awaited_.find(owner);
  if (entry == awaited_.end()) return std::nullopt;
  return entry->second.since + timeout_;
}

void Expectations::drop_if_settled(std::map<api::ObjectKey, Awaited>::iterator entry) {
  if (entry->second.creates == 0 && entry->second.deletes.empty()) awaited_.erase(entry);
}

}  // namespace orrery::controllers
