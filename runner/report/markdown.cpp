#include <fmt/format.h>

#include <algorithm>

#include "runner/report/report.h"

namespace orrery::report {
namespace {

using verdict::Verdict;

/// Text for a cell: nothing in it ends the cell, the line, or starts a tag.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '\\' || c == '`' || c == '*' || c == '_' || c == '[') out += '\\';
    if (c == '<') {
      out += "&lt;";
    } else {
      out += c == '\n' || c == '\r' ? ' ' : c;
    }
  }
  return out.empty() ? " " : out;
}

const char* word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
      return "pass";
    case Verdict::Fail:
      return "**FAIL**";
    case Verdict::Inconclusive:
      return "inconclusive";
  }
  contract_violation("a verdict has one of the known values");
}

}  // namespace

std::string markdown_text(const FinishedRun& run) {
  const std::uint64_t first = run.results.front().seed;
  const std::uint64_t last = run.results.back().seed;
  std::string text = fmt::format(
      "### {}\n\n{}; {}, {}, {}\n\n", cell(run.scenario.name), word_of(run.judgement.verdict),
      first == last ? fmt::format("seed {}", first) : fmt::format("seeds {}..{}", first, last),
      run.world == World::Sim ? "simulated" : "live", run.scenario.profile);
  if (!run.judgement.expectations.empty()) {
    text += "| | expectation | observed | wanted | runs | why |\n";
    text += "| --- | --- | --- | --- | ---: | --- |\n";
  }
  for (const verdict::ExpectationVerdict& e : run.judgement.expectations) {
    std::string observed = e.observed_text;
    if (!e.worst_text.empty()) observed += "; " + e.worst_text;
    text += fmt::format("| {} | {} | {} | {} | {}/{} | {} |\n", word_of(e.verdict), cell(e.id),
                        cell(observed), cell(e.bound), e.seeds_passed, e.seeds, cell(e.why));
  }
  for (const std::string& note : run.judgement.notes) text += "\n" + cell(note) + "\n";
  return text + fmt::format("\nAgain: `orrery run {} --seeds {}`\n", run.scenario.file, first);
}

}  // namespace orrery::report
