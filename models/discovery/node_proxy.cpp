#include "models/discovery/node_proxy.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "models/controllers/endpoint_slices.h"

namespace orrery::discovery {
namespace {

using api::EndpointSlice;
using api::Kind;
using api::Service;
using ports::EndpointTable;
using ports::TableEndpoint;

constexpr std::uint32_t kServiceSlot = 1;
constexpr std::uint32_t kSliceSlot = 2;
constexpr std::uint32_t kOwnSlot = 3;

bool is_for(const api::Endpoint& endpoint, const std::string& zone) {
  return std::find(endpoint.for_zones.begin(), endpoint.for_zones.end(), zone) !=
         endpoint.for_zones.end();
}

/// Whose clients the endpoints of a port are for may be heeded: all ready ones say so, and the zone
/// is not left without.
bool hints_hold(const std::string& port_name, const std::vector<const EndpointSlice*>& slices,
                const std::string& zone) {
  bool any_for_zone = false;
  for (const EndpointSlice* slice : slices) {
    if (std::none_of(slice->ports.begin(), slice->ports.end(),
                     [&](const auto& p) { return p.name == port_name; })) {
      continue;
    }
    for (const api::Endpoint& endpoint : slice->endpoints) {
      if (!endpoint.ready) continue;
      if (endpoint.for_zones.empty()) return false;
      any_for_zone = any_for_zone || is_for(endpoint, zone);
    }
  }
  return any_for_zone;
}

struct Listed {
  std::string node;  ///< Empty where it does not matter.
  TableEndpoint endpoint;
};

/// With `only_node`, those of other nodes are passed over; with `only_zone`, those for others.
std::vector<Listed> endpoints_of(const std::string& port_name,
                                 const std::vector<const EndpointSlice*>& slices,
                                 const std::string& only_node, const std::string& only_zone,
                                 bool by_node) {
  std::vector<Listed> ready;
  std::vector<Listed> terminating;
  for (const EndpointSlice* slice : slices) {
    const auto port = std::find_if(slice->ports.begin(), slice->ports.end(),
                                   [&](const auto& p) { return p.name == port_name; });
    if (port == slice->ports.end()) continue;
    for (const api::Endpoint& endpoint : slice->endpoints) {
      if (!only_node.empty() && endpoint.node_name != only_node) continue;
      const Listed entry{by_node ? endpoint.node_name : std::string{},
                         {endpoint.address, port->port, endpoint.pod_name}};
      const bool is_ours = only_zone.empty() || is_for(endpoint, only_zone);
      if (endpoint.ready && is_ours) ready.push_back(entry);
      if (endpoint.serving && endpoint.terminating) terminating.push_back(entry);
    }
  }
  std::vector<Listed>& chosen = ready.empty() ? terminating : ready;
  const auto key = [](const Listed& listed) {
    const TableEndpoint& e = listed.endpoint;
    return std::tie(listed.node, e.address, e.port, e.pod_name);
  };
  std::sort(chosen.begin(), chosen.end(),
            [&](const Listed& a, const Listed& b) { return key(a) < key(b); });
  // An endpoint may for a moment stand in two slices.
  const auto same = [](const Listed& a, const Listed& b) {
    return a.endpoint.address == b.endpoint.address && a.endpoint.port == b.endpoint.port;
  };
  chosen.erase(std::unique(chosen.begin(), chosen.end(), same), chosen.end());
  return std::move(chosen);
}

}  // namespace

std::map<std::int32_t, EndpointTable> endpoint_tables(
    const Service& service, const std::vector<const EndpointSlice*>& slices,
    const std::string& node_name, const std::string& zone) {
  const std::string only_node = service.spec.internal_local ? node_name : std::string{};
  // From outside, by way of a node: the balancer's health checks leave out those without endpoints.
  const bool by_node = service.spec.external_local && node_name.empty();
  std::map<std::int32_t, EndpointTable> tables;
  for (const api::ServicePort& port : service.spec.ports) {
    EndpointTable& table = tables[port.port];
    table.service = service.meta.namespace_name + "/" + service.meta.name;
    table.port_name = port.name;
    table.service_port = port.port;
    table.session_affinity = service.spec.session_affinity;
    const bool heeds_hints = only_node.empty() && hints_hold(port.name, slices, zone);
    const std::vector<Listed> listed =
        endpoints_of(port.name, slices, only_node, heeds_hints ? zone : std::string{}, by_node);
    for (std::size_t i = 0; i < listed.size(); ++i) {
      table.endpoints.push_back(listed[i].endpoint);
      const bool last = i + 1 == listed.size() || listed[i + 1].node != listed[i].node;
      if (by_node && last) table.node_ends.push_back(static_cast<std::uint32_t>(i + 1));
    }
  }
  return tables;
}

NodeProxy::NodeProxy(ports::OwnerId owner, ports::Executor& executor, ports::ApiClient& api,
                     ports::DataPlane& data_plane, const NodeProxyConfig& config)
    : ports_{executor, api, owner},
      data_plane_{data_plane},
      config_{config},
      services_{ports_, kServiceSlot, Kind::Service, config.informer},
      slices_{ports_, kSliceSlot, Kind::EndpointSlice, config.informer},
      pace_{executor, owner, controllers::call_id(kOwnSlot, 0), config.sync_period_min} {}

void NodeProxy::start() {
  services_.start();
  slices_.start();
}

void NodeProxy::on_event(const ports::Event& event) {
  switch (controllers::slot_of(event.id)) {
    case kServiceSlot:
      for (const auto& change : services_.on_event(event)) {
        const api::ObjectMeta& meta = api::meta_of(change.latest());
        changed_.emplace(meta.namespace_name, meta.name);
      }
      break;
    case kSliceSlot:
      for (const auto& change : slices_.on_event(event)) {
        for (const api::ObjectPtr& version : {change.before, change.after}) {
          if (!version) continue;
          const api::ObjectMeta& meta = api::meta_of(*version);
          const auto label = meta.labels.find(controllers::kServiceNameLabel);
          if (label != meta.labels.end()) changed_.emplace(meta.namespace_name, label->second);
        }
      }
      break;
    default:
      pace_.on_timer();
  }
  if (services_.synced() && slices_.synced()) sync();
}

void NodeProxy::sync() {
  if (changed_.empty() || !pace_.may_sync()) return;
  for (const ServiceName& name : changed_) publish(name);
  changed_.clear();
}

void NodeProxy::publish(const ServiceName& name) {
  Tables next;
  if (const auto* service = services_.find<Service>(name.first, name.second)) {
    std::vector<const EndpointSlice*> slices;
    for (const auto* slice : slices_.in_namespace<EndpointSlice>(name.first)) {
      const auto label = slice->meta.labels.find(controllers::kServiceNameLabel);
      if (label != slice->meta.labels.end() && label->second == name.second) {
        slices.push_back(slice);
      }
    }
    next = endpoint_tables(*service, slices, config_.node_name, config_.zone);
  }
  Tables& published = published_[name];
  for (auto& [port, table] : published) {
    // A port that is gone refuses connections; its versions go on should it come back.
    if (next.contains(port)) continue;
    next[port] = table;
    next[port].endpoints.clear();
    next[port].node_ends.clear();
  }
  for (auto& [port, table] : next) {
    const auto before = published.find(port);
    if (before != published.end()) {
      table.version = before->second.version;
      if (table == before->second) continue;
    }
    ++table.version;
    published[port] = table;
    data_plane_.publish(ports_.owner, table);
  }
}

}  // namespace orrery::discovery
