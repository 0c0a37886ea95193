#include "runner/scenario/edge_fault_reading.h"

#include <fmt/format.h>

#include <optional>
#include <set>

#include "models/base/quantity.h"
#include "runner/scenario/scalars.h"

namespace orrery::scenario {
namespace {

constexpr const char* kEndExpected =
    R"("clients", "Service/name", "Deployment/name" or another workload, "Node/name" or "Zone/name")";

void read_one_end(const Value& value, EdgeEnd& end, Reading& reading) {
  Report& report = reading.report;
  const std::string name = read_text(value, kEndExpected, report).value_or("");
  if (name.empty()) return;
  if (name == "clients") {
    end.clients = true;
  } else if (name.starts_with("Service/")) {
    if (auto service = reading.catalog.service(value.where, name, report)) {
      end.services.push_back(*std::move(service));
    }
  } else if (name.starts_with("Zone/")) {
    std::set<std::string> zones;
    for (const ClusterNode& node : reading.scenario.cluster.nodes) {
      if (!node.zone.empty()) zones.insert(node.zone);
    }
    end.zones.push_back(name.substr(5));
    if (zones.contains(end.zones.back())) return;
    report.add(value, "a zone of the cluster",
               did_you_mean(end.zones.back(), {zones.begin(), zones.end()}));
  } else if (name.find('/') == std::string::npos) {
    report.add(value, kEndExpected);
  } else {
    std::vector<api::Kind> kinds = form_of(FaultKind::PodKill).targets;
    kinds.push_back(api::Kind::Node);
    const auto key = reading.catalog.object(value.where, name, kinds, report);
    if (!key) return;
    if (key->kind == api::Kind::Node) {
      end.nodes.push_back(key->name);
    } else {
      end.pods.push_back(*key);
    }
  }
}

void read_end(const Value* value, EdgeEnd& end, Reading& reading) {
  if (value == nullptr) return;
  end.everybody = false;
  if (value->type != Value::Type::List) {
    read_one_end(*value, end, reading);
    return;
  }
  if (value->children.empty()) {
    reading.report.add(value->where, "at least one of whom it hits", "none");
  }
  for (const Value& item : value->children) read_one_end(item, end, reading);
}

/// Pods are drawn only where there is nothing else to draw from.
void check_draw(const Fields& fields, const FaultAction& fault, Report& report) {
  const Value* count = fields.find("count");
  const Value* share = fields.find("share");
  const Value* drawn = count != nullptr ? count : share;
  if (drawn == nullptr) return;
  const EdgeEnd& end = draws_callers(fault) ? fault.edge->from : fault.edge->to;
  const bool only_pods = !end.pods.empty() && !end.clients && end.services.empty() &&
                         end.nodes.empty() && end.zones.empty();
  if (only_pods) return;
  report.add(*drawn, fmt::format("it only where \"{}\" names workloads, whose pods are drawn from",
                                 draws_callers(fault) ? "from" : "to"));
}

void read_status(const Value& value, bool replaces, EdgeSettings& edge, Report& report) {
  const std::int64_t least = replaces ? 200 : 400;
  edge.status = static_cast<std::int32_t>(read_count(value, least, 599, report).value_or(500));
}

std::int64_t read_bytes(const Value& value, std::int64_t least, Report& report) {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  const bool scalar = value.type == Value::Type::Text || value.type == Value::Type::Number;
  const auto bytes = scalar ? parse_amount(value.text) : std::nullopt;
  if (bytes && *bytes >= least && *bytes <= kMost) return *bytes;
  report.add(value, least > 0 ? "a size above 0 and up to 1Ti, such as \"64Ki\""
                              : "a size up to 1Ti, such as \"64Ki\"");
  return least;
}

/// What is wrong with the configuration, and the timeout that belongs to one of the ways.
void read_wrong(const Fields& fields, const Value& entry, const Value* timeout, EdgeSettings& edge,
                Report& report) {
  constexpr const char* kExpected = R"("port", "service" or "timeout")";
  const Value* how = fields.find("how");
  const std::string name =
      how == nullptr ? std::string{} : read_text(*how, kExpected, report).value_or("");
  if (name == "timeout") {
    edge.wrong = WrongConfig::Timeout;
  } else if (name == "service") {
    edge.wrong = WrongConfig::Service;
  } else if (how == nullptr) {
    report.add(entry.where, "\"how\" with bad-config: what is wrong", "none");
  } else if (name != "port" && !name.empty()) {
    report.add(*how, kExpected);
  }
  if (edge.wrong == WrongConfig::Timeout && timeout == nullptr) {
    report.add(entry.where, "\"timeout\" with bad-config, where that is what is wrong", "none");
  } else if (edge.wrong != WrongConfig::Timeout && timeout != nullptr) {
    report.add(*timeout, "no \"timeout\" unless \"how\" is \"timeout\"");
  } else if (timeout != nullptr) {
    edge.timeout = read_duration(*timeout, report).value_or(Duration::milliseconds(1));
    if (edge.timeout == Duration{}) report.add(*timeout, "a duration above 0");
  }
}

}  // namespace

std::string to_string(const EdgeEnd& end) {
  if (end.everybody) return "everybody";
  std::vector<std::string> names;
  if (end.clients) names.emplace_back("clients");
  for (const std::string& name : end.services) names.push_back("Service/" + name);
  for (const api::ObjectKey& key : end.pods) names.push_back(api::to_string(key));
  for (const std::string& name : end.nodes) names.push_back("Node/" + name);
  for (const std::string& name : end.zones) names.push_back("Zone/" + name);
  return fmt::format("{}", fmt::join(names, ", "));
}

void read_edge(const Fields& fields, const Value& entry, FaultAction& fault, Reading& reading) {
  Report& report = reading.report;
  const FaultForm form = form_of(fault.kind);
  const char* name = to_string(fault.kind);
  const auto stray = [&](const char* key, bool belongs) -> const Value* {
    const Value* value = fields.find(key);
    if (value == nullptr || belongs) return value;
    report.add(*value, fmt::format("no \"{}\" with {}", key, name));
    return nullptr;
  };
  const Value* from = stray("from", form.edge);
  const Value* to = stray("to", form.edge);
  const bool bandwidth = fault.kind == FaultKind::NetworkBandwidth;
  const bool sized = bandwidth || fault.kind == FaultKind::LimitData;
  const bool network =
      sized || fault.kind == FaultKind::NetworkDelay || fault.kind == FaultKind::NetworkLoss ||
      fault.kind == FaultKind::NetworkCorrupt || fault.kind == FaultKind::NetworkPartition;
  const bool loses =
      fault.kind == FaultKind::NetworkLoss || fault.kind == FaultKind::NetworkCorrupt;
  const bool replaces = fault.kind == FaultKind::HttpReplace;
  const Value* direction = stray("direction", network);
  const bool is_certain =
      bandwidth || fault.kind == FaultKind::NetworkPartition || fault.kind == FaultKind::BadConfig;
  const Value* probability = stray("probability", form.edge && !is_certain);
  const Value* jitter = stray("jitter", fault.kind == FaultKind::NetworkDelay);
  const Value* correlation = stray("correlation", loses || fault.kind == FaultKind::NetworkDelay);
  const Value* status = stray("status", replaces || fault.kind == FaultKind::HttpAbort);
  const Value* buffer = stray("buffer", bandwidth);
  const Value* limit = stray("limit", sized);
  const Value* headers = stray("headers", sized);
  const Value* timeout = stray("timeout", fault.kind == FaultKind::BadConfig);
  if (!form.edge) return;
  EdgeSettings& edge = fault.edge.emplace();
  read_end(from, edge.from, reading);
  read_end(to, edge.to, reading);
  if (from == nullptr && to == nullptr) {
    report.add(entry.where, fmt::format("\"from\", \"to\" or both with {}", name), "neither");
  }
  check_draw(fields, fault, report);
  if (fault.kind == FaultKind::NetworkPartition) edge.direction = EdgeDirection::Both;
  if (direction != nullptr) {
    const std::string way =
        read_text(*direction, "\"to\", \"from\" or \"both\"", report).value_or("to");
    if (way == "from") {
      edge.direction = EdgeDirection::From;
    } else if (way == "both") {
      edge.direction = EdgeDirection::Both;
    } else if (way == "to") {
      edge.direction = EdgeDirection::To;
    } else {
      report.add(*direction, "\"to\", \"from\" or \"both\"");
    }
  }
  if (probability != nullptr) {
    edge.probability = read_chance(*probability, report).value_or(1);
  } else if (loses) {
    report.add(entry.where, fmt::format("\"probability\" with {}", name), "none");
  }
  if (jitter != nullptr) {
    edge.jitter = read_duration(*jitter, report).value_or(Duration{});
    if (edge.jitter > fault.delay) report.add(*jitter, "at most the \"delay\"");
  }
  if (correlation != nullptr) edge.correlation = read_percent(*correlation, report).value_or(0);
  if (status != nullptr) {
    read_status(*status, replaces, edge, report);
  } else if (replaces) {
    report.add(entry.where, fmt::format("\"status\" with {}", name), "none");
  }
  if (buffer != nullptr) edge.burst_bytes = read_bytes(*buffer, 0, report);
  if (limit != nullptr) {
    edge.limit_bytes = read_bytes(*limit, 1, report);
  } else if (sized && !bandwidth) {
    report.add(entry.where, fmt::format("\"limit\" with {}", name), "none");
  }
  if (headers != nullptr) edge.header_bytes = read_bytes(*headers, 0, report);
  if (fault.kind == FaultKind::BadConfig) read_wrong(fields, entry, timeout, edge, report);
}

}  // namespace orrery::scenario
