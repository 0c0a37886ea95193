#include "models/kubelet/qos.h"

#include <algorithm>

#include "models/api/qos_class.h"
#include "models/base/contract.h"

namespace orrery::kubelet {
namespace {

using api::QosClass;

constexpr std::int32_t kGuaranteedScore = -997;
constexpr std::int32_t kBestEffortScore = 1000;
constexpr std::int32_t kSystemCriticalPriority = 2'000'000'000;

}  // namespace

bool is_critical(const api::PodSpec& spec) {
  return spec.priority.value_or(0) >= kSystemCriticalPriority ||
         spec.priority_class_name == "system-node-critical" ||
         spec.priority_class_name == "system-cluster-critical";
}

bool is_node_critical(const api::PodSpec& spec) {
  return spec.priority_class_name == "system-node-critical";
}

// Example: 1 GiB requested on a node of 16 GiB: 1000 - floor(1000 / 16) = 1000 - 62 = 938.
std::int32_t oom_score_adj(const api::PodSpec& spec, const api::Container& container,
                           std::int64_t node_memory_bytes) {
  expects(node_memory_bytes > 0, "a node has memory");
  if (is_node_critical(spec)) return kGuaranteedScore;
  switch (qos_class(spec)) {
    case QosClass::Guaranteed:
      return kGuaranteedScore;
    case QosClass::BestEffort:
      return kBestEffortScore;
    case QosClass::Burstable:
      break;
  }
  const auto score_of = [&](const api::Container& of) {
    return 1000 - 1000 * of.requests.memory_bytes.value_or(0) / node_memory_bytes;
  };
  std::int64_t score = score_of(container);
  if (container.sidecar) {
    // No more readily than the main container with the smallest request.
    std::int64_t readiest = 0;
    for (const api::Container& main : spec.containers) {
      readiest = std::max(readiest, score_of(main));
    }
    score = std::min(score, readiest);
  }
  if (score < 1000 + kGuaranteedScore) return 1000 + kGuaranteedScore;
  return static_cast<std::int32_t>(std::min<std::int64_t>(score, kBestEffortScore - 1));
}

std::int64_t cpu_shares(std::int64_t request_milli) {
  constexpr std::int64_t kMin = 2;
  constexpr std::int64_t kMax = 262'144;
  if (request_milli <= 0) return kMin;
  return std::clamp(std::min(request_milli, kMax * 1000) * 1024 / 1000, kMin, kMax);
}

std::int64_t cpu_weight(std::int64_t shares) { return 1 + (shares - 2) * 9999 / 262'142; }

// Example: 250m of a period of 100 ms: 25 ms.
Duration cpu_quota(std::int64_t limit_milli, Duration period) {
  if (limit_milli <= 0) return {};
  return std::max(Duration::nanoseconds(limit_milli * (period.count_ns() / 1000)),
                  Duration::milliseconds(1));
}

}  // namespace orrery::kubelet
