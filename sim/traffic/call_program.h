/// @file
/// A TrafficModel compiled to flat arrays: what a call does next is an index, never a pointer.
///
/// A journey is compiled as an operation too: one that works nowhere, and calls one service after
/// another. So there is one way to run a program, whether a user or a pod runs it.
#pragma once

#include <cstdint>
#include <vector>

#include "models/base/distribution.h"
#include "models/base/random.h"
#include "models/base/time_types.h"
#include "sim/traffic/indices.h"
#include "sim/traffic/traffic_model.h"
#include "sim/traffic/traffic_observer.h"

namespace orrery::sim {

/// The key of the draws of the `ordinal`-th journey (0, 1, …) that the load at `load` starts.
[[nodiscard]] constexpr std::uint64_t journey_key(std::uint32_t load, std::uint64_t ordinal) {
  return mix64(mix64(load) + ordinal);
}

/// The key of the draws of a call: a function of where it stands in the tree of calls, so that no
/// policy, order of events or slot it happens to live in changes what is drawn for it.
[[nodiscard]] constexpr std::uint64_t call_key(std::uint64_t parent_key, std::uint32_t position,
                                               std::uint32_t repetition) {
  return mix64(parent_key ^ mix64((std::uint64_t{position} << 32) | repetition));
}

/// A place in a program from which calls are made.
struct alignas(64) CallSite {
  ServiceIndex service = kNone;  ///< kNone: not a call; a journey's root.
  std::uint32_t operation = 0;   ///< Index into CallProgram::operations.
  std::uint32_t times = 1;
  std::uint32_t position = 0;         ///< Among the sites of its program.
  std::uint32_t journey = kNone;      ///< For a journey's root and its steps.
  std::uint64_t taken_below = ~0ULL;  ///< Taken if 64 uniform bits are below; all ones: always.
  Duration timeout;                   ///< 0: none.
  std::uint32_t route = kNone;        ///< Index into TrafficModel::routes; kNone: no policies.
  std::uint32_t route_position = 0;   ///< Among the routes of its caller.
  std::uint32_t edge = kNone;         ///< Index into CallProgram::edges; kNone: not a call.
  std::uint32_t special = kNone;      ///< Index into CallProgram::specials; kNone: nothing of it.
  std::uint32_t fallback = kNone;     ///< The site that is called when its call fails; or kNone.
  std::uint32_t stands_for = kNone;   ///< The site whose fallback it is; kNone: it is none.
};
static_assert(sizeof(CallSite) == 64, "a place of calls is one cache line");

/// What few places have.
struct SpecialCall {
  std::uint32_t taken_position = 0;  ///< Whose draw says whether it is taken: its own, mostly.
  std::uint32_t times_least = 1;     ///< Number of calls: times_least..times of the site.
  std::uint32_t request_bytes = 0;
  std::uint32_t answer_bytes = 0;
  std::uint32_t cache = kNone;  ///< Index into CallProgram::caches.
  CallCondition condition = CallCondition::Always;
  bool optional = false;
  bool detached = false;
};

/// Calls that go out together: sites [first, first + count).
struct ProgramStep {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

struct ProgramOperation {
  Distribution cpu;
  Distribution wait;
  bool uses_cpu = false;          ///< `cpu` is not zero.
  std::uint64_t fails_below = 0;  ///< Fails by itself if 64 uniform bits are below.
  bool writes = false;            ///< To the disk; by the leader alone, where there are leaders.
  std::uint32_t first_step = 0;   ///< Steps [first_step, end_step).
  std::uint32_t end_step = 0;
  std::uint32_t end_undo = 0;  ///< Behind them, what undoes each, the last one first; or none.
};

struct CallProgram {
  std::vector<CallSite> sites;
  std::vector<ProgramStep> steps;
  std::vector<ProgramOperation> operations;
  std::vector<std::uint32_t> journey_roots;  ///< Journey -> its root site.
  std::vector<CallEdge> edges;               ///< Who calls whom, each once; by the first call.
  /// Caller -> indices into TrafficModel::routes; the last row is of the clients outside.
  std::vector<std::vector<std::uint32_t>> routes;
  std::vector<SpecialCall> specials;
  std::vector<CacheModel> caches;
  bool has_detached = false;   ///< A call that nobody waits for.
  bool has_fallbacks = false;  ///< Sites with a fallback.
  /// By route, where its calls ask for a limit that is shared: the last sites; kNone: they do not.
  std::vector<std::uint32_t> questions;
  std::uint32_t first_question = kNone;  ///< The first of these sites.
  /// By these sites, from the first: index into TrafficModel::shared_limits.
  std::vector<std::uint32_t> question_limits;
  std::uint32_t probe_site = 0;  ///< Of a health check: it works and calls nowhere.
  /// By route, where its health checks ask for an operation: theirs; kNone: they do not.
  std::vector<std::uint32_t> check_sites;
  /// By operation, where a leader does it: what a follower does about it; kNone: nothing.
  std::vector<std::uint32_t> replication_sites;
  /// By topic: which of `operations` publishes to it; or kNone.
  std::vector<std::uint32_t> publishing;
  /// By group of all topics in order: from the broker to a consumer.
  std::vector<std::uint32_t> delivery_sites;

  /// Those of the service, or of the clients outside if kNone.
  [[nodiscard]] const std::vector<std::uint32_t>& routes_from(ServiceIndex caller) const {
    return caller == kNone ? routes.back() : routes[caller];
  }
};

/// Of 2^64 equally likely values, how many lie below: 0 never happens, all ones always.
[[nodiscard]] std::uint64_t threshold(double probability);

/// Requires: every index in the model exists, no two routes lead from and to the same,
/// probabilities are in their ranges, times >= 1.
[[nodiscard]] CallProgram compile(const TrafficModel& model);

}  // namespace orrery::sim
