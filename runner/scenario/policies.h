/// @file
/// The policies of the calls from one service to another, and where each of them comes from.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/api/reading.h"
#include "models/resilience/route_policy.h"
#include "runner/scenario/scenario.h"

namespace orrery::scenario {

/// What has given a policy.
struct PolicyOrigin {
  std::string rule;  ///< "policies", "VirtualService/web", "Istio's default".
  api::Place where;  ///< Without a file: nowhere, as for defaults.

  friend bool operator==(const PolicyOrigin&, const PolicyOrigin&) = default;
};

/// By the key that the policy has in a scenario: "timeout", "retries"; of what a subset alone has,
/// by "outlierDetection of subset v2".
using PolicyOrigins = std::map<std::string, PolicyOrigin>;

/// The key of what holds for a subset alone, or for the calls to no subset, which has no name.
[[nodiscard]] std::string key_of_subset(const std::string& key, const std::string& subset);
/// Takes out the key, and that of each subset.
void forget_origin(PolicyOrigins& origins, const std::string& key);

struct SourcedPolicy {
  resilience::RoutePolicy policy;
  PolicyOrigins origins;
};

/// Caller and callee, "namespace/name" each; the clients outside have no name.
using Way = std::pair<std::string, std::string>;
using SourcedPolicies = std::map<Way, SourcedPolicy>;

/// The callers of each service.
using Callers = std::map<std::string, std::set<std::string>>;
[[nodiscard]] Callers callers_of(const Scenario& scenario);

/// "clients", or the service as a scenario would name it.
[[nodiscard]] std::string caller_name(const std::string& caller);

/// All of them for people: the ways that have the same origins, with the origins below them; a line
/// each, indented by four. Empty for none.
[[nodiscard]] std::string policies_text(const std::map<Way, PolicyOrigins>& policies);

}  // namespace orrery::scenario
