#include "runner/scenario/policies.h"

#include <fmt/format.h>

#include <algorithm>

#include "runner/scenario/catalog.h"

namespace orrery::scenario {
namespace {

std::string origins_text(const PolicyOrigins& origins) {
  std::vector<std::pair<std::string, std::string>> lines;  // Origin, keys.
  for (const auto& [key, origin] : origins) {
    std::string from = origin.rule;
    if (!origin.where.file.empty()) {
      from += fmt::format("  {}:{}", origin.where.file, origin.where.line);
    }
    const auto known = std::find_if(lines.begin(), lines.end(),
                                    [&](const auto& line) { return line.first == from; });
    if (known == lines.end()) {
      lines.emplace_back(std::move(from), key);
    } else {
      known->second += ", " + key;
    }
  }
  std::string text;
  for (const auto& [from, keys] : lines) text += fmt::format("      {}: {}\n", keys, from);
  return text.empty() ? "      nothing\n" : text;
}

}  // namespace

std::string key_of_subset(const std::string& key, const std::string& subset) {
  return key + (subset.empty() ? " of no subset" : " of subset " + subset);
}

void forget_origin(PolicyOrigins& origins, const std::string& key) {
  std::erase_if(origins, [&](const auto& origin) {
    return origin.first == key || origin.first.starts_with(key + " of ");
  });
}

Callers callers_of(const Scenario& scenario) {
  Callers callers;
  for (const auto& [name, behaviour] : scenario.services) {
    for (const Operation& operation : behaviour.operations) {
      for (const auto& step : operation.steps) {
        for (const Call& call : step) {
          callers[call.to].insert(name);
          if (call.undo) callers[call.undo->to].insert(name);
        }
      }
    }
  }
  for (const auto& [name, journey] : scenario.journeys) {
    for (const JourneyStep& step : journey.steps) callers[step.service].insert("");
  }
  return callers;
}

std::string caller_name(const std::string& caller) {
  return caller.empty() ? "clients" : short_service_name(caller);
}

std::string policies_text(const std::map<Way, PolicyOrigins>& policies) {
  std::vector<std::pair<std::string, std::string>> groups;  // Origins, ways.
  for (const auto& [way, origins] : policies) {
    const std::string name =
        fmt::format("{} -> {}", caller_name(way.first), short_service_name(way.second));
    std::string text = origins_text(origins);
    const auto known = std::find_if(groups.begin(), groups.end(),
                                    [&](const auto& group) { return group.first == text; });
    if (known == groups.end()) {
      groups.emplace_back(std::move(text), name);
    } else {
      known->second += ", " + name;
    }
  }
  std::string text;
  for (const auto& [origins, ways] : groups) text += fmt::format("    {}\n{}", ways, origins);
  return text;
}

}  // namespace orrery::scenario
