// A recording of a run on live hosts has the series that one of a simulated run has.
#include "runner/session/live_recording.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <tuple>
#include <vector>

#include "models/recording/run_reader.h"
#include "runner/scenario/reading.h"
#include "runner/session/sim_session.h"
#include "tests/support/temporary_folder.h"

namespace orrery::session {
namespace {

using recording::CallField;
using recording::RowKind;
using recording::RunReader;

constexpr std::int64_t kStart = 1'000'000'000'000;  // Of the run, on the generators' clock [ns].
constexpr std::int64_t kMs = 1'000'000;

scenario::Scenario two_pods() {
  scenario::ScenarioReading reading = scenario::read_scenario("scenarios/live/two-pods.json");
  for (const api::Problem& problem : reading.problems) ADD_FAILURE() << to_string(problem);
  return *std::move(reading.scenario);
}

Instant ms(std::int64_t value) { return Instant::at(Duration::milliseconds(value)); }

/// A load generator that writes what the test tells it.
class Generator {
 public:
  explicit Generator(const std::string& path) : path_{path}, out_{path} {}

  [[nodiscard]] LoadResults results() const { return {path_, kStart}; }
  void due(int ordinal, std::int64_t at_ms) {
    out_ << fmt::format("{{\"due\":{},\"at\":{}}}\n", ordinal, kStart + at_ms * kMs) << std::flush;
  }
  void over(int ordinal, std::int64_t at_ms, std::int64_t took_ms, const char* outcome,
            const char* endpoint) {
    out_ << fmt::format(R"({{"n":{},"at":{},"responseTime":{},"outcome":"{}","endpoint":"{}"}})",
                        ordinal, kStart + at_ms * kMs, took_ms * kMs, outcome, endpoint)
         << "\n"
         << std::flush;
  }
  void begin_a_line() { out_ << R"({"n":7,"at":)" << std::flush; }

 private:
  std::string path_;
  std::ofstream out_;
};

controllers::Change pod_appears(const char* name, const char* address) {
  api::Pod pod;
  pod.meta.namespace_name = "default";
  pod.meta.name = name;
  pod.spec.node_name = "h1";
  pod.status.phase = api::PodPhase::Running;
  pod.status.pod_ip = address;
  return {nullptr, std::make_shared<const api::Object>(std::move(pod))};
}

class LiveRecordingTest : public testing::Test {
 protected:
  std::unique_ptr<LiveRecording> begin() {
    auto recording = *LiveRecording::create({path_, {}, "test", 20}, scenario_, 0, causes_);
    recording->add_load(generator_.results(), "visit");
    return recording;
  }
  /// A column of the service at the sample of `at`.
  std::int64_t value(RunReader& reader, RowKind kind, CallField field, Instant at) {
    return (*reader.at(at)).values.at(reader.columns().of(kind, 0, field));
  }

  tests::TemporaryFolder folder_;
  std::string path_ = folder_.file("run");
  scenario::Scenario scenario_ = two_pods();
  Generator generator_{folder_.file("load")};
  recording::EventLog log_;
  StruckPods struck_;
  LiveCauses causes_{log_, struck_, {"default/web"}};
};

TEST_F(LiveRecordingTest, ItHasTheSceneOfTheSimulatedRun) {
  ASSERT_TRUE(begin()->finish());
  const RecordOrder order{folder_.file("sim"), {}, "test", 20};
  ASSERT_TRUE(try_simulate(scenario_, 1, &order));
  EXPECT_EQ((*RunReader::open(path_))->scene(), (*RunReader::open(order.path))->scene());
}

TEST_F(LiveRecordingTest, RequestsAreCountedWhenTheyAreDueAndWhenTheyAreOver) {
  const auto recording = begin();
  recording->on_changes(ms(10), {pod_appears("web-1", "10.91.1.2")});
  generator_.due(0, 120);
  generator_.due(1, 130);
  generator_.over(0, 120, 50, "ok", "10.91.1.2:8080");
  generator_.begin_a_line();
  recording->advance(ms(200));
  ASSERT_TRUE(recording->finish());
  const auto reader = *RunReader::open(path_);
  for (const RowKind row : {RowKind::Edge, RowKind::Service, RowKind::Journey}) {
    EXPECT_EQ(value(*reader, row, CallField::Started, ms(100)), 0);
    EXPECT_EQ(value(*reader, row, CallField::Started, ms(200)), 2);
    EXPECT_EQ(value(*reader, row, CallField::Ok, ms(200)), 1);
    EXPECT_EQ(value(*reader, row, CallField::InFlight, ms(200)), 1);
  }
  EXPECT_EQ((*reader->at(ms(100))).pods.size(), 1U);
}

TEST_F(LiveRecordingTest, OutcomesAndLatenciesAreThoseOfTheGenerator) {
  const auto recording = begin();
  generator_.due(0, 100);
  generator_.over(0, 100, 40, "reset", "10.91.1.2:8080");
  generator_.due(1, 150);
  generator_.over(1, 150, 0, "no-endpoints", "");
  recording->advance(ms(1000));
  ASSERT_TRUE(recording->finish());
  const auto reader = *RunReader::open(path_);
  const auto reset = static_cast<CallField>(1 + static_cast<int>(sim::RequestOutcome::Reset));
  const auto none = static_cast<CallField>(1 + static_cast<int>(sim::RequestOutcome::NoEndpoints));
  EXPECT_EQ(value(*reader, RowKind::Service, reset, ms(200)), 1);
  EXPECT_EQ(value(*reader, RowKind::Service, none, ms(200)), 1);
  const Duration slowest =
      recording::latency_of(value(*reader, RowKind::Service, CallField::P99, ms(1000)));
  EXPECT_NEAR(to_seconds(slowest), 0.040, 0.002);
}

TEST_F(LiveRecordingTest, WhatMadeCallsFailIsAmongItsEvents) {
  const auto recording = begin();
  log_.append(ms(100), 0, "fault", "Deployment/default/web", "all: container-kill");
  causes_.on_changes(ms(10), {pod_appears("web-1", "10.91.1.2")});
  struck_.hit({api::Kind::Pod, "default", "web-1"}, 1);
  generator_.due(0, 120);
  generator_.over(0, 120, 5, "refused", "10.91.1.2:8080");
  log_.append(ms(180), 1, "exited", "Pod/default/web-1");
  recording->advance(ms(300));
  ASSERT_TRUE(recording->finish());
  const auto reader = *RunReader::open(path_);
  const auto events = *reader->events({}, ms(1000));
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(reader->text(events[1].what), "failing");
  EXPECT_EQ(events[1].cause, 1U);
  EXPECT_EQ(events[1].at, ms(125));
  EXPECT_EQ(events[2].cause, 1U);
}

TEST_F(LiveRecordingTest, AFollowedRequestNamesThePodThatItReached) {
  const auto recording = begin();
  recording->on_changes(ms(10), {pod_appears("web-1", "10.91.1.2")});
  generator_.due(0, 120);
  generator_.over(0, 120, 50, "ok", "10.91.1.2:8080");
  recording->advance(ms(300));
  ASSERT_TRUE(recording->finish());
  const auto reader = *RunReader::open(path_);
  const auto traces = *reader->traces({}, ms(1000));
  ASSERT_EQ(traces.size(), 1U);
  EXPECT_EQ(traces[0].start, ms(120));
  EXPECT_EQ(traces[0].length, Duration::milliseconds(50));
  ASSERT_EQ(traces[0].spans.size(), 1U);
  EXPECT_EQ(reader->text(traces[0].spans[0].pod), "Pod/default/web-1");
  EXPECT_EQ(reader->text(traces[0].spans[0].operation), "request");
}

TEST_F(LiveRecordingTest, FollowedRequestsThatOverlapAreKeptApart) {
  const auto recording = begin();
  recording->on_changes(ms(10),
                        {pod_appears("web-1", "10.91.1.2"), pod_appears("web-2", "10.91.1.3")});
  generator_.due(0, 100);
  generator_.due(1, 160);
  generator_.over(1, 160, 20, "ok", "10.91.1.3:8080");
  generator_.due(2, 210);
  generator_.over(0, 100, 140, "timeout", "10.91.1.2:8080");
  generator_.over(2, 210, 60, "ok", "10.91.1.3:8080");
  recording->advance(ms(400));
  ASSERT_TRUE(recording->finish());
  const auto reader = *RunReader::open(path_);
  const auto traces = *reader->traces({}, ms(1000));
  const std::vector<std::tuple<std::int64_t, std::int64_t, std::string>> expected{
      {160, 20, "Pod/default/web-2"},
      {100, 140, "Pod/default/web-1"},
      {210, 60, "Pod/default/web-2"}};
  std::vector<std::tuple<std::int64_t, std::int64_t, std::string>> seen;
  for (const recording::Trace& trace : traces) {
    ASSERT_EQ(trace.spans.size(), 1U);
    EXPECT_EQ(trace.spans[0].length, trace.length);
    EXPECT_EQ(trace.spans[0].outcome, trace.outcome);
    seen.emplace_back(trace.start.count_ns() / 1'000'000, trace.length.count_ns() / 1'000'000,
                      reader->text(trace.spans[0].pod));
  }
  EXPECT_EQ(seen, expected);
}

TEST_F(LiveRecordingTest, WhatCameAfterTheLastSampleIsNoPartOfIt) {
  const auto recording = begin();
  log_.append(ms(200), 0, "fault", "Pod/default/web-1", "at the end");
  recording->advance(ms(200));
  recording->on_changes(ms(250), {pod_appears("web-1", "10.91.1.2")});
  log_.append(ms(250), 0, "deleted", "Pod/default/web-1", "");
  ASSERT_TRUE(recording->finish());
  const auto reader = *RunReader::open(path_);
  const auto events = *reader->events({}, ms(1000));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(reader->text(events[0].what), "fault");
  EXPECT_TRUE((*reader->at(*reader->last())).pods.empty());
}

}  // namespace
}  // namespace orrery::session
