#include "models/controllers/zone_hints.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "models/controllers/node_lifecycle.h"

namespace orrery::controllers {
namespace {

using api::Endpoint;
using api::EndpointSlice;

constexpr double kOverload = 0.2;  ///< overloadThreshold

using Counts = std::map<std::string, int>;

struct Allocation {
  int minimum = 0;
  int maximum = 0;
  double desired = 0;
};
using Allocations = std::map<std::string, Allocation>;

int minimum_of(double desired) {
  return static_cast<int>(std::ceil(desired * (1 / (1 + kOverload))));
}

/// Nothing if the endpoints cannot be shared out so that no zone is overloaded.
std::optional<Allocations> allocations_for(int endpoints, const ZoneView& zones) {
  if (zones.cpu_share.empty() || static_cast<int>(zones.cpu_share.size()) > endpoints) {
    return std::nullopt;
  }
  Allocations allocations;
  int minimum_total = 0;
  for (const auto& [zone, share] : zones.cpu_share) {
    const double desired = share * endpoints;
    const int minimum = minimum_of(desired);
    allocations[zone] = {minimum, 0, std::max(desired, static_cast<double>(minimum))};
    minimum_total += minimum;
  }
  if (minimum_total > endpoints) return std::nullopt;
  for (auto& [zone, allocation] : allocations) {
    allocation.maximum = allocation.minimum + endpoints - minimum_total;
  }
  return allocations;
}

/// The hints of a slice by zone; nothing if it must be given new ones.
std::optional<Counts> valid_hints(const EndpointSlice& slice, const Counts& others,
                                  const Allocations& allocations) {
  Counts hints;
  for (const Endpoint& endpoint : slice.endpoints) {
    if (!endpoint.ready) continue;
    if (endpoint.for_zones.empty()) return std::nullopt;
    for (const std::string& zone : endpoint.for_zones) {
      if (!allocations.contains(zone)) return std::nullopt;
      ++hints[zone];
    }
  }
  for (const auto& [zone, count] : hints) {
    const auto other = others.find(zone);
    if (count + (other == others.end() ? 0 : other->second) > allocations.at(zone).maximum) {
      return std::nullopt;
    }
  }
  return hints;
}

std::map<std::string, double>::iterator most(std::map<std::string, double>& zones) {
  return std::max_element(zones.begin(), zones.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; });
}

/// How many endpoints each zone gives away and gets.
std::pair<Counts, Counts> givers_and_takers(const Allocations& allocations, const Counts& hints) {
  std::map<std::string, double> giving;
  std::map<std::string, double> taking;
  for (const auto& [zone, allocation] : allocations) {
    const auto found = hints.find(zone);
    const double has = found == hints.end() ? 0 : found->second;
    if (has > allocation.desired) giving[zone] = has - allocation.desired;
    if (has < allocation.desired) taking[zone] = allocation.desired - has;
  }
  Counts gives;
  Counts takes;
  while (!giving.empty() && !taking.empty()) {
    const auto giver = most(giving);
    const auto taker = most(taking);
    const double less = std::min(giver->second, taker->second);
    const double more = std::max(giver->second, taker->second);
    if (more < 1 || less < 0.5) break;
    ++gives[giver->first];
    giver->second -= 1;
    ++takes[taker->first];
    taker->second -= 1;
  }
  return {gives, takes};
}

void use_one(Counts& counts, const std::string& zone) {
  if (--counts[zone] == 0) counts.erase(zone);
}

/// Gives every endpoint what `wanted(endpoint)` says, and writes no slice that has it already.
template <class Wanted>
void hint_each(SliceChanges& changes, const Wanted& wanted) {
  std::erase_if(changes.unchanged, [&](const EndpointSlice* slice) {
    if (std::all_of(slice->endpoints.begin(), slice->endpoints.end(),
                    [&](const Endpoint& e) { return e.for_zones == wanted(e); })) {
      return false;
    }
    changes.updates.push_back(*slice);
    return true;
  });
  for (auto* slices : {&changes.creates, &changes.updates}) {
    for (EndpointSlice& slice : *slices) {
      for (Endpoint& endpoint : slice.endpoints) endpoint.for_zones = wanted(endpoint);
    }
  }
}

void remove_hints(SliceChanges& changes) {
  hint_each(changes, [](const Endpoint&) { return std::vector<std::string>{}; });
}

/// The node's zone, or null.
const std::string* zone_of(const Endpoint& endpoint, const ZoneView& zones) {
  const auto zone = zones.zone_of_node.find(endpoint.node_name);
  return zone == zones.zone_of_node.end() ? nullptr : &zone->second;
}

/// False if an endpoint's zone is not known: then none gets hints.
bool hint_own_zones(std::vector<EndpointSlice>& slices, const ZoneView& zones, Counts& hints) {
  for (EndpointSlice& slice : slices) {
    for (Endpoint& endpoint : slice.endpoints) {
      endpoint.for_zones.clear();
      if (!endpoint.ready) continue;
      const std::string* zone = zone_of(endpoint, zones);
      if (zone == nullptr) return false;
      ++hints[*zone];
      endpoint.for_zones = {*zone};
    }
  }
  return true;
}

void move_hints(std::vector<EndpointSlice>& slices, const ZoneView& zones, Counts& gives,
                Counts& takes) {
  for (EndpointSlice& slice : slices) {
    for (Endpoint& endpoint : slice.endpoints) {
      if (gives.empty() || takes.empty()) return;
      if (!endpoint.ready) continue;
      const std::string* zone = zone_of(endpoint, zones);
      if (!gives.contains(*zone)) continue;
      const std::string taker = takes.begin()->first;
      endpoint.for_zones = {taker};
      use_one(gives, *zone);
      use_one(takes, taker);
    }
  }
}

void share_by_cpu(const ZoneView& zones, SliceChanges& changes) {
  const auto ready = [](const EndpointSlice& slice) {
    return static_cast<int>(std::count_if(slice.endpoints.begin(), slice.endpoints.end(),
                                          [](const Endpoint& e) { return e.ready; }));
  };
  int endpoints = 0;
  for (const EndpointSlice& slice : changes.creates) endpoints += ready(slice);
  for (const EndpointSlice& slice : changes.updates) endpoints += ready(slice);
  for (const EndpointSlice* slice : changes.unchanged) endpoints += ready(*slice);
  const std::optional<Allocations> allocations = allocations_for(endpoints, zones);
  if (!allocations) return remove_hints(changes);

  Counts hints;
  std::erase_if(changes.unchanged, [&](const EndpointSlice* slice) {
    const std::optional<Counts> own = valid_hints(*slice, hints, *allocations);
    if (own) {
      for (const auto& [zone, count] : *own) hints[zone] += count;
      return false;
    }
    changes.updates.push_back(*slice);
    return true;
  });
  if (!hint_own_zones(changes.creates, zones, hints) ||
      !hint_own_zones(changes.updates, zones, hints)) {
    return remove_hints(changes);
  }
  auto [gives, takes] = givers_and_takers(*allocations, hints);
  move_hints(changes.creates, zones, gives, takes);
  move_hints(changes.updates, zones, gives, takes);
}

void own_zone_each(const ZoneView& zones, SliceChanges& changes) {
  hint_each(changes, [&](const Endpoint& endpoint) {
    const std::string* zone = endpoint.ready ? zone_of(endpoint, zones) : nullptr;
    return zone == nullptr ? std::vector<std::string>{} : std::vector<std::string>{*zone};
  });
}

bool node_is_ready(const api::Node& node) {
  const auto* ready = api::find_condition(node.status.conditions, "Ready");
  return ready != nullptr && ready->status == api::ConditionStatus::True;
}

}  // namespace

ZoneView zone_view(const std::vector<const api::Node*>& nodes) {
  ZoneView view;
  std::map<std::string, std::int64_t> cpu;
  std::int64_t total = 0;
  bool all_known = true;
  for (const api::Node* node : nodes) {
    const auto label = node->meta.labels.find(kZoneLabel);
    const bool has_zone = label != node->meta.labels.end() && !label->second.empty();
    if (has_zone) view.zone_of_node[node->meta.name] = label->second;
    if (node->meta.labels.contains("node-role.kubernetes.io/control-plane") ||
        node->meta.labels.contains("node-role.kubernetes.io/master") || !node_is_ready(*node)) {
      continue;
    }
    const std::int64_t milli = node->status.allocatable.cpu_milli;
    if (!has_zone || milli == 0) {
      all_known = false;
      continue;
    }
    cpu[label->second] += milli;
    total += milli;
  }
  if (!all_known || cpu.size() < 2) return view;
  for (const auto& [zone, milli] : cpu) {
    view.cpu_share[zone] = static_cast<double>(milli) / static_cast<double>(total);
  }
  return view;
}

bool counts_alike(const api::Node& before, const api::Node& after) {
  return before.meta.labels == after.meta.labels && node_is_ready(before) == node_is_ready(after) &&
         before.status.allocatable.cpu_milli == after.status.allocatable.cpu_milli;
}

bool wants_share_by_cpu(const api::Service& service) {
  const auto mode = service.meta.annotations.find(kTopologyModeAnnotation);
  return mode != service.meta.annotations.end() &&
         (mode->second == "Auto" || mode->second == "auto");
}

void give_zone_hints(const api::Service& service, const ZoneView& zones, bool own_zone_first,
                     SliceChanges& changes) {
  if (wants_share_by_cpu(service)) return share_by_cpu(zones, changes);
  if (own_zone_first) return own_zone_each(zones, changes);
  remove_hints(changes);
}

bool zone_overloaded(const std::vector<const EndpointSlice*>& slices, const ZoneView& zones) {
  Counts hints;
  int total = 0;
  for (const EndpointSlice* slice : slices) {
    for (const Endpoint& endpoint : slice->endpoints) {
      for (const std::string& zone : endpoint.for_zones) {
        ++hints[zone];
        ++total;
      }
    }
  }
  if (total == 0) return false;
  if (zones.cpu_share.empty()) return true;
  return std::any_of(zones.cpu_share.begin(), zones.cpu_share.end(), [&](const auto& zone) {
    const auto found = hints.find(zone.first);
    return found == hints.end() || found->second < minimum_of(total * zone.second);
  });
}

}  // namespace orrery::controllers
