#include "runner/scenario/server_reading.h"

#include <string>
#include <utility>
#include <vector>

#include "runner/scenario/policy_fields.h"

namespace orrery::scenario {
namespace {

using namespace resilience;

void read_queue(const Value& value, ServerPolicy& into, Report& report) {
  const Fields fields{value, {"order", "lifoAbove", "ageMax", "codel"}, report};
  if (const Value* order = fields.find("order")) {
    const std::vector<std::pair<std::string, QueueOrder>> orders{
        {"fifo", QueueOrder::Fifo},
        {"lifo", QueueOrder::Lifo},
        {"adaptive-lifo", QueueOrder::AdaptiveLifo}};
    into.queue.order = read_choice(*order, "an order", orders, report).value_or(QueueOrder::Fifo);
  }
  take_share(fields, "lifoAbove", into.queue.lifo_above_percent, report);
  if (const Value* above = fields.find("lifoAbove");
      above != nullptr && into.queue.order != QueueOrder::AdaptiveLifo) {
    report.add(above->where, "\"order\": \"adaptive-lifo\" beside it", "another order");
  }
  take_duration(fields, "ageMax", into.queue.age_max, report);
  if (const Value* codel = fields.find("codel")) {
    into.codel.emplace();
    const Fields settings{*codel, {"target", "interval"}, report};
    take_duration(settings, "target", into.codel->target, report);
    take_duration(settings, "interval", into.codel->interval, report);
  }
}

AimdLimitConfig read_aimd(const Variant& variant, Report& report) {
  AimdLimitConfig config;
  const Fields fields = fields_of(variant, {"initial", "min", "max", "backoff", "timeout"}, report);
  take_count(fields, "initial", 1, config.initial_limit, report);
  take_count(fields, "min", 1, config.min_limit, report);
  take_count(fields, "max", 1, config.max_limit, report);
  take_number(fields, "backoff", 0.5, 0.99, config.backoff_ratio, report);
  take_duration(fields, "timeout", config.timeout, report);
  if (config.min_limit > config.max_limit) {
    report.add(*variant.settings, "a \"max\" of no less than \"min\"",
               fmt::format("{} and {}", config.max_limit, config.min_limit));
    config.max_limit = config.min_limit;
  }
  return config;
}

VegasLimitConfig read_vegas(const Variant& variant, Report& report) {
  VegasLimitConfig config;
  const Fields fields =
      fields_of(variant, {"initial", "max", "smoothing", "probeMultiplier"}, report);
  take_count(fields, "initial", 1, config.initial_limit, report);
  take_count(fields, "max", 1, config.max_concurrency, report);
  take_number(fields, "smoothing", 0.01, 1, config.smoothing, report);
  take_count(fields, "probeMultiplier", 1, config.probe_multiplier, report);
  return config;
}

GradientLimitConfig read_gradient(const Variant& variant, Report& report) {
  GradientLimitConfig config;
  config.min_rtt_interval = Duration::seconds(60);
  config.concurrency_update_interval = Duration::milliseconds(100);
  const Fields fields = fields_of(variant,
                                  {"minRttInterval", "updateInterval", "minRttRequests", "jitter",
                                   "min", "max", "buffer", "percentile"},
                                  report);
  take_duration(fields, "minRttInterval", config.min_rtt_interval, report);
  take_duration(fields, "updateInterval", config.concurrency_update_interval, report);
  take_count(fields, "minRttRequests", 1, config.min_rtt_request_count, report);
  take_count(fields, "min", 1, config.min_concurrency, report);
  take_count(fields, "max", 1, config.max_concurrency_limit, report);
  if (config.min_concurrency > config.max_concurrency_limit) {
    report.add(*variant.settings, "a \"max\" of no less than \"min\"",
               fmt::format("{} and {}", config.max_concurrency_limit, config.min_concurrency));
    config.max_concurrency_limit = config.min_concurrency;
  }
  const auto take_percent = [&](const char* key, double& percent) {
    std::uint32_t whole = 0;
    if (fields.find(key) == nullptr) return;
    take_share(fields, key, whole, report);
    percent = whole;
  };
  take_percent("jitter", config.min_rtt_jitter);
  take_percent("buffer", config.min_rtt_buffer);
  take_percent("percentile", config.sample_aggregate_percentile);
  for (const auto& [key, interval] :
       {std::pair{"minRttInterval", config.min_rtt_interval},
        std::pair{"updateInterval", config.concurrency_update_interval}}) {
    const Value* given = fields.find(key);
    if (given != nullptr && interval < Duration::milliseconds(1)) {
      report.add(*given, "a duration of 1ms or more");
    }
  }
  return config;
}

}  // namespace

void read_server(const Fields& service, ServerPolicy& into, Report& report) {
  if (const Value* queue = service.find("queue")) read_queue(*queue, into, report);
  const Value* limit = service.find("limit");
  if (limit == nullptr) return;
  const auto variant = read_variant(*limit, "a limit", {"aimd", "vegas", "gradient"}, report);
  if (!variant) return;
  if (variant->name == "aimd") into.limit = read_aimd(*variant, report);
  if (variant->name == "vegas") into.limit = read_vegas(*variant, report);
  if (variant->name == "gradient") into.limit = read_gradient(*variant, report);
}

}  // namespace orrery::scenario
