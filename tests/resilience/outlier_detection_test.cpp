#include "models/resilience/outlier_detection.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "tests/resilience/conformance.h"

namespace orrery::resilience {
namespace {

using Config = OutlierDetectionConfig;
using What = OutlierEvent::What;
using Failure = OutlierDetector::LocalFailure;

Config with(auto&& change) {
  Config config;
  change(config);
  return config;
}
void enforce(Config& config, OutlierKind kind, std::uint32_t percent) {
  config.enforcing[static_cast<std::size_t>(kind)] = percent;
}

/// A detector with its hosts, driven as a proxy drives it.
struct Proxy {
  Proxy(const Config& config, std::uint32_t hosts) : detector{config, Instant{}} {
    for (std::uint32_t i = 0; i < hosts; ++i) detector.add_host();
  }
  void act(std::uint32_t host, OutlierSignals signals, Duration at) {
    if (signals.any()) detector.act(host, signals, mix64(++draws), Instant::at(at), events);
  }
  void respond(std::uint32_t host, int count, std::uint16_t status, Duration at = 0_s) {
    for (int i = 0; i < count; ++i) act(host, detector.on_response(host, status), at);
  }
  void fail(std::uint32_t host, int count, Failure failure, Duration at = 0_s) {
    for (int i = 0; i < count; ++i) act(host, detector.on_local_failure(host, failure), at);
  }
  /// Fires the ticks that are due, up to and including this instant.
  void advance(Duration to) {
    while (detector.next_tick() <= Instant::at(to)) {
      detector.tick(mix64(++draws), detector.next_tick(), events);
    }
  }
  [[nodiscard]] std::size_t count(What what) const {
    std::size_t n = 0;
    for (const OutlierEvent& event : events) n += event.what == what;
    return n;
  }

  OutlierDetector detector;
  std::vector<OutlierEvent> events;
  std::uint64_t draws = 0;
};

// --- errors in a row ---

/// Letters: 2 a 200, 4 a 404, 5 a 500, g a 502, u a 503, t a 504, 1 a 501, 6 a 505; C connect
/// failure, T timeout, R reset, c connected. After the script: how often the host was detected, by
/// kind.
struct InARow {
  const char* source;
  const char* rule;
  Config config;
  const char* script;
  std::multiset<OutlierKind> detected;
  bool ejected;
};

void play(Proxy& proxy, const char* script) {
  for (const char letter : std::string(script)) {
    switch (letter) {
      case '2':
        proxy.respond(0, 1, 200);
        break;
      case '4':
        proxy.respond(0, 1, 404);
        break;
      case '5':
        proxy.respond(0, 1, 500);
        break;
      case '1':
        proxy.respond(0, 1, 501);
        break;
      case '6':
        proxy.respond(0, 1, 505);
        break;
      case 'g':
        proxy.respond(0, 1, 502);
        break;
      case 'u':
        proxy.respond(0, 1, 503);
        break;
      case 't':
        proxy.respond(0, 1, 504);
        break;
      case 'C':
        proxy.fail(0, 1, Failure::Connect);
        break;
      case 'T':
        proxy.fail(0, 1, Failure::Timeout);
        break;
      case 'R':
        proxy.fail(0, 1, Failure::Reset);
        break;
      case 'c':
        proxy.detector.on_connected(0);
        break;
      default:
        FAIL();
    }
  }
}

TEST(OutlierDetection, CountsErrorsInARowAsInTheTable) {
  constexpr auto k5xx = OutlierKind::Consecutive5xx;
  constexpr auto kGateway = OutlierKind::ConsecutiveGatewayFailure;
  constexpr auto kLocal = OutlierKind::ConsecutiveLocalOriginFailure;
  const Config split = with([](Config& c) { c.split_external_local_origin_errors = true; });
  const Config gateway =
      with([](Config& c) { enforce(c, OutlierKind::ConsecutiveGatewayFailure, 100); });
  const Config off = with([](Config& c) { c.consecutive_5xx = 0; });
  const Config full = with([](Config& c) { c.max_ejection_percent = 0; });
  const Config watch = with([](Config& c) { enforce(c, OutlierKind::Consecutive5xx, 0); });
  const std::vector<InARow> cases{
      {"3.2", "four: one below", {}, "5555", {}, false},
      {"3.2", "five: at the limit", {}, "55555", {k5xx}, true},
      {"3.2", "any non-5xx resets", {}, "5555255554555", {}, false},
      {"3.2", "gateway errors are 5xx too", {}, "5g5u5", {k5xx}, true},
      {"3.2",
       "gateway failures are detected, but by default not enforced",
       {},
       "ggggg",
       {kGateway, k5xx},
       true},
      {"3.2",
       "a 500 resets the gateway counter but not that of 5xx",
       gateway,
       "gggg5",
       {k5xx},
       true},
      {"3.2", "502, 503 and 504 are gateway errors", gateway, "gutgu", {kGateway}, true},
      {"3.2", "505 is none", gateway, "gggg6", {k5xx}, true},
      {"3.2",
       "a host ejected by the first kind is not ejected by the second",
       gateway,
       "ggggg",
       {kGateway},
       true},
      {"3.2",
       "counters keep running while ejected, and fire no more",
       {},
       "55555555555555",
       {k5xx},
       true},
      {"3.2", "refused: fires again N failures later", full, "5555555555", {k5xx, k5xx}, false},
      {"3.2", "one below N failures later", full, "555555555", {k5xx}, false},
      {"3.2", "not enforced: the same", watch, "5555555555", {k5xx, k5xx}, false},
      {"3.2", "501 is none", gateway, "gggg1", {k5xx}, true},
      {"3.2",
       "the gateway counter starts anew as well",
       off,
       "gggggggggg",
       {kGateway, kGateway},
       false},
      {"3.2", "a limit of 0 never fires", off, "5555555555", {}, false},
      {"3.2 not split",
       "connect failure is 503, timeout 504, reset a 5xx",
       gateway,
       "CTRCT",
       {kGateway},
       true},
      {"3.2 not split", "to be connected is no success", {}, "5555c5", {k5xx}, true},
      {"3.2 split", "local errors have their own counter", split, "5555CCCC", {}, false},
      {"3.2 split", "and their own limit", split, "CTRCT", {kLocal}, true},
      {"3.2 split", "which a connection resets", split, "CCCCcCCCC", {}, false},
      {"3.2 split", "and an answer does not", split, "CCCC2C", {kLocal}, true},
      {"3.2 split", "5xx go on as before", split, "5c5c5c5c5", {k5xx}, true},
  };
  conformance::table("outlierDetection", cases);
  for (const InARow& c : cases) {
    SCOPED_TRACE(std::string(c.source) + ": " + c.rule);
    Proxy proxy{c.config, 10};
    play(proxy, c.script);
    std::multiset<OutlierKind> detected;
    for (const OutlierEvent& event : proxy.events) detected.insert(event.kind);
    EXPECT_EQ(detected, c.detected);
    EXPECT_EQ(proxy.detector.ejected(0), c.ejected);
    EXPECT_EQ(proxy.detector.ejected_count(), c.ejected ? 1U : 0U);
  }
}

// --- how many ---

TEST(OutlierDetection, LimitsEjectionsAsInTheTable) {
  struct Limit {
    const char* source;
    Config::EjectionLimitRule rule;
    std::uint32_t hosts, max_percent;
    bool always_one;
    std::uint32_t ejected;  ///< When all fail.
  };
  using Rule = Config::EjectionLimitRule;
  const std::vector<Limit> cases{
      {"3.2 up to 1.26", Rule::PercentBefore, 1, 10, false, 1},
      {"3.2 up to 1.26", Rule::PercentBefore, 9, 10, false, 1},
      {"3.2 up to 1.26", Rule::PercentBefore, 10, 10, false, 1},
      {"3.2 up to 1.26", Rule::PercentBefore, 11, 10, false, 2},
      {"3.2 up to 1.26", Rule::PercentBefore, 10, 0, false, 0},
      {"3.2 up to 1.26", Rule::PercentBefore, 3, 100, false, 3},
      {"3.2 1.27", Rule::PercentAfterOrFirst, 1, 10, false, 1},
      {"3.2 1.27", Rule::PercentAfterOrFirst, 11, 10, false, 1},
      {"3.2 1.27", Rule::PercentAfterOrFirst, 19, 10, false, 1},
      {"3.2 1.27", Rule::PercentAfterOrFirst, 20, 10, false, 2},
      {"3.2 1.28", Rule::PercentAfter, 9, 10, false, 0},
      {"3.2 1.28", Rule::PercentAfter, 10, 10, false, 1},
      {"3.2 1.28", Rule::PercentAfter, 19, 10, false, 1},
      {"3.2 1.28", Rule::PercentAfter, 20, 10, false, 2},
      {"3.2 1.28", Rule::PercentAfter, 3, 33, false, 0},
      {"3.2 1.28", Rule::PercentAfter, 3, 34, false, 1},
      {"3.2 1.28", Rule::PercentAfter, 3, 100, false, 3},
      {"3.2 1.28", Rule::PercentAfter, 3, 250, false, 3},
      {"3.2 1.31", Rule::PercentAfter, 9, 10, true, 1},
      {"3.2 1.31", Rule::PercentAfter, 19, 10, true, 1},
      {"3.2 1.31", Rule::PercentAfter, 20, 10, true, 2},
  };
  for (const Limit& c : cases) {
    SCOPED_TRACE(std::string(c.source) + ", " + std::to_string(c.hosts) + " hosts, " +
                 std::to_string(c.max_percent) + " %");
    Config config;
    config.ejection_limit_rule = c.rule;
    config.max_ejection_percent = c.max_percent;
    config.always_eject_one_host = c.always_one;
    Proxy proxy{config, c.hosts};
    for (std::uint32_t host = 0; host < c.hosts; ++host) proxy.respond(host, 5, 500);
    EXPECT_EQ(proxy.detector.ejected_count(), c.ejected);
    EXPECT_EQ(proxy.detector.overflows(), c.hosts - c.ejected);
    EXPECT_EQ(proxy.count(What::Overflow), c.hosts - c.ejected);
  }
}

// --- rates ---

TEST(OutlierDetection, JudgesRatesAsInTheTable) {
  struct Host {
    int succeeded;
    int failed;
  };
  struct Rates {
    const char* source;
    const char* rule;
    Config config;
    std::vector<Host> hosts;
    std::set<std::uint32_t> ejected;
  };
  const Config rate = with([](Config& c) {
    c.max_ejection_percent = 100;
    c.consecutive_5xx = 0;
  });
  const Config percentage = with([](Config& c) {
    c.max_ejection_percent = 100;
    c.consecutive_5xx = 0;
    enforce(c, OutlierKind::SuccessRate, 0);
    enforce(c, OutlierKind::FailurePercentage, 100);
  });
  const Host good{100, 0};
  const std::vector<Rates> cases{
      {"3.2 success rate",
       "50 of 50, 100, 100, 100, 100: below 52",
       rate,
       {{50, 50}, good, good, good, good},
       {0}},
      {"3.2 success rate",
       "four hosts with the volume: one too few",
       rate,
       {{50, 50}, good, good, good, {99, 0}},
       {}},
      {"3.2 success rate",
       "the host itself lacks one request",
       rate,
       {{50, 49}, good, good, good, good, good},
       {}},
      {"3.2 success rate",
       "a factor of 2 is a threshold of 50: not below it",
       [&] {
         Config c = rate;
         c.success_rate_stdev_factor = 2000;
         return c;
       }(),
       {{50, 50}, good, good, good, good},
       {}},
      {"3.2 success rate",
       "all equally bad: nobody stands out",
       rate,
       {{10, 90}, {10, 90}, {10, 90}, {10, 90}, {10, 90}},
       {}},
      {"3.2 failure percentage",
       "84 %: one below",
       percentage,
       {{16, 84}, good, good, good, good},
       {}},
      {"3.2 failure percentage", "85 %: at", percentage, {{15, 85}, good, good, good, good}, {0}},
      {"3.2 failure percentage",
       "all equally bad are all ejected",
       percentage,
       {{10, 90}, {10, 90}, {10, 90}, {10, 90}, {10, 90}},
       {0, 1, 2, 3, 4}},
      {"3.2 failure percentage",
       "four hosts with the volume: one too few",
       percentage,
       {{0, 50}, {50, 0}, {50, 0}, {50, 0}, {49, 0}},
       {}},
      {"3.2 failure percentage",
       "five",
       percentage,
       {{0, 50}, {50, 0}, {50, 0}, {50, 0}, {50, 0}},
       {0}},
      {"3.2 failure percentage",
       "the host itself lacks one request",
       percentage,
       {{0, 49}, {50, 0}, {50, 0}, {50, 0}, {50, 0}, {50, 0}},
       {}},
      {"3.2 enforcing",
       "failure percentage is not enforced by default",
       with([](Config& c) {
         c.max_ejection_percent = 100;
         c.consecutive_5xx = 0;
       }),
       {{0, 60}, {60, 0}, {60, 0}, {60, 0}, {60, 0}},
       {}},
  };
  for (const Rates& c : cases) {
    SCOPED_TRACE(std::string(c.source) + ": " + c.rule);
    Proxy proxy{c.config, static_cast<std::uint32_t>(c.hosts.size())};
    for (std::uint32_t host = 0; host < c.hosts.size(); ++host) {
      proxy.respond(host, c.hosts[host].failed, 500);
      proxy.respond(host, c.hosts[host].succeeded, 200);
    }
    proxy.advance(10_s - 1_ns);
    EXPECT_EQ(proxy.detector.ejected_count(), 0U);
    proxy.advance(10_s);
    std::set<std::uint32_t> ejected;
    for (std::uint32_t host = 0; host < c.hosts.size(); ++host) {
      if (proxy.detector.ejected(host)) ejected.insert(host);
    }
    EXPECT_EQ(ejected, c.ejected);
  }
}

TEST(OutlierDetection, RatesAreOfTheIntervalJustEndedAndWithoutEjectedHosts) {
  Config config;
  config.max_ejection_percent = 100;
  config.consecutive_5xx = 0;
  Proxy proxy{config, 6};
  for (std::uint32_t host = 1; host < 6; ++host) proxy.respond(host, 100, 200);
  proxy.respond(0, 99, 500);
  proxy.advance(10_s);
  EXPECT_EQ(proxy.detector.ejected_count(), 0U) << "a request too few";
  proxy.respond(0, 1, 500);
  for (std::uint32_t host = 1; host < 6; ++host) proxy.respond(host, 100, 200);
  proxy.advance(20_s);
  EXPECT_EQ(proxy.detector.ejected_count(), 0U) << "the interval before does not count";
  proxy.respond(0, 100, 500);
  for (std::uint32_t host = 1; host < 6; ++host) proxy.respond(host, 100, 200);
  proxy.advance(30_s);
  EXPECT_TRUE(proxy.detector.ejected(0));
  proxy.respond(0, 100, 500);  // answers of requests still under way
  for (std::uint32_t host = 1; host < 6; ++host) proxy.respond(host, 100 - (host == 1), 200);
  proxy.respond(1, 1, 500);
  proxy.events.clear();
  proxy.advance(40_s);
  EXPECT_EQ(proxy.events, (std::vector<OutlierEvent>{{1, What::Ejected, OutlierKind::SuccessRate}}))
      << "among the others, 99 % stands out";
}

TEST(OutlierDetection, JudgesConnectionsApartIfSplit) {
  Config config;
  config.split_external_local_origin_errors = true;
  config.max_ejection_percent = 100;
  config.consecutive_local_origin_failure = 0;
  Proxy proxy{config, 5};
  for (std::uint32_t host = 0; host < 5; ++host) {
    for (int i = 0; i < (host == 0 ? 50 : 100); ++i) proxy.detector.on_connected(host);
  }
  proxy.fail(0, 50, Failure::Connect);
  proxy.advance(10_s);
  EXPECT_EQ(proxy.events,
            (std::vector<OutlierEvent>{{0, What::Ejected, OutlierKind::SuccessRateLocalOrigin}}));
}

// --- for how long ---

TEST(OutlierDetection, ReturnsHostsAtTicksAsInTheTable) {
  struct Time {
    const char* source;
    const char* rule;
    Config config;
    Duration ejected_at;
    Duration back_at;
  };
  const std::vector<Time> cases{
      {"3.2 time", "30 s after a tick: at a tick", {}, 0_s, 30_s},
      {"3.2 time", "the first tick at or after", {}, 1_ns, 40_s},
      {"3.2 time", "never above the maximum", with([](Config& c) {
         c.base_ejection_time = 40_s;
         c.max_ejection_time = 40_s;
       }),
       0_s, 40_s},
  };
  for (const Time& c : cases) {
    SCOPED_TRACE(std::string(c.source) + ": " + c.rule);
    Proxy proxy{c.config, 10};
    proxy.respond(0, 5, 500, c.ejected_at);
    proxy.advance(c.back_at - 1_ns);
    EXPECT_TRUE(proxy.detector.ejected(0));
    proxy.advance(c.back_at);
    EXPECT_FALSE(proxy.detector.ejected(0));
    EXPECT_EQ(proxy.events.back(), (OutlierEvent{0, What::Returned, OutlierKind::Consecutive5xx}));
  }
}

TEST(OutlierDetection, EjectsForLongerEachTimeUpToTheMaximum) {
  const Config config;
  Proxy proxy{config, 10};
  Duration now;
  for (const std::int64_t seconds :
       {30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300, 300}) {
    proxy.respond(0, 5, 500, now);  // as soon as it is back
    ASSERT_TRUE(proxy.detector.ejected(0));
    proxy.advance(now + Duration::seconds(seconds) - 1_ns);
    ASSERT_TRUE(proxy.detector.ejected(0)) << seconds;
    now += Duration::seconds(seconds);
    proxy.advance(now);
    ASSERT_FALSE(proxy.detector.ejected(0)) << seconds;
  }
  EXPECT_EQ(proxy.detector.multiplier(0), 11U) << "k grows while k * base < max + base";
}

TEST(OutlierDetection, LetsTheMultiplierFallByOneForEachGoodInterval) {
  struct Decay {
    const char* source;
    bool after_full_interval;
    std::vector<std::uint32_t> multipliers;  ///< At the return, and at the ticks after it.
  };
  for (const Decay& c :
       {Decay{"3.2 since 1.28", true, {1, 0, 0}}, Decay{"3.2 before", false, {0, 0, 0}}}) {
    Config config;
    config.decay_after_full_interval = c.after_full_interval;
    Proxy proxy{config, 10};
    proxy.respond(0, 5, 500);
    for (int tick = 1; tick < 3; ++tick) {
      proxy.advance(Duration::seconds(10 * tick));
      EXPECT_EQ(proxy.detector.multiplier(0), 1U) << "ejected, at tick " << tick;
    }
    for (std::size_t i = 0; i < c.multipliers.size(); ++i) {
      proxy.advance(Duration::seconds(30 + 10 * static_cast<std::int64_t>(i)));
      EXPECT_EQ(proxy.detector.multiplier(0), c.multipliers[i]) << c.source << ", tick " << i;
    }
  }
}

TEST(OutlierDetection, ReturnResetsTheCountersInARow) {
  const Config config;
  Proxy proxy{config, 10};
  proxy.respond(0, 9, 500);  // four more while ejected
  proxy.advance(30_s);
  ASSERT_FALSE(proxy.detector.ejected(0));
  proxy.respond(0, 4, 500, 30_s);
  EXPECT_FALSE(proxy.detector.ejected(0));
  proxy.respond(0, 1, 500, 30_s);
  EXPECT_TRUE(proxy.detector.ejected(0));
}

TEST(OutlierDetection, APassingHealthCheckReturnsTheHostIfConfigured) {
  for (const bool returns : {true, false}) {
    Config config;
    config.successful_active_health_check_uneject_host = returns;
    Proxy proxy{config, 10};
    proxy.detector.on_health_check_passed(0, Instant{}, proxy.events);
    EXPECT_TRUE(proxy.events.empty()) << "nothing to return";
    proxy.respond(0, 5, 500);
    proxy.detector.on_health_check_passed(0, Instant::at(1_s), proxy.events);
    EXPECT_EQ(proxy.detector.ejected(0), !returns);
    EXPECT_EQ(proxy.detector.ejected_count(), returns ? 0U : 1U);
  }
}

TEST(OutlierDetection, DrawsJitterInWholeMillisecondsUpToTheMaximum) {
  Config config;
  config.interval = 1_ms;
  config.base_ejection_time = 10_ms;
  config.max_ejection_time = 10_ms;
  config.max_ejection_time_jitter = 3_ms;
  std::set<std::int64_t> seen;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Proxy proxy{config, 10};
    proxy.draws = seed * 1000;
    proxy.respond(0, 5, 500);
    Duration back;
    while (proxy.detector.ejected(0)) proxy.advance(back += 1_ms);
    seen.insert(back.count_ns() / 1'000'000);
  }
  EXPECT_EQ(seen, (std::set<std::int64_t>{10, 11, 12, 13}));
}

TEST(OutlierDetection, EnforcesTheGivenPartOfTheEjections) {
  const Config config = with([](Config& c) {
    enforce(c, OutlierKind::Consecutive5xx, 30);
    c.max_ejection_percent = 100;
  });
  Proxy proxy{config, 2000};
  for (std::uint32_t host = 0; host < 2000; ++host) proxy.respond(host, 5, 500);
  // Binomial, deviation 20.5: outside with a probability below 1e-6 for an arbitrary seed.
  EXPECT_NEAR(proxy.detector.ejected_count(), 600.0, 102.0);
  EXPECT_EQ(proxy.count(What::NotEnforced) + proxy.detector.ejected_count(), 2000U);
}

TEST(OutlierDetection, CountsEjectedHostsThroughEveryChange) {
  Config config;
  config.max_ejection_percent = 40;
  enforce(config, OutlierKind::FailurePercentage, 100);
  config.failure_percentage_request_volume = 5;
  Proxy proxy{config, 12};
  Duration now;
  for (std::uint64_t i = 0; i < 30000; ++i) {
    const std::uint64_t draw = mix64(i * 3 + 1);
    now += Duration::milliseconds(static_cast<std::int64_t>(draw % 40));
    proxy.advance(now);
    const std::uint32_t hosts = proxy.detector.hosts();
    const auto host = static_cast<std::uint32_t>((draw >> 8) % hosts);
    const bool sick = (host + i / 4000) % 3 == 0;
    proxy.respond(host, 1, sick && (draw >> 20) % 10 != 0 ? 503 : 200, now);
    if (draw % 997 == 0 && hosts > 6) proxy.detector.remove_host(host);
    if (draw % 991 == 0 && hosts < 20) proxy.detector.add_host();
    std::uint32_t ejected = 0;
    for (std::uint32_t h = 0; h < proxy.detector.hosts(); ++h) ejected += proxy.detector.ejected(h);
    ASSERT_EQ(proxy.detector.ejected_count(), ejected) << "step " << i;
  }
  EXPECT_GT(proxy.count(What::Ejected), 50U);
  EXPECT_GT(proxy.count(What::Returned), 50U);
}

TEST(OutlierDetection, IstioLeavesOutRatesAndGatewayErrors) {
  const Config istio = istio_default_outlier_detection();
  EXPECT_EQ(istio.enforcing[static_cast<std::size_t>(OutlierKind::SuccessRate)], 0U);
  EXPECT_EQ(istio.enforcing[static_cast<std::size_t>(OutlierKind::ConsecutiveGatewayFailure)], 0U);
  EXPECT_EQ(istio.enforcing[static_cast<std::size_t>(OutlierKind::Consecutive5xx)], 100U);
  EXPECT_EQ(istio.consecutive_5xx, 5U);
  EXPECT_EQ(istio.max_ejection_percent, 10U);
}

}  // namespace
}  // namespace orrery::resilience
