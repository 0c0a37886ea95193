#include "runner/command/commands.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <thread>

#include "models/base/contract.h"
#include "runner/replay/replay.h"
#include "runner/report/report.h"
#include "runner/scenario/check.h"
#include "runner/scenario/init.h"
#include "runner/scenario/reading.h"
#include "runner/session/live_session.h"
#include "runner/session/sim_session.h"
#include "runner/verdict/verdict.h"

namespace orrery::command {
namespace {

constexpr std::uint64_t kMostSeeds = 100'000;

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }
void complain(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stderr); }

int bad_input(const Failure& failure) {
  complain("orrery: " + failure.what + (failure.hint.empty() ? "" : " (" + failure.hint + ")") +
           "\n");
  return kExitBadInput;
}

struct SeedRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

std::optional<SeedRange> parse_seeds(const std::string& text) {
  const auto number = [](std::string_view part) -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc{} || end != part.data() + part.size()) return std::nullopt;
    return value;
  };
  const std::size_t dots = text.find("..");
  const auto first = number(std::string_view{text}.substr(0, dots));
  const auto last =
      dots == std::string::npos ? first : number(std::string_view{text}.substr(dots + 2));
  if (!first || !last || *last < *first || *last - *first >= kMostSeeds) return std::nullopt;
  return SeedRange{*first, *last};
}

/// Progress on a terminal, in place; nothing when the output is piped.
void show_progress(std::uint64_t done, std::uint64_t all) {
  if (isatty(STDERR_FILENO) == 0 || all == 1) return;
  complain(fmt::format("\r{} of {} runs done{}", done, all, done == all ? "\r\x1b[K" : ""));
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string text{value};
    return text.find("UTF-8") != std::string::npos || text.find("utf8") != std::string::npos;
  }
  return false;
}

std::string read_standard_input(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    if (file != "-") continue;
    return {std::istreambuf_iterator<char>{std::cin}, std::istreambuf_iterator<char>{}};
  }
  return {};
}

bool write_new_file(const std::string& path, const std::string& text) {
  std::ofstream file{path, std::ios::binary};
  file << text;
  file.close();
  return static_cast<bool>(file);
}

}  // namespace

int run(const RunOptions& options) {
  scenario::ScenarioReading reading = scenario::read_scenario(options.scenario);
  if (!reading.scenario) {
    for (const api::Problem& problem : reading.problems) complain(to_string(problem) + "\n");
    complain(fmt::format("{} {}; nothing was run\n", reading.problems.size(),
                         reading.problems.size() == 1 ? "problem" : "problems"));
    return kExitBadInput;
  }
  scenario::Scenario& scenario = *reading.scenario;
  if (!options.seeds.empty()) {
    const auto seeds = parse_seeds(options.seeds);
    if (!seeds) {
      return bad_input(
          {"--seeds: expected A..B or A with A <= B, such as 1..20; found " + options.seeds, ""});
    }
    scenario.first_seed = seeds->first;
    scenario.last_seed = seeds->last;
  }
  const std::uint64_t count = scenario.last_seed - scenario.first_seed + 1;
  const unsigned jobs =
      options.jobs != 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency());

  // Before the run, so that its end is not the moment to learn that it cannot be kept.
  std::error_code error;
  std::filesystem::create_directories(options.out, error);
  if (error) {
    return bad_input({"--out: cannot make the folder " + options.out + ": " + error.message(), ""});
  }
  Result<std::vector<runner::RunResult>> results = failure("not run");
  const bool live = options.world == "containerd";
  if (live) {
    if (count > 1) complain(fmt::format("live: one run, with seed {}\n", scenario.first_seed));
    results = session::run_live(scenario, options.out);
    if (!results) return bad_input(results.error());
  } else {
    if (const auto can = session::can_simulate(scenario); !can) return bad_input(can.error());
    results = session::simulate_all(scenario, jobs,
                                    [&](std::uint64_t done) { show_progress(done, count); });
    if (!results) {
      complain("orrery: " + results.error().what + "\n");
      return kExitOurBug;
    }
  }
  const verdict::Judgement judgement = verdict::judge(scenario, *results);
  const report::FinishedRun finished{
      scenario, live ? report::World::Containerd : report::World::Sim, *results, judgement};
  if (const auto written = report::write_files(finished, options.out); !written) {
    return bad_input(written.error());
  }
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  print(report::terminal_text(finished, terminal && std::getenv("NO_COLOR") == nullptr,
                              terminal && locale_is_utf8(), options.out));
  return verdict::exit_code(judgement.verdict);
}

int check(const std::vector<std::string>& files) {
  const scenario::CheckReport report = scenario::check(files, read_standard_input(files));
  if (report.exit_code == 0) {
    print(report.text);
  } else {
    complain(report.text);
  }
  return report.exit_code;
}

int init(std::vector<std::string> files, const std::string& out) {
  if (out != "-" && std::filesystem::exists(out)) {
    return bad_input({out + " exists and is left as it is", "choose another name with -o"});
  }
  // A scenario names its manifests as files, so what came through a pipe has to become one.
  const auto piped = std::find(files.begin(), files.end(), "-");
  if (piped != files.end()) {
    if (out == "-") {
      return bad_input({"manifests from standard input need a scenario file beside them",
                        "name one with -o FILE"});
    }
    const std::string manifests = std::filesystem::path{out}.replace_extension(".manifests.yaml");
    if (std::filesystem::exists(manifests)) {
      return bad_input({manifests + " exists and is left as it is", "choose another name with -o"});
    }
    const std::string text = read_standard_input(files);
    if (!write_new_file(manifests, text)) return bad_input({"cannot write " + manifests, ""});
    *piped = manifests;
  }
  const scenario::Draft draft = scenario::draft_scenario(files, out);
  if (!draft.problems.empty()) {
    for (const api::Problem& problem : draft.problems) complain(to_string(problem) + "\n");
    return kExitBadInput;
  }
  if (out == "-") {
    print(draft.text);
    return 0;
  }
  if (!write_new_file(out, draft.text)) return bad_input({"cannot write " + out, ""});
  complain(fmt::format("wrote {}; guesses are marked \"assumed\" in it. Next: orrery run {}\n", out,
                       out));
  return 0;
}

int replay(const std::vector<std::string>& records) {
  int status = 0;
  for (const std::string& record : records) {
    const auto result = replay::replay_record(record);
    if (!result) return bad_input(result.error());
    print(record + ": " + to_string(*result) + "\n");
    if (result->divergence) status = 1;
  }
  return status;
}

}  // namespace orrery::command
