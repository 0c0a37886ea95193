#include "models/scheduler/scheduler.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "models/scheduler/external_plugin.h"
#include "tests/scheduler/scheduler_world.h"

namespace orrery::scheduler {
namespace {

using api::Node;
using api::Pod;
using testing::SmallCluster;

using Counts = std::map<std::string, int>;

FilterSet by(FilterPlugin plugin) {
  FilterSet set;
  set.set(static_cast<std::size_t>(plugin));
  return set;
}

TEST(SchedulingQueue, OrdersByPriorityThenAgeAndBacksOff) {
  SchedulingQueue queue{{}};
  const Instant t = Instant::at(100_s);
  queue.add({"ns", "old"}, 0, false, t);
  queue.add({"ns", "young"}, 0, false, t + 1_s);
  queue.add({"ns", "vip"}, 7, false, t + 2_s);
  EXPECT_EQ(queue.take()->pod.second, "vip");
  EXPECT_EQ(queue.take()->pod.second, "old");
  EXPECT_EQ(queue.take()->pod.second, "young");
  EXPECT_FALSE(queue.take());
  queue.put_unschedulable({"ns", "old"}, {}, t + 3_s);
  EXPECT_EQ(queue.next_look(t + 3_s), Instant::at(120_s));
  const auto always = [](const PodName&, FilterSet) { return true; };
  queue.move_if(t + 3_s + 500_ms, always);  // Still backing off, until 104 s.
  EXPECT_FALSE(queue.take());
  EXPECT_EQ(queue.next_look(t + 3_s + 500_ms), Instant::at(104_s));
  queue.look(Instant::at(104_s));
  EXPECT_EQ(queue.take()->attempt, 2);
}

TEST(SchedulingQueue, AgeCountsFromTheEndOfTheLastAttempt) {
  SchedulingQueue queue{{}};
  queue.add({"ns", "a"}, 0, false, Instant::at(0_s));
  queue.add({"ns", "b"}, 0, false, Instant::at(1_s));
  ASSERT_EQ(queue.take()->pod.second, "a");
  ASSERT_EQ(queue.take()->pod.second, "b");
  queue.put_back({"ns", "b"}, Instant::at(2_s));
  queue.put_back({"ns", "a"}, Instant::at(2_s + 500_ms));
  queue.look(Instant::at(4_s));
  EXPECT_EQ(queue.take()->pod.second, "b");
  EXPECT_EQ(queue.take()->pod.second, "a");
}

TEST(SchedulingQueue, BackOffDoublesFromOneSecondToTen) {
  SchedulingQueue queue{{}};
  queue.add({"ns", "p"}, 0, false, Instant::at(0_s));
  for (const int seconds : {1, 2, 4, 8, 10, 10}) {
    ASSERT_TRUE(queue.take());
    queue.put_back({"ns", "p"}, Instant::at(100_s));
    queue.look(Instant::at(100_s + Duration::seconds(seconds) - 1_ms));
    EXPECT_FALSE(queue.take()) << seconds;
    queue.look(Instant::at(100_s + Duration::seconds(seconds)));
  }
}

TEST(SchedulingQueue, TriesAPodAgainAfterMoreThanFiveMinutes) {
  SchedulingQueue queue{{}};
  queue.add({"ns", "p"}, 0, false, Instant::at(0_s));
  ASSERT_TRUE(queue.take());
  queue.put_unschedulable({"ns", "p"}, {}, Instant::at(1_s));
  queue.look(Instant::at(300_s));
  EXPECT_FALSE(queue.take());
  queue.look(Instant::at(330_s));
  EXPECT_TRUE(queue.take());
}

TEST(SchedulingQueue, AnEventDuringAHeldAttemptIsNotLost) {
  for (const bool event_comes : {false, true}) {
    SchedulingQueue queue{{}};
    queue.add({"ns", "p"}, 0, false, Instant::at(0_s));
    ASSERT_TRUE(queue.take());
    queue.hold({"ns", "p"}, by(FilterPlugin::NodeResourcesFit));
    if (event_comes) {
      queue.move_if(Instant::at(0_s), [](const PodName&, FilterSet rejected_by) {
        return rejected_by == by(FilterPlugin::NodeResourcesFit);
      });
    }
    queue.put_unschedulable({"ns", "p"}, by(FilterPlugin::NodeResourcesFit), Instant::at(0_s));
    queue.look(Instant::at(1_s));
    EXPECT_EQ(queue.take().has_value(), event_comes);
  }
}

TEST(SchedulingQueue, AGatedPodWaitsForItsGatesAndHasNoBackOff) {
  SchedulingQueue queue{{}};
  queue.add({"ns", "p"}, 0, true, Instant::at(0_s));
  EXPECT_FALSE(queue.take());
  queue.move_if(Instant::at(1_s), [](const PodName&, FilterSet) { return true; });
  queue.look(Instant::at(600_s));
  EXPECT_FALSE(queue.take());
  queue.open({"ns", "p"});
  EXPECT_TRUE(queue.take());
}

TEST(Scheduler, SpreadsPodsAndNeverOvercommitsWhileBindingsAreOpen) {
  World world;
  for (const char* name : {"a", "b", "c"}) world.cluster.create(node(name, 1000, 4000));
  // All at one instant: only assumed pods can tell that a node is full.
  for (int i = 0; i < 8; ++i) world.cluster.create(pod("p" + std::to_string(i), 400, 100));
  world.cluster.run_for(1_min);
  EXPECT_EQ(world.pods_per_node(), (Counts{{"", 2}, {"a", 2}, {"b", 2}, {"c", 2}}));
  for (const Pod& p : world.cluster.all<Pod>()) {
    if (!p.spec.node_name.empty()) continue;
    EXPECT_EQ(world.message_of(p.meta.name),
              "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: "
              "3 No preemption victims found for incoming pod.");
  }
  // Room for the rest comes with a node.
  world.cluster.create(node("d", 1000, 4000));
  world.cluster.run_for(20_s);
  EXPECT_EQ(world.pods_per_node()["d"], 2);
}

TEST(Scheduler, SaysWhyPerReasonAndNode) {
  World world;
  Node cordoned = node("a", 1000, 4000);
  cordoned.spec.unschedulable = true;
  world.cluster.create(cordoned);
  world.cluster.create(node("b", 100, 10));
  world.cluster.create(node("c", 100, 4000));
  world.cluster.create(pod("p", 500, 100));
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.message_of("p"),
            "0/3 nodes are available: 1 Insufficient memory, 1 node(s) were unschedulable, 2 "
            "Insufficient cpu. preemption: 0/3 nodes are available: 1 Preemption is not helpful "
            "for scheduling, 2 No preemption victims found for incoming pod.");
}

TEST(Scheduler, WithoutNodesItWaitsForOne) {
  for (const bool hints : {false, true}) {
    SchedulerConfig config;
    config.queueing_hints = hints;
    World world{config};
    world.cluster.create(pod("p", 1, 1));
    world.cluster.run_for(1_s);
    EXPECT_EQ(world.message_of("p"), "no nodes available to schedule pods");
    world.cluster.create(node("a", 1000, 1000));
    world.cluster.run_for(11_s);
    EXPECT_EQ(world.node_of("p"), "a");
  }
}

TEST(Scheduler, SpreadsTheSetsPodsOverZonesByDefault) {
  World world;
  world.cluster.create(node("a1", 8000, 32000, "a"));
  world.cluster.create(node("a2", 8000, 32000, "a"));
  world.cluster.create(node("a3", 8000, 32000, "a"));
  world.cluster.create(node("b1", 8000, 32000, "b"));
  api::Service service;
  service.meta.name = "web";
  service.meta.namespace_name = "default";
  service.spec.selector = {{"app", "web"}};
  world.cluster.create(service);
  world.cluster.run_for(1_s);
  for (int i = 0; i < 4; ++i) {
    world.cluster.create(labelled(pod("p" + std::to_string(i), 10, 10), {{"app", "web"}}));
    world.cluster.run_for(1_s);
  }
  EXPECT_GE(world.pods_per_node()["b1"], 1);
  EXPECT_LE(world.pods_per_node()["b1"], 2);
}

TEST(Scheduler, DefaultSpreadFollowsTheSelectorOfTheOwner) {
  // One node is full of the owner's pods; only a selector tells that they belong together.
  for (const bool owned : {true, false}) {
    World world;
    world.cluster.create(node("a", 8000, 32000));
    world.cluster.create(node("b", 8000, 32000));
    api::StatefulSet set;
    set.meta.name = "db";
    set.meta.namespace_name = "default";
    set.spec.selector = select({{"app", "db"}});
    world.cluster.create(set);
    for (int i = 0; i < 6; ++i) {
      Pod there = labelled(pod("there" + std::to_string(i), 1, 1), {{"app", "db"}});
      there.spec.node_name = "a";
      world.cluster.create(there);
      Pod other = pod("other" + std::to_string(i), 500, 2000);
      other.spec.node_name = "b";
      world.cluster.create(other);
    }
    Pod p = labelled(pod("p", 1, 1), {{"app", "db"}});
    if (owned) p.meta.owners = {{api::Kind::StatefulSet, "db", "uid", true, false}};
    world.cluster.create(p);
    world.cluster.run_for(1_s);
    EXPECT_EQ(world.node_of("p"), owned ? "b" : "a");
  }
}

TEST(Scheduler, UnbindsAndTriesAgainWhenBindingFails) {
  World world;
  world.cluster.create(node("a", 1000, 4000));
  int failures = 3;
  world.cluster.interfere = [&](const ports::ApiCall& call) -> std::optional<ports::Outcome> {
    if (call.verb != ports::Verb::Bind || failures == 0) return std::nullopt;
    --failures;
    return ports::Outcome::Unreachable;
  };
  world.cluster.create(pod("p", 900, 100));
  // Attempts at about 0, 1 s, 3 s, 7 s, each rounded up to a whole second.
  world.cluster.run_for(6_s);
  EXPECT_EQ(world.pods_per_node()["a"], 0);
  world.cluster.run_for(5_s);
  EXPECT_EQ(world.pods_per_node()["a"], 1);
}

TEST(Scheduler, TakesUpAfterARestart) {
  SmallCluster cluster;
  cluster.pods_start_by_themselves = false;
  cluster.create(node("a", 1000, 4000));
  cluster.create(pod("p", 600, 100));
  cluster.create(pod("q", 600, 100));
  for (int life = 0; life < 3; ++life) {
    Scheduler scheduler{kSchedulerOwner, cluster, cluster, Draws{1}};
    cluster.attach(kSchedulerOwner, scheduler);
    scheduler.start();
    cluster.run_for(life == 0 ? 7_ms : 10_s);  // The first dies with a binding in the air.
    cluster.detach(kSchedulerOwner);
  }
  int bound = 0;
  for (const Pod& p : cluster.all<Pod>()) bound += p.spec.node_name == "a" ? 1 : 0;
  EXPECT_EQ(bound, 1);
}

TEST(Scheduler, LeavesPodsOfAnotherSchedulerAloneButCountsThem) {
  World world;
  world.cluster.create(node("a", 1000, 4000));
  Pod foreign = pod("foreign", 600, 100);
  foreign.spec.scheduler_name = "other";
  world.cluster.create(foreign);
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.node_of("foreign"), "");
  ports::ApiCall bind;
  bind.verb = ports::Verb::Bind;
  bind.key = {api::Kind::Pod, "default", "foreign"};
  bind.node_name = "a";
  (void)world.cluster.act(bind);
  world.cluster.run_for(1_s);
  world.cluster.create(pod("p", 600, 100));
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.node_of("p"), "");
}

TEST(Scheduler, EveryProfilePlacesPodsByItsOwnPlugins) {
  SchedulerConfig config;
  PluginSet packing;
  packing.scoring.type = ScoringType::MostAllocated;
  packing.weights = {};
  packing.weights[static_cast<std::size_t>(ScorePlugin::NodeResourcesFit)] = 1;
  config.profiles["packing"] = packing;
  World world{config};
  world.cluster.create(node("a", 1000, 1000));
  world.cluster.create(node("b", 1000, 1000));
  Pod there = pod("there", 300, 300);
  there.spec.node_name = "a";
  world.cluster.create(there);
  world.cluster.create(pod("spread", 100, 100));
  Pod packed = pod("packed", 100, 100);
  packed.spec.scheduler_name = "packing";
  world.cluster.create(packed);
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.node_of("spread"), "b");
  EXPECT_EQ(world.node_of("packed"), "a");
}

TEST(Scheduler, AFilterThatIsOffKeepsNobodyAway) {
  SchedulerConfig config;
  PluginSet& plugins = config.profiles[kDefaultScheduler];
  plugins.filters.reset(static_cast<std::size_t>(FilterPlugin::TaintToleration));
  World world{config};
  Node tainted = node("a", 1000, 1000);
  tainted.spec.taints = {{"k", "v", "NoSchedule", {}}};
  world.cluster.create(tainted);
  world.cluster.create(pod("p", 100, 100));
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.node_of("p"), "a");
}

/// Rejects some nodes, and scores the others.
class FixedPlugin final : public ExternalPlugin {
 public:
  Result<std::vector<ExternalVerdict>> judge(const Pod& /*pod*/, const ClusterState& state,
                                             std::span<const Slot> nodes,
                                             Instant /*now*/) override {
    ++asked;
    if (!failure_text.empty()) return failure(failure_text);
    std::vector<ExternalVerdict> verdicts;
    for (const Slot slot : nodes) {
      const std::string& name = state.node(slot).node->meta.name;
      seen.insert(name);
      verdicts.push_back({rejected.contains(name) ? "wrong rack" : "", scores[name]});
    }
    return verdicts;
  }
  std::set<std::string> rejected;
  std::map<std::string, std::int64_t> scores;
  std::string failure_text;
  std::set<std::string> seen;
  int asked = 0;
};

SchedulerConfig with_external(FixedPlugin& plugin, std::int64_t weight = 1) {
  SchedulerConfig config;
  config.profiles[kDefaultScheduler].external = &plugin;
  config.profiles[kDefaultScheduler].external_weight = weight;
  return config;
}

TEST(Scheduler, AnExternalPluginScoresTheNodesThatPassTheFilters) {
  FixedPlugin plugin;
  plugin.scores = {{"a", 0}, {"b", 3}, {"full", 100}};
  World world{with_external(plugin, 100)};
  world.cluster.create(node("a", 4000, 4000));
  world.cluster.create(node("b", 1000, 1000));
  world.cluster.create(node("full", 50, 50));
  world.cluster.create(pod("p", 100, 100));
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.node_of("p"), "b") << "300 outweigh that a has more room";
  EXPECT_EQ(plugin.seen, (std::set<std::string>{"a", "b"}));
}

TEST(Scheduler, AnExternalPluginKeepsAPodAwayUntilAnythingChanges) {
  FixedPlugin plugin;
  plugin.rejected = {"a"};
  World world{with_external(plugin)};
  world.cluster.create(node("a", 4000, 4000));
  world.cluster.create(node("full", 50, 50));
  world.cluster.create(pod("p", 100, 100));
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.node_of("p"), "");
  EXPECT_TRUE(world.message_of("p").starts_with(
      "0/2 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 1 wrong rack."))
      << world.message_of("p");
  EXPECT_EQ(plugin.asked, 1) << "it waits for an event";
  plugin.rejected = {};
  world.cluster.change<Node>("", "full", [](Node& n) { n.meta.labels["any"] = "thing"; });
  world.cluster.run_for(20_s);
  EXPECT_EQ(world.node_of("p"), "a");
}

TEST(Scheduler, NobodyIsPreemptedOnANodeThatAnExternalPluginRejects) {
  FixedPlugin plugin;
  World world{with_external(plugin)};
  world.cluster.create(node("a", 1000, 1000));
  world.cluster.create(pod("low", 500, 500));
  world.cluster.run_for(1_s);
  plugin.rejected = {"a"};
  Pod high = pod("high", 400, 400);
  high.spec.priority = 10;
  world.cluster.create(high);
  world.cluster.run_for(60_s);
  EXPECT_EQ(world.node_of("high"), "");
  EXPECT_EQ(world.node_of("low"), "a");
}

TEST(Scheduler, APodIsTriedAgainAfterItsBackOffWhenAnExternalPluginFails) {
  FixedPlugin plugin;
  plugin.failure_text = "cannot think";
  World world{with_external(plugin)};
  world.cluster.create(node("a", 1000, 1000));
  world.cluster.create(pod("p", 100, 100));
  world.cluster.run_for(500_ms);
  EXPECT_EQ(plugin.asked, 1);
  EXPECT_EQ(world.message_of("p"), "cannot think");
  plugin.failure_text = "";
  world.cluster.run_for(2_s);
  EXPECT_EQ(world.node_of("p"), "a");
}

TEST(Scheduler, SchedulingGatesKeepAPodOutUntilTheLastIsGone) {
  World world;
  world.cluster.create(node("a", 1000, 1000));
  Pod gated = pod("p", 100, 100);
  gated.spec.scheduling_gates = {"one", "two"};
  world.cluster.create(gated);
  world.cluster.run_for(1_min);
  EXPECT_EQ(world.node_of("p"), "");
  world.cluster.change<Pod>("default", "p", [](Pod& p) { p.spec.scheduling_gates = {"two"}; });
  world.cluster.run_for(1_min);
  EXPECT_EQ(world.node_of("p"), "");
  world.cluster.change<Pod>("default", "p", [](Pod& p) { p.spec.scheduling_gates = {}; });
  world.cluster.run_for(100_ms);
  EXPECT_EQ(world.node_of("p"), "a");
}

TEST(Scheduler, HigherPriorityGoesFirst) {
  World world;
  for (const char* name : {"low", "high"}) {
    Pod p = pod(name, 600, 100);
    p.spec.priority = std::string{name} == "high" ? 10 : 0;
    world.cluster.create(p);
  }
  world.cluster.create(node("a", 1000, 1000));
  world.cluster.run_for(1_s);
  EXPECT_EQ(world.node_of("high"), "a");
  EXPECT_EQ(world.node_of("low"), "");
}

TEST(Scheduler, TheSearchGoesOnWhereItStopped) {
  SchedulerConfig config;
  config.feasible_nodes_min = 2;
  config.percentage_of_nodes_to_score = 50;
  config.profiles[kDefaultScheduler].weights = {};
  config.profiles[kDefaultScheduler].weights[static_cast<std::size_t>(ScorePlugin::FirstFit)] = 1;
  World world{config};
  for (const char* name : {"a", "b", "c", "d"}) world.cluster.create(node(name, 1000, 1000));
  world.cluster.run_for(1_s);
  for (const char* name : {"1", "2", "3"}) {
    world.cluster.create(pod(name, 1, 1));
    world.cluster.run_for(1_s);
  }
  // Two nodes per search: a and b, c and d, a and b; the first of all is taken.
  EXPECT_EQ(world.node_of("1"), "a");
  EXPECT_EQ(world.node_of("2"), "c");
  EXPECT_EQ(world.node_of("3"), "a");
}

TEST(Scheduler, TiesAreDrawnEvenlyAndByTheSeed) {
  Counts first;
  std::map<std::uint64_t, std::string> by_seed;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    World world{{}, seed};
    for (const char* name : {"a", "b", "c"}) world.cluster.create(node(name, 1000, 1000));
    world.cluster.create(pod("p", 1, 1));
    world.cluster.run_for(100_ms);
    ++first[world.node_of("p")];
  }
  // 100 each, standard deviation 8.2: 5 deviations, false alarm below 1 in 500,000 per node.
  for (const auto& [name, count] : first) EXPECT_NEAR(count, 100, 41) << name;
  EXPECT_EQ(first.size(), 3U);
}

// --- what wakes a waiting pod --------------------------------------------------------------------

/// A pod that node "a" cannot take, and what becomes of it after a change.
struct Waiting {
  World world;
  explicit Waiting(bool hints) : world{config(hints)} {}
  static SchedulerConfig config(bool hints) {
    SchedulerConfig c;
    c.queueing_hints = hints;
    return c;
  }
  /// Attempts from now on, as bindings or failed cycles show.
  bool woken_by(const std::function<void()>& change) {
    world.cluster.run_for(20_s);  // Beyond every back-off.
    change();
    world.cluster.run_for(2_s);
    return !world.node_of("p").empty();
  }
};

TEST(QueueingHints, ANodeThatAppearsOrGrowsWakesPodsThatFitIt) {
  for (const bool hints : {false, true}) {
    {
      Waiting waiting{hints};
      waiting.world.cluster.create(node("a", 100, 1000));
      waiting.world.cluster.create(pod("p", 500, 100));
      EXPECT_TRUE(waiting.woken_by([&] {
        waiting.world.cluster.change<Node>("", "a",
                                           [](Node& n) { n.status.allocatable.cpu_milli = 1000; });
      })) << hints;
    }
    {
      Waiting waiting{hints};
      waiting.world.cluster.create(node("a", 100, 1000));
      waiting.world.cluster.create(pod("p", 500, 100));
      EXPECT_FALSE(waiting.woken_by([&] { waiting.world.cluster.create(node("b", 400, 1000)); }))
          << hints;
      EXPECT_TRUE(waiting.woken_by([&] { waiting.world.cluster.create(node("c", 500, 1000)); }))
          << hints;
    }
  }
}

TEST(QueueingHints, UncordoningTaintsAndLabelsWakeThePodsTheyKeptAway) {
  for (const bool hints : {false, true}) {
    Waiting waiting{hints};
    Node a = node("a", 1000, 1000);
    a.spec.unschedulable = true;
    waiting.world.cluster.create(a);
    waiting.world.cluster.create(pod("p", 500, 100));
    EXPECT_TRUE(waiting.woken_by([&] {
      waiting.world.cluster.change<Node>("", "a", [](Node& n) { n.spec.unschedulable = false; });
    })) << hints;

    Waiting tainted{hints};
    Node b = node("a", 1000, 1000);
    b.spec.taints = {{"k", "v", "NoSchedule", {}}};
    tainted.world.cluster.create(b);
    tainted.world.cluster.create(pod("p", 500, 100));
    EXPECT_TRUE(tainted.woken_by([&] {
      tainted.world.cluster.change<Node>("", "a", [](Node& n) { n.spec.taints.clear(); });
    })) << hints;

    Waiting unlabelled{hints};
    unlabelled.world.cluster.create(node("a", 1000, 1000));
    Pod picky = pod("p", 500, 100);
    picky.spec.node_selector = {{"disk", "ssd"}};
    unlabelled.world.cluster.create(picky);
    EXPECT_TRUE(unlabelled.woken_by([&] {
      unlabelled.world.cluster.change<Node>("", "a",
                                            [](Node& n) { n.meta.labels["disk"] = "ssd"; });
    })) << hints;
  }
}

TEST(QueueingHints, APodThatGoesWakesThoseItWasInTheWayOf) {
  for (const bool hints : {false, true}) {
    Waiting waiting{hints};
    waiting.world.cluster.create(node("a", 1000, 1000));
    Pod there = pod("there", 600, 100);
    there.spec.node_name = "a";
    waiting.world.cluster.create(there);
    waiting.world.cluster.create(pod("p", 500, 100));
    EXPECT_TRUE(waiting.woken_by([&] {
      waiting.world.cluster.remove<Pod>("default", "there", Duration{});
    })) << hints;
  }
}

TEST(QueueingHints, APodThatArrivesWakesThoseThatWantToBeBesideIt) {
  for (const bool hints : {false, true}) {
    Waiting waiting{hints};
    waiting.world.cluster.create(node("a", 1000, 1000));
    Pod p = pod("p", 100, 100);
    p.spec.affinity.pod.required = {term({{"app", "cache"}}, kHostnameLabel)};
    waiting.world.cluster.create(p);
    const auto arrive = [&](const std::string& name, const std::string& app) {
      Pod there = labelled(pod(name, 100, 100), {{"app", app}});
      there.spec.node_name = "a";
      waiting.world.cluster.create(there);
    };
    EXPECT_FALSE(waiting.woken_by([&] { arrive("1", "other"); })) << hints;
    EXPECT_TRUE(waiting.woken_by([&] { arrive("2", "cache"); })) << hints;
  }
}

TEST(QueueingHints, WithHintsAPortThatStaysTakenWakesNobody) {
  // Without hints, any deletion wakes the pod; the attempt can be seen by its calls alone, so the
  // hint functions are asked themselves.
  Sight sight;
  sight.add(node("a", 1000, 1000));
  Pod p = pod("p", 1, 1);
  p.spec.containers[0].ports = {{"http", 80, 80, "TCP", ""}};
  const auto shape = sight.shape(p);
  const WaitingPod waiting{p, *shape, by(FilterPlugin::NodePorts)};
  const Pod harmless = pod("q", 1, 1);
  ClusterEvent event;
  event.kinds = event_kind::kPodGone;
  event.pod_before = &harmless;
  EXPECT_TRUE(worth_by_type(waiting, event, sight.state));
  EXPECT_FALSE(worth_by_hint(waiting, event, sight.state));
  event.pod_before = &p;
  EXPECT_TRUE(worth_by_hint(waiting, event, sight.state));
}

TEST(QueueingHints, SpreadRejectionsAreWokenByPodsThatArriveOnlyWithHints) {
  Sight sight;
  sight.add(node("a", 1000, 1000));
  const api::Labels labels{{"app", "web"}};
  Pod p = labelled(pod("p", 1, 1), labels);
  api::TopologySpreadConstraint constraint;
  constraint.topology_key = kHostnameLabel;
  constraint.selector = select(labels);
  p.spec.topology_spread = {constraint};
  const auto shape = sight.shape(p);
  const WaitingPod waiting{p, *shape, by(FilterPlugin::PodTopologySpread)};
  const Pod counted = labelled(pod("q", 1, 1), labels);
  ClusterEvent event;
  event.kinds = event_kind::kPodAssigned;
  event.pod_after = &counted;
  EXPECT_FALSE(worth_by_type(waiting, event, sight.state));
  EXPECT_TRUE(worth_by_hint(waiting, event, sight.state));
  const Pod uncounted = pod("r", 1, 1);
  event.pod_after = &uncounted;
  EXPECT_FALSE(worth_by_hint(waiting, event, sight.state));
}

TEST(QueueingHints, EventsOfOtherFiltersWakeNobody) {
  Sight sight;
  const Node a = node("a", 1000, 1000);
  sight.add(a);
  const Pod p = pod("p", 1, 1);
  const auto shape = sight.shape(p);
  for (const bool hints : {false, true}) {
    const auto worth = [&](FilterPlugin plugin, std::uint32_t kinds) {
      ClusterEvent event;
      event.kinds = kinds;
      if (kinds != event_kind::kPodGone) event.node_after = &a;
      const WaitingPod waiting{p, *shape, by(plugin)};
      return hints ? worth_by_hint(waiting, event, sight.state)
                   : worth_by_type(waiting, event, sight.state);
    };
    EXPECT_FALSE(worth(FilterPlugin::TaintToleration, event_kind::kPodGone));
    EXPECT_FALSE(worth(FilterPlugin::NodeResourcesFit, event_kind::kNodeLabels));
    EXPECT_TRUE(worth(FilterPlugin::NodeResourcesFit, event_kind::kPodGone));
  }
}

TEST(QueueingHints, WithoutHintsTaintsWakeWhoeverWaitsForNewNodes) {
  Sight sight;
  const Node after = node("a", 1000, 1000);
  sight.add(after);
  Node before = after;
  before.spec.taints = {{"node.kubernetes.io/not-ready", "", "NoSchedule", {}}};
  Node still_tainted = after;
  still_tainted.spec.taints = {{"other", "", "NoSchedule", {}}};
  const Pod p = pod("p", 1, 1);
  const auto shape = sight.shape(p);
  ClusterEvent event;
  event.kinds = node_changes(before, after);
  event.node_before = &before;
  for (std::size_t i = 0; i < kFilterCount; ++i) {
    const auto plugin = static_cast<FilterPlugin>(i);
    const WaitingPod waiting{p, *shape, by(plugin)};
    event.node_after = &after;
    EXPECT_TRUE(worth_by_type(waiting, event, sight.state)) << i;
    // What stays out of reach wakes nobody.
    event.node_after = &still_tainted;
    EXPECT_FALSE(worth_by_type(waiting, event, sight.state)) << i;
    // A hint is told of every new node, so that only those hear of taints whose matter they are.
    event.node_after = &after;
    EXPECT_EQ(worth_by_hint(waiting, event, sight.state), plugin == FilterPlugin::TaintToleration)
        << i;
  }
}

TEST(QueueingHints, ANodeThatBecomesReadyWakesAPodThatNothingElseHadRoomFor) {
  for (const bool hints : {false, true}) {
    Waiting waiting{hints};
    waiting.world.cluster.create(node("small", 100, 100));
    waiting.world.cluster.create(pod("p", 500, 100));
    waiting.world.cluster.run_for(1_s);
    Node fresh = node("fresh", 1000, 1000);
    fresh.spec.taints = {{"node.kubernetes.io/not-ready", "", "NoSchedule", {}}};
    waiting.world.cluster.create(fresh);
    EXPECT_TRUE(waiting.woken_by([&] {
      waiting.world.cluster.change<Node>("", "fresh", [](Node& n) { n.spec.taints.clear(); });
    })) << hints;
  }
}

TEST(QueueingHints, AChangeOfThePodItselfCounts) {
  const Pod before = pod("p", 1, 1);
  Pod tolerant = before;
  tolerant.spec.tolerations = {{"k", true, "", "", {}}};
  const Pod renamed = labelled(before, {{"app", "web"}});
  for (const bool hints : {false, true}) {
    EXPECT_TRUE(own_change_is_worth(before, tolerant, by(FilterPlugin::TaintToleration), hints));
    EXPECT_TRUE(own_change_is_worth(before, renamed, by(FilterPlugin::InterPodAffinity), hints));
    EXPECT_EQ(own_change_is_worth(before, tolerant, by(FilterPlugin::NodeAffinity), hints), !hints);
  }
}

}  // namespace
}  // namespace orrery::scheduler
