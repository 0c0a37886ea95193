/// @file
/// No entry of the registry without its evidence.
#include "tests/registry/registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/support/policy_names.h"

namespace orrery::registry {
namespace {

TEST(Registry, KnowsThePoliciesOfTheSchema) {
  const std::vector<std::string> names = policy_names();
  for (const char* known :
       {"timeout", "retries", "retries.backoff.awsSdk", "retries.limit.envoy", "balancer.ring-hash",
        "breaker.hystrix", "fallback.cached", "queue.codel", "limit.vegas"}) {
    EXPECT_EQ(std::count(names.begin(), names.end(), known), 1) << known;
  }
  EXPECT_EQ(std::count(names.begin(), names.end(), "to"), 0);
}

/// Each policy of the registry, and nothing else, has an entry.
template <class Entry>
void expect_entry_of_each_policy(const std::vector<Entry>& entries, const char* what) {
  const std::vector<std::string> names = policy_names();
  for (const std::string& name : names) {
    const bool found = std::any_of(entries.begin(), entries.end(),
                                   [&](const Entry& entry) { return entry.policy == name; });
    EXPECT_TRUE(found) << name << " has no " << what;
  }
  for (const Entry& entry : entries) {
    EXPECT_EQ(std::count(names.begin(), names.end(), entry.policy), 1)
        << entry.policy << " is no policy of the schema";
  }
}

TEST(Registry, HasAnAblationOfEachPolicy) { expect_entry_of_each_policy(ablations(), "ablation"); }

TEST(Registry, HasTheCasesAtALimitOfEachPolicy) {
  expect_entry_of_each_policy(boundaries(), "case at a limit");
}

TEST(Ablations, MoveTheNamedFigure) {
  for (const Ablation& ablation : ablations()) {
    double with = 0;
    double without = 0;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      resilience::RoutePolicy policy = ablation.world.policy;
      without += play(ablation.world, policy, seed).*ablation.value;
      ablation.add(policy);
      World world = ablation.world;
      ablation.serve(world.server);
      with += play(world, policy, seed).*ablation.value;
    }
    SCOPED_TRACE(ablation.policy + ": " + ablation.figure);
    if (ablation.moves == Moves::Down) {
      EXPECT_LE(with, without * 0.8);
    } else {
      EXPECT_GE(with, without * 1.25);
    }
    EXPECT_NE(with, without);
  }
}

TEST(Boundaries, AreWhereTheTableSays) {
  for (const Boundary& boundary : boundaries()) {
    SCOPED_TRACE(boundary.policy + ", " + boundary.limit + " (" + boundary.source + ")");
    EXPECT_FALSE(boundary.source.empty());
    ASSERT_EQ(boundary.acts.size(), 3U);
    EXPECT_EQ(std::set<bool>(boundary.acts.begin(), boundary.acts.end()).size(), 2U)
        << "a limit tells cases apart";
    for (std::int64_t i = -1; i <= 1; ++i) {
      EXPECT_EQ(boundary.act(boundary.at + i), boundary.acts[static_cast<std::size_t>(i + 1)])
          << boundary.at + i;
    }
  }
}

TEST(Registry, HasTheWholeCourseOfEachFault) {
  std::set<scenario::FaultKind> seen;
  for (const FaultCycle& cycle : fault_cycles()) seen.insert(cycle.fault.kind);
  for (int kind = 0; kind < scenario::kFaultKindCount; ++kind) {
    EXPECT_TRUE(seen.contains(static_cast<scenario::FaultKind>(kind)))
        << to_string(static_cast<scenario::FaultKind>(kind)) << " has no course";
  }
}

TEST(Faults, AreSeenFromTheirOnsetToFullRecovery) {
  for (const FaultCycle& cycle : fault_cycles()) {
    SCOPED_TRACE(to_string(cycle.fault.kind));
    expect_whole_course(cycle);
  }
}

}  // namespace
}  // namespace orrery::registry
