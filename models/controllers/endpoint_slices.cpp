#include "models/controllers/endpoint_slices.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace orrery::controllers {
namespace {

using api::Endpoint;
using api::EndpointPort;
using api::EndpointSlice;
using api::Pod;
using api::Service;

/// Ports as a sortable key: name and number, in the order of the Service.
using PortKey = std::vector<std::pair<std::string, std::int32_t>>;
/// Endpoints by the uid of their pod.
using Endpoints = std::map<std::string, Endpoint>;

PortKey ports_of(const Service& service, const Pod& pod) {
  PortKey ports;
  for (const api::ServicePort& port : service.spec.ports) {
    // A pod without a port of that name serves the Service's other ports.
    const auto number = api::resolve_port(pod.spec, port.target_port);
    if (number) ports.emplace_back(port.name, *number);
  }
  return ports;
}

PortKey ports_of(const EndpointSlice& slice) {
  PortKey ports;
  for (const EndpointPort& port : slice.ports) ports.emplace_back(port.name, port.port);
  return ports;
}

EndpointSlice new_slice(const Service& service, const PortKey& ports) {
  EndpointSlice slice;
  slice.meta.generate_name = service.meta.name + "-";
  slice.meta.namespace_name = service.meta.namespace_name;
  slice.meta.labels = {{kServiceNameLabel, service.meta.name},
                       {kManagedByLabel, kManagedByController}};
  slice.meta.owners = {controller_reference(api::Kind::Service, service.meta)};
  for (const auto& [name, number] : ports) slice.ports.push_back({name, number});
  return slice;
}

/// One set of ports: the slices that carry it and the endpoints that should be in them.
class PortGroup {
 public:
  PortGroup(const std::vector<const EndpointSlice*>& slices, Endpoints wanted)
      : unplaced_{std::move(wanted)} {
    for (const EndpointSlice* slice : slices) {
      drafts_.push_back({slice, *slice});
      auto& endpoints = drafts_.back().next.endpoints;
      std::vector<Endpoint> kept;
      for (const Endpoint& endpoint : endpoints) {
        const auto found = unplaced_.find(endpoint.pod_uid);
        if (found == unplaced_.end()) continue;
        // A changed endpoint is given hints anew.
        found->second.for_zones = endpoint.for_zones;
        if (!(found->second == endpoint)) found->second.for_zones.clear();
        kept.push_back(found->second);
        unplaced_.erase(found);
      }
      endpoints = std::move(kept);
    }
  }

  void plan(const Service& service, const PortKey& ports, std::size_t capacity, bool keep_one,
            SliceChanges& changes, std::vector<const EndpointSlice*>& deletes) {
    // Slices that are written anyway take new endpoints first; then the fullest that holds all.
    for (Draft& draft : drafts_) {
      if (draft.changed() && !draft.next.endpoints.empty()) fill(draft, capacity);
    }
    if (!unplaced_.empty()) {
      Draft* best = nullptr;
      for (Draft& draft : drafts_) {
        const std::size_t used = draft.next.endpoints.size();
        if (used + unplaced_.size() > capacity) continue;
        if (best == nullptr || used > best->next.endpoints.size()) best = &draft;
      }
      if (best != nullptr) fill(*best, capacity);
    }
    while (!unplaced_.empty()) {
      Draft draft{nullptr, new_slice(service, ports)};
      fill(draft, capacity);
      changes.creates.push_back(std::move(draft.next));
    }
    bool kept_one = !changes.creates.empty();
    for (const Draft& draft : drafts_) {
      if (draft.next.endpoints.empty() && (!keep_one || kept_one)) {
        deletes.push_back(draft.seen);
        continue;
      }
      kept_one = true;
      if (draft.changed()) {
        changes.updates.push_back(draft.next);
      } else {
        changes.unchanged.push_back(draft.seen);
      }
    }
    if (keep_one && !kept_one) changes.creates.push_back(new_slice(service, ports));
  }

 private:
  struct Draft {
    const EndpointSlice* seen = nullptr;
    EndpointSlice next;
    [[nodiscard]] bool changed() const { return !(*seen == next); }
  };

  void fill(Draft& draft, std::size_t capacity) {
    while (!unplaced_.empty() && draft.next.endpoints.size() < capacity) {
      draft.next.endpoints.push_back(std::move(unplaced_.begin()->second));
      unplaced_.erase(unplaced_.begin());
    }
  }

  Endpoints unplaced_;
  std::vector<Draft> drafts_;
};

}  // namespace

std::optional<Endpoint> endpoint_of(const Pod& pod, const Service& service) {
  if (pod.status.pod_ip.empty() || api::has_ended(pod)) return std::nullopt;
  Endpoint endpoint;
  endpoint.address = pod.status.pod_ip;
  endpoint.serving = api::is_ready(pod);
  endpoint.terminating = pod.meta.deletion.has_value();
  endpoint.ready =
      service.spec.publish_not_ready_addresses || (endpoint.serving && !endpoint.terminating);
  endpoint.node_name = pod.spec.node_name;
  endpoint.pod_name = pod.meta.name;
  endpoint.pod_uid = pod.meta.uid;
  return endpoint;
}

Plan reconcile_endpoint_slices(const ServiceView& view, const EndpointSliceConfig& config) {
  const Service& service = *view.service;
  const api::LabelSelector selector{service.spec.selector, {}};
  struct Group {
    Endpoints wanted;
    std::vector<const EndpointSlice*> slices;
  };
  std::map<PortKey, Group> groups;
  for (const Pod* pod : view.pods) {
    if (!api::matches(selector, pod->meta.labels)) continue;
    const auto endpoint = endpoint_of(*pod, service);
    if (endpoint) groups[ports_of(service, *pod)].wanted.emplace(pod->meta.uid, *endpoint);
  }
  const bool is_empty = groups.empty();
  // A Service without endpoints keeps one empty slice, so that its watchers know that it has none.
  if (is_empty) groups[{}] = {};
  for (const EndpointSlice* slice : view.slices) groups[ports_of(*slice)].slices.push_back(slice);

  SliceChanges changes;
  std::vector<const EndpointSlice*> deletes;
  for (auto& [ports, group] : groups) {
    const bool keep_one = is_empty && ports.empty();
    PortGroup{group.slices, std::move(group.wanted)}.plan(
        service, ports, static_cast<std::size_t>(config.endpoints_per_slice), keep_one, changes,
        deletes);
  }
  give_zone_hints(service, view.zones, config.traffic_distribution && service.spec.prefers_own_zone,
                  changes);
  Plan plan;
  for (EndpointSlice& slice : changes.creates) plan.then(create_call(std::move(slice)));
  for (EndpointSlice& slice : changes.updates) plan.then(update_call(std::move(slice)));
  for (const EndpointSlice* slice : deletes) {
    plan.then(delete_call(slice->meta, api::Kind::EndpointSlice));
  }
  return plan;
}

}  // namespace orrery::controllers
