// Flows whose ends can be worked out by hand. SimGrid allows one engine per process, so every case
// runs in a child of its own.
//
// Unless a case says otherwise: links of 100 MB/s, zones of 1 GB/s, 1 ms between any two hosts, and
// flows of 100 MB: alone, a flow takes 1 ms of latency and 1 s of transfer.
#include "sim/fabric/fabric.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/base/random.h"

namespace orrery::sim {
namespace {

constexpr std::int64_t kMegabyte = 1'000'000;
constexpr std::uint64_t kBytes = 100'000'000;

FabricConfig platform() {
  return {.nodes = {{"a", 100 * kMegabyte},
                    {"a", 100 * kMegabyte},
                    {"a", 100 * kMegabyte},
                    {"b", 100 * kMegabyte}},
          .zone_bytes_per_second = 1000 * kMegabyte,
          .registry_bytes_per_second = 100 * kMegabyte,
          .latency_in_zone = 1_ms,
          .latency_between_zones = 1_ms,
          .latency_to_registry = 1_ms};
}

std::unique_ptr<Fabric> fabric_of(FabricConfig config) {
  auto made = make_fabric(std::move(config));
  EXPECT_TRUE(made.has_value());
  return std::move(made).value();
}

Instant ns(std::int64_t count) { return Instant::at(Duration::nanoseconds(count)); }
Instant us(std::int64_t count) { return ns(count * 1'000); }
Instant ms(std::int64_t count) { return ns(count * 1'000'000); }

/// Everything that ends up to `until`, stepping from date to date as the kernel does.
std::vector<FlowResult> results_until(Fabric& fabric, Instant until) {
  std::vector<FlowResult> results;
  for (Instant last = fabric.next(); last <= until && last != Instant::never();) {
    fabric.advance(last, results);
    const Instant next = fabric.next();
    EXPECT_LT(last, next) << "what is due at a date is taken at that date";
    last = std::max(next, last + 1_ns);
  }
  return results;
}

std::string text(const std::vector<FlowResult>& results) {
  std::string lines;
  for (const FlowResult& result : results) {
    lines += std::to_string(result.tag) + (result.end == FlowEnd::Done ? " done " : " failed ") +
             to_string(result.at) + "\n";
  }
  return lines;
}

std::string rest(Fabric& fabric) { return text(results_until(fabric, Instant::never())); }

/// Changes at dates in ascending order; what ends before them is taken first, as the kernel does.
class Timeline {
 public:
  explicit Timeline(Fabric& fabric) : fabric_{fabric} {}

  FlowId start_flow(Instant now, FabricHost from, FabricHost to, std::uint64_t bytes,
                    std::uint64_t tag) {
    step_to(now);
    return fabric_.start_flow(now, from, to, bytes, tag);
  }
  FlowId start_pull(Instant now, FabricHost node, std::uint64_t bytes, std::uint64_t tag) {
    return start_flow(now, kRegistryHost, node, bytes, tag);
  }
  void cancel(Instant now, FlowId flow) {
    step_to(now);
    fabric_.cancel(now, flow);
  }
  void set_up(Instant now, FabricHost host, bool up) {
    step_to(now);
    fabric_.set_up(now, host, up);
  }
  void set_bandwidth(Instant now, FabricHost host, std::int64_t bytes_per_second) {
    step_to(now);
    fabric_.set_bandwidth(now, host, bytes_per_second);
  }
  std::string results() {
    step_to(Instant::never());
    return text(results_);
  }

 private:
  void step_to(Instant now) {
    const std::vector<FlowResult> more = results_until(fabric_, now);
    results_.insert(results_.end(), more.begin(), more.end());
  }

  Fabric& fabric_;
  std::vector<FlowResult> results_;
};

void in_own_process(const std::function<void()>& body) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    body();
    std::fflush(nullptr);
    std::exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
}

struct FlowCase {
  const char* name;
  std::function<void(Timeline&)> run;
  const char* expected;
};

class FabricTest : public testing::TestWithParam<FlowCase> {};

TEST_P(FabricTest, EndsWhenTheHandCalculationSays) {
  const FlowCase& chosen = GetParam();
  in_own_process([&] {
    const auto fabric = fabric_of(platform());
    Timeline timeline{*fabric};
    chosen.run(timeline);
    EXPECT_EQ(timeline.results(), chosen.expected);
    EXPECT_EQ(fabric->next(), Instant::never());
  });
}

INSTANTIATE_TEST_SUITE_P(
    HandCalculated, FabricTest,
    testing::Values(
        FlowCase{"AloneALatencyAndTheTransfer",
                 [](Timeline& fabric) { fabric.start_flow(ms(0), 0, 1, kBytes, 1); },
                 "1 done 1.001s\n"},
        FlowCase{"TheClockStartsLate",
                 [](Timeline& fabric) { fabric.start_flow(ms(3'600'000), 0, 1, kBytes, 1); },
                 "1 done 3601.001s\n"},
        FlowCase{"WithoutBytesAsIfItWereOne",
                 [](Timeline& fabric) { fabric.start_flow(ms(5), 0, 1, 0, 1); },
                 "1 done 6.00001ms\n"},
        FlowCase{"BetweenAHostAndItselfNoTime",
                 [](Timeline& fabric) { fabric.start_flow(ms(5), 2, 2, kBytes, 1); },
                 "1 done 5ms\n"},
        // Two senders, one receiving link: half the rate for each.
        FlowCase{"TwoFlowsShareALink",
                 [](Timeline& fabric) {
                   fabric.start_flow(ms(0), 0, 2, kBytes, 1);
                   fabric.start_flow(ms(0), 1, 2, kBytes, 2);
                 },
                 "1 done 2.001s\n2 done 2.001s\n"},
        FlowCase{"OppositeDirectionsDoNotShare",
                 [](Timeline& fabric) {
                   fabric.start_flow(ms(0), 0, 1, kBytes, 1);
                   fabric.start_flow(ms(0), 1, 0, kBytes, 2);
                 },
                 "1 done 1.001s\n2 done 1.001s\n"},
        FlowCase{"FourPullsShareTheRegistry",
                 [](Timeline& fabric) {
                   for (FabricHost node = 0; node < 4; ++node) {
                     fabric.start_pull(ms(0), node, kBytes, node);
                   }
                 },
                 "0 done 4.001s\n1 done 4.001s\n2 done 4.001s\n3 done 4.001s\n"},
        // 50 MB by 0.501 s, then 4.95 MB at half the rate, then 45.05 MB alone.
        FlowCase{"JoinedByAnotherThatIsCancelled",
                 [](Timeline& fabric) {
                   fabric.start_flow(ms(0), 0, 1, kBytes, 1);
                   const FlowId second = fabric.start_flow(ms(500), 0, 1, kBytes, 2);
                   fabric.cancel(ms(600), second);
                   fabric.cancel(ms(600), second);
                 },
                 "1 done 1.0505s\n"},
        // 29.9 MB by 2.3 s, then 70.1 MB at half the rate.
        FlowCase{"BandwidthHalvedMidway",
                 [](Timeline& fabric) {
                   fabric.start_flow(ms(2000), 0, 1, kBytes, 1);
                   fabric.set_bandwidth(ms(2300), 1, 50 * kMegabyte);
                 },
                 "1 done 3.702s\n"},
        FlowCase{"BandwidthSetBeforeTheFirstFlow",
                 [](Timeline& fabric) {
                   fabric.set_bandwidth(ms(0), 1, 50 * kMegabyte);
                   fabric.start_flow(ms(0), 0, 1, kBytes, 1);
                 },
                 "1 done 2.001s\n"},
        FlowCase{"ReceiverOffMidway",
                 [](Timeline& fabric) {
                   fabric.start_flow(ms(4000), 0, 1, kBytes, 1);
                   fabric.set_up(ms(4200), 1, false);
                 },
                 "1 failed 4.2s\n"},
        FlowCase{"SenderOffMidway",
                 [](Timeline& fabric) {
                   fabric.start_flow(ms(5000), 0, 1, kBytes, 1);
                   fabric.set_up(ms(5300), 0, false);
                 },
                 "1 failed 5.3s\n"},
        FlowCase{"OffDuringTheLatency",
                 [](Timeline& fabric) {
                   fabric.start_flow(ms(0), 0, 1, kBytes, 1);
                   fabric.set_up(us(500), 1, false);
                 },
                 "1 failed 500us\n"},
        // The others keep going, with the rate that becomes free: 1 s shared by two, 50 MB alone.
        FlowCase{"OneOfTwoPullingNodesOff",
                 [](Timeline& fabric) {
                   fabric.start_pull(ms(0), 0, kBytes, 1);
                   fabric.start_pull(ms(0), 3, kBytes, 2);
                   fabric.set_up(ms(1001), 3, false);
                 },
                 "2 failed 1.001s\n1 done 1.501s\n"},
        FlowCase{"TheRegistryOff",
                 [](Timeline& fabric) {
                   fabric.start_pull(ms(0), 0, kBytes, 1);
                   fabric.start_flow(ms(0), 1, 2, kBytes, 2);
                   fabric.set_up(ms(10), kRegistryHost, false);
                 },
                 "1 failed 10ms\n2 done 1.001s\n"},
        FlowCase{"StartTowardsAHostThatIsOff",
                 [](Timeline& fabric) {
                   fabric.set_up(ms(1), 1, false);
                   fabric.start_flow(ms(6001), 0, 1, kBytes, 1);
                 },
                 "1 failed 6.001s\n"},
        FlowCase{"StartFromAHostThatWentOffLater",
                 [](Timeline& fabric) {
                   fabric.start_flow(ms(0), 1, 2, kBytes, 1);
                   fabric.set_up(ms(1), 0, false);
                   fabric.start_flow(ms(2), 0, 1, kBytes, 2);
                 },
                 "2 failed 2ms\n1 done 1.001s\n"},
        FlowCase{"BackOnAndAgain",
                 [](Timeline& fabric) {
                   fabric.set_up(ms(0), 1, false);
                   fabric.start_flow(ms(0), 0, 2, kBytes, 1);
                   fabric.set_up(ms(2000), 1, true);
                   fabric.start_flow(ms(2000), 0, 1, kBytes, 2);
                 },
                 "1 done 1.001s\n2 done 3.001s\n"},
        // The first has the link for 1 ns alone, which the second has at the end.
        FlowCase{"OneNanosecondApart",
                 [](Timeline& fabric) {
                   fabric.start_flow(ms(9000), 0, 2, kBytes, 1);
                   fabric.start_flow(ms(9000) + 1_ns, 1, 2, kBytes, 2);
                 },
                 "1 done 11.000999999s\n2 done 11.001s\n"}),
    [](const testing::TestParamInfo<FlowCase>& param) { return std::string{param.param.name}; });

TEST(FabricDates, AStartJustBeforeOrAfterAnEndIsExact) {
  // SimGrid lets its clock lag up to 10 us behind where it is told to run.
  for (const std::int64_t offset_ns : {-9'000, -5'000, -1, 0, 1, 3'000, 8'000}) {
    in_own_process([offset_ns] {
      const auto fabric = fabric_of(platform());
      fabric->start_flow(ms(0), 0, 1, kBytes, 1);
      const Instant start = ns(1'001'000'000 + offset_ns);
      std::vector<FlowResult> results = results_until(*fabric, start - 1_ns);
      fabric->start_flow(start, 2, 3, kBytes, 2);
      const std::vector<FlowResult> more = results_until(*fabric, Instant::never());
      results.insert(results.end(), more.begin(), more.end());
      ASSERT_EQ(results.size(), 2U);
      EXPECT_EQ(results[0].at, ms(1001));
      EXPECT_EQ(results[1].at, start + 1001_ms);
    });
  }
}

TEST(FabricDates, AnEndIsNeverEarlyAndLessThanANanosecondLate) {
  in_own_process([] {
    FabricConfig config = platform();
    config.nodes[1].bytes_per_second = 3'000'000;
    const auto fabric = fabric_of(config);
    fabric->start_flow(ms(0), 0, 1, 1, 1);  // A third of a microsecond.
    EXPECT_EQ(rest(*fabric), "1 done 1.000334ms\n");
  });
}

TEST(FabricPlatform, LatencyFollowsTheZones) {
  in_own_process([] {
    FabricConfig config = platform();
    config.latency_in_zone = 200_us;
    config.latency_between_zones = 1_ms;
    config.latency_to_registry = 5_ms;
    const auto fabric = fabric_of(config);
    fabric->start_flow(ms(0), 0, 1, 1, 1);
    fabric->start_flow(ms(0), 0, 3, 1, 2);
    fabric->start_pull(ms(0), 3, 1, 3);
    EXPECT_EQ(rest(*fabric), "1 done 200.01us\n2 done 1.00001ms\n3 done 5.00001ms\n");
  });
}

TEST(FabricPlatform, LatencyDoesNotBoundTheRate) {
  // A TCP window of 4 MB, SimGrid's default, would allow 42 MB/s here.
  in_own_process([] {
    FabricConfig config = platform();
    config.latency_in_zone = config.latency_between_zones = config.latency_to_registry = 50_ms;
    const auto fabric = fabric_of(config);
    fabric->start_flow(ms(0), 0, 1, kBytes, 1);
    EXPECT_EQ(rest(*fabric), "1 done 1.05s\n");
  });
}

TEST(FabricPlatform, WithoutLatencyFlowsShareAsWell) {
  in_own_process([] {
    FabricConfig config = platform();
    config.latency_in_zone = config.latency_between_zones = config.latency_to_registry = 0_ns;
    const auto fabric = fabric_of(config);
    fabric->start_flow(ms(0), 0, 2, kBytes, 1);
    fabric->start_flow(ms(0), 1, 2, kBytes, 2);
    fabric->start_flow(ms(0), 3, 3, kBytes, 3);
    EXPECT_EQ(rest(*fabric), "3 done 0s\n1 done 2s\n2 done 2s\n");
  });
}

TEST(FabricPlatform, AZonesLinkIsSharedByWhatEntersTheZoneOnly) {
  in_own_process([] {
    FabricConfig config = platform();
    config.zone_bytes_per_second = 50 * kMegabyte;
    const auto fabric = fabric_of(config);
    fabric->start_flow(ms(0), 0, 3, kBytes, 1);  // Zone a to zone b: 50 MB/s.
    fabric->start_flow(ms(0), 1, 2, kBytes, 2);  // Within zone a: 100 MB/s.
    EXPECT_EQ(rest(*fabric), "2 done 1.001s\n1 done 2.001s\n");
  });
}

/// A few hundred pulls with nodes failing and coming back, as text.
std::string long_run(Instant start) {
  FabricConfig config = platform();
  for (int i = 0; i < 26; ++i) config.nodes.push_back({i % 2 == 0 ? "b" : "c", 70 * kMegabyte});
  const auto fabric = fabric_of(config);
  const Draws draws{11};
  std::vector<FlowResult> results;
  std::vector<FlowId> started;
  Instant now = start;
  for (std::uint64_t i = 0; i < 400; ++i) {
    now = now + draws.exponential(Purpose::Arrival, 40_ms, i);
    const std::vector<FlowResult> ended = results_until(*fabric, now);
    results.insert(results.end(), ended.begin(), ended.end());
    const auto node = static_cast<FabricHost>(draws.index(Purpose::EndpointChoice, 30, i));
    switch (draws.index(Purpose::FaultTarget, 10, i)) {
      case 0:
        fabric->set_up(now, node, false);
        break;
      case 1:
        fabric->cancel(now, started[started.size() / 2]);
        break;
      case 2:
        fabric->set_bandwidth(now, node, 60 * kMegabyte);
        break;
      default:
        fabric->set_up(now, node, true);
        started.push_back(
            fabric->start_pull(now, node, draws.index(Purpose::ServiceTime, kBytes / 10, i), i));
    }
  }
  const std::vector<FlowResult> ended = results_until(*fabric, Instant::never());
  results.insert(results.end(), ended.begin(), ended.end());
  return text(results);
}

TEST(FabricDates, EveryEndIsReachedAfterManyDays) {
  for (const std::int64_t days : {1, 20, 40, 60}) {
    in_own_process([days] {
      EXPECT_NE(long_run(Instant::at(60_min * (24 * days))).find("done"), std::string::npos);
    });
  }
}

TEST(FabricDeterminism, EqualRunsGiveEqualResults) {
  std::vector<std::string> outputs;
  for (int run = 0; run < 2; ++run) {
    std::array<int, 2> ends{};
    ASSERT_EQ(pipe(ends.data()), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const std::string lines = long_run(ms(0));
      const bool whole =
          write(ends[1], lines.data(), lines.size()) == static_cast<ssize_t>(lines.size());
      _exit(whole && !HasFailure() ? 0 : 1);
    }
    close(ends[1]);
    std::string& output = outputs.emplace_back();
    std::array<char, 4096> block{};
    for (ssize_t got = 0; (got = read(ends[0], block.data(), block.size())) > 0;) {
      output.append(block.data(), static_cast<std::size_t>(got));
    }
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(outputs[0], outputs[1]);
  EXPECT_NE(outputs[0].find("done"), std::string::npos);
  EXPECT_NE(outputs[0].find("failed"), std::string::npos);
}

TEST(FabricEngine, IsNotSetUpBeforeTheFirstFlow) {
  in_own_process([] {
    const auto unused = fabric_of(platform());
    unused->set_up(ms(1), 0, false);
    unused->set_bandwidth(ms(2), 1, kMegabyte);
    EXPECT_EQ(unused->next(), Instant::never());
    const auto used = fabric_of(platform());
    used->start_flow(ms(0), 0, 1, kBytes, 1);
    EXPECT_EQ(rest(*used), "1 done 1.001s\n");
    EXPECT_EXIT(unused->start_flow(ms(0), 1, 2, kBytes, 1), testing::ExitedWithCode(70),
                "one SimGrid engine");
  });
}

TEST(FabricEngine, EndsWithFlowsInFlight) {
  in_own_process([] {
    const auto fabric = fabric_of(platform());
    Timeline timeline{*fabric};
    timeline.start_pull(ms(0), 0, kBytes, 1);
    timeline.start_pull(ms(1), 1, kBytes, 2);
  });
}

TEST(FabricEngine, LeavesSignalHandlersAsTheyWere) {
  in_own_process([] {
    const auto ours = [](int) {};
    std::signal(SIGINT, ours);
    const auto fabric = fabric_of(platform());
    fabric->start_pull(ms(0), 0, kBytes, 1);
    EXPECT_EQ(rest(*fabric), "1 done 1.001s\n");
    struct sigaction now {};
    sigaction(SIGINT, nullptr, &now);
    EXPECT_EQ(now.sa_handler, static_cast<void (*)(int)>(ours));
  });
}

TEST(FabricContract, PassingOverAnEndEndsTheProcess) {
  in_own_process([] {
    const auto fabric = fabric_of(platform());
    fabric->start_pull(ms(0), 0, kBytes, 1);
    std::vector<FlowResult> results;
    EXPECT_EXIT(fabric->advance(ms(1002), results), testing::ExitedWithCode(70),
                "does not pass over");
    EXPECT_EXIT(fabric->start_pull(ms(0), 17, kBytes, 1), testing::ExitedWithCode(70),
                "hosts of the fabric");
  });
}

}  // namespace
}  // namespace orrery::sim
