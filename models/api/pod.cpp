#include "models/api/pod.h"

#include <algorithm>
#include <utility>

namespace orrery::api {
namespace {

void add(PodResources& to, const PodResources& amounts) {
  to.cpu_milli += amounts.cpu_milli;
  to.memory_bytes += amounts.memory_bytes;
  for (const auto& [name, amount] : amounts.extended) to.extended[name] += amount;
}

void raise_to(PodResources& to, const PodResources& amounts) {
  to.cpu_milli = std::max(to.cpu_milli, amounts.cpu_milli);
  to.memory_bytes = std::max(to.memory_bytes, amounts.memory_bytes);
  for (const auto& [name, amount] : amounts.extended) {
    std::int64_t& own = to.extended[name];
    own = std::max(own, amount);
  }
}

}  // namespace

const char* to_string(PodPhase phase) {
  switch (phase) {
    case PodPhase::Pending:
      return "Pending";
    case PodPhase::Running:
      return "Running";
    case PodPhase::Succeeded:
      return "Succeeded";
    case PodPhase::Failed:
      return "Failed";
    case PodPhase::Unknown:
      return "Unknown";
  }
  contract_violation("a pod phase has one of the known values");
}

const Condition* find_condition(const std::vector<Condition>& conditions, std::string_view type) {
  const auto found = std::find_if(conditions.begin(), conditions.end(),
                                  [&](const Condition& c) { return c.type == type; });
  return found == conditions.end() ? nullptr : &*found;
}

void set_condition(std::vector<Condition>& conditions, std::string_view type,
                   ConditionStatus status, std::string reason, std::string message, Instant now) {
  const auto found = std::find_if(conditions.begin(), conditions.end(),
                                  [&](const Condition& c) { return c.type == type; });
  if (found == conditions.end()) {
    conditions.push_back(
        {std::string{type}, status, std::move(reason), std::move(message), now, now});
    return;
  }
  if (found->status != status) found->last_transition = now;
  found->status = status;
  found->reason = std::move(reason);
  found->message = std::move(message);
  found->last_update = now;
}

bool has_ended(const Pod& pod) {
  return pod.status.phase == PodPhase::Succeeded || pod.status.phase == PodPhase::Failed;
}

bool is_active(const Pod& pod) { return !has_ended(pod) && !pod.meta.deletion; }

bool is_ready(const Pod& pod) {
  const Condition* ready = find_condition(pod.status.conditions, "Ready");
  return ready != nullptr && ready->status == ConditionStatus::True;
}

bool is_available(const Pod& pod, Duration min_ready, Instant now) {
  const Condition* ready = find_condition(pod.status.conditions, "Ready");
  if (ready == nullptr || ready->status != ConditionStatus::True) return false;
  return min_ready == Duration{} || ready->last_transition + min_ready < now;
}

PodResources effective_requests(const PodSpec& spec, const ResourceList& missing) {
  const auto requests_of = [&](const Container& container) {
    const ResourceList& requests = container.requests;
    const auto or_missing = [](const auto& given, const auto& otherwise) {
      return given ? *given : otherwise.value_or(0);
    };
    return PodResources{or_missing(requests.cpu_milli, missing.cpu_milli),
                        or_missing(requests.memory_bytes, missing.memory_bytes), requests.extended};
  };
  PodResources running;
  for (const Container& container : spec.containers) add(running, requests_of(container));
  PodResources sidecars;
  PodResources starting;
  for (const Container& container : spec.init_containers) {
    PodResources needed = requests_of(container);
    if (container.sidecar) {
      add(running, needed);
      add(sidecars, needed);
      needed = sidecars;
    } else {
      add(needed, sidecars);
    }
    raise_to(starting, needed);
  }
  raise_to(running, starting);
  add(running, {spec.overhead.cpu_milli.value_or(0), spec.overhead.memory_bytes.value_or(0),
                spec.overhead.extended});
  return running;
}

std::optional<std::int32_t> resolve_port(const PodSpec& spec, const PortReference& port) {
  if (const auto* number = std::get_if<std::int32_t>(&port)) return *number;
  const auto& name = std::get<std::string>(port);
  for (const auto* containers : {&spec.containers, &spec.init_containers}) {
    for (const Container& container : *containers) {
      // Of init containers only sidecars are there to be reached.
      if (containers == &spec.init_containers && !container.sidecar) continue;
      for (const ContainerPort& candidate : container.ports) {
        if (candidate.name == name) return candidate.container_port;
      }
    }
  }
  return std::nullopt;
}

}  // namespace orrery::api
