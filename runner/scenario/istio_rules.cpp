#include "runner/scenario/istio_rules.h"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace orrery::scenario {
namespace {

using api::istio::DestinationRule;
using api::istio::HttpRoute;
using api::istio::Match;
using api::istio::RuleMeta;
using api::istio::Rules;
using api::istio::VirtualService;

constexpr std::string_view kMesh = "mesh";

bool contains(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

bool is_visible(const RuleMeta& rule, const std::string& from) {
  if (rule.export_to.empty() || contains(rule.export_to, "*")) return true;
  if (contains(rule.export_to, from)) return true;
  return from == rule.namespace_name && contains(rule.export_to, ".");
}

/// Rules that nobody but their own namespace sees come before those of everybody.
int publicity(const RuleMeta& rule) {
  if (rule.export_to.empty() || contains(rule.export_to, "*")) return 2;
  return contains(rule.export_to, ".") ? 0 : 1;
}

/// Manifests have no time of creation, by which Istio goes first.
std::string order_of(const RuleMeta& rule) { return rule.name + "." + rule.namespace_name; }

std::vector<const DestinationRule*> rules_in(const Rules& rules, const std::string& where,
                                             const CallerProxy& caller, const CalledHost& host) {
  const bool own = where == caller.namespace_name;
  std::optional<std::size_t> nearest;
  std::vector<const DestinationRule*> found;
  for (const DestinationRule& rule : rules.destination_rules) {
    if (rule.meta.namespace_name != where) continue;
    if (!own && !is_visible(rule.meta, caller.namespace_name)) continue;
    const bool selected = own && !caller.is_gateway;
    if (!rule.workload_selector.empty() &&
        (!selected || !api::has_all(caller.labels, rule.workload_selector))) {
      continue;
    }
    const auto near = nearness(full_host(rule.host, rule.meta.namespace_name), full_name(host));
    if (!near || (nearest && *near < *nearest)) continue;
    if (!nearest || *near > *nearest) found.clear();
    nearest = near;
    found.push_back(&rule);
  }
  std::sort(found.begin(), found.end(), [](const DestinationRule* a, const DestinationRule* b) {
    return std::tuple{a->workload_selector.empty(), order_of(a->meta)} <
           std::tuple{b->workload_selector.empty(), order_of(b->meta)};
  });
  // One that selects its callers is not mixed with those of all.
  if (!found.empty() && !found.front()->workload_selector.empty()) found.resize(1);
  return found;
}

bool is_for(const VirtualService& service, const CallerProxy& caller) {
  if (!caller.is_gateway) return service.gateways.empty() || contains(service.gateways, kMesh);
  return std::any_of(service.gateways.begin(), service.gateways.end(),
                     [](const std::string& gateway) { return gateway != kMesh; });
}

bool leads_to(const HttpRoute& route, const VirtualService& service, const CalledHost& host) {
  return std::any_of(route.destinations.begin(), route.destinations.end(), [&](const auto& to) {
    return full_host(to.host, service.meta.namespace_name) == full_name(host);
  });
}

enum class Fits : std::uint8_t { No, Perhaps, Yes };

Fits fits(const Match& match, const CallerProxy& caller, const CalledHost& host) {
  if (!match.gateways.empty()) {
    const bool meant = std::any_of(
        match.gateways.begin(), match.gateways.end(),
        [&](const std::string& gateway) { return (gateway == kMesh) != caller.is_gateway; });
    if (!meant) return Fits::No;
  }
  if (match.port && *match.port != host.port && !caller.is_gateway) return Fits::No;
  if (!caller.is_gateway) {
    if (!api::has_all(caller.labels, match.source_labels)) return Fits::No;
    const bool elsewhere =
        !match.source_namespace.empty() && match.source_namespace != caller.namespace_name;
    if (elsewhere) return Fits::No;
  }
  return match.asks_for_content ? Fits::Perhaps : Fits::Yes;
}

bool is_true(const std::string& text) {
  return text == "true" || text == "yes" || text == "y" || text == "on";
}

/// The value of a label or annotation; empty: it has none.
std::string value_of(const api::Labels& labels, std::string_view key) {
  const auto found = labels.find(key);
  return found == labels.end() ? std::string{} : found->second;
}

}  // namespace

std::string full_name(const CalledHost& host) {
  return host.name + "." + host.namespace_name + ".svc.cluster.local";
}

std::string full_host(const std::string& host, const std::string& namespace_name) {
  if (host == "*" || host.find('.') != std::string::npos) return host;
  return host + "." + namespace_name + ".svc.cluster.local";
}

std::optional<std::size_t> nearness(const std::string& host, const std::string& name) {
  if (host == name) return std::string::npos;
  if (host == "*") return 0;
  if (!host.starts_with("*.")) return std::nullopt;
  const std::string_view end = std::string_view{host}.substr(1);
  if (name.size() > end.size() && std::string_view{name}.ends_with(end)) return end.size();
  return std::nullopt;
}

std::vector<const DestinationRule*> destination_rules_for(const Rules& rules,
                                                          const CallerProxy& caller,
                                                          const CalledHost& host) {
  std::vector<const DestinationRule*> found;
  if (caller.namespace_name != kIstioRootNamespace) {
    found = rules_in(rules, caller.namespace_name, caller, host);
  }
  if (found.empty()) found = rules_in(rules, host.namespace_name, caller, host);
  if (found.empty()) found = rules_in(rules, kIstioRootNamespace, caller, host);
  return found;
}

const VirtualService* virtual_service_for(const Rules& rules, const CallerProxy& caller,
                                          const CalledHost& host) {
  const VirtualService* best = nullptr;
  std::tuple<std::size_t, int, std::string> best_rank;
  for (const VirtualService& service : rules.virtual_services) {
    if (!is_for(service, caller)) continue;
    std::optional<std::size_t> nearest;
    if (caller.is_gateway) {
      // What the clients outside call a gateway is not known, where it leads them is.
      if (choose_route(service, caller, host).route != nullptr) nearest = 0;
    } else if (is_visible(service.meta, caller.namespace_name)) {
      for (const std::string& name : service.hosts) {
        const auto near = nearness(full_host(name, service.meta.namespace_name), full_name(host));
        if (near && (!nearest || *near > *nearest)) nearest = near;
      }
    }
    if (!nearest) continue;
    std::tuple rank{std::string::npos - *nearest, publicity(service.meta), order_of(service.meta)};
    if (best != nullptr && !(rank < best_rank)) continue;
    best = &service;
    best_rank = std::move(rank);
  }
  return best;
}

RouteChoice choose_route(const VirtualService& service, const CallerProxy& caller,
                         const CalledHost& host) {
  RouteChoice choice;
  for (const HttpRoute& route : service.http) {
    if (caller.is_gateway && !leads_to(route, service, host)) continue;
    Fits best = route.match.empty() ? Fits::Yes : Fits::No;
    for (const Match& match : route.match) best = std::max(best, fits(match, caller, host));
    if (best == Fits::Yes) {
      choice.route = &route;
      return choice;
    }
    if (best == Fits::No) continue;
    for (const Match& match : route.match) {
      if (fits(match, caller, host) == Fits::Perhaps) choice.undecided.push_back(&match);
    }
    if (choice.route == nullptr) choice.route = &route;
  }
  return choice;
}

const api::istio::Subset* find_subset(const std::vector<const DestinationRule*>& rules,
                                      const std::string& name) {
  for (const DestinationRule* rule : rules) {
    for (const api::istio::Subset& subset : rule->subsets) {
      if (subset.name == name) return &subset;
    }
  }
  return nullptr;
}

bool has_sidecar(const PodsOf& pods, const api::Labels& namespace_labels) {
  const auto is_proxy = [](const api::Container& container) {
    return container.name == "istio-proxy";
  };
  const auto& containers = pods.spec->containers;
  const auto& first = pods.spec->init_containers;
  if (std::any_of(containers.begin(), containers.end(), is_proxy) ||
      std::any_of(first.begin(), first.end(), is_proxy)) {
    return true;
  }
  if (pods.spec->host_network) return false;
  const std::string own = value_of(*pods.labels, "sidecar.istio.io/inject");
  const std::string annotated = value_of(*pods.annotations, "sidecar.istio.io/inject");
  const std::string injection = value_of(namespace_labels, "istio-injection");
  const bool revision = !value_of(namespace_labels, "istio.io/rev").empty();
  if (injection == "disabled") return false;
  if (!own.empty()) return is_true(own);
  const bool asked = injection == "enabled" || (injection.empty() && revision) ||
                     !value_of(*pods.labels, "istio.io/rev").empty();
  return asked && (annotated.empty() || is_true(annotated));
}

}  // namespace orrery::scenario
