/// @file
/// What the API server does to an object before it takes it, and what it refuses.
///
/// Source: Kubernetes admission plug-ins NamespaceLifecycle, LimitRanger, Priority,
/// DefaultTolerationSeconds, ResourceQuota, in this order.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/store/object_table.h"

namespace orrery::store {

/// Fills in what new objects of its kind get (limits, priority, tolerations, finalizers, the
/// condition of a pod that must not be scheduled yet). Returns why it is refused, or nothing.
///
/// A namespace need not exist as an object; while its object is being deleted, nothing is made in
/// it.
[[nodiscard]] std::optional<std::string> admit(api::Object& object, const Tables& tables);

struct QuotaCharge {
  std::optional<std::string> refusal;       ///< "exceeded quota: …"
  std::vector<api::ResourceQuota> charged;  ///< The quotas with the object's usage added.
};

/// What becomes of the namespace's quotas if `object` is created. Requires: `object` was admitted.
[[nodiscard]] QuotaCharge charge_quotas(const api::Object& object, const Tables& tables);

/// Why the object may not be deleted, or nothing.
[[nodiscard]] std::optional<std::string> refuse_deletion(const api::Object& object);

/// The finalizer that keeps a namespace until it is empty.
inline constexpr const char* kNamespaceFinalizer = "kubernetes";

}  // namespace orrery::store
