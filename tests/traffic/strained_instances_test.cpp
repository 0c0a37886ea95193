/// @file
/// Instances that something from outside slows: by how much, for how long, and who is named for it.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/traffic/failure_origin.h"
#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

constexpr std::uint64_t kSeed = 11;

/// Clients call one service with one pod, ten times a second; it works 1 ms and waits 4 ms.
struct Clients {
  explicit Clients(Duration timeout = {}, std::uint32_t limit_ms = 0)
      : world{model(timeout), kSeed}, ledger{log, {"a"}} {
    const std::uint32_t group =
        limit_ms == 0 ? kNone : world.engine.add_cpu_group(Duration::milliseconds(limit_ms), kNone);
    pod = world.pod(0, 0, 0, true, group);
    world.engine.explain_failures(ledger);
    world.publish_all();
    world.engine.start();
  }
  static TrafficModel model(Duration timeout) {
    TrafficModel model;
    ServiceModel service = offers(works(1_ms), 1000);
    service.operations[0].wait = Distribution::constant(4_ms);
    model.services.push_back(service);
    add_load(model, {{0, 0}}, kSeed, 10, 400);
    model.journeys[0].timeout = timeout;
    model.latency_between_zones = {};
    return model;
  }
  ports::CauseId fault() { return log.append(world.kernel.now(), 0, "fault", "a"); }
  /// Of the requests that began within these seconds: the longest time [ms].
  [[nodiscard]] double longest(std::size_t from, std::size_t to) const {
    const auto samples = world.engine.service(0).samples();
    std::int64_t most = 0;
    for (std::size_t i = from; i < to; ++i) {
      most = std::max(most, samples[i].counts.latency_max_ns);
    }
    return static_cast<double>(most) * 1e-6;
  }
  [[nodiscard]] double shortest_mean(std::size_t second) const {
    const auto samples = world.engine.service(0).samples();
    const auto& counts = samples[second].counts;
    return static_cast<double>(counts.latency_sum_ns) * 1e-6 /
           static_cast<double>(counts.ended_count());
  }
  [[nodiscard]] std::string origin() const { return origin_of(ledger, log); }

  recording::EventLog log;
  TrafficWorld world;
  FailureLedger ledger;
  InstanceId pod{};
};

TEST(StrainedInstance, WaitsLongerByExactlyWhatIsSaidAndThenAsUsual) {
  for (const std::uint32_t limit_ms : {0U, 1000U}) {
    Clients clients{{}, limit_ms};
    clients.world.run(Instant::at(5_s));
    clients.world.engine.slow_waits(clients.pod, 100_ms, clients.fault());
    clients.world.run(Instant::at(10_s));
    clients.world.engine.slow_waits(clients.pod, {});
    clients.world.run();
    EXPECT_NEAR(clients.longest(0, 5), 5, 1e-6);
    EXPECT_NEAR(clients.longest(5, 10), 105, 1e-6);
    EXPECT_NEAR(clients.shortest_mean(7), 105, 1e-6);
    EXPECT_NEAR(clients.longest(11, 20), 5, 1e-6);
    EXPECT_TRUE(clients.ledger.tallies().empty());
    EXPECT_EQ(clients.world.engine.live_calls(), 0U);
  }
}

TEST(StrainedInstance, IsTheReasonOfWhatTimesOutForIt) {
  Clients clients{50_ms};
  clients.world.engine.slow_waits(clients.pod, 100_ms, clients.fault());
  clients.world.run();
  ASSERT_EQ(clients.ledger.tallies().size(), 1U);
  EXPECT_EQ(clients.origin(), "fault");

  Clients stressed{50_ms, 10};
  EXPECT_TRUE(stressed.world.engine.stress_cpu(stressed.pod, 50, stressed.fault()));
  stressed.world.run();
  ASSERT_FALSE(stressed.ledger.tallies().empty());
  EXPECT_EQ(stressed.origin(), "fault");
}

TEST(StrainedInstance, SharesItsQuotaWhileTheStressLasts) {
  Clients clients{{}, 10};
  clients.world.run(Instant::at(5_s));
  EXPECT_TRUE(clients.world.engine.stress_cpu(clients.pod, 3, clients.fault()));
  clients.world.run(Instant::at(10_s));
  EXPECT_TRUE(clients.world.engine.stress_cpu(clients.pod, 0));
  clients.world.run();
  EXPECT_LE(clients.longest(0, 5), 7);
  // Three strangers have used up the 10 ms after 3.3 ms, so all but few wait for the next period.
  EXPECT_GE(clients.longest(5, 10), 80);
  EXPECT_LE(clients.longest(11, 20), 7);

  Clients unlimited;
  EXPECT_FALSE(unlimited.world.engine.stress_cpu(unlimited.pod, 3));
}

TEST(StrainedInstance, WorkThatIsHeldUpIsDoneSoMuchLaterAndNoOther) {
  TrafficModel model;
  model.services.push_back(offers(works(100_ms), 1000));
  add_load(model, {{0, 0}}, kSeed, 10, 100);
  model.latency_between_zones = {};
  TrafficWorld world{model, kSeed};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(3_s));
  while (world.engine.view(pod).busy == 0) world.run(world.kernel.next_time());
  const std::uint64_t held = world.engine.view(pod).busy;
  world.engine.hold_up_work(pod, 2_s);
  world.engine.hold_up_work(pod, 1_s);
  world.run();
  std::uint64_t late = 0;
  std::uint64_t all = 0;
  for (const RequestSample& sample : world.engine.service(0).samples()) {
    all += sample.counts.ended_count();
    if (sample.counts.latency_max_ns > 150'000'000) {
      EXPECT_EQ(sample.counts.latency_max_ns, 3'100'000'000);
      late += static_cast<std::uint64_t>((static_cast<double>(sample.counts.latency_sum_ns) -
                                          1e8 * static_cast<double>(sample.counts.ended_count())) /
                                             3e9 +
                                         0.5);
    }
  }
  EXPECT_EQ(all, 100U);
  EXPECT_EQ(late, held);
}

}  // namespace
}  // namespace orrery::sim
