#include <fmt/format.h>

#include "runner/command/commands.h"
#include "runner/command/terminal.h"
#include "runner/scenario/document.h"
#include "runner/scenario/sweep_limits.h"
#include "runner/sweep/sweep.h"

namespace orrery::command {
namespace {

/// Values between commas; a comma inside brackets, braces or quotes is part of a value.
std::vector<std::string> split_values(const std::string& text) {
  std::vector<std::string> values(1);
  int depth = 0;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '[' || c == '{')) ++depth;
    if (!quoted && (c == ']' || c == '}')) --depth;
    if (c == ',' && depth == 0 && !quoted) {
      values.emplace_back();
    } else {
      values.back() += c;
    }
  }
  return values;
}

Result<scenario::SweepAxis> parse_axis(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals + 1 == text.size()) {
    return failure("expected PATH=VALUE,VALUE; found " + text,
                   "such as services.web.concurrency=4,8");
  }
  scenario::SweepAxis axis;
  axis.path = text.substr(0, equals);
  if (const auto path = scenario::parse_path(axis.path); !path) {
    return tl::unexpected{path.error()};
  }
  axis.values = split_values(text.substr(equals + 1));
  return axis;
}

}  // namespace

int sweep(const SweepOptions& options) {
  auto scenario = load_scenario(options.scenario, options.settings, options.seeds);
  if (!scenario) return kExitBadInput;
  std::vector<Failure> wrong;
  const auto add_axes = [&wrong](const char* option, const std::vector<std::string>& texts,
                                 std::vector<scenario::SweepAxis>& axes) {
    for (const std::string& text : texts) {
      const auto axis = parse_axis(text);
      if (axis) {
        axes.push_back(*axis);
      } else {
        wrong.push_back({fmt::format("{}: {}", option, axis.error().what), axis.error().hint});
      }
    }
  };
  add_axes("--grid", options.grid, scenario->sweep.grid);
  add_axes("--zip", options.zip, scenario->sweep.zip);
  const auto& zip = scenario->sweep.zip;
  for (const scenario::SweepAxis& axis : zip) {
    if (axis.values.size() == zip.front().values.size()) continue;
    wrong.push_back({fmt::format("--zip: {} has {} values and {} has {}", zip.front().path,
                                 zip.front().values.size(), axis.path, axis.values.size()),
                     "zipped parameters go in step"});
  }
  if (const auto twice = scenario::parameter_given_twice(scenario->sweep)) {
    wrong.push_back({fmt::format("expected every parameter once; found {} again", *twice),
                     "the scenario's own \"sweep\" counts as well"});
  }
  if (scenario::too_many_points(scenario->sweep)) {
    wrong.push_back(
        {fmt::format("expected at most {} combinations; found more", scenario::kSweepPointsMax),
         ""});
  }
  for (const Failure& one : wrong) (void)bad_input(one);
  if (!wrong.empty()) return kExitBadInput;
  if (scenario->sweep.grid.empty() && zip.empty()) {
    return bad_input({"there is nothing to sweep", "add \"sweep\" to the scenario, or --grid"});
  }
  sweep::SweepOrder order;
  order.scenario = options.scenario;
  order.overrides = *parse_settings(options.settings);
  order.results = options.results;
  order.first_seed = scenario->first_seed;
  order.last_seed = scenario->last_seed;
  order.parallel = jobs_or_all(options.jobs);
  order.progress = show_progress;
  std::vector<api::Problem> problems;
  const auto swept = sweep::run_sweep(order, *scenario, problems);
  for (const api::Problem& problem : problems) complain(to_string(problem) + "\n");
  if (!swept) return bad_input(swept.error());
  const auto table = sweep::sweep_table(options.results);
  if (!table) return bad_input(table.error());
  print(fmt::format("{}\n{}{} holds all runs - as a table: orrery export {} --format csv-long\n",
                    scenario->name, *table, options.results, options.results));
  return 0;
}

}  // namespace orrery::command
