#include "gui/model/moment.h"

#include <algorithm>
#include <map>

#include "gui/model/cascade.h"

namespace orrery::gui {
namespace {

using recording::Frame;
using recording::NodeState;
using recording::PodPhaseCode;
using recording::PodState;
using recording::TextId;

constexpr std::size_t kOpenSecondsMost = 600;

double share_of(std::int64_t part, std::int64_t all) {
  return all <= 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

/// Whether a fault holds the node down, whatever the cluster knows of it.
bool is_down(const RunEvents& events, Instant t, std::string_view node, std::string_view zone) {
  for (const FaultSpan& fault : events.faults()) {
    if (t < fault.from || t >= fault.to) continue;
    if (fault.kind == "zone-loss" && fault.subject == "zone/" + std::string{zone}) return true;
    if (fault.kind == "node-loss" && fault.subject == "Node/" + std::string{node}) return true;
  }
  return false;
}

State state_of(const PodState& pod, bool node_lost) {
  if (pod.phase == PodPhaseCode::Failed) return State::Failing;
  if (node_lost) return State::Lost;
  if (pod.terminating) return State::Draining;
  if (pod.ready) return State::Healthy;
  // It ran before, or cannot begin.
  return pod.restarts > 0 ? State::Failing : State::Starting;
}

class MomentMaker {
 public:
  MomentMaker(RecordedRun& run, Instant t, const Frame& frame)
      : run_{run}, t_{t}, frame_{frame}, second_{second_at(run, t)} {
    moment_.at = t;
    moment_.services.resize(run.scene().services.size());
    moment_.edges.resize(run.scene().edges.size());
  }

  Moment make() {
    take_nodes();
    take_pods();
    finish_zones();
    if (second_) {
      for (std::uint32_t s = 0; s < moment_.services.size(); ++s) take_service(s);
      for (std::size_t e = 0; e < moment_.edges.size(); ++e) take_edge(e);
      moment_.users_error_share = run_.history().users_sum(*second_, 1).error_share();
      take_cascade();
    }
    return std::move(moment_);
  }

 private:
  void take_nodes() {
    std::map<std::string, std::vector<const recording::Named<NodeState>*>> by_zone;
    for (const auto& node : frame_.nodes) {
      by_zone[std::string{run_.text(node.state.zone)}].push_back(&node);
    }
    for (auto& [zone, nodes] : by_zone) {
      std::sort(nodes.begin(), nodes.end(), [&](const auto* a, const auto* b) {
        return run_.text(a->name) < run_.text(b->name);
      });
      ZoneNow& now = moment_.zones.emplace_back();
      now.name = zone;
      std::int64_t cpu = 0;
      std::int64_t cpu_used = 0;
      for (const auto* node : nodes) {
        place_[node->name] = {moment_.zones.size() - 1, now.nodes.size()};
        NodeNow& made = now.nodes.emplace_back();
        made.name = node->name;
        const bool down = is_down(run_.events(), t_, run_.text(node->name), zone);
        made.state = down || !node->state.ready  ? State::Lost
                     : node->state.unschedulable ? State::Draining
                                                 : State::Healthy;
        if (down && node->state.ready) now.noticed = false;
        made.cpu_used = share_of(node->state.used_cpu_milli, node->state.cpu_milli);
        made.memory_used = share_of(node->state.used_memory_bytes, node->state.memory_bytes);
        cpu += node->state.cpu_milli;
        cpu_used += node->state.used_cpu_milli;
      }
      now.cpu_used = share_of(cpu_used, cpu);
      moment_.node_count += nodes.size();
    }
  }

  void take_pods() {
    for (const auto& pod : frame_.pods) {
      if (pod.state.phase == PodPhaseCode::Succeeded) continue;
      const auto place = place_.find(pod.state.node);
      NodeNow* node = place == place_.end()
                          ? nullptr
                          : &moment_.zones[place->second.zone].nodes[place->second.node];
      const bool node_lost = node != nullptr && node->state == State::Lost;
      PodNow now;
      now.name = pod.name;
      now.state = state_of(pod.state, node_lost);
      now.service = service_of(pod);
      ++moment_.pod_count;
      if (now.state == State::Starting) ++moment_.pods_starting;
      if (now.state == State::Lost) ++moment_.pods_lost;
      if (now.service) {
        ServiceNow& service = moment_.services[*now.service];
        service.pods.push_back(now.state);
        if (now.state == State::Healthy) ++service.ready;
      }
      if (node != nullptr) node->pods.push_back(now);
    }
    for (ServiceNow& service : moment_.services) {
      std::sort(service.pods.begin(), service.pods.end(),
                [](State a, State b) { return severity(a) < severity(b); });
    }
  }

  std::optional<std::uint32_t> service_of(const recording::Named<PodState>& pod) {
    const auto known = owners_.find(pod.state.owner);
    if (pod.state.owner != 0 && known != owners_.end()) return known->second;
    const auto service =
        run_.names().of_object(run_.text(pod.state.owner == 0 ? pod.name : pod.state.owner));
    if (pod.state.owner != 0) owners_.emplace(pod.state.owner, service);
    return service;
  }

  void finish_zones() {
    for (ZoneNow& zone : moment_.zones) {
      const bool all_lost = std::all_of(zone.nodes.begin(), zone.nodes.end(),
                                        [](const auto& node) { return node.state == State::Lost; });
      if (all_lost && !zone.nodes.empty()) zone.state = State::Lost;
      for (NodeNow& node : zone.nodes) {
        std::stable_sort(node.pods.begin(), node.pods.end(), [&](const PodNow& a, const PodNow& b) {
          return run_.text(a.name) < run_.text(b.name);
        });
      }
    }
  }

  void take_service(std::uint32_t s) {
    ServiceNow& now = moment_.services[s];
    const CallSecond& last = run_.history().service(s, *second_);
    now.state = run_.state_in(s, *second_);
    now.calls = run_.judged_calls(s, *second_);
    now.per_second = last.started;
    now.p50 = recording::latency_of(last.p50);
    now.p95 = recording::latency_of(last.p95);
    now.p99 = recording::latency_of(last.p99);
  }

  void take_edge(std::size_t e) {
    EdgeNow& now = moment_.edges[e];
    const History& history = run_.history();
    const CallSecond& last = history.edge(e, *second_);
    CallSum calls;
    for (std::size_t length = 1; length <= 5; ++length) {
      calls = history.edge_sum(e, *second_, length);
      if (calls.ended >= 10) break;
    }
    now.state = state_of_errors(calls);
    now.per_second = last.started;
    now.error_share = calls.error_share();
    now.p50 = recording::latency_of(last.p50);
    now.open = last.open;
    now.trying = last.trying;
    if (now.open == 0) return;
    std::size_t since = *second_;
    while (since > 0 && *second_ - since < kOpenSecondsMost &&
           history.edge(e, since - 1).open > 0) {
      --since;
    }
    now.open_since = since;
  }

  void take_cascade() {
    Cascade cascade = cascade_in(run_, *second_);
    moment_.why = std::move(cascade.why);
    for (const auto& [service, arrival] : cascade.arrivals) {
      ServiceNow& now = moment_.services[service];
      if (is_bad(now.state) || now.state == State::Recovering) now.arrival = arrival;
    }
  }

  struct Place {
    std::size_t zone = 0;
    std::size_t node = 0;
  };

  RecordedRun& run_;
  Instant t_;
  const Frame& frame_;
  std::optional<std::size_t> second_;
  Moment moment_;
  std::map<TextId, Place> place_;
  std::map<TextId, std::optional<std::uint32_t>> owners_;
};

}  // namespace

std::optional<std::size_t> second_at(const RecordedRun& run, Instant t) {
  const auto over = static_cast<std::size_t>(to_seconds(t.since_start()));
  const std::size_t known = std::min(over, run.history().seconds());
  if (known == 0) return std::nullopt;
  return known - 1;
}

Result<Moment> moment_at(RecordedRun& run, Instant t) {
  auto frame = run.frame(t);
  if (!frame) return tl::unexpected{frame.error()};
  return MomentMaker{run, t, *frame}.make();
}

}  // namespace orrery::gui
