/// @file
/// Metrics of requests, as a collector beside the cluster has them, and series from outside.
///
/// It looks at the processes now and then, in passing: looking adds no event to a run. What happens
/// between two looks is seen at the second one only.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/controllers/metrics_source.h"
#include "sim/traffic/engine_views.h"
#include "sim/world/sim_node.h"

namespace orrery::sim {

class RequestEngine;

/// Where a metric comes from.
struct MetricModel {
  enum class What : std::uint8_t {
    RequestRate,  ///< Requests answered per second, over a window.
    InFlight,     ///< Requests being worked on.
    Queued,       ///< Requests that wait for a slot.
    External,     ///< Of no pod: the last value of a series.
  };
  What what = What::RequestRate;
  Duration every = Duration::seconds(15);                ///< Between two looks.
  Duration over = Duration::seconds(60);                 ///< RequestRate: the window.
  std::vector<std::pair<Instant, std::int64_t>> series;  ///< External: by time, in thousandths.
};

class PodMeter final : public controllers::MetricsSource {
 public:
  /// `services`: names by index, "namespace/name". Engine and nodes must outlive it.
  PodMeter(const RequestEngine& engine, std::vector<const SimNode*> nodes,
           std::vector<std::string> services, const std::map<std::string, MetricModel>& metrics);

  /// Takes the looks that are due up to `when`, before whatever else happens then.
  void look_until(Instant when);

  /// The sum over a pod's processes, in thousandths. Nothing until it was seen, for a rate twice.
  std::optional<std::int64_t> of_pod(const std::string& metric, const api::Pod& pod,
                                     Instant now) override;
  /// Of a Service: the sum over the processes behind it.
  std::optional<std::int64_t> of_object(const std::string& metric, const api::ObjectKey& object,
                                        Instant now) override;
  std::optional<std::int64_t> external(const std::string& metric, Instant now) override;

 private:
  struct Sample {
    Instant at;
    std::uint64_t served = 0;
    std::uint32_t busy = 0;
    std::uint32_t queued = 0;
  };
  struct Meter {
    MetricModel model;
    Instant next;
    std::map<InstanceId, std::deque<Sample>> samples;
  };

  void look(Meter& meter);
  [[nodiscard]] const Meter* measured(const std::string& metric) const;
  [[nodiscard]] static std::optional<std::int64_t> value_of(const Meter& meter,
                                                            InstanceId instance);

  const RequestEngine& engine_;
  std::vector<const SimNode*> nodes_;
  std::vector<std::string> services_;
  std::map<std::string, Meter> meters_;
};

}  // namespace orrery::sim
