#include "models/controllers/replica_calculator.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace orrery::controllers {
namespace {

using api::Pod;
using api::PodMetrics;

bool is_within(double ratio, const Tolerances& tolerances) {
  // 110 % of a tolerance of 10 % is an ulp too much, in this form as in the original.
  return std::abs(1.0 - ratio) <= (ratio < 1.0 ? tolerances.down : tolerances.up);
}

std::int32_t ceil_count(double count) {
  constexpr double kMax = 2147483647.0;
  return static_cast<std::int32_t>(std::min(std::ceil(count), kMax));
}

/// The amounts of the pods that count, by pod name.
using Amounts = std::map<std::string, std::int64_t>;

struct Groups {
  std::int32_t ready_count = 0;
  std::set<std::string> unready;  ///< Samples set aside.
  std::set<std::string> missing;  ///< No sample.
  std::set<std::string> ignored;  ///< On their way out, or failed.
};

/// Whether a CPU sample tells of the start of a pod more than of its work.
bool is_starting(const Pod& pod, const PodMetrics& metrics, const CalculatorConfig& config,
                 Instant now) {
  const api::Condition* ready = api::find_condition(pod.status.conditions, "Ready");
  if (ready == nullptr || !pod.status.start_time) return true;
  const bool is_unready = ready->status == api::ConditionStatus::False;
  if (*pod.status.start_time + config.cpu_initialization > now) {
    return is_unready || metrics.timestamp < ready->last_transition + metrics.window;
  }
  return is_unready &&
         *pod.status.start_time + config.initial_readiness_delay > ready->last_transition;
}

Groups group_pods(const PodsView& view, const Amounts& amounts, bool cpu,
                  const CalculatorConfig& config, Instant now) {
  Groups groups;
  for (const Pod* pod : view.pods) {
    const std::string& name = pod->meta.name;
    if (pod->meta.deletion || pod->status.phase == api::PodPhase::Failed) {
      groups.ignored.insert(name);
    } else if (pod->status.phase == api::PodPhase::Pending) {
      groups.unready.insert(name);
    } else if (!amounts.contains(name)) {
      groups.missing.insert(name);
    } else if (cpu && is_starting(*pod, *view.metrics.at(name), config, now)) {
      groups.unready.insert(name);
    } else {
      ++groups.ready_count;
    }
  }
  return groups;
}

/// What is compared with the target: a ratio for given amounts, and the fallback of one pod.
class Measure {
 public:
  virtual ~Measure() = default;
  [[nodiscard]] virtual std::optional<double> ratio(const Amounts& amounts) const = 0;
  /// What a pod without metrics is taken to use when the others would shrink the target.
  [[nodiscard]] virtual std::int64_t fallback(const std::string& pod) const = 0;
};

class Utilization final : public Measure {
 public:
  Utilization(Amounts requests, std::int64_t target, bool missing_use_target)
      : requests_{std::move(requests)}, target_{target}, missing_use_target_{missing_use_target} {}
  // Example: 100m used of 300m requested is 33 %, not 33.3 %; of a target of 50 % that is 0.66.
  [[nodiscard]] std::optional<double> ratio(const Amounts& amounts) const override {
    std::int64_t used = 0;
    std::int64_t requested = 0;
    for (const auto& [pod, amount] : amounts) {
      const auto request = requests_.find(pod);
      if (request == requests_.end()) continue;
      used += amount;
      requested += request->second;
    }
    if (requested == 0) return std::nullopt;
    return static_cast<double>(used * 100 / requested) / static_cast<double>(target_);
  }
  [[nodiscard]] std::int64_t fallback(const std::string& pod) const override {
    const std::int64_t percent =
        missing_use_target_ ? std::max<std::int64_t>(100, target_) : std::int64_t{100};
    return requests_.at(pod) * percent / 100;
  }

 private:
  Amounts requests_;
  std::int64_t target_;
  bool missing_use_target_;
};

class Average final : public Measure {
 public:
  explicit Average(std::int64_t target) : target_{target} {}
  [[nodiscard]] std::optional<double> ratio(const Amounts& amounts) const override {
    if (amounts.empty()) return std::nullopt;
    std::int64_t sum = 0;
    for (const auto& [pod, amount] : amounts) sum += amount;
    const std::int64_t average = sum / static_cast<std::int64_t>(amounts.size());
    return static_cast<double>(average) / static_cast<double>(target_);
  }
  [[nodiscard]] std::int64_t fallback(const std::string& /*pod*/) const override { return target_; }

 private:
  std::int64_t target_;
};

Result<std::int32_t> count_for(Amounts amounts, const Groups& groups, const Measure& measure,
                               std::int32_t current, const Tolerances& tolerances) {
  for (const std::set<std::string>* out : {&groups.ignored, &groups.unready}) {
    for (const std::string& pod : *out) amounts.erase(pod);
  }
  if (amounts.empty()) {
    return failure("did not receive metrics for targeted pods (pods might be unready)");
  }
  const std::optional<double> ratio = measure.ratio(amounts);
  if (!ratio) return failure("no metrics returned matched known pods");
  const bool up_with_unready = !groups.unready.empty() && *ratio > 1.0;
  if (!up_with_unready && groups.missing.empty()) {
    if (is_within(*ratio, tolerances)) return current;
    return ceil_count(*ratio * groups.ready_count);
  }
  // Whoever is not known is taken to be what holds the change back.
  if (*ratio < 1.0) {
    for (const std::string& pod : groups.missing) amounts[pod] = measure.fallback(pod);
  } else if (*ratio > 1.0) {
    for (const std::string& pod : groups.missing) amounts[pod] = 0;
  }
  if (up_with_unready) {
    for (const std::string& pod : groups.unready) amounts[pod] = 0;
  }
  const double again = *measure.ratio(amounts);
  const bool turned = (*ratio < 1.0 && again > 1.0) || (*ratio > 1.0 && again < 1.0);
  if (is_within(again, tolerances) || turned) return current;
  const std::int32_t count = ceil_count(again * static_cast<double>(amounts.size()));
  const bool contradicts = (again < 1.0 && count > current) || (again > 1.0 && count < current);
  return contradicts ? current : count;
}

std::optional<std::int64_t> of_resource(const api::ResourceList& list, const std::string& name) {
  return name == "cpu" ? list.cpu_milli : list.memory_bytes;
}

/// Usage by pod; a pod whose named container has no sample has none. Memory in bytes, or in
/// thousandths of them beside an average.
Amounts usage_of(const api::MetricSpec& metric, const PodsView& view, std::int64_t unit) {
  Amounts amounts;
  for (const auto& [pod, metrics] : view.metrics) {
    std::int64_t sum = 0;
    bool known = false;
    for (const api::ContainerUsage& usage : metrics->containers) {
      if (!metric.container.empty() && metric.container != usage.name) continue;
      sum += metric.name == "cpu" ? usage.cpu_milli : usage.memory_bytes * unit;
      known = true;
    }
    if (known) amounts[pod] = sum;
  }
  return amounts;
}

Result<Amounts> requests_of(const api::MetricSpec& metric, const PodsView& view) {
  Amounts requests;
  for (const Pod* pod : view.pods) {
    std::int64_t& sum = requests[pod->meta.name];
    for (const api::Container& container : pod->spec.containers) {
      if (!metric.container.empty() && metric.container != container.name) continue;
      const auto request = of_resource(container.requests, metric.name);
      if (!request) {
        return failure("missing request for " + metric.name + " in container " + container.name +
                       " of Pod " + pod->meta.name);
      }
      sum += *request;
    }
  }
  return requests;
}

}  // namespace

Result<std::int32_t> replicas_for_resource(const api::MetricSpec& metric, const PodsView& view,
                                           std::int32_t current, const Tolerances& tolerances,
                                           const CalculatorConfig& config, Instant now) {
  if (view.pods.empty())
    return failure("no pods returned by selector while calculating replica count");
  const bool cpu = metric.name == "cpu";
  if (metric.target == api::MetricTarget::Utilization) {
    const Amounts usage = usage_of(metric, view, 1);
    Result<Amounts> requests = requests_of(metric, view);
    if (!requests) return tl::unexpected{requests.error()};
    const Utilization measure{*std::move(requests), metric.value,
                              config.missing_use_target_above_100};
    return count_for(usage, group_pods(view, usage, cpu, config, now), measure, current,
                     tolerances);
  }
  const Amounts usage = usage_of(metric, view, 1000);
  return count_for(usage, group_pods(view, usage, cpu, config, now), Average{metric.value}, current,
                   tolerances);
}

Result<std::int32_t> replicas_for_pods_metric(const api::MetricSpec& metric, const PodsView& view,
                                              std::int32_t current, const Tolerances& tolerances,
                                              const CalculatorConfig& config, Instant now) {
  if (view.pods.empty())
    return failure("no pods returned by selector while calculating replica count");
  Amounts amounts;
  for (const auto& [pod, metrics] : view.metrics) {
    const auto found = metrics->custom.find(metric.name);
    if (found != metrics->custom.end()) amounts[pod] = found->second;
  }
  return count_for(amounts, group_pods(view, amounts, false, config, now), Average{metric.value},
                   current, tolerances);
}

std::int32_t replicas_for_value(const api::MetricSpec& metric, std::int64_t value,
                                const PodsView& view, std::int32_t current,
                                std::int32_t status_replicas, const Tolerances& tolerances) {
  const auto target = static_cast<double>(metric.value);
  if (metric.target == api::MetricTarget::AverageValue) {
    if (status_replicas > 0 &&
        is_within(static_cast<double>(value) / (target * status_replicas), tolerances)) {
      return status_replicas;
    }
    return ceil_count(static_cast<double>(value) / target);
  }
  const double ratio = static_cast<double>(value) / target;
  if (current == 0) return ceil_count(ratio);
  if (is_within(ratio, tolerances)) return current;
  const auto ready = std::count_if(view.pods.begin(), view.pods.end(), [](const Pod* pod) {
    return pod->status.phase == api::PodPhase::Running && api::is_ready(*pod);
  });
  return ceil_count(ratio * static_cast<double>(ready));
}

}  // namespace orrery::controllers
