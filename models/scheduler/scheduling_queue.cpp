#include "models/scheduler/scheduling_queue.h"

#include <algorithm>
#include <vector>

namespace orrery::scheduler {
namespace {

/// The next multiple of `period` after `now`.
Instant next_multiple(Instant now, Duration period) {
  const std::int64_t whole = now.count_ns() / period.count_ns();
  return Instant::at(period * (whole + 1));
}

}  // namespace

void SchedulingQueue::add(const PodName& pod, std::int32_t priority, Instant now) {
  const auto [entry, is_new] = entries_.try_emplace(pod);
  if (!is_new) return;
  entry->second.priority = priority;
  entry->second.place = Place::Taken;  // In no set yet.
  place(pod, entry->second, Place::Active, now);
}

void SchedulingQueue::remove(const PodName& pod) {
  const auto entry = entries_.find(pod);
  if (entry == entries_.end()) return;
  place(pod, entry->second, Place::Taken, entry->second.since);
  entries_.erase(entry);
}

std::optional<SchedulingQueue::Taken> SchedulingQueue::take() {
  if (active_.empty()) return std::nullopt;
  const PodName pod = std::get<PodName>(*active_.begin());
  Entry& entry = entries_.at(pod);
  place(pod, entry, Place::Taken, entry.since);
  return Taken{pod, ++entry.attempts};
}

void SchedulingQueue::put_unschedulable(const PodName& pod, Instant now) {
  Entry& entry = entries_.at(pod);
  entry.backoff_until = now + backoff_after(entry.attempts);
  place(pod, entry, Place::Unschedulable, now);
}

void SchedulingQueue::put_back(const PodName& pod, Instant now) {
  const auto found = entries_.find(pod);
  if (found == entries_.end()) return;
  found->second.backoff_until = now + backoff_after(found->second.attempts);
  place(pod, found->second, Place::BackingOff, now);
}

void SchedulingQueue::move_all(Instant now) {
  const std::vector<PodName> pods(unschedulable_.begin(), unschedulable_.end());
  for (const PodName& pod : pods) retry(pod, entries_.at(pod), now);
}

void SchedulingQueue::move(const PodName& pod, Instant now) {
  if (unschedulable_.contains(pod)) retry(pod, entries_.at(pod), now);
}

void SchedulingQueue::look(Instant now) {
  // Back-offs that ended first become active first.
  std::vector<std::pair<Instant, PodName>> ended;
  for (const PodName& pod : backing_off_) {
    const Instant until = entries_.at(pod).backoff_until;
    if (until <= now) ended.emplace_back(until, pod);
  }
  std::sort(ended.begin(), ended.end());
  for (const auto& [until, pod] : ended) place(pod, entries_.at(pod), Place::Active, now);

  if (now.count_ns() % config_.unschedulable_period.count_ns() != 0) return;
  const std::vector<PodName> pods(unschedulable_.begin(), unschedulable_.end());
  for (const PodName& pod : pods) {
    Entry& entry = entries_.at(pod);
    if (now - entry.since > config_.unschedulable_max) retry(pod, entry, now);
  }
}

std::optional<Instant> SchedulingQueue::next_look(Instant now) const {
  if (!backing_off_.empty()) return next_multiple(now, config_.backoff_period);
  if (!unschedulable_.empty()) return next_multiple(now, config_.unschedulable_period);
  return std::nullopt;
}

void SchedulingQueue::place(const PodName& pod, Entry& entry, Place place, Instant now) {
  switch (entry.place) {
    case Place::Active:
      active_.erase(active_key(pod, entry));
      break;
    case Place::BackingOff:
      backing_off_.erase(pod);
      break;
    case Place::Unschedulable:
      unschedulable_.erase(pod);
      break;
    case Place::Taken:
      break;
  }
  entry.place = place;
  entry.since = now;
  switch (place) {
    case Place::Active:
      entry.sequence = ++sequence_;
      active_.insert(active_key(pod, entry));
      break;
    case Place::BackingOff:
      backing_off_.insert(pod);
      break;
    case Place::Unschedulable:
      unschedulable_.insert(pod);
      break;
    case Place::Taken:
      break;
  }
}

void SchedulingQueue::retry(const PodName& pod, Entry& entry, Instant now) {
  place(pod, entry, entry.backoff_until > now ? Place::BackingOff : Place::Active, now);
}

Duration SchedulingQueue::backoff_after(int attempts) const {
  // 1 s after the first attempt, then 2, 4, 8, 10, 10, …
  Duration backoff = config_.backoff_initial;
  for (int i = 1; i < attempts && backoff < config_.backoff_max; ++i) backoff = backoff * 2;
  return std::min(backoff, config_.backoff_max);
}

}  // namespace orrery::scheduler
