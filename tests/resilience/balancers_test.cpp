#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "models/resilience/balancers/host_reselection.h"
#include "models/resilience/balancers/least_request.h"
#include "models/resilience/balancers/peak_ewma.h"
#include "models/resilience/balancers/random_choice.h"
#include "models/resilience/balancers/round_robin.h"
#include "models/resilience/balancers/slow_start.h"
#include "models/resilience/exponential_decay.h"
#include "tests/resilience/conformance.h"
#include "tests/resilience/shares.h"

namespace orrery::resilience {
namespace {

using orrery::testing::chi_square;
using orrery::testing::chi_square_bound;

std::uint64_t draw_number(std::uint64_t i) { return mix64(i * 0x9e3779b97f4a7c15ULL + 7); }

std::vector<HostView> weighted(const std::vector<double>& weights) {
  std::vector<HostView> hosts;
  for (const double weight : weights) hosts.push_back({weight, 0, true});
  return hosts;
}

std::vector<HostView> busy(const std::vector<std::uint32_t>& active) {
  std::vector<HostView> hosts;
  for (const std::uint32_t count : active) hosts.push_back({1.0, count, true});
  return hosts;
}

/// The sub-draws of a draw in turn choose these hosts: looked for, so that a table can say which
/// hosts were sampled.
std::uint64_t draw_that_samples(const std::vector<std::uint32_t>& wanted, std::uint32_t count) {
  for (std::uint64_t i = 0;; ++i) {
    const std::uint64_t draw = draw_number(i);
    bool all = true;
    for (std::uint32_t n = 0; n < wanted.size() && all; ++n) {
      all = index_from(sub_draw(draw, n), count) == wanted[n];
    }
    if (all) return draw;
  }
}

// --- round robin and earliest deadline first ---

TEST(RoundRobin, TakesTurnsAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    std::vector<double> weights;
    std::vector<bool> healthy;
    bool panic;
    std::string turns;
  };
  const std::vector<Case> cases{
      {"3.5", "equal weights: a plain cycle", {1, 1, 1}, {true, true, true}, false, "012012012"},
      {"3.5", "equal weights other than 1 are equal", {7, 7}, {true, true}, false, "010101"},
      {"3.5", "an unhealthy host has no turn", {1, 1, 1}, {true, false, true}, false, "020202"},
      {"3.6", "in panic every host has", {1, 1, 1}, {true, false, true}, true, "012012"},
      {"3.5", "deadline = now + 1/weight", {1, 2}, {true, true}, false, "101101101"},
      {"3.5", "equal deadlines: who waited longer", {4, 1}, {true, true}, false, "00010000100001"},
      {"3.5",
       "weights of unhealthy hosts do not make them differ",
       {1, 9, 1},
       {true, false, true},
       false,
       "0202"},
      {"3.5", "one host", {5}, {true}, false, "000"},
      {"3.5", "nobody healthy: nobody", {1, 1}, {false, false}, false, "---"},
      {"3.5", "no hosts: nobody", {}, {}, false, "--"},
  };
  conformance::table("balancer.round-robin", cases);
  for (const Case& c : cases) {
    std::vector<HostView> hosts = weighted(c.weights);
    for (std::size_t i = 0; i < hosts.size(); ++i) hosts[i].healthy = c.healthy[i];
    RoundRobin balancer{0};  // draw 0: no turn is skipped at the start
    balancer.refresh(Hosts{hosts, c.panic});
    std::string turns;
    for (std::size_t i = 0; i < c.turns.size(); ++i) {
      const auto host = balancer.pick(Hosts{hosts, c.panic});
      turns += host ? static_cast<char>('0' + *host) : '-';
    }
    EXPECT_EQ(turns, c.turns) << c.source << ": " << c.rule;
  }
}

TEST(HostWeights, AreEqualIfThoseOfTheHostsThatMayBeChosenAre) {
  struct Case {
    const char* source;
    const char* rule;
    std::vector<HostView> hosts;
    bool panic;
    bool expected;
  };
  const std::vector<Case> cases{
      {"3.5", "the same", {{2}, {2}}, false, true},
      {"3.5", "another", {{2}, {3}}, false, false},
      {"3.5", "another of an unhealthy host", {{2}, {3, 0, false}, {2}}, false, true},
      {"3.5", "of an unhealthy host that comes first", {{3, 0, false}, {2}, {2}}, false, true},
      {"3.6", "in panic it counts", {{2}, {3, 0, false}}, true, false},
      {"3.5", "no hosts", {}, false, true},
  };
  conformance::table("weights", cases);
  for (const Case& c : cases) {
    EXPECT_EQ(weights_are_equal(Hosts{c.hosts, c.panic}), c.expected) << c.source << ": " << c.rule;
  }
}

TEST(RoundRobin, StartsAtAHostThatTheDrawDecides) {
  for (const bool weights_differ : {false, true}) {
    std::vector<HostView> hosts = weighted({1, 1, 1, 1, 1});
    if (weights_differ) hosts[4].weight = 1.0000001;
    std::vector<std::uint64_t> counts(5, 0);
    for (std::uint64_t i = 0; i < 5000; ++i) {
      RoundRobin balancer{draw_number(i)};
      balancer.refresh(Hosts{hosts});
      ++counts[*balancer.pick(Hosts{hosts})];
    }
    EXPECT_LT(chi_square(counts, std::vector<double>(5, 0.2)), chi_square_bound(5));
  }
}

TEST(RoundRobin, GoesOnWhereItWasWhenHostsChange) {
  std::vector<HostView> hosts = weighted({1, 1, 1, 1});
  RoundRobin balancer{0};
  balancer.refresh(Hosts{hosts});
  EXPECT_EQ(balancer.pick(Hosts{hosts}), 0U);
  EXPECT_EQ(balancer.pick(Hosts{hosts}), 1U);
  hosts.pop_back();
  balancer.refresh(Hosts{hosts});
  EXPECT_EQ(balancer.pick(Hosts{hosts}), 2U);
  hosts.push_back({});
  balancer.refresh(Hosts{hosts});
  EXPECT_EQ(balancer.pick(Hosts{hosts}), 0U);
  EXPECT_EQ(balancer.pick(Hosts{hosts}), 1U);
  hosts.resize(2);  // the next turn's host is gone
  balancer.refresh(Hosts{hosts});
  EXPECT_EQ(balancer.pick(Hosts{hosts}), 0U);
}

TEST(RoundRobin, SharesTurnsExactlyByWeightAndSpreadsThem) {
  const std::vector<double> weights{1, 2, 5, 12};
  const std::vector<HostView> hosts = weighted(weights);
  RoundRobin balancer{draw_number(3)};
  balancer.refresh(Hosts{hosts});
  std::vector<int> counts(4, 0);
  for (int i = 1; i <= 20000; ++i) {
    ++counts[*balancer.pick(Hosts{hosts})];
    for (std::size_t h = 0; i > 100 && h < 4; ++h) {
      // At every moment, not just in the end: no host is more than two turns off its share.
      ASSERT_NEAR(counts[h], i * weights[h] / 20.0, 4.0) << "host " << h << " after " << i;
    }
  }
}

// --- random ---

TEST(RandomChoice, IsUniformAmongTheHostsThatMayBeChosen) {
  struct Case {
    const char* source;
    const char* rule;
    std::uint32_t hosts;
    std::uint32_t healthy;  ///< The first ones.
    bool panic;
  };
  const std::vector<Case> cases{
      {"3.5", "all healthy", 7, 7, false},
      {"3.5", "some are not", 10, 6, false},
      {"3.5", "most are not: found by counting", 40, 3, false},
      {"3.6", "panic: all", 10, 3, true},
      {"4 services: iptables", "per connection 1/n each", 3, 3, false},
  };
  conformance::table("balancer.random", cases);
  for (const Case& c : cases) {
    std::vector<HostView> hosts(c.hosts);
    for (std::uint32_t h = c.healthy; h < c.hosts; ++h) hosts[h].healthy = false;
    const std::uint32_t among = c.panic ? c.hosts : c.healthy;
    std::vector<std::uint64_t> counts(among, 0);
    for (std::uint64_t i = 0; i < 40000; ++i) {
      const auto host = random_choice(Hosts{hosts, c.panic}, draw_number(i));
      ASSERT_LT(*host, among) << c.rule;
      ++counts[*host];
    }
    EXPECT_LT(chi_square(counts, std::vector<double>(among, 1.0 / among)), chi_square_bound(among))
        << c.source << ": " << c.rule;
  }
  const std::vector<HostView> dead{{1.0, 0, false}, {1.0, 0, false}};
  EXPECT_EQ(random_choice(Hosts{dead}, 1), std::nullopt);
  EXPECT_EQ(random_choice(Hosts{{}}, 1), std::nullopt);
}

// --- least request ---

TEST(LeastRequest, ChoosesAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    std::vector<std::uint32_t> active;
    std::uint32_t choices;
    std::vector<std::uint32_t> sampled;
    std::uint32_t expected;
  };
  const std::vector<Case> cases{
      {"3.5", "fewest active wins", {5, 3, 9}, 2, {0, 1}, 1},
      {"3.5", "the first sampled has fewer", {2, 3, 9}, 2, {0, 1}, 0},
      {"3.5", "one fewer is fewer", {4, 3}, 2, {0, 1}, 1},
      {"3.5", "a tie keeps the first sampled", {3, 3}, 2, {1, 0}, 1},
      {"3.5", "a tie keeps the first sampled, the other way", {3, 3}, 2, {0, 1}, 0},
      {"3.5", "one more is more", {3, 4}, 2, {0, 1}, 0},
      {"3.5", "with replacement: one host twice", {9, 0, 0}, 2, {0, 0}, 0},
      {"3.5", "three choices", {9, 8, 7, 0}, 3, {0, 1, 2}, 2},
      {"3.5", "of three, the first of the least", {9, 7, 7, 0}, 3, {0, 2, 1}, 2},
      {"3.5", "one choice is random", {9, 0}, 1, {0}, 0},
  };
  conformance::table("balancer.least-request", cases);
  for (const Case& c : cases) {
    const std::vector<HostView> hosts = busy(c.active);
    LeastRequest balancer{{c.choices, false, 1.0}, 0};
    balancer.refresh(Hosts{hosts});
    const std::uint64_t draw = draw_that_samples(c.sampled, Hosts{hosts}.size());
    EXPECT_EQ(balancer.pick(Hosts{hosts}, draw), c.expected) << c.source << ": " << c.rule;
  }
}

TEST(LeastRequest, OfTwoHasTheSharesOfTheory) {
  // Two choices with replacement among n idle-ranked hosts: host of rank r (0 = least busy) wins
  // unless both draws miss the hosts from r on: ((n-r)^2 - (n-r-1)^2) / n^2.
  const std::vector<HostView> hosts = busy({3, 0, 2, 1});
  const std::vector<std::uint32_t> rank{3, 0, 2, 1};
  std::vector<double> shares;
  for (const std::uint32_t r : rank) {
    shares.push_back((std::pow(4.0 - r, 2) - std::pow(3.0 - r, 2)) / 16.0);
  }
  LeastRequest balancer{{}, 0};
  balancer.refresh(Hosts{hosts});
  std::vector<std::uint64_t> counts(4, 0);
  for (std::uint64_t i = 0; i < 40000; ++i) ++counts[*balancer.pick(Hosts{hosts}, draw_number(i))];
  EXPECT_LT(chi_square(counts, shares), chi_square_bound(4));
}

TEST(LeastRequest, FullScanFindsTheLeastAndBreaksTiesEvenly) {
  const std::vector<HostView> hosts = busy({2, 1, 5, 1, 1});
  LeastRequest balancer{{2, true, 1.0}, 0};
  balancer.refresh(Hosts{hosts});
  std::vector<std::uint64_t> counts(3, 0);
  for (std::uint64_t i = 0; i < 30000; ++i) {
    const std::uint32_t host = *balancer.pick(Hosts{hosts}, draw_number(i));
    ASSERT_EQ(hosts[host].active, 1U);
    ++counts[host == 1 ? 0 : host - 2];
  }
  EXPECT_LT(chi_square(counts, std::vector<double>(3, 1.0 / 3)), chi_square_bound(3));
}

TEST(LeastRequest, WeighsLoadAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    double weight;
    std::uint32_t active;
    double bias;
    double expected;
  };
  const std::vector<Case> cases{
      {"3.5", "weight / (active + 1)", 6, 0, 1.0, 6.0},
      {"3.5", "one active halves it", 6, 1, 1.0, 3.0},
      {"3.5", "two active make it a third", 6, 2, 1.0, 2.0},
      {"3.5", "bias 0 is round robin", 6, 9, 0.0, 6.0},
      {"3.5", "bias 2 squares the load", 8, 1, 2.0, 2.0},
      {"3.5", "bias 0.5 takes its root", 6, 3, 0.5, 3.0},
  };
  for (const Case& c : cases) {
    EXPECT_NEAR(least_request_weight({c.weight, c.active, true}, c.bias), c.expected, 1e-12)
        << c.source << ": " << c.rule;
  }
}

TEST(LeastRequest, WithDifferingWeightsTakesTurnsByWeightOverLoad) {
  // Weights 2 and 1, loads held at 3 and 0: 2/4 against 1/1, so every third turn is the first's.
  std::vector<HostView> hosts = weighted({2, 1});
  hosts[0].active = 3;
  LeastRequest balancer{{}, 0};
  balancer.refresh(Hosts{hosts});
  int first = 0;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    first += *balancer.pick(Hosts{hosts}, draw_number(i)) == 0 ? 1 : 0;
  }
  EXPECT_NEAR(first, 1000, 2);
}

TEST(LeastRequest, ChoosesHealthyHostsAlone) {
  std::vector<HostView> hosts = busy({0, 9, 0});
  hosts[0].healthy = hosts[2].healthy = false;
  for (const bool full_scan : {false, true}) {
    LeastRequest balancer{{2, full_scan, 1.0}, 0};
    balancer.refresh(Hosts{hosts});
    for (std::uint64_t i = 0; i < 100; ++i) {
      ASSERT_EQ(balancer.pick(Hosts{hosts}, draw_number(i)), 1U);
    }
  }
  hosts[1].healthy = false;
  LeastRequest balancer{{}, 0};
  balancer.refresh(Hosts{hosts});
  EXPECT_EQ(balancer.pick(Hosts{hosts}, 1), std::nullopt);
}

// --- slow start ---

TEST(SlowStart, GivesThePartOfTheWeightInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    SlowStartConfig config;
    Duration age;
    double expected;
  };
  const SlowStartConfig linear{60_s, 1.0, 0.10};
  const std::vector<Case> cases{
      {"3.5", "at least min_weight", linear, 0_s, 0.10},
      {"3.5", "at its window's tenth it starts to grow", linear, 6_s, 0.10},
      {"3.5", "linear with aggression 1", linear, 30_s, 0.5},
      {"3.5", "just below the window", linear, 60_s - 1_ns, 1.0 - 1.0 / 6e10},
      {"3.5", "at the window it is over", linear, 60_s, 1.0},
      {"3.5", "after the window", linear, 61_s, 1.0},
      {"3.5", "aggression 2 is the root", {60_s, 2.0, 0.10}, 15_s, 0.5},
      {"3.5", "1.22-dev: no minimum, but 1 ms", {10_s, 1.0, 0.0}, 0_s, 0.0001},
      {"3.5", "no window: off", {0_s, 1.0, 0.10}, 0_s, 1.0},
  };
  conformance::table("slowStart", cases);
  for (const Case& c : cases) {
    EXPECT_NEAR(slow_start_factor(c.config, c.age), c.expected, 1e-12)
        << c.source << ": " << c.rule;
  }
}

// --- peak EWMA ---

TEST(ExponentialDecay, AgreesWithTheGeneralExponential) {
  for (double x = 0.0; x <= 700.0; x += 0.0137) {
    const double expected = portable_exp(-x);
    ASSERT_NEAR(exp_of_minus(x) / expected, 1.0, 0x1p-42) << x;
  }
  EXPECT_EQ(exp_of_minus(0.0), 1.0);
  EXPECT_EQ(exp_of_minus(701.0), 0.0);
}

TEST(PeakEwma, MovesItsAverageAsInTheTable) {
  struct Sample {
    Instant at;
    Duration rtt;
  };
  struct Case {
    const char* source;
    const char* rule;
    std::vector<Sample> samples;
    Instant read_at;
    double expected_ms;
  };
  const double e = std::exp(-1.0);
  const auto at = [](Duration t) { return Instant::at(t); };
  const std::vector<Case> cases{
      {"5", "starts at 30 ms", {}, at(0_s), 30.0},
      {"5", "a read decays towards 0 when idle", {}, at(10_s), 30.0 * e},
      {"5", "a higher sample replaces at once", {{at(1_s), 80_ms}}, at(1_s), 80.0},
      {"5", "higher than the decayed value is enough", {{at(10_s), 12_ms}}, at(10_s), 12.0},
      {"5",
       "a lower one: old * e + sample * (1 - e)",
       {{at(10_s), 10_ms}},
       at(10_s),
       30.0 * e + 10.0 * (1 - e)},
      {"5", "a lower one with no time passed weighs nothing", {{at(0_s), 1_ms}}, at(0_s), 30.0},
      {"5", "a higher one needs no time", {{at(0_s), 31_ms}}, at(0_s), 31.0},
      {"5", "decay counts from the last sample", {{at(1_s), 80_ms}}, at(11_s), 80.0 * e},
      {"5", "reading earlier than the sample does not decay", {{at(5_s), 80_ms}}, at(4_s), 80.0},
  };
  for (const Case& c : cases) {
    const ExponentialDecay decay{10_s};
    PeakEwmaRtt rtt{30_ms, Instant{}};
    for (const Sample& sample : c.samples) rtt.add(sample.rtt, sample.at, decay);
    EXPECT_NEAR(rtt.at(c.read_at, decay) / 1e6, c.expected_ms, 1e-9) << c.source << ": " << c.rule;
  }
}

TEST(PeakEwma, ChoosesTheCheaperOfTwoDifferentHosts) {
  struct Case {
    const char* source;
    const char* rule;
    Duration rtt0;
    Duration rtt1;
    std::vector<std::uint32_t> active;
    std::uint32_t expected;
  };
  const std::vector<Case> cases{
      {"5", "the faster host", 10_ms, 20_ms, {0, 0}, 0},
      {"5", "cost = rtt * (outstanding + 1)", 10_ms, 25_ms, {2, 0}, 1},
      {"5", "just below the other's cost", 10_ms, 31_ms, {2, 0}, 0},
      {"5", "twice as slow, half as busy", 10_ms, 20_ms, {4, 1}, 1},
  };
  conformance::table("balancer.peak-ewma", cases);
  for (const Case& c : cases) {
    const std::vector<HostView> hosts = busy(c.active);
    PeakEwma balancer{{10_s, 1_ns}};
    balancer.take_hosts(std::vector<std::uint32_t>(2, PeakEwma::kNew), Instant{});
    balancer.record(0, c.rtt0, Instant::at(1_s));
    balancer.record(1, c.rtt1, Instant::at(1_s));
    for (std::uint64_t i = 0; i < 20; ++i) {  // whichever of the two is drawn first
      EXPECT_EQ(balancer.pick(Hosts{hosts}, draw_number(i)), c.expected)
          << c.source << ": " << c.rule;
    }
  }
}

TEST(PeakEwma, ComparesAsTheCostsAtAnyLaterTimeDo) {
  std::vector<HostView> hosts = busy({0, 0, 0, 0, 0, 0});
  PeakEwma balancer{{}};
  balancer.take_hosts(std::vector<std::uint32_t>(6, PeakEwma::kNew), Instant{});
  Instant now;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const std::uint64_t draw = draw_number(i);
    now = now + Duration::milliseconds(static_cast<std::int64_t>(draw % 3000));
    for (std::uint32_t h = 0; h < hosts.size(); ++h)
      hosts[h].active = index_from(sub_draw(draw, h + 9), 5);
    const auto first = index_from(draw, 6);
    auto second = index_from(sub_draw(draw, 1), 5);
    if (second >= first) ++second;
    const double cost_first = balancer.cost(Hosts{hosts}, first, now);
    const double cost_second = balancer.cost(Hosts{hosts}, second, now);
    if (std::fabs(cost_first - cost_second) > 1e-9 * cost_first) {
      ASSERT_EQ(balancer.pick(Hosts{hosts}, draw), cost_first < cost_second ? first : second);
    }
    balancer.record(first, Duration::microseconds(static_cast<std::int64_t>(draw % 90000)), now);
  }
}

TEST(PeakEwma, DrawsBothHostsUniformlyAndWithoutReplacement) {
  // Costs rank the hosts, so host of rank r wins the pairs with a worse one: 2(n-1-r) / (n(n-1)).
  std::vector<HostView> hosts = busy({0, 1, 2, 3, 4, 0});
  hosts[5].healthy = false;
  PeakEwma balancer{{}};
  balancer.take_hosts(std::vector<std::uint32_t>(6, PeakEwma::kNew), Instant{});
  std::vector<std::uint64_t> counts(4, 0);
  for (std::uint64_t i = 0; i < 40000; ++i) {
    const std::uint32_t host = *balancer.pick(Hosts{hosts}, draw_number(i));
    ASSERT_LT(host, 4U);  // the busiest never wins a pair of two different hosts
    ++counts[host];
  }
  EXPECT_LT(chi_square(counts, {0.4, 0.3, 0.2, 0.1}), chi_square_bound(4));
  for (HostView& host : hosts) host.healthy = false;
  hosts[3].healthy = true;
  EXPECT_EQ(balancer.pick(Hosts{hosts}, 5), 3U);
  hosts[3].healthy = false;
  EXPECT_EQ(balancer.pick(Hosts{hosts}, 5), std::nullopt);
}

// --- previous hosts ---

TEST(HostReselection, ChoosesAgainAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    std::uint32_t attempts_max;
    std::vector<std::uint32_t> choices;  ///< Of the balancer, in turn.
    std::uint32_t used_below;            ///< Hosts with a lower number were used.
    std::uint32_t expected;
    std::size_t picks;
  };
  const std::vector<Case> cases{
      {"3.4", "an unused host at once", 1, {5, 0}, 3, 5, 1},
      {"3.4", "one further choice", 1, {0, 5}, 3, 5, 2},
      {"3.4", "after the last choice a used host is taken", 1, {0, 1, 5}, 3, 1, 2},
      {"3.4", "0: the first choice stands", 0, {0, 5}, 3, 0, 1},
      {"4", "Istio: five further choices", 5, {0, 1, 2, 0, 1, 5}, 3, 5, 6},
      {"4", "and not a sixth", 5, {0, 1, 2, 0, 1, 2, 5}, 3, 2, 6},
  };
  for (const Case& c : cases) {
    std::size_t picks = 0;
    const auto host = pick_unused(
        c.attempts_max,
        [&](std::uint32_t attempt) {
          ++picks;
          return HostChoice{c.choices[attempt]};
        },
        [&](std::uint32_t h) { return h < c.used_below; });
    EXPECT_EQ(host, c.expected) << c.source << ": " << c.rule;
    EXPECT_EQ(picks, c.picks) << c.source << ": " << c.rule;
  }
}

}  // namespace
}  // namespace orrery::resilience
