#include "models/recording/event_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace orrery::recording {
namespace {

using api::ConditionStatus;
using api::Deployment;
using api::Node;
using api::Object;
using api::Pod;
using api::ReplicaSet;

struct Line {
  std::string what;
  std::string detail;
};

template <class T>
const T* as(const Object* object) {
  return object == nullptr ? nullptr : std::get_if<T>(object);
}

/// Why no node takes the pod; nothing once one does, or before the scheduler has looked.
const std::string* no_node(const Pod* pod) {
  const api::Condition* scheduled =
      pod == nullptr ? nullptr : api::find_condition(pod->status.conditions, "PodScheduled");
  const bool none = scheduled != nullptr && scheduled->status == ConditionStatus::False &&
                    scheduled->reason == "Unschedulable";
  return none ? &scheduled->message : nullptr;
}

std::vector<Line> describe_pod(const Pod* before, const Pod& after) {
  std::vector<Line> lines;
  if (before != nullptr && before->spec.node_name.empty() && !after.spec.node_name.empty()) {
    lines.push_back({"scheduled", "to " + after.spec.node_name});
  }
  const std::string* reason = no_node(&after);
  const std::string* said = no_node(before);
  if (reason != nullptr && (said == nullptr || *said != *reason)) {
    lines.push_back({"unschedulable", *reason});
  }
  if (after.meta.deletion && (before == nullptr || !before->meta.deletion)) {
    lines.push_back({"terminating", "grace " + to_string(*after.meta.deletion_grace)});
  }
  if (before != nullptr && before->status.phase != after.status.phase) {
    lines.push_back(
        {"phase",
         fmt::format("{} -> {}{}", to_string(before->status.phase), to_string(after.status.phase),
                     after.status.reason.empty() ? "" : " " + after.status.reason)});
  }
  for (std::size_t i = 0; i < after.status.container_statuses.size(); ++i) {
    const api::ContainerStatus& now = after.status.container_statuses[i];
    const api::ContainerStatus* old =
        before != nullptr && i < before->status.container_statuses.size()
            ? &before->status.container_statuses[i]
            : nullptr;
    const bool changed = old == nullptr || old->phase != now.phase || old->reason != now.reason ||
                         old->restart_count != now.restart_count;
    if (!changed) continue;
    switch (now.phase) {
      case api::ContainerPhase::Running:
        lines.push_back({"started", now.restart_count == 0
                                        ? fmt::format("container {}", now.name)
                                        : fmt::format("container {}, restart {}", now.name,
                                                      now.restart_count)});
        break;
      case api::ContainerPhase::Terminated:
        lines.push_back({"exited", fmt::format("container {}, code {} {}", now.name, now.exit_code,
                                               now.reason)});
        break;
      case api::ContainerPhase::Waiting:
        if (!now.reason.empty()) {
          lines.push_back({"waiting", fmt::format("container {}: {}", now.name, now.reason)});
        }
        break;
    }
  }
  for (const api::ConfigInUse& use : after.status.configs) {
    const bool known =
        before != nullptr && std::find(before->status.configs.begin(), before->status.configs.end(),
                                       use) != before->status.configs.end();
    if (known) continue;
    lines.push_back({"configured", fmt::format("{} version {} in {}", use.source,
                                               use.resource_version, use.where)});
  }
  const bool was_ready = before != nullptr && api::is_ready(*before);
  if (api::is_ready(after) != was_ready) {
    lines.push_back({api::is_ready(after) ? "ready" : "not-ready", ""});
  }
  return lines;
}

std::vector<Line> describe_deployment(const Deployment* before, const Deployment& after) {
  std::vector<Line> lines;
  if (before == nullptr) return lines;
  if (!(before->spec == after.spec)) {
    lines.push_back({"spec-changed", before->spec.replicas == after.spec.replicas
                                         ? "pod template or strategy"
                                         : fmt::format("replicas {} -> {}", before->spec.replicas,
                                                       after.spec.replicas)});
  }
  for (const api::Condition& now : after.status.conditions) {
    const api::Condition* old = api::find_condition(before->status.conditions, now.type);
    if (old != nullptr && old->status == now.status && old->reason == now.reason) continue;
    const char* status = now.status == ConditionStatus::True    ? "True"
                         : now.status == ConditionStatus::False ? "False"
                                                                : "Unknown";
    lines.push_back({"condition", fmt::format("{}={} {}", now.type, status, now.reason)});
  }
  return lines;
}

std::vector<Line> describe_node(const Node* before, const Node& after) {
  std::vector<Line> lines;
  const auto ready = [](const Node* node) {
    const api::Condition* c =
        node == nullptr ? nullptr : api::find_condition(node->status.conditions, "Ready");
    return c == nullptr ? ConditionStatus::False : c->status;
  };
  if (ready(before) != ready(&after)) {
    lines.push_back({ready(&after) == ConditionStatus::True ? "ready" : "not-ready",
                     ready(&after) == ConditionStatus::Unknown ? "no sign of life" : ""});
  }
  if (before != nullptr && before->spec.taints.size() != after.spec.taints.size()) {
    lines.push_back({"taints", fmt::format("{}", after.spec.taints.size())});
  }
  return lines;
}

std::vector<Line> describe_attachment(const api::VolumeAttachment* before,
                                      const api::VolumeAttachment& after) {
  if (!after.attach_error.empty() && before == nullptr) return {{"refused", after.attach_error}};
  if (after.attached && (before == nullptr || !before->attached)) return {{"attached", ""}};
  if (after.meta.deletion && (before == nullptr || !before->meta.deletion)) {
    return {{"detaching", ""}};
  }
  return {};
}

std::vector<Line> describe_claim(const api::PersistentVolumeClaim* before,
                                 const api::PersistentVolumeClaim& after) {
  if (before == nullptr || before->phase == after.phase) return {};
  if (after.phase == api::ClaimPhase::Lost) return {{"lost", "its volume is gone"}};
  return {{"bound", "to " + after.spec.volume_name}};
}

std::vector<Line> describe(const Object* before, const Object* after) {
  std::vector<Line> lines;
  const Object& any = after != nullptr ? *after : *before;
  const api::Kind kind = api::kind_of(any);
  // Leases are renewed all the time and say nothing by themselves.
  if (kind == api::Kind::Lease) return lines;
  if (after == nullptr) return {{"deleted", ""}};
  if (before == nullptr) {
    const api::OwnerReference* owner = api::controller_of(api::meta_of(any));
    lines.push_back(
        {"created",
         owner == nullptr ? "" : fmt::format("by {}/{}", to_string(owner->kind), owner->name)});
  }
  std::vector<Line> more;
  if (const Pod* pod = as<Pod>(after)) {
    more = describe_pod(as<Pod>(before), *pod);
  } else if (const Deployment* deployment = as<Deployment>(after)) {
    more = describe_deployment(as<Deployment>(before), *deployment);
  } else if (const Node* node = as<Node>(after)) {
    more = describe_node(as<Node>(before), *node);
  } else if (const ReplicaSet* set = as<ReplicaSet>(after)) {
    const ReplicaSet* old = as<ReplicaSet>(before);
    if (old != nullptr && old->spec.replicas != set->spec.replicas) {
      more.push_back({"scaled", fmt::format("{} -> {}", old->spec.replicas, set->spec.replicas)});
    }
  } else if (const auto* attachment = as<api::VolumeAttachment>(after)) {
    more = describe_attachment(as<api::VolumeAttachment>(before), *attachment);
  } else if (const auto* claim = as<api::PersistentVolumeClaim>(after)) {
    more = describe_claim(as<api::PersistentVolumeClaim>(before), *claim);
  } else if (const auto* slice = as<api::EndpointSlice>(after)) {
    const auto* old = as<api::EndpointSlice>(before);
    const auto ready = [](const api::EndpointSlice* s) {
      std::size_t count = 0;
      for (const api::Endpoint& e : s->endpoints) count += e.ready ? 1 : 0;
      return count;
    };
    if (old != nullptr && ready(old) != ready(slice)) {
      more.push_back({"endpoints", fmt::format("{} -> {} ready", ready(old), ready(slice))});
    }
  }
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

}  // namespace

ports::CauseId EventLog::append(Instant at, ports::CauseId cause, std::string what,
                                std::string subject, std::string detail) {
  const ports::CauseId id = records_.size() + 1;
  expects(records_.empty() || records_.back().at <= at, "a log's time does not go back");
  expects(cause < id, "a cause stands before its effect");
  records_.push_back({id, cause, at, std::move(what), std::move(subject), std::move(detail)});
  return id;
}

ports::CauseId EventLog::append_write(Instant at, ports::CauseId cause, const Object* before,
                                      const Object* after) {
  expects(before != nullptr || after != nullptr, "a write has at least one side");
  // Lines of one write follow from one another: that its container has exited made a pod not ready.
  ports::CauseId last = cause;
  for (Line& line : describe(before, after)) {
    last =
        append(at, last, std::move(line.what),
               to_string(api::key_of(after != nullptr ? *after : *before)), std::move(line.detail));
  }
  return last;
}

}  // namespace orrery::recording
