/// @file
/// Notes calls down for a recording, takes what its samples say of the insides of services, and
/// keeps the followed journeys whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "models/recording/run_data.h"
#include "models/recording/run_writer.h"
#include "models/recording/sample_values.h"
#include "sim/traffic/consumer_group.h"
#include "sim/traffic/engine_views.h"
#include "sim/traffic/route_model.h"
#include "sim/traffic/traffic_observer.h"

namespace orrery::sim {

class RequestEngine;

}  // namespace orrery::sim

namespace orrery::session {

/// A journey that is followed, or one of its tries. One cache line: it is come back to five times.
struct alignas(64) FollowedCall {
  std::uint64_t key = 0;  ///< 0: nobody's.
  Instant work;           ///< When an instance began with it, if it worked.
  // What was reported of it, if it ended.
  Instant start;
  Instant end;
  std::uint32_t edge = 0;
  std::uint32_t operation = 0;
  std::uint32_t instance = sim::kNone;
  std::uint32_t journey = 0;
  std::uint32_t above = sim::kNone;  ///< Whose caller's place; kNone: it is the journey.
  std::uint32_t depth = 0;
  /// Among the calls of a journey that is over.
  std::uint32_t number = recording::Span::kJourney;
  std::uint8_t attempt = 0;  ///< 255: that or more.
  std::uint8_t outcome = 0;
  bool worked = false;
  bool ended = false;
};
static_assert(sizeof(FollowedCall) == 64);

/// A followed journey, with instances where a recording names pods.
struct FollowedJourney {
  std::uint64_t key = 0;
  std::uint32_t journey = 0;
  Instant start;
  Instant end;
  sim::RequestOutcome outcome = sim::RequestOutcome::Ok;
  std::vector<std::uint32_t> places;  ///< Its own, then those of its tries, as they began.
  std::vector<std::uint32_t> calls;   ///< Once it is over: places by start; parents first.
};

class CallMeter final : public sim::TrafficObserver {
 public:
  /// Of the calls of the scene of `writer`, which must outlive it; follows the first journey of
  /// each 1 s / `traces_per_second`, none if 0.
  CallMeter(recording::RunWriter& writer, std::uint32_t traces_per_second);

  /// The values of the sample that is due, by ColumnMap; calls are not in them but in what the
  /// writer was told.
  /// `engine`: null where nobody sees what goes on inside services.
  [[nodiscard]] recording::SampleValues& sample(const sim::RequestEngine* engine, Instant now);
  /// Hosts that callers kept out at the last sample.
  [[nodiscard]] std::span<const sim::HostKeptOut> kept_out() const { return kept_out_; }
  /// What is counted over a period begins at 0.
  void begin_period();
  /// Calls `take(journey)` for each followed journey that has ended since this was called last, in
  /// order, and forgets it.
  template <class Take>
  void take_journeys(Take take) {
    for (const std::uint32_t slot : over_) {
      take(std::as_const(journeys_[slot]));
      forget(slot);
    }
    over_.clear();
  }
  /// One of FollowedJourney::calls.
  [[nodiscard]] const FollowedCall& call(std::uint32_t place) const { return calls_[place]; }
  /// The number of its parent among them; Span::kJourney: the journey is.
  [[nodiscard]] std::uint32_t parent_of(const FollowedCall& call) const;

  void call_began(std::uint32_t edge) override;
  void call_retried(std::uint32_t edge) override;
  void call_ended(std::uint32_t edge, Duration latency, sim::RequestOutcome outcome) override;
  void call_forgotten(std::uint32_t edge) override;
  void breaker_changed(sim::CallEdge edge, std::uint32_t caller,
                       resilience::BreakerState state) override;
  std::uint32_t journey_began(std::uint32_t journey, std::uint64_t key, Instant at) override;
  void journey_ended(std::uint32_t journey, sim::Followed which, Instant start, Instant end,
                     sim::RequestOutcome outcome) override;
  std::uint32_t try_began(std::uint64_t key, sim::Followed above) override;
  void work_began(sim::Followed which, Instant at) override;
  void try_ended(std::uint32_t place, const sim::TryReport& report) override;

 private:
  /// Journeys come behind edges and services.
  [[nodiscard]] std::uint32_t row_of_journey(std::uint32_t journey) const {
    return static_cast<std::uint32_t>(scene_.edges.size() + scene_.services.size()) + journey;
  }
  void sample_breakers(const sim::RequestEngine& engine);
  void sample_groups(const sim::RequestEngine& engine, Instant now);
  void sample_routes(const sim::RequestEngine& engine, Instant now);
  /// Null: its journey is over.
  [[nodiscard]] FollowedCall* find(sim::Followed which);
  [[nodiscard]] std::uint32_t add_call(std::uint64_t key, std::uint32_t journey);
  void forget(std::uint32_t journey);

  recording::RunWriter& writer_;
  const recording::Scene& scene_;
  const recording::ColumnMap& map_;
  recording::SampleValues values_;  ///< Of the period that goes on.
  std::map<std::pair<std::uint32_t, std::uint32_t>, resilience::BreakerState>
      breakers_;                              ///< By edge and caller; closed ones are left out.
  std::vector<std::size_t> breaker_columns_;  ///< That are not 0.
  std::vector<sim::GroupCounts> groups_;      ///< As they were at the last sample, as the next.
  std::vector<sim::RouteCounts> routes_;
  std::vector<sim::HostKeptOut> kept_out_;
  std::int64_t follow_gap_ns_;
  std::int64_t last_window_ = -1;
  std::vector<FollowedJourney> journeys_;
  std::vector<std::uint32_t> free_journeys_;
  std::vector<std::uint32_t> over_;  ///< Journeys that nobody has taken yet.
  std::vector<FollowedCall> calls_;  ///< By place.
  std::vector<std::uint32_t> free_calls_;
};

}  // namespace orrery::session
