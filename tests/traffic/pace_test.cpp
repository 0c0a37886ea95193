/// @file
/// Processes that are slow until they are warm, and that pause.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

/// One service alone, with room for everyone.
TrafficModel lone(Duration work) {
  TrafficModel model;
  model.latency_same_node = model.latency_in_zone = model.latency_between_zones = Duration{};
  model.services.push_back(offers(works(work), 100'000));
  return model;
}

struct Played {
  RequestCounts calls;
  Duration cpu;
};

Played play(TrafficModel model, double rate, std::uint64_t count, std::uint32_t cores = 0) {
  add_load(model, {{0, 0}}, 1, rate, count);
  TrafficWorld world{model, 1};
  const std::uint32_t group =
      cores == 0 ? kNone : world.engine.add_cpu_group(CpuGroup::kPeriod * 4, cores);
  const InstanceId pod = world.pod(0, 0, 0, true, group);
  world.publish_all();
  world.engine.start();
  world.run();
  EXPECT_EQ(world.engine.live_calls(), 0U);
  return {world.engine.service(0).totals(), world.engine.view(pod).cpu};
}

double mean_ms(const Played& played) {
  return static_cast<double>(played.calls.latency_sum_ns) / 1e6 /
         static_cast<double>(played.calls.ended_count());
}

TEST(ProcessPace, FallsEvenlyToOnceTheTime) {
  ProcessPace by_time{{.factor = 5, .lasts = 10_s}, {}, Instant::at(100_s), 0};
  EXPECT_DOUBLE_EQ(by_time.begin(Instant::at(100_s)), 5);
  EXPECT_DOUBLE_EQ(by_time.begin(Instant::at(105_s)), 3);
  EXPECT_DOUBLE_EQ(by_time.begin(Instant::at(110_s)), 1);
  EXPECT_DOUBLE_EQ(by_time.begin(Instant::at(200_s)), 1);
  ProcessPace by_requests{{.factor = 5, .requests = 4}, {}, Instant{}, 0};
  for (const double factor : {5, 4, 3, 2, 1, 1}) {
    EXPECT_DOUBLE_EQ(by_requests.begin(Instant{}), factor);
  }
}

TEST(ProcessPace, CountsRegularPauses) {
  const ProcessPace pace{{}, {.length = 2_s, .every = 10_s}, Instant::at(100_s), 0.5};
  const auto paused = [&](Duration at) { return pace.paused(Instant::at(at)); };
  const auto after = [&](Duration at) { return pace.paused_after(Instant::at(at)); };
  EXPECT_EQ(paused(104_s), Duration{});
  EXPECT_EQ(after(104_s), Duration{});
  EXPECT_EQ(paused(106_s), 1_s);
  EXPECT_EQ(after(106_s), 2_s);
  EXPECT_EQ(paused(107_s), 2_s);
  EXPECT_EQ(paused(114_s), 2_s);
  EXPECT_EQ(paused(116_s), 3_s);
  EXPECT_EQ(after(116_s), 4_s);
}

TEST(ProcessPace, PausesAfterSoManyRequests) {
  ProcessPace pace{{}, {.length = 2_s, .requests = 3}, Instant{}, 0};
  for (int i = 0; i < 3; ++i) (void)pace.begin(Instant::at(1_s));
  EXPECT_EQ(pace.paused_after(Instant::at(1_s)), Duration{});
  (void)pace.begin(Instant::at(1_s));
  EXPECT_EQ(pace.paused(Instant::at(1_s)), Duration{});
  EXPECT_EQ(pace.paused_after(Instant::at(1_s)), 2_s);
  EXPECT_EQ(pace.paused(Instant::at(4_s)), 2_s);
  for (int i = 0; i < 3; ++i) (void)pace.begin(Instant::at(4_s));
  EXPECT_EQ(pace.paused_after(Instant::at(4_s)), 4_s);
}

TEST(WarmUps, CostCoreTimeOnceAProcess) {
  for (const std::uint32_t cores : {0U, 8U}) {
    TrafficModel model = lone(10_ms);
    model.services[0].warm_up = {.factor = 5, .requests = 100};
    const Played played = play(model, 1, 300, cores);
    // 300 x 10 ms, and 4 x (1 + 0.99 + ... + 0.01) = 202 times 10 ms more.
    EXPECT_NEAR(static_cast<double>(played.cpu.count_ns()) / 1e6, 5020, 0.01);
    EXPECT_NEAR(mean_ms(played), 5020.0 / 300, 0.5) << "hardly two at a time";
    EXPECT_NEAR(static_cast<double>(played.calls.latency_max_ns) / 1e6, 50, 5);
  }
}

TEST(Pauses, DelayWhatArrivesInThemAndWhatIsUnderWay) {
  TrafficModel model = lone(10_ms);
  model.services[0].pauses = {.length = 200_ms, .every = 1_s};
  const Played played = play(model, 200, 40'000);
  // A fifth arrives in a pause and waits for half of it; 10 ms in 1 s are interrupted for all of
  // it.
  EXPECT_NEAR(mean_ms(played), 10 + 0.2 * 100 + 0.01 * 200, 0.5);
  EXPECT_EQ(played.calls.latency_max_ns, (210_ms).count_ns());
  EXPECT_EQ(played.cpu, 400_s) << "a pause is no work";
}

TEST(Pauses, ComeWithTheRequestsThatFillTheHeap) {
  TrafficModel model = lone(1_ms);
  model.services[0].pauses = {.length = 50_ms, .requests = 100};
  const Played played = play(model, 0.02, 1000);
  // Nine of 1000 find the heap full; nobody else is there.
  EXPECT_EQ(played.calls.latency_sum_ns, 1000 * (1_ms).count_ns() + 9 * (50_ms).count_ns());
}

TEST(Pauses, HoldTheSlotsSoThatLessGetsThrough) {
  TrafficModel model = lone(10_ms);
  model.services[0].concurrency = 1;
  model.services[0].queue_max = 10;
  model.services[0].pauses = {.length = 250_ms, .every = 1_s};
  const Played played = play(model, 1000, 20'000);
  // 20 s with one slot that works three quarters of the time: 75 a second.
  EXPECT_NEAR(static_cast<double>(played.calls.of(RequestOutcome::Ok)), 1500, 40);
}

}  // namespace
}  // namespace orrery::sim
