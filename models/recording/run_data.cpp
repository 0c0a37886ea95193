#include "models/recording/run_data.h"

#include "models/base/contract.h"
#include "models/base/latency_buckets.h"

namespace orrery::recording {

const char* outcome_name(std::uint32_t outcome) {
  static constexpr std::array<const char*, kOutcomeCount> kNames{
      "ok",       "error",        "refused",  "reset",        "timeout",     "no-endpoints",
      "upstream", "circuit-open", "overflow", "rate-limited", "not-admitted"};
  expects(outcome < kOutcomeCount, "an outcome is one of those listed");
  return kNames[outcome];
}

const char* to_string(PodPhaseCode phase) {
  static constexpr std::array<const char*, 5> kNames{"Pending", "Running", "Succeeded", "Failed",
                                                     "Unknown"};
  return kNames[static_cast<std::size_t>(phase)];
}

ColumnMap::ColumnMap(const Scene& scene)
    : rows_{scene.edges.size() + scene.services.size() + scene.journeys.size()},
      first_{0, 0, scene.edges.size(), scene.edges.size() + scene.services.size()},
      groups_{scene.groups.size()},
      routes_{scene.routes.size()},
      of_groups_{rows_ * kCallFieldCount + kClusterFieldCount},
      of_routes_{of_groups_ + groups_ * kGroupFieldCount} {}

std::int64_t latency_value(std::uint32_t bucket) { return std::int64_t{bucket} + 1; }

Duration latency_of(std::int64_t value) {
  expects(value >= 0 && value <= std::int64_t{kLatencyBucketCount}, "a latency's bucket exists");
  if (value == 0) return {};
  const auto bucket = static_cast<std::uint32_t>(value - 1);
  return latency_bucket_low(bucket) + latency_bucket_width(bucket) / 2;
}

}  // namespace orrery::recording
