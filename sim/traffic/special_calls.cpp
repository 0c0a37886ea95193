/// @file
/// Calls that are not simply made and waited for: on a condition, by nobody who waits, saved by a
/// cache, undone when a later one fails; and payloads that take their time.
#include <algorithm>

#include "sim/traffic/request_engine.h"

namespace orrery::sim {
namespace {

/// In the attempts of a call's draws, behind those of its sites' positions.
constexpr std::uint64_t kNumberOfCalls = std::uint64_t{1} << 32;
constexpr std::uint64_t kKeyOfCache = std::uint64_t{2} << 32;

}  // namespace

bool RequestEngine::begins(std::uint32_t parent, std::uint32_t site_index, bool failed) {
  const CallSite& site = program_.sites[site_index];
  const SpecialCall& special = program_.specials[site.special];
  if (special.condition == CallCondition::Failed && !failed) return false;
  if (special.condition == CallCondition::Succeeded && failed) return false;
  if (special.detached) {
    launch_aside(parent, site_index);
    return false;
  }
  if (special.cache == kNone) {
    launch(parent, site_index, 0);
    return true;
  }
  const std::uint32_t times = times_of(site, calls_[parent].key);
  for (std::uint32_t repetition = 0; repetition < times; ++repetition) {
    const Saved by = saved(parent, site_index, repetition);
    if (by == Saved::No) launch(parent, site_index, repetition);
    if (by != Saved::ByCache) return true;
  }
  return false;
}

bool RequestEngine::makes_next_special(const CallSite& site, const Return& result) {
  const std::uint32_t times = times_of(site, calls_[result.caller].key);
  const bool cached = program_.specials[site.special].cache != kNone;
  for (std::uint32_t next = result.repetition + 1; next < times; ++next) {
    const Saved by = cached ? saved(result.caller, result.site, next) : Saved::No;
    if (by == Saved::No) launch(result.caller, result.site, next);
    if (by != Saved::ByCache) return true;
  }
  return false;
}

std::uint32_t RequestEngine::times_of(const CallSite& site, std::uint64_t parent_key) const {
  const std::uint32_t least = program_.specials[site.special].times_least;
  if (site.times == least) return least;
  return least +
         static_cast<std::uint32_t>(draws_.index(Purpose::CallTaken, site.times - least + 1,
                                                 parent_key, kNumberOfCalls + site.position));
}

std::uint32_t RequestEngine::cache_key(std::uint64_t parent_key, const CallSite& site,
                                       std::uint32_t repetition) const {
  const double uniform = draws_.uniform(
      Purpose::CallTaken, call_key(parent_key, site.position, repetition), kKeyOfCache);
  return popularity_[program_.specials[site.special].cache]->key(uniform);
}

RequestEngine::Saved RequestEngine::saved(std::uint32_t parent, std::uint32_t site_index,
                                          std::uint32_t repetition) {
  const CallSite& site = program_.sites[site_index];
  const std::uint32_t cache_index = program_.specials[site.special].cache;
  const CacheModel& model = program_.caches[cache_index];
  const Call& caller = calls_[parent];
  if (model.keys == 0) {
    const double uniform = draws_.uniform(
        Purpose::CallTaken, call_key(caller.key, site.position, repetition), kKeyOfCache);
    return uniform < model.hit_probability ? Saved::ByCache : Saved::No;
  }
  const CacheOfProcess of{caller.instance, cache_index};
  const std::uint32_t key = cache_key(caller.key, site, repetition);
  CallCache& cache = caches_.try_emplace(of, model.capacity, model.time_to_live).first->second;
  if (cache.get(key, now_)) return Saved::ByCache;
  if (!model.single_flight) return Saved::No;
  const auto [flight, is_new] = flights_.try_emplace({of, key});
  if (is_new) return Saved::No;
  flight->second.push_back({parent, caller.generation, repetition});
  return Saved::ByFlight;
}

void RequestEngine::fill_cache(const Return& result) {
  const CallSite& site = program_.sites[result.site];
  const std::uint32_t cache_index =
      site.special == kNone ? kNone : program_.specials[site.special].cache;
  if (cache_index == kNone) return;
  const CacheModel& model = program_.caches[cache_index];
  if (model.keys == 0) return;
  const Call& caller = calls_[result.caller];
  const CacheOfProcess of{caller.instance, cache_index};
  const std::uint32_t key = cache_key(caller.key, site, result.repetition);
  if (result.outcome == RequestOutcome::Ok) {
    caches_.try_emplace(of, model.capacity, model.time_to_live).first->second.put(key, now_);
  }
  const auto flight = flights_.find({of, key});
  if (flight == flights_.end()) return;
  const std::vector<Waiter> waiters = std::move(flight->second);
  flights_.erase(flight);
  for (const Waiter& waiter : waiters) {
    // A process that ended has no callers that wait.
    if (calls_[waiter.caller].generation != waiter.generation) continue;
    if (calls_[waiter.caller].phase != CallPhase::Calling) continue;
    hear({waiter.caller, result.site, waiter.repetition, result.outcome, result.failure});
  }
}

void RequestEngine::forget_caches(std::uint32_t instance) {
  caches_.erase(caches_.lower_bound({instance, 0}), caches_.upper_bound({instance, kNone}));
  flights_.erase(flights_.lower_bound({{instance, 0}, 0}),
                 flights_.upper_bound({{instance, kNone}, kNone}));
}

void RequestEngine::launch_aside(std::uint32_t parent, std::uint32_t site) {
  const std::uint32_t index = allocate_call();  // Before any reference into the slab.
  Call& call = calls_[index];
  const Call& caller = calls_[parent];
  call.stand_aside(caller.key, now_, caller.site, caller.instance);
  stand_for(index, parent);
  call.cause = caller.cause;
  launch(index, site, 0);
}

bool RequestEngine::begin_undo(Call& call) const {
  const ProgramOperation& operation = program_.operations[program_.sites[call.site].operation];
  if (operation.end_undo == operation.end_step) return false;
  // Of n steps the k-th has failed: n - k of what undoes them stands before what undoes the one
  // before it, and next_step is behind the one that failed.
  const std::uint32_t failed = call.next_step - operation.first_step - 1;
  const std::uint32_t steps = operation.end_step - operation.first_step;
  if (failed == 0) return false;
  call.next_step = operation.end_step + (steps - failed);
  call.undoing = true;
  return true;
}

std::uint32_t RequestEngine::payload_of(const Call& call, bool answers) const {
  if (answers && call.outcome != RequestOutcome::Ok) return 0;
  const CallSite& site = program_.sites[call.site];
  if (site.special == kNone) return 0;
  const SpecialCall& special = program_.specials[site.special];
  return answers ? special.answer_bytes : special.request_bytes;
}

Duration RequestEngine::time_of_payload(const Call& call, bool answers) const {
  constexpr std::uint8_t kSameNode = 0;
  constexpr std::uint8_t kInZone = 1;
  if (call.distance == kSameNode) return {};
  const double bytes = payload_of(call, answers);
  if (bytes <= 0) return {};
  const std::int64_t rate = call.distance == kInZone ? model_.bytes_per_second_in_zone
                                                     : model_.bytes_per_second_between_zones;
  if (rate <= 0) return {};
  // Worked example: 1 MiB at 125,000,000 bytes per second take 8.4 ms.
  return Duration::nanoseconds(static_cast<std::int64_t>(bytes / static_cast<double>(rate) * 1e9));
}

}  // namespace orrery::sim
