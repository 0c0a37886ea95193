#include "tests/fuzz/targets.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "models/api/reading.h"
#include "models/base/contract.h"
#include "models/recording/run_reader.h"
#include "runner/scenario/reading.h"
#include "runner/scenario/settings.h"

namespace orrery::fuzz {
namespace {

/// From the root of the repository.
constexpr const char* kBeside = "tests/fuzz/beside";

/// A file that is gone with its owner.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view text)
      : path_{std::filesystem::temp_directory_path() /
              ("orrery-series-" + std::to_string(getpid()) + ".csv")} {
    std::ofstream{path_, std::ios::binary} << text;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path_); }

  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

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
  const scenario::ScenarioReading reading = scenario::read_scenario_text(text, "fuzz", kBeside);
  expect_lines(reading.problems);
  expects(reading.scenario.has_value() == reading.problems.empty(),
          "a scenario without problems is a scenario");
  // The text as a setting of the command line, too.
  if (const auto change = scenario::parse_setting(text)) {
    expect_lines(scenario::read_scenario_text("{}", "fuzz", kBeside, {*change}).problems);
  }
}

void read_as_series(std::string_view text) {
  const TemporaryFile file{text};
  const scenario::ScenarioReading reading = scenario::read_scenario_text(
      R"({"format": 1, "name": "series", "duration": "1min", "cluster": {"nodes": 1},
          "manifests": ["web.yaml"], "metrics": {"jobs": {"external": ")" +
          file.path() + R"("}}})",
      "fuzz", kBeside);
  expect_lines(reading.problems);
  expects(reading.scenario.has_value() == reading.problems.empty(),
          "a scenario without problems is a scenario");
  if (!reading.scenario) return;
  const auto& series = reading.scenario->metrics.at("jobs").series;
  expects(!series.empty() && std::is_sorted(series.begin(), series.end()), "times rise");
}

void read_as_recording(std::string_view bytes) {
  const TemporaryFile file{bytes};
  const auto reader = recording::RunReader::open(file.path());
  if (!reader || !(*reader)->last()) return;
  const Instant last = *(*reader)->last();
  (void)(*reader)->at(last);
  (void)(*reader)->at(*(*reader)->first());
  (void)(*reader)->events({}, last);
  (void)(*reader)->traces({}, last);
  (void)(*reader)->samples({}, last);
  for (const std::size_t points : {1U, 10U, 1000U}) {
    (void)(*reader)->series((*reader)->columns().count() - 1, {}, last, points);
  }
  (void)(*reader)->follow();
}

}  // namespace orrery::fuzz
