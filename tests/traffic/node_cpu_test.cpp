// Pods that share the cores of their node (sheet section 6: requests become weights, a lower bound
// under contention).
#include "sim/traffic/node_cpu.h"

#include <gtest/gtest.h>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

struct Wanted {
  CpuClaim claim;
  std::int64_t threads = 0;
};

/// What each gets [cores].
std::vector<double> dealt(std::uint32_t cores, std::int64_t burstable_weight,
                          const std::vector<Wanted>& wanted) {
  NodeCpu cpu{cores};
  cpu.set_burstable_weight(burstable_weight);
  std::uint32_t group = 0;
  for (const Wanted& one : wanted) (void)cpu.wants(group++, one.claim, one.threads);
  std::vector<double> all;
  for (const NodeCpu::Grant& grant : cpu.deal()) {
    all.push_back(static_cast<double>(grant.cores) / static_cast<double>(kWholeCore));
  }
  return all;
}

constexpr CpuClaim kGuaranteed40{CpuClass::Guaranteed, 40};
constexpr CpuClaim kBurstable20{CpuClass::Burstable, 20};
constexpr CpuClaim kBestEffort{CpuClass::BestEffort, 1};

TEST(NodeCpu, GivesEverybodyWhatItWantsWhileThereIsEnough) {
  EXPECT_EQ(dealt(8, 20, {{kGuaranteed40, 2}, {kBurstable20, 3}, {kBestEffort, 3}}),
            (std::vector<double>{2, 3, 3}));
}

TEST(NodeCpu, DealsByWeightWhileThereIsTooLittle) {
  EXPECT_EQ(dealt(4, 20, {{{CpuClass::Guaranteed, 30}, 4}, {{CpuClass::Guaranteed, 10}, 4}}),
            (std::vector<double>{3, 1}));
}

TEST(NodeCpu, GivesToTheOthersWhatOneCannotUse) {
  // By weight the first would have three cores of the four, but it has one thread.
  EXPECT_EQ(dealt(4, 20, {{{CpuClass::Guaranteed, 30}, 1}, {{CpuClass::Guaranteed, 10}, 4}}),
            (std::vector<double>{1, 3}));
}

TEST(NodeCpu, WeighsAllBurstablePodsTogetherWhetherTheyWorkOrNot) {
  // 40 against 80, of which one of four pods is at work: it has what is meant for all four.
  const auto cores = dealt(3, 80, {{kGuaranteed40, 3}, {kBurstable20, 3}});
  EXPECT_NEAR(cores[0], 1.0, 0.001);
  EXPECT_NEAR(cores[1], 2.0, 0.001);
}

TEST(NodeCpu, LeavesBestEffortPodsTheSmallestShareAndThatTogether) {
  const auto cores = dealt(4, 39, {{kBurstable20, 8}, {kBestEffort, 8}, {kBestEffort, 8}});
  EXPECT_NEAR(cores[0], 3.9, 0.01);
  EXPECT_NEAR(cores[1], 0.05, 0.001);
  EXPECT_NEAR(cores[2], 0.05, 0.001);
}

TEST(NodeCpu, SaysWhetherSomebodysShareMayChange) {
  NodeCpu cpu{2};
  EXPECT_FALSE(cpu.wants(0, kBurstable20, 2)) << "all have what they want";
  EXPECT_TRUE(cpu.wants(1, kBurstable20, 1)) << "one too many";
  EXPECT_TRUE(cpu.is_short());
  EXPECT_FALSE(cpu.wants(1, kBurstable20, 1)) << "as before";
  EXPECT_TRUE(cpu.wants(1, kBurstable20, 0)) << "enough again";
  EXPECT_FALSE(cpu.is_short());
}

/// Two services that work 10 ms for each request, on a node of one core; a client of each is always
/// waiting for an answer.
struct Neighbours {
  explicit Neighbours(const CpuClaim& a, const CpuClaim& b, std::optional<Duration> quota_a = {})
      : world{model(), 7} {
    world.engine.share_cores(0, 1);
    const std::uint32_t group_a = world.engine.add_cpu_group(0, a, quota_a);
    const std::uint32_t group_b = world.engine.add_cpu_group(0, b, std::nullopt);
    pod_a = world.pod(0, 0, 0, true, group_a);
    pod_b = world.pod(1, 0, 0, true, group_b);
    world.publish_all();
    world.engine.start();
  }

  static TrafficModel model() {
    TrafficModel model;
    model.latency_between_zones = {};
    for (ServiceIndex service = 0; service < 2; ++service) {
      model.services.push_back(offers(works(10_ms)));
      model.journeys.push_back({.name = "j", .steps = {{service, 0}}, .timeout = {}});
      LoadModel load;
      load.users = 1;
      load.until = Instant::at(100_s);
      load.mix.push_back({service, 1.0});
      model.load.push_back(load);
    }
    return model;
  }

  /// Work of the pods per second of the first `seconds` [cores].
  std::pair<double, double> used(std::int64_t seconds) {
    world.run(Instant::at(Duration::seconds(seconds)));
    const auto of = [&](InstanceId pod) {
      return to_seconds(world.engine.view(pod).cpu) / static_cast<double>(seconds);
    };
    return {of(pod_a), of(pod_b)};
  }

  TrafficWorld world;
  InstanceId pod_a{};
  InstanceId pod_b{};
};

TEST(SharedCores, GoToWhoeverAskedForMore) {
  Neighbours pods{{CpuClass::Guaranteed, 30}, {CpuClass::Guaranteed, 10}};
  const auto [a, b] = pods.used(60);
  EXPECT_NEAR(a, 0.75, 0.002);
  EXPECT_NEAR(b, 0.25, 0.002);
}

TEST(SharedCores, AreFreeForOthersWhileAQuotaIsUsedUp) {
  Neighbours pods{{CpuClass::Guaranteed, 30}, {CpuClass::Guaranteed, 10}, 40_ms};
  const auto [a, b] = pods.used(60);
  EXPECT_NEAR(a, 0.40, 0.002) << "its limit";
  EXPECT_NEAR(b, 0.60, 0.002) << "13.3 ms beside it, the rest of the period alone";
}

TEST(SharedCores, AreLeftByAProcessThatEnds) {
  Neighbours pods{{CpuClass::Guaranteed, 30}, {CpuClass::Guaranteed, 10}};
  (void)pods.used(10);
  const Duration before = pods.world.engine.view(pods.pod_b).cpu;
  (void)pods.world.engine.stress_cpu(pods.pod_a, 4);
  pods.world.engine.kill(pods.pod_a);
  pods.world.run(Instant::at(20_s));
  EXPECT_NEAR(to_seconds(pods.world.engine.view(pods.pod_b).cpu - before), 10.0, 0.02);
}

TEST(SharedCores, AreTakenByStressBesideANeighbour) {
  Neighbours pods{{CpuClass::Guaranteed, 30}, {CpuClass::Guaranteed, 10}};
  (void)pods.used(10);
  const Duration before = pods.world.engine.view(pods.pod_b).cpu;
  EXPECT_TRUE(pods.world.engine.stress_cpu(pods.pod_a, 3)) << "it needs no limit to be felt";
  pods.world.run(Instant::at(20_s));
  EXPECT_NEAR(to_seconds(pods.world.engine.view(pods.pod_b).cpu - before), 2.5, 0.02);
}

TEST(SharedCores, AreNotMissedWhileThereAreEnough) {
  TrafficWorld world{Neighbours::model(), 7};
  world.engine.share_cores(0, 2);
  for (ServiceIndex service = 0; service < 2; ++service) {
    (void)world.pod(service, 0, 0, true,
                    world.engine.add_cpu_group(0, {CpuClass::BestEffort, 1}, std::nullopt));
  }
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(50_s));
  const RequestSeries& series = world.engine.service(0);
  for (const RequestSample& sample : series.samples()) {
    EXPECT_LE(sample.counts.latency_max_ns, (10_ms).count_ns());
  }
}

// M/M/1 with processor sharing: the mean of 1 / (mu - lambda) whatever the order, for two pods
// whose common queue is the core. lambda 2 x 40/s, mu 100/s: 50 ms.
TEST(SharedCores, ServeLikeOneProcessorThatIsShared) {
  TrafficModel model;
  model.latency_between_zones = {};
  for (ServiceIndex service = 0; service < 2; ++service) {
    model.services.push_back(offers(works_about(10_ms), 100'000));
    model.journeys.push_back({.name = "j", .steps = {{service, 0}}, .timeout = {}});
    LoadModel load;
    load.rate_per_second = 40;
    load.until = Instant::at(4000_s);
    load.mix.push_back({service, 1.0});
    model.load.push_back(load);
  }
  TrafficWorld world{model, 11};
  world.engine.share_cores(0, 1);
  for (ServiceIndex service = 0; service < 2; ++service) {
    (void)world.pod(service, 0, 0, true,
                    world.engine.add_cpu_group(0, {CpuClass::Guaranteed, 10}, std::nullopt));
  }
  world.publish_all();
  world.engine.start();
  world.run();
  double seconds = 0;
  std::uint64_t count = 0;
  for (ServiceIndex service = 0; service < 2; ++service) {
    for (const RequestSample& sample : world.engine.service(service).samples()) {
      seconds += static_cast<double>(sample.counts.latency_sum_ns) / 1e9;
      count += sample.counts.of(RequestOutcome::Ok);
    }
  }
  EXPECT_GT(count, 300'000U);
  EXPECT_NEAR(seconds / static_cast<double>(count), 0.050, 0.002);
}

}  // namespace
}  // namespace orrery::sim
