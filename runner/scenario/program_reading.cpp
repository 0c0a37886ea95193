#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "runner/scenario/parts.h"
#include "runner/scenario/scalars.h"

namespace orrery::scenario {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kArgumentsMax = 100;
constexpr std::int64_t kWeightMax = 100;
constexpr Duration kTimeoutMax = Duration::minutes(60);

bool can_be_run(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

/// Of a name without a slash, as a shell would find it; empty: nowhere.
std::string found_in_path(const std::string& name) {
  const char* list = std::getenv("PATH");
  const std::string folders = list == nullptr ? "" : list;
  for (std::size_t at = 0; at <= folders.size();) {
    const auto end = std::min(folders.find(':', at), folders.size());
    const fs::path path = fs::path{folders.substr(at, end - at)} / name;
    // An entry that is relative means another folder in every place.
    if (path.is_absolute() && can_be_run(path)) return path.string();
    at = end + 1;
  }
  return {};
}

/// The file that a program's first argument stands for; empty after a problem.
std::string file_of(const Value& first, const std::string& folder, Report& report) {
  const std::string& name = first.text;
  const fs::path path{name};
  if (name.find('/') == std::string::npos) {
    std::string found = found_in_path(name);
    std::error_code error;
    const bool beside = fs::exists(fs::path{folder} / path, error);
    if (found.empty()) {
      report.add(first, "a program of PATH, or a file in the scenario's folder",
                 beside ? "write \"./" + name + "\" for the file beside the scenario" : "");
    }
    return found;
  }
  const fs::path normal = path.lexically_normal();
  if (path.is_absolute() || *normal.begin() == "..") {
    report.add(first, "a program of PATH, or a file in the scenario's folder",
               "what is run stands beside the scenario, or is installed");
    return {};
  }
  if (!can_be_run(fs::path{folder} / normal)) {
    report.add(first, "a file that can be run",
               "it is looked for in the scenario's folder; is it there, and executable?");
    return {};
  }
  // It is started from within that folder.
  return "./" + normal.string();
}

void read_exec(const Value& exec, const std::string& folder, Program& into, Report& report) {
  const std::string expected = R"(a program and its arguments, such as ["python3", "hpa.py"])";
  const std::size_t before = report.problems().size();
  for (const Value& argument : items(exec, expected, report)) {
    if (argument.type != Value::Type::Text || argument.text.find('\0') != std::string::npos) {
      report.add(argument, "a text");
    } else {
      into.exec.push_back(argument.text);
    }
  }
  if (report.problems().size() != before) return;
  const bool too_many = into.exec.size() > static_cast<std::size_t>(kArgumentsMax);
  if (into.exec.empty() || into.exec.front().empty() || too_many) {
    report.add(exec.where, expected, into.exec.empty() ? "none" : found_text(exec));
    return;
  }
  into.path = file_of(exec.children.front(), folder, report);
}

void read_program(const Fields& fields, const std::string& folder, Program& into, Report& report) {
  into.folder = folder;
  if (const Value* exec = fields.require("exec", "the program and its arguments")) {
    read_exec(*exec, folder, into, report);
  }
  if (const Value* timeout = fields.find("timeout")) {
    const auto read = read_duration(*timeout, report);
    if (read && (*read <= Duration{} || *read > kTimeoutMax)) {
      report.add(*timeout, "a duration above 0 and up to 1h");
    }
    into.timeout = read.value_or(into.timeout);
  }
}

}  // namespace

void read_scheduler_program(const Value& value, const std::string& folder, SchedulerSettings& into,
                            Report& report) {
  const Fields fields{value, {"exec", "timeout", "weight"}, report};
  read_program(fields, folder, into.program.emplace(), report);
  if (const Value* weight = fields.find("weight")) {
    into.program_weight = read_count(*weight, 0, kWeightMax, report).value_or(1);
  }
}

void read_autoscalers(const Value* autoscalers, const Folders& folders, Reading& reading) {
  if (autoscalers == nullptr) return;
  Report& report = reading.report;
  for (const Value& value : named_members(*autoscalers, "an object of autoscalers", report)) {
    const std::string kind = "HorizontalPodAutoscaler/";
    const std::string name = value.key.starts_with(kind) ? value.key : kind + value.key;
    const auto key =
        reading.catalog.object(value.where, name, {api::Kind::HorizontalPodAutoscaler}, report);
    const Fields fields{value, {"exec", "timeout"}, report};
    Program program;
    read_program(fields, folders.of(value), program, report);
    if (!key) continue;
    const auto [at, fresh] =
        reading.scenario.autoscalers.emplace(key->namespace_name + "/" + key->name, program);
    if (!fresh) report.add(value.where, "each autoscaler once", "\"" + value.key + "\"");
  }
}

}  // namespace orrery::scenario
