#include "sim/traffic/subsets.h"

#include <algorithm>

#include "models/resilience/draw.h"

namespace orrery::sim {

Subsets::Subsets(std::span<const resilience::SubsetShare> split) {
  std::uint32_t sum = 0;
  for (const resilience::SubsetShare& subset : split) ends_.push_back(sum += subset.weight);
}

std::uint32_t Subsets::pick(std::uint64_t draw) const {
  const auto place = static_cast<std::uint32_t>(resilience::index_from(draw, ends_.back()));
  return static_cast<std::uint32_t>(std::upper_bound(ends_.begin(), ends_.end(), place) -
                                    ends_.begin());
}

bool has_labels(const std::map<std::string, std::string, std::less<>>& labels,
                const resilience::SubsetShare& subset) {
  return std::all_of(subset.labels.begin(), subset.labels.end(), [&](const auto& wanted) {
    const auto label = labels.find(wanted.first);
    return label != labels.end() && label->second == wanted.second;
  });
}

}  // namespace orrery::sim
