/// @file
/// Counts calls for the samples of a recording, and keeps the followed journeys whole.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "models/recording/run_data.h"
#include "sim/traffic/request_engine.h"
#include "sim/traffic/traffic_observer.h"

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

  /// Writes what was seen since the last call of this into the columns of calls. `second`: a whole
  /// second is over, whose latencies are shown until the next one is.
  /// `engine`: null where nobody sees what goes on inside services.
  void sample(const sim::RequestEngine* engine, bool second, std::vector<std::int64_t>& values);
  [[nodiscard]] std::vector<FollowedJourney> take_journeys() { return std::exchange(done_, {}); }

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
  static constexpr std::size_t kCounts = static_cast<std::size_t>(recording::CallField::InFlight);
  /// An edge, a service or a journey.
  struct Row {
    std::array<std::int64_t, kCounts> counts{};
    std::int64_t in_flight = 0;
    std::vector<std::uint16_t> latencies;  ///< Buckets, of the second that goes on.
    std::array<std::int64_t, 3> percentiles{};
  };
  struct Try {
    std::uint64_t journey = 0;
    std::uint64_t parent = 0;
    std::uint32_t depth = 1;
    Instant work;
    bool worked = false;
    bool ended = false;
    sim::TryReport report;
  };
  struct Journey {
    std::uint32_t index = 0;
    std::vector<std::uint64_t> tries;
  };

  void count(std::uint32_t row, recording::CallField field) {
    ++rows_[row].counts[static_cast<std::size_t>(field)];
  }
  void end(Row& row, Duration latency, sim::RequestOutcome outcome);
  static void close_second(Row& row);

  const recording::Scene& scene_;
  recording::ColumnMap map_;
  std::vector<Row> rows_;  ///< Edges, services, journeys.
  std::map<std::pair<std::uint32_t, std::uint32_t>, resilience::BreakerState>
      breakers_;  ///< By edge and caller; closed ones are left out.
  std::int64_t follow_gap_ns_;
  std::int64_t last_window_ = -1;
  std::map<std::uint64_t, Journey> journeys_;  ///< By key, as the tries below them.
  std::map<std::uint64_t, Try> tries_;
  std::vector<FollowedJourney> done_;
};

}  // namespace orrery::session
