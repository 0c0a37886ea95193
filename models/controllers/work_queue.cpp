#include "models/controllers/work_queue.h"

#include <algorithm>

namespace orrery::controllers {

void WorkQueue::add(const api::ObjectKey& key) {
  if (!dirty_.insert(key).second) return;
  if (!processing_.contains(key)) queue_.push_back(key);
}

void WorkQueue::add_at(const api::ObjectKey& key, Instant when) {
  const auto [entry, is_new] = waiting_.try_emplace(key, when);
  if (!is_new) {
    if (entry->second <= when) return;
    due_.erase({entry->second, key});
    entry->second = when;
  }
  due_.emplace(when, key);
}

void WorkQueue::add_after_failure(const api::ObjectKey& key, Instant now) {
  int& failures = failures_[key];
  Duration backoff = config_.backoff_base;
  for (int i = 0; i < failures && backoff < config_.backoff_max; ++i) backoff = backoff * 2;
  backoff = std::min(backoff, config_.backoff_max);
  ++failures;

  // A bucket of b tokens, one new token per interval, as the date of the next token: never earlier
  // than b - 1 intervals ago, or the bucket would hold more than b.
  // Worked example: interval 100 ms, b = 100, 101 retries at t: 100 find a token, the last waits
  // 100 ms.
  const Instant full = now - config_.retry_interval * (config_.retry_burst - 1);
  const Instant token = next_token_ ? std::max(*next_token_, full) : full;
  next_token_ = token + config_.retry_interval;

  add_at(key, std::max(now + backoff, token));
}

int WorkQueue::failure_count(const api::ObjectKey& key) const {
  const auto found = failures_.find(key);
  return found == failures_.end() ? 0 : found->second;
}

void WorkQueue::queue_due(Instant now) {
  while (!due_.empty() && due_.begin()->first <= now) {
    const api::ObjectKey key = due_.begin()->second;
    due_.erase(due_.begin());
    waiting_.erase(key);
    add(key);
  }
}

std::optional<api::ObjectKey> WorkQueue::take(Instant now) {
  queue_due(now);
  if (queue_.empty()) return std::nullopt;
  const api::ObjectKey key = queue_.front();
  queue_.pop_front();
  dirty_.erase(key);
  processing_.insert(key);
  return key;
}

void WorkQueue::done(const api::ObjectKey& key) {
  expects(processing_.erase(key) == 1, "a key that is done was in work");
  if (dirty_.contains(key)) queue_.push_back(key);
}

std::optional<Instant> WorkQueue::next_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

}  // namespace orrery::controllers
