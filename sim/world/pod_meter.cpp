#include "sim/world/pod_meter.h"

#include <algorithm>

#include "sim/traffic/request_engine.h"

namespace orrery::sim {

using What = MetricModel::What;

PodMeter::PodMeter(const RequestEngine& engine, std::vector<const SimNode*> nodes,
                   std::vector<std::string> services,
                   const std::map<std::string, MetricModel>& metrics)
    : engine_{engine}, nodes_{std::move(nodes)}, services_{std::move(services)} {
  for (const auto& [name, model] : metrics) {
    expects(model.every > Duration{}, "a collector rests between two looks");
    meters_[name] = {model, Instant{} + model.every, {}};
  }
}

void PodMeter::look_until(Instant when) {
  for (auto& [name, meter] : meters_) {
    if (meter.model.what == What::External) continue;
    while (meter.next <= when) look(meter);
  }
}

void PodMeter::look(Meter& meter) {
  std::map<InstanceId, std::deque<Sample>> seen;
  for (const SimNode* node : nodes_) {
    for (const InstanceId instance : node->instances_of()) {
      std::deque<Sample>& samples = seen[instance];
      // Of a process that is gone nothing is kept.
      if (const auto before = meter.samples.find(instance); before != meter.samples.end()) {
        samples = std::move(before->second);
      }
      const InstanceView view = engine_.view(instance);
      samples.push_back({meter.next, view.served, view.busy, view.queued});
      while (samples.front().at + meter.model.over < meter.next) samples.pop_front();
    }
  }
  meter.samples = std::move(seen);
  meter.next = meter.next + meter.model.every;
}

const PodMeter::Meter* PodMeter::measured(const std::string& metric) const {
  const auto found = meters_.find(metric);
  const bool known = found != meters_.end() && found->second.model.what != What::External;
  return known ? &found->second : nullptr;
}

std::optional<std::int64_t> PodMeter::value_of(const Meter& meter, InstanceId instance) {
  const auto found = meter.samples.find(instance);
  if (found == meter.samples.end()) return std::nullopt;
  const Sample& last = found->second.back();
  switch (meter.model.what) {
    case What::InFlight:
      return std::int64_t{1000} * last.busy;
    case What::Queued:
      return std::int64_t{1000} * last.queued;
    case What::RequestRate: {
      const Sample& first = found->second.front();
      if (first.at == last.at) return std::nullopt;
      // 450 requests in 60 s: 7.5 per second, 7500 thousandths.
      const auto requests = static_cast<std::int64_t>(last.served - first.served);
      return requests * 1'000'000 / ((last.at - first.at).count_ns() / 1'000'000);
    }
    case What::External:
      break;
  }
  contract_violation("what is measured is of one of the known kinds");
}

std::optional<std::int64_t> PodMeter::of_pod(const std::string& metric, const api::Pod& pod,
                                             Instant /*now*/) {
  const Meter* meter = measured(metric);
  if (meter == nullptr) return std::nullopt;
  std::optional<std::int64_t> sum;
  for (const SimNode* node : nodes_) {
    if (node->name() != pod.spec.node_name) continue;
    for (const InstanceId instance : node->instances_of(pod.meta.uid)) {
      if (const auto value = value_of(*meter, instance)) sum = sum.value_or(0) + *value;
    }
  }
  return sum;
}

std::optional<std::int64_t> PodMeter::of_object(const std::string& metric,
                                                const api::ObjectKey& object, Instant /*now*/) {
  const Meter* meter = measured(metric);
  if (meter == nullptr || object.kind != api::Kind::Service) return std::nullopt;
  const std::string name = object.namespace_name + "/" + object.name;
  std::optional<std::int64_t> sum;
  for (const auto& [instance, samples] : meter->samples) {
    if (services_[engine_.spec(instance).service] != name) continue;
    if (const auto value = value_of(*meter, instance)) sum = sum.value_or(0) + *value;
  }
  return sum;
}

std::optional<std::int64_t> PodMeter::external(const std::string& metric, Instant now) {
  const auto found = meters_.find(metric);
  if (found == meters_.end() || found->second.model.what != What::External) return std::nullopt;
  const auto& series = found->second.model.series;
  const auto after =
      std::upper_bound(series.begin(), series.end(), now,
                       [](Instant at, const auto& point) { return at < point.first; });
  if (after == series.begin()) return std::nullopt;
  return std::prev(after)->second;
}

}  // namespace orrery::sim
