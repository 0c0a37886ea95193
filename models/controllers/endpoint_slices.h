/// @file
/// The EndpointSlice controller: says which pods stand behind a Service.
///
/// Source: Kubernetes pkg/controller/endpointslice, staging k8s.io/endpointslice (reconciler.go,
/// utils.go).
#pragma once

#include <optional>
#include <vector>

#include "models/api/objects.h"
#include "models/controllers/plan.h"
#include "models/controllers/zone_hints.h"

namespace orrery::controllers {

inline constexpr const char* kServiceNameLabel = "kubernetes.io/service-name";
inline constexpr const char* kManagedByLabel = "endpointslice.kubernetes.io/managed-by";
inline constexpr const char* kManagedByController = "endpointslice-controller.k8s.io";

struct EndpointSliceConfig {
  std::int32_t endpoints_per_slice = 100;  ///< --max-endpoints-per-slice, >= 1
  /// From a changed slice to the next look at its Service. endpointSliceChangeMinSyncDelay
  Duration slice_change_delay = Duration::seconds(1);
  Duration backoff_base = Duration::seconds(1);  ///< defaultSyncBackOff
  std::int32_t retries_max = 15;                 ///< maxRetries
  /// Whether trafficDistribution is heard; a server below 1.31 drops it
  /// (ServiceTrafficDistribution).
  bool traffic_distribution = false;
};

/// What the controller sees of a Service. Pointers are read during the call.
struct ServiceView {
  const api::Service* service = nullptr;  ///< With a selector.
  /// Of the namespace, those with an address at the least; more, and others than those that are
  /// selected, do no harm.
  std::vector<const api::Pod*> pods;
  std::vector<const api::EndpointSlice*> slices;  ///< That the controller manages for the Service.
  ZoneView zones;                                 ///< For a Service that is to have zone hints.
};

/// The endpoint of a pod; nothing if the pod has no address or has ended.
[[nodiscard]] std::optional<api::Endpoint> endpoint_of(const api::Pod& pod,
                                                       const api::Service& service);

/// Creates, updates and deletes slices until they list exactly the endpoints there are: pods that
/// resolve the target ports alike share slices, and an endpoint stays in its slice.
[[nodiscard]] Plan reconcile_endpoint_slices(const ServiceView& view,
                                             const EndpointSliceConfig& config);

}  // namespace orrery::controllers
