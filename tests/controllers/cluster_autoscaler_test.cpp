// The cluster autoscaler, rule by rule, with a cloud that keeps count; then with the scheduler, at
// random.
#include "models/controllers/cluster_autoscaler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "models/scheduler/scheduler.h"
#include "tests/support/fake_api_server.h"
#include "tests/support/fake_executor.h"

namespace orrery::controllers {
namespace {

using api::Kind;
using api::Node;
using api::Pod;
using ports::Outcome;
using ports::Verb;

constexpr std::int64_t kGiB = std::int64_t{1} << 30;

NodeGroup group(const std::string& name, std::int32_t min, std::int32_t max,
                std::int64_t cpu_milli = 4000, std::int64_t memory = 8 * kGiB) {
  NodeGroup made{name, min, max, {}, {}};
  made.node.status.capacity = {cpu_milli, memory, 110, {}};
  made.node.status.allocatable = made.node.status.capacity;
  return made;
}

Pod small_pod(const std::string& name, std::int64_t cpu_milli, std::int64_t memory = kGiB) {
  Pod pod;
  pod.meta.name = name;
  pod.meta.namespace_name = "default";
  pod.meta.labels = {{"app", "web"}};
  pod.meta.owners.push_back({Kind::ReplicaSet, "web", "web-uid", true, false});
  pod.spec.containers.emplace_back().name = "c";
  pod.spec.containers.back().requests.cpu_milli = cpu_milli;
  pod.spec.containers.back().requests.memory_bytes = memory;
  return pod;
}

/// A cloud that says yes while a group has room, and whose machines join after `start_time`.
class FakeCloud : public ports::ApiClient {
 public:
  FakeCloud(testing::FakeExecutor& executor, testing::FakeApiServer& api,
            const std::vector<NodeGroup>& groups)
      : executor_{executor}, api_{api}, groups_{groups} {}

  struct Logged {
    Instant at;
    Verb verb = Verb::List;
    std::string subject;  ///< The node; of Create the group.
  };

  void call(ports::OwnerId owner, ports::CallId id, ports::ApiCall call) override {
    Outcome outcome = Outcome::Ok;
    std::shared_ptr<const ports::EventBody> body;
    if (call.verb == Verb::List) {
      ports::ApiList list;
      for (const auto& [name, machine] : machines) {
        list.objects.push_back(std::make_shared<const api::Object>(machine));
      }
      body = std::make_shared<const ports::EventBody>(std::move(list));
    } else if (call.verb == Verb::Create) {
      const std::string name = api::meta_of(*call.object).labels.at(kNodeGroupLabel);
      log.push_back({executor_.now(), call.verb, name});
      if (refuses) {
        outcome = Outcome::Refused;
      } else {
        (void)add(name);
      }
    } else if (call.verb == Verb::Delete) {
      log.push_back({executor_.now(), call.verb, call.key.name});
      if (on_delete) on_delete(call.key.name);
      machines.erase(call.key.name);
      if (api_.find(call.key) != nullptr) set_ready(call.key.name, false);
    }
    executor_.post(Duration{}, {.owner = owner,
                                .kind = ports::EventKind::ApiReply,
                                .outcome = outcome,
                                .id = id,
                                .body = std::move(body)});
  }

  /// A machine, which joins when `start_time` is over (see join_due).
  std::string add(const std::string& group_name) {
    const std::string name = group_name + "-" + std::to_string(++count_);
    Node machine;
    machine.meta.name = name;
    machine.meta.labels = {{kNodeGroupLabel, group_name}};
    machine.meta.creation = executor_.now();
    machines[name] = machine;
    return name;
  }
  void join_due() {
    for (const auto& [name, machine] : machines) {
      if (machine.meta.creation + start_time > executor_.now()) continue;
      if (api_.find({Kind::Node, "", name}) == nullptr) join(name);
    }
  }
  void join(const std::string& name) {
    Node node = machines.at(name);
    node.meta.labels["kubernetes.io/hostname"] = name;
    for (const NodeGroup& g : groups_) {
      if (g.name != node.meta.labels.at(kNodeGroupLabel)) continue;
      node.status = g.node.status;
    }
    api_.create(node);
    set_ready(name, true);
  }
  void set_ready(const std::string& name, bool ready) {
    Node node = std::get<Node>(*api_.find({Kind::Node, "", name}));
    api::set_condition(node.status.conditions, "Ready",
                       ready ? api::ConditionStatus::True : api::ConditionStatus::Unknown, "", "",
                       executor_.now());
    api_.update_status(node);
  }
  [[nodiscard]] int count(Verb verb) const {
    return static_cast<int>(
        std::count_if(log.begin(), log.end(), [&](const Logged& l) { return l.verb == verb; }));
  }

  std::map<std::string, Node> machines;
  std::vector<Logged> log;  ///< But the lists.
  Duration start_time = 60_s;
  bool refuses = false;
  std::function<void(const std::string&)> on_delete;

 private:
  testing::FakeExecutor& executor_;
  testing::FakeApiServer& api_;
  const std::vector<NodeGroup>& groups_;
  int count_ = 0;
};

struct World {
  explicit World(std::vector<NodeGroup> with, ClusterAutoscalerConfig config = {},
                 std::uint64_t seed = 1)
      : groups{std::move(with)}, cloud{executor, api, groups} {
    autoscaler = std::make_unique<ClusterAutoscaler>(
        ports::OwnerId{1}, executor, api, cloud, Draws{seed}, groups,
        std::map<std::string, scheduler::PluginSet>{}, config);
    executor.attach(ports::OwnerId{1}, *autoscaler);
  }
  ~World() { executor.detach(ports::OwnerId{1}); }

  void start() { autoscaler->start(); }
  /// Second by second, with what kubelets do: machines join, and pods that were asked to go are
  /// gone.
  void run(Duration time) {
    for (const Instant end = executor.now() + time; executor.now() < end;) {
      executor.run_for(1_s);
      cloud.join_due();
      for (const Pod& pod : pods()) {
        if (pod.meta.deletion) api.remove(api::key_of(api::Object{pod}), Duration{});
      }
    }
  }
  [[nodiscard]] std::vector<Pod> pods() {
    std::vector<Pod> all;
    for (const auto& object : api.store().objects_of(Kind::Pod)) {
      all.push_back(std::get<Pod>(*object));
    }
    return all;
  }
  /// A node of the group that is there already.
  std::string node(const std::string& group_name) {
    const std::string name = cloud.add(group_name);
    cloud.join(name);
    return name;
  }
  void waiting(Pod pod) {
    api.create(pod);
    Pod made = *api.pod(pod.meta.name);
    api::set_condition(made.status.conditions, "PodScheduled", api::ConditionStatus::False,
                       "Unschedulable", "", executor.now());
    api.update_status(made);
  }
  void bound(Pod pod, const std::string& node_name) {
    pod.spec.node_name = node_name;
    api.create(pod);
  }
  [[nodiscard]] std::vector<std::string> taints(const std::string& name) {
    std::vector<std::string> keys;
    const auto found = api.find({Kind::Node, "", name});
    if (found == nullptr) return keys;
    for (const auto& taint : std::get<Node>(*found).spec.taints) keys.push_back(taint.key);
    return keys;
  }
  [[nodiscard]] bool exists(const std::string& name) {
    return api.find({Kind::Node, "", name}) != nullptr;
  }

  std::vector<NodeGroup> groups;
  testing::FakeExecutor executor;
  testing::FakeApiServer api{executor};
  FakeCloud cloud;
  std::unique_ptr<ClusterAutoscaler> autoscaler;
};

// --- scale-up ------------------------------------------------------------------------------------

TEST(ScaleUp, AtTheNextScanOfTenSecondsForAPodThatFitsNowhere) {
  World w{{group("pool", 0, 3)}};
  w.start();
  w.run(12_s);
  w.waiting(small_pod("a", 1000));
  w.run(20_s);
  ASSERT_EQ(w.cloud.log.size(), 1U);
  EXPECT_EQ(w.cloud.log[0].subject, "pool");
  EXPECT_EQ(w.cloud.log[0].at, Instant::at(20_s));
}

TEST(ScaleUp, WaitsWhileAllPodsAreYoungerThanTwoSeconds) {
  World w{{group("pool", 0, 3)}};
  w.start();
  w.run(19_s);
  w.waiting(small_pod("a", 1000));
  w.run(20_s);
  ASSERT_EQ(w.cloud.log.size(), 1U);
  EXPECT_EQ(w.cloud.log[0].at, Instant::at(30_s));
}

TEST(ScaleUp, PassesOverPodsYoungerThanTheDelay) {
  ClusterAutoscalerConfig config;
  config.new_pod_scale_up_delay = 60_s;
  World w{{group("pool", 0, 3)}, config};
  w.start();
  w.run(12_s);
  w.waiting(small_pod("a", 1000));
  w.run(70_s);
  ASSERT_EQ(w.cloud.log.size(), 1U);
  EXPECT_EQ(w.cloud.log[0].at, Instant::at(80_s));
}

TEST(ScaleUp, CountsNodesThatAreComing) {
  World w{{group("pool", 0, 3)}};
  w.start();
  w.waiting(small_pod("a", 1000));
  w.run(3_min);
  EXPECT_EQ(w.cloud.count(Verb::Create), 1) << "nobody binds the pod, but there is room for it";
}

TEST(ScaleUp, PacksPodsOntoAsFewNodesAsTheyNeed) {
  World w{{group("pool", 0, 9)}};
  w.start();
  // Of 4 CPUs each: 3 + 1, 3, 2 + 2.
  for (const auto& [name, cpu] : std::map<std::string, int>{
           {"a", 1000}, {"b", 2000}, {"c", 3000}, {"d", 2000}, {"e", 3000}}) {
    w.waiting(small_pod(name, cpu));
  }
  w.run(15_s);
  EXPECT_EQ(w.cloud.count(Verb::Create), 3);
}

TEST(ScaleUp, StopsAtTheMaximumOfTheGroup) {
  World w{{group("pool", 0, 2)}};
  w.start();
  for (const char* name : {"a", "b", "c", "d"}) w.waiting(small_pod(name, 3000));
  w.run(30_min);
  EXPECT_EQ(w.cloud.count(Verb::Create), 2);
}

TEST(ScaleUp, StopsAtTheMaximumOfTheWholeClusterCountingNodesThatAreComing) {
  for (const std::int32_t most : {2, 3, 4, 5}) {
    ClusterAutoscalerConfig config;
    config.nodes_total_max = most;
    World w{{group("pool", 0, 9)}, config};
    w.bound(small_pod("here", 3000), w.node("pool"));
    w.start();
    w.waiting(small_pod("a", 3000));
    w.waiting(small_pod("b", 3000));
    w.run(12_s);
    EXPECT_EQ(w.cloud.count(Verb::Create), std::min(most - 1, 2));
    w.waiting(small_pod("c", 3000));
    w.run(10_s);
    EXPECT_EQ(w.cloud.count(Verb::Create), std::min(most - 1, 3)) << "before the first has come";
    w.run(10_min);
    EXPECT_EQ(w.cloud.count(Verb::Create), std::min(most - 1, 3));
  }
}

TEST(ScaleUp, ATaintOfTheGroupKeepsAwayWhoDoesNotTolerateIt) {
  NodeGroup tainted = group("pool", 0, 9);
  tainted.node.spec.taints = {{"dedicated", "batch", "NoSchedule", std::nullopt}};
  World w{{tainted}};
  w.start();
  w.waiting(small_pod("any", 1000));
  w.run(1_min);
  EXPECT_EQ(w.cloud.count(Verb::Create), 0);
  Pod batch = small_pod("batch", 1000);
  batch.spec.tolerations.push_back({"dedicated", false, "batch", "NoSchedule", std::nullopt});
  w.waiting(batch);
  w.run(1_min);
  EXPECT_EQ(w.cloud.count(Verb::Create), 1);
}

TEST(ScaleUp, AsksForNothingThatWouldNotHelp) {
  World w{{group("pool", 0, 2)}};
  w.start();
  w.waiting(small_pod("too-large", 5000));
  Pod elsewhere = small_pod("elsewhere", 1000);
  elsewhere.spec.node_selector = {{"disk", "ssd"}};
  w.waiting(elsewhere);
  Pod expendable = small_pod("expendable", 1000);
  api::PriorityClass low;
  low.meta.name = "low";
  low.value = -11;
  w.api.create(low);
  expendable.spec.priority_class_name = "low";
  w.waiting(expendable);
  w.api.create(small_pod("not-tried-yet", 1000));
  w.run(2_min);
  EXPECT_TRUE(w.cloud.log.empty());
}

TEST(ScaleUp, LeavesRoomForTheDaemonPodsOfANewNode) {
  World w{{group("pool", 0, 9)}};
  api::DaemonSet agent;
  agent.meta.name = "agent";
  agent.meta.namespace_name = "kube-system";
  agent.spec.pod_template.spec = small_pod("x", 1500).spec;
  w.api.create(agent);
  w.start();
  w.waiting(small_pod("a", 2000));
  w.waiting(small_pod("b", 2000));
  w.run(15_s);
  EXPECT_EQ(w.cloud.count(Verb::Create), 2) << "1.5 + 2 + 2 CPUs are more than 4";
}

TEST(ScaleUp, GivesUpANodeThatDoesNotComeInFifteenMinutesAndLeavesTheGroupForFive) {
  World w{{group("pool", 0, 3)}};
  w.cloud.start_time = Duration::minutes(600);
  w.start();
  w.waiting(small_pod("a", 1000));
  w.run(40_min);
  ASSERT_GE(w.cloud.log.size(), 3U);
  EXPECT_EQ(w.cloud.log[0].at, Instant::at(10_s));
  EXPECT_EQ(w.cloud.log[1].verb, Verb::Delete);
  EXPECT_EQ(w.cloud.log[1].at, Instant::at(10_s + 15_min + 10_s)) << "the first scan after";
  EXPECT_EQ(w.cloud.log[2].verb, Verb::Create);
  EXPECT_EQ(w.cloud.log[2].at, Instant::at(10_s + 15_min + 10_s + 5_min));
}

TEST(ScaleUp, ThatTheCloudRefusesIsTriedAgainAfterFiveThenTenMinutes) {
  World w{{group("pool", 0, 3)}};
  w.cloud.refuses = true;
  w.start();
  w.waiting(small_pod("a", 1000));
  w.run(16_min);
  ASSERT_EQ(w.cloud.log.size(), 3U);
  EXPECT_EQ(w.cloud.log[1].at - w.cloud.log[0].at, 5_min);
  EXPECT_EQ(w.cloud.log[2].at - w.cloud.log[1].at, 10_min);
}

TEST(ScaleUp, DoesNothingWhileTooManyNodesAreUnready) {
  World w{{group("pool", 8, 9)}};
  std::vector<std::string> nodes;
  for (int i = 0; i < 8; ++i) nodes.push_back(w.node("pool"));
  w.start();
  w.run(16_min);
  for (int i = 0; i < 4; ++i) w.cloud.set_ready(nodes.at(static_cast<std::size_t>(i)), false);
  w.waiting(small_pod("a", 3900));
  w.waiting(small_pod("b", 3900));
  w.waiting(small_pod("c", 3900));
  w.waiting(small_pod("d", 3900));
  w.waiting(small_pod("e", 3900));
  const int before = w.cloud.count(Verb::Create);
  w.run(2_min);
  EXPECT_EQ(w.cloud.count(Verb::Create), before);
}

// --- the expander --------------------------------------------------------------------------------

std::vector<ExpansionOption> two_options() {
  const auto pod = [](std::int64_t cpu) {
    return std::make_shared<const api::Object>(small_pod("p", cpu, 4 * kGiB));
  };
  return {{0, 1, {pod(3000)}}, {1, 1, {pod(3000), pod(3000)}}};
}

TEST(Expander, MostPodsTakesTheGroupWhereMostFindAPlace) {
  const std::vector<NodeGroup> groups{group("a", 0, 1), group("b", 0, 1, 64'000, 256 * kGiB)};
  const auto options = two_options();
  const auto best = best_options(options, groups, Expander::MostPods);
  ASSERT_EQ(best.size(), 1U);
  EXPECT_EQ(best[0]->group, 1U);
}

TEST(Expander, LeastWasteTakesTheGroupWithTheSmallestShareLeftOver) {
  const std::vector<NodeGroup> groups{group("a", 0, 1), group("b", 0, 1, 64'000, 256 * kGiB)};
  const auto options = two_options();
  // 1/4 + 4/8 of the one are left, 58/64 + 248/256 of the other.
  const auto best = best_options(options, groups, Expander::LeastWaste);
  ASSERT_EQ(best.size(), 1U);
  EXPECT_EQ(best[0]->group, 0U);
}

TEST(Expander, PriorityTakesTheHighestAndGroupsWithoutOneOnlyWhereNoneHasAny) {
  std::vector<NodeGroup> groups{group("a", 0, 1), group("b", 0, 1)};
  const auto options = two_options();
  EXPECT_EQ(best_options(options, groups, Expander::Priority).size(), 2U);
  groups[1].priority = 0;
  auto best = best_options(options, groups, Expander::Priority);
  ASSERT_EQ(best.size(), 1U);
  EXPECT_EQ(best[0]->group, 1U);
  groups[0].priority = 10;
  best = best_options(options, groups, Expander::Priority);
  ASSERT_EQ(best.size(), 1U);
  EXPECT_EQ(best[0]->group, 0U);
  groups[1].priority = 10;
  EXPECT_EQ(best_options(options, groups, Expander::Priority).size(), 2U);
}

TEST(Expander, RandomDrawsAmongAllAndTheSameForTheSameSeed) {
  const std::vector<NodeGroup> groups{group("a", 0, 1), group("b", 0, 1)};
  EXPECT_EQ(best_options(two_options(), groups, Expander::Random).size(), 2U);
  const auto chosen = [&](std::uint64_t seed) {
    World w{groups, {}, seed};
    w.start();
    w.waiting(small_pod("a", 1000));
    w.run(15_s);
    return w.cloud.log.at(0).subject;
  };
  std::map<std::string, int> counts;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    ++counts[chosen(seed)];
    EXPECT_EQ(chosen(seed), chosen(seed));
  }
  // One side seen less than 8 times of 40: 2 in 100,000.
  EXPECT_GE(counts["a"], 8);
  EXPECT_GE(counts["b"], 8);
}

// --- what may be moved ---------------------------------------------------------------------------

TEST(Movability, OfEveryKindOfPod) {
  struct Case {
    const char* what;
    std::function<void(Pod&)> change;
    Movability expected;
  };
  const auto owned_by = [](Kind kind) {
    return [kind](Pod& pod) { pod.meta.owners.front().kind = kind; };
  };
  const auto volume = [](api::VolumeSource source) {
    return [source](Pod& pod) { pod.spec.volumes.push_back({"v", source}); };
  };
  const std::vector<Case> cases{
      {"of a ReplicaSet", [](Pod&) {}, Movability::Moves},
      {"of a StatefulSet", owned_by(Kind::StatefulSet), Movability::Moves},
      {"of a Job", owned_by(Kind::Job), Movability::Moves},
      {"of a DaemonSet", owned_by(Kind::DaemonSet), Movability::Ignored},
      {"of nobody", [](Pod& pod) { pod.meta.owners.clear(); }, Movability::Stays},
      {"over", [](Pod& pod) { pod.status.phase = api::PodPhase::Succeeded; }, Movability::Ignored},
      {"on its way out", [](Pod& pod) { pod.meta.deletion = Instant::at(1_s); },
       Movability::Ignored},
      {"not safe to evict", [](Pod& pod) { pod.meta.annotations[kSafeToEvict] = "false"; },
       Movability::Stays},
      {"of nobody, but safe to evict",
       [](Pod& pod) {
         pod.meta.owners.clear();
         pod.meta.annotations[kSafeToEvict] = "true";
       },
       Movability::Moves},
      {"of the system, without a budget", [](Pod& pod) { pod.meta.namespace_name = "kube-system"; },
       Movability::Stays},
      {"with an emptyDir", volume(api::EmptyDirVolume{}), Movability::Stays},
      {"with an emptyDir in memory", volume(api::EmptyDirVolume{true}), Movability::Moves},
      {"with a hostPath", volume(api::HostPathVolume{"/var", ""}), Movability::Stays},
      {"with a ConfigMap", volume(api::ConfigMapVolume{}), Movability::Moves},
      {"with an emptyDir it can do without",
       [](Pod& pod) {
         pod.spec.volumes.push_back({"v", api::EmptyDirVolume{}});
         pod.meta.annotations[kSafeLocalVolumes] = "u, v";
       },
       Movability::Moves},
  };
  for (const Case& c : cases) {
    Pod pod = small_pod("p", 100);
    c.change(pod);
    EXPECT_EQ(movability(pod, RemainingBudgets{{}}), c.expected) << c.what;
  }
}

TEST(Movability, EndsWhenTheBudgetIsUsedUp) {
  api::PodDisruptionBudget budget;
  budget.meta.namespace_name = "default";
  budget.spec.selector = api::LabelSelector{{{"app", "web"}}, {}};
  budget.status.disruptions_allowed = 1;
  RemainingBudgets budgets{{&budget}};
  const Pod pod = small_pod("p", 100);
  EXPECT_EQ(movability(pod, budgets), Movability::Moves);
  budgets.use(pod);
  EXPECT_EQ(movability(pod, budgets), Movability::Stays);
  EXPECT_EQ(movability(pod, RemainingBudgets{{&budget, &budget}}), Movability::Stays)
      << "more than one budget is about it";
}

TEST(Utilization, IsTheLargerShareAndMustBeBelowTheThreshold) {
  const Node node = group("pool", 0, 1).node;
  EXPECT_TRUE(is_below_utilization(node, 1999, 4 * kGiB - 1, 50));
  EXPECT_FALSE(is_below_utilization(node, 2000, 0, 50));
  EXPECT_FALSE(is_below_utilization(node, 0, 4 * kGiB, 50));
}

// --- scale-down ----------------------------------------------------------------------------------

TEST(ScaleDown, GivesBackANodeThatWasUnneededForMoreThanTenMinutes) {
  World w{{group("pool", 0, 3)}};
  const std::string node = w.node("pool");
  w.start();
  w.run(10_min + 15_s);
  EXPECT_EQ(w.taints(node), std::vector<std::string>{kDeletionCandidateTaint});
  w.run(10_s);
  EXPECT_EQ(w.taints(node), std::vector<std::string>{kToBeDeletedTaint});
  w.run(10_s);
  ASSERT_EQ(w.cloud.log.size(), 1U);
  EXPECT_EQ(w.cloud.log[0].verb, Verb::Delete);
  // Seen unneeded at 10 s; tainted at the first scan more than ten minutes later; 5 s after that.
  EXPECT_EQ(w.cloud.log[0].at, Instant::at(10_s + 10_min + 10_s + 5_s) + w.api.latency * 2);
  w.run(20_s);
  EXPECT_FALSE(w.exists(node)) << "its machine is gone";
}

TEST(ScaleDown, KeepsTheMinimumOfTheGroup) {
  World w{{group("pool", 2, 5)}};
  for (int i = 0; i < 4; ++i) (void)w.node("pool");
  w.start();
  w.run(60_min);
  EXPECT_EQ(w.cloud.machines.size(), 2U);
}

TEST(ScaleDown, WaitsTenMinutesAfterAScaleUp) {
  World w{{group("pool", 0, 9)}};
  const std::string idle = w.node("pool");
  w.start();
  w.run(9_min);
  w.waiting(small_pod("large", 4000));
  w.run(1_s);
  w.bound(small_pod("filler", 4000), idle);
  w.run(20_s);
  ASSERT_EQ(w.cloud.count(Verb::Create), 1);
  const Instant grown = w.cloud.log[0].at;
  w.api.remove({Kind::Pod, "default", "filler"}, Duration{});
  w.api.remove({Kind::Pod, "default", "large"}, Duration{});
  w.run(grown + 10_min - w.executor.now() - 5_s);
  EXPECT_EQ(w.cloud.count(Verb::Delete), 0);
  w.run(2_min);
  EXPECT_EQ(w.cloud.count(Verb::Delete), 2);
}

TEST(ScaleDown, MovesPodsOnlyIfTheyFitElsewhere) {
  for (const bool fits : {true, false}) {
    World w{{group("pool", 0, 3)}};
    const std::string light = w.node("pool");
    const std::string heavy = w.node("pool");
    w.bound(small_pod("moves", 1000), light);
    w.bound(small_pod("stays", fits ? 3000 : 3500), heavy);
    w.start();
    w.run(12_min);
    EXPECT_EQ(w.cloud.machines.contains(light), !fits) << fits;
    EXPECT_TRUE(w.cloud.machines.contains(heavy));
    EXPECT_EQ(w.api.pod("moves") == nullptr, fits) << "evicted";
  }
}

TEST(ScaleDown, TaintsThenEvictsThenGivesBackOneDrainAtATime) {
  World w{{group("pool", 1, 4)}};
  std::vector<std::string> nodes;
  for (int i = 0; i < 3; ++i) nodes.push_back(w.node("pool"));
  for (int i = 0; i < 3; ++i) {
    w.bound(small_pod("p" + std::to_string(i), 1000), nodes.at(static_cast<std::size_t>(i)));
  }
  w.start();
  w.run(10_min + 22_s);
  int tainted = 0;
  for (const auto& node : nodes) {
    const auto taints = w.taints(node);
    tainted += std::count(taints.begin(), taints.end(), kToBeDeletedTaint) > 0 ? 1 : 0;
  }
  EXPECT_EQ(tainted, 1);
  EXPECT_EQ(w.cloud.count(Verb::Delete), 0) << "its pod has not been asked to go yet";
  EXPECT_EQ(w.pods().size(), 3U);
  w.run(15_s);
  EXPECT_EQ(w.cloud.count(Verb::Delete), 1);
  EXPECT_EQ(w.pods().size(), 2U);
}

TEST(ScaleDown, AnUnmovablePodKeepsItsNode) {
  World w{{group("pool", 0, 3)}};
  const std::string node = w.node("pool");
  (void)w.node("pool");
  Pod bare = small_pod("bare", 100);
  bare.meta.owners.clear();
  w.bound(bare, node);
  w.start();
  w.run(60_min);
  EXPECT_EQ(w.cloud.machines.size(), 1U);
  EXPECT_TRUE(w.cloud.machines.contains(node));
  EXPECT_NE(w.api.pod("bare"), nullptr);
}

TEST(ScaleDown, AnEvictionThatIsRefusedIsTriedForTwoMinutesAndThenNoneForThree) {
  World w{{group("pool", 1, 4)}};
  const std::string first = w.node("pool");
  const std::string second = w.node("pool");
  w.bound(small_pod("a", 1000), first);
  w.bound(small_pod("b", 500), second);  // With "a" on it less than half full.
  w.bound(small_pod("c", 2000), w.node("pool"));
  std::map<std::string, std::vector<Instant>> tries;
  w.api.set_interposer(
      [&](const ports::ApiCall& call) -> std::optional<testing::FakeApiServer::Verdict> {
        if (call.verb != Verb::Evict) return std::nullopt;
        tries[call.key.name].push_back(w.executor.now());
        return testing::FakeApiServer::Verdict{Outcome::Refused, false};
      });
  w.start();
  w.run(10_min + 22_s + 2_min);
  EXPECT_EQ(w.taints(first), std::vector<std::string>{kToBeDeletedTaint});
  w.run(20_s);
  EXPECT_TRUE(w.taints(first).empty()) << "taken back";
  w.run(10_min);
  ASSERT_FALSE(tries["a"].empty());
  ASSERT_FALSE(tries["b"].empty()) << "its turn comes next";
  const auto& once = tries["a"];
  EXPECT_GE(once.size(), 12U);
  EXPECT_LE(once[1] - once[0], 10_s + w.api.latency * 4) << "every ten seconds";
  const Duration pause = tries["b"].front() - (once.front() + 2_min);
  EXPECT_GE(pause, 3_min);
  EXPECT_LE(pause, 3_min + 30_s);
  EXPECT_TRUE(w.cloud.log.empty());
}

TEST(ScaleDown, GivesPodsTenMinutesAtMostToEnd) {
  World w{{group("pool", 1, 3)}};
  const std::string node = w.node("pool");
  w.bound(small_pod("busy", 2000), w.node("pool"));
  Pod slow = small_pod("slow", 1000);
  slow.spec.termination_grace = Duration::minutes(60);
  w.bound(slow, node);
  std::optional<Duration> grace;
  w.api.set_interposer(
      [&](const ports::ApiCall& call) -> std::optional<testing::FakeApiServer::Verdict> {
        if (call.verb == Verb::Evict) grace = call.grace;
        return std::nullopt;
      });
  w.start();
  w.run(60_min);
  EXPECT_EQ(grace, 600_s);
}

TEST(ScaleDown, AnUnreadyNodeGoesAfterTwentyMinutesHoweverMuchItHas) {
  World w{{group("pool", 0, 3)}};
  const std::string node = w.node("pool");
  const std::string spare = w.node("pool");
  w.bound(small_pod("p", 3000), node);
  w.bound(small_pod("q", 100), spare);
  w.start();
  w.run(5_s);
  w.cloud.set_ready(node, false);
  w.run(20_min);
  EXPECT_TRUE(w.cloud.machines.contains(node));
  w.run(1_min);
  EXPECT_FALSE(w.cloud.machines.contains(node));
}

TEST(ScaleDown, ANodeThatSaysSoIsLeftAlone) {
  World w{{group("pool", 0, 3)}};
  const std::string name = w.node("pool");
  Node node = std::get<Node>(*w.api.find({Kind::Node, "", name}));
  node.meta.annotations[kScaleDownDisabled] = "true";
  w.api.update(node);
  w.start();
  w.run(30_min);
  EXPECT_TRUE(w.cloud.log.empty());
}

TEST(Restart, TakesBackTaintsOfDeletionsThatNobodyCarriesOut) {
  World w{{group("pool", 1, 3)}};
  const std::string name = w.node("pool");
  Node node = std::get<Node>(*w.api.find({Kind::Node, "", name}));
  node.spec.taints.push_back({kToBeDeletedTaint, "", "NoSchedule", {}});
  w.api.update(node);
  w.start();
  w.run(12_s);
  EXPECT_TRUE(w.taints(name).empty());
}

// --- at random, with the scheduler ---------------------------------------------------------------

TEST(Property, NeverMoreThanTheMaximumNorLessThanTheMinimumNorWithoutAnUnmovablePod) {
  constexpr std::uint64_t kSeeds = 40;
  int given_back = 0;
  int asked_for = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(seed);
    const Draws draws{seed};
    ClusterAutoscalerConfig config;
    config.expander = static_cast<Expander>(seed % 3);
    config.scale_down_unneeded_time = 2_min;
    config.scale_down_delay_after_add = 2_min;
    World w{{group("large", 1, 3, 8000, 16 * kGiB), group("small", 0, 5)}, config, seed};
    (void)w.node("large");
    scheduler::Scheduler scheduler{ports::OwnerId{2}, w.executor, w.api, draws};
    w.executor.attach(ports::OwnerId{2}, scheduler);
    const auto stays = [&](const Pod& pod) {
      return movability(pod, RemainingBudgets{{}}) == Movability::Stays;
    };
    w.cloud.on_delete = [&](const std::string& node) {
      for (const Pod& pod : w.pods()) {
        EXPECT_FALSE(pod.spec.node_name == node && stays(pod)) << pod.meta.name << " on " << node;
      }
    };
    scheduler.start();
    w.start();
    int made = 0;
    for (std::uint64_t step = 0; step < 120; ++step) {
      const auto draw = [&](std::uint64_t count, std::uint64_t what) {
        return draws.index(Purpose::FaultTarget, count, step * 16 + what);
      };
      std::vector<Pod> pods = w.pods();
      // Three quarters of an hour of growth, then of decline, and again.
      const bool grows = (step / 30) % 2 == 0;
      if (draw(3, 0) != 0 && grows) {
        Pod pod = small_pod("p" + std::to_string(++made),
                            500 * (1 + static_cast<std::int64_t>(draw(6, 1))));
        if (draw(8, 2) == 0) pod.meta.annotations[kSafeToEvict] = "false";
        w.api.create(pod);
      } else if (!pods.empty() && !grows) {
        const Pod& gone = pods[draw(pods.size(), 3)];
        w.api.remove(api::key_of(api::Object{gone}), Duration{});
      }
      w.run(90_s);
      std::map<std::string, int> size;
      for (const auto& [name, machine] : w.cloud.machines) {
        ++size[machine.meta.labels.at(kNodeGroupLabel)];
      }
      EXPECT_LE(size["large"], 3);
      EXPECT_GE(size["large"], 1);
      EXPECT_LE(size["small"], 5);
    }
    given_back += w.cloud.count(Verb::Delete);
    asked_for += w.cloud.count(Verb::Create);
    w.executor.detach(ports::OwnerId{2});
  }
  EXPECT_GT(asked_for, 100);
  EXPECT_GT(given_back, 50) << "the property is not true for want of trying";
}

}  // namespace
}  // namespace orrery::controllers
