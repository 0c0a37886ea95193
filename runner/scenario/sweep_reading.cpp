#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "runner/scenario/parts.h"
#include "runner/scenario/scalars.h"
#include "runner/scenario/settings.h"
#include "runner/scenario/sweep_limits.h"

namespace orrery::scenario {
namespace {

std::vector<SweepAxis> read_axes(const Value& axes, Report& report) {
  std::vector<SweepAxis> all;
  for (const Value& member : named_members(axes, "an object: path to list of values", report)) {
    SweepAxis axis;
    axis.path = member.key;
    if (const auto path = parse_path(member.key); !path) {
      report.add(member.where, "a path such as load[0].poisson or Deployment/web:spec.replicas",
                 fmt::format("\"{}\"", member.key));
    }
    for (const Value& value : items(member, "a list of values", report)) {
      axis.values.push_back(json_text(value));
    }
    if (member.type == Value::Type::List && member.children.empty()) {
      report.add(member.where, "at least one value", "none");
    }
    all.push_back(std::move(axis));
  }
  return all;
}

}  // namespace

std::optional<std::string> parameter_given_twice(const Sweep& sweep) {
  std::set<std::pair<std::string, std::string>> places;
  for (const auto* axes : {&sweep.grid, &sweep.zip}) {
    for (const SweepAxis& axis : *axes) {
      const auto path = parse_path(axis.path);
      if (path && !places.emplace(path->target, path->pointer).second) return axis.path;
    }
  }
  return std::nullopt;
}

bool too_many_points(const Sweep& sweep) {
  std::size_t points = sweep.zip.empty() ? 1 : sweep.zip.front().values.size();
  for (const SweepAxis& axis : sweep.grid) {
    points *= std::max<std::size_t>(axis.values.size(), 1);
    if (points > kSweepPointsMax) return true;
  }
  return points > kSweepPointsMax;
}

Sweep read_sweep(const Value& value, Report& report) {
  Sweep sweep;
  const Fields fields{value, {"grid", "zip"}, report};
  if (const Value* grid = fields.find("grid")) sweep.grid = read_axes(*grid, report);
  if (const Value* zip = fields.find("zip")) {
    sweep.zip = read_axes(*zip, report);
    for (const SweepAxis& axis : sweep.zip) {
      if (axis.values.size() == sweep.zip.front().values.size()) continue;
      report.add(zip->where, "lists of one length",
                 fmt::format("{} values of {} and {} of {}", sweep.zip.front().values.size(),
                             sweep.zip.front().path, axis.values.size(), axis.path));
      break;
    }
  }
  if (value.type == Value::Type::Object && sweep.grid.empty() && sweep.zip.empty()) {
    report.add(value.where, "\"grid\" or \"zip\" with a parameter", "nothing");
  }
  if (const auto twice = parameter_given_twice(sweep)) {
    report.add(value.where, "every parameter once", fmt::format("\"{}\" again", *twice));
  }
  if (too_many_points(sweep)) {
    report.add(value.where, fmt::format("at most {} combinations", kSweepPointsMax), "more");
  }
  return sweep;
}

}  // namespace orrery::scenario
