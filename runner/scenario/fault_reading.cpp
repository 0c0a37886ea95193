#include "runner/scenario/fault_reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "models/base/quantity.h"
#include "runner/scenario/edge_fault_reading.h"
#include "runner/scenario/scalars.h"

namespace orrery::scenario {
namespace {

constexpr std::int64_t kCountMax = 100'000;
constexpr std::uint32_t kAll = 0xffff'ffff;

void read_object_target(const Value& target, const Fields& fields, FaultAction& fault,
                        Reading& reading) {
  const std::string name = read_text(target, "\"Kind/name\"", reading.report).value_or("");
  if (name.empty()) return;
  const std::vector<api::Kind> kinds = form_of(fault.kind).targets;
  const bool pods = std::find(kinds.begin(), kinds.end(), api::Kind::Pod) != kinds.end();
  if (pods) fault.target = reading.catalog.made_pod(name);
  if (!fault.target) {
    fault.target = reading.catalog.object(target.where, name, kinds, reading.report);
  }
  const Value* count = fields.find("count");
  if (!fault.target) return;
  const bool single = fault.target->kind == api::Kind::Pod || fault.target->kind == api::Kind::Node;
  if (const Value* share = fields.find("share"); share != nullptr && single) {
    reading.report.add(*share, "no \"share\", as the target is one object");
  }
  if (count == nullptr) return;
  if (single && fault.count > 1) {
    reading.report.add(*count, "1, as the target is one object");
  }
}

/// A kubelet watches a disk whose size is known.
void check_disk(const Value& target, const FaultAction& fault, Reading& reading) {
  if (fault.kind != FaultKind::DiskFull || !fault.target) return;
  for (const ClusterNode& node : reading.scenario.cluster.nodes) {
    if (node.name != fault.target->name || node.disk_bytes > 0) continue;
    reading.report.add(target, "a node with a \"diskSize\", which its kubelet watches");
  }
}

void read_process_target(const Value& target, FaultAction& fault, Reading& reading) {
  const bool proxy = fault.kind == FaultKind::StaleEndpoints;
  const char* expected = proxy ? "\"clients\" or \"Node/name\""
                               : "\"controller-manager\", \"scheduler\" or \"Node/name\"";
  const std::string name = read_text(target, expected, reading.report).value_or("");
  if (name.empty()) return;
  if (proxy ? name == "clients" : name == "controller-manager" || name == "scheduler") {
    fault.process = name;
  } else if (fault.kind == FaultKind::CrashAfterWrites) {
    reading.report.add(target, "\"controller-manager\" or \"scheduler\"");
  } else if (name.starts_with("Node/")) {
    const auto node = reading.catalog.object(target.where, name, {api::Kind::Node}, reading.report);
    if (node) fault.process = "Node/" + node->name;
  } else {
    reading.report.add(target, expected);
  }
}

void read_target(const Fields& fields, const Value& entry, FaultAction& fault, Reading& reading) {
  const FaultForm form = form_of(fault.kind);
  const Value* target = fields.find("target");
  const bool needed = !form.targets.empty() || (form.process && !form.for_everybody);
  if (target == nullptr) {
    if (needed) {
      reading.report.add(entry.where, fmt::format("a \"target\" for {}", to_string(fault.kind)),
                         "none");
    }
  } else if (form.process) {
    read_process_target(*target, fault, reading);
  } else if (form.targets.empty()) {
    reading.report.add(*target, fmt::format("no target for {}", to_string(fault.kind)));
  } else {
    read_object_target(*target, fields, fault, reading);
    check_disk(*target, fault, reading);
  }
}

void read_lasts(const Fields& fields, const Value& entry, FaultAction& fault, Report& report) {
  const FaultForm form = form_of(fault.kind);
  const Value* lasts = fields.find("for");
  if (lasts == nullptr) {
    if (form.must_end) {
      report.add(entry.where, fmt::format("\"for\": how long {} lasts", to_string(fault.kind)),
                 "none");
    }
  } else if (form.can_end || form.must_end) {
    fault.lasts = read_duration(*lasts, report);
  } else {
    report.add(*lasts,
               fmt::format("no \"for\" with {}, which is over at once", to_string(fault.kind)));
  }
}

/// A key that only one kind of fault has. Returns it if it stands there and belongs there.
const Value* own_key(const char* key, bool belongs, const char* kind, bool required,
                     const Fields& fields, const Value& entry, Report& report) {
  const Value* value = fields.find(key);
  if (value == nullptr) {
    if (belongs && required) {
      report.add(entry.where, fmt::format("\"{}\" with {}", key, kind), "none");
    }
    return nullptr;
  }
  if (!belongs) {
    report.add(*value, fmt::format("no \"{}\" with {}", key, kind));
    return nullptr;
  }
  return value;
}

void read_zone(const Value& zone, FaultAction& fault, Reading& reading) {
  fault.zone = read_text(zone, "the name of a zone", reading.report).value_or("");
  std::set<std::string> zones;
  for (const ClusterNode& node : reading.scenario.cluster.nodes) {
    if (!node.zone.empty()) zones.insert(node.zone);
  }
  if (fault.zone.empty() || zones.contains(fault.zone)) return;
  reading.report.add(zone, "a zone of the cluster",
                     did_you_mean(fault.zone, {zones.begin(), zones.end()}));
}

}  // namespace

FaultAction read_fault(const Fields& fields, const Value& entry, Reading& reading) {
  Report& report = reading.report;
  FaultAction fault;
  const Value& kind = *fields.find("fault");
  std::vector<std::string> names;
  bool known = false;
  for (int number = 0; number < kFaultKindCount; ++number) {
    const auto candidate = static_cast<FaultKind>(number);
    names.emplace_back(to_string(candidate));
    if (kind.type != Value::Type::Text || kind.text != names.back()) continue;
    fault.kind = candidate;
    known = true;
  }
  if (!known) {
    report.add(kind, "the name of a fault, such as pod-kill or node-loss",
               did_you_mean(kind.text, names));
    return fault;
  }
  const FaultForm form = form_of(fault.kind);
  const char* name = to_string(fault.kind);
  if (fault.kind == FaultKind::StoreSlow) fault.count = reading.scenario.cluster.control.stores;
  if (form.edge) fault.count = kAll;
  if (const Value* count = own_key("count", form.counts, name, false, fields, entry, report)) {
    fault.count = static_cast<std::uint32_t>(read_count(*count, 1, kCountMax, report).value_or(1));
    const bool of_store = fault.kind == FaultKind::StoreKill || fault.kind == FaultKind::StoreSlow;
    if (of_store && fault.count > reading.scenario.cluster.control.stores) {
      report.add(*count, fmt::format("at most {}, as many as the store has members",
                                     reading.scenario.cluster.control.stores));
    }
  }
  if (const Value* share = own_key("share", form.shares, name, false, fields, entry, report)) {
    fault.share = read_chance(*share, report);
    if (fields.find("count") != nullptr) report.add(*share, "either \"count\" or \"share\"");
  }
  read_target(fields, entry, fault, reading);
  read_lasts(fields, entry, fault, report);
  if (const Value* delay = own_key("delay", form.delays || form.may_delay, name, form.delays,
                                   fields, entry, report)) {
    fault.delay = read_duration(*delay, report).value_or(Duration{});
  }
  read_edge(fields, entry, fault, reading);
  if (const Value* zone =
          own_key("zone", fault.kind == FaultKind::ZoneLoss, name, true, fields, entry, report)) {
    read_zone(*zone, fault, reading);
  }
  const bool has_rate =
      fault.kind == FaultKind::RegistrySlow || fault.kind == FaultKind::NetworkBandwidth;
  if (const Value* rate = own_key("bandwidth", has_rate, name, true, fields, entry, report)) {
    fault.bytes_per_second = read_bandwidth(*rate, report).value_or(1);
  }
  const bool has_how = fault.kind == FaultKind::Unwell || fault.kind == FaultKind::BadConfig;
  const Value* how = own_key("how", has_how, name, false, fields, entry, report);
  if (how != nullptr && fault.kind == FaultKind::Unwell) {
    fault.hangs = how->text == "hangs";
    if (how->type != Value::Type::Text || (!fault.hangs && how->text != "fails")) {
      report.add(*how, "\"fails\" or \"hangs\"");
    }
  }
  if (const Value* threads = own_key("threads", fault.kind == FaultKind::CpuStress, name, false,
                                     fields, entry, report)) {
    fault.threads = static_cast<std::uint32_t>(read_count(*threads, 1, 1000, report).value_or(1));
  }
  if (const Value* memory = own_key("memory", fault.kind == FaultKind::MemoryStress, name, true,
                                    fields, entry, report)) {
    const bool scalar = memory->type == Value::Type::Text || memory->type == Value::Type::Number;
    fault.memory_bytes = (scalar ? parse_amount(memory->text) : std::nullopt).value_or(0);
    if (fault.memory_bytes <= 0) report.add(*memory, "a size above 0, such as \"80Mi\"");
  }
  if (const Value* container = fields.find("container")) {
    fault.container = read_text(*container, "the name of a container", report).value_or("");
    if (!form.container) {
      report.add(*container, fmt::format("no \"container\" with {}", name));
    } else if (fault.target) {
      const api::PodSpec* pods = reading.catalog.pods_of(*fault.target);
      if (pods != nullptr) (void)find_container(*pods, fault.container, container->where, report);
    }
  }
  return fault;
}

}  // namespace orrery::scenario
