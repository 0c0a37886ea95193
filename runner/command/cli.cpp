#include "runner/command/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "runner/command/commands.h"
#include "runner/command/pages.h"
#include "runner/command/terminal.h"
#include "runner/export/export.h"
#include "runner/scenario/fields.h"

namespace orrery::command {
namespace {

constexpr const char* kAbout =
    "A wind tunnel for orchestration: plays Kubernetes manifests, a load and faults, and says what "
    "users would have seen.";

constexpr const char* kExamples = R"(Examples:
  orrery init manifests/ -o scenario.json      draft a scenario from manifests
  helm template . | orrery check -             what is wrong, not modelled, or assumed
  orrery run scenario.json --seeds 1..20       simulate; report in out/report.html
  orrery run scenario.json --set load[0].poisson=400/s
  orrery why out --at 90s                      from what failed then to what made it fail
  orrery run scenario.json --world containerd  the same controllers on live containerd hosts
  orrery run scenario.json --seeds 7 --record run.orrery
  orrery export run.orrery --format perfetto --traces slowest:10 -o slow.json
  orrery compare scenario.json --head-set Deployment/web:spec.replicas=5
  orrery sweep scenario.json --grid services.web.concurrency=4,8,16
  orrery replay out/live/records/*.jsonl       what a live process did, once more

Exit status: 0 passed, 1 failed or worse, 2 bad input, 3 inconclusive, 70 a defect in Orrery.)";

constexpr const char* kSet =
    "Another value, PATH=VALUE: load[0].poisson=200/s, /duration=5min, or of a manifest "
    "Deployment/web:spec.replicas=5; may be repeated";
constexpr const char* kSeeds = "Seeds to run, A..B or A; default: the scenario's";
constexpr const char* kFolder =
    "Folder at which names of files in a scenario begin; default: that of the scenario";
constexpr const char* kScenarioFile = "Scenario file, JSON with comments or YAML";

/// An option with a text, which is refused if it is empty: one that a script hands an empty
/// variable would otherwise count as not given.
CLI::Option* add_text(CLI::App& command, const std::string& name, std::string& text,
                      const std::string& help) {
  return command.add_option(name, text, help)->check([](const std::string& given) {
    return given.empty() ? std::string{"expected a value; found an empty text"} : std::string{};
  });
}

void add_jobs(CLI::App& command, unsigned& jobs) {
  command.add_option("--jobs", jobs, "Runs at a time; default: one per processor")
      ->check(CLI::Range(1U, 1024U));
}

/// One value per option, so that a list does not swallow the arguments behind it.
void add_repeated(CLI::App& command, const char* name, std::vector<std::string>& into,
                  const char* about) {
  command.add_option(name, into, about)->allow_extra_args(false);
}

void add_world(CLI::App& command, std::string& world) {
  command.add_option("--world", world, "sim (default) or containerd")
      ->check(CLI::IsMember({"sim", "containerd"}));
}

void add_run(CLI::App& app, int& status) {
  static RunOptions run;
  CLI::App* command = app.add_subcommand("run", "Run a scenario and judge it");
  command->add_option("scenario", run.scenario, kScenarioFile)->required();
  add_text(*command, "--folder", run.folder, kFolder);
  add_text(*command, "--seeds", run.seeds, kSeeds);
  add_repeated(*command, "--set", run.settings, kSet);
  add_world(*command, run.world);
  add_text(*command, "-o,--out", run.out, "Folder for summary.json, report.html and the rest")
      ->capture_default_str();
  add_text(*command, "--junit", run.junit, "File for the verdict as JUnit XML");
  add_text(*command, "--markdown", run.markdown,
           "File for the verdict as Markdown; - for standard output");
  add_text(*command, "--record", run.record,
           "File for a recording of the run, which orrery export reads; one seed");
  command
      ->add_option("--record-traces", run.record_traces,
                   "Requests a second that the recording follows call by call; 0: none")
      ->check(CLI::Range(0U, 1'000'000U))
      ->capture_default_str();
  add_text(*command, "--control", run.control,
           "Socket for commands to a recorded run, which begins held unless it is live; "
           "what was done is kept as session.json in the folder of --out");
  add_jobs(*command, run.jobs);
  command->callback([&status] { status = command::run(run); });
}

void add_check_and_init(CLI::App& app, int& status) {
  static std::vector<std::string> files;
  static std::vector<std::string> settings;
  CLI::App* check = app.add_subcommand("check", "Say what is wrong with scenarios or manifests");
  check->add_option("files", files, "Files or folders; - for standard input")->required();
  add_repeated(*check, "--set", settings, kSet);
  static std::string world = "sim";
  add_world(*check, world);
  static std::string folder;
  add_text(*check, "--folder", folder, kFolder);
  check->callback([&status] { status = command::check(files, settings, world, folder); });

  static std::vector<std::string> manifests;
  static std::string out = "-";
  CLI::App* init = app.add_subcommand("init", "Draft a runnable scenario from manifests");
  init->add_option("files", manifests, "Manifests: files or folders; - for standard input")
      ->required();
  add_text(*init, "-o,--out", out, "File to write; default: standard output");
  init->callback([&status] { status = command::init(manifests, out); });
}

void add_compare(CLI::App& app, int& status) {
  static CompareOptions compare;
  CLI::App* command = app.add_subcommand(
      "compare", "Run two variants with the same random numbers and say what got worse");
  command->add_option("base", compare.base, kScenarioFile)->required();
  command->add_option("head", compare.head, "The other scenario; default: the same one");
  command->add_option("--base-manifests", compare.base_manifests,
                      "Files or folders in place of the base's manifests");
  command->add_option("--head-manifests", compare.head_manifests,
                      "Files or folders in place of the head's manifests");
  add_repeated(*command, "--set", compare.settings, kSet);
  add_repeated(*command, "--head-set", compare.head_settings, "As --set, for the head alone");
  add_text(*command, "--seeds", compare.seeds, kSeeds);
  command->add_option("--tolerance", compare.tolerance, "Changes smaller than this do not count")
      ->capture_default_str();
  add_text(*command, "-o,--out", compare.out, "Folder for compare.json and compare.html")
      ->capture_default_str();
  add_jobs(*command, compare.jobs);
  command->callback([&status] { status = command::compare(compare); });
}

void add_sweep(CLI::App& app, int& status) {
  static SweepOptions sweep;
  CLI::App* command =
      app.add_subcommand("sweep", "Run a scenario at every point of its parameters");
  command->add_option("scenario", sweep.scenario, kScenarioFile)->required();
  command
      ->add_option("--results", sweep.results,
                   "SQLite file; a sweep that was killed goes on with it")
      ->capture_default_str();
  add_repeated(*command, "--grid", sweep.grid, "A parameter, PATH=VALUE,VALUE: every combination");
  add_repeated(*command, "--zip", sweep.zip, "A parameter, PATH=VALUE,VALUE: all of these in step");
  add_text(*command, "--seeds", sweep.seeds, kSeeds);
  add_repeated(*command, "--set", sweep.settings, kSet);
  add_jobs(*command, sweep.jobs);
  command->callback([&status] { status = command::sweep(sweep); });
}

void add_export(CLI::App& app, int& status) {
  static ExportOptions exported;
  CLI::App* command = app.add_subcommand(
      "export", "Write a recording, or the results of a sweep, for other programs");
  command->add_option("file", exported.file, "File of orrery run --record, or of orrery sweep")
      ->required();
  command
      ->add_option("--format", exported.format,
                   "csv-long: one line per second or point and figure; of a recording also jsonl, "
                   "sqlite, prometheus (OpenMetrics), zipkin, jaeger, otlp, perfetto")
      ->check(CLI::IsMember(exporting::formats()))
      ->capture_default_str();
  add_text(*command, "--traces", exported.traces,
           "Which requests of a recording: failed, or slowest:N; default: all");
  command
      ->add_option("--max-bytes", exported.max_bytes,
                   "Write no more than this; what is written is whole")
      ->check(CLI::Range(std::uint64_t{4096}, std::uint64_t{1} << 62));
  add_text(*command, "-o,--out", exported.out, "File to write; default: standard output");
  command->callback([&status] { status = command::export_file(exported); });
}

void add_why(CLI::App& app, int& status) {
  static WhyOptions why;
  CLI::App* command =
      app.add_subcommand("why", "Say why requests failed, from each symptom to its origin");
  command->add_option("run", why.run, "Folder that orrery run --out wrote")->required();
  add_text(*command, "--at", why.at, "Only what was failing then: 90s, 2min");
  add_text(*command, "--what", why.what,
           "Calls to this service, by anybody; default: requests of users");
  command->add_option("--seed", why.seed, "Of this run; default: the first");
  command->callback([&status] { status = command::why(why); });
}

void add_replay(CLI::App& app, int& status) {
  static std::vector<std::string> records;
  CLI::App* command = app.add_subcommand(
      "replay", "Feed a live process's record to the same components and compare what they do");
  command->add_option("records", records, "Records of one process incarnation each")->required();
  command->callback([&status] { status = command::replay(records); });
}

void add_pages(CLI::App& app, int& status) {
  CLI::App* schema = app.add_subcommand("schema", "Print the JSON Schema of scenarios");
  schema->callback([&status] { status = command::schema(); });

  static std::string profile_name;
  CLI::App* profile = app.add_subcommand("profile", "What versions of Kubernetes are made of");
  profile->require_subcommand(1);
  CLI::App* show = profile->add_subcommand(
      "show", "List every delay and default with its source, of one profile or side by side");
  show->add_option("name", profile_name, "A profile; default: all of them");
  show->callback([&status] { status = command::show_profile(profile_name); });

  static std::string shell;
  CLI::App* completion = app.add_subcommand("completion", "Print the completion script of a shell");
  completion->add_option("shell", shell, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}));
  completion->callback([&app, &status] {
    print(shell == "bash" ? bash_completion(app) : zsh_completion(app));
    status = 0;
  });
  CLI::App* manual = app.add_subcommand("man", "Print the manual page, for man -l -");
  manual->callback([&app, &status] {
    print(manual_page(app, ORRERY_VERSION));
    status = 0;
  });
}

/// Why a command line is none: each word that no option and no subcommand takes, with the one that
/// may have been meant, or else what the parser says.
std::string complaint(const CLI::App* app, const CLI::Error& error) {
  const CLI::App* called = app;
  std::string name = "orrery";
  while (!called->get_subcommands().empty()) {
    called = called->get_subcommands().front();
    name += " " + called->get_name();
  }
  std::vector<std::string> subcommands;
  for (const CLI::App* one : called->get_subcommands({})) subcommands.push_back(one->get_name());
  std::vector<std::string> options;
  for (const CLI::Option* one : called->get_options()) {
    for (const std::string& option : one->get_lnames()) options.push_back("--" + option);
  }
  std::string text;
  for (const std::string& word : app->remaining(true)) {
    const bool is_option = word.size() > 1 && word.front() == '-';
    const std::string meant = scenario::did_you_mean(word, is_option ? options : subcommands);
    text += fmt::format("{}: \"{}\" is not expected{}\n", name, word,
                        meant.empty() ? "" : " (" + meant + ")");
  }
  if (text.empty()) text = fmt::format("{}: {}\n", name, error.what());
  return text + fmt::format("{} --help says what is.\n", name);
}

}  // namespace

void define_commands(CLI::App& app, int& status) {
  app.description(kAbout);
  app.footer(kExamples);
  app.require_subcommand(1);
  app.failure_message(complaint);
  app.set_version_flag("--version", ORRERY_VERSION);
  add_run(app, status);
  add_check_and_init(app, status);
  add_compare(app, status);
  add_sweep(app, status);
  add_why(app, status);
  add_export(app, status);
  add_replay(app, status);
  add_pages(app, status);
  add_live_commands(app, status);
}

}  // namespace orrery::command
