// Whole runs with programs of the user's: an autoscaler and a scheduler plug-in in Python.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "runner/scenario/reading.h"
#include "runner/session/sim_session.h"
#include "tests/support/temporary_folder.h"

namespace orrery::session {
namespace {

namespace fs = std::filesystem;
using namespace orrery::literals;
using scenario::Scenario;

Scenario read(const std::string& path) {
  scenario::ScenarioReading reading = scenario::read_scenario(path);
  for (const api::Problem& problem : reading.problems) ADD_FAILURE() << to_string(problem);
  Scenario s = reading.scenario.value_or(Scenario{});
  // A machine that is busy with other tests is no program that hangs.
  for (auto& [name, program] : s.autoscalers) program.timeout = 600_s;
  for (auto& [name, settings] : s.schedulers) {
    if (settings.program) settings.program->timeout = 600_s;
  }
  return s;
}

Scenario load_step() { return read("scenarios/external-autoscaler/load-step.json"); }

bool has_children() { return waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD; }

/// The load step with an autoscaler that is a script of the shell.
Scenario with_script(const std::string& text, Duration timeout = 30_s) {
  Scenario s = load_step();
  s.duration = 60_s;
  s.expectations.clear();
  scenario::Program& program = s.autoscalers.at("default/web");
  program.exec = {"sh", "-c", "read -r l; echo '{\"type\":\"hello\",\"protocol\":1}'; " + text};
  program.path = "/bin/sh";
  program.timeout = timeout;
  return s;
}

/// The event log but for what says which program ran.
std::string log_text(const runner::RunResult& run) {
  std::string text;
  for (const recording::LogRecord& record : run.log) {
    if (record.what == "program") continue;
    text += fmt::format("{} {} {} {}\n", record.at.count_ns(), record.what, record.subject,
                        record.detail);
  }
  return text;
}

TEST(Programs, TheFormulaOfTheAutoscalerDecidesAsTheBuiltInOne) {
  const Scenario s = load_step();
  Scenario built_in = s;
  built_in.autoscalers.clear();
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const auto own = try_simulate(s, seed);
    ASSERT_TRUE(own.has_value()) << own.error().what;
    const auto theirs = simulate(built_in, seed);
    EXPECT_EQ(log_text(*own), log_text(theirs)) << "seed " << seed;
    EXPECT_EQ(own->events, theirs.events);
    std::int32_t most = 0;
    for (const auto& sample : own->workloads.at("default/web").samples) {
      most = std::max(most, sample.desired);
    }
    EXPECT_GE(most, 5) << "it has something to decide";
    EXPECT_NE(own->fingerprint, theirs.fingerprint) << "the program is part of the run";
  }
  EXPECT_FALSE(has_children());
}

TEST(Programs, SameSeedSameBytesHoweverManyRunSideBySide) {
  Scenario s = read("scenarios/external-autoscaler/placement.json");
  s.duration = 150_s;
  s.first_seed = 1;
  s.last_seed = 3;
  s.expectations.clear();
  const auto pooled = simulate_all(s, 3, [](std::uint64_t) {});
  ASSERT_TRUE(pooled.has_value()) << pooled.error().what;
  for (const runner::RunResult& run : *pooled) {
    const auto alone = try_simulate(s, run.seed);
    ASSERT_TRUE(alone.has_value()) << alone.error().what;
    EXPECT_EQ(run.fingerprint, alone->fingerprint);
    EXPECT_EQ(run.programs, alone->programs);
    EXPECT_EQ(log_text(run), log_text(*alone));
  }
  EXPECT_NE((*pooled)[0].fingerprint, (*pooled)[1].fingerprint);
  EXPECT_FALSE(has_children());
}

TEST(Programs, ASchedulerPluginKeepsPodsOffTheNodesItRejects) {
  const Scenario s = read("scenarios/external-autoscaler/placement.json");
  const auto run = try_simulate(s, 1);
  ASSERT_TRUE(run.has_value()) << run.error().what;
  for (const auto& sample : run->counts.at("fast-disks")) {
    EXPECT_EQ(sample.value, 0) << to_string(sample.at);
  }
  EXPECT_GE(run->workloads.at("default/web").samples.back().available, 2);
}

TEST(Programs, WhichProgramRanStandsInTheLogAndInTheFingerprint) {
  const tests::TemporaryFolder folder;
  fs::copy("scenarios/external-autoscaler", folder.path(), fs::copy_options::recursive);
  const auto run_of = [&] {
    Scenario s = read(folder.file("load-step.json"));
    s.duration = 20_s;
    s.expectations.clear();
    auto run = try_simulate(s, 1);
    if (!run) ADD_FAILURE() << run.error().what;
    return run.value_or(runner::RunResult{});
  };
  const auto before = run_of();
  ASSERT_EQ(before.programs.size(), 1U);
  EXPECT_EQ(before.programs[0].title, "autoscaler default/web");
  ASSERT_EQ(before.programs[0].files.size(), 1U) << "python3 is no file of the folder";
  EXPECT_EQ(before.programs[0].files[0].name, "hpa.py");
  const std::string hash = before.programs[0].files[0].sha256;
  EXPECT_EQ(hash.size(), 64U);
  EXPECT_EQ(before.log.front().what, "program");
  EXPECT_EQ(before.log.front().detail, "python3 hpa.py; hpa.py sha256:" + hash);
  std::ofstream{folder.file("hpa.py"), std::ios::app} << "# nothing else has changed\n";
  const auto after = run_of();
  EXPECT_EQ(log_text(after), log_text(before));
  EXPECT_NE(after.programs[0].files[0].sha256, hash);
  EXPECT_NE(after.fingerprint, before.fingerprint);
}

TEST(Programs, ABrokenProgramEndsTheRunAndSaysWhenAndWhy) {
  struct Case {
    const char* script;
    const char* problem;
    Duration timeout;
  };
  for (const Case& c : {Case{"read -r l; exit 4", "ended with exit status 4", 30_s},
                        Case{"read -r l; echo oops; read -r l", "answered with no JSON", 30_s},
                        Case{"read -r l; sleep 1000", "has not answered within 1s", 1_s}}) {
    const auto run = try_simulate(with_script(c.script, c.timeout), 1);
    ASSERT_FALSE(run.has_value()) << c.script;
    EXPECT_NE(run.error().what.find(c.problem), std::string::npos) << run.error().what;
    EXPECT_NE(run.error().what.find("HorizontalPodAutoscaler/default/web at 15."),
              std::string::npos)
        << run.error().what;
    EXPECT_FALSE(has_children()) << c.script;
  }
}

TEST(Programs, ABrokenProgramEndsAllRunsAndIsNoDefectOfOurs) {
  Scenario s = with_script("read -r l; exit 4");
  s.first_seed = 1;
  s.last_seed = 4;
  const auto runs = simulate_all(s, 2, [](std::uint64_t) {});
  ASSERT_FALSE(runs.has_value());
  EXPECT_TRUE(runs.error().by_program);
  EXPECT_NE(runs.error().what.find("the run of seed "), std::string::npos) << runs.error().what;
  EXPECT_FALSE(has_children());
  s.last_seed = 1;
  EXPECT_TRUE(simulate_all(s, 1, [](std::uint64_t) {}).error().by_program);
}

TEST(Programs, AnErrorOfTheProgramKeepsTheSizeAndTheRunGoesOn) {
  const auto run = try_simulate(
      with_script("n=0; while read -r l; do n=$((n+1)); "
                  "echo \"{\\\"type\\\":\\\"answer\\\",\\\"id\\\":$n,\\\"error\\\":\\\"no\\\"}\"; "
                  "done"),
      1);
  ASSERT_TRUE(run.has_value()) << run.error().what;
  EXPECT_EQ(run->workloads.at("default/web").samples.back().desired, 2);
}

}  // namespace
}  // namespace orrery::session
