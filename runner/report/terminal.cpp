#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "runner/report/report.h"
#include "runner/why/chains.h"
#include "runner/why/policy_lines.h"

namespace orrery::report {
namespace {

using verdict::Verdict;

struct Style {
  bool colour;
  bool unicode;

  [[nodiscard]] std::string paint(const char* code, const std::string& text) const {
    return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
  }
  [[nodiscard]] const char* dot() const { return unicode ? " · " : " - "; }
};

const char* colour_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
      return "32;1";
    case Verdict::Fail:
      return "31;1";
    case Verdict::Inconclusive:
      return "33;1";
  }
  contract_violation("a verdict has one of the known values");
}

const char* word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
      return "PASS";
    case Verdict::Fail:
      return "FAIL";
    case Verdict::Inconclusive:
      return "????";
  }
  contract_violation("a verdict has one of the known values");
}

std::string clock(Duration d) {
  const std::int64_t seconds = d.count_ns() / 1'000'000'000;
  return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

/// What the timeline did in the first seed, a line for each entry.
std::string timeline_lines(const FinishedRun& run, const Style& style) {
  const runner::RunResult& first = run.results.front();
  std::size_t id_width = 0;
  for (const scenario::TimelineEntry& entry : run.scenario.timeline) {
    id_width = std::max(id_width, entry.id.size());
  }
  std::string lines;
  for (const scenario::TimelineEntry& entry : run.scenario.timeline) {
    std::string what;
    for (const runner::FaultResult& fault : first.faults) {
      if (fault.id == entry.id) what = fault.effect;
    }
    if (const auto* set = std::get_if<scenario::SetAction>(&entry.action)) {
      what = "changes " + to_string(set->target);
    }
    const auto* fault = std::get_if<scenario::FaultAction>(&entry.action);
    if (fault != nullptr && fault->lasts) {
      what += ", until " + clock((entry.at + *fault->lasts).since_start());
    }
    lines += fmt::format("  {} {:>5}  {:<{}}  {}\n", style.paint("2", "at"),
                         clock(entry.at.since_start()), entry.id, id_width, what);
  }
  return lines;
}

/// Where most of the first seed's failed requests came from.
std::string why_lines(const runner::RunResult& first, const Style& style) {
  constexpr std::size_t kShown = 3;
  const std::vector<why::Chain> chains = why::chains_of(first.log, first.failures, {});
  const std::uint64_t all = why::failures_in(chains);
  std::string lines;
  for (std::size_t i = 0; i < chains.size() && i < kShown; ++i) {
    lines += fmt::format("  {} {}\n", style.paint("2", i == 0 ? "why" : "   "),
                         why::in_one_line(chains[i], all, style.unicode));
  }
  if (chains.size() > kShown) {
    lines += fmt::format("      and {} more: orrery why\n", chains.size() - kShown);
  }
  return lines;
}

/// What the policies did that did anything, in all runs together.
std::string policy_lines(const FinishedRun& run, const Style& style) {
  std::string lines;
  for (const std::string& line : why::policy_lines(policies_of(run))) {
    lines += fmt::format("  {} {}\n", style.paint("2", lines.empty() ? "did" : "   "), line);
  }
  return lines;
}

/// When an expectation looks, as written; empty: all the time.
std::string window_of(const scenario::Expectation& expectation) {
  return std::visit(
      [](const auto& what) -> std::string {
        if constexpr (requires { what.during; }) return what.during.text;
        return {};
      },
      expectation.what);
}

}  // namespace

std::string terminal_text(const FinishedRun& run, bool colour, bool unicode,
                          const std::string& out) {
  const Style style{colour, unicode};
  const scenario::Scenario& scenario = run.scenario;
  double wall = 0;
  for (const runner::RunResult& result : run.results) wall += result.wall_seconds;
  const auto runs = static_cast<double>(run.results.size());

  const std::uint64_t first_seed = run.results.front().seed;
  const std::uint64_t last_seed = run.results.back().seed;
  std::string text = fmt::format(
      "{}{}{}{}{} {} in {} s each\n", style.paint("1", scenario.name), style.dot(),
      first_seed == last_seed ? fmt::format("seed {}", first_seed)
                              : fmt::format("seeds {}..{}", first_seed, last_seed),
      style.dot(), clock(run.results.front().simulated),
      run.world == World::Sim ? "simulated" : "live",
      wall / runs < 10 ? fmt::format("{:.2g}", wall / runs) : fmt::format("{:.0f}", wall / runs));
  const runner::RunResult& first = run.results.front();
  if (!first.steady_before_first_fault) text += "NOT STEADY: " + first.steady_note + "\n";
  text += timeline_lines(run, style);

  std::size_t id_width = 4;
  std::size_t observed_width = 8;
  std::size_t window_width = 0;
  std::map<std::string, std::string> windows;
  for (const scenario::Expectation& expectation : scenario.expectations) {
    windows[expectation.id] = window_of(expectation);
    window_width = std::max(window_width, windows[expectation.id].size());
  }
  for (const auto& e : run.judgement.expectations) {
    id_width = std::max(id_width, e.id.size());
    observed_width = std::max(observed_width, e.observed_text.size() + 1 + e.bound.size());
  }
  observed_width = std::min<std::size_t>(observed_width, 64);
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;
  for (const auto& e : run.judgement.expectations) {
    if (e.verdict == Verdict::Pass) ++passed;
    if (e.verdict == Verdict::Fail) ++failed;
    text += fmt::format("  {} {:<{}}  {:<{}}  {:>5}",
                        style.paint(colour_of(e.verdict), word_of(e.verdict)), e.id, id_width,
                        e.observed_text + " " + e.bound, observed_width,
                        fmt::format("{}/{}", e.seeds_passed, e.seeds));
    std::string more = fmt::format("  {:<{}}", windows[e.id], window_width);
    if (!e.worst_text.empty()) more += "  " + e.worst_text;
    if (!e.why.empty()) more += "  why: " + e.why;
    more.erase(more.find_last_not_of(' ') + 1);
    text += more + "\n";
  }

  text += policy_lines(run, style);
  text += why_lines(first, style);

  std::uint64_t measured = 0;
  std::uint64_t given = 0;
  std::uint64_t assumed = 0;
  for (const scenario::Input& input : scenario.inputs) {
    if (input.provenance == scenario::Provenance::Measured) ++measured;
    if (input.provenance == scenario::Provenance::Given) ++given;
    if (input.provenance == scenario::Provenance::Assumed) ++assumed;
  }
  text += fmt::format("inputs {} measured, {} given, {} assumed", measured, given, assumed);
  if (const std::size_t count = scenario.not_modelled.size() + scenario.idle.size(); count > 0) {
    text += fmt::format("{}{} {} without effect (orrery check lists {})", style.dot(), count,
                        count == 1 ? "kind, field or object" : "kinds, fields or objects",
                        count == 1 ? "it" : "them");
  }
  text += "\n";
  for (const std::string& note : run.judgement.notes) text += "note: " + note + "\n";

  std::string word = to_string(run.judgement.verdict);
  std::transform(word.begin(), word.end(), word.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  text += fmt::format("{}: {} passed, {} failed, {} inconclusive",
                      style.paint(colour_of(run.judgement.verdict), word), passed, failed,
                      run.judgement.expectations.size() - passed - failed);
  if (!out.empty()) text += fmt::format("{}{}/report.html", style.dot(), out);
  text += fmt::format("{}again: orrery run {} --seeds {}", style.dot(), scenario.file, first_seed);
  if (run.world == World::Containerd) text += " --world containerd";
  return text + "\n";
}

}  // namespace orrery::report
