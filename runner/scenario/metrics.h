/// @file
/// The names of everything that can be expected of a run: metrics of requests, figures of objects.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/api/objects.h"

namespace orrery::scenario {

/// What a bound is about; decides the unit its value needs.
enum class Measure : std::uint8_t {
  Ratio,   ///< "99.5%", at most 100 %.
  Share,   ///< "150%": may be more than the whole.
  Time,    ///< "800ms"
  Count,   ///< "2", a whole number.
  Rate,    ///< "50/s"
  Number,  ///< "14.4"
};

struct RequestMetric {
  const char* name;
  Measure measure;
  const char* unit;  ///< For tables of figures: "ratio", "s", "requests", "1/s".
};

/// All metrics of requests, in the order in which they are told.
[[nodiscard]] const std::vector<RequestMetric>& request_metrics();

/// The metric of that name, or nullptr.
[[nodiscard]] const RequestMetric* request_metric(std::string_view name);

/// The names of the figures that objects of this kind have: "restarts" of a Pod, "desired" of a
/// Deployment. Empty for kinds without.
[[nodiscard]] std::vector<std::string> object_figures(api::Kind kind);

/// The figure of that name; nothing if objects of its kind have none.
[[nodiscard]] std::optional<std::int64_t> object_figure(const api::Object& object,
                                                        std::string_view name);

/// The counts of a workload's pods: "desired", "total", "updated", "ready", "available".
[[nodiscard]] const std::vector<std::string>& pod_counts();

/// Kinds that keep a number of pods: Deployment, ReplicaSet, ReplicationController, StatefulSet,
/// DaemonSet.
[[nodiscard]] const std::vector<api::Kind>& replica_kinds();
/// Whether it is one of them.
[[nodiscard]] bool keeps_replicas(api::Kind kind);

}  // namespace orrery::scenario
