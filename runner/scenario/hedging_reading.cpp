#include <string>
#include <utility>
#include <vector>

#include "runner/scenario/policy_fields.h"

namespace orrery::scenario {

using namespace resilience;

GrpcRetryThrottleConfig read_grpc_throttle(const Fields& fields, Report& report) {
  GrpcRetryThrottleConfig throttle;
  if (const Value* tokens = fields.find("maxTokens")) {
    throttle.max_tokens =
        static_cast<std::uint32_t>(read_count(*tokens, 1, 1000, report).value_or(10));
  }
  take_number(fields, "tokenRatio", 0.001, 1000, throttle.token_ratio, report);
  return throttle;
}

void read_hedging(const Value& value, RoutePolicy& into, Report& report) {
  static const std::vector<std::pair<std::string, GrpcCode>> kCodes{
      {"UNAVAILABLE", GrpcCode::Unavailable}, {"UNKNOWN", GrpcCode::Unknown}};
  const Fields fields{
      value, {"maxAttempts", "hedgingDelay", "nonFatalStatusCodes", "throttle"}, report};
  GrpcHedgingPolicy hedging;
  if (fields.require("maxAttempts", "how many tries a call may have") != nullptr) {
    take_count(fields, "maxAttempts", 2, hedging.max_attempts, report);
  }
  take_duration(fields, "hedgingDelay", hedging.hedging_delay, report);
  if (const Value* codes = fields.find("nonFatalStatusCodes")) {
    for (const Value& item : items(*codes, "a list of status codes", report)) {
      if (const auto code = read_choice(item, "a status code", kCodes, report)) {
        hedging.non_fatal.add(*code);
      }
    }
  }
  if (const Value* throttle = fields.find("throttle")) {
    into.retry_limit =
        read_grpc_throttle(Fields{*throttle, {"maxTokens", "tokenRatio"}, report}, report);
  }
  into.hedging = hedging;
}

}  // namespace orrery::scenario
