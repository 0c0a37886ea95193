// A client keeps the endpoint it was given, where the Service says so (sessionAffinity: ClientIP).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

constexpr std::uint64_t kSeed = 11;
constexpr std::size_t kPods = 4;

/// How many requests each pod of the service has worked on; each takes 1 ms.
std::vector<std::int64_t> shares(TrafficWorld& world, const std::vector<InstanceId>& pods) {
  std::vector<std::int64_t> counts;
  for (const InstanceId pod : pods) {
    counts.push_back(world.engine.view(pod).cpu.count_ns() / 1'000'000);
  }
  return counts;
}

void publish(TrafficWorld& world, ServiceIndex service, std::optional<Duration> affinity) {
  ++world.version;
  for (ConsumerIndex consumer = 0; consumer <= world.nodes; ++consumer) {
    world.engine.publish(consumer, service, world.pods[service], world.version, affinity);
  }
}

std::vector<InstanceId> four_pods(TrafficWorld& world, ServiceIndex service) {
  std::vector<InstanceId> pods;
  for (std::size_t i = 0; i < kPods; ++i) pods.push_back(world.pod(service));
  return pods;
}

TEST(Affinity, OfAJourneyHoldsForAllItsStepsAndJourneysSpread) {
  for (const bool sticky : {false, true}) {
    TrafficModel model;
    model.services.push_back(offers(works(1_ms)));
    add_load(model, {{0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 0}}, kSeed, 20.0, 200);
    TrafficWorld world{model, kSeed};
    const auto pods = four_pods(world, 0);
    publish(world, 0, sticky ? std::optional{10_s} : std::nullopt);
    world.engine.start();
    world.run();
    const auto counts = shares(world, pods);
    const bool whole_journeys = std::all_of(counts.begin(), counts.end(),
                                            [](std::int64_t count) { return count % 5 == 0; });
    EXPECT_EQ(whole_journeys, sticky);
    for (const std::int64_t count : counts) EXPECT_NEAR(static_cast<double>(count), 250, 100);
  }
}

TEST(EndpointsByNode, APodAloneOnItsNodeGetsAsMuchAsAllOfAnother) {
  TrafficModel model;
  model.services.push_back(offers(works(1_ms)));
  add_load(model, {{0, 0}}, kSeed, 100.0, 6000);
  TrafficWorld world{model, kSeed};
  const auto pods = four_pods(world, 0);
  const std::array<std::uint32_t, 2> node_ends{1, 4};
  world.engine.publish(kOutsideClients, 0, world.pods[0], 1, std::nullopt, 0, node_ends);
  EXPECT_EQ(world.engine.table(kOutsideClients, 0).node_ends.size(), 2U);
  world.engine.start();
  world.run();
  const auto counts = shares(world, pods);
  EXPECT_NEAR(static_cast<double>(counts[0]), 3000, 5 * 38.7);  // sqrt(6000 / 4)
  for (std::size_t i = 1; i < kPods; ++i) {
    EXPECT_NEAR(static_cast<double>(counts[i]), 1000, 5 * 28.9);  // sqrt(6000 * 5 / 36)
  }
}

/// A pod of service 0 that calls service 1 for each of its requests.
struct ChainWorld {
  explicit ChainWorld(std::optional<Duration> lasts) : world{model(), kSeed}, affinity{lasts} {
    (void)world.pod(0);
    called = four_pods(world, 1);
    world.publish_all();
    publish(world, 1, affinity);
    world.engine.start();
  }
  static TrafficModel model() {
    TrafficModel made;
    made.services.push_back(offers(works(1_ms)));
    made.services.push_back(offers(works(1_ms)));
    made.services[0].operations[0].steps.push_back({{call(1)}});
    add_load(made, {{0, 0}}, kSeed, 2.0, 100);
    return made;
  }
  [[nodiscard]] std::size_t pods_used() {
    const auto counts = shares(world, called);
    return static_cast<std::size_t>(
        std::count_if(counts.begin(), counts.end(), [](std::int64_t count) { return count > 0; }));
  }

  TrafficWorld world;
  std::optional<Duration> affinity;
  std::vector<InstanceId> called;
};

TEST(Affinity, OfAPodHoldsWhileItIsNotSilentForLonger) {
  ChainWorld none{std::nullopt};
  none.world.run();
  EXPECT_EQ(none.pods_used(), kPods);
  ChainWorld long_lived{60_s};
  long_lived.world.run();
  EXPECT_EQ(long_lived.pods_used(), 1U);
  ChainWorld short_lived{1_ms};
  short_lived.world.run();
  EXPECT_EQ(short_lived.pods_used(), kPods);
}

TEST(Affinity, EndsWhenTheEndpointIsGoneAndHoldsAgainForTheNext) {
  ChainWorld chain{60_s};
  chain.world.run(Instant::at(10_s));
  const auto before = shares(chain.world, chain.called);
  const std::size_t first =
      static_cast<std::size_t>(std::max_element(before.begin(), before.end()) - before.begin());
  auto& table = chain.world.pods[1];
  table.erase(table.begin() + static_cast<std::ptrdiff_t>(first));
  publish(chain.world, 1, chain.affinity);
  chain.world.run();
  const auto after = shares(chain.world, chain.called);
  EXPECT_EQ(after[first], before[first]);
  EXPECT_EQ(chain.pods_used(), 2U);
}

}  // namespace
}  // namespace orrery::sim
