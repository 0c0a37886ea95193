#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "runner/scenario/action_reading.h"
#include "runner/scenario/fault_reading.h"
#include "runner/scenario/parts.h"
#include "runner/scenario/scalars.h"

namespace orrery::scenario {
namespace {

constexpr const char* kInstantExpected =
    "a time: \"90s\", or one from the timeline such as \"rollout+1min\"";

constexpr std::size_t kEntriesMax = 1000;

/// A time as written: an offset from an anchor, or from the start of the run.
struct TimeText {
  std::string anchor;  ///< A timeline id, or empty.
  Duration offset;     ///< May be negative after an anchor.
};

/// An id may hold "-", so the whole text is tried as an id before it is split at its last sign.
std::optional<TimeText> parse_time(std::string_view text, const TimelineTimes& ids) {
  if (ids.contains(std::string{text})) return TimeText{std::string{text}, {}};
  if (const auto duration = parse_duration(text)) return TimeText{{}, *duration};
  const auto sign = text.find_last_of("+-");
  if (sign == std::string_view::npos || sign == 0) return std::nullopt;
  const auto offset = parse_duration(text.substr(sign + 1));
  if (!offset) return std::nullopt;
  return TimeText{std::string{text.substr(0, sign)},
                  text[sign] == '-' ? Duration{} - *offset : *offset};
}

std::vector<std::string> ids_of(const TimelineTimes& times) {
  std::vector<std::string> ids;
  for (const auto& [id, at] : times) ids.push_back(id);
  return ids;
}

/// `a + b`, or nothing beyond 64 bits.
std::optional<Instant> shifted(Instant at, Duration by) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(at.count_ns(), by.count_ns(), &sum)) return std::nullopt;
  return Instant::at(Duration::nanoseconds(sum));
}

/// Gives every entry of the timeline its instant, in whatever order they refer to each other.
class TimelineDates {
 public:
  TimelineDates(const std::vector<Value>& entries, Reading& reading)
      : entries_{entries}, reading_{reading} {
    for (const Value& entry : entries) {
      const Value* id = entry.find("id");
      if (id != nullptr && id->type == Value::Type::Text && !id->text.empty()) {
        reading.times[id->text];
      }
    }
  }

  /// Each pass dates the entries whose anchor has a date; what no pass dates refers to itself.
  void resolve() {
    std::vector<bool> settled(entries_.size());
    for (bool progress = true; progress;) {
      progress = false;
      for (std::size_t index = 0; index < entries_.size(); ++index) {
        if (settled[index] || !try_date(entries_[index])) continue;
        settled[index] = true;
        progress = true;
      }
    }
    for (std::size_t index = 0; index < entries_.size(); ++index) {
      if (settled[index]) continue;
      reading_.report.add(*entries_[index].find("at"), "a time that does not depend on itself");
    }
  }

 private:
  /// False while the anchor has no date yet. Reports what can never have one.
  bool try_date(const Value& entry) {
    const Value* at = entry.find("at");
    const Value* id = entry.find("id");
    const auto time = at != nullptr && at->type == Value::Type::Text
                          ? parse_time(at->text, reading_.times)
                          : std::nullopt;
    const std::string name = id != nullptr ? id->text : std::string{};
    if (at == nullptr || !time) {
      if (at != nullptr) reading_.report.add(*at, kInstantExpected);
      broken_.insert(name);
      return true;
    }
    if (!time->anchor.empty()) {
      const auto anchor = reading_.times.find(time->anchor);
      if (anchor == reading_.times.end()) {
        reading_.report.add(*at, "a time from the id of a timeline entry",
                            did_you_mean(time->anchor, ids_of(reading_.times)));
        broken_.insert(name);
        return true;
      }
      if (broken_.contains(time->anchor)) {
        broken_.insert(name);
        return true;
      }
      if (!anchor->second) return false;
    }
    const auto instant = read_instant(*at, at->text, reading_);
    const Instant end = Instant::at(reading_.scenario.duration);
    if (!instant) {
      broken_.insert(name);
    } else if (*instant < Instant{} || *instant >= end) {
      reading_.report.add(at->where, fmt::format("a time within the run of {}", to_string(end)),
                          fmt::format("\"{}\"", at->text));
      broken_.insert(name);
    } else if (!name.empty()) {
      reading_.times[name] = *instant;
    }
    return true;
  }

  const std::vector<Value>& entries_;
  Reading& reading_;
  std::set<std::string> broken_;
};

constexpr std::array kActions = {"set",   "apply",  "delete", "patch",   "policy",
                                 "fault", "cordon", "drain",  "uncordon"};

/// "a", "b" and "c", each in quotes.
template <class Words>
std::string quoted(const Words& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " and " : ", ";
    text += fmt::format("\"{}\"", words[i]);
  }
  return text;
}

void report_stray_keys(const Fields& fields, const std::string& action, Report& report) {
  for (const char* key : kFaultKeys) {
    const Value* stray = fields.find(key);
    if (stray == nullptr) continue;
    const bool has_members = action == "set" || action == "patch" || action == "policy";
    report.add(stray->where, fmt::format("\"{}\" only beside \"fault\"", key),
               fmt::format("it beside \"{}\"", action),
               has_members ? fmt::format("members of a {} stand inside it", action) : "");
  }
}

/// "drain": "Node/h1" and its like.
NodeAction read_node_action(std::string_view key, const Value& node, Reading& reading) {
  NodeAction action;
  for (const auto what :
       {NodeAction::What::Cordon, NodeAction::What::Drain, NodeAction::What::Uncordon}) {
    if (key == to_string(what)) action.what = what;
  }
  const std::string name = read_text(node, "\"Node/name\"", reading.report).value_or("");
  if (name.empty()) return action;
  const auto target = reading.catalog.object(node.where, name, {api::Kind::Node}, reading.report);
  if (target) action.node = target->name;
  return action;
}

struct Repetition {
  Duration every;
  std::int64_t times = 1;
};

/// "every" and "times" of a fault: the entry stands for so many. `spare`: how many entries may
/// still come beside those that are written.
Repetition read_repetition(const Fields& fields, const Value& value, const TimelineEntry& entry,
                           std::int64_t& spare, Reading& reading) {
  Report& report = reading.report;
  const auto* fault = std::get_if<FaultAction>(&entry.action);
  const Value* every = fields.find("every");
  const Value* times = fields.find("times");
  if (fault == nullptr || (every == nullptr && times == nullptr)) return {};
  if (every == nullptr || times == nullptr) {
    report.add(value.where, "\"every\" and \"times\" together", "one of them");
    return {};
  }
  Repetition again;
  again.every = read_duration(*every, report).value_or(Duration{});
  again.times = read_count(*times, 1, static_cast<std::int64_t>(kEntriesMax), report).value_or(1);
  if (again.every <= Duration{} || (fault->lasts && again.every < *fault->lasts)) {
    report.add(*every, "a time above 0 and no shorter than \"for\"");
    return {};
  }
  const Duration left = Instant::at(reading.scenario.duration) - entry.at;
  if ((again.times - 1) > (left.count_ns() - 1) / again.every.count_ns()) {
    report.add(*times, "as many as begin within the run");
    return {};
  }
  if (again.times - 1 > spare) {
    report.add(*times, fmt::format("at most {} entries, repetitions counted", kEntriesMax));
    return {};
  }
  spare -= again.times - 1;
  return again;
}

/// Reports ids that are missing, twice, or would read as a time.
std::string read_id(const Fields& fields, std::set<std::string>& seen, Report& report) {
  const Value* value = fields.require("id", "a name for this entry");
  if (value == nullptr) return {};
  const std::string id = read_text(*value, "a name", report).value_or("");
  if (id.empty()) return id;
  const bool plain = std::all_of(id.begin(), id.end(), [](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (!plain || (id[0] >= '0' && id[0] <= '9') || id[0] == '-') {
    report.add(*value, "a name of letters, digits, - and _ that starts with a letter");
  }
  if (!seen.insert(id).second) report.add(*value, "every id once");
  return id;
}

}  // namespace

std::optional<Instant> read_instant(const Value& value, std::string_view text, Reading& reading) {
  const auto time =
      value.type == Value::Type::Text ? parse_time(text, reading.times) : std::nullopt;
  if (!time) {
    reading.report.add(value, kInstantExpected);
    return std::nullopt;
  }
  Instant from;
  if (!time->anchor.empty()) {
    const auto anchor = reading.times.find(time->anchor);
    if (anchor == reading.times.end()) {
      reading.report.add(value, "a time from the id of a timeline entry",
                         did_you_mean(time->anchor, ids_of(reading.times)));
      return std::nullopt;
    }
    // Its own problem is already reported.
    if (!anchor->second) return std::nullopt;
    from = *anchor->second;
  }
  const auto instant = shifted(from, time->offset);
  if (!instant) reading.report.add(value, "a time within 292 years");
  return instant;
}

void read_timeline(const Value* timeline, Reading& reading) {
  if (timeline == nullptr) return;
  const auto& entries = items(*timeline, "a list of entries", reading.report);
  if (entries.size() > kEntriesMax) {
    reading.report.add(timeline->where, fmt::format("at most {} entries", kEntriesMax),
                       std::to_string(entries.size()));
    return;
  }
  TimelineDates{entries, reading}.resolve();
  std::set<std::string> seen;
  auto spare = static_cast<std::int64_t>(kEntriesMax - entries.size());
  for (const Value& value : entries) {
    const Fields fields{
        value,
        {"id",     "at",        "set",   "apply",     "delete",      "patch",   "policy",
         "fault",  "cordon",    "drain", "uncordon",  "target",      "count",   "for",
         "how",    "container", "zone",  "threads",   "memory",      "delay",   "bandwidth",
         "from",   "to",        "share", "direction", "probability", "jitter",  "correlation",
         "status", "every",     "times", "buffer",    "limit",       "headers", "timeout"},
        reading.report};
    if (value.type != Value::Type::Object) continue;
    TimelineEntry entry;
    entry.where = value.where;
    entry.id = read_id(fields, seen, reading.report);
    (void)fields.require("at", kInstantExpected);
    if (const auto at = reading.times.find(entry.id); at != reading.times.end() && at->second) {
      entry.at = *at->second;
    }
    std::vector<std::string> named;
    for (const char* key : kActions) {
      if (fields.find(key) != nullptr) named.emplace_back(key);
    }
    if (named.size() != 1) {
      reading.report.add(value.where, "one of " + quoted(kActions),
                         named.empty() ? "none" : "several");
      continue;
    }
    const std::string& action = named.front();
    const Value& content = *fields.find(action);
    if (action != "fault") report_stray_keys(fields, action, reading.report);
    if (action == "set") {
      entry.action = read_set(content, reading);
    } else if (action == "apply") {
      const AppliedManifests& applied = applied_by(content, reading);
      entry.action = read_apply(applied);
      reading.applied_by[entry.id] = &applied;
    } else if (action == "delete") {
      entry.action = read_delete(content, reading.report);
      reading.deleted_by[entry.id] = &content;
    } else if (action == "patch") {
      entry.action = read_patch_action(content, reading);
    } else if (action == "policy") {
      entry.action = PolicyAction{};  // Read with the policies that it changes.
      reading.changed_policies[entry.id] = &content;
    } else if (action == "fault") {
      entry.action = read_fault(fields, value, reading);
    } else {
      entry.action = read_node_action(action, content, reading);
    }
    const Repetition again = read_repetition(fields, value, entry, spare, reading);
    const std::string id = entry.id;
    reading.scenario.timeline.push_back(std::move(entry));
    for (std::int64_t i = 2; i <= again.times; ++i) {
      TimelineEntry next = reading.scenario.timeline.back();
      next.at = next.at + again.every;
      next.id = fmt::format("{}.{}", id, i);
      reading.scenario.timeline.push_back(std::move(next));
    }
  }
  std::stable_sort(reading.scenario.timeline.begin(), reading.scenario.timeline.end(),
                   [](const TimelineEntry& a, const TimelineEntry& b) { return a.at < b.at; });
  check_sets_change_something(reading);
}

}  // namespace orrery::scenario
