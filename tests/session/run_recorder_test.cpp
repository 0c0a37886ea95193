// A run that is recorded is the run that is not; what its recording says is what it was.
#include "runner/session/run_recorder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <numeric>

#include "models/recording/run_reader.h"
#include "runner/report/report.h"
#include "runner/scenario/reading.h"
#include "runner/session/sim_session.h"
#include "runner/verdict/verdict.h"
#include "tests/support/temporary_folder.h"

namespace orrery::session {
namespace {

using recording::CallField;
using recording::RowKind;
using recording::RunReader;

scenario::Scenario two_pods() {
  scenario::ScenarioReading reading = scenario::read_scenario("scenarios/live/two-pods.json");
  for (const api::Problem& problem : reading.problems) ADD_FAILURE() << to_string(problem);
  return *std::move(reading.scenario);
}

runner::RunResult recorded(const scenario::Scenario& s, const std::string& path) {
  const RecordOrder order{path, {}, "test", 20};
  auto result = try_simulate(s, 3, &order);
  EXPECT_TRUE(result);
  return *std::move(result);
}

std::string reports_of(const scenario::Scenario& s, runner::RunResult result) {
  const std::vector<runner::RunResult> results{std::move(result)};
  const auto judgement = verdict::judge(s, results);
  const report::FinishedRun run{s, report::World::Sim, results, judgement};
  return report::summary_json(run) + report::events_jsonl(run) + report::html_report(run);
}

std::string bytes_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

TEST(RunRecorder, ARecordedRunIsTheSameRunAndItsRecordingTheSameBytes) {
  const tests::TemporaryFolder folder;
  const scenario::Scenario s = two_pods();
  const std::string without = reports_of(s, simulate(s, 3));
  EXPECT_EQ(reports_of(s, recorded(s, folder.file("a"))), without);
  EXPECT_EQ(reports_of(s, recorded(s, folder.file("b"))), without);
  EXPECT_EQ(bytes_of(folder.file("a")), bytes_of(folder.file("b")));
}

TEST(RunRecorder, TheRecordingSaysWhatTheRunSays) {
  const tests::TemporaryFolder folder;
  const scenario::Scenario s = two_pods();
  const runner::RunResult result = recorded(s, folder.file("run"));
  const auto reader = *RunReader::open(folder.file("run"));
  EXPECT_TRUE(reader->complete());
  EXPECT_EQ(reader->last(), Instant::at(s.duration));
  const Instant end = *reader->last() + Duration::seconds(1);

  const auto events = *reader->events({}, end);
  ASSERT_EQ(events.size(), result.log.size());
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].id, result.log[i].id);
    EXPECT_EQ(events[i].cause, result.log[i].cause);
    EXPECT_EQ(reader->text(events[i].what), result.log[i].what);
    EXPECT_EQ(reader->text(events[i].subject), result.log[i].subject);
    EXPECT_EQ(reader->text(events[i].detail), result.log[i].detail);
  }

  const auto samples = *reader->samples({}, end);
  const recording::ColumnMap& map = reader->columns();
  std::uint64_t ended = 0;
  std::uint64_t succeeded = 0;
  for (const runner::RequestSample& sample : result.services.at("default/web").samples) {
    ended += sample.stats.requests;
    succeeded += sample.stats.succeeded;
  }
  std::int64_t seen = 0;
  std::int64_t ok = 0;
  for (std::size_t i = 0; i < samples.at_us.size(); ++i) {
    const std::int64_t* row = samples.values.data() + i * map.count();
    ok += row[map.of(RowKind::Service, 0, CallField::Ok)];
    for (std::uint32_t o = 0; o < recording::kOutcomeCount; ++o) {
      seen += row[map.of(RowKind::Service, 0, static_cast<CallField>(1 + o))];
    }
  }
  EXPECT_EQ(static_cast<std::uint64_t>(seen), ended);
  EXPECT_EQ(static_cast<std::uint64_t>(ok), succeeded);

  const auto traces = *reader->traces({}, end);
  EXPECT_GT(traces.size(), 20U);
  for (const recording::Trace& trace : traces) {
    ASSERT_FALSE(trace.spans.empty());
    EXPECT_LE(trace.spans.front().length, trace.length);
    if (trace.outcome == 0) {
      EXPECT_TRUE(reader->text(trace.spans.front().pod).starts_with("Pod/default/web-"));
    }
  }
  const auto frame = *reader->at(*reader->last());
  EXPECT_FALSE(frame.pods.empty());
  EXPECT_EQ(frame.nodes.size(), s.cluster.nodes.size());
}

}  // namespace
}  // namespace orrery::session
