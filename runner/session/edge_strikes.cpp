#include "runner/session/edge_strikes.h"

#include <fmt/format.h>

#include <algorithm>

#include "models/controllers/node_lifecycle.h"
#include "runner/session/actions.h"
#include "sim/traffic/http_status.h"
#include "sim/traffic/request_engine.h"

namespace orrery::session {
namespace {

using scenario::EdgeDirection;
using scenario::EdgeEnd;
using scenario::EdgeSettings;
using scenario::FaultAction;
using scenario::FaultKind;
using scenario::WrongConfig;

constexpr std::int32_t kNotFound = 404;

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

/// Why a fault of this kind did nothing.
const char* otherwise(FaultKind kind) {
  switch (kind) {
    case FaultKind::NetworkBandwidth:
      return "it held up no message";
    case FaultKind::LimitData:
      return "it met no message that is larger";
    case FaultKind::SlowClose:
      return "it met no answer on a connection of a pool that carries a request at a time";
    default:
      return "it met no message";
  }
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
  made.status = edge.status;
  made.header_bytes = edge.header_bytes;
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
    case FaultKind::NetworkBandwidth:
      made.kind = sim::EdgeFaultKind::Bandwidth;
      made.bandwidth = {fault.bytes_per_second, edge.burst_bytes, edge.limit_bytes};
      any_message();
      break;
    case FaultKind::LimitData:
      made.kind = sim::EdgeFaultKind::LimitData;
      made.limit_bytes = edge.limit_bytes;
      any_message();
      break;
    case FaultKind::SlowClose:
      made.kind = sim::EdgeFaultKind::SlowClose;
      made.messages = sim::EdgeMessages::Answers;
      break;
    case FaultKind::BadConfig:
      made.kind = edge.wrong == WrongConfig::Timeout ? sim::EdgeFaultKind::GiveUp
                                                     : sim::EdgeFaultKind::Abort;
      made.delay = edge.timeout;
      made.outcome = edge.wrong == WrongConfig::Port ? sim::RequestOutcome::Refused
                                                     : sim::outcome_of_status(kNotFound);
      made.status = edge.wrong == WrongConfig::Port ? 0 : kNotFound;
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
  const bool draws_to = !draws_callers(fault);
  made.from = side_of(edge.from, addresses_of(edge.from, fault, !draws_to, id, objects, draws),
                      world, objects);
  made.to =
      side_of(edge.to, addresses_of(edge.to, fault, draws_to, id, objects, draws), world, objects);
  made.key = key_of(id.data(), id.size());
  made.cause = static_cast<sim::RecordId>(cause);
  if (is_nobody(made.from)) return {{}, to_string(edge.from) + ": nobody runs there"};
  if (is_nobody(made.to)) return {{}, to_string(edge.to) + ": nobody runs there"};
  const std::string way = fmt::format("from {} to {}", to_string(edge.from), to_string(edge.to));
  active_[id] = {world.add_edge_fault(std::move(made)), otherwise(fault.kind)};
  return {{way}, fmt::format("{} {}", to_string(fault.kind), way)};
}

std::string EdgeStrikes::end(sim::SimWorld& world, const std::string& id) {
  const auto found = active_.find(id);
  expects(found != active_.end(), "a fault that ends had begun");
  const Active ended = found->second;
  active_.erase(found);
  return world.remove_edge_fault(ended.handle) > 0 ? "" : ended.otherwise;
}

std::vector<std::pair<std::string, std::string>> EdgeStrikes::idle(
    const sim::SimWorld& world) const {
  std::vector<std::pair<std::string, std::string>> idle;
  for (const auto& [id, active] : active_) {
    if (world.traffic().edge_fault_hits(active.handle) == 0) {
      idle.emplace_back(id, active.otherwise);
    }
  }
  return idle;
}

}  // namespace orrery::session
