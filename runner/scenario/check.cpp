#include "runner/scenario/check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>

#include "models/api/unicode.h"
#include "runner/scenario/document.h"
#include "runner/scenario/live_limits.h"
#include "runner/scenario/manifest_files.h"
#include "runner/scenario/reading.h"

namespace orrery::scenario {
namespace {

constexpr int kExitBadInput = 2;

std::string plural(std::size_t count, const std::string& one, const std::string& many = {}) {
  return fmt::format("{} {}", count, count == 1 ? one : many.empty() ? one + "s" : many);
}

bool looks_like_manifest(const std::string& file, std::string_view text) {
  if (syntax_of(file, text) == Syntax::Json) {
    const Document document = read_document(text, file, Syntax::Json);
    return document.root && document.root->find("format") == nullptr &&
           (document.root->find("kind") != nullptr || document.root->find("apiVersion") != nullptr);
  }
  // By lines, so that a manifest that is broken elsewhere is still read as one.
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view line = text.substr(at, text.find('\n', at) - at);
    if (line.starts_with("apiVersion:") || line.starts_with("kind:")) return true;
    at += line.size() + 1;
  }
  return false;
}

/// Whether there is nothing but white space, comments and marks between documents, as charts leave
/// behind that have nothing to say.
bool says_nothing(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for (std::size_t at = 0; at < text.size();) {
    std::string_view line = text.substr(at, text.find('\n', at) - at);
    at += line.size() + 1;
    if (line.starts_with("---") || line.starts_with("...")) line.remove_prefix(3);
    const auto first = line.find_first_not_of(" \t\r");
    if (first != std::string_view::npos && line[first] != '#') return false;
  }
  return true;
}

std::string objects_text(const std::vector<api::ManifestObject>& objects,
                         const api::istio::Rules& rules) {
  std::map<api::Kind, std::size_t> counts;
  for (const api::ManifestObject& manifest : objects) ++counts[api::kind_of(manifest.object)];
  std::vector<std::string> parts;
  for (const auto& [kind, count] : counts) parts.push_back(plural(count, api::to_string(kind)));
  const auto add = [&](std::size_t count, const char* kind) {
    if (count > 0) parts.push_back(plural(count, kind));
  };
  add(rules.destination_rules.size(), "DestinationRule");
  add(rules.virtual_services.size(), "VirtualService");
  return parts.empty() ? "no objects" : fmt::format("{}", fmt::join(parts, ", "));
}

/// Each thing once, with its first place and how often it stands in the input.
std::string not_modelled_text(const std::vector<api::NotModelled>& all) {
  if (all.empty()) return "  everything in the manifests is modelled\n";
  struct Seen {
    const api::Place* first;
    std::size_t count;
  };
  std::map<std::string, Seen> seen;
  std::size_t width = 0;
  for (const api::NotModelled& one : all) {
    const std::string what = api::one_line(one.what, 200);
    ++seen.try_emplace(what, Seen{&one.where, 0}).first->second.count;
    width = std::max(width, what.size());
  }
  std::string text =
      fmt::format("  not modelled, without effect on a run: {}\n",
                  plural(seen.size(), "kind, field or object", "kinds, fields and objects"));
  for (const auto& [what, where] : seen) {
    text += fmt::format("    {:{}}  {}:{}", what, width, where.first->file, where.first->line);
    text += where.count == 1 ? "\n" : fmt::format(", {} times in all\n", where.count);
  }
  return text;
}

/// Each assumption once, with the first value it stands behind.
std::string inputs_text(const std::vector<Input>& inputs) {
  std::map<Provenance, std::size_t> counts;
  for (const Input& input : inputs) ++counts[input.provenance];
  std::string text =
      fmt::format("  inputs: {} measured, {} given, {} assumed\n", counts[Provenance::Measured],
                  counts[Provenance::Given], counts[Provenance::Assumed]);
  struct Assumption {
    std::string_view note;
    std::string_view first;  ///< JSON Pointer.
    std::size_t count;
  };
  std::vector<Assumption> assumptions;
  for (const Input& input : inputs) {
    if (input.provenance != Provenance::Assumed) continue;
    const auto same = std::find_if(assumptions.begin(), assumptions.end(),
                                   [&](const Assumption& one) { return one.note == input.note; });
    if (same == assumptions.end()) {
      assumptions.push_back({input.note, input.pointer, 1});
    } else {
      ++same->count;
    }
  }
  for (const Assumption& one : assumptions) {
    const std::string more = one.count == 1 ? "" : fmt::format(" (and {} more)", one.count - 1);
    text += fmt::format("    {}{}: {}\n", one.first, more, one.note);
  }
  return text;
}

/// "3 nodes", "1 node and up to 4 of groups".
std::string nodes_text(const Cluster& cluster) {
  std::size_t most = 0;
  for (const NodeGroup& group : cluster.groups) most += static_cast<std::size_t>(group.max);
  const std::string fixed = plural(cluster.nodes.size() - most, "node");
  return most == 0 ? fixed : fmt::format("{} and up to {} of groups", fixed, most);
}

/// Who reads this may not want to run what somebody else has written.
std::string programs_text(const Scenario& scenario) {
  const auto programs = programs_of(scenario);
  if (programs.empty()) return {};
  std::string text =
      fmt::format("  a run starts {}, with your rights; in the simulated world alone\n",
                  plural(programs.size(), "program"));
  for (const auto& [title, program] : programs) {
    text += fmt::format("    {}: {}\n", title, fmt::join(program->exec, " "));
  }
  return text;
}

std::string in_force_text(const std::map<Way, PolicyOrigins>& policies) {
  if (policies.empty()) return {};
  return "  policies in force, and where they come from:\n" + policies_text(policies);
}

/// What Istio's rules in the timeline make of them.
std::string changed_text(const ScenarioReading& reading) {
  std::string text;
  for (const auto& [id, policies] : reading.changed_policies) {
    text += fmt::format("  policies that \"{}\" of the timeline changes:\n", id);
    text += policies_text(policies);
  }
  return text;
}

std::string scenario_text(const Scenario& scenario, const ScenarioReading& reading) {
  const std::size_t file_count = reading.files.size();
  std::string text = fmt::format("{}: ok\n  {}\n", scenario.file, scenario.name);
  text += fmt::format("  {} in {}\n", objects_text(scenario.objects, reading.rules),
                      plural(file_count, "file"));
  text += fmt::format("  {}, {}, {}, {} on the timeline, {}, {}\n", nodes_text(scenario.cluster),
                      plural(scenario.services.size(), "service"),
                      plural(scenario.journeys.size(), "journey"),
                      plural(scenario.timeline.size(), "entry", "entries"),
                      plural(scenario.expectations.size(), "expectation"),
                      plural(scenario.last_seed - scenario.first_seed + 1, "seed"));
  text += programs_text(scenario);
  text += in_force_text(reading.policies);
  text += changed_text(reading);
  text += not_modelled_text(without_effect(scenario));
  text += inputs_text(scenario.inputs);
  return text;
}

/// What several inputs gave so far.
struct Checked {
  std::string text;
  std::vector<api::Problem> problems;
  api::Manifests manifests;
  api::istio::Rules rules;
  std::size_t manifest_files = 0;
  std::size_t empty_files = 0;

  void add_problems(const std::vector<api::Problem>& more) {
    problems.insert(problems.end(), more.begin(), more.end());
  }
};

void check_text(const std::string& file, std::string_view text, const std::string& folder,
                const std::vector<Override>& overrides, bool live, Checked& checked) {
  if (looks_like_manifest(file, text)) {
    api::ManifestPatches none;
    api::Manifests some = api::read_manifests(text, file, none, checked.rules);
    checked.add_problems(some.problems);
    std::move(some.objects.begin(), some.objects.end(),
              std::back_inserter(checked.manifests.objects));
    std::move(some.not_modelled.begin(), some.not_modelled.end(),
              std::back_inserter(checked.manifests.not_modelled));
    ++checked.manifest_files;
    return;
  }
  if (says_nothing(text)) {
    ++checked.empty_files;
    return;
  }
  const ScenarioReading reading = read_scenario_text(text, file, folder, overrides);
  checked.add_problems(reading.problems);
  if (reading.scenario && live) checked.add_problems(simulated_alone(*reading.scenario));
  if (reading.scenario) checked.text += scenario_text(*reading.scenario, reading);
}

}  // namespace

CheckReport check(const std::vector<std::string>& files, std::string_view standard_input,
                  const std::vector<Override>& overrides, bool live, const std::string& folder) {
  Checked checked;
  Report report;
  for (const std::string& name : files) {
    const std::size_t empty_before = checked.empty_files;
    if (name == "-") {
      check_text("-", standard_input, folder, overrides, live, checked);
      if (checked.empty_files > empty_before) {
        report.add({"-", 0, {}}, "a scenario or manifests", "nothing",
                   "did the program before the pipe fail?");
      }
      continue;
    }
    const std::vector<std::string> inside = manifest_files(name, {name, 0, {}}, report);
    for (const std::string& file : inside) {
      const auto text = read_file(file, {file, 0, {}}, report);
      const std::string own = std::filesystem::path{file}.parent_path().string();
      if (text) {
        check_text(file, *text, folder.empty() ? own : folder, overrides, live, checked);
      }
    }
    // One file of many may be empty; a name that leads to nothing at all is a mistake.
    if (!inside.empty() && checked.empty_files - empty_before == inside.size()) {
      report.add({name, 0, {}}, "a scenario or manifests", "nothing",
                 inside.size() == 1 ? "the file is empty, or all of it is comments"
                                    : "its files are empty, or all of them is comments");
    }
  }
  report_duplicates(checked.manifests.objects, report);
  report_duplicates(checked.rules, report);
  checked.add_problems(report.problems());
  if (!checked.problems.empty()) {
    CheckReport bad;
    for (const api::Problem& problem : checked.problems) bad.text += to_string(problem) + "\n";
    bad.text += plural(checked.problems.size(), "problem") + "\n";
    bad.exit_code = kExitBadInput;
    return bad;
  }
  if (checked.manifest_files > 0) {
    checked.text += fmt::format("manifests: ok\n  {} in {}\n",
                                objects_text(checked.manifests.objects, checked.rules),
                                plural(checked.manifest_files, "file"));
    checked.text += not_modelled_text(checked.manifests.not_modelled);
  }
  return {checked.text, 0};
}

}  // namespace orrery::scenario
