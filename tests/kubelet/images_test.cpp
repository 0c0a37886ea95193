// Pulls, their back-off and rates, and what a node tells of its images (sheet sections 2, 7, 9).
#include <gtest/gtest.h>

#include "models/kubelet/image_collector.h"
#include "tests/kubelet/kubelet_world.h"

namespace orrery::testing {
namespace {

using ports::RuntimeVerb;

constexpr std::int64_t kGi = 1 << 30;

TEST(Pulls, TheBackOffIsOfThePodAndTheImageWhicheverContainerPulls) {
  KubeletWorld world;
  api::Pod pod = make_pod();
  pod.spec.containers[0].image = "shop/missing:1";
  pod.spec.containers.push_back(pod.spec.containers[0]);
  pod.spec.containers[1].name = "second";
  world.runtime.missing_images.insert("shop/missing:1");
  world.api.create(pod);
  world.start_kubelet();
  world.run(5_s);
  EXPECT_EQ(world.runtime.log_of(RuntimeVerb::PullImage).size(), 1U);
  EXPECT_EQ(world.status(0).reason, "ErrImagePull");
  EXPECT_EQ(world.status(1).reason, "ImagePullBackOff");
  api::Pod other = pod;
  other.meta.name = "other";
  world.api.create(other);
  world.run(1_s);
  EXPECT_EQ(world.runtime.log_of(RuntimeVerb::PullImage).size(), 2U) << "another pod: at once";
}

TEST(Pulls, BeyondTheRegistrysRateFail) {
  kubelet::KubeletConfig config;
  config.parallel_pulls = 100;
  KubeletWorld world{config};
  world.start_kubelet();
  world.run(1_s);
  for (int i = 0; i < 12; ++i) {
    api::Pod pod = make_pod("pod-" + std::to_string(i));
    pod.spec.containers[0].image = "shop/image:" + std::to_string(i);
    world.api.create(pod);
  }
  world.run(150_ms);
  EXPECT_EQ(world.runtime.log_of(RuntimeVerb::PullImage).size(), 10U) << "the burst";
  world.run(50_ms);
  EXPECT_EQ(world.status(0, "pod-10").reason, "ErrImagePull");
  EXPECT_EQ(world.status(0, "pod-11").reason, "ErrImagePull");
  world.run(1_min);
  EXPECT_TRUE(world.ready("pod-10"));
  EXPECT_TRUE(world.ready("pod-11"));
}

TEST(Pulls, TheRegistrysAllowanceGrowsByFiveASecond) {
  kubelet::KubeletConfig config;
  config.parallel_pulls = 100;
  config.registry_burst = 1;
  KubeletWorld world{config};
  world.start_kubelet();
  world.run(1_s);
  for (int i = 0; i < 3; ++i) {
    api::Pod pod = make_pod("pod-" + std::to_string(i));
    pod.spec.containers[0].image = "shop/image:" + std::to_string(i);
    world.api.create(pod);
    world.run(i == 0 ? 210_ms : 150_ms);
  }
  EXPECT_EQ(world.runtime.log_of(RuntimeVerb::PullImage).size(), 2U) << "the third is too early";
}

TEST(Pulls, RunBesideEachOtherWhereConfigured) {
  kubelet::KubeletConfig config;
  config.parallel_pulls = 2;
  KubeletWorld world{config};
  world.runtime.delays.pull = 10_s;
  for (const char* name : {"a", "b", "c"}) {
    api::Pod pod = make_pod(name);
    pod.spec.containers[0].image = std::string{"shop/"} + name;
    world.api.create(pod);
  }
  world.start_kubelet();
  world.run(40_s);
  const auto pulls = world.runtime.log_of(RuntimeVerb::PullImage);
  ASSERT_EQ(pulls.size(), 3U);
  EXPECT_EQ(pulls[1].at - pulls[0].at, Duration{});
  EXPECT_EQ(pulls[2].at - pulls[0].at, 10_s);
}

const api::Node& node_of(const KubeletWorld& world) {
  return std::get<api::Node>(*world.api.find({api::Kind::Node, {}, "node-1"}));
}

TEST(NodeImages, AreReportedAndAgainSoonAfterAPull) {
  KubeletWorld world;
  world.runtime.image_bytes[kImage] = 80 << 20;
  world.start_kubelet();
  world.run(1_s);
  ASSERT_EQ(node_of(world).status.images.size(), 1U);
  EXPECT_EQ(node_of(world).status.images[0], (api::NodeImage{kImage, 80 << 20}));
  api::Pod pod = make_pod();
  pod.spec.containers[0].image = "shop/other:1";
  world.api.create(pod);
  world.run(10_s);
  EXPECT_EQ(node_of(world).status.images.size(), 1U);
  world.run(21_s);
  EXPECT_EQ(node_of(world).status.images.size(), 2U);
}

TEST(ImageCollection, BeginsAtTheHighThresholdAndFreesDownToTheLow) {
  const kubelet::ImageCollectionConfig config;
  EXPECT_EQ(kubelet::ImageCollector::bytes_to_free({16 * kGi, 100 * kGi}, config), 0);
  EXPECT_EQ(kubelet::ImageCollector::bytes_to_free({15 * kGi, 100 * kGi}, config), 5 * kGi);
  EXPECT_EQ(kubelet::ImageCollector::bytes_to_free({2 * kGi, 100 * kGi}, config), 18 * kGi);
}

TEST(ImageCollection, TakesTheLeastRecentlyUsedFirstAndNoneThatIsYoungOrInUse) {
  const kubelet::ImageCollectionConfig config;
  kubelet::ImageCollector collector;
  const Instant start = Instant::at(1_s);
  collector.observe({{"a", kGi}, {"b", kGi}, {"c", kGi}, {"d", kGi}}, {"a", "b", "d"}, start);
  collector.observe({{"a", kGi}, {"b", kGi}, {"c", kGi}, {"d", kGi}}, {"a", "d"}, start + 1_min);
  collector.observe({{"a", kGi}, {"b", kGi}, {"c", kGi}, {"d", kGi}, {"e", kGi}}, {"d"},
                    start + 2_min);
  using Names = std::vector<std::string>;
  EXPECT_EQ(collector.to_remove(100 * kGi, start + 2_min, config), (Names{"c", "b", "a"}));
  EXPECT_EQ(collector.to_remove(2 * kGi, start + 2_min, config), (Names{"c", "b"}));
  EXPECT_EQ(collector.to_remove(100 * kGi, start + 119_s, config), Names{});
}

TEST(ImageCollection, RemovesUnusedImagesFromANodeWhoseImageDiskFillsUp) {
  kubelet::KubeletConfig config;
  config.eviction.hard.clear();
  KubeletWorld world{config};
  world.runtime.node.image_disk = ports::Supply{100 * kGi, 100 * kGi};
  world.runtime.images = {kImage, "shop/old:1", "shop/older:1"};
  world.runtime.image_bytes = {
      {kImage, 70 * kGi}, {"shop/old:1", 8 * kGi}, {"shop/older:1", 6 * kGi}};
  world.api.create(make_pod());
  world.start_kubelet();
  world.run(6_min);
  EXPECT_EQ(world.runtime.images.size(), 3U) << "84 % is no reason";
  world.runtime.images.insert("shop/new:1");
  world.runtime.image_bytes["shop/new:1"] = 2 * kGi;
  world.run(5_min);
  EXPECT_EQ(world.runtime.images, (std::set<std::string>{kImage, "shop/older:1", "shop/new:1"}));
  EXPECT_TRUE(world.ready());
}

}  // namespace
}  // namespace orrery::testing
