#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "runner/scenario/parts.h"
#include "runner/scenario/scalars.h"

namespace orrery::scenario {
namespace {

struct RequestMetric {
  const char* name;
  Measure measure;
};
constexpr std::array kRequestMetrics = {
    RequestMetric{"success", Measure::Ratio}, RequestMetric{"mean", Measure::Time},
    RequestMetric{"p50", Measure::Time},      RequestMetric{"p90", Measure::Time},
    RequestMetric{"p95", Measure::Time},      RequestMetric{"p99", Measure::Time},
    RequestMetric{"p999", Measure::Time},     RequestMetric{"max", Measure::Time},
    RequestMetric{"requests", Measure::Count}};

constexpr const char* kWindowExpected =
    "a window such as \"2min..3min\", \"kill..kill+1min\" or \"kill..\"";

/// Whether `set` makes new pods, which is what a rollout is.
bool changes_template(const SetAction& set) { return set.image.has_value() || !set.env.empty(); }

Window read_window(const Value* value, Reading& reading) {
  Window window;
  window.from = Instant::at(reading.scenario.warmup);
  if (value == nullptr) return window;
  const auto dots = value->type == Value::Type::Text ? value->text.find("..") : std::string::npos;
  if (dots == std::string::npos) {
    reading.report.add(*value, kWindowExpected);
    return window;
  }
  const std::string_view text = value->text;
  const Instant end = Instant::at(reading.scenario.duration);
  const auto from = read_instant(*value, text.substr(0, dots), reading);
  const bool open_end = dots + 2 == text.size();
  const auto until =
      open_end ? std::optional{end} : read_instant(*value, text.substr(dots + 2), reading);
  if (!from || !until) return window;
  if (*from < Instant{} || *until > end) {
    reading.report.add(*value, fmt::format("a window within the run of {}", to_string(end)));
  } else if (*until <= *from) {
    reading.report.add(*value, "a window that ends after it starts");
  }
  window.from = *from;
  window.until = *until;
  window.text = value->text;
  return window;
}

std::optional<api::ObjectKey> read_deployment(const Value& target, Reading& reading) {
  const auto name = read_text(target, "\"Deployment/name\"", reading.report);
  if (!name) return std::nullopt;
  return reading.catalog.object(target.where, *name, {api::Kind::Deployment}, reading.report);
}

RequestExpectation read_request_expectation(const Value& value, Reading& reading) {
  Report& report = reading.report;
  const Fields fields{value,
                      {"id", "service", "journey", "success", "mean", "p50", "p90", "p95", "p99",
                       "p999", "max", "requests", "minRequests", "during"},
                      report};
  RequestExpectation expectation;
  const Value* service = fields.find("service");
  const Value* journey = fields.find("journey");
  if ((service == nullptr) == (journey == nullptr)) {
    report.add(value.where, "one of \"service\", \"journey\" or \"target\"",
               service == nullptr ? "none" : "two");
  } else if (service != nullptr) {
    const auto name = read_text(*service, "the name of a service", report);
    const auto full = name ? reading.catalog.service(service->where, *name, report) : std::nullopt;
    expectation.service = full.value_or("");
    if (full && !reading.scenario.services.contains(*full)) {
      report.add(*service, "a service that is called", "no journey leads to it");
    }
  } else if (const auto name = read_text(*journey, "the name of a journey", report)) {
    expectation.journey = *name;
    std::vector<std::string> journeys;
    for (const auto& [known, steps] : reading.scenario.journeys) journeys.push_back(known);
    if (!reading.scenario.journeys.contains(*name)) {
      report.add(*journey, "the name of a journey", did_you_mean(*name, journeys));
    }
  }
  std::size_t metric_count = 0;
  std::vector<std::string> names;
  for (const RequestMetric& metric : kRequestMetrics) {
    names.emplace_back(metric.name);
    const Value* bound = fields.find(metric.name);
    if (bound == nullptr) continue;
    ++metric_count;
    expectation.metric = metric.name;
    expectation.bound = read_bound(*bound, metric.measure, report).value_or(Bound{});
  }
  if (metric_count != 1) {
    report.add(value.where, "one metric: " + one_of(names), std::to_string(metric_count),
               metric_count > 1 ? "write one expectation for each" : "");
  }
  if (const Value* least = fields.find("minRequests")) {
    constexpr std::int64_t kMost = std::int64_t{1} << 40;
    expectation.min_requests =
        static_cast<std::uint64_t>(read_count(*least, 0, kMost, report).value_or(0));
  }
  expectation.during = read_window(fields.find("during"), reading);
  return expectation;
}

/// The set whose rollout is meant: the one named, or the only one that gives the target new pods.
const TimelineEntry* find_rollout(const Value& value, const Value* of, const api::ObjectKey& target,
                                  Reading& reading) {
  std::vector<std::string> ids;
  const TimelineEntry* found = nullptr;
  for (const TimelineEntry& entry : reading.scenario.timeline) {
    const auto* set = std::get_if<SetAction>(&entry.action);
    if (set == nullptr || set->target != target || !changes_template(*set)) continue;
    ids.push_back(entry.id);
    if (of == nullptr || entry.id == of->text) found = &entry;
  }
  if (of != nullptr && found == nullptr) {
    reading.report.add(*of, fmt::format("the id of a set of {}", api::to_string(target)),
                       did_you_mean(of->text, ids));
  }
  if (of == nullptr && ids.size() != 1) {
    reading.report.add(
        value.where,
        fmt::format("one set on the timeline that gives {} new pods", api::to_string(target)),
        std::to_string(ids.size()),
        ids.empty() ? "set its image or a variable"
                    : fmt::format("write \"of\": \"{}\"", ids.front()));
    return nullptr;
  }
  return found;
}

RolloutExpectation read_rollout_expectation(const Value& value, Reading& reading) {
  Report& report = reading.report;
  const Fields fields{value, {"id", "target", "rollout", "of", "within"}, report};
  RolloutExpectation expectation;
  const Value& rollout = *fields.find("rollout");
  if (rollout.text != "complete") report.add(rollout, "\"complete\"");
  const Value* target = fields.require("target", "a Deployment");
  const Value* within = fields.require("within", "a duration or a time such as \"rollout+5min\"");
  const auto key = target == nullptr ? std::nullopt : read_deployment(*target, reading);
  if (!key) return expectation;
  expectation.target = *key;
  const TimelineEntry* entry = find_rollout(value, fields.find("of"), *key, reading);
  if (entry != nullptr) expectation.rollout = entry->id;
  if (within == nullptr) return expectation;
  // A plain duration counts from the start of the rollout; anything else is a time of the run.
  const auto plain = parse_duration(within->text);
  std::optional<Instant> deadline;
  if (!plain || within->type != Value::Type::Text) {
    deadline = read_instant(*within, within->text, reading);
  } else if (entry != nullptr && *plain <= reading.scenario.duration) {
    deadline = entry->at + *plain;
  } else if (entry != nullptr) {
    deadline = Instant::never();
  }
  expectation.deadline = deadline.value_or(Instant{});
  expectation.text = plain && entry != nullptr ? entry->id + "+" + within->text : within->text;
  if (deadline && *deadline > Instant::at(reading.scenario.duration)) {
    report.add(*within,
               fmt::format("a time within the run of {}", to_string(reading.scenario.duration)));
  } else if (deadline && entry != nullptr && *deadline <= entry->at) {
    report.add(*within, fmt::format("a time after the rollout starts at {}", to_string(entry->at)));
  }
  return expectation;
}

AlwaysExpectation read_always_expectation(const Value& value, Reading& reading) {
  Report& report = reading.report;
  const Fields fields{value, {"id", "target", "always", "during"}, report};
  AlwaysExpectation expectation;
  if (const Value* target = fields.require("target", "a Deployment")) {
    expectation.target = read_deployment(*target, reading).value_or(api::ObjectKey{});
  }
  const Value& always = *fields.find("always");
  const Fields counts{always, {"available", "ready", "total", "updated"}, report};
  if (always.type == Value::Type::Object && always.children.size() != 1) {
    report.add(always.where, "one of available, ready, total or updated",
               std::to_string(always.children.size()), "write one expectation for each");
  }
  for (const char* metric : {"available", "ready", "total", "updated"}) {
    const Value* bound = counts.find(metric);
    if (bound == nullptr) continue;
    expectation.metric = metric;
    expectation.bound = read_bound(*bound, Measure::Count, report).value_or(Bound{});
  }
  expectation.during = read_window(fields.find("during"), reading);
  return expectation;
}

RecoveryExpectation read_recovery_expectation(const Value& value, Reading& reading) {
  Report& report = reading.report;
  const Fields fields{value, {"id", "target", "recovers", "within"}, report};
  RecoveryExpectation expectation;
  if (const Value* target = fields.require("target", "a Deployment")) {
    expectation.target = read_deployment(*target, reading).value_or(api::ObjectKey{});
  }
  const Value& recovers = *fields.find("recovers");
  std::vector<std::string> faults;
  const TimelineEntry* fault = nullptr;
  for (const TimelineEntry& entry : reading.scenario.timeline) {
    if (!std::holds_alternative<FaultAction>(entry.action)) continue;
    faults.push_back(entry.id);
    if (entry.id == recovers.text) fault = &entry;
  }
  if (fault == nullptr) {
    report.add(recovers, "the id of a fault on the timeline", did_you_mean(recovers.text, faults));
  }
  expectation.fault = recovers.text;
  const Value* within = fields.require("within", "a duration from the fault, such as \"30s\"");
  const auto duration = within == nullptr ? std::nullopt : read_duration(*within, report);
  expectation.within = duration.value_or(Duration{});
  if (!duration || fault == nullptr) return expectation;
  const Duration rest = Instant::at(reading.scenario.duration) - fault->at;
  if (*duration > rest) {
    report.add(*within,
               fmt::format("at most the {} from the fault to the end of the run", to_string(rest)));
  }
  return expectation;
}

}  // namespace

void read_expectations(const Value* expectations, Reading& reading) {
  if (expectations == nullptr) return;
  std::set<std::string> seen;
  for (const Value& value : items(*expectations, "a list of expectations", reading.report)) {
    if (value.type != Value::Type::Object) {
      reading.report.add(value, "an object with \"id\" and what is expected");
      continue;
    }
    Expectation expectation;
    expectation.where = value.where;
    const Value* id = value.find("id");
    if (id == nullptr) {
      reading.report.add(value.where, "\"id\": a name for this expectation", "nothing");
    } else if (const auto name = read_text(*id, "a name", reading.report)) {
      expectation.id = *name;
      if (!seen.insert(*name).second) reading.report.add(*id, "every id once");
    }
    if (value.find("rollout") != nullptr) {
      expectation.what = read_rollout_expectation(value, reading);
    } else if (value.find("always") != nullptr) {
      expectation.what = read_always_expectation(value, reading);
    } else if (value.find("recovers") != nullptr) {
      expectation.what = read_recovery_expectation(value, reading);
    } else if (value.find("target") != nullptr) {
      reading.report.add(value.where, "\"rollout\", \"always\" or \"recovers\" for this target",
                         "none of them");
    } else {
      expectation.what = read_request_expectation(value, reading);
    }
    reading.scenario.expectations.push_back(std::move(expectation));
  }
}

}  // namespace orrery::scenario
