#include "models/resilience/active_health_check.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "tests/resilience/conformance.h"

namespace orrery::resilience {
namespace {

ActiveHealthCheckConfig with(auto&& change) {
  ActiveHealthCheckConfig config;
  config.interval = 10_s;
  config.timeout = 1_s;
  config.unhealthy_threshold = 3;
  config.healthy_threshold = 2;
  change(config);
  return config;
}
ActiveHealthCheckConfig standard() {
  return with([](ActiveHealthCheckConfig&) {});
}

/// Letters: p passed, n network failure, r a retriable status, f any other status. Below them, what
/// the host is after each: H healthy, u unhealthy.
TEST(ActiveHealthCheck, BelievesResultsAsInTheTable) {
  struct Case {
    const char* source;
    const char* rule;
    const char* results;
    const char* states;
  };
  const std::vector<Case> cases{
      {"3.7", "new host: one result decides, passed", "p", "H"},
      {"3.7", "new host: one result decides, failed", "n", "u"},
      {"3.7", "after which the threshold holds", "npp", "uuH"},
      {"3.7", "timeouts count: two of three", "pnn", "HHH"},
      {"3.7", "timeouts count: at the threshold", "pnnn", "HHHu"},
      {"3.7", "in a row", "pnnpnnn", "HHHHHHu"},
      {"3.7", "a status neither expected nor retriable fails at once", "pf", "Hu"},
      {"3.7", "a retriable one counts towards the threshold", "prrr", "HHHu"},
      {"3.7", "retriable and timeouts count together", "prnr", "HHHu"},
      {"3.7", "healthy threshold: one below", "pfp", "Huu"},
      {"3.7", "healthy threshold: at", "pfpp", "HuuH"},
      {"3.7", "in a row as well", "pfpnpp", "HuuuuH"},
  };
  for (const Case& c : cases) {
    const ActiveHealthCheckConfig config = standard();
    ActiveHealthCheck check{config};
    EXPECT_FALSE(check.healthy());
    std::string states;
    for (const char letter : std::string(c.results)) {
      const CheckResult result = letter == 'p'   ? CheckResult::Passed
                                 : letter == 'n' ? CheckResult::Network
                                 : letter == 'r' ? CheckResult::Retriable
                                                 : CheckResult::Failed;
      const bool before = check.healthy();
      const bool changed = check.on_result(result, true, 0).changed;
      EXPECT_EQ(changed, before != check.healthy());
      states += check.healthy() ? 'H' : 'u';
    }
    EXPECT_EQ(states, c.states) << c.source << ": " << c.rule;
  }
  conformance::table("healthCheck", cases);
}

TEST(ActiveHealthCheck, ReadsStatusesAsInTheTable) {
  const ActiveHealthCheckConfig usual = standard();
  const ActiveHealthCheckConfig ranges = with([](ActiveHealthCheckConfig& c) {
    c.expected_statuses = {{200, 204}};
    c.retriable_statuses = {{500, 503}};
  });
  struct Case {
    const ActiveHealthCheckConfig& config;
    std::uint16_t status;
    CheckResult result;
  };
  for (const Case& c : std::vector<Case>{{usual, 199, CheckResult::Failed},
                                         {usual, 200, CheckResult::Passed},
                                         {usual, 201, CheckResult::Failed},
                                         {usual, 503, CheckResult::Failed},
                                         {ranges, 204, CheckResult::Passed},
                                         {ranges, 205, CheckResult::Failed},
                                         {ranges, 499, CheckResult::Failed},
                                         {ranges, 500, CheckResult::Retriable},
                                         {ranges, 503, CheckResult::Retriable},
                                         {ranges, 504, CheckResult::Failed}}) {
    EXPECT_EQ(check_result(c.config, c.status), c.result) << c.status;
  }
}

TEST(ActiveHealthCheck, WaitsAsInTheTable) {
  const ActiveHealthCheckConfig plain = standard();
  const ActiveHealthCheckConfig all = with([](ActiveHealthCheckConfig& c) {
    c.unhealthy_interval = 20_s;
    c.unhealthy_edge_interval = 3_s;
    c.healthy_edge_interval = 2_s;
    c.no_traffic_healthy_interval = 90_s;
  });
  struct Case {
    const char* source;
    const char* rule;
    const ActiveHealthCheckConfig& config;
    const char* results;
    bool traffic;
    Duration next;
  };
  const std::vector<Case> cases{
      {"3.7", "healthy: interval", plain, "p", true, 10_s},
      {"3.7", "unhealthy: the same unless given", plain, "f", true, 10_s},
      {"3.7", "pending: the same unless given", plain, "pn", true, 10_s},
      {"3.7", "no traffic yet: 60 s", plain, "p", false, 60_s},
      {"3.7", "no traffic yet, unhealthy: 60 s", plain, "n", false, 60_s},
      {"3.7", "unhealthy interval", all, "pf", true, 20_s},
      {"3.7", "a new host that fails is unhealthy, not on the edge", all, "n", true, 20_s},
      {"3.7", "edge to unhealthy", all, "pn", true, 3_s},
      {"3.7", "no more once it is", all, "pnnn", true, 20_s},
      {"3.7", "edge to healthy", all, "pfp", true, 2_s},
      {"3.7", "no more once it is", all, "pfpp", true, 10_s},
      {"3.7", "no traffic, healthy", all, "p", false, 90_s},
      {"3.7", "no traffic, unhealthy", all, "n", false, 60_s},
  };
  for (const Case& c : cases) {
    ActiveHealthCheck check{c.config};
    Duration next;
    for (const char letter : std::string(c.results)) {
      const CheckResult result = letter == 'p'   ? CheckResult::Passed
                                 : letter == 'n' ? CheckResult::Network
                                                 : CheckResult::Failed;
      next = check.on_result(result, c.traffic, 0).next_check;
    }
    EXPECT_EQ(next, c.next) << c.source << ": " << c.rule << " (" << c.results << ")";
  }
}

TEST(ActiveHealthCheck, AddsJitterInWholeMillisecondsBelowTheMaximum) {
  const ActiveHealthCheckConfig config = with([](ActiveHealthCheckConfig& c) {
    c.interval = 20_ms;
    c.interval_jitter = 3_ms;
    c.interval_jitter_percent = 10;
    c.initial_jitter = 4_ms;
  });
  std::set<std::int64_t> seen;
  std::set<std::int64_t> first;
  for (std::uint64_t i = 0; i < 500; ++i) {
    ActiveHealthCheck check{config};
    first.insert(check.first_check(mix64(i)).count_ns());
    seen.insert(check.on_result(CheckResult::Passed, true, mix64(i)).next_check.count_ns());
  }
  EXPECT_EQ(first, (std::set<std::int64_t>{0, 1'000'000, 2'000'000, 3'000'000}));
  EXPECT_EQ(seen, (std::set<std::int64_t>{20'000'000, 21'000'000, 22'000'000, 23'000'000}));
}

}  // namespace
}  // namespace orrery::resilience
