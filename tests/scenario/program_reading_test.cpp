#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "runner/scenario/check.h"
#include "tests/scenario/scenario_text.h"
#include "tests/support/temporary_folder.h"

namespace orrery::scenario {
namespace {

using namespace orrery::literals;

constexpr const char* kExample = "scenarios/external-autoscaler/load-step.json";

TEST(ReadPrograms, AProgramOfPathRunsInTheScenariosFolder) {
  const ScenarioReading reading = read_scenario("scenarios/external-autoscaler/placement.json");
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  const Program& program = reading.scenario->autoscalers.at("default/web");
  EXPECT_EQ(program.exec, (std::vector<std::string>{"python3", "hpa.py"}));
  EXPECT_EQ(program.folder, "scenarios/external-autoscaler");
  EXPECT_TRUE(program.path.starts_with("/") && program.path.ends_with("/python3")) << program.path;
  EXPECT_EQ(program.timeout, 10_s);
  const SchedulerSettings& scheduler = reading.scenario->schedulers.at("default-scheduler");
  ASSERT_TRUE(scheduler.program.has_value());
  EXPECT_EQ(scheduler.program_weight, 100);
  const auto programs = programs_of(*reading.scenario);
  ASSERT_EQ(programs.size(), 2U);
  EXPECT_EQ(programs[0].first, "autoscaler default/web");
  EXPECT_EQ(programs[1].first, "scheduler default-scheduler");
}

TEST(ReadPrograms, AFileOfTheFolderIsNamedWithASlash) {
  const tests::TemporaryFolder folder;
  std::filesystem::copy("scenarios/external-autoscaler", folder.path(),
                        std::filesystem::copy_options::recursive);
  const auto read_with = [&](const std::string& exec) {
    return read_scenario(folder.file("load-step.json"),
                         {{"/autoscalers/web/exec", "[\"" + exec + "\"]", {}}});
  };
  const auto problem_with = [&](const std::string& exec) {
    return text_of(read_with(exec).problems);
  };
  std::ofstream{folder.file("scale")} << "#!/bin/sh\n";
  EXPECT_NE(problem_with("./scale").find("a file that can be run"), std::string::npos);
  std::filesystem::permissions(folder.file("scale"), std::filesystem::perms::owner_exec,
                               std::filesystem::perm_options::add);
  const ScenarioReading reading = read_with("./scale");
  ASSERT_TRUE(reading.scenario) << text_of(reading.problems);
  EXPECT_EQ(reading.scenario->autoscalers.at("default/web").path, "./scale");
  EXPECT_NE(problem_with("scale").find("write \"./scale\""), std::string::npos);
  EXPECT_NE(problem_with("../scale").find("a program of PATH"), std::string::npos);
  EXPECT_NE(problem_with("manifests/../../scale").find("a program of PATH"), std::string::npos);
  EXPECT_NE(problem_with(folder.file("scale")).find("a program of PATH"), std::string::npos);
  EXPECT_NE(problem_with("./manifests").find("a file that can be run"), std::string::npos);
}

TEST(ReadPrograms, CheckSaysWhatWillRunAndRunsNothing) {
  const tests::TemporaryFolder folder;
  std::filesystem::copy("scenarios/external-autoscaler", folder.path(),
                        std::filesystem::copy_options::recursive);
  std::ofstream{folder.file("hpa.py")} << "open('was-run', 'w')\n";
  const CheckReport report = check({folder.file("load-step.json")});
  EXPECT_EQ(report.exit_code, 0) << report.text;
  EXPECT_NE(report.text.find("  a run starts 1 program, with your rights; in the simulated world "
                             "alone\n    autoscaler default/web: python3 hpa.py\n"),
            std::string::npos)
      << report.text;
  EXPECT_FALSE(std::filesystem::exists(folder.file("was-run")));
}

TEST(ReadPrograms, OneAutoscalerHasOneProgram) {
  const ScenarioReading reading = read_scenario(
      kExample,
      {{"/autoscalers", R"({"web": {"exec": ["sh"]}, "default/web": {"exec": ["sh"]}})", {}}});
  EXPECT_NE(text_of(reading.problems).find("each autoscaler once"), std::string::npos)
      << text_of(reading.problems);
}

}  // namespace
}  // namespace orrery::scenario
