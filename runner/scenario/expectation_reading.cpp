#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "runner/scenario/action_reading.h"
#include "runner/scenario/metrics.h"
#include "runner/scenario/parts.h"
#include "runner/scenario/scalars.h"

namespace orrery::scenario {
namespace {

constexpr const char* kWindowExpected =
    "a window such as \"2min..3min\", \"kill..kill+1min\", \"kill..\" or \"..kill\"";

/// Whether `set` makes new pods, which is what a rollout is.
std::optional<api::ObjectKey> read_target(const Value& target, Reading& reading) {
  const auto name = read_text(target, "\"Kind/name\", such as \"Deployment/web\"", reading.report);
  if (!name) return std::nullopt;
  return reading.catalog.object(target.where, *name, replica_kinds(), reading.report);
}

/// How long the requests that an expectation is about are watched.
Duration length_of(const Window& window, const Reading& reading) {
  return std::min(window.until, Instant::at(reading.scenario.duration)) - window.from;
}

void check_fits(const Value& value, Duration length, const Window& window, Reading& reading) {
  const Duration watched = length_of(window, reading);
  if (length <= watched && length >= Duration::seconds(1)) return;
  reading.report.add(value,
                     fmt::format("a window from 1s to the {} that are watched", to_string(watched)),
                     "a budget says nothing about times that were not run");
}

/// `slo`, and `over` of a burn rate.
void read_slo(const Fields& fields, const Value& value, RequestExpectation& expectation,
              Reading& reading) {
  Report& report = reading.report;
  const bool needed = expectation.metric == "budgetUsed" || expectation.metric == "burnRate";
  const Value* slo = fields.find("slo");
  const Value* over = fields.find("over");
  if (slo == nullptr && needed) {
    report.add(value.where, "\"slo\": such as {\"objective\": \"99.9%\", \"window\": \"10min\"}",
               "nothing");
  }
  if (slo != nullptr && !needed) {
    report.add(*slo, "\"slo\" only beside \"budgetUsed\" or \"burnRate\"");
  }
  if (over != nullptr && expectation.metric != "burnRate") {
    report.add(*over, "\"over\" only beside \"burnRate\"");
  }
  if (slo != nullptr) {
    const Fields parts{*slo, {"objective", "window"}, report};
    Slo read;
    if (const Value* objective = parts.require("objective", "a percentage such as \"99.9%\"")) {
      read.objective = read_percent(*objective, report).value_or(read.objective);
      if (read.objective <= 0 || read.objective >= 1) {
        report.add(*objective, "an objective above 0% and below 100%",
                   "an objective of 100% leaves no budget");
      }
    }
    if (const Value* window = parts.require("window", "a duration such as \"10min\"")) {
      const auto length = read_duration(*window, report);
      if (length) check_fits(*window, *length, expectation.during, reading);
      read.window = length.value_or(Duration{});
    }
    expectation.slo = read;
  }
  if (expectation.metric != "burnRate") return;
  if (over == nullptr) {
    report.add(value.where, "\"over\": the window of the burn rate, such as \"5min\"", "nothing");
    return;
  }
  const auto add = [&](const Value& one) {
    const auto length = read_duration(one, report);
    if (length) check_fits(one, *length, expectation.during, reading);
    expectation.over.push_back(length.value_or(Duration{}));
  };
  if (over->type != Value::Type::List) {
    add(*over);
    return;
  }
  if (over->children.empty()) report.add(over->where, "at least one duration", "none");
  for (const Value& one : over->children) add(one);
}

RequestExpectation read_request_expectation(const Value& value, Reading& reading) {
  Report& report = reading.report;
  const Fields fields{
      value,
      {"id",           "service",    "journey",     "success",   "availability", "mean",
       "p50",          "p90",        "p95",         "p99",       "p999",         "max",
       "requests",     "errors",     "requestRate", "errorRate", "budgetUsed",   "burnRate",
       "triesPerCall", "goodSecond", "slo",         "over",      "minRequests",  "during"},
      report};
  RequestExpectation expectation;
  const Value* service = fields.find("service");
  const Value* journey = fields.find("journey");
  if ((service == nullptr) == (journey == nullptr)) {
    report.add(value.where, "one of \"service\", \"journey\", \"target\", \"topic\" or \"count\"",
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
  for (const RequestMetric& metric : request_metrics()) {
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
  if (const Value* good = fields.find("goodSecond")) {
    expectation.good_second = read_percent(*good, report).value_or(expectation.good_second);
    if (expectation.metric != "availability") {
      report.add(*good, "\"goodSecond\" only beside \"availability\"");
    }
  }
  read_slo(fields, value, expectation, reading);
  return expectation;
}

/// The set whose rollout is meant: the one named, or the only one that gives the target new pods.
const TimelineEntry* find_rollout(const Value& value, const Value* of, const api::ObjectKey& target,
                                  Reading& reading) {
  std::vector<std::string> ids;
  const TimelineEntry* found = nullptr;
  for (const TimelineEntry& entry : reading.scenario.timeline) {
    if (!rolls_out(entry, target)) continue;
    ids.push_back(entry.id);
    if (of == nullptr || entry.id == of->text) found = &entry;
  }
  if (of != nullptr && found == nullptr) {
    reading.report.add(*of,
                       fmt::format("the id of an entry that changes {}", api::to_string(target)),
                       did_you_mean(of->text, ids));
  }
  if (of == nullptr && ids.size() != 1) {
    reading.report.add(
        value.where,
        fmt::format("one entry of the timeline that gives {} new pods", api::to_string(target)),
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
  const Value* target = fields.require("target", "a workload, such as \"Deployment/web\"");
  const Value* within = fields.require("within", "a duration or a time such as \"rollout+5min\"");
  const auto key = target == nullptr ? std::nullopt : read_target(*target, reading);
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

RecoveryExpectation read_recovery_expectation(const Value& value, Reading& reading) {
  Report& report = reading.report;
  const Fields fields{value, {"id", "target", "recovers", "within"}, report};
  RecoveryExpectation expectation;
  if (const Value* target = fields.require("target", "a workload, such as \"Deployment/web\"")) {
    expectation.target = read_target(*target, reading).value_or(api::ObjectKey{});
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

bool has_quantifier(const Value& value) {
  return std::any_of(value.children.begin(), value.children.end(), [](const Value& member) {
    return member.key == "always" || member.key == "never" || member.key == "eventually" ||
           member.key == "finally";
  });
}

}  // namespace

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
  const auto from =
      dots == 0 ? std::optional{window.from} : read_instant(*value, text.substr(0, dots), reading);
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
    } else if (value.find("recovers") != nullptr) {
      expectation.what = read_recovery_expectation(value, reading);
    } else if (value.find("count") != nullptr || value.find("topic") != nullptr ||
               has_quantifier(value)) {
      expectation.what = read_count_expectation(value, reading);
    } else if (value.find("target") != nullptr) {
      reading.report.add(value.where,
                         "\"rollout\", \"recovers\", \"always\", \"never\", \"eventually\" or "
                         "\"finally\" for this target",
                         "none of them");
    } else {
      expectation.what = read_request_expectation(value, reading);
    }
    reading.scenario.expectations.push_back(std::move(expectation));
  }
}

}  // namespace orrery::scenario
