#include "sim/traffic/call_cache.h"

#include <algorithm>

#include "models/base/contract.h"

namespace orrery::sim {

KeyPopularity::KeyPopularity(std::uint32_t count, double exponent) {
  expects(count >= 1, "there is a key to ask for");
  expects(exponent >= 0, "a first key is no less popular than the next");
  double sum = 0;
  cumulative_.reserve(count);
  for (std::uint32_t i = 1; i <= count; ++i) {
    sum += portable_exp(-exponent * portable_log(i));
    cumulative_.push_back(sum);
  }
  for (double& share : cumulative_) share /= sum;
}

std::uint32_t KeyPopularity::key(double uniform) const {
  const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), uniform);
  const auto index = static_cast<std::size_t>(found - cumulative_.begin());
  return static_cast<std::uint32_t>(std::min(index, cumulative_.size() - 1));
}

bool CallCache::get(std::uint32_t key, Instant now) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return false;
  if (found->second.expires <= now) {
    uses_.erase(found->second.use);
    entries_.erase(found);
    return false;
  }
  uses_.splice(uses_.begin(), uses_, found->second.use);
  return true;
}

void CallCache::put(std::uint32_t key, Instant now) {
  const Instant expires = time_to_live_ == Duration{} ? Instant::never() : now + time_to_live_;
  const auto found = entries_.find(key);
  if (found != entries_.end()) {
    found->second.expires = expires;
    uses_.splice(uses_.begin(), uses_, found->second.use);
    return;
  }
  if (capacity_ > 0 && entries_.size() >= capacity_) {
    entries_.erase(uses_.back());
    uses_.pop_back();
  }
  uses_.push_front(key);
  entries_.emplace(key, Entry{expires, uses_.begin()});
}

}  // namespace orrery::sim
