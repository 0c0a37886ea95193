// Work that ends, autoscaling by measured load, and drains, in the simulated world: figures that a
// reader can work out by hand, plus what nodes and API calls take.
#include <gtest/gtest.h>

#include "models/recording/event_log.h"
#include "sim/world/sim_world.h"

namespace orrery::sim {
namespace {

class Lab {
 public:
  explicit Lab(WorldConfig config) : world{std::move(config), log, nullptr} { world.start(); }

  static WorldConfig config(int nodes = 2) {
    WorldConfig made;
    for (int i = 1; i <= nodes; ++i) {
      WorldNode node;
      node.name = "n" + std::to_string(i);
      node.resources = {8000, 32LL << 30, 110, {}};
      made.nodes.push_back(std::move(node));
    }
    made.profile = *profile::profile_named("kubernetes-1.30");
    return made;
  }

  ports::Outcome create(api::Object object) {
    ports::ApiCall call;
    call.verb = ports::Verb::Create;
    call.key = api::key_of(object);
    call.object = std::make_shared<const api::Object>(std::move(object));
    return world.apply(call, 0);
  }
  template <class T>
  [[nodiscard]] T find(api::Kind kind, const std::string& name) const {
    const api::ObjectPtr found = world.api().find({kind, "default", name});
    return found == nullptr ? T{} : std::get<T>(*found);
  }

  recording::EventLog log;
  SimWorld world;
};

api::PodTemplate pods_of(const std::string& image) {
  api::PodTemplate pods;
  pods.labels["app"] = "web";
  api::Container& container = pods.spec.containers.emplace_back();
  container.name = "main";
  container.image = image;
  return pods;
}

TEST(LabJob, TenCompletionsAtThreeAtATimeOf20SecondsTake80SecondsAndTheirOverhead) {
  WorldConfig config = Lab::config();
  config.images["work:1"].process.runs_for = Distribution::constant(20_s);
  Lab lab{config};
  lab.world.run_until(Instant::at(10_s));
  api::Job job;
  job.meta.name = "sum";
  job.meta.namespace_name = "default";
  job.spec.completions = 10;
  job.spec.parallelism = 3;
  job.spec.pod_template = pods_of("work:1");
  job.spec.pod_template.spec.restart_policy = api::RestartPolicy::Never;
  ASSERT_EQ(lab.create(job), ports::Outcome::Ok);
  lab.world.run_until(Instant::at(110_s));
  const api::JobStatus status = lab.find<api::Job>(api::Kind::Job, "sum").status;
  EXPECT_EQ(status.succeeded, 10);
  EXPECT_EQ(status.failed, 0);
  ASSERT_TRUE(status.completion_time.has_value());
  // Four rounds; each pod takes a start of some 300 ms, and changes are batched for a second.
  const double took = to_seconds(*status.completion_time - *status.start_time);
  EXPECT_GT(took, 80.0);
  EXPECT_LT(took, 88.0);
  for (const api::ObjectPtr& pod : lab.world.api().objects_of(api::Kind::Pod)) {
    EXPECT_TRUE(api::meta_of(*pod).finalizers.empty());
  }
}

/// A service of pods that request 100m each, under a load that needs a quarter of a core.
WorldConfig under_load() {
  WorldConfig config = Lab::config();
  config.images["app:1"].start = Distribution::constant(1_ms);
  ServiceModel service;
  service.name = "default/web";
  service.port_name = "http";
  service.operations.push_back(
      {.name = "get", .cpu = Distribution::constant(5_ms), .wait = {}, .steps = {}});
  config.traffic.services.push_back(service);
  config.traffic.journeys.push_back({.name = "visit", .steps = {{0, 0}}, .timeout = 1_s});
  config.traffic.load.push_back({.rate_per_second = 50, .from = {}, .mix = {{0, 1.0}}});
  config.bindings.push_back({.service = 0,
                             .namespace_name = "default",
                             .selector = {{"app", "web"}},
                             .target_port = 8080});
  return config;
}

void create_web(Lab& lab, std::int32_t replicas) {
  api::Service service;
  service.meta.name = "web";
  service.meta.namespace_name = "default";
  service.spec.selector = {{"app", "web"}};
  service.spec.ports = {{"http", "TCP", 80, 8080}};
  ASSERT_EQ(lab.create(service), ports::Outcome::Ok);
  api::Deployment web;
  web.meta.name = "web";
  web.meta.namespace_name = "default";
  web.spec.replicas = replicas;
  web.spec.selector.match_labels = {{"app", "web"}};
  web.spec.pod_template = pods_of("app:1");
  web.spec.pod_template.spec.containers[0].requests.cpu_milli = 100;
  ASSERT_EQ(lab.create(web), ports::Outcome::Ok);
}

api::HorizontalPodAutoscaler autoscaler() {
  api::HorizontalPodAutoscaler a;
  a.meta.name = "web";
  a.meta.namespace_name = "default";
  a.spec.target_name = "web";
  a.spec.max_replicas = 20;
  api::MetricSpec metric;
  metric.name = "cpu";
  metric.value = 50;
  a.spec.metrics = {metric};
  return a;
}

TEST(LabAutoscaler, FollowsTheCoreTimeThatRequestsTake) {
  WorldConfig config = under_load();
  config.profile.kubelet.reports_metrics = true;
  Lab lab{config};
  create_web(lab, 1);
  ASSERT_EQ(lab.create(autoscaler()), ports::Outcome::Ok);
  lab.world.run_until(Instant::at(200_s));
  // 50 requests/s of 5 ms are 250m: at 50 % of 100m each that is 5 pods.
  const auto web = lab.find<api::Deployment>(api::Kind::Deployment, "web");
  EXPECT_GE(web.spec.replicas, 5);
  EXPECT_LE(web.spec.replicas, 6);
  std::int64_t used = 0;
  for (const api::ObjectPtr& object : lab.world.api().objects_of(api::Kind::PodMetrics)) {
    const auto& metrics = std::get<api::PodMetrics>(*object);
    EXPECT_EQ(metrics.window, 15_s);
    used += metrics.containers.at(0).cpu_milli;
  }
  EXPECT_NEAR(static_cast<double>(used), 250.0, 40.0);
}

TEST(LabAutoscaler, WithoutReportsThereAreNoMetricsAndNoChange) {
  Lab lab{under_load()};
  create_web(lab, 1);
  ASSERT_EQ(lab.create(autoscaler()), ports::Outcome::Ok);
  lab.world.run_until(Instant::at(100_s));
  EXPECT_TRUE(lab.world.api().objects_of(api::Kind::PodMetrics).empty());
  const auto a = lab.find<api::HorizontalPodAutoscaler>(api::Kind::HorizontalPodAutoscaler, "web");
  const auto* active = api::find_condition(a.status.conditions, "ScalingActive");
  ASSERT_NE(active, nullptr);
  EXPECT_EQ(active->reason, "FailedGetResourceMetric");
  EXPECT_EQ(lab.find<api::Deployment>(api::Kind::Deployment, "web").spec.replicas, 1);
}

}  // namespace
}  // namespace orrery::sim
