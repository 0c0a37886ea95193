#include "models/kubelet/metrics_reporter.h"

#include <memory>
#include <optional>

namespace orrery::kubelet {
namespace {

constexpr std::uint32_t kSampleCall = 0;
constexpr std::uint32_t kWriteCall = 1;
constexpr std::uint32_t kRemoveCall = 2;

/// Thousandths of a core. Example: 3 s of core time in 15 s are 200.
std::int64_t milli_cores(Duration used, Duration window) {
  const double cores = to_seconds(used) / to_seconds(window);
  return static_cast<std::int64_t>(cores * 1000 + 0.5);
}

}  // namespace

MetricsReporter::MetricsReporter(const NodeServices& node)
    : node_{node}, timer_{node.timer({.topic = Topic::Metrics})} {}

void MetricsReporter::start() {
  if (node_.config.reports_metrics) timer_.arm(node_.now() + node_.config.metrics_period);
}

CallTag MetricsReporter::next_tag(std::uint32_t container) {
  sequence_ = (sequence_ + 1) & kSequenceMax;
  return {.topic = Topic::Metrics, .container = container, .sequence = sequence_};
}

void MetricsReporter::measure() {
  timer_.arm(node_.now() + node_.config.metrics_period);
  ports::RuntimeCall call;
  call.verb = ports::RuntimeVerb::Stats;
  node_.call_runtime(next_tag(kSampleCall), std::move(call));
}

void MetricsReporter::on_event(CallTag tag, const ports::Event& event,
                               const std::vector<const api::Pod*>& pods) {
  if (event.kind == ports::EventKind::Timer) {
    measure();
  } else if (event.kind == ports::EventKind::ApiReply) {
    on_answer(tag.sequence, event.outcome);
  } else if (event.outcome == ports::Outcome::Ok && event.body != nullptr) {
    if (const auto* sample = std::get_if<ports::RuntimeResult>(event.body.get())) {
      on_sample(*sample, pods);
    }
  }
}

void MetricsReporter::on_sample(const ports::RuntimeResult& sample,
                                const std::vector<const api::Pod*>& pods) {
  std::map<std::string, const ports::ContainerStats*> now;
  for (const ports::ContainerStats& stats : sample.stats) now[stats.id] = &stats;
  std::set<Name> gone = written_;
  for (const api::Pod* pod : pods) {
    gone.erase({pod->meta.namespace_name, pod->meta.name});
    if (auto metrics = metrics_of(*pod, now)) write(*std::move(metrics));
  }
  for (const Name& name : gone) remove(name);
  last_.clear();
  for (const auto& [id, stats] : now) last_[id] = {stats->at, stats->cpu};
}

std::optional<api::PodMetrics> MetricsReporter::metrics_of(
    const api::Pod& pod, const std::map<std::string, const ports::ContainerStats*>& now) const {
  api::PodMetrics metrics;
  metrics.meta.name = pod.meta.name;
  metrics.meta.namespace_name = pod.meta.namespace_name;
  metrics.meta.owners = {{api::Kind::Pod, pod.meta.name, pod.meta.uid, false}};
  for (const api::ContainerStatus& status : pod.status.container_statuses) {
    if (status.phase != api::ContainerPhase::Running) continue;
    const auto sample = now.find(status.container_id);
    if (sample == now.end()) return std::nullopt;
    const ports::ContainerStats& stats = *sample->second;
    const auto before = last_.find(status.container_id);
    Sample from;
    if (before != last_.end()) {
      from = before->second;
    } else if (stats.at - status.started_at >= node_.config.fresh_container_min_window &&
               stats.at - status.started_at < node_.config.metrics_period) {
      from = {status.started_at, Duration{}};
    } else {
      return std::nullopt;
    }
    if (stats.at <= from.at) return std::nullopt;
    metrics.timestamp = stats.at;
    metrics.window = stats.at - from.at;
    metrics.containers.push_back(
        {status.name, milli_cores(stats.cpu - from.cpu, metrics.window), stats.memory_bytes});
  }
  if (metrics.containers.empty()) return std::nullopt;
  return metrics;
}

void MetricsReporter::write(api::PodMetrics metrics) {
  const Name name{metrics.meta.namespace_name, metrics.meta.name};
  ports::ApiCall call;
  call.verb = written_.contains(name) ? ports::Verb::Update : ports::Verb::Create;
  call.key = {api::Kind::PodMetrics, name.first, name.second};
  call.object = std::make_shared<const api::Object>(std::move(metrics));
  written_.insert(name);
  const CallTag tag = next_tag(kWriteCall);
  open_calls_[tag.sequence] = name;
  node_.call_api(tag, std::move(call));
}

void MetricsReporter::remove(const Name& name) {
  written_.erase(name);
  ports::ApiCall call;
  call.verb = ports::Verb::Delete;
  call.key = {api::Kind::PodMetrics, name.first, name.second};
  node_.call_api(next_tag(kRemoveCall), std::move(call));
}

/// A write that missed is made the other way with the next sample.
void MetricsReporter::on_answer(std::uint32_t sequence, ports::Outcome outcome) {
  const auto open = open_calls_.find(sequence);
  if (open == open_calls_.end()) return;
  if (outcome == ports::Outcome::NotFound) written_.erase(open->second);
  open_calls_.erase(open);
}

}  // namespace orrery::kubelet
