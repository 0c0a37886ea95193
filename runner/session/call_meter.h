/// @file
/// Notes calls and followed journeys down for a recording, and takes what its samples say of the
/// insides of services.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
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

class CallMeter final : public sim::TrafficObserver {
 public:
  /// Of the calls of the scene of `writer`, which must outlive it; follows the first journey of
  /// each 1 s / `traces_per_second`, none if 0. `operations`: names, as TryReport counts them.
  /// `pod_of`: the pod that an instance is, by TryReport::instance; 0: none that is known.
  CallMeter(recording::RunWriter& writer, std::uint32_t traces_per_second,
            std::vector<recording::TextId> operations,
            std::function<recording::TextId(std::uint32_t instance)> pod_of);

  /// The values of the sample that is due, by ColumnMap; calls are not in them but in what the
  /// writer was told.
  /// `engine`: null where nobody sees what goes on inside services.
  [[nodiscard]] recording::SampleValues& sample(const sim::RequestEngine* engine, Instant now);
  /// Hosts that callers kept out at the last sample.
  [[nodiscard]] std::span<const sim::HostKeptOut> kept_out() const { return kept_out_; }
  /// What is counted over a period begins at 0.
  void begin_period();

  void call_began(std::uint32_t edge) override;
  void call_retried(std::uint32_t edge) override;
  void call_ended(std::uint32_t edge, Duration latency, sim::RequestOutcome outcome) override;
  void call_forgotten(std::uint32_t edge) override;
  void breaker_changed(sim::CallEdge edge, std::uint32_t caller,
                       resilience::BreakerState state) override;
  bool journey_began(std::uint32_t journey, std::uint64_t key, std::uint32_t place,
                     Instant at) override;
  void journey_ended(std::uint32_t journey, std::uint32_t place, Instant start, Instant end,
                     sim::RequestOutcome outcome) override;
  void try_began(std::uint32_t place, std::uint32_t above) override;
  void stands_for(std::uint32_t place, std::uint32_t other) override;
  void work_began(std::uint32_t place, Instant at) override;
  void try_ended(std::uint32_t place, const sim::TryReport& report) override;

 private:
  /// Journeys come behind edges and services.
  [[nodiscard]] std::uint32_t row_of_journey(std::uint32_t journey) const {
    return static_cast<std::uint32_t>(scene_.edges.size() + scene_.services.size()) + journey;
  }
  void sample_breakers(const sim::RequestEngine& engine);
  void sample_groups(const sim::RequestEngine& engine, Instant now);
  void sample_routes(const sim::RequestEngine& engine, Instant now);

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
  std::vector<recording::TextId> operations_;
  std::function<recording::TextId(std::uint32_t)> pod_of_;
  std::int64_t follow_gap_ns_;
  std::int64_t last_window_ = -1;
};

}  // namespace orrery::session
