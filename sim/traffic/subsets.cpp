#include "sim/traffic/subsets.h"

#include <algorithm>

#include "models/resilience/draw.h"

namespace orrery::sim {

std::uint32_t Subsets::of(const std::map<std::string, std::string, std::less<>>& labels) const {
  const auto& split = policy_->split;
  const auto found = std::find_if(split.begin(), split.end(), [&](const auto& subset) {
    return std::all_of(subset.labels.begin(), subset.labels.end(), [&](const auto& wanted) {
      const auto label = labels.find(wanted.first);
      return label != labels.end() && label->second == wanted.second;
    });
  });
  return static_cast<std::uint32_t>(found - split.begin());
}

void Subsets::take_hosts(std::span<const std::uint32_t> subsets) {
  parts_.clear();
  for (std::uint32_t index = 0; index < policy_->split.size(); ++index) {
    const auto [first, last] = std::equal_range(subsets.begin(), subsets.end(), index);
    parts_.push_back({index, static_cast<std::uint32_t>(first - subsets.begin()),
                      static_cast<std::uint32_t>(last - first), false});
  }
}

void Subsets::refresh(std::span<const resilience::HostView> hosts) {
  if (!policy_->outliers && !policy_->health) return;
  for (HostPart& part : parts_) {
    const auto own = hosts.subspan(part.first, part.count);
    const auto healthy = static_cast<std::uint32_t>(
        std::count_if(own.begin(), own.end(), [](const auto& host) { return host.healthy; }));
    part.panic = healthy * 100 < policy_->panic_threshold() * part.count;
  }
}

const HostPart& Subsets::pick(std::uint64_t draw) const {
  std::uint64_t sum = 0;
  for (const resilience::SubsetShare& subset : policy_->split) sum += subset.weight;
  std::uint64_t place = resilience::index_from(draw, static_cast<std::uint32_t>(sum));
  std::size_t index = 0;
  while (place >= policy_->split[index].weight) place -= policy_->split[index++].weight;
  return parts_[index];
}

}  // namespace orrery::sim
