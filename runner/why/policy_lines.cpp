#include "runner/why/policy_lines.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace orrery::why {
namespace {

std::string_view short_name(std::string_view service) {
  constexpr std::string_view kDefault = "default/";
  if (service.empty()) return "clients";
  return service.starts_with(kDefault) ? service.substr(kDefault.size()) : service;
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::vector<std::string> policy_lines(const std::vector<runner::PolicyCounts>& policies) {
  std::vector<std::string> lines;
  for (const runner::PolicyCounts& did : policies) {
    std::string acts;
    for (const auto& [count, what] : {std::pair{did.retries, "retries"},
                                      {did.hedges, "hedges"},
                                      {did.fallbacks, "fallbacks"},
                                      {did.openings, "openings of breakers"},
                                      {did.ejections, "ejections"}}) {
      if (count > 0) acts += fmt::format(", {} {}", grouped(count), what);
    }
    bool first = true;
    for (const runner::TurnedAwayKind& kind : runner::kTurnedAwayKinds) {
      const std::uint64_t count = did.turned_away.*kind.count;
      if (count == 0) continue;
      acts += fmt::format(", {}{} by {}", grouped(count), first ? " turned away" : "", kind.words);
      first = false;
    }
    if (acts.empty()) continue;
    lines.push_back(fmt::format("{} -> {}: {} calls, {} tries{}", short_name(did.from),
                                short_name(did.to), grouped(did.calls), grouped(did.tries), acts));
  }
  return lines;
}

}  // namespace orrery::why
