#include "gui/model/search.h"

#include <algorithm>
#include <set>
#include <utility>

#include "gui/model/clock.h"
#include "gui/model/letters.h"

namespace orrery::gui {
namespace {

/// 0: its last part begins with the text; 1: it has it somewhere; nothing: it does not.
std::optional<int> rank(std::string_view name, const std::string& text) {
  const std::string letters = small(name);
  const std::size_t slash = letters.rfind('/');
  const std::size_t own = slash == std::string::npos ? 0 : slash + 1;
  if (letters.compare(own, text.size(), text) == 0) return 0;
  return letters.find(text) == std::string::npos ? std::nullopt : std::optional{1};
}

}  // namespace

std::vector<Found> find_anything(const RecordedRun& run, const std::string& typed,
                                 std::size_t most) {
  const std::string text = small(typed);
  if (text.empty()) return {};
  std::vector<std::pair<int, Found>> all;
  if (const auto at = read_clock(text)) {
    all.push_back({-1, {Found::Kind::Time, typed, std::min(*at, run.end()), std::nullopt}});
  }
  const auto& services = run.scene().services;
  for (std::uint32_t i = 0; i < services.size(); ++i) {
    if (const auto place = rank(services[i], text)) {
      all.push_back({*place, {Found::Kind::Service, services[i], std::nullopt, i}});
    }
  }
  for (const FaultSpan& fault : run.events().faults()) {
    const auto by_id = rank(fault.id, text);
    const auto place = by_id ? by_id : rank(fault.subject, text);
    if (place)
      all.push_back({*place, {Found::Kind::Fault, fault.subject, fault.from, std::nullopt}});
  }
  for (const RolloutSpan& rollout : run.events().rollouts()) {
    if (const auto place = rank(rollout.name, text)) {
      all.push_back(
          {*place,
           {Found::Kind::Rollout, rollout.name, rollout.from, run.names().of(rollout.name)}});
    }
  }
  // Pods that were spoken of, as long as there is room for them.
  std::set<recording::TextId> seen;
  for (const recording::RunEvent& event : run.events().all()) {
    if (all.size() >= most * 4) break;
    const std::string_view subject = run.text(event.subject);
    if (subject.substr(0, 4) != "Pod/" || !seen.insert(event.subject).second) continue;
    if (const auto place = rank(subject, text)) {
      all.push_back(
          {*place + 2,
           {Found::Kind::Pod, std::string{subject}, std::nullopt, run.names().of_object(subject)}});
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Found> found;
  for (auto& [place, one] : all) {
    if (found.size() == most) break;
    found.push_back(std::move(one));
  }
  return found;
}

}  // namespace orrery::gui
