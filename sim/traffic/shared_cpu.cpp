/// @file
/// Nodes whose cores the containers share: who gets how much, whenever somebody wants more or less.
#include "sim/traffic/request_engine.h"
#include "sim/traffic/traffic_events.h"

namespace orrery::sim {

void RequestEngine::share_cores(std::uint32_t node, std::uint32_t cores) {
  expects(!shared_nodes_.contains(node), "the cores of a node are shared once");
  shared_nodes_.emplace(node, SharedNode{NodeCpu{cores}, {}});
}

std::uint32_t RequestEngine::add_cpu_group(std::uint32_t node, const CpuClaim& claim,
                                           std::optional<Duration> quota) {
  const auto shared = shared_nodes_.find(node);
  expects(shared != shared_nodes_.end(), "the cores of a group's node are shared");
  const auto index = static_cast<std::uint32_t>(cpu_groups_.size());
  const std::uint32_t cores = shared->second.cpu.cores();
  cpu_groups_.push_back(
      {CpuGroup{quota, cores, kernel_.now()}, kernel_.create_timer({kWork, index}), node, claim});
  return index;
}

void RequestEngine::set_burstable_weight(std::uint32_t node, std::int64_t weight) {
  enter();
  NodeCpu& cpu = shared_nodes_.at(node).cpu;
  cpu.set_burstable_weight(weight);
  if (cpu.is_short()) deal_cores(cpu);
}

void RequestEngine::want_cores(std::uint32_t group) {
  const CpuUser& user = cpu_groups_[group];
  NodeCpu& cpu = shared_nodes_.at(user.node).cpu;
  if (cpu.wants(group, user.claim, user.group.runnable())) deal_cores(cpu);
}

void RequestEngine::deal_cores(const NodeCpu& cpu) {
  for (const NodeCpu::Grant& grant : cpu.deal()) {
    CpuUser& user = cpu_groups_[grant.group];
    user.group.grant(grant.cores, now_);
    const std::optional<Instant> next = user.group.next();
    // Whoever is done at this very moment, or out of its quota, says so by itself.
    const bool other_wish = user.group.runnable() != grant.threads;
    if (next) kernel_.arm(user.timer, other_wish ? now_ : *next, EventClass::Ordinary);
  }
}

void RequestEngine::stress_cpu_group(std::uint32_t group, std::uint32_t threads,
                                     ports::CauseId cause) {
  enter();
  CpuUser& user = cpu_groups_[group];
  user.group.set_strangers(threads, now_);
  work(group);
  if (user.node == kNone) return;
  SharedNode& node = shared_nodes_.at(user.node);
  node.stressed.erase(group);
  if (threads == 0) return;
  node.stressed[group] = static_cast<RecordId>(cause);
  if (!node.cpu.is_short()) return;
  for (std::uint32_t i = 0; i < instances_.size(); ++i) {
    if (instances_[i].node == user.node) blame_work(i, static_cast<RecordId>(cause));
  }
}

RecordId RequestEngine::stress_beside(std::uint32_t group) const {
  const SharedNode& node = shared_nodes_.at(cpu_groups_[group].node);
  return node.cpu.is_short() && !node.stressed.empty() ? node.stressed.begin()->second : 0;
}

}  // namespace orrery::sim
