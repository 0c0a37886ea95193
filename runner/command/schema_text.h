/// @file
/// The JSON Schema of scenarios, as it stands in scenarios/schema.
#pragma once

#include <string_view>

namespace orrery::command {

extern const std::string_view kScenarioSchema;

}  // namespace orrery::command
