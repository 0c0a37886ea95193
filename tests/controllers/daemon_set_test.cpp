#include "models/controllers/daemon_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "models/controllers/controller_revisions.h"
#include "models/controllers/daemon_pods.h"
#include "models/controllers/node_lifecycle.h"
#include "tests/controllers/managed_cluster.h"

namespace orrery::controllers {
namespace {

using api::ControllerRevision;
using api::CountOrPercent;
using api::DaemonSet;
using api::Node;
using api::Pod;
using orrery::testing::crash_after_each_call;
using orrery::testing::fail_each_call;
using orrery::testing::FaultTrial;
using orrery::testing::ManagedCluster;

const Instant kNow = Instant::at(Duration::seconds(10'000));

DaemonSet daemon_set() {
  DaemonSet set;
  set.meta.name = "agent";
  set.meta.namespace_name = "default";
  set.meta.uid = "agent";
  set.spec.selector.match_labels = {{"app", "agent"}};
  set.spec.pod_template.labels = {{"app", "agent"}};
  api::Container container;
  container.name = "main";
  container.image = "agent:1";
  set.spec.pod_template.spec.containers = {container};
  return set;
}

Node node_named(const std::string& name) {
  Node node;
  node.meta.name = name;
  return node;
}

Eligibility eligibility_of(const api::PodSpec& pod, const Node& node) {
  return eligibility(pod, daemon_tolerations(pod), node);
}

// --- where daemons run ---------------------------------------------------------------------------

TEST(DaemonPods, TolerateANodeInTroubleForEver) {
  api::PodSpec pod;
  pod.tolerations = {{kNotReadyTaint, true, {}, "NoExecute", 30_s}};
  const auto tolerations = daemon_tolerations(pod);
  EXPECT_EQ(tolerations.size(), 6U);
  struct Case {
    const char* key;
    const char* effect;
    bool tolerated;
  };
  for (const Case& c :
       std::vector<Case>{{"node.kubernetes.io/not-ready", "NoExecute", true},
                         {"node.kubernetes.io/unreachable", "NoExecute", true},
                         {"node.kubernetes.io/disk-pressure", "NoSchedule", true},
                         {"node.kubernetes.io/memory-pressure", "NoSchedule", true},
                         {"node.kubernetes.io/pid-pressure", "NoSchedule", true},
                         {"node.kubernetes.io/unschedulable", "NoSchedule", true},
                         {"node.kubernetes.io/network-unavailable", "NoSchedule", false},
                         {"node.kubernetes.io/not-ready", "NoSchedule", false},
                         {"dedicated", "NoSchedule", false}}) {
    const api::Taint taint{c.key, "", c.effect, {}};
    const auto toleration =
        std::find_if(tolerations.begin(), tolerations.end(),
                     [&](const api::Toleration& t) { return tolerates(t, taint); });
    EXPECT_EQ(toleration != tolerations.end(), c.tolerated) << c.key << " " << c.effect;
    if (!c.tolerated) continue;
    EXPECT_FALSE(toleration->seconds) << c.key << ": without a limit";
  }
}

TEST(DaemonPods, OnTheHostsNetworkTolerateThatThereIsNoOther) {
  api::PodSpec pod;
  Node node = node_named("n");
  node.spec.taints = {{"node.kubernetes.io/network-unavailable", "", "NoSchedule", {}}};
  EXPECT_FALSE(eligibility_of(pod, node).should_run);
  pod.host_network = true;
  EXPECT_TRUE(eligibility_of(pod, node).should_run);
}

TEST(DaemonPods, RunWhereNameSelectorAffinityAndTaintsLetThem) {
  struct Case {
    const char* name;
    std::function<void(api::PodSpec&)> pod;
    std::function<void(Node&)> node;
    Eligibility eligibility;
  };
  const auto nothing = [](auto&) {};
  const auto taint = [](const char* effect) {
    return [effect](Node& n) { n.spec.taints = {{"k", "v", effect, {}}}; };
  };
  const auto tolerate = [](const char* effect) {
    return [effect](api::PodSpec& p) { p.tolerations = {{"k", true, {}, effect, {}}}; };
  };
  const auto require_node = [](api::PodSpec& p) {
    api::NodeSelectorTerm term;
    term.match_expressions = {{"disk", api::SelectorRequirement::Operator::In, {"ssd"}}};
    p.affinity.node.required = {{term}};
  };
  const std::vector<Case> cases{
      {"plain", nothing, nothing, {true, true}},
      {"its name", [](api::PodSpec& p) { p.node_name = "n"; }, nothing, {true, true}},
      {"another name", [](api::PodSpec& p) { p.node_name = "m"; }, nothing, {}},
      {"selector",
       [](api::PodSpec& p) {
         p.node_selector = {{"disk", "ssd"}};
       },
       nothing,
       {}},
      {"selector that matches",
       [](api::PodSpec& p) {
         p.node_selector = {{"disk", "ssd"}};
       },
       [](Node& n) {
         n.meta.labels = {{"disk", "ssd"}};
       },
       {true, true}},
      {"affinity", require_node, nothing, {}},
      {"affinity that matches",
       require_node,
       [](Node& n) {
         n.meta.labels = {{"disk", "ssd"}};
       },
       {true, true}},
      {"affinity without terms",
       [](api::PodSpec& p) { p.affinity.node.required.emplace(); },
       nothing,
       {}},
      {"NoSchedule", nothing, taint("NoSchedule"), {false, true}},
      {"NoExecute", nothing, taint("NoExecute"), {false, false}},
      {"PreferNoSchedule", nothing, taint("PreferNoSchedule"), {true, true}},
      {"NoSchedule tolerated", tolerate("NoSchedule"), taint("NoSchedule"), {true, true}},
      {"NoExecute tolerated", tolerate("NoExecute"), taint("NoExecute"), {true, true}},
      {"cordoned",
       nothing,
       [](Node& n) {
         n.spec.unschedulable = true;
         n.spec.taints = {{"node.kubernetes.io/unschedulable", "", "NoSchedule", {}}};
       },
       {true, true}},
      {"unreachable",
       nothing,
       [](Node& n) {
         n.spec.taints = {{kUnreachableTaint, "", "NoExecute", {}}};
       },
       {true, true}},
  };
  for (const Case& c : cases) {
    api::PodSpec pod;
    c.pod(pod);
    Node node = node_named("n");
    c.node(node);
    EXPECT_EQ(eligibility_of(pod, node), c.eligibility) << c.name;
  }
}

TEST(DaemonPods, AreBoundToTheirNodeByAffinityAlone) {
  DaemonSet set = daemon_set();
  api::NodeSelectorTerm term;
  term.match_expressions = {{"disk", api::SelectorRequirement::Operator::In, {"ssd"}}};
  set.spec.pod_template.spec.affinity.node.required = {{term}};
  const Pod pod = daemon_pod(set, "n1", "abc");
  EXPECT_TRUE(pod.spec.node_name.empty());
  EXPECT_EQ(target_node(pod), "n1");
  ASSERT_EQ(pod.spec.affinity.node.required->size(), 1U);
  EXPECT_TRUE(pod.spec.affinity.node.required->front().match_expressions.empty());
  EXPECT_EQ(pod.meta.labels.at("controller-revision-hash"), "abc");
}

// --- one plan ------------------------------------------------------------------------------------

/// Pods of one node as words: "new" or "old" template, then what it is: + available, ~ ready but
/// not for long enough, - not ready, x failed, s succeeded, d asked to go.
using Daemons = std::map<std::string, std::vector<std::string>>;

/// What a plan does to pods: "a" makes one there, "-a/old+" takes that one away.
std::set<std::string> planned(const DaemonSet& set, const Daemons& daemons,
                              const std::function<void(DaemonSetView&)>& adjust = {},
                              const std::function<void(Node&)>& adjust_node = {}) {
  ControllerRevision revision;
  revision.meta.name = "agent-new";
  revision.meta.labels = {{"app", "agent"}, {kRevisionHashLabel, "new"}};
  revision.meta.owners = {{api::Kind::DaemonSet, "agent", "agent", true}};
  revision.revision = 1;
  revision.pod_template = set.spec.pod_template;
  std::vector<Node> nodes;
  std::vector<Pod> pods;
  for (const auto& [name, words] : daemons) {
    nodes.push_back(node_named(name));
    if (adjust_node) adjust_node(nodes.back());
    for (const std::string& word : words) {
      Pod pod = daemon_pod(set, name, word.substr(0, 3));
      pod.meta.name = name + "/" + word;
      pod.meta.uid = pod.meta.name;
      pod.spec.node_name = name;
      pod.meta.creation = kNow - 1000_s + Duration::seconds(std::ssize(pods));
      pod.status.phase = api::PodPhase::Running;
      const auto ready = [&](api::ConditionStatus status, Instant since) {
        pod.status.conditions = {{"Ready", status, "", "", since, since}};
      };
      switch (word.at(3)) {
        case '+':
          ready(api::ConditionStatus::True, kNow - 900_s);
          break;
        case '~':
          ready(api::ConditionStatus::True, kNow - 1_s);
          break;
        case 'x':
          pod.status.phase = api::PodPhase::Failed;
          break;
        case 's':
          pod.status.phase = api::PodPhase::Succeeded;
          break;
        case 'd':
          pod.meta.deletion = kNow;
          break;
        default:
          ready(api::ConditionStatus::False, kNow - 900_s);
          break;
      }
      pods.push_back(pod);
    }
  }
  DaemonSetView view;
  view.set = &set;
  for (const Node& node : nodes) view.nodes.push_back(&node);
  for (const Pod& pod : pods) view.pods.push_back(&pod);
  view.revisions = view.namespace_revisions = {&revision};
  if (adjust) adjust(view);
  std::set<std::string> result;
  for (const Batch& batch : reconcile_daemon_set(view, {}, kNow).batches) {
    for (const ports::ApiCall& call : batch) {
      if (call.key.kind != api::Kind::Pod) continue;
      const bool makes = call.verb == ports::Verb::Create;
      result.insert(makes ? target_node(std::get<Pod>(*call.object)) : "-" + call.key.name);
    }
  }
  return result;
}

using Set = std::set<std::string>;

struct PlanCase {
  const char* name;
  CountOrPercent max_unavailable, max_surge;
  Daemons daemons;
  Set want;
};

void expect_plans(const std::vector<PlanCase>& cases) {
  for (const PlanCase& c : cases) {
    DaemonSet set = daemon_set();
    set.spec.min_ready = 10_s;
    set.spec.max_unavailable = c.max_unavailable;
    set.spec.max_surge = c.max_surge;
    EXPECT_EQ(planned(set, c.daemons), c.want) << c.name;
  }
}

TEST(DaemonSet, KeepsOnePodOnEveryNode) {
  const CountOrPercent one{1, false};
  const CountOrPercent zero{0, false};
  expect_plans({
      {"none", one, zero, {{"a", {}}, {"b", {"new+"}}}, {"a"}},
      {"one that goes holds its place", one, zero, {{"a", {"newd"}}}, {}},
      {"all but the oldest go",
       one,
       zero,
       {{"a", {"new+", "new-", "old+"}}},
       {"-a/new-", "-a/old+"}},
      {"succeeded ones go at once", one, zero, {{"a", {"news"}}}, {"-a/news"}},
      {"failed ones go", one, zero, {{"a", {"newx"}}}, {"-a/newx"}},
      {"of two failed ones only one", one, zero, {{"a", {"newx", "oldx"}}}, {"-a/newx"}},
      {"surging, one that goes leaves its place", zero, one, {{"a", {"newd"}}}, {"a"}},
      {"surging, an old and a new one may stand together",
       zero,
       one,
       {{"a", {"old+", "new-"}}},
       {}},
      {"surging, of each only the oldest",
       zero,
       one,
       {{"a", {"old+", "old-", "new-", "new~"}}},
       {"-a/old-", "-a/new~"}},
      {"surging, an old one that is not ready goes",
       zero,
       one,
       {{"a", {"old-", "new-"}}},
       {"-a/old-"}},
      {"surging, an old one goes when the new one is available",
       zero,
       one,
       {{"a", {"old+", "new+"}}},
       {"-a/old+"}},
      {"surging, ready is not yet available", zero, one, {{"a", {"old+", "new~"}}}, {}},
  });
}

TEST(DaemonSet, UpdatesInPlaceUpToMaxUnavailable) {
  const CountOrPercent zero{0, false};
  const Daemons five{
      {"a", {"old+"}}, {"b", {"old+"}}, {"c", {"old+"}}, {"d", {"old+"}}, {"e", {"old+"}}};
  const auto with = [&](Daemons changes) {
    for (const auto& [name, words] : five) changes.try_emplace(name, words);
    return changes;
  };
  expect_plans({
      {"one", {1, false}, zero, five, {"-a/old+"}},
      {"two", {2, false}, zero, five, {"-a/old+", "-b/old+"}},
      {"all", {100, true}, zero, five, {"-a/old+", "-b/old+", "-c/old+", "-d/old+", "-e/old+"}},
      {"20 % of 5 are 1", {20, true}, zero, five, {"-a/old+"}},
      {"21 % of 5 are 2: up", {21, true}, zero, five, {"-a/old+", "-b/old+"}},
      {"1 % of 5 is 1", {1, true}, zero, five, {"-a/old+"}},
      {"0 and 0 act as 1", zero, zero, five, {"-a/old+"}},
      {"an unavailable new pod uses the budget", {1, false}, zero, with({{"a", {"new-"}}}), {}},
      {"one that is ready but not yet available too",
       {1, false},
       zero,
       with({{"a", {"new~"}}}),
       {}},
      {"a pod that goes uses the budget", {1, false}, zero, with({{"c", {"oldd"}}}), {}},
      {"an available new pod does not", {1, false}, zero, with({{"a", {"new+"}}}), {"-b/old+"}},
      {"every unavailable old pod goes, whatever the budget",
       {1, false},
       zero,
       with({{"a", {"new-"}}, {"b", {"old-"}}, {"c", {"old~"}}}),
       {"-b/old-", "-c/old~"}},
      {"and costs none of it", {1, false}, zero, with({{"b", {"old-"}}}), {"-a/old+", "-b/old-"}},
      {"budget overdrawn", {1, false}, zero, with({{"a", {"new-"}}, {"b", {"new-"}}}), {}},
      {"all new", {1, false}, zero, {{"a", {"new+"}}, {"b", {"new-"}}}, {}},
      {"no nodes", {1, false}, zero, {}, {}},
  });
}

TEST(DaemonSet, UpdatesWithUpToMaxSurgeExtraPods) {
  const CountOrPercent zero{0, false};
  const Daemons five{
      {"a", {"old+"}}, {"b", {"old+"}}, {"c", {"old+"}}, {"d", {"old+"}}, {"e", {"old+"}}};
  const auto with = [&](Daemons changes) {
    for (const auto& [name, words] : five) changes.try_emplace(name, words);
    return changes;
  };
  expect_plans({
      {"one", zero, {1, false}, five, {"a"}},
      {"two", zero, {2, false}, five, {"a", "b"}},
      {"20 % of 5 are 1", zero, {20, true}, five, {"a"}},
      {"21 % of 5 are 2: up", zero, {21, true}, five, {"a", "b"}},
      {"all", zero, {100, true}, five, {"a", "b", "c", "d", "e"}},
      {"a surge that is not available uses the budget",
       zero,
       {1, false},
       with({{"a", {"old+", "new-"}}}),
       {}},
      {"an unavailable old pod gets a new one at once",
       zero,
       {1, false},
       with({{"a", {"old+", "new-"}}, {"b", {"old-"}}, {"c", {"old~"}}}),
       {"b", "c"}},
      {"which costs none of the budget", zero, {1, false}, with({{"b", {"old-"}}}), {"a", "b"}},
      {"updated nodes are left alone", zero, {1, false}, with({{"a", {"new-"}}}), {"b"}},
  });
}

TEST(DaemonSet, SurgingTakesAnAvailablePodOffASunsetNodeOnlyWhenEnoughAreLeft) {
  DaemonSet set = daemon_set();
  set.spec.max_unavailable = {0, false};
  set.spec.max_surge = {1, false};
  const auto sunset = [](Node& node) {
    if (node.meta.name == "z") node.spec.taints = {{"k", "", "NoSchedule", {}}};
  };
  EXPECT_EQ(planned(set, {{"a", {"new-"}}, {"z", {"old+"}}}, {}, sunset), Set{});
  EXPECT_EQ(planned(set, {{"a", {"new+"}}, {"z", {"old+"}}}, {}, sunset), (Set{"-z/old+"}));
  EXPECT_EQ(planned(set, {{"a", {"new-"}}, {"z", {"old-"}}}, {}, sunset), (Set{"-z/old-"}));
}

TEST(DaemonSet, OnDeleteReplacesNothingByItself) {
  DaemonSet set = daemon_set();
  set.spec.on_delete = true;
  EXPECT_EQ(planned(set, {{"a", {"old+"}}, {"b", {"old-"}}}), Set{});
  EXPECT_EQ(planned(set, {{"a", {"old+"}}, {"b", {}}}), (Set{"b"}));
}

TEST(DaemonSet, NodesAreRepairedBeforeTheUpdateGoesOn) {
  EXPECT_EQ(planned(daemon_set(), {{"a", {}}, {"b", {"old+"}}}), (Set{"a"}));
}

TEST(DaemonSet, PodsLeaveANodeWhoseTaintDrivesThemOff) {
  const auto taint = [](const char* effect) {
    return [effect](Node& node) { node.spec.taints = {{"k", "", effect, {}}}; };
  };
  EXPECT_EQ(planned(daemon_set(), {{"a", {"new+"}}}, {}, taint("NoSchedule")), Set{});
  EXPECT_EQ(planned(daemon_set(), {{"a", {"new+", "newd"}}}, {}, taint("NoExecute")),
            (Set{"-a/new+"}));
}

TEST(DaemonSet, APodForANodeThatIsGoneBeforeItWasBoundGoes) {
  const DaemonSet set = daemon_set();
  Pod lost = daemon_pod(set, "gone", "new");
  lost.meta.name = "lost";
  EXPECT_EQ(planned(set, {}, [&](DaemonSetView& view) { view.pods.push_back(&lost); }),
            (Set{"-lost"}));
  lost.spec.node_name = "gone";  // Bound: the pod garbage collector's.
  EXPECT_EQ(planned(set, {}, [&](DaemonSetView& view) { view.pods.push_back(&lost); }), Set{});
}

TEST(DaemonSet, MakesAndTakesAtMost250PodsInAPlan) {
  Daemons missing;
  Daemons surplus;
  for (int i = 0; i < 300; ++i) {
    missing["n" + std::to_string(i)] = {};
    surplus["n" + std::to_string(i)] = {"news"};
  }
  EXPECT_EQ(planned(daemon_set(), missing).size(), 250U);
  EXPECT_EQ(planned(daemon_set(), surplus).size(), 250U);
}

TEST(DaemonSet, AwaitedPodsHoldBackFurtherOnesAndTheObservedGeneration) {
  DaemonSet set = daemon_set();
  set.meta.generation = 7;
  DaemonSetView view;
  const Node node = node_named("a");
  view.set = &set;
  view.nodes = {&node};
  view.may_change_pods = false;
  const Plan plan = reconcile_daemon_set(view, {}, kNow);
  bool told = false;
  for (const Batch& batch : plan.batches) {
    for (const ports::ApiCall& call : batch) {
      EXPECT_NE(call.key.kind, api::Kind::Pod);
      if (call.verb != ports::Verb::UpdateStatus) continue;
      told = true;
      const auto& status = std::get<DaemonSet>(*call.object).status;
      EXPECT_EQ(status.desired_number_scheduled, 1);
      EXPECT_EQ(status.observed_generation, 0);
    }
  }
  EXPECT_TRUE(told);
}

TEST(DaemonSet, FailedPodsBackOffPerNodeFromOneSecondTo15Minutes) {
  const DaemonSetConfig config;
  std::optional<FailedPodBackoff> backoff;
  std::vector<std::int64_t> waits;
  Instant now = kNow;
  for (int i = 0; i < 12; ++i) {
    backoff = next_backoff(backoff, config, now);
    waits.push_back(backoff->wait.count_ns() / 1'000'000'000);
    now = now + backoff->wait;
  }
  EXPECT_EQ(waits, (std::vector<std::int64_t>{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900}));
  EXPECT_EQ(next_backoff(backoff, config, backoff->since + 30_min).wait, 15_min);
  EXPECT_EQ(next_backoff(backoff, config, backoff->since + 30_min + 1_ns).wait, 1_s)
      << "forgotten after twice the longest wait";

  const DaemonSet set = daemon_set();
  const auto after = [&](Duration time) {
    return planned(set, {{"a", {"newx"}}, {"b", {"newx"}}}, [&](DaemonSetView& view) {
      view.failed["a"] = {kNow - time, 4_s};
    });
  };
  EXPECT_EQ(after(4_s - 1_ns), (Set{"-b/newx"})) << "each node waits for itself";
  EXPECT_EQ(after(4_s), (Set{"-a/newx", "-b/newx"}));
}

// --- in a cluster --------------------------------------------------------------------------------

/// A cluster of nodes n0, n1, … with one DaemonSet "agent".
struct World : ManagedCluster {
  std::string broken;  ///< The first bound that a write broke.

  World(const DaemonSet& set, int node_count, std::uint64_t seed = 1) : ManagedCluster{seed} {
    cluster.remove<Node>("", cluster.node_for_pods);
    for (int i = 0; i < node_count; ++i) add_node("n" + std::to_string(i));
    cluster.create(set);
  }

  [[nodiscard]] DaemonSet set() const { return *cluster.find<DaemonSet>("default", "agent"); }
  void change(const std::function<void(DaemonSet&)>& f) {
    cluster.change<DaemonSet>("default", "agent", f);
  }
  void set_image(const std::string& name) {
    change([&](DaemonSet& s) { s.spec.pod_template.spec.containers[0].image = name; });
  }

  [[nodiscard]] std::size_t pod_count() const {
    std::size_t count = 0;
    cluster.each<Pod>([&](const Pod&) { ++count; });
    return count;
  }
  [[nodiscard]] bool settled(const std::string& image) const {
    const DaemonSet now = set();
    const api::DaemonSetStatus& status = now.status;
    bool holds = status.observed_generation == now.meta.generation &&
                 status.number_available == status.desired_number_scheduled &&
                 status.updated_number_scheduled == status.desired_number_scheduled &&
                 status.number_misscheduled == 0;
    cluster.each<Pod>([&](const Pod& p) {
      holds = holds && p.spec.containers[0].image == image && api::is_ready(p) && !p.meta.deletion;
    });
    return holds && pod_count() == static_cast<std::size_t>(status.desired_number_scheduled);
  }
  bool settle(const std::string& image) {
    return cluster.run_for(10_min, [&] { return settled(image); });
  }

  /// At every write: at most `down_max` nodes without an available pod, at most `extra_max` pods
  /// beyond one per node that are not asked to go.
  void guard(int down_max, int extra_max) {
    cluster.on_write = [=, this](const store::Write&) {
      std::map<std::string, int> pods;
      std::set<std::string> served;
      cluster.each<Pod>([&](const Pod& pod) {
        if (pod.meta.deletion) return;
        ++pods[target_node(pod)];
        if (api::is_ready(pod)) served.insert(target_node(pod));
      });
      int nodes = 0;
      cluster.each<Node>([&](const Node&) { ++nodes; });
      const int down = nodes - static_cast<int>(served.size());
      int extra = 0;
      for (const auto& [node, count] : pods) extra += std::max(0, count - 1);
      if (broken.empty() && (down > down_max || extra > extra_max)) {
        broken = "at " + to_string(cluster.now()) + ": down " + std::to_string(down) + ", extra " +
                 std::to_string(extra);
      }
    };
  }
};

TEST(DaemonSet, FiveNodesOneTaintedMakeFourPodsAndANewNodeAFifth) {
  World world{daemon_set(), 5};
  world.cluster.change<Node>("", "n2", [](Node& node) {
    node.spec.taints = {{"dedicated", "db", "NoSchedule", {}}};
  });
  world.restart();
  ASSERT_TRUE(world.settle("agent:1"));
  EXPECT_EQ(world.pod_count(), 4U);
  world.add_node("n5");
  world.cluster.run_for(1_s);
  ASSERT_TRUE(world.settle("agent:1"));
  EXPECT_EQ(world.pod_count(), 5U);
  world.cluster.change<Node>("", "n2", [](Node& node) { node.spec.taints.clear(); });
  world.cluster.run_for(1_s);
  ASSERT_TRUE(world.settle("agent:1"));
  EXPECT_EQ(world.pod_count(), 6U);
}

TEST(DaemonSet, StatusCountsNodesNotPods) {
  World world{daemon_set(), 3};
  world.restart();
  ASSERT_TRUE(world.settle("agent:1"));
  world.cluster.change<Node>("", "n2", [](Node& node) {
    node.spec.taints = {{"dedicated", "db", "NoSchedule", {}}};
  });
  world.cluster.change<Pod>("default", world.cluster.all<Pod>()[0].meta.name, [&](Pod& p) {
    api::set_condition(p.status.conditions, "Ready", api::ConditionStatus::False, "", "",
                       world.cluster.now());
  });
  world.cluster.run_for(1_s);
  const api::DaemonSetStatus status = world.set().status;
  EXPECT_EQ(status.desired_number_scheduled, 2);
  EXPECT_EQ(status.number_misscheduled, 1) << "it may stay";
  EXPECT_EQ(status.current_number_scheduled, 2);
  EXPECT_EQ(status.updated_number_scheduled, 2);
  EXPECT_EQ(status.number_available + status.number_unavailable, 2);
}

TEST(DaemonSet, KeepsItsBoundsAndEndsForEverySmallUpdate) {
  std::uint64_t worlds = 0;
  for (int nodes = 0; nodes <= 4; ++nodes) {
    for (int count = 1; count <= 4; ++count) {
      for (const bool surge : {false, true}) {
        for (const Duration min_ready : {0_s, 3_s}) {
          DaemonSet set = daemon_set();
          set.spec.max_unavailable = {surge ? 0 : count, false};
          set.spec.max_surge = {surge ? count : 0, false};
          set.spec.min_ready = min_ready;
          World world{set, nodes, ++worlds};
          world.cluster.pod_start_varies = true;
          world.restart();
          ASSERT_TRUE(world.settle("agent:1"));
          // With a surge the old pod goes only when the new one serves: nobody is ever down.
          world.guard(surge ? 0 : count, surge ? count : 0);
          world.set_image("agent:2");
          ASSERT_TRUE(world.settle("agent:2")) << nodes << " nodes, " << count << " " << surge;
          EXPECT_EQ(world.broken, "") << nodes << " nodes, " << count << " " << surge;
        }
      }
    }
  }
  std::printf("%llu worlds\n", static_cast<unsigned long long>(worlds));
}

TEST(DaemonSet, APodThatFailsAtOnceIsMadeAgainLaterAndLater) {
  World world{daemon_set(), 1};
  world.cluster.pods_start_by_themselves = false;
  std::vector<Instant> made;
  world.cluster.on_write = [&](const store::Write& write) {
    const auto* pod = std::get_if<Pod>(write.after.get());
    if (pod == nullptr || write.kind != ports::DeltaKind::Added) return;
    made.push_back(world.cluster.now());
    const std::string name = pod->meta.name;
    world.cluster.at(world.cluster.now() + 1_ms, [&world, name] {
      world.cluster.change<Pod>("default", name,
                                [](Pod& p) { p.status.phase = api::PodPhase::Failed; });
    });
  };
  world.restart();
  world.cluster.run_for(40_s);
  ASSERT_GE(made.size(), 6U);
  for (std::size_t i = 2; i < 6; ++i) {
    const Duration wait = made[i] - made[i - 1];
    EXPECT_GE(wait, Duration::seconds(std::int64_t{1} << (i - 2)));
    EXPECT_LT(wait, Duration::seconds(std::int64_t{1} << (i - 2)) + 100_ms);
  }
}

TEST(DaemonSet, KeepsRevisionsUpToItsLimitAndComesBackToAnOldOne) {
  DaemonSet set = daemon_set();
  set.spec.revision_history_limit = 1;
  World world{set, 1};
  world.restart();
  ASSERT_TRUE(world.settle("agent:1"));
  for (const char* image : {"agent:2", "agent:3", "agent:2"}) {
    world.set_image(image);
    ASSERT_TRUE(world.settle(image));
    world.cluster.run_for(1_min);
  }
  std::map<std::string, std::int64_t> revisions;
  for (const auto& revision : world.cluster.all<ControllerRevision>()) {
    revisions[revision.pod_template.spec.containers[0].image] = revision.revision;
  }
  EXPECT_EQ(revisions, (std::map<std::string, std::int64_t>{{"agent:2", 4}, {"agent:3", 3}}));
}

TEST(DaemonSet, AdoptsMatchingOrphansAndReleasesWhatNoLongerMatches) {
  World world{daemon_set(), 2};
  Pod orphan = daemon_pod(daemon_set(), "n0", "?");
  orphan.meta.owners.clear();
  orphan.meta.name = "orphan";
  world.cluster.create(orphan);
  world.restart();
  ASSERT_TRUE(world.settle("agent:1"));
  EXPECT_EQ(world.pod_count(), 2U);
  const std::string name = world.cluster.all<Pod>()[0].meta.name;
  world.cluster.change<Pod>("default", name, [](Pod& p) { p.meta.labels["app"] = "x"; });
  world.cluster.run_for(1_min);
  EXPECT_EQ(api::controller_of(world.cluster.find<Pod>("default", name)->meta), nullptr);
  EXPECT_EQ(world.pod_count(), 3U) << "and its node gets another";
}

FaultTrial update_trial(bool surge) {
  DaemonSet set = daemon_set();
  set.spec.max_unavailable = {surge ? 0 : 1, false};
  set.spec.max_surge = {surge ? 1 : 0, false};
  auto world = std::make_unique<World>(set, 3);
  World* w = world.get();
  w->restart();
  w->settle("agent:1");
  w->guard(surge ? 0 : 1, surge ? 1 : 0);
  FaultTrial trial;
  trial.begin = [w] { w->set_image("agent:2"); };
  trial.is_done = [w] { return w->settled("agent:2"); };
  trial.broken = [w] { return w->broken; };
  trial.world = std::move(world);
  return trial;
}

TEST(DaemonSet, ConvergesWhenAnySingleCallFails) {
  for (const bool surge : {false, true}) {
    for (const auto outcome : {ports::Outcome::Unreachable, ports::Outcome::Conflict}) {
      std::string failure;
      EXPECT_GT(fail_each_call([&] { return update_trial(surge); }, outcome, failure), 8U);
      EXPECT_EQ(failure, "") << surge;
    }
  }
}

TEST(DaemonSet, ConvergesWhenTheControllersCrashAfterAnyCall) {
  for (const bool surge : {false, true}) {
    std::string failure;
    EXPECT_GT(crash_after_each_call([&] { return update_trial(surge); }, failure), 8U);
    EXPECT_EQ(failure, "") << surge;
  }
}

}  // namespace
}  // namespace orrery::controllers
