/// The `orrery` command.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "models/base/contract.h"
#include "runner/command/commands.h"

namespace {

using namespace orrery;

constexpr const char* kExamples = R"(Examples:
  orrery init manifests/ -o scenario.json      draft a scenario from manifests
  orrery check scenario.json                   what is wrong, not modelled, or assumed
  orrery run scenario.json --seeds 1..20       simulate; report in out/report.html
  orrery run scenario.json --world containerd  the same controllers on live containerd hosts
  orrery replay out/live/records/*.jsonl         what a live process did, once more

Exit status: 0 passed, 1 failed, 2 bad input, 3 inconclusive, 70 a defect in Orrery.)";

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "A wind tunnel for orchestration: plays Kubernetes manifests, a load and faults, and "
      "says what users would have seen."};
  app.footer(kExamples);
  app.require_subcommand(1);
  app.set_version_flag("--version", ORRERY_VERSION);
  int status = 0;

  command::RunOptions run;
  CLI::App* run_command = app.add_subcommand("run", "Run a scenario and judge it");
  run_command->add_option("scenario", run.scenario, "Scenario file, JSON with comments or YAML")
      ->required();
  run_command->add_option("--seeds", run.seeds, "Seeds to run, A..B or A; default: the scenario's");
  run_command->add_option("--world", run.world, "sim (default) or containerd")
      ->check(CLI::IsMember({"sim", "containerd"}));
  run_command->add_option("--out", run.out, "Folder for summary.json, report.html and the rest")
      ->capture_default_str();
  run_command->add_option("--jobs", run.jobs, "Runs at a time; default: one per processor")
      ->check(CLI::Range(1U, 1024U));
  run_command->callback([&] { status = command::run(run); });

  std::vector<std::string> check_files;
  CLI::App* check_command =
      app.add_subcommand("check", "Say what is wrong with scenarios or manifests");
  check_command->add_option("files", check_files, "Files or folders; - for standard input")
      ->required();
  check_command->callback([&] { status = command::check(check_files); });

  std::vector<std::string> init_files;
  std::string init_out = "-";
  CLI::App* init_command = app.add_subcommand("init", "Draft a runnable scenario from manifests");
  init_command->add_option("files", init_files, "Manifests: files or folders; - for standard input")
      ->required();
  init_command->add_option("-o,--out", init_out, "File to write; default: standard output");
  init_command->callback([&] { status = command::init(init_files, init_out); });

  std::vector<std::string> records;
  CLI::App* replay_command = app.add_subcommand(
      "replay", "Feed a live process's record to the same components and compare what they do");
  replay_command->add_option("records", records, "Records of one process incarnation each")
      ->required();
  replay_command->callback([&] { status = command::replay(records); });

  command::add_live_commands(app, status);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : command::kExitBadInput;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "orrery: %s\nThis is a defect in Orrery; please report it.\n",
                 error.what());
    return kExitOurBug;
  }
  return status;
}
