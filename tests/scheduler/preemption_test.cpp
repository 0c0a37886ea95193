#include "models/scheduler/preemption.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/scheduler/scheduler_world.h"

namespace orrery::scheduler {
namespace {

using api::Pod;

constexpr Instant kNow = Instant::at(1000_s);

Pod with_priority(Pod p, std::int32_t priority) {
  p.spec.priority = priority;
  return p;
}

Pod started(Pod p, std::int64_t seconds) {
  p.status.start_time = Instant::at(Duration::seconds(seconds));
  return p;
}

api::PodDisruptionBudget budget(const api::Labels& labels, std::int32_t allowed) {
  api::PodDisruptionBudget b;
  b.meta.name = "budget";
  b.meta.namespace_name = "default";
  b.spec.selector = select(labels);
  b.status.disruptions_allowed = allowed;
  return b;
}

/// A cluster in which a pod of priority 100 looks for victims.
struct Hunt {
  Sight sight;
  std::vector<const api::PodDisruptionBudget*> budgets;
  std::vector<std::string> reasons;
  PreemptionConfig config;

  std::optional<Candidate> on(const Pod& p, Slot slot) {
    const auto shape = sight.shape(p);
    FilterRun run{sight.state, sight.state.order(), *shape, p, sight.plugins, sight.caches};
    const PodName name{"default", p.meta.name};
    return victims_on(sight.state, {name, *shape, run}, slot, budgets, kNow, reasons);
  }
  std::vector<Candidate> all(const Pod& p, std::size_t offset = 0) {
    const auto shape = sight.shape(p);
    FilterRun run{sight.state, sight.state.order(), *shape, p, sight.plugins, sight.caches};
    const PodName name{"default", p.meta.name};
    return find_candidates(sight.state, {name, *shape, run}, sight.nodes(), offset, config, budgets,
                           kNow, reasons);
  }
};

std::vector<std::string> names_of(const std::optional<Candidate>& candidate) {
  std::vector<std::string> names;
  if (!candidate) return {"none"};
  for (const PlacedPod* victim : candidate->victims) names.push_back(victim->name->second);
  return names;
}
using Names = std::vector<std::string>;

Pod preemptor(std::int64_t cpu_milli) { return with_priority(pod("preemptor", cpu_milli, 1), 100); }

TEST(Preemption, TakesOnlyWhatItNeedsAndReprievesTheMostImportantFirst) {
  Hunt hunt;
  const Slot a = hunt.sight.add(node("a", 1000, 1000));
  hunt.sight.put(with_priority(pod("low", 300, 1), 1), "a");
  hunt.sight.put(with_priority(pod("mid", 300, 1), 2), "a");
  hunt.sight.put(with_priority(pod("high", 300, 1), 3), "a");
  EXPECT_EQ(names_of(hunt.on(preemptor(400), a)), (Names{"low"}));
  EXPECT_EQ(names_of(hunt.on(preemptor(500), a)), (Names{"mid", "low"}));
}

TEST(Preemption, AmongEqualsTheOneThatStartedFirstStays) {
  Hunt hunt;
  const Slot a = hunt.sight.add(node("a", 1000, 1000));
  hunt.sight.put(started(pod("old", 500, 1), 10), "a");
  hunt.sight.put(started(pod("new", 500, 1), 20), "a");
  EXPECT_EQ(names_of(hunt.on(preemptor(500), a)), (Names{"new"}));
}

TEST(Preemption, NeverTouchesEqualOrHigherPriority) {
  Hunt hunt;
  const Slot a = hunt.sight.add(node("a", 1000, 1000));
  hunt.sight.put(with_priority(pod("equal", 500, 1), 100), "a");
  hunt.sight.put(with_priority(pod("higher", 500, 1), 101), "a");
  EXPECT_EQ(names_of(hunt.on(preemptor(500), a)), (Names{"none"}));
  EXPECT_EQ(hunt.reasons, (Names{"No preemption victims found for incoming pod"}));
  hunt.reasons.clear();
  hunt.sight.put(pod("small", 0, 1), "a");
  EXPECT_EQ(names_of(hunt.on(preemptor(500), a)), (Names{"none"}));
  EXPECT_EQ(hunt.reasons, (Names{"Insufficient cpu"}));
}

TEST(Preemption, ANodeThatNeedsNoVictimIsNoCandidate) {
  Hunt hunt;
  const Slot a = hunt.sight.add(node("a", 1000, 1000));
  hunt.sight.put(pod("low", 100, 1), "a");
  EXPECT_EQ(names_of(hunt.on(preemptor(500), a)), (Names{"none"}));
}

TEST(Preemption, LeavesTheStateAsItWas) {
  Hunt hunt;
  const Slot a = hunt.sight.add(node("a", 1000, 1000));
  hunt.sight.put(labelled(pod("low", 900, 1), {{"app", "web"}}), "a");
  const auto web =
      hunt.sight.state.counter({in_namespace("default", select({{"app", "web"}}))}, false);
  const NodeState before = hunt.sight.state.node(a);
  (void)hunt.on(preemptor(500), a);
  EXPECT_EQ(hunt.sight.state.node(a).requested_cpu_milli, before.requested_cpu_milli);
  EXPECT_EQ(hunt.sight.state.node(a).pod_count, before.pod_count);
  EXPECT_EQ(hunt.sight.state.counts(web)[a], 1);
}

TEST(Preemption, PodsWhoseBudgetWouldBeViolatedAreReprievedFirst) {
  Hunt hunt;
  const Slot a = hunt.sight.add(node("a", 1000, 1000));
  hunt.sight.put(with_priority(labelled(pod("guarded", 500, 1), {{"app", "db"}}), 1), "a");
  hunt.sight.put(with_priority(pod("free", 500, 1), 2), "a");
  const auto tight = budget({{"app", "db"}}, 0);
  hunt.budgets = {&tight};
  const auto candidate = hunt.on(preemptor(500), a);
  EXPECT_EQ(names_of(candidate), (Names{"free"}));
  EXPECT_EQ(candidate->budgets_violated, 0);
  // With both needed, the violation is counted, not prevented.
  const auto both = hunt.on(preemptor(1000), a);
  EXPECT_EQ(names_of(both), (Names{"free", "guarded"}));
  EXPECT_EQ(both->budgets_violated, 1);
}

TEST(Preemption, ABudgetAllowsAsManyVictimsAsItsStatusSays) {
  Hunt hunt;
  const Slot a = hunt.sight.add(node("a", 900, 1000));
  for (const char* name : {"1", "2", "3"}) {
    hunt.sight.put(labelled(pod(name, 300, 1), {{"app", "db"}}), "a");
  }
  for (const auto& [allowed, violated] :
       std::map<std::int32_t, std::int64_t>{{0, 3}, {1, 2}, {2, 1}, {3, 0}}) {
    const auto some = budget({{"app", "db"}}, allowed);
    hunt.budgets = {&some};
    EXPECT_EQ(hunt.on(preemptor(900), a)->budgets_violated, violated) << allowed;
  }
  // A disruption that was counted already is not counted twice; an empty selector guards nobody.
  auto counted = budget({{"app", "db"}}, 0);
  counted.status.disrupted_pods["1"] = kNow;
  hunt.budgets = {&counted};
  EXPECT_EQ(hunt.on(preemptor(900), a)->budgets_violated, 2);
  const auto empty = budget({}, 0);
  hunt.budgets = {&empty};
  EXPECT_EQ(hunt.on(preemptor(900), a)->budgets_violated, 0);
}

TEST(Preemption, RemovingPodsCanAlsoMendAntiAffinity) {
  Hunt hunt;
  const Slot a = hunt.sight.add(node("a", 1000, 1000));
  hunt.sight.put(labelled(pod("noise", 1, 1), {{"app", "noise"}}), "a");
  hunt.sight.put(labelled(pod("other", 1, 1), {{"app", "other"}}), "a");
  Pod p = preemptor(1);
  p.spec.affinity.anti.required = {term({{"app", "noise"}}, kHostnameLabel)};
  EXPECT_EQ(names_of(hunt.on(p, a)), (Names{"noise"}));
}

TEST(Preemption, LooksAtATenthOfTheNodesButAtLeastAHundred) {
  EXPECT_EQ(candidates_to_find(50, {}), 50);
  EXPECT_EQ(candidates_to_find(500, {}), 100);
  EXPECT_EQ(candidates_to_find(5000, {}), 500);
}

TEST(Preemption, WalksFromTheOffsetUntilEnoughCandidatesIncludeACleanOne) {
  Hunt hunt;
  hunt.config.candidate_nodes_min = 1;
  hunt.config.candidate_nodes_percent = 25;
  for (const char* name : {"a", "b", "c", "d"}) {
    hunt.sight.add(node(name, 100, 1000));
    Pod victim = pod(std::string{"on-"} + name, 100, 1);
    if (std::string{name} != "d") victim = labelled(victim, {{"app", "db"}});
    hunt.sight.put(victim, name);
  }
  const auto found = [&](std::size_t offset) {
    Names names;
    for (const Candidate& c : hunt.all(preemptor(100), offset)) {
      names.push_back(c.victims.front()->name->second);
    }
    return names;
  };
  EXPECT_EQ(found(1), (Names{"on-b"}));
  const auto tight = budget({{"app", "db"}}, 0);
  hunt.budgets = {&tight};
  EXPECT_EQ(found(1), (Names{"on-b", "on-c", "on-d"}));
}

TEST(Preemption, PicksByTheRulesInTheirOrder) {
  // Each case: pods on a, pods on b, and which node is better; later rules decide only when the
  // earlier ones are equal.
  struct Victim {
    std::int32_t priority;
    std::int64_t start;
    bool guarded;
  };
  struct Case {
    const char* name;
    std::vector<Victim> a;
    std::vector<Victim> b;
    const char* better;
  };
  const std::vector<Case> cases{
      {"fewest violations, though of higher priority", {{1, 10, true}}, {{50, 10, false}}, "b"},
      {"lowest highest priority, though more of them",
       {{2, 10, false}},
       {{1, 10, false}, {1, 10, false}},
       "b"},
      {"smallest sum", {{5, 10, false}, {4, 10, false}}, {{5, 10, false}, {3, 10, false}}, "b"},
      // With 2^31 added to each priority, fewer victims make a smaller sum, even of negative ones.
      {"sum counts each victim", {{5, 10, false}}, {{5, 10, false}, {-7, 10, false}}, "a"},
      {"latest start of the earliest victim of the highest priority",
       {{5, 10, false}, {1, 1, false}},
       {{5, 20, false}, {1, 1, false}},
       "b"},
      {"lower priorities' starts do not count",
       {{5, 10, false}, {1, 90, false}},
       {{5, 20, false}, {1, 1, false}},
       "b"},
      {"the first of equals", {{5, 10, false}}, {{5, 10, false}}, "a"},
  };
  const auto tight = budget({{"guarded", "yes"}}, 0);
  for (const Case& c : cases) {
    Hunt hunt;
    hunt.budgets = {&tight};
    int number = 0;
    for (const auto& [name, victims] :
         std::vector<std::pair<std::string, std::vector<Victim>>>{{"a", c.a}, {"b", c.b}}) {
      hunt.sight.add(node(name, 1000, 1000));
      for (const Victim& v : victims) {
        Pod victim =
            started(with_priority(pod(std::to_string(++number), 0, 0), v.priority), v.start);
        victim.spec.containers[0].requests.cpu_milli =
            1000 / static_cast<std::int64_t>(victims.size());
        if (v.guarded) victim.meta.labels = {{"guarded", "yes"}};
        hunt.sight.put(victim, name);
      }
    }
    const auto candidates = hunt.all(preemptor(1000));
    ASSERT_EQ(candidates.size(), 2U) << c.name;
    EXPECT_EQ(hunt.sight.state.node(best_candidate(candidates, kNow).slot).node->meta.name,
              c.better)
        << c.name;
  }
}

// --- in the scheduler ----------------------------------------------------------------------------

TEST(PreemptingScheduler, MarksAndDeletesVictimsNominatesTheNodeAndComesBack) {
  World world;
  world.stop_deleted_pods_after(30_s);
  world.cluster.create(node("a", 1000, 1000));
  world.cluster.create(pod("low", 800, 100));
  world.cluster.run_for(1_s);
  ASSERT_EQ(world.node_of("low"), "a");
  world.cluster.create(with_priority(pod("high", 800, 100), 10));
  world.cluster.run_for(1_s);
  const Pod victim = world.get("low");
  ASSERT_TRUE(victim.meta.deletion.has_value());
  EXPECT_EQ(victim.meta.deletion_grace, 30_s);
  EXPECT_TRUE(is_preempted(victim));
  EXPECT_EQ(world.node_of("high"), "");
  EXPECT_EQ(world.get("high").status.nominated_node_name, "a");
  EXPECT_EQ(world.message_of("high"), "0/1 nodes are available: 1 Insufficient cpu.");
  world.cluster.run_for(40_s);
  EXPECT_EQ(world.node_of("low"), "gone");
  EXPECT_EQ(world.node_of("high"), "a");
}

TEST(PreemptingScheduler, PreemptionPolicyNeverWaits) {
  World world;
  world.cluster.create(node("a", 1000, 1000));
  world.cluster.create(pod("low", 800, 100));
  world.cluster.run_for(1_s);
  Pod polite = with_priority(pod("high", 800, 100), 10);
  polite.spec.preempts = false;
  world.cluster.create(polite);
  world.cluster.run_for(1_min);
  EXPECT_FALSE(world.get("low").meta.deletion.has_value());
  EXPECT_EQ(world.message_of("high"),
            "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to "
            "preemptionPolicy=Never.");
}

TEST(PreemptingScheduler, WithoutTheirPluginNobodyIsPreempted) {
  SchedulerConfig config;
  config.profiles[kDefaultScheduler].preempts = false;
  World world{config};
  world.cluster.create(node("a", 1000, 1000));
  world.cluster.create(pod("low", 800, 100));
  world.cluster.run_for(1_s);
  world.cluster.create(with_priority(pod("high", 800, 100), 10));
  world.cluster.run_for(1_min);
  EXPECT_FALSE(world.get("low").meta.deletion.has_value());
}

TEST(PreemptingScheduler, TheRoomIsKeptFromPodsOfLowerOrEqualPriority) {
  World world;
  world.stop_deleted_pods_after(30_s);
  world.cluster.create(node("a", 1000, 1000));
  world.cluster.create(pod("low", 800, 100));
  world.cluster.run_for(1_s);
  world.cluster.create(with_priority(pod("high", 800, 100), 10));
  world.cluster.run_for(5_s);
  // It would fit once the victim is gone, and comes first in the queue's order of time.
  world.cluster.create(with_priority(pod("thief", 800, 100), 5));
  world.cluster.run_for(2_min);
  EXPECT_EQ(world.node_of("high"), "a");
  EXPECT_EQ(world.node_of("thief"), "");
}

TEST(PreemptingScheduler, DoesNotPreemptAgainWhileItsVictimsAreTerminating) {
  World world;
  world.stop_deleted_pods_after(100_s);
  world.cluster.create(node("a", 1000, 1000));
  world.cluster.create(node("b", 1000, 1000));
  world.cluster.create(started(with_priority(pod("low1", 800, 100), 1), 1));
  world.cluster.create(started(with_priority(pod("low2", 800, 100), 2), 1));
  world.cluster.run_for(1_s);
  world.cluster.create(with_priority(pod("high", 800, 100), 10));
  world.cluster.run_for(5_s);
  EXPECT_TRUE(world.get("low1").meta.deletion.has_value());
  // Something wakes it up, before there is room.
  world.cluster.change<Pod>("default", "high", [](Pod& p) { p.meta.labels["x"] = "y"; });
  world.cluster.run_for(20_s);
  EXPECT_FALSE(world.get("low2").meta.deletion.has_value());
  EXPECT_EQ(world.message_of("high"),
            "0/2 nodes are available: 2 Insufficient cpu. preemption: not eligible due to a "
            "terminating pod on the nominated node.");
}

TEST(PreemptingScheduler, AHigherPodDisplacesALowerNomination) {
  World world;
  world.stop_deleted_pods_after(100_s);
  world.cluster.create(node("a", 1000, 1000));
  world.cluster.create(pod("low", 800, 100));
  world.cluster.run_for(1_s);
  world.cluster.create(with_priority(pod("mid", 800, 100), 10));
  world.cluster.run_for(5_s);
  ASSERT_EQ(world.get("mid").status.nominated_node_name, "a");
  world.cluster.create(with_priority(pod("high", 800, 100), 20));
  world.cluster.run_for(5_s);
  EXPECT_EQ(world.get("high").status.nominated_node_name, "a");
  EXPECT_EQ(world.get("mid").status.nominated_node_name, "");
}

TEST(PreemptingScheduler, ANominationSurvivesARestart) {
  testing::SmallCluster cluster;
  cluster.pods_start_by_themselves = false;
  cluster.create(node("a", 1000, 1000));
  Pod nominated = with_priority(pod("high", 800, 100), 10);
  nominated.status.nominated_node_name = "a";
  cluster.create(nominated);
  cluster.create(with_priority(pod("equal", 800, 100), 10));
  cluster.change<Pod>("default", "high", [](Pod& p) { p.status.nominated_node_name = "a"; });
  Scheduler scheduler{kSchedulerOwner, cluster, cluster, Draws{1}};
  cluster.attach(kSchedulerOwner, scheduler);
  scheduler.start();
  cluster.run_for(1_s);
  EXPECT_EQ(cluster.find<Pod>("default", "high")->spec.node_name, "a");
}

TEST(PreemptingScheduler, AVictimThatCannotBeDeletedLeavesThePodUnnominated) {
  World world;
  world.cluster.create(node("a", 1000, 1000));
  world.cluster.create(pod("low", 800, 100));
  world.cluster.run_for(1_s);
  bool refuse = true;
  world.cluster.interfere = [&](const ports::ApiCall& call) -> std::optional<ports::Outcome> {
    if (refuse && call.verb == ports::Verb::Delete) return ports::Outcome::Unreachable;
    return std::nullopt;
  };
  world.cluster.create(with_priority(pod("high", 800, 100), 10));
  world.cluster.run_for(5_s);
  EXPECT_EQ(world.get("high").status.nominated_node_name, "");
  EXPECT_FALSE(world.get("low").meta.deletion.has_value());
}

}  // namespace
}  // namespace orrery::scheduler
