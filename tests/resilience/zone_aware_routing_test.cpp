#include "models/resilience/zone_aware_routing.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "tests/resilience/conformance.h"
#include "tests/resilience/shares.h"

namespace orrery::resilience {
namespace {

ZoneTally zone(std::uint32_t local, std::uint32_t upstream) {
  return {local, local, upstream, upstream};
}

TEST(LocalityWeight, FollowsTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    std::uint64_t available, total;
    double weight;  ///< In effect, of 10.
  };
  for (const Case& c : std::vector<Case>{{"3.6", "all", 7, 7, 10.0},
                                         {"3.6", "five of seven: 140 * 5/7 = 100", 5, 7, 10.0},
                                         {"3.6", "half: 70 %", 5, 10, 7.0},
                                         {"3.6", "none", 0, 10, 0.0},
                                         {"3.6", "no hosts", 0, 0, 0.0}}) {
    EXPECT_NEAR(effective_locality_weight(10.0, c.available, c.total), c.weight, 1e-12)
        << c.source << ": " << c.rule;
  }
}

TEST(ZoneAwareRouting, KeepsSharesAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    ZoneAwareConfig config;
    std::vector<ZoneTally> zones;
    bool local_panic;
    std::optional<std::uint32_t> own_share;
  };
  const ZoneAwareConfig usual;
  const ZoneAwareConfig before{.equal_zone_counts = true};
  const ZoneAwareConfig direct{.force_locality_direct_routing = true};
  const std::vector<Case> cases{
      {"3.6 zone", "equal shares: all stays", usual, {zone(3, 3), zone(3, 3)}, false, 10'000},
      {"3.6 zone",
       "more upstream than local: all stays",
       usual,
       {zone(1, 5), zone(3, 3)},
       false,
       10'000},
      {"3.6 zone", "less: upstream % / local %", usual, {zone(5, 2), zone(5, 6)}, false, 5'000},
      {"3.6 zone",
       "5 healthy upstream hosts: one below",
       usual,
       {zone(2, 2), zone(2, 3)},
       false,
       {}},
      {"3.6 zone", "6: at", usual, {zone(2, 3), zone(2, 3)}, false, 10'000},
      {"3.6 zone", "one zone upstream", usual, {zone(2, 6), zone(2, 0)}, false, {}},
      {"3.6 zone", "one zone of callers", usual, {zone(4, 3), zone(0, 3)}, false, {}},
      {"3.6 zone",
       "no hosts in the own zone",
       usual,
       {zone(2, 0), zone(2, 3), zone(2, 3)},
       false,
       {}},
      {"3.6 zone", "nor healthy ones", usual, {{2, 2, 3, 0}, zone(2, 3), zone(2, 3)}, false, {}},
      {"3.6 zone", "panic among the callers", usual, {zone(3, 3), zone(3, 3)}, true, {}},
      {"3.6 zone",
       "zone counts may differ",
       usual,
       {zone(2, 4), zone(2, 2), zone(0, 2)},
       false,
       10'000},
      {"3.6 zone before 1.28",
       "zone counts must be equal",
       before,
       {zone(2, 4), zone(2, 2), zone(0, 2)},
       false,
       {}},
      {"3.6 zone before 1.28", "and are", before, {zone(2, 4), zone(2, 4)}, false, 10'000},
      {"3.6 zone", "forced: all stays", direct, {zone(5, 1), zone(5, 7)}, false, 10'000},
  };
  conformance::table("locality.zone-aware", cases);
  for (const Case& c : cases) {
    ZoneAwareRouting routing;
    routing.refresh(c.config, c.zones, c.local_panic);
    EXPECT_EQ(routing.own_share(), c.own_share) << c.source << ": " << c.rule;
    EXPECT_EQ(routing.pick(mix64(1)).has_value(), c.own_share.has_value());
  }
}

TEST(ZoneAwareRouting, SendsTheRestToZonesInProportionToWhatTheyHaveLeft) {
  ZoneAwareRouting routing;
  routing.refresh(ZoneAwareConfig{},
                  std::vector<ZoneTally>{zone(50, 25), zone(20, 10), zone(20, 40), zone(10, 25)},
                  false);
  ASSERT_EQ(routing.own_share(), 5'000U);
  std::vector<std::uint64_t> counts(4, 0);
  for (std::uint64_t i = 0; i < 100'000; ++i) ++counts[*routing.pick(mix64(i))];
  EXPECT_EQ(counts[1], 0U) << "has less upstream than local";
  const std::vector<std::uint64_t> used{counts[0], counts[2], counts[3]};
  EXPECT_LT(orrery::testing::chi_square(used, {0.5, 0.5 * 20 / 35, 0.5 * 15 / 35}),
            orrery::testing::chi_square_bound(3) + 20)
      << "but for the one draw in 3,500 that the original gives to the own zone";
}

TEST(ZoneAwareRouting, IsEnabledForTheGivenPart) {
  ZoneAwareRouting routing;
  routing.refresh(ZoneAwareConfig{.routing_enabled = 30},
                  std::vector<ZoneTally>{zone(3, 3), zone(3, 3)}, false);
  std::vector<std::uint64_t> counts(2, 0);
  for (std::uint64_t i = 0; i < 20'000; ++i) ++counts[routing.pick(mix64(i)) ? 0 : 1];
  EXPECT_LT(orrery::testing::chi_square(counts, {0.3, 0.7}), orrery::testing::chi_square_bound(2));
}

}  // namespace
}  // namespace orrery::resilience
