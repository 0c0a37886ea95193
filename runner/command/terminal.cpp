#include "runner/command/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "runner/command/commands.h"
#include "runner/scenario/scalars.h"

namespace orrery::command {

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }
void complain(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); }

void refuse(const std::vector<api::Problem>& problems) {
  for (const api::Problem& problem : problems) complain(to_string(problem) + "\n");
  complain(fmt::format("{} {}; nothing was run\n", problems.size(),
                       problems.size() == 1 ? "problem" : "problems"));
}

int bad_input(const Failure& failure) {
  complain("orrery: " + failure.what + (failure.hint.empty() ? "" : " (" + failure.hint + ")") +
           "\n");
  return kExitBadInput;
}

void show_progress(std::uint64_t done, std::uint64_t all) {
  if (isatty(STDERR_FILENO) == 0 || all == 1) return;
  complain(fmt::format("\r{} of {} runs done{}", done, all, done == all ? "\r\x1b[K" : ""));
}

bool wants_colour() { return isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr; }

bool wants_unicode() {
  if (isatty(STDOUT_FILENO) == 0) return false;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string text{value};
    return text.find("UTF-8") != std::string::npos || text.find("utf8") != std::string::npos;
  }
  return false;
}

bool write_text(const std::string& path, const std::string& text) {
  if (path == "-") {
    print(text);
    return true;
  }
  std::ofstream file{path, std::ios::binary};
  file << text;
  file.close();
  return static_cast<bool>(file);
}

unsigned jobs_or_all(unsigned jobs) {
  return jobs != 0 ? jobs : std::max(1U, std::thread::hardware_concurrency());
}

Result<std::vector<scenario::Override>> parse_settings(const std::vector<std::string>& settings,
                                                       const std::string& option) {
  std::vector<scenario::Override> overrides;
  for (const std::string& setting : settings) {
    auto change = scenario::parse_setting(setting);
    if (!change) return failure(option + ": " + change.error().what, change.error().hint);
    overrides.push_back(*std::move(change));
  }
  return overrides;
}

std::optional<scenario::Scenario> load_scenario(const std::string& path,
                                                const std::vector<std::string>& settings,
                                                const std::string& seeds,
                                                std::vector<scenario::Override> overrides,
                                                const std::string& folder) {
  const auto set = parse_settings(settings);
  if (!set) {
    (void)bad_input(set.error());
    return std::nullopt;
  }
  overrides.insert(overrides.end(), set->begin(), set->end());
  scenario::ScenarioReading reading = scenario::read_scenario(path, overrides, folder);
  if (!reading.scenario) {
    refuse(reading.problems);
    return std::nullopt;
  }
  if (!seeds.empty()) {
    const auto range = scenario::parse_seeds(seeds);
    if (!range) {
      (void)bad_input(
          {"--seeds: expected a seed or up to 100,000 of them, such as 7 or 1..20; found " + seeds,
           ""});
      return std::nullopt;
    }
    reading.scenario->first_seed = range->first;
    reading.scenario->last_seed = range->last;
  }
  return std::move(reading.scenario);
}

}  // namespace orrery::command
