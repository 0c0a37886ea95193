/// @file
/// Scenarios of the repository, for tests that change something in them.
#pragma once

#include <string>
#include <utility>

#include "runner/scenario/reading.h"

namespace orrery::session {

/// Requires: nothing is wrong with the file.
inline scenario::Scenario scenario_of(const std::string& file) {
  scenario::ScenarioReading reading = scenario::read_scenario(file);
  return std::move(reading.scenario.value());
}

}  // namespace orrery::session
