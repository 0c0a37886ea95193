#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/resilience/balancers/ipvs_round_robin.h"
#include "models/resilience/balancers/pick_first.h"
#include "models/resilience/balancers/session_affinity.h"
#include "tests/resilience/conformance.h"
#include "tests/resilience/shares.h"

namespace orrery::resilience {
namespace {

TEST(IpvsRoundRobin, TakesTurnsAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    std::vector<HostView> hosts;
    std::string turns;
  };
  const std::vector<Case> cases{
      {"ip_vs_rr", "in the order of the list", {{}, {}, {}}, "0120120"},
      {"ip_vs_rr", "weights above 0 do not matter", {{5}, {1}}, "0101"},
      {"ip_vs_rr", "weight 0 takes no new connection", {{1}, {0}, {1}}, "0202"},
      {"ip_vs_rr", "nor does who is not ready", {{1}, {1, 0, false}}, "000"},
      {"ip_vs_rr", "nobody", {{0}}, "--"},
      {"ip_vs_rr", "an empty list", {}, "-"},
  };
  for (const Case& c : cases) {
    IpvsRoundRobin balancer;
    std::string turns;
    for (std::size_t i = 0; i < c.turns.size(); ++i) {
      const auto host = balancer.pick(Hosts{c.hosts});
      turns += host ? static_cast<char>('0' + *host) : '-';
    }
    EXPECT_EQ(turns, c.turns) << c.source << ": " << c.rule;
  }
}

TEST(SessionAffinity, BindsAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    Duration again_at;  ///< A second connection, to the host that is bound.
    Duration asked_at;
    std::optional<std::uint32_t> expected;
  };
  const std::vector<Case> cases{
      {"sessionAffinity", "bound from the first connection on", 0_s, 1_ns, 4},
      {"timeoutSeconds", "one below 10800 s", 0_s, 10800_s - 1_ns, 4},
      {"timeoutSeconds", "at 10800 s", 0_s, 10800_s, 4},
      {"timeoutSeconds", "one above", 0_s, 10800_s + 1_ns, std::nullopt},
      {"timeoutSeconds", "counts from the last connection", 5000_s, 15800_s, 4},
      {"timeoutSeconds", "one above the last", 5000_s, 15800_s + 1_ns, std::nullopt},
  };
  for (const Case& c : cases) {
    SessionAffinity affinity{{}};
    affinity.connected(77, 4, Instant{});
    affinity.connected(77, 4, Instant::at(c.again_at));
    EXPECT_EQ(affinity.host_of(77, Instant::at(c.asked_at)), c.expected)
        << c.source << ": " << c.rule;
    EXPECT_EQ(affinity.host_of(78, Instant::at(c.asked_at)), std::nullopt) << "another client";
  }
}

TEST(SessionAffinity, MovesAClientThatConnectsElsewhere) {
  SessionAffinity affinity{{}};
  affinity.connected(1, 4, Instant{});
  affinity.connected(1, 5, Instant::at(1_s));
  EXPECT_EQ(affinity.host_of(1, Instant::at(2_s)), 5U);
}

TEST(SessionAffinity, ForgetsWhoHasNotConnectedForLongestWhenFull) {
  SessionAffinity affinity{{10800_s, 8}};
  for (std::uint32_t client = 0; client < 9; ++client) {
    affinity.connected(client, client, Instant::at(Duration::seconds(client)));
  }
  EXPECT_EQ(affinity.host_of(0, Instant::at(10_s)), std::nullopt);
  for (std::uint32_t client = 1; client < 9; ++client) {
    EXPECT_EQ(affinity.host_of(client, Instant::at(10_s)), client);
  }
}

TEST(PickFirst, StaysWithTheFirstAddressThatConnects) {
  using State = PickFirst::State;
  PickFirst channel;
  channel.update(3, std::nullopt, std::nullopt);
  EXPECT_EQ(channel.state(), State::Idle);
  EXPECT_EQ(channel.pick(), std::nullopt);
  EXPECT_EQ(channel.connect(), 0U) << "in order";
  EXPECT_EQ(channel.pick(), std::nullopt) << "requests wait while it connects";
  EXPECT_EQ(channel.failed(), 1U) << "then the next";
  channel.connected();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(channel.pick(), 1U) << "every request goes there";
  channel.disconnected();
  EXPECT_EQ(channel.state(), State::Idle) << "nothing is tried before the next request";
  EXPECT_EQ(channel.connect(), 0U) << "from the first again";
  EXPECT_EQ(channel.failed(), 1U);
  EXPECT_EQ(channel.failed(), 2U);
  EXPECT_EQ(channel.failed(), std::nullopt) << "the last has failed";
  EXPECT_EQ(channel.state(), State::TransientFailure);
  EXPECT_EQ(channel.connect(), 0U) << "after the back-off";
}

TEST(PickFirst, IsInTheStateOfTheTable) {
  using State = PickFirst::State;
  struct Case {
    const char* source;
    const char* rule;
    const char* script;  ///< c connect, f its address fails, + it connects, - it is lost.
    State expected;
  };
  const std::vector<Case> cases{
      {"6 pick_first", "nothing is connected before the first request", "", State::Idle},
      {"6 pick_first", "a request connects", "c", State::Connecting},
      {"6 pick_first", "the first of two has failed", "cf", State::Connecting},
      {"6 pick_first", "both have", "cff", State::TransientFailure},
      {"6 pick_first", "the second connects", "cf+", State::Ready},
      {"6 pick_first", "a lost connection is not replaced by itself", "c+-", State::Idle},
      {"6 pick_first", "after the back-off all are tried again", "cffc", State::Connecting},
  };
  conformance::table("balancer.pick-first", cases);
  for (const Case& c : cases) {
    PickFirst channel;
    channel.update(2, std::nullopt, std::nullopt);
    for (const char step : std::string{c.script}) {
      if (step == 'c') channel.connect();
      if (step == 'f') (void)channel.failed();
      if (step == '+') channel.connected();
      if (step == '-') channel.disconnected();
    }
    EXPECT_EQ(channel.state(), c.expected) << c.source << ": " << c.rule;
  }
}

TEST(PickFirst, KeepsAConnectionWhoseAddressIsInTheNewList) {
  PickFirst channel;
  channel.update(2, std::nullopt, std::nullopt);
  channel.connect();
  channel.connected();
  channel.update(4, 3, std::nullopt);
  EXPECT_EQ(channel.pick(), 3U);
  channel.update(4, std::nullopt, std::nullopt);
  EXPECT_EQ(channel.pick(), std::nullopt);
  EXPECT_EQ(channel.state(), PickFirst::State::Idle);
}

TEST(PickFirst, ShufflesUniformlyWhenAsked) {
  std::vector<std::uint64_t> counts(4, 0);
  for (std::uint64_t i = 0; i < 8000; ++i) {
    PickFirst channel;
    channel.update(4, std::nullopt, mix64(i));
    ++counts[channel.connect()];
  }
  EXPECT_LT(orrery::testing::chi_square(counts, std::vector<double>(4, 0.25)),
            orrery::testing::chi_square_bound(4));
}

}  // namespace
}  // namespace orrery::resilience
