#include "runner/session/run_recorder.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "models/base/contract.h"
#include "models/controllers/node_lifecycle.h"
#include "sim/traffic/request_engine.h"

namespace orrery::session {
namespace {

using recording::ClusterField;
using recording::PodPhaseCode;
using recording::PodState;
using recording::TextId;

/// Watchers see what was sampled so often.
constexpr std::chrono::milliseconds kShowGap{50};

PodPhaseCode code_of(api::PodPhase phase) {
  switch (phase) {
    case api::PodPhase::Pending:
      return PodPhaseCode::Pending;
    case api::PodPhase::Running:
      return PodPhaseCode::Running;
    case api::PodPhase::Succeeded:
      return PodPhaseCode::Succeeded;
    case api::PodPhase::Failed:
      return PodPhaseCode::Failed;
    case api::PodPhase::Unknown:
      break;
  }
  return PodPhaseCode::Unknown;
}

/// Why the pod failed, or one of its containers waits.
std::string why_of(const api::Pod& pod) {
  if (!pod.status.reason.empty()) return pod.status.reason;
  for (const auto* statuses :
       {&pod.status.init_container_statuses, &pod.status.container_statuses}) {
    for (const api::ContainerStatus& status : *statuses) {
      if (status.phase == api::ContainerPhase::Waiting && !status.reason.empty()) {
        return status.reason;
      }
    }
  }
  return {};
}

std::string taints_of(const api::Node& node) {
  std::string text;
  for (const api::Taint& taint : node.spec.taints) {
    if (!text.empty()) text += ',';
    text += taint.key;
    if (!taint.value.empty()) text += "=" + taint.value;
    text += ":" + taint.effect;
  }
  return text;
}

/// In the order of the request engine's.
void add_groups_and_routes(const scenario::Scenario& scenario, recording::Scene& scene) {
  const auto index = [&](const std::string& service) {
    const auto found = std::find(scene.services.begin(), scene.services.end(), service);
    expects(found != scene.services.end(), "the reader admits known services only");
    return static_cast<std::uint32_t>(found - scene.services.begin());
  };
  for (const auto& [topic, settings] : scenario.topics) {
    for (const auto& [consumer, unused] : settings.groups) {
      scene.groups.push_back({topic, index(consumer)});
    }
  }
  for (const auto& [way, policy] : scenario.policies) {
    const auto& [from, to] = way;
    scene.routes.push_back({from.empty() ? recording::kOutside : index(from), index(to)});
  }
}

}  // namespace

Result<std::unique_ptr<RunRecorder>> RunRecorder::create(const RecordOrder& order,
                                                         const scenario::Scenario& scenario,
                                                         std::uint64_t seed, const char* world,
                                                         std::int64_t started_at,
                                                         const std::vector<sim::CallEdge>& edges,
                                                         RequestSide requests) {
  recording::Scene scene;
  for (const auto& [name, behaviour] : scenario.services) scene.services.push_back(name);
  for (const sim::CallEdge& edge : edges) scene.edges.push_back({edge.from, edge.to});
  for (const auto& [name, journey] : scenario.journeys) scene.journeys.push_back(name);
  const bool inside = std::holds_alternative<const sim::RequestEngine*>(requests);
  if (inside) add_groups_and_routes(scenario, scene);
  recording::RunInfo info;
  info.scenario = scenario.name;
  info.digest = order.digest;
  info.world = world;
  info.engine = order.engine;
  info.seed = seed;
  info.started_at = started_at;
  auto writer = recording::RunWriter::create(order.path, std::move(info), std::move(scene));
  if (!writer) return tl::unexpected{writer.error()};
  std::vector<TextId> operations;
  for (const auto& [name, behaviour] : scenario.services) {
    for (const scenario::Operation& operation : behaviour.operations) {
      operations.push_back((*writer)->text(operation.name));
    }
  }
  return std::unique_ptr<RunRecorder>{new RunRecorder{*std::move(writer), order.traces_per_second,
                                                      std::move(operations), requests}};
}

RunRecorder::RunRecorder(std::unique_ptr<recording::RunWriter> writer,
                         std::uint32_t traces_per_second, std::vector<TextId> operations,
                         RequestSide requests)
    : writer_{std::move(writer)},
      requests_{requests},
      meter_{*writer_, traces_per_second, std::move(operations),
             [this](std::uint32_t instance) { return pod_of(instance); }},
      period_{recording::RunInfo{}.period} {
  static_assert(sim::kClients == recording::kOutside);
}

// --- Objects ------------------------------------------------------------------------------------

void RunRecorder::on_changes(const std::vector<ObjectChange>& changes) {
  for (const ObjectChange& change : changes) {
    const bool gone = change.after == nullptr;
    const api::Object& any = gone ? *change.before : *change.after;
    if (const auto* pod = std::get_if<api::Pod>(&any)) {
      take_pod(*pod, gone);
    } else if (const auto* node = std::get_if<api::Node>(&any)) {
      take_node(*node, gone);
    }
  }
}

void RunRecorder::take_pod(const api::Pod& pod, bool gone) {
  const TextId name = writer_->text("Pod/" + pod.meta.namespace_name + "/" + pod.meta.name);
  const auto known = pods_.find(name);
  if (known != pods_.end()) add_share(known->second, -1);
  if (gone) {
    if (known != pods_.end()) pods_.erase(known);
    writer_->set_pod(name, std::nullopt);
    return;
  }
  PodShare share;
  const api::OwnerReference* owner = api::controller_of(pod.meta);
  if (owner != nullptr) {
    share.state.owner =
        writer_->text(to_string(api::ObjectKey{owner->kind, pod.meta.namespace_name, owner->name}));
  }
  share.state.node = writer_->text(pod.spec.node_name);
  share.state.why = writer_->text(why_of(pod));
  share.state.phase = code_of(pod.status.phase);
  share.state.ready = api::is_ready(pod);
  share.state.terminating = pod.meta.deletion.has_value();
  for (const api::ContainerStatus& status : pod.status.container_statuses) {
    share.state.restarts += static_cast<std::uint32_t>(std::max(0, status.restart_count));
  }
  if (!api::has_ended(pod) && !pod.spec.node_name.empty()) {
    share.node = pod.spec.node_name;
    if (known != pods_.end() && known->second.node == share.node) {
      // What a bound pod asks for does not change.
      share.cpu_milli = known->second.cpu_milli;
      share.memory_bytes = known->second.memory_bytes;
    } else {
      const api::PodResources requests = api::effective_requests(pod.spec);
      share.cpu_milli = requests.cpu_milli;
      share.memory_bytes = requests.memory_bytes;
    }
  }
  if (known != pods_.end()) share.state.kept_out_by = known->second.state.kept_out_by;
  if (!pod.status.pod_ip.empty()) addresses_.insert_or_assign(pod.status.pod_ip, name);
  add_share(share, 1);
  writer_->set_pod(name, share.state);
  pods_.insert_or_assign(name, std::move(share));
}

void RunRecorder::add_share(const PodShare& share, std::int64_t sign) {
  if (share.state.ready) pods_ready_ += sign;
  if (share.state.phase == PodPhaseCode::Pending) pods_pending_ += sign;
  if (share.node.empty()) return;
  recording::NodeState& node = nodes_[share.node];
  node.pods = static_cast<std::uint32_t>(std::int64_t{node.pods} + sign);
  node.used_cpu_milli += sign * share.cpu_milli;
  node.used_memory_bytes += sign * share.memory_bytes;
  changed_nodes_.insert(share.node);
}

void RunRecorder::take_node(const api::Node& node, bool gone) {
  const std::string& name = node.meta.name;
  changed_nodes_.insert(name);
  recording::NodeState& state = nodes_[name];
  if (known_nodes_.contains(name) && state.ready) --nodes_ready_;
  if (gone) {
    known_nodes_.erase(name);
    return;
  }
  known_nodes_.insert(name);
  const auto zone = node.meta.labels.find(controllers::kZoneLabel);
  state.zone = writer_->text(zone == node.meta.labels.end() ? std::string{} : zone->second);
  state.taints = writer_->text(taints_of(node));
  state.ready = api::is_ready(node);
  if (state.ready) ++nodes_ready_;
  state.unschedulable = node.spec.unschedulable;
  state.cpu_milli = node.status.allocatable.cpu_milli;
  state.memory_bytes = node.status.allocatable.memory_bytes;
}

// --- Samples ------------------------------------------------------------------------------------

void RunRecorder::write_log(Instant until, const recording::EventLog& log) {
  const auto& records = log.records();
  for (; logged_ < records.size() && records[logged_].at <= until; ++logged_) {
    const recording::LogRecord& record = records[logged_];
    recording::RunEvent event;
    event.id = record.id;
    event.cause = record.cause;
    event.at = Instant::at(Duration::microseconds(record.at.count_ns() / 1000));
    event.what = writer_->text(record.what);
    event.subject = writer_->text(record.subject);
    event.detail = writer_->text(record.detail);
    writer_->add_event(event);
  }
}

TextId RunRecorder::pod_at(const std::string& address) const {
  const auto pod = addresses_.find(address);
  return pod == addresses_.end() ? 0 : pod->second;
}

TextId RunRecorder::pod_of(std::uint32_t instance) {
  if (instance < instance_pods_.size() && instance_pods_[instance] != 0) {
    return instance_pods_[instance];
  }
  if (instance == sim::kNone) return 0;
  const auto* engine = std::get_if<const sim::RequestEngine*>(&requests_);
  if (engine == nullptr) {
    // Live, an address may be another pod's later.
    return pod_at(std::get<const std::vector<std::string>*>(requests_)->at(instance));
  }
  const TextId pod = pod_at((*engine)->spec(sim::InstanceId{instance}).address);
  if (instance >= instance_pods_.size()) instance_pods_.resize(instance + 1);
  instance_pods_[instance] = pod;
  return pod;
}

void RunRecorder::take_kept_out() {
  if (meter_.kept_out().empty() && kept_out_.empty()) return;
  std::map<TextId, std::uint32_t> by;
  for (const sim::HostKeptOut& host : meter_.kept_out()) {
    if (const TextId pod = pod_of(host.instance); pod != 0) ++by[pod];
  }
  const auto put = [&](TextId name, std::uint32_t callers) {
    const auto pod = pods_.find(name);
    if (pod == pods_.end() || pod->second.state.kept_out_by == callers) return;
    pod->second.state.kept_out_by = callers;
    writer_->set_pod(name, pod->second.state);
  };
  for (const TextId name : kept_out_) {
    if (!by.contains(name)) put(name, 0);
  }
  kept_out_.clear();
  for (const auto& [name, callers] : by) {
    put(name, callers);
    kept_out_.push_back(name);
  }
}

void RunRecorder::sample(Instant now, const recording::EventLog& log) {
  const auto* engine = std::get_if<const sim::RequestEngine*>(&requests_);
  recording::SampleValues& values = meter_.sample(engine == nullptr ? nullptr : *engine, now);
  take_kept_out();
  write_log(now, log);
  for (const std::string& name : changed_nodes_) {
    const TextId id = writer_->text(name);
    if (known_nodes_.contains(name)) {
      writer_->set_node(id, nodes_[name]);
    } else {
      writer_->set_node(id, std::nullopt);
    }
  }
  changed_nodes_.clear();
  const auto put = [&](ClusterField field, std::int64_t value) {
    values.set(writer_->columns().of(field), value);
  };
  put(ClusterField::Pods, static_cast<std::int64_t>(pods_.size()));
  put(ClusterField::PodsReady, pods_ready_);
  put(ClusterField::PodsPending, pods_pending_);
  put(ClusterField::Nodes, static_cast<std::int64_t>(known_nodes_.size()));
  put(ClusterField::NodesReady, nodes_ready_);
  writer_->sample(now, values);
  meter_.begin_period();
  last_ = now;
  next_ = now + period_;
  // Its bytes do not depend on it, so the watchers' clock decides.
  const auto watch = std::chrono::steady_clock::now();
  if (watch < show_at_) return;
  show_at_ = watch + kShowGap;
  writer_->show_soon();
}

Result<void> RunRecorder::finish(const recording::EventLog& log) {
  // What was done to the world at the very end stands behind the last sample.
  const auto& records = log.records();
  if (logged_ < records.size() && records[logged_].at <= last_) {
    sample(last_ + Duration::microseconds(1), log);
  }
  return writer_->finish();
}

}  // namespace orrery::session
