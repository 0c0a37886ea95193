// Node-pressure eviction (sheet section 7).
#include "models/kubelet/eviction.h"

#include <gtest/gtest.h>

#include "tests/kubelet/kubelet_world.h"

namespace orrery::testing {
namespace {

using kubelet::EvictionConfig;
using kubelet::EvictionThreshold;
using kubelet::PodUsage;
using kubelet::PressureWatch;
using kubelet::Signal;
using ports::RuntimeVerb;

constexpr std::int64_t kMi = 1 << 20;
constexpr std::int64_t kGi = 1 << 30;

TEST(Thresholds, AreTheDocumentedOnes) {
  const EvictionConfig config;
  const std::vector<EvictionThreshold> documented{{Signal::MemoryAvailable, 100 * kMi, 0},
                                                  {Signal::NodefsAvailable, 0, 10},
                                                  {Signal::NodefsInodesFree, 0, 5},
                                                  {Signal::ImagefsAvailable, 0, 15},
                                                  {Signal::ImagefsInodesFree, 0, 5}};
  EXPECT_EQ(config.hard, documented);
  EXPECT_TRUE(config.soft.empty());
}

TEST(Thresholds, AreMetByLessThanTheirAmountOrShareAndActedOnMemoryFirst) {
  const EvictionConfig config;
  struct Case {
    const char* name;
    ports::NodeStats stats;
    std::optional<Signal> signal;
  };
  const auto memory = [](std::int64_t available) {
    ports::NodeStats stats;
    stats.memory = ports::Supply{available, 16 * kGi};
    return stats;
  };
  const auto disk = [](std::int64_t available, std::int64_t image_available) {
    ports::NodeStats stats;
    stats.disk = ports::Supply{available, 100 * kGi};
    stats.image_disk = ports::Supply{image_available, 100 * kGi};
    return stats;
  };
  ports::NodeStats both = disk(kGi, kGi);
  both.memory = ports::Supply{0, 16 * kGi};
  ports::NodeStats inodes;
  inodes.inodes = ports::Supply{49, 1000};
  ports::NodeStats image_inodes;
  image_inodes.image_inodes = ports::Supply{49, 1000};
  ports::NodeStats processes;
  processes.processes = ports::Supply{0, 1000};
  const Case cases[] = {
      {"memory exactly", memory(100 * kMi), std::nullopt},
      {"memory below", memory(100 * kMi - 1), Signal::MemoryAvailable},
      {"nodefs exactly", disk(10 * kGi, 50 * kGi), std::nullopt},
      {"nodefs below", disk(10 * kGi - 1, 50 * kGi), Signal::NodefsAvailable},
      {"imagefs exactly", disk(50 * kGi, 15 * kGi), std::nullopt},
      {"imagefs below", disk(50 * kGi, 15 * kGi - 1), Signal::ImagefsAvailable},
      {"inodes", inodes, Signal::NodefsInodesFree},
      {"image inodes", image_inodes, Signal::ImagefsInodesFree},
      {"processes have no default", processes, std::nullopt},
      {"both", both, Signal::MemoryAvailable},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    PressureWatch watch{config};
    const auto finding = watch.observe(c.stats, Instant::at(10_s));
    ASSERT_EQ(finding.has_value(), c.signal.has_value());
    if (finding) {
      EXPECT_EQ(finding->signal, *c.signal);
    }
  }
}

TEST(Thresholds, SoftOnesActOnlyWhenMetForTheirGraceWithoutABreak) {
  EvictionConfig config;
  config.hard.clear();
  config.soft = {{{Signal::MemoryAvailable, kGi, 0}, 90_s}};
  PressureWatch watch{config};
  const auto observe = [&](std::int64_t available, Duration at) {
    ports::NodeStats stats;
    stats.memory = ports::Supply{available, 16 * kGi};
    return watch.observe(stats, Instant::at(at));
  };
  EXPECT_FALSE(observe(kGi / 2, 10_s));
  EXPECT_FALSE(observe(kGi / 2, 90_s));
  EXPECT_FALSE(observe(2 * kGi, 95_s));
  EXPECT_FALSE(observe(kGi / 2, 100_s));
  EXPECT_FALSE(observe(kGi / 2, 180_s));
  const auto finding = observe(kGi / 2, 190_s);
  ASSERT_TRUE(finding);
  EXPECT_FALSE(finding->hard);
  EXPECT_TRUE(watch.under(kubelet::Pressure::Memory, Instant::at(190_s)));
}

TEST(Ranking, GoesByUseAboveRequestThenPriorityThenTheExcess) {
  const auto pod = [](const char* name, std::int64_t request, std::int32_t priority) {
    api::Pod made = make_pod(name);
    if (request > 0) made.spec.containers[0].requests.memory_bytes = request;
    made.spec.priority = priority;
    return made;
  };
  const api::Pod within = pod("within", 2 * kGi, 0);
  const api::Pod important = pod("important", kGi, 1000);
  const api::Pod slightly = pod("slightly", kGi, 0);
  const api::Pod largely = pod("largely", 0, 0);
  std::vector<PodUsage> pods{{&within, 2 * kGi, 9, 1},
                             {&important, 4 * kGi, 8, 2},
                             {&slightly, 2 * kGi, 7, 9},
                             {&largely, 3 * kGi, 6, 3}};
  const auto names = [&] {
    std::vector<std::string> all;
    for (const PodUsage& usage : pods) all.push_back(usage.pod->meta.name);
    return all;
  };
  using Names = std::vector<std::string>;
  rank(pods, Signal::MemoryAvailable);
  EXPECT_EQ(names(), (Names{"largely", "slightly", "important", "within"}));
  rank(pods, Signal::PidAvailable);
  EXPECT_EQ(names(), (Names{"slightly", "largely", "within", "important"}));
  rank(pods, Signal::NodefsAvailable);
  EXPECT_EQ(names(), (Names{"within", "slightly", "largely", "important"}));
}

struct PressureWorld : KubeletWorld {
  explicit PressureWorld(kubelet::KubeletConfig with = {}) : KubeletWorld{std::move(with)} {
    runtime.node.memory = ports::Supply{4 * kGi, 4 * kGi};
  }
  void add(const std::string& name, std::int64_t uses, std::int64_t requests = 0) {
    api::Pod pod = make_pod(name);
    pod.spec.containers[0].image = "shop/" + name;
    if (requests > 0) pod.spec.containers[0].requests.memory_bytes = requests;
    runtime.images.insert("shop/" + name);
    runtime.programs["shop/" + name].memory_bytes = uses;
    api.create(pod);
  }
  [[nodiscard]] const api::Node& node() const {
    return std::get<api::Node>(*api.find({api::Kind::Node, {}, "node-1"}));
  }
  [[nodiscard]] bool under(const char* condition) const {
    return api::find_condition(node().status.conditions, condition)->status ==
           api::ConditionStatus::True;
  }
};

TEST(Eviction, EndsOnePodAtATimeWithinTenSecondsAndReportsWhy) {
  PressureWorld world;
  world.add("small", 500 * kMi);
  world.add("large", 2 * kGi);
  world.start_kubelet();
  world.run(15_s);
  EXPECT_FALSE(world.under("MemoryPressure"));
  world.add("last", 1600 * kMi);
  world.run(11_s);
  EXPECT_TRUE(world.under("MemoryPressure"));
  const api::PodStatus& status = world.pod("large")->status;
  EXPECT_EQ(status.phase, api::PodPhase::Failed);
  EXPECT_EQ(status.reason, "Evicted");
  EXPECT_EQ(status.message, "The node was low on resource: memory.");
  const api::Condition* target = api::find_condition(status.conditions, "DisruptionTarget");
  ASSERT_NE(target, nullptr);
  EXPECT_EQ(target->reason, "TerminationByKubelet");
  world.run(1_min);
  EXPECT_EQ(world.pod("small")->status.phase, api::PodPhase::Running);
  EXPECT_EQ(world.pod("last")->status.phase, api::PodPhase::Running);
}

TEST(Eviction, AtAHardThresholdGivesOneSecondWhichTheTwoSecondMinimumRaises) {
  PressureWorld world;
  world.add("large", 4 * kGi);
  world.start_kubelet();
  world.run(15_s);
  const auto stops = world.runtime.log_of(RuntimeVerb::StopContainer);
  ASSERT_EQ(stops.size(), 1U);
  EXPECT_EQ(stops[0].call.timeout, 2_s);
}

TEST(Eviction, AtASoftThresholdGivesTheShorterOfThePodsGraceAndTheMaximum) {
  kubelet::KubeletConfig config;
  config.eviction.hard.clear();
  config.eviction.soft = {{{Signal::MemoryAvailable, kGi, 0}, 15_s}};
  config.eviction.soft_grace_max = 20_s;
  PressureWorld world{config};
  world.add("large", 4 * kGi);
  world.start_kubelet();
  world.run(20_s);
  EXPECT_TRUE(world.under("MemoryPressure")) << "the condition does not wait for the grace";
  EXPECT_TRUE(world.runtime.log_of(RuntimeVerb::StopContainer).empty());
  world.run(11_s);
  const auto stops = world.runtime.log_of(RuntimeVerb::StopContainer);
  ASSERT_EQ(stops.size(), 1U);
  EXPECT_EQ(stops[0].call.timeout, 20_s);
}

TEST(Eviction, TheConditionStaysForFiveMinutes) {
  PressureWorld world;
  world.add("large", 4 * kGi);
  world.start_kubelet();
  world.run(30_s);
  EXPECT_TRUE(world.under("MemoryPressure"));
  world.run(4_min + 20_s);
  EXPECT_TRUE(world.under("MemoryPressure"));
  world.run(1_min);
  EXPECT_FALSE(world.under("MemoryPressure"));
}

TEST(Eviction, LooksAgainAtOnceWhenThePodIsCleanedUp) {
  PressureWorld world;
  for (const char* name : {"a", "b", "c"}) world.add(name, 2 * kGi);
  world.start_kubelet();
  world.run(16_s);
  // Found at 10 s; cleaned up within two polls of a second; found again and the second one ended.
  EXPECT_EQ(world.runtime.log_of(RuntimeVerb::StopContainer).size(), 2U);
  world.run(1_min);
  EXPECT_EQ(world.runtime.log_of(RuntimeVerb::StopContainer).size(), 2U);
}

TEST(Eviction, WaitsThirtySecondsForACleanUpAtMost) {
  PressureWorld world;
  for (const char* name : {"a", "b"}) world.add(name, 4 * kGi);
  world.runtime.set_interposer([](std::uint64_t, const ports::RuntimeCall& call) {
    using Verdict = std::optional<FakeRuntime::Verdict>;
    return call.verb == RuntimeVerb::StopSandbox ? Verdict{FakeRuntime::Verdict{}} : Verdict{};
  });
  world.start_kubelet();
  world.run(35_s);
  EXPECT_EQ(world.runtime.log_of(RuntimeVerb::StopContainer).size(), 1U);
  world.run(10_s);
  EXPECT_EQ(world.runtime.log_of(RuntimeVerb::StopContainer).size(), 2U);
}

TEST(Eviction, SparesCriticalPods) {
  PressureWorld world;
  world.add("large", 4 * kGi);
  api::Pod pod = *world.pod("large");
  pod.spec.priority = 2'000'000'000;
  world.api.update(pod);
  world.start_kubelet();
  world.run(1_min);
  EXPECT_EQ(world.pod("large")->status.phase, api::PodPhase::Running);
  EXPECT_TRUE(world.under("MemoryPressure"));
}

TEST(Eviction, OfDiskFirstRemovesUnusedImages) {
  PressureWorld world;
  world.runtime.node.image_disk = ports::Supply{100 * kGi, 100 * kGi};
  world.runtime.images.insert("shop/old:1");
  world.runtime.image_bytes["shop/old:1"] = 40 * kGi;
  world.add("large", kMi);
  world.runtime.image_bytes["shop/large"] = 50 * kGi;
  world.start_kubelet();
  world.run(3_min);
  EXPECT_FALSE(world.runtime.images.contains("shop/old:1"));
  EXPECT_EQ(world.pod("large")->status.phase, api::PodPhase::Failed)
      << "the image was younger than two minutes at first, so the pod went";
}

TEST(Eviction, OfDiskSparesThePodsWhereTheImagesAreEnough) {
  PressureWorld world;
  world.runtime.node.image_disk = ports::Supply{100 * kGi, 100 * kGi};
  world.runtime.images.insert("shop/old:1");
  world.runtime.image_bytes["shop/old:1"] = 40 * kGi;
  world.add("large", kMi);
  world.runtime.image_bytes["shop/large"] = 20 * kGi;
  world.start_kubelet();
  world.run(3_min);
  world.runtime.image_bytes["shop/large"] = 50 * kGi;
  world.run(15_s);
  EXPECT_FALSE(world.runtime.images.contains("shop/old:1"));
  EXPECT_EQ(world.pod("large")->status.phase, api::PodPhase::Running);
  EXPECT_TRUE(world.under("DiskPressure"));
}

TEST(Eviction, UnderMemoryPressureNewPodsWithoutRequestsAreTurnedAway) {
  PressureWorld world;
  world.add("large", 4 * kGi);
  world.start_kubelet();
  world.run(20_s);
  ASSERT_TRUE(world.under("MemoryPressure"));
  world.add("late", kMi);
  world.add("careful", kMi, kMi);
  world.run(5_s);
  EXPECT_EQ(world.pod("late")->status.phase, api::PodPhase::Failed);
  EXPECT_EQ(world.pod("late")->status.reason, "Evicted");
  EXPECT_EQ(world.pod("careful")->status.phase, api::PodPhase::Running);
}

TEST(Eviction, OfAPodWhoseEmptyDirHoldsMoreThanItMayGivesOneSecond) {
  PressureWorld world;
  for (const char* name : {"full", "within", "unlimited"}) {
    api::Pod pod = make_pod(name);
    api::EmptyDirVolume volume;
    if (name != std::string{"unlimited"}) volume.size_limit = 100 * kMi;
    pod.spec.volumes.push_back({"scratch", volume});
    world.api.create(pod);
  }
  world.start_kubelet();
  world.run(15_s);
  world.runtime.volume_stats = {{world.pod("full")->meta.uid, "scratch", 100 * kMi + 1},
                                {world.pod("within")->meta.uid, "scratch", 100 * kMi},
                                {world.pod("unlimited")->meta.uid, "scratch", kGi}};
  world.run(11_s);
  const api::PodStatus& status = world.pod("full")->status;
  EXPECT_EQ(status.phase, api::PodPhase::Failed);
  EXPECT_EQ(status.reason, "Evicted");
  EXPECT_EQ(status.message, "Usage of EmptyDir volume \"scratch\" exceeds the limit \"100Mi\".");
  EXPECT_EQ(world.runtime.log_of(RuntimeVerb::StopContainer).at(0).call.timeout, 2_s);
  world.run(1_min);
  EXPECT_EQ(world.pod("within")->status.phase, api::PodPhase::Running);
  EXPECT_EQ(world.pod("unlimited")->status.phase, api::PodPhase::Running);
}

TEST(Eviction, ARuntimeThatMeasuresNothingIsAskedOnce) {
  KubeletWorld world;
  world.start_kubelet();
  world.run(1_min);
  EXPECT_EQ(world.runtime.log_of(RuntimeVerb::Stats).size(), 1U);
}

TEST(Allocatable, IsCapacityLessReservedLessTheHardThresholdOfMemory) {
  kubelet::KubeletConfig config;
  config.reserved_cpu_milli = 500;
  config.reserved_memory_bytes = kGi;
  KubeletWorld world{config};
  world.start_kubelet();
  world.run(1_s);
  const auto& node = std::get<api::Node>(*world.api.find({api::Kind::Node, {}, "node-1"}));
  EXPECT_EQ(node.status.capacity.memory_bytes, 32 * kGi);
  EXPECT_EQ(node.status.allocatable.cpu_milli, 7500);
  EXPECT_EQ(node.status.allocatable.memory_bytes, 31 * kGi - 100 * kMi);
}

}  // namespace
}  // namespace orrery::testing
