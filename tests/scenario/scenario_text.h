/// @file
/// A small scenario that is right, to be bent by tests.
#pragma once

#include <string>
#include <vector>

#include "runner/scenario/reading.h"

namespace orrery::scenario {

/// Two nodes, the Service "web" of scenarios/live, a kill and a rollout.
inline const char* const kGoodScenario = R"({
  "format": 1,
  "name": "good",
  "duration": "60s",
  "warmup": "5s",
  "runs": {"seeds": "1..3"},
  "manifests": ["scenarios/live/manifests"],
  "cluster": {"nodes": 2, "node": {"cpu": "2", "memory": "1Gi"}},
  "services": {"web": {"concurrency": 8, "operations": {"get": {"cpu": "2ms"}, "put": {"cpu": "3ms"}}}},
  "journeys": {"read": ["web:get"], "write": ["web:put", "web"]},
  "load": [{"poisson": "60/min", "mix": {"read": "75%", "write": "25%"}}],
  "timeline": [
    {"id": "kill", "at": "10s", "fault": "pod-kill", "target": "Deployment/web"},
    {"id": "rollout", "at": "kill+10s", "set": {"target": "Deployment/web", "image": "web:2"}}
  ],
  "expect": [
    {"id": "a", "service": "web", "success": ">= 99%"},
    {"id": "b", "target": "Deployment/web", "rollout": "complete", "within": "20s"},
    {"id": "c", "target": "Deployment/web", "always": {"available": ">= 1"}, "during": "kill..kill+5s"},
    {"id": "d", "target": "Deployment/web", "recovers": "kill", "within": "9s"}
  ]
})";

/// The good scenario with these values put in. Tests run in the root of the repository.
inline ScenarioReading read_bent(const std::vector<Override>& overrides) {
  return read_scenario_text(kGoodScenario, "bent.json", "", overrides);
}

inline std::string text_of(const std::vector<api::Problem>& problems) {
  std::string text;
  for (const api::Problem& problem : problems) text += to_string(problem) + "\n";
  return text;
}

}  // namespace orrery::scenario
