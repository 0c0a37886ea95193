#include "gui/model/event_list.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include "gui/model/clock.h"
#include "gui/model/letters.h"

namespace orrery::gui {
namespace {

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

}  // namespace

EventFilter read_filter(const std::string& text) {
  EventFilter filter;
  std::istringstream words{text};
  for (std::string word; words >> word;) {
    const std::string whole = word;
    EventTerm term;
    if (word.size() > 1 && word.front() == '-') {
      term.without = true;
      word.erase(0, 1);
    }
    const std::size_t colon = word.find(':');
    const std::string key = colon == std::string::npos ? "" : small(word.substr(0, colon));
    const std::string value = colon == std::string::npos ? word : word.substr(colon + 1);
    if (key == "after" || key == "before") {
      const auto at = read_clock(value);
      if (!at || term.without) {
        filter.wrong.push_back(whole);
      } else {
        (key == "after" ? filter.after : filter.before) = at;
      }
      continue;
    }
    if (key == "kind") term.where = EventTerm::Where::Kind;
    if (key == "object") term.where = EventTerm::Where::Object;
    if (key == "text") term.where = EventTerm::Where::Detail;
    term.text = small(term.where == EventTerm::Where::Anywhere ? word : value);
    if (!term.text.empty()) filter.terms.push_back(std::move(term));
  }
  return filter;
}

std::optional<EventGroup> group_of(std::string_view what, std::string_view subject) {
  if (what == "fault" || what == "fault-ends") return EventGroup::Faults;
  if (what == "failing" || what == "no-endpoints" || what == "errors" || what == "load" ||
      what == "network-policy" || what == "rate-limit" || what == "injected") {
    return EventGroup::Failures;
  }
  if (is_change(what) || what == "set" || what == "spec-changed" || what == "scaled" ||
      what == "configured") {
    return EventGroup::Changes;
  }
  if (starts_with(subject, "Pod/")) return EventGroup::Pods;
  if (starts_with(subject, "Node/")) return EventGroup::Nodes;
  return std::nullopt;
}

void EventList::set_run(const RecordedRun* run) {
  run_ = run;
  set_filter(std::move(filter_));
}

void EventList::set_filter(EventFilter filter) {
  filter_ = std::move(filter);
  verdicts_.assign(filter_.terms.size(), {});
  rows_.clear();
  seen_ = 0;
  take();
}

void EventList::take() {
  if (run_ == nullptr) return;
  const std::vector<recording::RunEvent>& all = run_->events().all();
  for (; seen_ < all.size(); ++seen_) {
    if (passes(all[seen_])) rows_.push_back(static_cast<std::uint32_t>(seen_));
  }
}

bool EventList::passes(const recording::RunEvent& event) {
  if (filter_.after && event.at < *filter_.after) return false;
  if (filter_.before && event.at >= *filter_.before) return false;
  if (filter_.group &&
      group_of(run_->text(event.what), run_->text(event.subject)) != filter_.group) {
    return false;
  }
  for (std::size_t term = 0; term < filter_.terms.size(); ++term) {
    if (passes(event, term) == filter_.terms[term].without) return false;
  }
  return true;
}

bool EventList::passes(const recording::RunEvent& event, std::size_t index) {
  const EventTerm& term = filter_.terms[index];
  TermVerdicts& verdicts = verdicts_[index];
  const auto has = [&](recording::TextId id) {
    return small(run_->text(id)).find(term.text) != std::string::npos;
  };
  const auto asked = [&](EventTerm::Where where) {
    return term.where == where || term.where == EventTerm::Where::Anywhere;
  };
  return (asked(EventTerm::Where::Kind) && verdicts.kind.of(event.what, has)) ||
         (asked(EventTerm::Where::Object) && verdicts.object.of(event.subject, has)) ||
         (asked(EventTerm::Where::Detail) && verdicts.detail.of(event.detail, has));
}

std::size_t EventList::happened(Instant t) const {
  const auto& all = run_->events().all();
  const auto after =
      std::upper_bound(rows_.begin(), rows_.end(), t,
                       [&](Instant at, std::uint32_t row) { return at < all[row].at; });
  return static_cast<std::size_t>(after - rows_.begin());
}

}  // namespace orrery::gui
