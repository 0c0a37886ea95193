#include "models/api/qos_class.h"

#include <optional>

namespace orrery::api {
namespace {

bool positive(const std::optional<std::int64_t>& amount) { return amount.value_or(0) > 0; }

}  // namespace

QosClass qos_class(const PodSpec& spec) {
  bool any = false;
  bool guaranteed = true;
  for (const auto* containers : {&spec.containers, &spec.init_containers}) {
    for (const Container& container : *containers) {
      const ResourceList& requests = container.requests;
      const ResourceList& limits = container.limits;
      any = any || positive(requests.cpu_milli) || positive(requests.memory_bytes) ||
            positive(limits.cpu_milli) || positive(limits.memory_bytes);
      // A request that is left out is the limit.
      guaranteed = guaranteed && positive(limits.cpu_milli) && positive(limits.memory_bytes) &&
                   requests.cpu_milli.value_or(*limits.cpu_milli) == *limits.cpu_milli &&
                   requests.memory_bytes.value_or(*limits.memory_bytes) == *limits.memory_bytes;
    }
  }
  if (!any) return QosClass::BestEffort;
  return guaranteed ? QosClass::Guaranteed : QosClass::Burstable;
}

}  // namespace orrery::api
