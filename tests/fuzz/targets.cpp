#include "tests/fuzz/targets.h"

#include <string>

#include "models/api/reading.h"
#include "models/base/contract.h"
#include "runner/scenario/reading.h"
#include "runner/scenario/settings.h"

namespace orrery::fuzz {
namespace {

void expect_lines(const std::vector<api::Problem>& problems) {
  for (const api::Problem& problem : problems) {
    expects(api::to_string(problem).find('\n') == std::string::npos, "a problem is one line");
  }
}

}  // namespace

void read_as_manifests(std::string_view text) {
  const api::Manifests manifests = api::read_manifests(text, "fuzz");
  expect_lines(manifests.problems);
  for (const api::ManifestObject& entry : manifests.objects) {
    const Result<api::Object> again = api::from_json_text(api::to_json_text(entry.object));
    expects(again.has_value() && *again == entry.object, "a read object survives being stored");
  }
  (void)api::from_json_text(text);
}

void read_as_scenario(std::string_view text) {
  const scenario::ScenarioReading reading =
      scenario::read_scenario_text(text, "fuzz", "/nonexistent");
  expect_lines(reading.problems);
  expects(reading.scenario.has_value() == reading.problems.empty(),
          "a scenario without problems is a scenario");
  // The text as a setting of the command line, too.
  if (const auto change = scenario::parse_setting(text)) {
    expect_lines(scenario::read_scenario_text("{}", "fuzz", "/nonexistent", {*change}).problems);
  }
}

}  // namespace orrery::fuzz
