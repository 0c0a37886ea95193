#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "runner/scenario/metrics.h"
#include "runner/scenario/parts.h"
#include "runner/scenario/scalars.h"

namespace orrery::scenario {
namespace {

using api::Kind;

constexpr std::array kQuantifiers = {Quantifier::Always, Quantifier::Never, Quantifier::Eventually,
                                     Quantifier::Finally};

/// Kinds that can be the controller of counted objects.
const std::vector<Kind> kOwners = {Kind::Deployment,  Kind::ReplicaSet, Kind::ReplicationController,
                                   Kind::StatefulSet, Kind::DaemonSet,  Kind::Job,
                                   Kind::CronJob};

/// Kinds with a figure that a target can be asked for.
std::vector<Kind> target_kinds() {
  std::vector<Kind> kinds = replica_kinds();
  for (const Kind kind :
       {Kind::Job, Kind::CronJob, Kind::HorizontalPodAutoscaler, Kind::PodDisruptionBudget}) {
    kinds.push_back(kind);
  }
  return kinds;
}

/// The one member of `value` that names a quantifier; reports none and several.
const Value* find_quantifier(const Value& value, CountExpectation& expectation, Report& report) {
  const Value* found = nullptr;
  std::vector<std::string> names;
  std::size_t count = 0;
  for (const Quantifier quantifier : kQuantifiers) {
    names.emplace_back(to_string(quantifier));
    const Value* member = value.find(names.back());
    if (member == nullptr) continue;
    ++count;
    found = member;
    expectation.quantifier = quantifier;
  }
  if (count == 1) return found;
  report.add(value.where, "when it must hold: one of " + one_of(names), std::to_string(count),
             count > 1 ? "write one expectation for each" : "");
  return nullptr;
}

/// The figure and bound of {"available": ">= 2"}.
void read_figure(const Value& value, const std::vector<std::string>& names, std::string& name,
                 Bound& bound, Report& report) {
  if (value.type != Value::Type::Object || value.children.size() != 1) {
    const std::string found = value.type == Value::Type::Object
                                  ? std::to_string(value.children.size())
                                  : found_text(value);
    report.add(value.where, fmt::format("an object with one of {} and its bound", one_of(names)),
               found, value.children.size() > 1 ? "write one expectation for each" : "");
    return;
  }
  const Value& member = value.children.front();
  if (std::find(names.begin(), names.end(), member.key) == names.end()) {
    report.add(member.where, "a count: " + one_of(names), fmt::format("\"{}\"", member.key),
               did_you_mean(member.key, names));
    return;
  }
  name = member.key;
  bound = read_bound(member, Measure::Count, report).value_or(Bound{});
}

void read_target_count(const Value& value, const Fields& fields, CountExpectation& expectation,
                       Reading& reading) {
  Report& report = reading.report;
  const Value* target = fields.require("target", "\"Kind/name\", or \"count\" instead");
  const Value* quantified = find_quantifier(value, expectation, report);
  const auto name = target == nullptr ? std::nullopt : read_text(*target, "\"Kind/name\"", report);
  const auto key =
      name ? reading.catalog.object(target->where, *name, target_kinds(), report) : std::nullopt;
  if (quantified == nullptr || !key) return;
  std::string figure;
  const bool pods = keeps_replicas(key->kind);
  read_figure(*quantified, pods ? pod_counts() : object_figures(key->kind), figure,
              expectation.bound, report);
  expectation.subject = figure;
  if (pods) {
    expectation.count = TargetCount{*key, figure};
    return;
  }
  ObjectCount count;
  count.kind = key->kind;
  count.sum = figure;
  count.where.name = key->name;
  count.where.namespace_name = key->namespace_name;
  expectation.count = count;
}

/// "Ready", "Ready=False" or "Ready=Unknown".
void read_condition(const Value& value, ObjectFilter& filter, Report& report) {
  const auto text = read_text(value, "a condition such as \"Ready\" or \"Ready=False\"", report);
  if (!text) return;
  const auto equals = text->find('=');
  filter.condition = text->substr(0, equals);
  if (equals == std::string::npos) return;
  const std::string status = text->substr(equals + 1);
  if (status == "True") return;
  if (status == "False") {
    filter.condition_status = api::ConditionStatus::False;
  } else if (status == "Unknown") {
    filter.condition_status = api::ConditionStatus::Unknown;
  } else {
    report.add(value, "a condition that is True, False or Unknown");
  }
}

const std::vector<std::string>& phases_of(Kind kind) {
  static const std::vector<std::string> kPods = {"Pending", "Running", "Succeeded", "Failed",
                                                 "Unknown"};
  static const std::vector<std::string> kClaims = {"Pending", "Bound", "Lost"};
  static const std::vector<std::string> kVolumes = {"Pending", "Available", "Bound", "Released",
                                                    "Failed"};
  static const std::vector<std::string> kNone;
  if (kind == Kind::Pod) return kPods;
  if (kind == Kind::PersistentVolumeClaim) return kClaims;
  return kind == Kind::PersistentVolume ? kVolumes : kNone;
}

void read_owner(const Value& value, ObjectFilter& filter, Reading& reading) {
  const auto name = read_text(value, "\"Kind/name\" or \"none\"", reading.report);
  if (!name) return;
  filter.unowned = *name == "none";
  if (!filter.unowned) {
    filter.owner = reading.catalog.object(value.where, *name, kOwners, reading.report);
  }
}

/// `where`: which keys there are depends on the kind.
void read_filter(const Value& value, Kind kind, ObjectFilter& filter, Reading& reading) {
  Report& report = reading.report;
  const Fields fields{
      value,
      {"namespace", "name", "labels", "owner", "condition", "phase", "reason", "node", "zone",
       "taint", "ready", "scheduled", "terminating", "unschedulable"},
      report};
  if (value.type != Value::Type::Object) return;
  const auto only = [&](const char* key, std::initializer_list<Kind> kinds) -> const Value* {
    const Value* member = fields.find(key);
    if (member == nullptr || std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) {
      return member;
    }
    report.add(member->where, fmt::format("a key that fits {}", api::to_string(kind)),
               fmt::format("\"{}\"", key));
    return nullptr;
  };
  const auto text = [&](const Value* member, std::string& into) {
    if (member != nullptr) into = read_text(*member, "text", report).value_or("");
  };
  const auto flag = [&](const Value* member, std::optional<bool>& into) {
    if (member != nullptr) into = read_boolean(*member, report);
  };
  text(fields.find("namespace"), filter.namespace_name);
  text(fields.find("name"), filter.name);
  if (const Value* labels = fields.find("labels")) {
    for (const Value& label : named_members(*labels, "an object of labels", report)) {
      filter.labels[label.key] = read_text(label, "the value of a label", report).value_or("");
    }
  }
  if (const Value* owner = fields.find("owner")) read_owner(*owner, filter, reading);
  if (const Value* condition = fields.find("condition")) read_condition(*condition, filter, report);
  if (const Value* phase =
          only("phase", {Kind::Pod, Kind::PersistentVolume, Kind::PersistentVolumeClaim})) {
    filter.phase = read_text(*phase, "a phase", report).value_or("");
    const auto& phases = phases_of(kind);
    if (std::find(phases.begin(), phases.end(), filter.phase) == phases.end()) {
      report.add(*phase, "a phase: " + one_of(phases), did_you_mean(filter.phase, phases));
    }
  }
  text(only("reason", {Kind::Pod}), filter.reason);
  if (const Value* node = only("node", {Kind::Pod})) {
    filter.node = read_text(*node, "the name of a node", report).value_or("");
    if (!filter.node.empty()) {
      (void)reading.catalog.object(node->where, "Node/" + filter.node, {Kind::Node}, report);
    }
  }
  text(only("zone", {Kind::Node}), filter.zone);
  text(only("taint", {Kind::Node}), filter.taint);
  flag(only("ready", {Kind::Pod, Kind::Node}), filter.ready);
  flag(only("scheduled", {Kind::Pod}), filter.scheduled);
  flag(fields.find("terminating"), filter.terminating);
  flag(only("unschedulable", {Kind::Node}), filter.unschedulable);
}

/// What an object must be, for people: "phase Failed, not ready".
std::string condition_text(const ObjectFilter& where) {
  std::vector<std::string> parts;
  const auto say = [&](const char* what, const std::string& value) {
    if (!value.empty()) parts.push_back(std::string{what} + value);
  };
  const auto flag = [&](const char* what, std::optional<bool> value) {
    if (value) parts.push_back(std::string{*value ? "" : "not "} + what);
  };
  say("namespace ", where.namespace_name);
  say("name ", where.name);
  for (const auto& [key, value] : where.labels) parts.push_back(key + "=" + value);
  if (where.owner) say("of ", to_string(*where.owner));
  if (where.unowned) parts.emplace_back("without owner");
  if (!where.condition.empty()) {
    const bool holds = where.condition_status == api::ConditionStatus::True;
    const bool unknown = where.condition_status == api::ConditionStatus::Unknown;
    say("condition ", where.condition + (holds ? "" : unknown ? "=Unknown" : "=False"));
  }
  say("phase ", where.phase);
  say("reason ", where.reason);
  say("on ", where.node);
  say("zone ", where.zone);
  say("taint ", where.taint);
  flag("ready", where.ready);
  flag("scheduled", where.scheduled);
  flag("terminating", where.terminating);
  flag("unschedulable", where.unschedulable);
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string condition_text(const EventCount& events) {
  std::vector<std::string> parts;
  if (!events.subject.empty()) parts.push_back(events.subject);
  if (!events.detail.empty()) parts.push_back('"' + events.detail + '"');
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string with_condition(const std::string& subject, const std::string& condition) {
  return condition.empty() ? subject : fmt::format("{} ({})", subject, condition);
}

EventCount read_event_filter(const Value* value, Report& report) {
  EventCount count;
  if (value == nullptr) return count;
  const Fields fields{*value, {"what", "subject", "detail"}, report};
  if (const Value* what = fields.find("what")) {
    count.what = read_text(*what, "the word of an event, as in events.jsonl", report).value_or("");
  }
  if (const Value* subject = fields.find("subject")) {
    count.subject = read_text(*subject, "\"Kind/namespace/name\"", report).value_or("");
  }
  if (const Value* detail = fields.find("detail")) {
    count.detail = read_text(*detail, "a part of the detail", report).value_or("");
  }
  return count;
}

ObjectCount read_object_count(Kind kind, const Value& value, const Fields& fields,
                              Reading& reading) {
  Report& report = reading.report;
  ObjectCount count;
  count.kind = kind;
  if (const Value* where = fields.find("where")) read_filter(*where, kind, count.where, reading);
  if (const Value* sum = fields.find("sum")) {
    const auto figures = object_figures(kind);
    count.sum = read_text(*sum, "a figure", report).value_or("");
    if (std::find(figures.begin(), figures.end(), count.sum) == figures.end()) {
      report.add(*sum, fmt::format("a figure of {}: {}", api::to_string(kind), one_of(figures)),
                 did_you_mean(count.sum, figures));
    }
  }
  if (const Value* ever = fields.find("ever")) {
    count.ever = read_boolean(*ever, report).value_or(false);
  }
  if (const Value* per = fields.find("per")) {
    count.per_node = true;
    if (per->text != "node") report.add(*per, "\"node\"");
    if (kind != Kind::Pod) report.add(value.where, "Pods to count per node", api::to_string(kind));
  }
  return count;
}

/// The kinds that can be counted, by what people write: "Pod" or "Pods".
std::optional<Kind> counted_kind(std::string_view text) {
  if (const auto kind = api::kind_named(text)) return kind;
  return text.ends_with('s') ? api::kind_named(text.substr(0, text.size() - 1)) : std::nullopt;
}

void read_count(const Value& value, const Fields& fields, CountExpectation& expectation,
                Reading& reading) {
  Report& report = reading.report;
  const Value& count = *fields.find("count");
  if (const Value* target = fields.find("target")) {
    report.add(target->where, "\"target\" or \"count\"", "both",
               "\"where\" says which objects count");
  }
  const Value* quantified = find_quantifier(value, expectation, report);
  if (quantified != nullptr) {
    expectation.bound = read_bound(*quantified, Measure::Count, report).value_or(Bound{});
  }
  if (count.text == "events") {
    for (const char* key : {"sum", "ever", "per"}) {
      const Value* stray = fields.find(key);
      if (stray == nullptr) continue;
      report.add(stray->where, fmt::format("no \"{}\" for events", key), "it");
    }
    EventCount events = read_event_filter(fields.find("where"), report);
    expectation.subject = with_condition(events.what.empty() ? "events" : events.what + " events",
                                         condition_text(events));
    expectation.count = std::move(events);
    return;
  }
  const auto kind = count.type == Value::Type::Text ? counted_kind(count.text) : std::nullopt;
  if (!kind) {
    std::vector<std::string> kinds = {"events"};
    for (int index = 0; index < api::kKindCount; ++index) {
      kinds.emplace_back(api::to_string(static_cast<Kind>(index)));
    }
    report.add(count, "what to count: a kind such as \"Pod\" or \"Node\", or \"events\"",
               did_you_mean(count.text, kinds));
    return;
  }
  ObjectCount objects = read_object_count(*kind, value, fields, reading);
  const std::string plural = fmt::format("{}s", api::to_string(*kind));
  const std::string counted = with_condition(plural, condition_text(objects.where));
  expectation.subject = objects.sum.empty() ? counted : objects.sum + " of " + counted;
  if (objects.per_node) expectation.subject += " on one node";
  if (objects.ever) expectation.subject += " ever";
  expectation.count = std::move(objects);
}

/// "topic", "group" and which figure of them.
void read_group_count(const Value& value, const Fields& fields, CountExpectation& expectation,
                      Reading& reading) {
  static const std::vector<std::string> kFigures = {"lag",      "age",  "published",
                                                    "finished", "dead", "redelivered"};
  Report& report = reading.report;
  for (const char* key : {"target", "where", "sum", "ever", "per"}) {
    const Value* stray = fields.find(key);
    if (stray == nullptr) continue;
    report.add(stray->where, fmt::format("no \"{}\" beside \"topic\"", key), "it");
  }
  GroupCount count;
  const std::map<std::string, Topic>& topics = reading.scenario.topics;
  const Value* name = fields.require("topic", "one of the topics");
  const auto topic = name == nullptr ? std::nullopt : read_text(*name, "a topic", report);
  const auto found = topic ? topics.find(*topic) : topics.end();
  if (topic && found == topics.end()) {
    std::vector<std::string> names;
    for (const auto& [known, unused] : topics) names.push_back(known);
    report.add(*name, "one of the topics", did_you_mean(*topic, names));
  }
  count.topic = topic.value_or("");
  const Value* group = fields.require("group", "a group of the topic, by its service");
  const auto of = group == nullptr ? std::nullopt : read_text(*group, "a service", report);
  const auto service = of ? reading.catalog.service(group->where, *of, report) : std::nullopt;
  count.group = service.value_or("");
  if (service && found != topics.end() && !found->second.groups.contains(*service)) {
    report.add(*group, fmt::format("a group of the topic \"{}\"", *topic),
               "\"groups\" of the topic names the services that consume");
  }
  const Value* figure = fields.require("count", one_of(kFigures));
  count.figure = figure == nullptr ? "" : read_text(*figure, one_of(kFigures), report).value_or("");
  if (!count.figure.empty() &&
      std::find(kFigures.begin(), kFigures.end(), count.figure) == kFigures.end()) {
    report.add(*figure, "a figure of a group: " + one_of(kFigures),
               did_you_mean(count.figure, kFigures));
  }
  const Measure measure = count.figure == "age" ? Measure::Time : Measure::Count;
  const Value* quantified = find_quantifier(value, expectation, report);
  if (quantified != nullptr) {
    expectation.bound = read_bound(*quantified, measure, report).value_or(Bound{});
  }
  expectation.subject = count.figure;
  expectation.count = std::move(count);
}

}  // namespace

CountExpectation read_count_expectation(const Value& value, Reading& reading) {
  Report& report = reading.report;
  const Fields fields{value,
                      {"id", "target", "topic", "group", "count", "where", "sum", "ever", "per",
                       "always", "never", "eventually", "finally", "during", "for"},
                      report};
  CountExpectation expectation;
  expectation.during = read_window(fields.find("during"), reading);
  if (fields.find("topic") != nullptr || fields.find("group") != nullptr) {
    read_group_count(value, fields, expectation, reading);
  } else if (fields.find("count") != nullptr) {
    read_count(value, fields, expectation, reading);
  } else {
    for (const char* key : {"where", "sum", "ever", "per"}) {
      const Value* stray = fields.find(key);
      if (stray == nullptr) continue;
      report.add(stray->where, fmt::format("\"{}\" only beside \"count\"", key), "it");
    }
    read_target_count(value, fields, expectation, reading);
  }
  if (const Value* lasting = fields.find("for")) {
    expectation.lasting = read_duration(*lasting, report).value_or(Duration{});
    if (expectation.quantifier != Quantifier::Eventually) {
      report.add(*lasting, "\"for\" only beside \"eventually\"");
    }
  }
  return expectation;
}

}  // namespace orrery::scenario
