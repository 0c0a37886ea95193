/// @file
/// The scheduler's queue: pods to be tried, pods that wait after a failure, pods that nothing fits,
/// pods behind a gate.
///
/// Source: Kubernetes pkg/scheduler/internal/queue/scheduling_queue.go (1.30), backend/queue
/// (1.32).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "models/base/time_types.h"
#include "models/scheduler/cluster_state.h"
#include "models/scheduler/plugins.h"

namespace orrery::scheduler {

struct SchedulingQueueConfig {
  Duration backoff_initial = Duration::seconds(1);  ///< podInitialBackoffSeconds
  Duration backoff_max = Duration::seconds(10);     ///< podMaxBackoffSeconds
  Duration backoff_period = Duration::seconds(1);   ///< How often ended back-offs are looked for.
  Duration unschedulable_period = Duration::seconds(30);  ///< How often the pool is looked at…
  Duration unschedulable_max = Duration::minutes(5);      ///< …for pods that waited longer.
};

/// Every pod is active, backing off, unschedulable, gated, or taken. Active pods come by priority,
/// then by the date on which they were added or on which their last attempt ended.
class SchedulingQueue {
 public:
  explicit SchedulingQueue(const SchedulingQueueConfig& config) : config_{config} {}

  /// A pod that was never tried; behind a gate it waits for open(). Does nothing if it is known.
  void add(const PodName& pod, std::int32_t priority, bool gated, Instant now);

  /// The last gate is gone. Does nothing unless the pod is gated.
  void open(const PodName& pod);

  /// Gone, or bound.
  void remove(const PodName& pod);
  [[nodiscard]] bool contains(const PodName& pod) const { return entries_.contains(pod); }

  struct Taken {
    PodName pod;
    int attempt = 0;  ///< 1, 2, 3, …
  };
  /// The next active pod. It stays known until remove(), and comes back with one of the next two.
  [[nodiscard]] std::optional<Taken> take();

  /// The filters that rejected a taken pod are known, but its attempt goes on: what happens until
  /// it is put back may count.
  void hold(const PodName& pod, FilterSet rejected_by);

  /// Nothing fits the pod: it waits for an event that concerns one of the filters that rejected it,
  /// unless that came while it was held. Does nothing if unknown.
  void put_unschedulable(const PodName& pod, FilterSet rejected_by, Instant now);
  /// The attempt failed for another reason: it waits out its back-off. Does nothing if unknown.
  void put_back(const PodName& pod, Instant now);

  /// Something changed: an unschedulable pod for which it is `worth` it is tried again, after its
  /// back-off if that lasts.
  void move_if(Instant now, const std::function<bool(const PodName&, FilterSet)>& worth);
  /// This pod itself changed. `worth` as above.
  void move(const PodName& pod, Instant now, const std::function<bool(FilterSet)>& worth);
  /// Whether any pod waits for an event.
  [[nodiscard]] bool any_waiting() const { return !unschedulable_.empty() || !held_.empty(); }

  /// Looks for ended back-offs and for pods that waited too long. To be called at next_look().
  void look(Instant now);

  /// When waiting pods have to be looked at: whole periods since the start of the run.
  [[nodiscard]] std::optional<Instant> next_look(Instant now) const;

 private:
  enum class Place : std::uint8_t { Active, BackingOff, Unschedulable, Gated, Taken };
  struct Entry {
    const PodName* name = nullptr;
    std::int32_t priority = 0;
    int attempts = 0;
    Place place = Place::Taken;
    Instant since;  ///< When it was added, or its last attempt ended.
    Instant backoff_until;
    std::uint64_t sequence = 0;  ///< Of its last activation.
    FilterSet rejected_by;
    bool event_came = false;  ///< While it was held.
  };
  /// Priority (negated), date, sequence.
  using ActiveKey = std::tuple<std::int64_t, Instant, std::uint64_t>;

  [[nodiscard]] static ActiveKey active_key(const Entry& entry) {
    return {-std::int64_t{entry.priority}, entry.since, entry.sequence};
  }
  void place(Entry& entry, Place place);
  void retry(Entry& entry, Instant now);
  [[nodiscard]] Duration backoff_after(int attempts) const;

  SchedulingQueueConfig config_;
  std::map<PodName, Entry> entries_;
  std::map<ActiveKey, Entry*> active_;
  std::set<PodName> backing_off_;
  std::set<PodName> unschedulable_;
  std::set<PodName> held_;
  std::uint64_t sequence_ = 0;
};

}  // namespace orrery::scheduler
