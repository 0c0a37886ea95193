#include "models/resilience/priority_load.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "tests/resilience/conformance.h"

namespace orrery::resilience {
namespace {

PriorityTally hosts(std::uint64_t all, std::uint64_t healthy, std::uint64_t degraded = 0,
                    std::uint64_t excluded = 0) {
  return {{all, excluded, healthy, degraded}, {}};
}

struct Case {
  const char* source;
  const char* rule;
  PriorityLoadConfig config;
  std::vector<PriorityTally> priorities;
  std::vector<PriorityLoad> loads;
};

const PriorityLoadConfig kUsual;
const PriorityLoadConfig kNoPanic{.panic_threshold = 0};
const PriorityLoadConfig kByWeight{.weighted_priority_health = true};

const std::vector<Case> kCases{
    {"3.6", "all well", kUsual, {hosts(100, 100), hosts(100, 100)}, {{100}, {0}}},
    {"3.6",
     "72 %: 140 * 0.72 is more than 100",
     kUsual,
     {hosts(100, 72), hosts(100, 100)},
     {{100}, {0}}},
    {"3.6", "71 % is 99.4, hence 99", kUsual, {hosts(100, 71), hosts(100, 100)}, {{99}, {1}}},
    {"3.6", "half: 70", kUsual, {hosts(100, 50), hosts(100, 100)}, {{70}, {30}}},
    {"3.6",
     "nobody: all to the next, and no panic as 100 are reached",
     kUsual,
     {hosts(100, 0), hosts(100, 100)},
     {{0}, {100}}},
    {"3.6",
     "three: 7, 91 and what is left",
     kUsual,
     {hosts(100, 5), hosts(100, 65), hosts(100, 65)},
     {{7}, {91}, {2}}},
    {"3.6",
     "excluded hosts are not counted",
     kUsual,
     {hosts(100, 50, 0, 50), hosts(100, 100)},
     {{100}, {0}}},
    {"3.6",
     "below 100 in sum: normalised",
     kNoPanic,
     {hosts(100, 25), hosts(100, 25)},
     {{50}, {50}}},
    {"3.6",
     "what rounding leaves goes to the first with health",
     kNoPanic,
     {hosts(14, 0), hosts(14, 1), hosts(14, 1), hosts(14, 1)},
     {{0}, {34}, {33}, {33}}},
    {"3.6",
     "degraded ones come after the healthy of all priorities",
     kUsual,
     {hosts(100, 25, 25), hosts(100, 25, 25)},
     {{35, 30}, {35, 0}}},
    {"3.6", "degraded alone carry all", kUsual, {hosts(100, 0, 100)}, {{0, 100}}},
    {"3.6",
     "what rounding leaves: else the first degraded",
     kNoPanic,
     {hosts(14, 0, 1), hosts(14, 0, 1), hosts(14, 0, 1)},
     {{0, 34}, {0, 33}, {0, 33}}},
    {"3.6 panic", "49 % alone: panic", kUsual, {hosts(100, 49)}, {{100, 0, true}}},
    {"3.6 panic", "50 %: at the threshold, none", kUsual, {hosts(100, 50)}, {{100}}},
    {"3.6 panic", "healthy and degraded together", kUsual, {hosts(100, 30, 20)}, {{60, 40}}},
    {"3.6 panic",
     "only considered below 100 in sum: 71 and 1 %",
     kUsual,
     {hosts(100, 71), hosts(100, 1)},
     {{99}, {1}}},
    {"3.6 panic", "one of two", kUsual, {hosts(100, 50), hosts(100, 0)}, {{100}, {0, 0, true}}},
    {"3.6 panic",
     "all: by host counts",
     kUsual,
     {hosts(30, 3), hosts(90, 9)},
     {{25, 0, true}, {75, 0, true}}},
    {"3.6 panic",
     "all: the rest to the first that is not empty",
     kUsual,
     {hosts(0, 0), hosts(10, 0), hosts(10, 0), hosts(10, 0)},
     {{0, 0, true}, {34, 0, true}, {33, 0, true}, {33, 0, true}}},
    {"3.6 panic", "no countable hosts are 0 %", kUsual, {hosts(10, 0, 0, 10)}, {{100, 0, true}}},
    {"3.6 panic",
     "no hosts at all: the first priority",
     kUsual,
     {hosts(0, 0), hosts(0, 0)},
     {{100, 0, true}, {0, 0, true}}},
    {"3.6 panic",
     "0 = never, even with nobody left",
     kNoPanic,
     {hosts(10, 0), hosts(10, 0)},
     {{100}, {0}}},
    {"3.6 weighted",
     "health by weight",
     kByWeight,
     {{{2, 0, 1, 0}, {10, 0, 5, 0}}, {{1, 0, 1, 0}, {1, 0, 1, 0}}},
     {{70}, {30}}},
    {"3.6 weighted",
     "one heavy host of two",
     kByWeight,
     {{{2, 0, 1, 0}, {10, 0, 9, 0}}, {{1, 0, 1, 0}, {1, 0, 1, 0}}},
     {{100}, {0}}},
};

TEST(PriorityLoad, SpreadsAsInTheTable) {
  conformance::table("locality.failover", kCases);
  for (const Case& c : kCases) {
    SCOPED_TRACE(std::string(c.source) + ": " + c.rule);
    std::vector<PriorityLoad> loads(c.priorities.size());
    spread_over_priorities(c.config, c.priorities, loads);
    for (std::size_t i = 0; i < loads.size(); ++i) {
      EXPECT_EQ(loads[i].healthy, c.loads[i].healthy) << "priority " << i;
      EXPECT_EQ(loads[i].degraded, c.loads[i].degraded) << "priority " << i;
      EXPECT_EQ(loads[i].panic, c.loads[i].panic) << "priority " << i;
    }
  }
}

TEST(PriorityLoad, AlwaysSumsUpToAHundredAndLoadsNobodyThatIsEmpty) {
  for (std::uint64_t i = 0; i < 20000; ++i) {
    std::vector<PriorityTally> priorities;
    for (std::uint64_t p = 0; p < 1 + mix64(i) % 4; ++p) {
      const std::uint64_t draw = mix64(i * 8 + p);
      const std::uint64_t all = draw % 12;
      const std::uint64_t healthy = all == 0 ? 0 : (draw >> 16) % (all + 1);
      const std::uint64_t degraded = (draw >> 32) % (all - healthy + 1);
      priorities.push_back(hosts(all, healthy, degraded));
    }
    std::vector<PriorityLoad> loads(priorities.size());
    spread_over_priorities(kUsual, priorities, loads);
    std::uint32_t sum = 0;
    std::uint64_t present = 0;
    for (const PriorityTally& priority : priorities) present += priority.count.hosts;
    for (std::size_t p = 0; p < loads.size(); ++p) {
      sum += loads[p].healthy + loads[p].degraded;
      if (present == 0 || loads[p].panic) continue;
      ASSERT_TRUE(loads[p].healthy == 0 || priorities[p].count.healthy > 0) << "case " << i;
      ASSERT_TRUE(loads[p].degraded == 0 || priorities[p].count.degraded > 0) << "case " << i;
    }
    ASSERT_EQ(sum, 100U) << "case " << i;
  }
}

TEST(PriorityLoad, EveryHundredthGoesWhereItsLoadIs) {
  const std::vector<PriorityLoad> loads{{20, 5}, {30, 45}};
  std::map<std::pair<std::uint32_t, HostSource>, int> counts;
  for (std::uint64_t hash = 300; hash < 400; ++hash) {
    const PriorityChoice choice = choose_priority(kUsual, loads, hash);
    ++counts[{choice.priority, choice.source}];
  }
  EXPECT_EQ((counts[{0, HostSource::Healthy}]), 20);
  EXPECT_EQ((counts[{1, HostSource::Healthy}]), 30);
  EXPECT_EQ((counts[{0, HostSource::Degraded}]), 5);
  EXPECT_EQ((counts[{1, HostSource::Degraded}]), 45);
  EXPECT_EQ(choose_priority(kUsual, loads, 19), (PriorityChoice{0, HostSource::Healthy}));
  EXPECT_EQ(choose_priority(kUsual, loads, 20), (PriorityChoice{1, HostSource::Healthy}));
}

TEST(PriorityLoad, PanicTakesAllHostsOrFails) {
  const std::vector<PriorityLoad> loads{{100, 0, true}};
  EXPECT_EQ(choose_priority(kUsual, loads, 7).source, HostSource::All);
  const PriorityLoadConfig fail{.fail_traffic_on_panic = true};
  EXPECT_EQ(choose_priority(fail, loads, 7).source, HostSource::None);
}

}  // namespace
}  // namespace orrery::resilience
