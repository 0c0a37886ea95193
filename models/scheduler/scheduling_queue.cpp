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

void SchedulingQueue::add(const PodName& pod, std::int32_t priority, bool gated, Instant now) {
  const auto [found, is_new] = entries_.try_emplace(pod);
  if (!is_new) return;
  Entry& entry = found->second;
  entry.name = &found->first;
  entry.priority = priority;
  entry.since = now;
  place(entry, gated ? Place::Gated : Place::Active);
}

void SchedulingQueue::open(const PodName& pod) {
  const auto found = entries_.find(pod);
  if (found == entries_.end() || found->second.place != Place::Gated) return;
  place(found->second, Place::Active);
}

void SchedulingQueue::remove(const PodName& pod) {
  const auto found = entries_.find(pod);
  if (found == entries_.end()) return;
  place(found->second, Place::Taken);
  held_.erase(pod);
  entries_.erase(found);
}

std::optional<SchedulingQueue::Taken> SchedulingQueue::take() {
  if (active_.empty()) return std::nullopt;
  Entry& entry = *active_.begin()->second;
  place(entry, Place::Taken);
  return Taken{*entry.name, ++entry.attempts};
}

void SchedulingQueue::hold(const PodName& pod, FilterSet rejected_by) {
  Entry& entry = entries_.at(pod);
  entry.rejected_by = rejected_by;
  entry.event_came = false;
  held_.insert(pod);
}

void SchedulingQueue::put_unschedulable(const PodName& pod, FilterSet rejected_by, Instant now) {
  const auto found = entries_.find(pod);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  const bool event_came = held_.erase(pod) > 0 && entry.event_came;
  entry.backoff_until = now + backoff_after(entry.attempts);
  entry.since = now;
  entry.rejected_by = rejected_by;
  place(entry, event_came ? Place::BackingOff : Place::Unschedulable);
}

void SchedulingQueue::put_back(const PodName& pod, Instant now) {
  const auto found = entries_.find(pod);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  held_.erase(pod);
  entry.backoff_until = now + backoff_after(entry.attempts);
  entry.since = now;
  place(entry, Place::BackingOff);
}

void SchedulingQueue::move_if(Instant now,
                              const std::function<bool(const PodName&, FilterSet)>& worth) {
  if (!any_waiting()) return;
  std::vector<Entry*> moved;
  for (const PodName& pod : unschedulable_) {
    Entry& entry = entries_.at(pod);
    if (worth(pod, entry.rejected_by)) moved.push_back(&entry);
  }
  for (Entry* entry : moved) retry(*entry, now);
  for (const PodName& pod : held_) {
    Entry& entry = entries_.at(pod);
    entry.event_came = entry.event_came || worth(pod, entry.rejected_by);
  }
}

void SchedulingQueue::move(const PodName& pod, Instant now,
                           const std::function<bool(FilterSet)>& worth) {
  if (!unschedulable_.contains(pod)) return;
  Entry& entry = entries_.at(pod);
  if (worth(entry.rejected_by)) retry(entry, now);
}

void SchedulingQueue::look(Instant now) {
  std::vector<Entry*> ended;
  for (const PodName& pod : backing_off_) {
    Entry& entry = entries_.at(pod);
    if (entry.backoff_until <= now) ended.push_back(&entry);
  }
  for (Entry* entry : ended) place(*entry, Place::Active);

  if (now.count_ns() % config_.unschedulable_period.count_ns() != 0) return;
  std::vector<Entry*> forgotten;
  for (const PodName& pod : unschedulable_) {
    Entry& entry = entries_.at(pod);
    if (now - entry.since > config_.unschedulable_max) forgotten.push_back(&entry);
  }
  for (Entry* entry : forgotten) retry(*entry, now);
}

std::optional<Instant> SchedulingQueue::next_look(Instant now) const {
  if (!backing_off_.empty()) return next_multiple(now, config_.backoff_period);
  if (!unschedulable_.empty()) return next_multiple(now, config_.unschedulable_period);
  return std::nullopt;
}

void SchedulingQueue::place(Entry& entry, Place to) {
  switch (entry.place) {
    case Place::Active:
      active_.erase(active_key(entry));
      break;
    case Place::BackingOff:
      backing_off_.erase(*entry.name);
      break;
    case Place::Unschedulable:
      unschedulable_.erase(*entry.name);
      break;
    case Place::Gated:
    case Place::Taken:
      break;
  }
  entry.place = to;
  switch (to) {
    case Place::Active:
      entry.sequence = ++sequence_;
      active_.emplace(active_key(entry), &entry);
      break;
    case Place::BackingOff:
      backing_off_.insert(*entry.name);
      break;
    case Place::Unschedulable:
      unschedulable_.insert(*entry.name);
      break;
    case Place::Gated:
    case Place::Taken:
      break;
  }
}

void SchedulingQueue::retry(Entry& entry, Instant now) {
  place(entry, entry.backoff_until > now ? Place::BackingOff : Place::Active);
}

Duration SchedulingQueue::backoff_after(int attempts) const {
  // 1 s after the first attempt, then 2, 4, 8, 10, 10, …
  Duration backoff = config_.backoff_initial;
  for (int i = 1; i < attempts && backoff < config_.backoff_max; ++i) backoff = backoff * 2;
  return std::min(backoff, config_.backoff_max);
}

}  // namespace orrery::scheduler
