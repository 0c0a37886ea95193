#include "runner/sweep/sweep.h"

namespace orrery::sweep {

std::vector<Point> points_of(const scenario::Sweep& sweep) {
  std::vector<Point> points(1);
  for (const scenario::SweepAxis& axis : sweep.grid) {
    std::vector<Point> more;
    for (const Point& point : points) {
      for (const std::string& value : axis.values) {
        more.push_back(point);
        more.back().emplace_back(axis.path, value);
      }
    }
    points = std::move(more);
  }
  if (sweep.zip.empty()) return points;
  std::vector<Point> more;
  for (const Point& point : points) {
    for (std::size_t step = 0; step < sweep.zip.front().values.size(); ++step) {
      more.push_back(point);
      for (const scenario::SweepAxis& axis : sweep.zip) {
        more.back().emplace_back(axis.path, axis.values[step]);
      }
    }
  }
  return more;
}

std::vector<scenario::Override> overrides_of(const Point& point) {
  std::vector<scenario::Override> overrides;
  for (const auto& [path, value] : point) {
    auto change = scenario::parse_path(path);
    expects(change.has_value(), "the reader has checked every path of a sweep");
    change->value = value;
    overrides.push_back(*std::move(change));
  }
  return overrides;
}

}  // namespace orrery::sweep
