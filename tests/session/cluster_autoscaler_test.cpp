// Node groups, from a scenario's text to nodes that come and go.
#include "models/controllers/cluster_autoscaler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "runner/scenario/reading.h"
#include "runner/session/sim_session.h"
#include "runner/session/world_config.h"
#include "runner/verdict/verdict.h"

namespace orrery::session {
namespace {

using scenario::Scenario;

Scenario read_text(const std::string& cluster, const std::string& duration = "10min") {
  const auto reading = scenario::read_scenario_text(
      R"({"format": 1, "name": "n", "duration": ")" + duration +
          R"(", "manifests": ["scenarios/cluster-autoscaler/manifests"], "cluster": )" + cluster +
          "}",
      "f.json", "");
  for (const api::Problem& problem : reading.problems) ADD_FAILURE() << to_string(problem);
  return reading.scenario.value_or(Scenario{});
}

TEST(ClusterAutoscaler, TheShippedScenarioHasEveryFigureOfItsArithmetic) {
  auto reading = scenario::read_scenario("scenarios/cluster-autoscaler/needed-for-a-while.json");
  ASSERT_TRUE(reading.scenario.has_value());
  const auto results = simulate_all(*reading.scenario, 2, [](std::uint64_t) {});
  ASSERT_TRUE(results.has_value());
  const auto judgement = verdict::judge(*reading.scenario, *results);
  for (const auto& e : judgement.expectations) {
    EXPECT_EQ(e.verdict, verdict::Verdict::Pass) << e.id << ": " << e.observed_text << " " << e.why;
  }
  EXPECT_EQ(simulate(*reading.scenario, 1).fingerprint, simulate(*reading.scenario, 1).fingerprint);
}

TEST(ClusterAutoscaler, EverySettingReachesIt) {
  const auto config = world_config(read_text(R"({"nodes": 1, "node": {"cpu": "4", "memory": "8Gi"},
        "nodeGroups": {"pool": {"min": 1, "max": 12, "nodes": 2, "startTime": "45s", "zone": "z",
                                "cpu": "2", "labels": {"disk": "ssd"}, "priority": 7,
                                "taints": ["dedicated=batch:NoSchedule"]}},
        "autoscaler": {"expander": "most-pods", "maxNodesTotal": 9, "scanInterval": "20s", "newPodScaleUpDelay": "5s",
          "maxNodeProvisionTime": "5min", "utilizationThreshold": "40%", "unneededTime": "1min",
          "unreadyTime": "2min", "delayAfterAdd": "4min", "delayAfterFailure": "6min"}})"),
                                   1);
  ASSERT_EQ(config.groups.size(), 1U);
  EXPECT_EQ(config.groups[0].min, 1);
  EXPECT_EQ(config.groups[0].max, 12);
  EXPECT_EQ(config.groups[0].initial, 2);
  EXPECT_EQ(config.groups[0].start_time, Distribution::constant(Duration::seconds(45)));
  ASSERT_EQ(config.nodes.size(), 13U);
  EXPECT_EQ(config.groups[0].priority, 7);
  EXPECT_EQ(config.nodes[0].group, "");
  EXPECT_TRUE(config.nodes[0].taints.empty());
  EXPECT_EQ(config.nodes[1].taints,
            (std::vector<api::Taint>{{"dedicated", "batch", "NoSchedule", std::nullopt}}));
  EXPECT_EQ(config.nodes[1].name, "pool-01");
  EXPECT_EQ(config.nodes[1].group, "pool");
  EXPECT_EQ(config.nodes[1].resources.cpu_milli, 2000);
  EXPECT_EQ(config.nodes[1].labels.at("disk"), "ssd");
  EXPECT_EQ(config.nodes[1].labels.at(controllers::kNodeGroupLabel), "pool");
  EXPECT_EQ(config.nodes[1].labels.at("topology.kubernetes.io/zone"), "z");
  const controllers::ClusterAutoscalerConfig& a = config.profile.cluster_autoscaler;
  EXPECT_EQ(a.expander, controllers::Expander::MostPods);
  EXPECT_EQ(a.nodes_total_max, 9);
  EXPECT_EQ(a.scan_interval, Duration::seconds(20));
  EXPECT_EQ(a.new_pod_scale_up_delay, Duration::seconds(5));
  EXPECT_EQ(a.max_node_provision_time, Duration::minutes(5));
  EXPECT_EQ(a.utilization_threshold, 40);
  EXPECT_EQ(a.scale_down_unneeded_time, Duration::minutes(1));
  EXPECT_EQ(a.scale_down_unready_time, Duration::minutes(2));
  EXPECT_EQ(a.scale_down_delay_after_add, Duration::minutes(4));
  EXPECT_EQ(a.scale_down_delay_after_failure, Duration::minutes(6));
}

/// A world of one small node and a pool, run to `end` second by second.
struct PoolWorld {
  recording::EventLog log;
  std::optional<sim::SimWorld> world;

  explicit PoolWorld(const std::string& cluster, std::int32_t replicas) {
    const Scenario s = read_text(cluster);
    world.emplace(world_config(s, 1), log, nullptr);
    for (const api::ManifestObject& manifest : s.objects) {
      api::Object object = manifest.object;
      if (auto* web = std::get_if<api::Deployment>(&object)) web->spec.replicas = replicas;
      write(ports::Verb::Create, object);
    }
    world->start();
  }
  void write(ports::Verb verb, const api::Object& object) {
    ports::ApiCall call;
    call.verb = verb;
    call.key = api::key_of(object);
    call.object = std::make_shared<const api::Object>(object);
    EXPECT_EQ(world->apply(call, 0), ports::Outcome::Ok);
  }
  void scale(std::int32_t replicas) {
    auto web =
        std::get<api::Deployment>(*world->api().find({api::Kind::Deployment, "default", "web"}));
    web.spec.replicas = replicas;
    write(ports::Verb::Update, web);
  }
  void run(Duration time) { world->run_until(world->now() + time); }
  [[nodiscard]] std::set<std::string> nodes() const {
    std::set<std::string> names;
    for (const auto& node : world->api().objects_of(api::Kind::Node)) {
      names.insert(api::meta_of(*node).name);
    }
    return names;
  }
  [[nodiscard]] int ready() const {
    const auto pods = world->api().objects_of(api::Kind::Pod);
    return static_cast<int>(std::count_if(pods.begin(), pods.end(), [](const auto& pod) {
      return api::is_ready(std::get<api::Pod>(*pod));
    }));
  }
};

constexpr const char* kPool = R"({"nodes": ["base"], "node": {"cpu": "4", "memory": "8Gi"},
  "nodeGroups": {"pool": {"max": 2, "startTime": "30s"}},
  "autoscaler": {"unneededTime": "1min", "delayAfterAdd": "1min"}})";

TEST(ClusterAutoscaler, ANodeIsThereAfterItsStartTimeAndNeverMoreThanTheMaximum) {
  PoolWorld w{kPool, 40};
  w.run(Duration::seconds(39));
  EXPECT_EQ(w.nodes(), std::set<std::string>{"base"});
  w.run(Duration::seconds(3));
  EXPECT_EQ(w.nodes(), (std::set<std::string>{"base", "pool-1", "pool-2"}));
  w.run(Duration::minutes(5));
  EXPECT_EQ(w.nodes().size(), 3U);
  EXPECT_EQ(w.ready(), 15) << "five fill a node";
}

TEST(ClusterAutoscaler, AHostThatComesBackIsANewMachine) {
  PoolWorld w{kPool, 15};
  w.run(Duration::minutes(2));
  ASSERT_EQ(w.ready(), 15);
  w.scale(1);
  w.run(Duration::minutes(12));
  ASSERT_EQ(w.nodes(), std::set<std::string>{"base"});
  w.scale(15);
  w.run(Duration::minutes(2));
  EXPECT_EQ(w.nodes().size(), 3U);
  EXPECT_EQ(w.ready(), 15);
  for (const auto& object : w.world->api().objects_of(api::Kind::Node)) {
    EXPECT_TRUE(std::get<api::Node>(*object).spec.taints.empty()) << "nothing of the first";
  }
}

TEST(ClusterAutoscaler, GoesOnAfterTheControlPlaneWasKilledInTheMiddleOfEverything) {
  for (int seconds = 100; seconds <= 260; seconds += 20) {
    SCOPED_TRACE(seconds);
    PoolWorld w{kPool, 11};
    w.run(Duration::seconds(60));
    w.scale(2);
    w.run(Duration::seconds(seconds - 60));
    EXPECT_TRUE(w.world->kill_control_plane());
    w.run(Duration::seconds(5));
    EXPECT_TRUE(w.world->start_control_plane(0));
    w.run(Duration::minutes(15));
    EXPECT_EQ(w.nodes(), std::set<std::string>{"base"});
    EXPECT_EQ(w.ready(), 2);
  }
}

TEST(ClusterAutoscaler, AFaultOfANodeThatWasGivenBackHitsNothing) {
  PoolWorld w{kPool, 1};
  w.run(Duration::minutes(1));
  EXPECT_FALSE(w.world->crash_node("pool-1", 0));
  EXPECT_FALSE(w.world->restore_node("pool-1", 0));
  EXPECT_FALSE(w.world->start_node_agent("pool-1", 0));
  w.run(Duration::minutes(1));
  EXPECT_EQ(w.nodes(), std::set<std::string>{"base"});
}

}  // namespace
}  // namespace orrery::session
