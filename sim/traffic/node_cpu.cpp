#include "sim/traffic/node_cpu.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <span>

#include "models/base/contract.h"

namespace orrery::sim {
namespace {

/// MinShares as a weight: that of the group of all best-effort pods, and of each in it.
constexpr std::int64_t kBestEffortWeight = 1;
constexpr std::size_t kCpuClassCount = 3;

struct Party {
  std::int64_t weight = 1;
  CoreShare limit = 0;  ///< What it can use.
  CoreShare gets = 0;
};

/// What all of them can use together.
CoreShare limit_of(const std::vector<Party>& parties) {
  CoreShare sum = 0;
  for (const Party& party : parties) sum += party.limit;
  return sum;
}

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
  const auto place_of = [](CpuClass of) { return static_cast<std::size_t>(of); };
  std::array<std::vector<Party>, kCpuClassCount> classes;
  for (const auto& [group, wish] : wishes_) {
    classes[place_of(wish.claim.of)].push_back({wish.claim.weight, wish.threads * kWholeCore, 0});
  }
  // Guaranteed pods stand beside two parties that hold all the others.
  std::vector<Party>& top = classes[place_of(CpuClass::Guaranteed)];
  std::vector<Party>& burstable = classes[place_of(CpuClass::Burstable)];
  std::vector<Party>& best_effort = classes[place_of(CpuClass::BestEffort)];
  top.push_back({burstable_weight_, limit_of(burstable), 0});
  top.push_back({kBestEffortWeight, limit_of(best_effort), 0});
  fill(cores_ * kWholeCore, top);
  fill(top[top.size() - 2].gets, burstable);
  fill(top[top.size() - 1].gets, best_effort);

  std::array<std::size_t, kCpuClassCount> next{};
  std::vector<Grant> grants;
  for (const auto& [group, wish] : wishes_) {
    const std::size_t of = place_of(wish.claim.of);
    const CoreShare cores = classes[of][next[of]++].gets;
    grants.push_back({group, std::max<CoreShare>(cores, 1), wish.threads});
  }
  return grants;
}

}  // namespace orrery::sim
