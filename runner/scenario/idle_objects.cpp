#include "runner/scenario/idle_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>

namespace orrery::scenario {
namespace {

constexpr const char* kDefaultScheduler = "default-scheduler";

std::string short_name(const api::ObjectKey& key) {
  return fmt::format("{}/{}", api::to_string(key.kind), key.name);
}

/// Whether a pod of that namespace, or one that a workload there makes, has labels that match.
template <class Matches>
bool any_pod(const Catalog& catalog, const std::string& namespace_name, const Matches& matches) {
  return std::any_of(catalog.pods().begin(), catalog.pods().end(), [&](const auto& entry) {
    return entry.first.namespace_name == namespace_name && matches(*entry.second.labels);
  });
}

/// A port that the Service looks up by a name which none of the pods behind it has: nobody is ever
/// reached there. Empty: there is none such.
std::string unknown_port(const Catalog& catalog, const std::string& home,
                         const api::Service& service) {
  for (const api::ServicePort& port : service.spec.ports) {
    const auto* name = std::get_if<std::string>(&port.target_port);
    if (name == nullptr) continue;
    bool found = false;
    for (const auto& [key, pods] : catalog.pods()) {
      if (key.namespace_name != home || !api::has_all(*pods.labels, service.spec.selector))
        continue;
      found = found || api::resolve_port(*pods.spec, port.target_port).has_value();
    }
    if (!found) return *name;
  }
  return {};
}

bool selects_nothing(const Catalog& catalog, const std::string& namespace_name,
                     const api::LabelSelector& selector) {
  if (selector == api::LabelSelector{}) return false;
  return !any_pod(catalog, namespace_name,
                  [&](const api::Labels& labels) { return api::matches(selector, labels); });
}

/// The port that the probe asks at its own pod; nothing for a command, or for another host.
std::optional<std::int32_t> port_asked(const api::Probe& probe, const api::PodSpec& pods) {
  if (const auto* http = std::get_if<api::HttpGetAction>(&probe.action)) {
    return http->host.empty() ? api::resolve_port(pods, http->port) : std::nullopt;
  }
  if (const auto* tcp = std::get_if<api::TcpSocketAction>(&probe.action)) {
    return tcp->host.empty() ? api::resolve_port(pods, tcp->port) : std::nullopt;
  }
  const auto* grpc = std::get_if<api::GrpcAction>(&probe.action);
  return grpc == nullptr ? std::nullopt : std::optional{grpc->port};
}

/// Where the pods listen; nothing if one of their containers declares no port, and so listens at
/// all.
std::optional<std::set<std::int32_t>> listening_ports(
    const std::string& home, const PodsOf& pods, const std::vector<api::ManifestObject>& objects) {
  std::set<std::int32_t> ports;
  for (const auto* containers : {&pods.spec->containers, &pods.spec->init_containers}) {
    for (const api::Container& container : *containers) {
      const bool stays = containers == &pods.spec->containers || container.sidecar;
      if (stays && container.ports.empty()) return std::nullopt;
      for (const api::ContainerPort& port : container.ports) ports.insert(port.container_port);
    }
  }
  for (const api::ManifestObject& manifest : objects) {
    const auto* service = std::get_if<api::Service>(&manifest.object);
    if (service == nullptr || service->meta.namespace_name != home) continue;
    const api::Labels& selector = service->spec.selector;
    if (selector.empty() || !api::has_all(*pods.labels, selector)) continue;
    for (const api::ServicePort& port : service->spec.ports) {
      if (const auto number = api::resolve_port(*pods.spec, port.target_port))
        ports.insert(*number);
    }
  }
  return ports;
}

}  // namespace

std::vector<IdleObject> idle_objects(const std::vector<api::ManifestObject>& objects,
                                     const Catalog& catalog) {
  std::vector<IdleObject> idle;
  for (const api::ManifestObject& manifest : objects) {
    const api::ObjectKey key = api::key_of(manifest.object);
    const std::string& home = key.namespace_name;
    std::string why;
    if (const auto* service = std::get_if<api::Service>(&manifest.object)) {
      const api::Labels& selector = service->spec.selector;
      const bool found = selector.empty() || any_pod(catalog, home, [&](const api::Labels& labels) {
                           return api::has_all(labels, selector);
                         });
      if (!found) {
        why = "its selector matches no pods";
      } else if (!selector.empty()) {
        const std::string port = unknown_port(catalog, home, *service);
        if (!port.empty()) why = fmt::format("no pod of it has a port with the name \"{}\"", port);
      }
    } else if (const auto* budget = std::get_if<api::PodDisruptionBudget>(&manifest.object)) {
      const auto& selector = budget->spec.selector;
      if (selector && selects_nothing(catalog, home, *selector)) {
        why = "its selector matches no pods";
      }
    } else if (const auto* policy = std::get_if<api::NetworkPolicy>(&manifest.object)) {
      if (selects_nothing(catalog, home, policy->spec.pod_selector)) {
        why = "its podSelector matches no pods";
      }
    } else if (const auto* scaler = std::get_if<api::HorizontalPodAutoscaler>(&manifest.object)) {
      const api::ObjectKey target{scaler->spec.target_kind, home, scaler->spec.target_name};
      if (!catalog.pods().contains(target)) {
        why = fmt::format("there is no {}/{} for it to scale", api::to_string(target.kind),
                          target.name);
      }
    }
    if (why.empty()) continue;
    idle.push_back({short_name(key), manifest.where, std::move(why)});
  }
  return idle;
}

std::vector<IdleObject> never_scheduled(
    const Catalog& catalog, const std::map<std::string, SchedulerSettings>& schedulers) {
  std::vector<IdleObject> waiting;
  for (const auto& [key, pods] : catalog.pods()) {
    const std::string& name = pods.spec->scheduler_name;
    // Who names the node needs no scheduler.
    if (!pods.spec->node_name.empty() || name.empty() || name == kDefaultScheduler) continue;
    if (schedulers.contains(name)) continue;
    waiting.push_back(
        {short_name(key), catalog.place_of(key),
         fmt::format("there is no scheduler \"{}\" that would place its pods", name)});
  }
  return waiting;
}

std::vector<IdleObject> probed_where_nobody_listens(const std::vector<api::ManifestObject>& objects,
                                                    const Catalog& catalog) {
  std::vector<IdleObject> closed;
  for (const auto& [key, pods] : catalog.pods()) {
    if (pods.spec->host_network) continue;
    const auto ports = listening_ports(key.namespace_name, pods, objects);
    if (!ports) continue;
    for (const api::Container& container : pods.spec->containers) {
      for (const auto& [name, probe] :
           {std::pair{"startup", &container.startup}, std::pair{"readiness", &container.readiness},
            std::pair{"liveness", &container.liveness}}) {
        const auto port = *probe ? port_asked(**probe, *pods.spec) : std::nullopt;
        if (!port || ports->contains(*port)) continue;
        closed.push_back(
            {short_name(key), catalog.place_of(key),
             fmt::format("its {} probe asks at port {}, which no container declares, so that "
                         "nobody listens there",
                         name, *port)});
      }
    }
  }
  return closed;
}

}  // namespace orrery::scenario
