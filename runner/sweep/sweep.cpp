#include "runner/sweep/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "models/base/random.h"
#include "runner/external/run_programs.h"
#include "runner/scenario/digest.h"
#include "runner/session/process_pool.h"
#include "runner/session/sim_session.h"
#include "runner/sweep/results_file.h"
#include "runner/verdict/run_figures.h"
#include "runner/verdict/verdict.h"

namespace orrery::sweep {
namespace {

using nlohmann::json;
using scenario::Scenario;

struct Task {
  std::uint64_t point = 0;
  std::uint64_t seed = 0;
};

/// Stands for everything that a sweep's runs follow from: `sources`, the programs and the points.
std::string digest_of(std::string sources, const std::vector<runner::ProgramVersion>& programs,
                      const std::vector<Point>& points) {
  for (const runner::ProgramVersion& program : programs) {
    for (const runner::ProgramFile& file : program.files) {
      sources += '\0' + file.name + '\0' + file.sha256;
    }
  }
  for (const Point& point : points) {
    for (const auto& [path, value] : point) sources += '\0' + path + '\0' + value;
  }
  return scenario::digest_of(sources);
}

std::vector<scenario::Override> all_overrides(const SweepOrder& order, const Point& point) {
  std::vector<scenario::Override> overrides = order.overrides;
  for (scenario::Override& change : overrides_of(point)) overrides.push_back(std::move(change));
  return overrides;
}

/// What the run's process hands over.
Result<std::string> run_text(const Scenario& scenario, std::uint64_t seed) {
  auto result = session::try_simulate(scenario, seed);
  if (!result) return tl::unexpected{result.error()};
  const std::vector<runner::RunResult> results = {*std::move(result)};
  const verdict::Judgement judgement = verdict::judge(scenario, results);
  json out;
  out["fingerprint"] = results.front().fingerprint;
  out["events"] = results.front().events;
  out["figures"] = json::array();
  for (const verdict::RunFigure& figure : verdict::run_figures(scenario, results.front())) {
    out["figures"].push_back({figure.name, figure.unit, figure.value});
  }
  out["expectations"] = json::array();
  for (const verdict::ExpectationVerdict& e : judgement.expectations) {
    out["expectations"].push_back(
        {e.id, verdict::to_string(e.verdict), e.observed ? json(e.observed->mean) : json(nullptr)});
  }
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

RunRows rows_of(const Task& task, const std::string& text) {
  const json in = json::parse(text);
  RunRows rows;
  rows.point = task.point;
  rows.seed = task.seed;
  rows.fingerprint = in.at("fingerprint");
  rows.events = in.at("events");
  for (const json& f : in.at("figures")) rows.figures.push_back({f.at(0), f.at(1), f.at(2)});
  for (const json& e : in.at("expectations")) {
    rows.expectations.push_back(
        {e.at(0), e.at(1), e.at(2).is_null() ? std::nullopt : std::optional<double>{e.at(2)}});
  }
  return rows;
}

/// Every point's scenario is read before any is run.
bool check_points(const SweepOrder& order, const std::vector<Point>& points,
                  std::vector<api::Problem>& problems) {
  for (const Point& point : points) {
    const auto reading = scenario::read_scenario(order.scenario, all_overrides(order, point));
    if (reading.scenario) continue;
    problems = reading.problems;
    return false;
  }
  return true;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

/// A parameter's value as it would stand in a table: texts without their quotes.
std::string plain(const std::string& value) {
  const json parsed = json::parse(value, nullptr, false);
  return parsed.is_string() ? parsed.get<std::string>() : value;
}

}  // namespace

Result<void> run_sweep(const SweepOrder& order, const Scenario& scenario,
                       std::vector<api::Problem>& problems) {
  const std::vector<Point> points = points_of(scenario.sweep);
  const auto first = scenario::read_scenario(order.scenario, order.overrides);
  const auto programs = external::program_versions(scenario);
  if (!programs) return tl::unexpected{programs.error()};
  // Before the file is made, so that a mistake leaves none behind.
  if (!check_points(order, points, problems)) {
    return failure("this is wrong at one point of the sweep at least; nothing was run");
  }
  auto file = ResultsFile::open(
      order.results, scenario.name,
      digest_of(scenario::sources_of(order.scenario, first, order.overrides), *programs, points),
      points);
  if (!file) return tl::unexpected{file.error()};
  const auto there = file->runs();
  if (!there) return tl::unexpected{there.error()};
  std::vector<Task> tasks;
  for (std::uint64_t point = 0; point < points.size(); ++point) {
    for (std::uint64_t seed = order.first_seed; seed <= order.last_seed; ++seed) {
      if (!there->contains({point, seed})) tasks.push_back({point, seed});
    }
  }
  const std::uint64_t all = points.size() * (order.last_seed - order.first_seed + 1);
  std::uint64_t done = all - tasks.size();
  if (order.progress) order.progress(done, all);
  session::Pool pool;
  pool.tasks = tasks.size();
  pool.parallel = order.parallel;
  pool.work = [&](std::uint64_t task) -> Result<std::string> {
    const auto reading =
        scenario::read_scenario(order.scenario, all_overrides(order, points[tasks[task].point]));
    if (!reading.scenario) return failure("its scenario has changed while the sweep ran");
    if (const auto can = session::can_simulate(*reading.scenario); !can) {
      return tl::unexpected{can.error()};
    }
    return run_text(*reading.scenario, tasks[task].seed);
  };
  pool.done = [&](std::uint64_t task, std::string text) -> Result<void> {
    if (auto added = file->add(rows_of(tasks[task], text)); !added) return added;
    if (order.progress) order.progress(++done, all);
    return {};
  };
  pool.name = [&](std::uint64_t task) {
    return fmt::format("the run of point {} with seed {}", tasks[task].point, tasks[task].seed);
  };
  return session::run_pool(pool);
}

Result<std::string> sweep_table(const std::string& results) {
  auto file = ResultsFile::read(results);
  if (!file) return tl::unexpected{file.error()};
  const auto points = file->points();
  if (!points) return tl::unexpected{points.error()};
  const auto rows = file->rows();
  if (!rows) return tl::unexpected{rows.error()};
  struct Told {
    std::uint64_t passed = 0;
    std::uint64_t runs = 0;
    std::vector<double> observed;
  };
  std::string text;
  for (std::uint64_t point = 0; point < points->size(); ++point) {
    std::vector<std::string> order;
    std::map<std::string, Told> told;
    for (const RunRows& run : *rows) {
      if (run.point != point) continue;
      for (const ExpectationRow& e : run.expectations) {
        if (!told.contains(e.id)) order.push_back(e.id);
        Told& one = told[e.id];
        ++one.runs;
        if (e.verdict == "pass") ++one.passed;
        if (e.observed) one.observed.push_back(*e.observed);
      }
    }
    text += fmt::format("{:>4} ", point);
    for (const auto& [path, value] : (*points)[point]) {
      text += fmt::format(" {}={}", path, plain(value));
    }
    text += "\n";
    for (const std::string& id : order) {
      const Told& one = told[id];
      text += fmt::format("       {:<16} {}/{} pass", id, one.passed, one.runs);
      if (!one.observed.empty()) {
        text += fmt::format("  mean {:.5g}", verdict::estimate(one.observed, 0.95).mean);
      }
      text += "\n";
    }
  }
  return text;
}

Result<std::string> csv_long(const std::string& results) {
  auto file = ResultsFile::read(results);
  if (!file) return tl::unexpected{file.error()};
  const auto points = file->points();
  if (!points) return tl::unexpected{points.error()};
  const auto rows = file->rows();
  if (!rows) return tl::unexpected{rows.error()};
  std::string text = "point,seed";
  if (!points->empty()) {
    for (const auto& [path, value] : points->front()) text += "," + csv_field(path);
  }
  text += ",figure,unit,value\n";
  for (const RunRows& run : *rows) {
    std::string start = fmt::format("{},{}", run.point, run.seed);
    for (const auto& [path, value] : points->at(run.point)) start += "," + csv_field(plain(value));
    for (const FigureRow& figure : run.figures) {
      text += fmt::format("{},{},{},{:.9g}\n", start, csv_field(figure.name),
                          csv_field(figure.unit), figure.value);
    }
  }
  return text;
}

}  // namespace orrery::sweep
