#include "runner/verdict/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "models/base/contract.h"

namespace orrery::verdict {
namespace {

using runner::RunResult;

/// The values of one figure, run by run.
struct Column {
  RunFigure figure;
  std::vector<double> values;
};

std::map<std::string, Column> columns_of(const Variant& variant) {
  std::map<std::string, Column> columns;
  for (const RunResult& run : variant.results) {
    for (RunFigure& figure : run_figures(variant.scenario, run)) {
      Column& column = columns[figure.name];
      column.values.push_back(figure.value);
      column.figure = std::move(figure);
    }
  }
  return columns;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

/// What a difference has to exceed. Success is looked at from its other end: from 99.9 % to 99 % is
/// ten times the errors.
double threshold(const FigureChange& change, double tolerance) {
  const double size = change.unit == "ratio" ? 1 - change.base : std::fabs(change.base);
  return tolerance * size;
}

Change judge(const FigureChange& change, Better better, double tolerance) {
  const double low = change.difference.low.value_or(change.difference.mean);
  const double high = change.difference.high.value_or(change.difference.mean);
  if (low == 0 && high == 0) return Change::Same;
  const double least = threshold(change, tolerance);
  const bool grows = low > least;
  const bool shrinks = high < -least;
  if (!grows && !shrinks) {
    return low >= -least && high <= least ? Change::Same : Change::Unclear;
  }
  switch (better) {
    case Better::Neither:
      return Change::Different;
    case Better::Larger:
      return grows ? Change::Better : Change::Worse;
    case Better::Smaller:
      return grows ? Change::Worse : Change::Better;
  }
  contract_violation("a figure gets better in a known way");
}

std::string text_of(const recording::LogRecord& record) {
  return fmt::format("{} {} {}{}{}", to_string(record.at), record.what, record.subject,
                     record.detail.empty() ? "" : ": ", record.detail);
}

bool same(const recording::LogRecord& a, const recording::LogRecord& b) {
  return a.at == b.at && a.what == b.what && a.subject == b.subject && a.detail == b.detail;
}

std::optional<Divergence> first_divergence(const RunResult& base, const RunResult& head) {
  const std::size_t shorter = std::min(base.log.size(), head.log.size());
  std::size_t index = 0;
  while (index < shorter && same(base.log[index], head.log[index])) ++index;
  if (index == base.log.size() && index == head.log.size()) return std::nullopt;
  const auto at = [index](const RunResult& run) {
    return index < run.log.size() ? text_of(run.log[index]) : std::string{"the end of the log"};
  };
  return Divergence{base.seed, index, at(base), at(head)};
}

std::vector<VerdictChange> verdict_changes(const Judgement& base, const Judgement& head) {
  std::map<std::string, VerdictChange> changes;
  for (const ExpectationVerdict& e : base.expectations) {
    changes[e.id] = {e.id, to_string(e.verdict), "absent", false};
  }
  for (const ExpectationVerdict& e : head.expectations) {
    VerdictChange& change =
        changes.try_emplace(e.id, VerdictChange{e.id, "absent", {}, false}).first->second;
    change.head = to_string(e.verdict);
    change.regression = change.base == "pass" && e.verdict == Verdict::Fail;
  }
  std::vector<VerdictChange> out;
  for (auto& [id, change] : changes) out.push_back(std::move(change));
  return out;
}

}  // namespace

const char* to_string(Change change) {
  switch (change) {
    case Change::Same:
      return "same";
    case Change::Better:
      return "better";
    case Change::Worse:
      return "worse";
    case Change::Different:
      return "different";
    case Change::Unclear:
      return "unclear";
  }
  contract_violation("a change has one of the known values");
}

Comparison compare(const Variant& base, const Variant& head, double confidence, double tolerance) {
  expects(base.results.size() == head.results.size(), "both variants have the same seeds");
  Comparison comparison;
  const auto base_columns = columns_of(base);
  const auto head_columns = columns_of(head);
  const std::size_t runs = base.results.size();
  const auto whole = [runs](const std::map<std::string, Column>& columns, const std::string& name) {
    const auto found = columns.find(name);
    return found != columns.end() && found->second.values.size() == runs;
  };
  const auto count = static_cast<std::size_t>(
      std::count_if(base_columns.begin(), base_columns.end(),
                    [&](const auto& column) { return whole(head_columns, column.first); }));
  const double each = 1 - (1 - confidence) / static_cast<double>(std::max<std::size_t>(count, 1));
  for (const auto& [name, column] : base_columns) {
    if (!whole(base_columns, name) || !whole(head_columns, name)) {
      comparison.missing.push_back(name);
      continue;
    }
    const Column& other = head_columns.at(name);
    std::vector<double> differences;
    for (std::size_t i = 0; i < runs; ++i) {
      differences.push_back(other.values[i] - column.values[i]);
    }
    FigureChange change;
    change.name = name;
    change.unit = column.figure.unit;
    change.base = mean(column.values);
    change.head = mean(other.values);
    change.difference = estimate(differences, each);
    change.change = judge(change, column.figure.better, tolerance);
    comparison.regression = comparison.regression || change.change == Change::Worse;
    comparison.figures.push_back(std::move(change));
  }
  for (const auto& [name, column] : head_columns) {
    if (!base_columns.contains(name)) comparison.missing.push_back(name);
  }
  comparison.verdicts = verdict_changes(base.judgement, head.judgement);
  for (const VerdictChange& change : comparison.verdicts) {
    comparison.regression = comparison.regression || change.regression;
  }
  comparison.divergence = first_divergence(base.results.front(), head.results.front());
  return comparison;
}

}  // namespace orrery::verdict
