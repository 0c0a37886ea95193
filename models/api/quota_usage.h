/// @file
/// What an object uses up of its namespace's quotas, by the names quotas give it.
///
/// Source: Kubernetes pkg/quota/v1/evaluator/core and generic (object counts).
#pragma once

#include <string>

#include "models/api/objects.h"

namespace orrery::api {

/// Everything that a quota could count of `object`; amounts of CPU in thousandths. A pod that has
/// ended uses no more than its place in "count/pods".
[[nodiscard]] QuotaAmounts quota_usage(const Object& object);

/// The resources that `hard` limits and that containers of `pod` do not state, as Kubernetes puts
/// it: "limits.cpu for: a,b; requests.memory for: a". Empty: none.
[[nodiscard]] std::string missing_for_quota(const PodSpec& pod, const QuotaAmounts& hard);

/// Whether amounts of this resource are in thousandths of a core.
[[nodiscard]] bool is_cpu_quota(const std::string& resource);

/// Whether quota_usage() can say anything about this resource.
[[nodiscard]] bool is_counted_quota(const std::string& resource);

/// "pods=2", "requests.cpu=500m", "requests.memory=1Gi".
[[nodiscard]] std::string quota_text(const std::string& resource, std::int64_t amount);

}  // namespace orrery::api
