/// @file
/// Which objects a quota with scopes counts, and which resources it may limit.
///
/// Source: Kubernetes pkg/quota/v1/evaluator/core/pods.go (podMatchesScopeFunc),
/// pkg/apis/core/helper (IsResourceQuotaScopeValidForResource).
#pragma once

#include <string>

#include "models/api/objects.h"

namespace orrery::api {

/// Whether `object` is in all scopes of the quota. Without scopes everything is; with any, no
/// object but a pod.
[[nodiscard]] bool in_scopes(const ResourceQuota& quota, const Object& object);

/// Whether a quota of that scope may limit the resource: BestEffort the number of pods alone,
/// others also their CPU and memory. Names with a "/" are not looked at.
[[nodiscard]] bool may_limit(QuotaScope scope, const std::string& resource);

}  // namespace orrery::api
