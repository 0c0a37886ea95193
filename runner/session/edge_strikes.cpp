#include "runner/session/edge_strikes.h"

#include <fmt/format.h>

#include <algorithm>

#include "models/controllers/node_lifecycle.h"
#include "runner/session/actions.h"
#include "sim/traffic/http_status.h"

namespace orrery::session {
namespace {

using scenario::EdgeDirection;
using scenario::EdgeEnd;
using scenario::EdgeSettings;
using scenario::FaultAction;
using scenario::FaultKind;

/// The addresses of the pods of one end; of some of them if they are drawn.
std::vector<std::string> addresses_of(const EdgeEnd& end, const FaultAction& fault, bool draws_here,
                                      const std::string& id,
                                      const std::vector<api::ObjectPtr>& objects,
                                      const Draws& draws) {
  std::vector<api::ObjectPtr> pods = pods_of(end.pods, objects);
  if (draws_here) pods = drawn_of(std::move(pods), fault, id, draws);
  std::vector<std::string> addresses;
  for (const api::ObjectPtr& object : pods) {
    const std::string& address = std::get<api::Pod>(*object).status.pod_ip;
    if (!address.empty()) addresses.push_back(address);
  }
  return addresses;
}

sim::EdgeSide side_of(const EdgeEnd& end, std::vector<std::string> addresses,
                      const sim::SimWorld& world, const std::vector<api::ObjectPtr>& objects) {
  sim::EdgeSide side;
  side.everybody = end.everybody;
  side.clients = end.clients;
  side.addresses = std::move(addresses);
  for (const std::string& name : end.services) {
    if (const auto index = world.service_named(name)) side.services.push_back(*index);
  }
  const auto add_node = [&](const std::string& name) {
    if (const auto index = world.node_named(name)) side.nodes.push_back(*index);
  };
  for (const std::string& name : end.nodes) add_node(name);
  for (const api::ObjectPtr& object : objects) {
    if (!std::holds_alternative<api::Node>(*object)) continue;
    const api::ObjectMeta& meta = api::meta_of(*object);
    const auto zone = meta.labels.find(controllers::kZoneLabel);
    if (zone == meta.labels.end()) continue;
    if (std::find(end.zones.begin(), end.zones.end(), zone->second) != end.zones.end()) {
      add_node(meta.name);
    }
  }
  return side;
}

bool is_nobody(const sim::EdgeSide& side) {
  return !side.everybody && !side.clients && side.services.empty() && side.nodes.empty() &&
         side.addresses.empty();
}

/// Without a status the connection is reset.
sim::RequestOutcome outcome_of(std::int32_t status) {
  return status == 0 ? sim::RequestOutcome::Reset : sim::outcome_of_status(status);
}

sim::EdgeFault edge_fault_of(const FaultAction& fault) {
  const EdgeSettings& edge = *fault.edge;
  sim::EdgeFault made;
  made.messages = sim::EdgeMessages::Requests;
  made.probability = edge.probability;
  made.delay = fault.delay;
  made.jitter = edge.jitter;
  made.correlation = edge.correlation;
  made.outcome = outcome_of(edge.status);
  const auto any_message = [&] {
    made.messages = edge.direction == EdgeDirection::To     ? sim::EdgeMessages::Sent
                    : edge.direction == EdgeDirection::From ? sim::EdgeMessages::Received
                                                            : sim::EdgeMessages::Both;
  };
  switch (fault.kind) {
    case FaultKind::NetworkDelay:
      any_message();
      break;
    case FaultKind::NetworkLoss:
    case FaultKind::NetworkCorrupt:
    case FaultKind::NetworkPartition:
      made.kind = sim::EdgeFaultKind::Loss;
      any_message();
      break;
    case FaultKind::Reset:
      made.kind = sim::EdgeFaultKind::Reset;
      break;
    case FaultKind::DnsError:
      made.kind = sim::EdgeFaultKind::LookUp;
      break;
    case FaultKind::HttpAbort:
      made.kind = sim::EdgeFaultKind::Abort;
      break;
    case FaultKind::HttpReplace:
      made.kind = sim::EdgeFaultKind::Replace;
      made.messages = sim::EdgeMessages::Answers;
      break;
    default:
      break;  // HttpDelay: requests are late.
  }
  return made;
}

}  // namespace

Strike EdgeStrikes::begin(sim::SimWorld& world, const std::string& id, const FaultAction& fault,
                          const std::vector<api::ObjectPtr>& objects, const Draws& draws,
                          ports::CauseId cause) {
  const EdgeSettings& edge = *fault.edge;
  sim::EdgeFault made = edge_fault_of(fault);
  const bool draws_to = !edge.to.everybody;
  made.from = side_of(edge.from, addresses_of(edge.from, fault, !draws_to, id, objects, draws),
                      world, objects);
  made.to =
      side_of(edge.to, addresses_of(edge.to, fault, draws_to, id, objects, draws), world, objects);
  made.key = key_of(id.data(), id.size());
  made.cause = static_cast<sim::RecordId>(cause);
  if (is_nobody(made.from)) return {{}, to_string(edge.from) + ": nobody runs there"};
  if (is_nobody(made.to)) return {{}, to_string(edge.to) + ": nobody runs there"};
  const std::string way = fmt::format("from {} to {}", to_string(edge.from), to_string(edge.to));
  handles_[id] = world.add_edge_fault(std::move(made));
  return {{way}, fmt::format("{} {}", to_string(fault.kind), way)};
}

bool EdgeStrikes::end(sim::SimWorld& world, const std::string& id) {
  const auto found = handles_.find(id);
  expects(found != handles_.end(), "a fault that ends had begun");
  const std::uint32_t handle = found->second;
  handles_.erase(found);
  return world.remove_edge_fault(handle) > 0;
}

std::vector<std::string> EdgeStrikes::idle(const sim::SimWorld& world) const {
  std::vector<std::string> ids;
  for (const auto& [id, handle] : handles_) {
    if (world.traffic().edge_fault_hits(handle) == 0) ids.push_back(id);
  }
  return ids;
}

}  // namespace orrery::session
