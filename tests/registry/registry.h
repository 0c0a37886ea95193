/// @file
/// What the registry demands: for each policy an ablation and the cases at its limit, for each
/// fault its whole course. Its sourced tables are demanded where they are played, in
/// tests/resilience.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/resilience/route_policy.h"
#include "models/resilience/server_policy.h"
#include "runner/run_result.h"
#include "runner/scenario/fault.h"

namespace orrery::registry {

/// What a run of ablation_world() showed.
struct Seen {
  double failed = 0;    ///< Part of the user's requests.
  double timeouts = 0;  ///< Likewise.
  double waiting = 0;   ///< Requests without an end when all else is over.
  double latency = 0;   ///< Of the user's requests, mean [ms].
  double tries = 0;     ///< At the back, per call to it.
  double work = 0;      ///< Of the back's processors, per call to it [ms].
  double most = 0;      ///< Part of the calls that the busiest back served.
  double last = 0;      ///< Part of the calls that the last back served.
};

/// Users call a front, which calls a back through the policy.
struct World {
  std::uint32_t backs = 4;
  Duration work = Duration::milliseconds(1);
  bool work_varies = false;  ///< Exponential, else constant.
  std::uint32_t concurrency = 1000;
  std::uint32_t queue_max = 100'000;
  double errors = 0;             ///< Part of the back's answers.
  std::uint32_t failing = 0;     ///< Backs that answer with errors alone.
  std::uint32_t hanging = 0;     ///< Backs that never answer.
  std::uint32_t gone = 0;        ///< Backs of which nobody knows that their host is gone.
  bool zones = false;            ///< Every other back is in another zone, 20 ms away.
  bool last_joins_late = false;  ///< In the middle of the run.
  bool last_is_other = false;    ///< The last back runs another image, v2.
  std::uint32_t users = 0;
  double rate = 200;
  std::uint64_t count = 2'000;
  bool of_users = false;              ///< The policy is of the users' calls to the front.
  resilience::RoutePolicy policy{};   ///< What holds with and without.
  resilience::ServerPolicy server{};  ///< Likewise, of the back.
};

enum class Moves : std::uint8_t { Down, Up };

/// The same runs with the policy and without it; the figure moves by a quarter at the least.
struct Ablation {
  std::string policy;
  std::string figure;
  double Seen::*value;
  Moves moves;
  World world;
  std::function<void(resilience::RoutePolicy&)> add;
  std::function<void(resilience::ServerPolicy&)> serve = [](resilience::ServerPolicy&) {};
};
[[nodiscard]] std::vector<Ablation> ablations();
[[nodiscard]] Seen play(const World& world, const resilience::RoutePolicy& policy,
                        std::uint64_t seed);

/// Whether a policy acts one below its limit, at it and one above.
struct Boundary {
  std::string policy;
  std::string limit;   ///< In words.
  std::string source;  ///< Of the rule.
  std::int64_t at = 0;
  std::vector<bool> acts;  ///< Below, at, above: not all the same.
  std::function<bool(std::int64_t)> act;
};
[[nodiscard]] std::vector<Boundary> boundaries();

/// How users or the cluster notice a fault.
enum class Symptom : std::uint8_t {
  Failures,  ///< More requests fail than without it.
  Rollout,   ///< A rollout that begins a second after it ends later than without it.
  Held,      ///< A rollout that has just begun does: a new one could not be asked for.
  Pods,      ///< More pods are created than without it.
  Restarts,  ///< More containers are started again than without it.
};

/// A fault from its onset to full recovery.
struct FaultCycle {
  scenario::FaultAction fault;
  Symptom symptom = Symptom::Rollout;
};
[[nodiscard]] std::vector<FaultCycle> fault_cycles();
/// Runs it beside a run without it; reports what of its course is not seen.
void expect_whole_course(const FaultCycle& cycle);

}  // namespace orrery::registry
