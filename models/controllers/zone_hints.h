/// @file
/// Zone hints: which zones' clients an endpoint of a Service is for.
///
/// Source: Kubernetes staging k8s.io/endpointslice (topologycache, trafficdist, reconciler.go).
/// Where Kubernetes takes any of several zones that are alike, the first by name is taken.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/api/objects.h"

namespace orrery::controllers {

/// Annotation: "Auto" or "auto" shares a Service's endpoints among zones by their CPUs.
inline constexpr const char* kTopologyModeAnnotation = "service.kubernetes.io/topology-mode";

/// Where nodes are, and each zone's share of the allocatable CPU of ready nodes; control-plane
/// nodes count for none.
struct ZoneView {
  std::map<std::string, std::string> zone_of_node;  ///< Nodes with a zone.
  /// Sums to 1; empty with fewer than two zones, or with a node of unknown zone or CPU.
  std::map<std::string, double> cpu_share;
};
[[nodiscard]] ZoneView zone_view(const std::vector<const api::Node*>& nodes);
/// Two versions of a node that make the same of it in a ZoneView.
[[nodiscard]] bool counts_alike(const api::Node& before, const api::Node& after);

/// What a look at a Service's slices found, before it is written.
struct SliceChanges {
  std::vector<api::EndpointSlice> creates;
  std::vector<api::EndpointSlice> updates;
  std::vector<const api::EndpointSlice*> unchanged;
};

/// The annotation asks for endpoints by share of CPU.
[[nodiscard]] bool wants_share_by_cpu(const api::Service& service);

/// Gives every ready endpoint the zones it is for, and takes slices from `unchanged` to `updates`
/// if theirs are no longer right.
///
/// With the annotation each zone gets endpoints in proportion to its share of CPU, as long as none
/// would be overloaded by more than 20 %; otherwise none has hints. Without it and with
/// `own_zone_first` (trafficDistribution PreferClose) an endpoint is for its own zone; else for
/// all.
void give_zone_hints(const api::Service& service, const ZoneView& zones, bool own_zone_first,
                     SliceChanges& changes);

/// Whether the hints in those slices overload a zone by more than 20 %, so that its Service must be
/// looked at again. Not if they have no hints.
[[nodiscard]] bool zone_overloaded(const std::vector<const api::EndpointSlice*>& slices,
                                   const ZoneView& zones);

}  // namespace orrery::controllers
