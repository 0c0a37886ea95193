/// @file
/// What the readers of policies share: fields that leave a product's default where the scenario
/// says nothing, and values that are a name or an object with that name as its only key.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/resilience/route_policy.h"
#include "runner/scenario/fields.h"
#include "runner/scenario/scalars.h"
#include "runner/scenario/scenario.h"

namespace orrery::scenario {

/// The greatest count that a policy may have.
inline constexpr std::int64_t kCountMax = 1'000'000;

void take_duration(const Fields& fields, std::string_view key, Duration& into, Report& report);
/// A whole number in least..kCountMax.
void take_count(const Fields& fields, std::string_view key, std::int64_t least, std::uint32_t& into,
                Report& report);
void take_number(const Fields& fields, std::string_view key, double least, double most,
                 double& into, Report& report);
void take_flag(const Fields& fields, std::string_view key, bool& into, Report& report);
/// A percentage, in whole percent.
void take_share(const Fields& fields, std::string_view key, std::uint32_t& into, Report& report);

/// What a name stands for, of the names in the table; reports any other value.
template <class T>
std::optional<T> read_choice(const Value& value, const char* what,
                             const std::vector<std::pair<std::string, T>>& table, Report& report) {
  std::vector<std::string> names;
  for (const auto& [name, meaning] : table) {
    if (value.text == name) return meaning;
    names.push_back(name);
  }
  report.add(value, fmt::format("{}: {}", what, one_of(names)), did_you_mean(value.text, names));
  return std::nullopt;
}

/// A value that is a name, or an object with one name as its only key and settings under it.
struct Variant {
  std::string name;
  const Value* settings = nullptr;  ///< nullptr: all as by default.
};
std::optional<Variant> read_variant(const Value& value, const std::string& what,
                                    const std::vector<std::string>& names, Report& report);
/// The settings' fields; of those that are absent, nothing.
Fields fields_of(const Variant& variant, std::initializer_list<std::string_view> known,
                 Report& report);

/// `bulkhead`: a number of tries at a time, or a pool of threads as a product has it.
void read_bulkhead(const Value& value, resilience::RoutePolicy& into, Report& report);
/// `admissionControl`, as Envoy has it.
void read_admission_control(const Value& value, resilience::RoutePolicy& into, Report& report);
/// `globalRateLimit`: which of the scenario's, and how it is asked for.
void read_shared_limit(const Value& value, const std::map<std::string, SharedRateLimit>& known,
                       resilience::RoutePolicy& into, Report& report);

/// gRPC's hedgingPolicy, with the retryThrottling beside it.
void read_hedging(const Value& value, resilience::RoutePolicy& into, Report& report);
resilience::GrpcRetryThrottleConfig read_grpc_throttle(const Fields& fields, Report& report);

/// `balancer`, `weights`, `slowStart`, `locality`, `outlierDetection`,
/// `failureAccrual`, `healthCheck`: whom a caller sends its calls to.
void read_balancing(const Fields& policy, resilience::RoutePolicy& into, Report& report);
/// Reports those of these keys that need another balancer than one of the policies has in the end.
void check_balancing(const Fields& policy,
                     const std::vector<const resilience::RoutePolicy*>& results, Report& report);

}  // namespace orrery::scenario
