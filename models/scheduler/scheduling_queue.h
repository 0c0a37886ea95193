/// @file
/// The scheduler's queue: pods to be tried, pods that wait after a failure, pods that nothing fits.
///
/// Source: Kubernetes pkg/scheduler/internal/queue/scheduling_queue.go (1.30).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "models/base/time_types.h"

namespace orrery::scheduler {

struct SchedulingQueueConfig {
  Duration backoff_initial = Duration::seconds(1);  ///< podInitialBackoffSeconds
  Duration backoff_max = Duration::seconds(10);     ///< podMaxBackoffSeconds
  Duration backoff_period = Duration::seconds(1);   ///< How often ended back-offs are looked for.
  Duration unschedulable_period = Duration::seconds(30);  ///< How often the pool is looked at…
  Duration unschedulable_max = Duration::minutes(5);      ///< …for pods that waited longer.
};

/// Namespace and name.
using PodName = std::pair<std::string, std::string>;

/// Every pod is active, backing off, unschedulable, or taken. Active pods come by priority, then by
/// the date on which they became active.
class SchedulingQueue {
 public:
  explicit SchedulingQueue(const SchedulingQueueConfig& config) : config_{config} {}

  /// A pod that was never tried. Does nothing if it is known.
  void add(const PodName& pod, std::int32_t priority, Instant now);

  /// Gone, or bound.
  void remove(const PodName& pod);

  struct Taken {
    PodName pod;
    int attempt = 0;  ///< 1, 2, 3, …
  };
  /// The next active pod. It stays known until remove(), and comes back with one of the next two.
  [[nodiscard]] std::optional<Taken> take();

  /// Nothing fits the pod: it waits for an event that may change that.
  void put_unschedulable(const PodName& pod, Instant now);
  /// The attempt failed for another reason: it waits out its back-off. Does nothing if unknown.
  void put_back(const PodName& pod, Instant now);

  /// Something changed: every unschedulable pod is tried again, after its back-off if that lasts.
  void move_all(Instant now);
  /// This pod changed.
  void move(const PodName& pod, Instant now);

  /// Looks for ended back-offs and for pods that waited too long. To be called at next_look().
  void look(Instant now);

  /// When waiting pods have to be looked at: whole periods since the start of the run.
  [[nodiscard]] std::optional<Instant> next_look(Instant now) const;

 private:
  enum class Place : std::uint8_t { Active, BackingOff, Unschedulable, Taken };
  struct Entry {
    std::int32_t priority = 0;
    int attempts = 0;
    Place place = Place::Active;
    Instant since;  ///< When it came to its place.
    Instant backoff_until;
    std::uint64_t sequence = 0;  ///< Of its last activation.
  };
  using ActiveKey = std::tuple<std::int64_t, Instant, std::uint64_t, PodName>;

  [[nodiscard]] static ActiveKey active_key(const PodName& pod, const Entry& entry) {
    return {-std::int64_t{entry.priority}, entry.since, entry.sequence, pod};
  }
  void place(const PodName& pod, Entry& entry, Place place, Instant now);
  void retry(const PodName& pod, Entry& entry, Instant now);
  [[nodiscard]] Duration backoff_after(int attempts) const;

  SchedulingQueueConfig config_;
  std::map<PodName, Entry> entries_;
  std::set<ActiveKey> active_;
  std::set<PodName> backing_off_;
  std::set<PodName> unschedulable_;
  std::uint64_t sequence_ = 0;
};

}  // namespace orrery::scheduler
