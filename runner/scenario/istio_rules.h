/// @file
/// Which of Istio's rules a call falls under: by host, namespace, exportTo and order.
///
/// Source: istio pilot/pkg/model (ResolveShortnameToFQDN, push_context destinationRule,
/// mergeDestinationRule, MergeTrafficPolicy), virtualservice; injection: pkg/kube/inject.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/api/istio.h"
#include "runner/scenario/catalog.h"

namespace orrery::scenario {

/// Whose rules hold for everybody who finds none nearer.
inline constexpr const char* kIstioRootNamespace = "istio-system";

/// The proxy that makes the calls.
struct CallerProxy {
  std::string namespace_name;
  api::Labels labels;       ///< That all pods of the caller have.
  bool is_gateway = false;  ///< Otherwise the sidecar of a pod.
};

/// The Service that is called.
struct CalledHost {
  std::string namespace_name;
  std::string name;
  std::int32_t port = 0;
};

/// "web.shop.svc.cluster.local"
[[nodiscard]] std::string full_name(const CalledHost& host);

/// A host as a rule of that namespace means it: a name without a dot is a Service beside it, any
/// other is as it stands.
[[nodiscard]] std::string full_host(const std::string& host, const std::string& namespace_name);

/// How near a host of a rule is to a name: longer is nearer and exact the nearest; nothing if it
/// does not match. "*.shop.svc.cluster.local" and "*" match, too.
[[nodiscard]] std::optional<std::size_t> nearness(const std::string& host, const std::string& name);

/// The rules that are merged into the one for the host, the first counting most; none: defaults.
/// They stand in the caller's namespace, else in the host's, else in the root namespace.
[[nodiscard]] std::vector<const api::istio::DestinationRule*> destination_rules_for(
    const api::istio::Rules& rules, const CallerProxy& caller, const CalledHost& host);

/// The VirtualService that routes the caller's calls to the host; nullptr: none.
[[nodiscard]] const api::istio::VirtualService* virtual_service_for(const api::istio::Rules& rules,
                                                                    const CallerProxy& caller,
                                                                    const CalledHost& host);

/// The route that a call takes, and the conditions that had to be passed over to find it.
struct RouteChoice {
  const api::istio::HttpRoute* route = nullptr;  ///< nullptr: none fits.
  std::vector<const api::istio::Match*> undecided;
};
/// The first route whose conditions hold. Conditions on what requests carry cannot be judged: such
/// a route is taken if no other holds. Of a gateway only routes to the host count.
[[nodiscard]] RouteChoice choose_route(const api::istio::VirtualService& service,
                                       const CallerProxy& caller, const CalledHost& host);

/// What the subset of this name says; nullptr: no rule has one.
[[nodiscard]] const api::istio::Subset* find_subset(
    const std::vector<const api::istio::DestinationRule*>& rules, const std::string& name);

/// Whether pods get a sidecar: their label, else their annotation, and their namespace's label
/// decide; a container istio-proxy in their template is one already.
[[nodiscard]] bool has_sidecar(const PodsOf& pods, const api::Labels& namespace_labels);

}  // namespace orrery::scenario
