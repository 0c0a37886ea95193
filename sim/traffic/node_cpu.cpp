#include "sim/traffic/node_cpu.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "models/base/contract.h"

namespace orrery::sim {
namespace {

/// MinShares as a weight: that of the group of all best-effort pods, and of each in it.
constexpr std::int64_t kBestEffortWeight = 1;

struct Party {
  std::int64_t weight = 1;
  CoreShare limit = 0;  ///< What it can use.
  CoreShare gets = 0;
};

/// Each gets by weight, but no more than it can use; what is left goes to the others.
void fill(CoreShare cores, std::span<Party> parties) {
  std::vector<std::size_t> order(parties.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return parties[a].limit * parties[b].weight < parties[b].limit * parties[a].weight;
  });
  std::int64_t weights = 0;
  for (const Party& party : parties) weights += party.weight;
  for (const std::size_t at : order) {
    Party& party = parties[at];
    party.gets = std::min(party.limit, cores * party.weight / weights);
    cores -= party.gets;
    weights -= party.weight;
  }
}

}  // namespace

NodeCpu::NodeCpu(std::uint32_t cores) : cores_{cores} { expects(cores >= 1, "a node has a core"); }

void NodeCpu::set_burstable_weight(std::int64_t weight) {
  expects(weight >= 1, "a weight is positive");
  burstable_weight_ = weight;
}

bool NodeCpu::wants(std::uint32_t group, const CpuClaim& claim, std::int64_t threads) {
  const bool was_short = is_short();
  const auto found = wishes_.find(group);
  const std::int64_t before = found == wishes_.end() ? 0 : found->second.threads;
  if (threads == before) return false;
  threads_ += threads - before;
  if (threads == 0) {
    wishes_.erase(found);
  } else {
    wishes_[group] = {claim, threads};
  }
  return was_short || is_short();
}

std::vector<NodeCpu::Grant> NodeCpu::deal() const {
  std::vector<Grant> grants;
  std::vector<Party> top;
  std::vector<Party> burstable;
  std::vector<Party> best_effort;
  Party burstable_all{burstable_weight_};
  Party best_effort_all{kBestEffortWeight};
  for (const auto& [group, wish] : wishes_) {
    const Party party{wish.claim.weight, wish.threads * kWholeCore};
    switch (wish.claim.of) {
      case CpuClass::Guaranteed:
        top.push_back(party);
        break;
      case CpuClass::Burstable:
        burstable.push_back(party);
        burstable_all.limit += party.limit;
        break;
      case CpuClass::BestEffort:
        best_effort.push_back(party);
        best_effort_all.limit += party.limit;
        break;
    }
  }
  top.push_back(burstable_all);
  top.push_back(best_effort_all);
  fill(cores_ * kWholeCore, top);
  fill(top[top.size() - 2].gets, burstable);
  fill(top[top.size() - 1].gets, best_effort);

  std::size_t next_guaranteed = 0;
  std::size_t next_burstable = 0;
  std::size_t next_best_effort = 0;
  for (const auto& [group, wish] : wishes_) {
    CoreShare cores = 0;
    switch (wish.claim.of) {
      case CpuClass::Guaranteed:
        cores = top[next_guaranteed++].gets;
        break;
      case CpuClass::Burstable:
        cores = burstable[next_burstable++].gets;
        break;
      case CpuClass::BestEffort:
        cores = best_effort[next_best_effort++].gets;
        break;
    }
    grants.push_back({group, std::max<CoreShare>(cores, 1), wish.threads});
  }
  return grants;
}

}  // namespace orrery::sim
