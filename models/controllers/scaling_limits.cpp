#include "models/controllers/scaling_limits.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace orrery::controllers {
namespace {

using api::ScalingPolicy;
using api::ScalingRules;
using api::SelectPolicy;

constexpr Duration kPolicyPeriod = Duration::seconds(15);
constexpr std::int32_t kUpFactor = 2;   // scaleUpLimitFactor
constexpr std::int32_t kUpMinimum = 4;  // scaleUpLimitMinimum

std::int32_t change_since(const std::vector<ScaleEvent>& events, Duration period, Instant now) {
  std::int32_t sum = 0;
  for (const ScaleEvent& event : events) {
    if (event.at > now - period) sum += event.change;
  }
  return sum;
}

/// The size at the start of the policy's period.
std::int32_t size_at_start(std::int32_t current, const ScalingPolicy& policy,
                           const ScalingHistory& history, Instant now) {
  return current - change_since(history.ups, policy.period, now) +
         change_since(history.downs, policy.period, now);
}

struct Stabilized {
  std::int32_t replicas = 0;
  std::string reason;
};

Stabilized stabilized(const LimitsView& view, Duration up_window, Duration down_window,
                      const ScalingHistory& history, Instant now) {
  std::int32_t lowest = view.desired;
  std::int32_t highest = view.desired;
  for (const Recommendation& earlier : history.recommendations) {
    if (earlier.at > now - up_window) lowest = std::min(lowest, earlier.replicas);
    if (earlier.at > now - down_window) highest = std::max(highest, earlier.replicas);
  }
  return {std::min(std::max(view.current, lowest), highest),
          view.desired >= view.current ? "ScaleUpStabilized" : "ScaleDownStabilized"};
}

}  // namespace

ScalingRules completed_up(ScalingRules rules) {
  if (!rules.stabilization) rules.stabilization = Duration{};
  if (rules.policies.empty())
    rules.policies = {{false, 4, kPolicyPeriod}, {true, 100, kPolicyPeriod}};
  return rules;
}

ScalingRules completed_down(ScalingRules rules, Duration downscale_window) {
  if (!rules.stabilization) rules.stabilization = downscale_window;
  if (rules.policies.empty()) rules.policies = {{true, 100, kPolicyPeriod}};
  return rules;
}

// Example: 10 pods, 4 of them added 5 s ago, policy 100 % in 15 s: 6 x 2 = 12 are allowed.
std::int32_t up_limit(std::int32_t current, const ScalingRules& rules,
                      const ScalingHistory& history, Instant now) {
  if (rules.select == SelectPolicy::Disabled) return current;
  const bool least = rules.select == SelectPolicy::Min;
  std::int32_t limit =
      least ? std::numeric_limits<std::int32_t>::max() : std::numeric_limits<std::int32_t>::min();
  for (const ScalingPolicy& policy : rules.policies) {
    const std::int32_t start = size_at_start(current, policy, history, now);
    const double factor = 1 + static_cast<double>(policy.value) / 100;
    // Up, because a few percent of few pods would never be a pod.
    const std::int32_t allowed = policy.percent
                                     ? static_cast<std::int32_t>(std::ceil(start * factor))
                                     : start + policy.value;
    limit = least ? std::min(limit, allowed) : std::max(limit, allowed);
  }
  return limit;
}

std::int32_t down_limit(std::int32_t current, const ScalingRules& rules,
                        const ScalingHistory& history, Instant now) {
  if (rules.select == SelectPolicy::Disabled) return current;
  // The least change leaves the most pods.
  const bool least = rules.select == SelectPolicy::Min;
  std::int32_t limit =
      least ? std::numeric_limits<std::int32_t>::min() : std::numeric_limits<std::int32_t>::max();
  for (const ScalingPolicy& policy : rules.policies) {
    const std::int32_t start = size_at_start(current, policy, history, now);
    const double factor = 1 - static_cast<double>(policy.value) / 100;
    const std::int32_t allowed =
        policy.percent ? static_cast<std::int32_t>(start * factor) : start - policy.value;
    limit = least ? std::max(limit, allowed) : std::min(limit, allowed);
  }
  return limit;
}

LimitedSize limited_by_default(const LimitsView& view, const ScalingHistory& history,
                               Duration downscale_window, Instant now) {
  LimitedSize size;
  std::int32_t highest = view.desired;
  for (const Recommendation& earlier : history.recommendations) {
    if (earlier.at >= now - downscale_window) highest = std::max(highest, earlier.replicas);
  }
  size.able_reason = highest != view.desired ? "ScaleDownStabilized" : "ReadyForNewScale";

  const std::int32_t up = std::max(kUpFactor * view.current, kUpMinimum);
  const std::int32_t most = std::min(view.max, up);
  size.replicas = highest;
  size.limited_reason = "DesiredWithinRange";
  if (highest < view.min) {
    size.replicas = view.min;
    size.limited_reason = "TooFewReplicas";
  } else if (highest > most) {
    size.replicas = most;
    size.limited_reason = view.max > up ? "ScaleUpLimit" : "TooManyReplicas";
  }
  size.limited = size.replicas != highest;
  return size;
}

LimitedSize limited_by_rules(const LimitsView& view, const ScalingRules& up,
                             const ScalingRules& down, const ScalingHistory& history, Instant now) {
  LimitedSize size;
  const Stabilized wanted = stabilized(view, *up.stabilization, *down.stabilization, history, now);
  size.able_reason = wanted.replicas != view.desired ? wanted.reason : "ReadyForNewScale";
  size.replicas = wanted.replicas;
  size.limited_reason = "DesiredWithinRange";
  if (wanted.replicas > view.current) {
    const std::int32_t rate = std::max(up_limit(view.current, up, history, now), view.current);
    if (wanted.replicas > std::min(view.max, rate)) {
      size.replicas = std::min(view.max, rate);
      size.limited_reason = view.max > rate ? "ScaleUpLimit" : "TooManyReplicas";
    }
  } else if (wanted.replicas < view.current) {
    const std::int32_t rate = std::min(down_limit(view.current, down, history, now), view.current);
    if (wanted.replicas < std::max(view.min, rate)) {
      size.replicas = std::max(view.min, rate);
      size.limited_reason = view.min < rate ? "ScaleDownLimit" : "TooFewReplicas";
    }
  }
  size.limited = size.replicas != wanted.replicas;
  return size;
}

}  // namespace orrery::controllers
