#include "runner/report/comparison_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "runner/report/assets.h"
#include "runner/verdict/bounds.h"

namespace orrery::report {
namespace {

using nlohmann::ordered_json;
using verdict::Change;
using verdict::Comparison;
using verdict::FigureChange;

ordered_json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::stod(fmt::format("{:.9g}", value));
}

std::string amount(const std::string& unit, double value) {
  const char* sign = value < 0 ? "-" : "";
  const double size = std::fabs(value);
  if (unit == "s") return sign + verdict::seconds_text(size);
  if (unit == "ratio") return fmt::format("{}{:.4g} %", sign, size * 100);
  return fmt::format("{}{:.6g}", sign, size);
}

std::string difference(const FigureChange& change) {
  const std::string& unit = change.unit;
  std::string text = (change.difference.mean > 0 ? "+" : "") + amount(unit, change.difference.mean);
  if (change.difference.low) {
    text += fmt::format(" [{}, {}]", amount(unit, *change.difference.low),
                        amount(unit, *change.difference.high));
  }
  return text;
}

const char* colour_of(Change change) {
  switch (change) {
    case Change::Better:
      return "32;1";
    case Change::Worse:
      return "31;1";
    case Change::Different:
    case Change::Unclear:
      return "33";
    case Change::Same:
      return "0";
  }
  contract_violation("a change has one of the known values");
}

/// Worse first, then what else changed; what stayed is not told.
std::vector<const FigureChange*> told(const Comparison& comparison) {
  std::vector<const FigureChange*> all;
  for (const Change kind : {Change::Worse, Change::Better, Change::Different, Change::Unclear}) {
    for (const FigureChange& change : comparison.figures) {
      if (change.change == kind) all.push_back(&change);
    }
  }
  return all;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string comparison_json(const Comparison& comparison, const ComparisonTitle& title) {
  ordered_json out;
  out["format"] = 1;
  out["base"] = title.base;
  out["head"] = title.head;
  out["seeds"] = {title.first_seed, title.last_seed};
  out["regression"] = comparison.regression;
  out["figures"] = ordered_json::array();
  for (const FigureChange& change : comparison.figures) {
    ordered_json entry;
    entry["name"] = change.name;
    entry["unit"] = change.unit;
    entry["base"] = number(change.base);
    entry["head"] = number(change.head);
    entry["difference"] = number(change.difference.mean);
    entry["interval"] =
        change.difference.low
            ? ordered_json({number(*change.difference.low), number(*change.difference.high)})
            : ordered_json(nullptr);
    entry["change"] = to_string(change.change);
    out["figures"].push_back(entry);
  }
  out["missing"] = comparison.missing;
  out["expectations"] = ordered_json::array();
  for (const verdict::VerdictChange& change : comparison.verdicts) {
    out["expectations"].push_back({{"id", change.id},
                                   {"base", change.base},
                                   {"head", change.head},
                                   {"regression", change.regression}});
  }
  if (comparison.divergence) {
    out["firstDivergence"] = {{"seed", comparison.divergence->seed},
                              {"record", comparison.divergence->index + 1},
                              {"base", comparison.divergence->base},
                              {"head", comparison.divergence->head}};
  } else {
    out["firstDivergence"] = nullptr;
  }
  return out.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string comparison_text(const Comparison& comparison, const ComparisonTitle& title,
                            bool colour) {
  const auto paint = [colour](const char* code, const std::string& text) {
    return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
  };
  std::string text = fmt::format("{} against {} - seeds {}..{}, the same random numbers\n",
                                 title.head, title.base, title.first_seed, title.last_seed);
  const auto changes = told(comparison);
  std::size_t width = 8;
  for (const FigureChange* change : changes) width = std::max(width, change->name.size());
  for (const FigureChange* change : changes) {
    text += fmt::format(
        "  {} {:<{}}  {} -> {}  {}\n",
        paint(colour_of(change->change), fmt::format("{:<9}", to_string(change->change))),
        change->name, width, amount(change->unit, change->base), amount(change->unit, change->head),
        difference(*change));
  }
  for (const verdict::VerdictChange& change : comparison.verdicts) {
    if (change.base == change.head) continue;
    text += fmt::format("  {} expectation {}: {} -> {}\n",
                        change.regression ? paint("31;1", "worse    ") : "different", change.id,
                        change.base, change.head);
  }
  for (const std::string& name : comparison.missing) {
    text += fmt::format("  {} not in every run of both\n", name);
  }
  const auto same = static_cast<std::size_t>(
      std::count_if(comparison.figures.begin(), comparison.figures.end(),
                    [](const FigureChange& change) { return change.change == Change::Same; }));
  text += fmt::format("{} of {} figures are the same\n", same, comparison.figures.size());
  if (comparison.divergence) {
    text +=
        fmt::format("first difference, seed {}, after {} equal records:\n  base: {}\n  head: {}\n",
                    comparison.divergence->seed, comparison.divergence->index,
                    comparison.divergence->base, comparison.divergence->head);
  } else {
    text += "the event logs of the first seed are equal\n";
  }
  text += comparison.regression ? paint("31;1", "WORSE") : paint("32;1", "NOT WORSE");
  return text + "\n";
}

std::string comparison_html(const Comparison& comparison, const ComparisonTitle& title) {
  std::string html = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  html += "<title>" + escaped(title.head + " against " + title.base) + "</title>\n<style>\n";
  html += kReportStyle;
  html += "</style>\n</head>\n<body>\n<main id=\"report\">\n<h1>" +
          escaped(title.head + " against " + title.base) + "</h1>\n";
  html +=
      fmt::format("<p class=\"sub\">seeds {}..{}, the same random numbers: {}</p>\n",
                  title.first_seed, title.last_seed, comparison.regression ? "WORSE" : "not worse");
  html +=
      "<table><thead><tr><th></th><th>Figure</th><th>Base</th><th>Head</th>"
      "<th>Difference</th></tr></thead><tbody>\n";
  for (const FigureChange* change : told(comparison)) {
    html += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                        to_string(change->change), escaped(change->name),
                        amount(change->unit, change->base), amount(change->unit, change->head),
                        difference(*change));
  }
  html += "</tbody></table>\n";
  if (comparison.divergence) {
    html += fmt::format("<p>First difference, seed {}:</p>\n<p>base: {}</p>\n<p>head: {}</p>\n",
                        comparison.divergence->seed, escaped(comparison.divergence->base),
                        escaped(comparison.divergence->head));
  }
  return html + "</main>\n</body>\n</html>\n";
}

}  // namespace orrery::report
