#include "runner/verdict/bounds.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/base/contract.h"
#include "runner/scenario/metrics.h"

namespace orrery::verdict {

using scenario::Bound;
using scenario::Measure;

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
      return "pass";
    case Verdict::Fail:
      return "fail";
    case Verdict::Inconclusive:
      return "inconclusive";
  }
  contract_violation("a verdict has one of the known values");
}

bool keeps(const Bound& bound, double value) {
  // A hair of tolerance, so that 0.995 computed as a ratio keeps ">= 99.5%".
  const double slack = 1e-12 * std::max(1.0, std::fabs(bound.value));
  switch (bound.relation) {
    case Bound::Relation::Less:
      return value < bound.value - slack;
    case Bound::Relation::LessEqual:
      return value <= bound.value + slack;
    case Bound::Relation::Greater:
      return value > bound.value + slack;
    case Bound::Relation::GreaterEqual:
      return value >= bound.value - slack;
    case Bound::Relation::Equal:
      return std::fabs(value - bound.value) <= slack;
    case Bound::Relation::Unequal:
      return std::fabs(value - bound.value) > slack;
    case Bound::Relation::Between:
      return value >= bound.value - slack && value <= bound.upper + slack;
  }
  contract_violation("a relation has one of the known values");
}

int direction(const Bound& bound) {
  switch (bound.relation) {
    case Bound::Relation::Greater:
    case Bound::Relation::GreaterEqual:
      return 1;
    case Bound::Relation::Less:
    case Bound::Relation::LessEqual:
      return -1;
    case Bound::Relation::Equal:
    case Bound::Relation::Unequal:
    case Bound::Relation::Between:
      return 0;
  }
  contract_violation("a relation has one of the known values");
}

Verdict judge_interval(const Bound& bound, double low, double high) {
  if (bound.relation == Bound::Relation::Unequal) {
    // The values that keep it lie on both sides of the one that does not.
    if (high < bound.value || low > bound.value) return Verdict::Pass;
    return low == high ? Verdict::Fail : Verdict::Inconclusive;
  }
  const bool low_keeps = keeps(bound, low);
  const bool high_keeps = keeps(bound, high);
  if (low_keeps && high_keeps) return Verdict::Pass;
  if (low_keeps || high_keeps) return Verdict::Inconclusive;
  // Neither end keeps a range: they may lie on both sides of it.
  const double upper = bound.relation == Bound::Relation::Between ? bound.upper : bound.value;
  const bool around = direction(bound) == 0 && low < bound.value && high > upper;
  return around ? Verdict::Inconclusive : Verdict::Fail;
}

std::string seconds_text(double seconds) {
  if (seconds < 0.001) return fmt::format("{:.0f} us", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.3g} ms", seconds * 1e3);
  if (seconds < 100) return fmt::format("{:.3g} s", seconds);
  const auto whole = static_cast<std::int64_t>(seconds);
  return fmt::format("{}:{:02} min", whole / 60, whole % 60);
}

std::string value_text(const std::string& metric, double value) {
  const scenario::RequestMetric* known = scenario::request_metric(metric);
  switch (known == nullptr ? Measure::Number : known->measure) {
    case Measure::Ratio: {
      // What is not all is not shown as all.
      const std::string text = fmt::format("{:.4g}", value * 100);
      return (text == "100" && value < 1 ? fmt::format("{:.6g}", std::floor(value * 1e6) / 1e4)
                                         : text) +
             " %";
    }
    case Measure::Share:
      return fmt::format("{:.3g} %", value * 100);
    case Measure::Time:
      return seconds_text(value);
    case Measure::Rate:
      return fmt::format("{:.4g}/s", value);
    case Measure::Count:
      return fmt::format("{:.6g}", value);
    case Measure::Number:
      return fmt::format("{:.4g}", value);
  }
  contract_violation("a measure has one of the known values");
}

}  // namespace orrery::verdict
