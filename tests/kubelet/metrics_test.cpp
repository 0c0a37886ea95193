#include <gtest/gtest.h>

#include "tests/kubelet/kubelet_world.h"

namespace orrery::kubelet {
namespace {

using orrery::testing::KubeletWorld;
using orrery::testing::make_pod;

KubeletConfig reporting() {
  KubeletConfig config;
  config.reports_metrics = true;
  return config;
}

const api::PodMetrics* metrics_in(const KubeletWorld& world) {
  const api::ObjectPtr found = world.api.find({api::Kind::PodMetrics, "default", "web"});
  return found == nullptr ? nullptr : &std::get<api::PodMetrics>(*found);
}

std::size_t writes_of_metrics(const KubeletWorld& world) {
  std::size_t count = 0;
  for (const auto& logged : world.api.log()) {
    if (logged.call.key.kind == api::Kind::PodMetrics) ++count;
  }
  return count;
}

TEST(Metrics, AreTheAverageBetweenTwoSamples) {
  KubeletWorld world{reporting()};
  world.runtime.programs[orrery::testing::kImage].cpu_milli = 250;
  world.runtime.programs[orrery::testing::kImage].memory_bytes = 7 << 20;
  world.start_kubelet();
  world.run(7_s);
  world.api.create(make_pod());
  ASSERT_TRUE(world.run_until_ready());
  world.run(10_s);
  EXPECT_EQ(metrics_in(world), nullptr) << "8 s of a container are too little";
  world.run(15_s);
  const api::PodMetrics* metrics = metrics_in(world);
  ASSERT_NE(metrics, nullptr);
  EXPECT_EQ(metrics->window, 15_s);
  ASSERT_EQ(metrics->containers.size(), 1U);
  EXPECT_EQ(metrics->containers[0], (api::ContainerUsage{"app", 250, 7 << 20}));
  EXPECT_EQ(metrics->meta.owners.at(0).uid, world.pod()->meta.uid);
}

TEST(Metrics, OfAContainerThatStartedTenSecondsAgoCountFromItsStart) {
  KubeletWorld world{reporting()};
  world.runtime.programs[orrery::testing::kImage].cpu_milli = 500;
  world.start_kubelet();
  world.run(2_s);
  world.api.create(make_pod());
  ASSERT_TRUE(world.run_until_ready());
  world.run(15_s);
  const api::PodMetrics* metrics = metrics_in(world);
  ASSERT_NE(metrics, nullptr);
  EXPECT_GE(metrics->window, 10_s);
  EXPECT_LT(metrics->window, 15_s);
  EXPECT_NEAR(static_cast<double>(metrics->containers.at(0).cpu_milli), 500.0, 1.0);
}

TEST(Metrics, GoWithTheirPod) {
  KubeletWorld world{reporting()};
  world.start_kubelet();
  world.api.create(make_pod());
  world.run(40_s);
  ASSERT_NE(metrics_in(world), nullptr);
  world.remove("web", Duration{});
  world.run(40_s);
  EXPECT_EQ(metrics_in(world), nullptr);
}

TEST(Metrics, OfAPredecessorAreWrittenOn) {
  KubeletWorld world{reporting()};
  world.start_kubelet();
  world.api.create(make_pod());
  world.run(40_s);
  ASSERT_NE(metrics_in(world), nullptr);
  const Instant before = metrics_in(world)->timestamp;
  world.restart_kubelet();
  world.run(60_s);
  EXPECT_GT(metrics_in(world)->timestamp, before + 30_s);
}

TEST(Metrics, AreNotMeasuredUnlessSomebodyReadsThem) {
  KubeletWorld world;
  world.start_kubelet();
  world.api.create(make_pod());
  world.run(60_s);
  EXPECT_EQ(writes_of_metrics(world), 0U);
}

}  // namespace
}  // namespace orrery::kubelet
