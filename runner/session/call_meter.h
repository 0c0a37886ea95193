/// @file
/// Counts calls for the samples of a recording, and keeps the followed journeys whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "models/recording/run_data.h"
#include "runner/session/key_table.h"
#include "runner/session/second_latencies.h"
#include "sim/traffic/consumer_group.h"
#include "sim/traffic/engine_views.h"
#include "sim/traffic/route_model.h"
#include "sim/traffic/traffic_observer.h"

namespace orrery::sim {

class RequestEngine;

}  // namespace orrery::sim

namespace orrery::session {

/// A followed journey, with instances where a recording names pods.
struct FollowedJourney {
  struct Call {
    std::uint32_t parent = recording::Span::kJourney;  ///< Index into the calls.
    sim::TryReport report;
    Duration wait = recording::Span::kNever;
  };
  std::uint64_t key = 0;
  std::uint32_t journey = 0;
  Instant start;
  Instant end;
  sim::RequestOutcome outcome = sim::RequestOutcome::Ok;
  std::vector<Call> calls;  ///< By start; parents first.
};

class CallMeter final : public sim::TrafficObserver {
 public:
  /// Of the scene's calls; follows the first journey of each 1 s / `traces_per_second`, none if 0.
  CallMeter(const recording::Scene& scene, std::uint32_t traces_per_second);

  /// The values of the sample that is due, by ColumnMap, with what was seen since begin_period() in
  /// the columns of calls. At a whole second its latencies are those shown until the next one.
  /// `engine`: null where nobody sees what goes on inside services.
  [[nodiscard]] std::vector<std::int64_t>& sample(const sim::RequestEngine* engine, Instant now);
  /// Hosts that callers kept out at the last sample.
  [[nodiscard]] std::span<const sim::HostKeptOut> kept_out() const { return kept_out_; }
  /// What is counted over a period begins at 0.
  void begin_period();
  /// Followed journeys that ended since forget_journeys(), in order.
  [[nodiscard]] std::span<const FollowedJourney> journeys() const {
    return {done_.data(), done_count_};
  }
  void forget_journeys() { done_count_ = 0; }

  void call_began(std::uint32_t edge) override;
  void call_retried(std::uint32_t edge) override;
  void call_ended(std::uint32_t edge, Duration latency, sim::RequestOutcome outcome) override;
  void call_forgotten(std::uint32_t edge) override;
  void breaker_changed(sim::CallEdge edge, std::uint32_t caller,
                       resilience::BreakerState state) override;
  bool journey_began(std::uint32_t journey, std::uint64_t key, Instant at) override;
  void journey_ended(std::uint32_t journey, std::uint64_t key, Instant start, Instant end,
                     sim::RequestOutcome outcome) override;
  bool try_began(std::uint64_t key, std::uint64_t parent) override;
  void work_began(std::uint64_t key, Instant at) override;
  void try_ended(const sim::TryReport& report) override;

 private:
  struct Try {
    std::uint32_t journey = 0;
    std::uint32_t parent = sim::kNone;  ///< Index into the journey's tries; kNone: the journey.
    std::uint32_t depth = 1;
    std::uint32_t place = sim::kNone;  ///< Among the calls of the journey that has ended.
    Instant work;
    bool worked = false;
    bool ended = false;
    sim::TryReport report;
  };
  /// A journey that goes on; its memory goes to the next one.
  struct Journey {
    std::uint32_t index = 0;
    std::vector<std::uint64_t> keys;  ///< Of its tries.
    std::vector<Try> tries;           ///< As they began.
  };

  [[nodiscard]] std::int64_t& value(recording::CallField field, std::size_t row) {
    return values_[static_cast<std::size_t>(field) * map_.rows() + row];
  }
  void end(std::size_t row, Duration latency, sim::RequestOutcome outcome);
  void close_second();
  void sample_groups(const sim::RequestEngine& engine, Instant now);
  void sample_routes(const sim::RequestEngine& engine, Instant now);
  [[nodiscard]] Try* find(std::uint64_t key);

  const recording::Scene& scene_;
  recording::ColumnMap map_;
  std::vector<std::int64_t> values_;      ///< Of the period that goes on.
  std::vector<SecondLatencies> seconds_;  ///< By row: edges, services, journeys.
  std::map<std::pair<std::uint32_t, std::uint32_t>, resilience::BreakerState>
      breakers_;                          ///< By edge and caller; closed ones are left out.
  std::vector<sim::GroupCounts> groups_;  ///< As they were at the last sample, as the next.
  std::vector<sim::RouteCounts> routes_;
  std::vector<sim::HostKeptOut> kept_out_;
  std::int64_t follow_gap_ns_;
  std::int64_t last_window_ = -1;
  std::vector<Journey> journeys_;
  std::vector<std::uint32_t> free_journeys_;
  KeyTable followed_;  ///< Key of a journey or of a try -> its journey, and its try plus 1.
  std::vector<std::uint32_t> order_;
  std::vector<FollowedJourney> done_;  ///< The first done_count_ of them.
  std::size_t done_count_ = 0;
};

}  // namespace orrery::session
