#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runner/scenario/call_reading.h"
#include "runner/scenario/policy_fields.h"

namespace orrery::scenario {

using namespace resilience;

namespace {

/// maxQueueSize, of which -1 and 0 mean none.
void read_hystrix_pool(const Variant& variant, RoutePolicy& into, Report& report) {
  std::uint32_t size = 10;
  std::int64_t queue = -1;
  std::uint32_t threshold = 5;
  const Fields fields =
      fields_of(variant, {"coreSize", "maxQueueSize", "queueSizeRejectionThreshold"}, report);
  take_count(fields, "coreSize", 1, size, report);
  if (const Value* most = fields.find("maxQueueSize")) {
    queue = read_count(*most, -1, kCountMax, report).value_or(-1);
  }
  take_count(fields, "queueSizeRejectionThreshold", 1, threshold, report);
  const Value* unused = fields.find("queueSizeRejectionThreshold");
  if (unused != nullptr && queue <= 0) {
    report.add(*unused, "\"maxQueueSize\" above 0 beside it, without which nobody waits");
  }
  into.thread_pool = hystrix_thread_pool(size, static_cast<std::int32_t>(queue), threshold);
}

void read_resilience4j_pool(const Value& value, const Variant& variant, RoutePolicy& into,
                            Report& report) {
  const Fields fields =
      fields_of(variant, {"coreSize", "maxSize", "queueCapacity", "keepAlive"}, report);
  std::uint32_t most = 1;
  if (variant.settings == nullptr) {
    report.add(value, "\"maxSize\", which is the number of processors where nothing is set",
               "no settings");
    return;
  }
  if (fields.require("maxSize", "threads at most; the number of processors where nothing is set") ==
      nullptr) {
    return;
  }
  take_count(fields, "maxSize", 1, most, report);
  ThreadPoolBulkheadConfig pool = resilience4j_default_thread_pool(most);
  take_count(fields, "coreSize", 1, pool.core_size, report);
  take_count(fields, "queueCapacity", 0, *pool.queue_capacity, report);
  take_duration(fields, "keepAlive", pool.keep_alive, report);
  if (pool.core_size > pool.max_size) {
    report.add(*fields.find("coreSize"), "no more than \"maxSize\"");
    return;
  }
  into.thread_pool = pool;
}

}  // namespace

void read_bulkhead(const Value& value, RoutePolicy& into, Report& report) {
  if (value.type == Value::Type::Number) {
    if (const auto calls = read_count(value, 1, kCountMax, report)) {
      into.bulkhead = static_cast<std::uint32_t>(*calls);
    }
    return;
  }
  const auto variant =
      read_variant(value, "a number of tries at a time, or a bulkhead",
                   {"semaphore", "hystrixThreadPool", "resilience4jThreadPool"}, report);
  if (!variant) return;
  if (variant->name == "semaphore") {
    std::uint32_t most = SemaphoreBulkheadConfig{}.max_concurrent_calls;
    take_count(fields_of(*variant, {"maxConcurrentCalls"}, report), "maxConcurrentCalls", 1, most,
               report);
    into.bulkhead = most;
  } else if (variant->name == "hystrixThreadPool") {
    read_hystrix_pool(*variant, into, report);
  } else {
    read_resilience4j_pool(value, *variant, into, report);
  }
}

void read_admission_control(const Value& value, RoutePolicy& into, Report& report) {
  AdmissionControlConfig config;
  const Fields fields{value,
                      {"samplingWindow", "successRateThreshold", "aggression", "rpsThreshold",
                       "maxRejectionProbability"},
                      report};
  take_duration(fields, "samplingWindow", config.sampling_window, report);
  if (config.sampling_window < Duration::seconds(1)) {
    report.add(*fields.find("samplingWindow"), "1s or more, as Envoy counts by the second");
  }
  const auto take_percent = [&](const char* key, bool may_be_zero, double& target) {
    const Value* given = fields.find(key);
    if (given == nullptr) return;
    const auto part = read_percent(*given, report);
    if (!part) return;
    target = *part * 100;
    if (target <= 0 && !may_be_zero) report.add(*given, "a percentage above 0%");
  };
  take_percent("successRateThreshold", false, config.success_rate_threshold);
  take_percent("maxRejectionProbability", true, config.max_rejection_probability);
  take_number(fields, "aggression", 1, 1000, config.aggression, report);
  take_count(fields, "rpsThreshold", 0, config.rps_threshold, report);
  into.admission = config;
}

void read_shared_limit(const Value& value, const std::map<std::string, SharedRateLimit>& known,
                       RoutePolicy& into, Report& report) {
  SharedLimit limit;
  const Value* name = &value;
  if (value.type == Value::Type::Object) {
    const Fields fields{value, {"limit", "timeout", "failureModeDeny"}, report};
    name = fields.require("limit", "the name of one of \"rateLimits\"");
    take_duration(fields, "timeout", limit.question.timeout, report);
    take_flag(fields, "failureModeDeny", limit.question.failure_mode_deny, report);
    if (limit.question.timeout == Duration{}) {
      report.add(*fields.find("timeout"), "a duration above 0");
    }
  }
  if (name == nullptr) return;
  limit.name = read_text(*name, "the name of one of \"rateLimits\"", report).value_or("");
  if (!known.contains(limit.name)) {
    std::vector<std::string> names;
    for (const auto& [each, settings] : known) names.push_back(each);
    report.add(*name, "one of the scenario's \"rateLimits\"", did_you_mean(limit.name, names));
    return;
  }
  into.shared_limit = limit;
}

void read_rate_limits(const Value* limits, Reading& reading) {
  if (limits == nullptr) return;
  Report& report = reading.report;
  for (const Value& value : named_members(*limits, "an object of rate limits by name", report)) {
    const Fields fields{value, {"service", "operation", "requests", "per"}, report};
    SharedRateLimit limit;
    limit.where = value.where;
    const Value* service = fields.require("service", "the service that keeps the limit");
    if (service != nullptr) {
      const Call call = read_call_target(*service, fields.find("operation"),
                                         "\"service\" or \"service:operation\"", reading);
      limit.service = call.to;
      limit.operation = call.operation;
    }
    if (fields.require("requests", "how many requests there may be in each \"per\"") != nullptr) {
      take_count(fields, "requests", 1, limit.requests, report);
    }
    take_duration(fields, "per", limit.unit, report);
    if (limit.unit == Duration{}) report.add(*fields.find("per"), "a duration above 0");
    const auto behaviour = reading.scenario.services.find(limit.service);
    if (behaviour != reading.scenario.services.end()) {
      for (const Operation& operation : behaviour->second.operations) {
        const bool asked = limit.operation.empty() || operation.name == limit.operation;
        if (asked && !operation.steps.empty()) {
          report.add(*service, "an operation that calls nobody");
        }
        if (asked) break;
      }
    }
    if (!limit.service.empty()) reading.scenario.rate_limits.emplace(value.key, limit);
  }
}

}  // namespace orrery::scenario
