/// @file
/// The work queue of a controller: every key once, retries later and later.
///
/// Source: Kubernetes client-go util/workqueue (queue, delaying_queue, default_rate_limiters).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "models/api/meta.h"
#include "models/base/time_types.h"

namespace orrery::controllers {

/// Defaults: client-go DefaultControllerRateLimiter.
struct WorkQueueConfig {
  Duration backoff_base = Duration::milliseconds(5);  ///< After the first failure; doubles.
  Duration backoff_max = Duration::seconds(1000);
  Duration retry_interval =
      Duration::milliseconds(100);  ///< All keys together: 10 retries a second…
  std::int32_t retry_burst = 100;   ///< …after this many at once. >= 1
};

/// A set of keys that need work, in the order in which they came.
///
/// A key that is added while it waits is one key. One that is added while it is being worked on
/// waits until that is done, so no key is ever in work twice.
class WorkQueue {
 public:
  explicit WorkQueue(const WorkQueueConfig& config) : config_{config} {}

  /// Needs work now.
  void add(const api::ObjectKey& key);

  /// Needs work at `when`; of several dates the earliest counts.
  void add_at(const api::ObjectKey& key, Instant when);

  /// Needs work after a failure: after backoff_base * 2^(earlier failures), or when the bucket that
  /// all keys share has a token, whichever is later.
  void add_after_failure(const api::ObjectKey& key, Instant now);

  /// The key has succeeded, or is given up: its next failure counts as the first.
  void forget(const api::ObjectKey& key) { failures_.erase(key); }

  /// Failures since the last success.
  [[nodiscard]] int failure_count(const api::ObjectKey& key) const;

  /// Queues the keys whose date has come, whether or not anybody has time for them.
  void queue_due(Instant now);

  /// Takes the next key into work, or nothing. Call done() with it afterwards.
  [[nodiscard]] std::optional<api::ObjectKey> take(Instant now);

  /// Requires: `key` is in work.
  void done(const api::ObjectKey& key);

  /// The date of the next key that waits for one.
  [[nodiscard]] std::optional<Instant> next_due() const;

 private:
  WorkQueueConfig config_;
  std::deque<api::ObjectKey> queue_;
  std::set<api::ObjectKey> dirty_;       ///< Needs work: queued, or to be queued by done().
  std::set<api::ObjectKey> processing_;  ///< In work.
  std::map<api::ObjectKey, Instant> waiting_;
  std::set<std::pair<Instant, api::ObjectKey>> due_;  ///< `waiting_` by date.
  std::map<api::ObjectKey, int> failures_;
  std::optional<Instant> next_token_;  ///< When the shared bucket gives its next token.
};

}  // namespace orrery::controllers
