/// @file
/// Reads DestinationRules and VirtualServices of Istio.
#pragma once

#include <string>

#include "models/api/istio.h"
#include "models/api/object_reader.h"

namespace orrery::api::istio {

/// Reads an object of networking.istio.io into `rules`; `root` stands at the mapping with
/// apiVersion and kind. What it says and a run cannot follow is noted as not modelled, its other
/// kinds included.
void read_rule(const std::string& api_version, const std::string& kind, ObjectReader& root,
               Rules& rules);

}  // namespace orrery::api::istio
