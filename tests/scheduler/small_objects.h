/// @file
/// Short ways to write nodes and pods, for tests.
#pragma once

#include <optional>
#include <string>

#include "models/api/objects.h"
#include "models/controllers/node_lifecycle.h"
#include "models/scheduler/placement_rules.h"

namespace orrery::scheduler {

inline constexpr std::int64_t kMi = 1024 * 1024;
inline api::Node node(const std::string& name, std::int64_t cpu_milli, std::int64_t memory_mi,
                      const std::string& zone = {}) {
  api::Node n;
  n.meta.name = name;
  n.meta.labels[kHostnameLabel] = name;
  if (!zone.empty()) n.meta.labels[controllers::kZoneLabel] = zone;
  n.status.allocatable = {cpu_milli, memory_mi * kMi, 110, {}};
  return n;
}

inline api::Pod pod(const std::string& name, std::optional<std::int64_t> cpu_milli,
                    std::optional<std::int64_t> memory_mi) {
  api::Pod p;
  p.meta.name = name;
  p.meta.namespace_name = "default";
  api::Container container;
  container.name = "main";
  container.requests.cpu_milli = cpu_milli;
  if (memory_mi) container.requests.memory_bytes = *memory_mi * kMi;
  p.spec.containers = {container};
  return p;
}

inline api::Pod labelled(api::Pod p, const api::Labels& labels) {
  p.meta.labels = labels;
  return p;
}

inline api::LabelSelector select(const api::Labels& labels) { return {labels, {}}; }

/// A term about pods with these labels, in the pod's own namespace.
inline api::PodAffinityTerm term(const api::Labels& labels, const std::string& topology_key) {
  return {select(labels), {}, {}, topology_key};
}

}  // namespace orrery::scheduler
