#include "models/controllers/rollout_sizes.h"

#include <algorithm>
#include <numeric>

namespace orrery::controllers {
namespace {

enum class Rounding : std::uint8_t { Up, Down };

std::int64_t count_of(const api::CountOrPercent& value, std::int64_t replicas, Rounding rounding) {
  if (!value.percent) return value.value;
  // 25 % of 10 is 2.5: 3 upwards, 2 downwards.
  const std::int64_t hundredths = std::int64_t{value.value} * replicas;
  return rounding == Rounding::Up ? (hundredths + 99) / 100 : hundredths / 100;
}

/// a / b to the nearest whole number, halves away from 0: 7 / 2 = 4. Requires: a >= 0, b > 0.
std::int64_t rounded_quotient(std::int64_t a, std::int64_t b) { return (2 * a + b) / (2 * b); }

}  // namespace

Fenceposts resolve_fenceposts(const api::CountOrPercent& max_surge,
                              const api::CountOrPercent& max_unavailable, std::int64_t replicas) {
  Fenceposts posts{count_of(max_surge, replicas, Rounding::Up),
                   count_of(max_unavailable, replicas, Rounding::Down)};
  if (posts.surge == 0 && posts.unavailable == 0) posts.unavailable = 1;
  return posts;
}

Fenceposts fenceposts_of(const api::DeploymentSpec& spec) {
  if (spec.strategy.recreate) return {};
  Fenceposts posts =
      resolve_fenceposts(spec.strategy.max_surge, spec.strategy.max_unavailable, spec.replicas);
  posts.unavailable = std::min(posts.unavailable, std::int64_t{spec.replicas});
  return posts;
}

std::int64_t next_new_size(std::int64_t replicas, std::int64_t surge, std::int64_t total,
                           std::int64_t current) {
  if (current >= replicas) return replicas;
  const std::int64_t room = replicas + surge - total;
  // 10 replicas, surge 3, 10 old pods: 0 -> 3. Once the old ones are 5: 3 -> 8.
  return room <= 0 ? current : current + std::min(room, replicas - current);
}

std::vector<std::int64_t> next_old_sizes(std::int64_t replicas, std::int64_t unavailable,
                                         const SetSize& new_set,
                                         std::span<const SetSize> old_sets) {
  std::vector<std::int64_t> sizes;
  std::int64_t total = new_set.replicas;
  std::int64_t available = std::min(new_set.available, new_set.replicas);
  for (const SetSize& set : old_sets) {
    sizes.push_back(set.replicas);
    total += set.replicas;
    available += std::min(set.available, set.replicas);
  }
  const std::int64_t available_min = replicas - unavailable;
  const std::int64_t new_unavailable = new_set.replicas - new_set.available;
  // (10, 3), the 3 available, 2 may be missing: 13 - 8 - 0 = 5 pods may go at most.
  std::int64_t removable = total - available_min - new_unavailable;
  if (removable <= 0) return sizes;

  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::int64_t unhealthy = std::max<std::int64_t>(0, sizes[i] - old_sets[i].available);
    const std::int64_t removed = std::min(removable, unhealthy);
    sizes[i] -= removed;
    removable -= removed;
  }
  std::int64_t surplus = available - available_min;
  for (std::int64_t& size : sizes) {
    const std::int64_t removed = std::min(size, std::max<std::int64_t>(0, surplus));
    size -= removed;
    surplus -= removed;
  }
  return sizes;
}

std::vector<std::int64_t> proportional_sizes(std::int64_t replicas, std::int64_t surge,
                                             std::int64_t fallback_max,
                                             std::span<const ScaledSet> sets) {
  const std::int64_t allowed = replicas > 0 ? replicas + surge : 0;
  std::int64_t to_add = allowed;
  std::vector<std::int64_t> sizes;
  for (const ScaledSet& set : sets) {
    sizes.push_back(set.replicas);
    to_add -= set.replicas;
  }
  if (to_add == 0) return sizes;

  // Larger first; among equals the newer grows first and the older shrinks first.
  std::vector<std::size_t> order(sets.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (sets[a].replicas != sets[b].replicas) return sets[a].replicas > sets[b].replicas;
    return to_add > 0 ? sets[a].creation > sets[b].creation : sets[a].creation < sets[b].creation;
  });

  std::int64_t added = 0;
  for (const std::size_t i : order) {
    const ScaledSet& set = sets[i];
    if (set.replicas == 0 || added == to_add) continue;
    std::int64_t share = -set.replicas;
    if (replicas > 0) {
      const std::int64_t annotated = set.max_replicas.value_or(0);
      const std::int64_t max_before = annotated > 0 ? annotated : fallback_max;
      // A set of 8 of at most 13 in a Deployment that may now have 26: 8 * 26 / 13 = 16, 8 more.
      share = max_before > 0
                  ? rounded_quotient(set.replicas * (replicas + surge), max_before) - set.replicas
                  : 0;
    }
    const std::int64_t rest = to_add - added;
    share = to_add > 0 ? std::min(share, rest) : std::max(share, rest);
    sizes[i] += share;
    added += share;
  }
  if (!order.empty()) {
    std::int64_t& first = sizes[order.front()];
    first = std::max<std::int64_t>(0, first + to_add - added);
  }
  return sizes;
}

}  // namespace orrery::controllers
