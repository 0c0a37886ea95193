#include "runner/command/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <vector>

#include "models/base/contract.h"
#include "runner/command/output_files.h"
#include "runner/command/terminal.h"
#include "runner/control/run_control.h"
#include "runner/replay/replay.h"
#include "runner/report/report.h"
#include "runner/scenario/check.h"
#include "runner/scenario/digest.h"
#include "runner/scenario/init.h"
#include "runner/scenario/live_limits.h"
#include "runner/scenario/reading.h"
#include "runner/session/live_session.h"
#include "runner/session/sim_session.h"
#include "runner/verdict/verdict.h"

namespace orrery::command {
namespace {

constexpr const char* kLiveWorld = "containerd";

std::string read_standard_input(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    if (file != "-") continue;
    return {std::istreambuf_iterator<char>{std::cin}, std::istreambuf_iterator<char>{}};
  }
  return {};
}

/// Of what the run follows from, read once more; the scenario is known to be right.
std::string digest_of(const RunOptions& options) {
  const auto settings = parse_settings(options.settings);
  if (!settings) return {};
  const auto reading = scenario::read_scenario(options.scenario, *settings, options.folder);
  return scenario::digest_of(scenario::sources_of(options.scenario, reading, *settings));
}

/// What is done by hand is seen in the recording, and kept as a scenario that includes this one.
Result<void> can_control(const RunOptions& options) {
  if (options.control.empty()) return {};
  if (options.record.empty()) return failure("--control: the run is not recorded", "add --record");
  if (!options.settings.empty()) {
    return failure("--control: another value with --set would be missing in what is kept",
                   "write it into a scenario that includes this one");
  }
  return {};
}

}  // namespace

int run(const RunOptions& options) {
  auto loaded =
      load_scenario(options.scenario, options.settings, options.seeds, {}, options.folder);
  if (!loaded) return kExitBadInput;
  const scenario::Scenario& scenario = *loaded;
  const std::uint64_t count = scenario.last_seed - scenario.first_seed + 1;
  const unsigned jobs = jobs_or_all(options.jobs);

  if (!options.record.empty() && count > 1) {
    return bad_input(
        {fmt::format("--record: {} seeds are {} runs, and a recording is of one", count, count),
         fmt::format("add --seeds {}", scenario.first_seed)});
  }
  if (const auto allowed = can_control(options); !allowed) return bad_input(allowed.error());
  const session::RecordOrder record{options.record,
                                    options.record.empty() ? std::string{} : digest_of(options),
                                    ORRERY_VERSION, options.record_traces};
  const session::RecordOrder* recorded = options.record.empty() ? nullptr : &record;

  const bool live = options.world == kLiveWorld;
  if (live) {
    const auto problems = scenario::simulated_alone(scenario);
    if (!problems.empty()) {
      refuse(problems);
      return kExitBadInput;
    }
  }

  // Before the run, so that its end is not the moment to learn that it cannot be kept.
  std::error_code error;
  std::filesystem::create_directories(options.out, error);
  if (error) {
    return bad_input({"--out: cannot make the folder " + options.out + ": " + error.message(), ""});
  }
  const auto in_out = [&](const std::string& name) {
    return NamedFile{"--out", options.out + "/" + name};
  };
  const auto writable = can_write_all({in_out("summary.json"),
                                       in_out("timing.json"),
                                       in_out("events.jsonl"),
                                       in_out("report.html"),
                                       {"--record", options.record},
                                       {"--junit", options.junit},
                                       {"--markdown", options.markdown}},
                                      {{"the scenario", options.scenario}});
  if (!writable) return bad_input(writable.error());
  std::unique_ptr<control::RunControl> hand;
  if (!options.control.empty()) {
    auto made =
        control::RunControl::create({options.control, options.scenario, options.folder,
                                     options.out + "/session.json", scenario.first_seed, live},
                                    scenario);
    if (!made) return bad_input(made.error());
    hand = *std::move(made);
  }
  Result<std::vector<runner::RunResult>> results = failure("not run");
  if (live) {
    if (count > 1) complain(fmt::format("live: one run, with seed {}\n", scenario.first_seed));
    results = session::run_live(scenario, options.out, recorded, hand.get());
    if (!results) return bad_input(results.error());
  } else if (const auto can = session::can_simulate(scenario); !can) {
    return bad_input(can.error());
  } else if (recorded != nullptr) {
    auto one = session::try_simulate(scenario, scenario.first_seed, recorded, hand.get());
    if (!one) return bad_input(one.error());
    results = std::vector<runner::RunResult>{*std::move(one)};
  } else {
    auto runs = session::simulate_all(scenario, jobs,
                                      [&](std::uint64_t done) { show_progress(done, count); });
    if (!runs) {
      if (runs.error().by_program) return bad_input(runs.error());
      complain("orrery: " + runs.error().what + "\n");
      return kExitOurBug;
    }
    results = *std::move(runs);
  }
  if (hand != nullptr) {
    // What was done by hand is part of what was played.
    for (const scenario::TimelineEntry& entry : hand->ordered()) {
      session::insert_by_time(loaded->timeline, entry);
    }
    hand.reset();  // Whoever had it hears that it is over.
  }
  const verdict::Judgement judgement = verdict::judge(scenario, *results);
  const report::FinishedRun finished{
      scenario, live ? report::World::Containerd : report::World::Sim, *results, judgement};
  if (const auto written = report::write_files(finished, options.out); !written) {
    return bad_input(written.error());
  }
  if (!options.junit.empty() && !write_text(options.junit, report::junit_xml(finished))) {
    return bad_input({"--junit: cannot write " + options.junit, ""});
  }
  if (!options.markdown.empty() && !write_text(options.markdown, report::markdown_text(finished))) {
    return bad_input({"--markdown: cannot write " + options.markdown, ""});
  }
  // With a page on standard output, the text for people goes beside it.
  const std::string text =
      report::terminal_text(finished, wants_colour(), wants_unicode(), options.out);
  if (options.markdown == "-") {
    complain(text);
  } else {
    print(text);
  }
  return verdict::exit_code(judgement.verdict);
}

int check(const std::vector<std::string>& files, const std::vector<std::string>& settings,
          const std::string& world, const std::string& folder) {
  const auto overrides = parse_settings(settings);
  if (!overrides) return bad_input(overrides.error());
  const scenario::CheckReport report =
      scenario::check(files, read_standard_input(files), *overrides, world == kLiveWorld, folder);
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
    if (!write_text(manifests, text)) return bad_input({"cannot write " + manifests, ""});
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
  if (!write_text(out, draft.text)) return bad_input({"cannot write " + out, ""});
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
