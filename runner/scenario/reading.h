/// @file
/// Reading a scenario with everything it names, and saying all that is wrong with it at once.
///
/// A scenario is JSON with comments or YAML, of the shape that docs/scenario-reference.md lists.
/// What cannot be read is a Problem with its line; what nobody said is assumed, and listed as such.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/api/istio.h"
#include "models/api/reading.h"
#include "runner/scenario/policies.h"
#include "runner/scenario/scenario.h"
#include "runner/scenario/settings.h"

namespace orrery::scenario {

struct ScenarioReading {
  std::optional<Scenario> scenario;       ///< Only when there are no problems.
  std::vector<api::Problem> problems;     ///< Of the scenario and of all manifests.
  std::vector<std::string> files;         ///< The manifests that were read, in this order.
  std::vector<std::string> includes;      ///< The scenario files that were put under this one.
  api::istio::Rules rules;                ///< Of the manifests.
  std::map<Way, PolicyOrigins> policies;  ///< Where those of the scenario come from.
  /// The same of those that an entry of the timeline changes by Istio's rules, by its id; in order.
  std::vector<std::pair<std::string, std::map<Way, PolicyOrigins>>> changed_policies;
};

/// Reads the scenario of a file. Manifests are found relative to `folder`; to the file's, if it is
/// empty.
[[nodiscard]] ScenarioReading read_scenario(const std::string& path,
                                            const std::vector<Override>& overrides = {},
                                            const std::string& folder = {});

/// The same for a text: `file` names it in messages, manifests are found relative to `folder`.
[[nodiscard]] ScenarioReading read_scenario_text(std::string_view text, const std::string& file,
                                                 const std::string& folder,
                                                 const std::vector<Override>& overrides = {});

}  // namespace orrery::scenario
