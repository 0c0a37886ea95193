#include <fmt/format.h>

#include <algorithm>

#include "runner/report/report.h"

namespace orrery::report {
namespace {

using verdict::Verdict;

/// Text for an attribute or an element. Control characters, which XML 1.0 cannot hold, become "?".
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

/// "scenarios/shop/rollout.json" -> "scenarios.shop.rollout": dots make the folders of a test tree.
std::string class_name(std::string file) {
  const auto dot = file.rfind('.');
  if (dot != std::string::npos && dot > file.rfind('/') + 1) file.resize(dot);
  std::replace(file.begin(), file.end(), '/', '.');
  while (file.starts_with('.')) file.erase(0, 1);
  return file.empty() ? "scenario" : file;
}

}  // namespace

std::string junit_xml(const FinishedRun& run) {
  const auto& expectations = run.judgement.expectations;
  const auto count = [&](Verdict verdict) {
    return std::count_if(expectations.begin(), expectations.end(),
                         [verdict](const auto& e) { return e.verdict == verdict; });
  };
  // Notes make a run inconclusive that may have passed each expectation: a case of its own.
  const bool noted = !run.judgement.notes.empty();
  const std::string name = escaped(run.scenario.name);
  const std::string numbers = fmt::format(
      "tests=\"{}\" failures=\"{}\" errors=\"{}\"", expectations.size() + (noted ? 1 : 0),
      count(Verdict::Fail), count(Verdict::Inconclusive) + (noted ? 1 : 0));
  const std::string in_class = escaped(class_name(run.scenario.file));
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  xml += fmt::format("<testsuites {}>\n<testsuite name=\"{}\" {}>\n<properties>\n", numbers, name,
                     numbers);
  const auto property = [&](const std::string& key, const std::string& value) {
    xml += fmt::format("<property name=\"{}\" value=\"{}\"/>\n", key, escaped(value));
  };
  property("profile", run.scenario.profile);
  property("world", run.world == World::Sim ? "sim" : "containerd");
  property("seeds", fmt::format("{}..{}", run.results.front().seed, run.results.back().seed));
  for (const runner::RunResult& result : run.results) {
    property(fmt::format("seed.{}", result.seed), result.fingerprint);
  }
  xml += "</properties>\n";
  for (const verdict::ExpectationVerdict& e : expectations) {
    xml += fmt::format("<testcase classname=\"{}\" name=\"{}\">", in_class, escaped(e.id));
    const std::string told = escaped(
        fmt::format("{} {}{}{}", e.observed_text, e.bound, e.why.empty() ? "" : ": ", e.why));
    if (e.verdict == Verdict::Fail) {
      xml += fmt::format("<failure message=\"{}\"/>", told);
    } else if (e.verdict == Verdict::Inconclusive) {
      xml += fmt::format("<error message=\"inconclusive: {}\"/>", told);
    }
    xml += fmt::format("<system-out>{}; {} of {} runs{}{}</system-out></testcase>\n", told,
                       e.seeds_passed, e.seeds, e.worst_text.empty() ? "" : "; ",
                       escaped(e.worst_text));
  }
  if (noted) {
    std::string all;
    for (const std::string& note : run.judgement.notes) all += (all.empty() ? "" : "; ") + note;
    xml += fmt::format(
        "<testcase classname=\"{}\" name=\"the run itself\"><error message=\"inconclusive: "
        "{}\"/></testcase>\n",
        in_class, escaped(all));
  }
  return xml + "</testsuite>\n</testsuites>\n";
}

}  // namespace orrery::report
