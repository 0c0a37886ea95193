#include "runner/scenario/call_reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/base/quantity.h"
#include "runner/scenario/ingress_reading.h"
#include "runner/scenario/scalars.h"

namespace orrery::scenario {
namespace {

constexpr std::int64_t kTimesMax = 10'000;
constexpr std::int64_t kPayloadMax = std::int64_t{1} << 30;
constexpr std::int64_t kKeysMax = 1'000'000;
constexpr const char* kCallExpected =
    "a call: \"service\", \"service:operation\" or an object with \"to\"";

/// "service:operation" taken apart at the first colon.
struct OperationName {
  std::string service;
  std::string operation;
};
OperationName operation_name(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos) return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

bool is_address(const Value& value) {
  return value.type == Value::Type::Text && is_web_address(value.text);
}

/// An address of a user's request, and the operation that answers it.
Call read_web_address(const Value& address, const Value* operation, Reading& reading) {
  Call call;
  if (operation != nullptr) {
    call.operation = read_text(*operation, "the name of an operation", reading.report).value_or("");
  }
  if (const auto service = service_at(address, reading)) {
    call.to = *service;
    reading.references.push_back({address.where, call.to, call.operation});
  }
  return call;
}

/// 3, or "1..5".
void read_times(const Value& times, Call& call, Report& report) {
  const auto dots = times.type == Value::Type::Text ? times.text.find("..") : std::string::npos;
  if (dots == std::string::npos) {
    call.times = static_cast<std::uint32_t>(read_count(times, 1, kTimesMax, report).value_or(1));
    return;
  }
  const auto least = parse_number(std::string_view{times.text}.substr(0, dots));
  const auto most = parse_number(std::string_view{times.text}.substr(dots + 2));
  const bool whole = least && most && *least == std::floor(*least) && *most == std::floor(*most);
  if (!whole || *least < 1 || *most < *least || *most > kTimesMax) {
    report.add(times, fmt::format("a range within 1..{}, such as \"1..5\"", kTimesMax));
    return;
  }
  call.times_least = static_cast<std::uint32_t>(*least);
  call.times = static_cast<std::uint32_t>(*most);
}

/// What calls and the steps of journeys have. `by_users`: who may use addresses.
Call read_call_fields(const Fields& fields, bool by_users, Reading& reading) {
  Report& report = reading.report;
  Call call;
  const Value* to = fields.require("to", "the service that is called");
  if (to != nullptr && by_users && is_address(*to)) {
    call = read_web_address(*to, fields.find("operation"), reading);
  } else if (to != nullptr) {
    call = read_call_target(*to, fields.find("operation"), kCallExpected, reading);
  }
  if (const Value* times = fields.find("times")) read_times(*times, call, report);
  if (const Value* probability = fields.find("probability")) {
    call.probability = read_percent(*probability, report).value_or(1.0);
    if (call.probability <= 0) report.add(*probability, "a percentage above 0%");
  }
  return call;
}

std::uint32_t read_payload(const Value& value, Report& report) {
  const bool scalar = value.type == Value::Type::Text || value.type == Value::Type::Number;
  const auto bytes = scalar ? parse_amount(value.text) : std::nullopt;
  if (bytes && *bytes >= 0 && *bytes <= kPayloadMax) return static_cast<std::uint32_t>(*bytes);
  report.add(value, "a size up to 1Gi, such as \"20Ki\"");
  return 0;
}

CallCache read_cache(const Value& value, Report& report) {
  CallCache cache;
  if (value.type != Value::Type::Object) {
    cache.hit_probability = read_percent(value, report).value_or(0);
    return cache;
  }
  const Fields fields{value, {"keys", "exponent", "capacity", "ttl", "singleFlight"}, report};
  if (const Value* keys = fields.require("keys", "how many different things are asked for")) {
    cache.keys = static_cast<std::uint32_t>(read_count(*keys, 1, kKeysMax, report).value_or(1));
  }
  if (const Value* exponent = fields.find("exponent")) {
    double given = -1;
    if (exponent->type == Value::Type::Number) given = parse_number(exponent->text).value_or(-1);
    if (given < 0 || given > 10) report.add(*exponent, "a number from 0 to 10");
    cache.exponent = std::clamp(given, 0.0, 10.0);
  }
  if (const Value* capacity = fields.find("capacity")) {
    cache.capacity =
        static_cast<std::uint32_t>(read_count(*capacity, 1, kKeysMax, report).value_or(1));
  }
  if (const Value* ttl = fields.find("ttl")) {
    cache.time_to_live = read_duration(*ttl, report).value_or(Duration{});
    if (cache.time_to_live == Duration{} && parse_duration(ttl->text)) {
      report.add(*ttl, "a duration above 0");
    }
  }
  if (const Value* single = fields.find("singleFlight")) {
    cache.single_flight = read_boolean(*single, report).value_or(false);
  }
  return cache;
}

void read_condition(const Value& when, Call& call, const std::vector<Call>* before,
                    Report& report) {
  const std::vector<std::string> words{"ok", "failed"};
  const std::string word = read_text(when, one_of(words), report).value_or("");
  if (word.empty()) return;
  if (word != "ok" && word != "failed") {
    report.add(when, one_of(words), did_you_mean(word, words));
    return;
  }
  call.when = word == "ok" ? Call::When::Succeeded : Call::When::Failed;
  if (before == nullptr) {
    report.add(when, "a step before it", "it stands in the first");
  } else if (std::none_of(before->begin(), before->end(),
                          [](const Call& other) { return other.optional; })) {
    report.add(when, "a call with \"optional\" in the step before it",
               "without, the operation ends when one fails");
  }
}

/// Whoever does not wait for a call, or may not make it, knows less of it.
void check_together(const Fields& fields, const Call& call, Report& report) {
  for (const char* key : {"optional", "cache", "undo"}) {
    const Value* other = fields.find(key);
    if (other == nullptr || call.waits) continue;
    report.add(other->where, fmt::format("no \"{}\" of a call that nobody waits for", key),
               "\"waits\": false");
  }
  const Value* undo = fields.find("undo");
  if (undo == nullptr) return;
  for (const char* key : {"when", "cache", "optional"}) {
    const Value* other = fields.find(key);
    if (other == nullptr) continue;
    report.add(other->where, fmt::format("no \"{}\" of a call with \"undo\"", key), "both");
  }
}

}  // namespace

Call read_call_target(const Value& target, const Value* operation, const char* expected,
                      Reading& reading) {
  Call call;
  const auto text = read_text(target, expected, reading.report);
  if (!text) return call;
  const OperationName name = operation_name(*text);
  call.operation = name.operation;
  if (operation != nullptr) {
    if (!call.operation.empty()) {
      reading.report.add(*operation, "the operation named once", "it stands in \"to\" as well");
    }
    call.operation = read_text(*operation, "the name of an operation", reading.report).value_or("");
  }
  const auto service = reading.catalog.service(target.where, name.service, reading.report);
  if (service) {
    call.to = *service;
    reading.references.push_back({target.where, call.to, call.operation});
  }
  return call;
}

Call read_call(const Value& value, const std::vector<Call>* before, Reading& reading) {
  if (value.type != Value::Type::Object) {
    return read_call_target(value, nullptr, kCallExpected, reading);
  }
  Report& report = reading.report;
  const Fields fields{value,
                      {"to", "operation", "times", "probability", "timeout", "when", "optional",
                       "waits", "sends", "receives", "cache", "undo"},
                      report};
  Call call = read_call_fields(fields, false, reading);
  if (const Value* timeout = fields.find("timeout")) {
    call.timeout = read_duration(*timeout, report).value_or(Duration{});
  }
  if (const Value* optional = fields.find("optional")) {
    call.optional = read_boolean(*optional, report).value_or(false);
  }
  if (const Value* waits = fields.find("waits")) {
    call.waits = read_boolean(*waits, report).value_or(true);
  }
  if (const Value* when = fields.find("when")) read_condition(*when, call, before, report);
  if (const Value* sends = fields.find("sends")) call.request_bytes = read_payload(*sends, report);
  if (const Value* receives = fields.find("receives")) {
    call.answer_bytes = read_payload(*receives, report);
  }
  if (const Value* cache = fields.find("cache")) call.cache = read_cache(*cache, report);
  if (const Value* undo = fields.find("undo")) {
    const Call by = read_call_target(
        *undo, nullptr, "\"service\" or \"service:operation\" that undoes it", reading);
    call.undo = Undo{by.to, by.operation};
  }
  check_together(fields, call, report);
  return call;
}

/// As a call, with fewer keys.
JourneyStep read_step(const Value& value, Reading& reading) {
  Call call;
  if (value.type == Value::Type::Object) {
    call = read_call_fields(
        Fields{value, {"to", "operation", "times", "probability"}, reading.report}, true, reading);
  } else if (is_address(value)) {
    call = read_web_address(value, nullptr, reading);
  } else {
    call = read_call_target(value, nullptr, "\"service\", \"service:operation\" or an object",
                            reading);
  }
  return {call.to, call.operation, call.times, call.probability};
}

bool names_payload(const Value* services) {
  if (services == nullptr) return false;
  return std::any_of(services->children.begin(), services->children.end(), [](const Value& child) {
    return child.key == "sends" || child.key == "receives" || names_payload(&child);
  });
}

}  // namespace orrery::scenario
