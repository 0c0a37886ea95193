// A run that is recorded is the run that is not; what its recording says is what it was.
#include "runner/session/run_recorder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <numeric>
#include <set>
#include <string_view>

#include "models/recording/run_reader.h"
#include "runner/report/report.h"
#include "runner/run_result_json.h"
#include "runner/session/sim_session.h"
#include "runner/verdict/verdict.h"
#include "tests/session/read_scenario.h"
#include "tests/support/temporary_folder.h"

namespace orrery::session {
namespace {

using recording::CallField;
using recording::RowKind;
using recording::RunReader;

scenario::Scenario two_pods() { return scenario_of("scenarios/live/two-pods.json"); }

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

/// Of all samples, the sum of what a column counts.
std::int64_t total_of(RunReader& reader, std::size_t column) {
  const auto samples = *reader.samples({}, *reader.last() + Duration::seconds(1));
  std::int64_t total = 0;
  for (std::size_t i = 0; i < samples.at_us.size(); ++i) {
    total += samples.values[i * reader.columns().count() + column];
  }
  return total;
}

TEST(RunRecorder, HasTheLagOfEveryConsumerGroup) {
  const tests::TemporaryFolder folder;
  scenario::Scenario s = scenario_of("scenarios/topics/half-the-mailers.json");
  s.duration = Duration::minutes(3);
  const runner::RunResult result = recorded(s, folder.file("run"));
  const auto reader = *RunReader::open(folder.file("run"));
  const recording::ColumnMap& map = reader->columns();
  ASSERT_EQ(reader->scene().groups.size(), result.groups.size());
  ASSERT_GT(map.groups(), 0U);
  std::size_t group = 0;
  std::uint64_t most = 0;
  for (const auto& [name, samples] : result.groups) {
    const recording::SceneGroup& seen = reader->scene().groups[group];
    EXPECT_EQ(seen.topic + "/" + reader->scene().services[seen.service], name);
    // The last one is of the end, as it is.
    const runner::GroupSample& last = samples.back();
    using recording::GroupField;
    const auto total = [&](GroupField field) {
      return static_cast<std::uint64_t>(total_of(*reader, map.of(group, field)));
    };
    EXPECT_EQ(total(GroupField::Published), last.published);
    EXPECT_EQ(total(GroupField::Finished), last.finished);
    EXPECT_EQ(total(GroupField::Dead), last.dead);
    EXPECT_EQ(total(GroupField::Redelivered), last.redelivered);
    const auto end = *reader->at(*reader->last());
    EXPECT_EQ(end.values[map.of(group, GroupField::Lag)], static_cast<std::int64_t>(last.lag()));
    EXPECT_EQ(end.values[map.of(group, GroupField::OldestAge)], last.age.count_ns() / 1000);
    most = std::max(most, last.lag());
    ++group;
  }
  EXPECT_GT(most, 0U);
}

TEST(RunRecorder, HasWhatPoliciesDid) {
  const tests::TemporaryFolder folder;
  std::map<std::string, std::uint64_t> seen;
  for (const char* file :
       {"scenarios/network-faults/with-retries.json", "scenarios/metastable/answer-breaker.json",
        "scenarios/hedging/hedged.json"}) {
    SCOPED_TRACE(file);
    const runner::RunResult result = recorded(scenario_of(file), folder.file("run"));
    const auto reader = *RunReader::open(folder.file("run"));
    const recording::ColumnMap& map = reader->columns();
    ASSERT_EQ(reader->scene().routes.size(), result.policies.size());
    const auto again = runner::run_result_from_json_text(runner::to_json_text(result));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->policies, result.policies);
    EXPECT_EQ(again->policy_samples, result.policy_samples);
    for (std::size_t route = 0; route < result.policies.size(); ++route) {
      const runner::PolicyCounts& did = result.policies[route];
      const recording::SceneEdge& way = reader->scene().routes[route];
      const bool outside = way.from == recording::kOutside;
      EXPECT_EQ(outside ? "" : reader->scene().services[way.from], did.from);
      EXPECT_EQ(reader->scene().services[way.to], did.to);
      using recording::PolicyField;
      const auto total = [&](PolicyField field) {
        return static_cast<std::uint64_t>(total_of(*reader, map.of(route, field)));
      };
      EXPECT_EQ(total(PolicyField::Calls), did.calls);
      EXPECT_EQ(total(PolicyField::Tries), did.tries);
      EXPECT_EQ(total(PolicyField::Retries), did.retries);
      EXPECT_EQ(total(PolicyField::Hedges), did.hedges);
      EXPECT_EQ(total(PolicyField::Fallbacks), did.fallbacks);
      EXPECT_EQ(total(PolicyField::Openings), did.openings);
      EXPECT_EQ(total(PolicyField::Ejections), did.ejections);
      const auto& seconds = result.policy_samples[route];
      ASSERT_EQ(seconds.size(), static_cast<std::size_t>(to_seconds(result.simulated)));
      const runner::PolicySample whole{did.retries,  did.hedges,    did.fallbacks,
                                       did.openings, did.ejections, seconds.back().turned_away};
      EXPECT_EQ(seconds.back(), whole);
      seen["retries"] += did.retries;
      seen["openings"] += did.openings;
      seen["hedges"] += did.hedges;
    }
  }
  for (const char* what : {"retries", "openings", "hedges"}) EXPECT_GT(seen[what], 0U) << what;
}

TEST(RunRecorder, HasWhatPoliciesTurnedAwayByWhatDidSo) {
  using recording::PolicyField;
  const tests::TemporaryFolder folder;
  std::map<PolicyField, std::int64_t> seen;
  for (const char* file :
       {"scenarios/metastable/answer-breaker.json", "scenarios/metastable/answer-budget.json",
        "scenarios/thread-pool/with.json", "labs/l13-cascade/answer-bulkhead.json"}) {
    SCOPED_TRACE(file);
    const runner::RunResult result = recorded(scenario_of(file), folder.file("run"));
    const auto again = runner::run_result_from_json_text(runner::to_json_text(result));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->policies, result.policies);
    EXPECT_EQ(again->policy_samples, result.policy_samples);
    const auto reader = *RunReader::open(folder.file("run"));
    const recording::ColumnMap& map = reader->columns();
    for (std::size_t route = 0; route < map.routes(); ++route) {
      const auto& edges = reader->scene().edges;
      const auto edge = static_cast<std::size_t>(
          std::find(edges.begin(), edges.end(), reader->scene().routes[route]) - edges.begin());
      const auto ended = [&](sim::RequestOutcome outcome) {
        const auto field = static_cast<CallField>(1 + static_cast<int>(outcome));
        return total_of(*reader, map.of(RowKind::Edge, edge, field));
      };
      const auto total = [&](PolicyField field) {
        const std::int64_t count = total_of(*reader, map.of(route, field));
        seen[field] += count;
        return count;
      };
      const auto of = [&](PolicyField field) {
        return static_cast<std::uint64_t>(total_of(*reader, map.of(route, field)));
      };
      // What one try is not let out with may be another try's to mend.
      const std::int64_t further = total(PolicyField::Retries) + total(PolicyField::Hedges);
      std::int64_t sum = 0;
      const auto expect = [&](std::int64_t turned_away, sim::RequestOutcome outcome) {
        sum += turned_away;
        EXPECT_GE(turned_away, ended(outcome)) << to_string(outcome);
        if (further > 0) return;
        EXPECT_EQ(turned_away, ended(outcome)) << to_string(outcome);
      };
      expect(total(PolicyField::ByBreaker), sim::RequestOutcome::CircuitOpen);
      expect(total(PolicyField::ByBulkhead) + total(PolicyField::ByPool),
             sim::RequestOutcome::Overflow);
      expect(total(PolicyField::ByRateLimit), sim::RequestOutcome::RateLimited);
      expect(total(PolicyField::ByAdmission), sim::RequestOutcome::NotAdmitted);
      EXPECT_LE(sum, total(PolicyField::Calls) + further) << "each try once";
      EXPECT_LE(total(PolicyField::ByRetryLimit), total(PolicyField::Calls) + further);
      const runner::TurnedAwayCounts& whole = result.policies[route].turned_away;
      const runner::TurnedAwayCounts seconds{
          of(PolicyField::ByBreaker),  of(PolicyField::ByRateLimit), of(PolicyField::ByAdmission),
          of(PolicyField::ByBulkhead), of(PolicyField::ByPool),      of(PolicyField::ByRetryLimit)};
      EXPECT_EQ(whole, seconds) << "the result has the recording's sums";
      EXPECT_EQ(result.policy_samples[route].back().turned_away,
                whole.breaker + whole.rate_limit + whole.admission + whole.bulkhead + whole.pool +
                    whole.retry_limit);
    }
  }
  EXPECT_GT(seen[PolicyField::ByBreaker], 0);
  EXPECT_GT(seen[PolicyField::ByBulkhead], 0);
  EXPECT_GT(seen[PolicyField::ByRetryLimit], 0);
}

TEST(RunRecorder, HasTheHostsThatCallersKeepOutAtEveryInstant) {
  using recording::PolicyField;
  const tests::TemporaryFolder folder;
  scenario::Scenario s = scenario_of("labs/l16-envoy/one-bad-pod.json");
  s.duration = Duration::seconds(200);
  (void)recorded(s, folder.file("run"));
  const auto reader = *RunReader::open(folder.file("run"));
  const auto events = *reader->events({}, *reader->last());
  std::size_t next = 0;
  std::int64_t out = 0;
  std::set<std::int64_t> numbers;
  for (Instant at = *reader->first(); at <= *reader->last();
       at = at + Duration::milliseconds(500)) {
    const auto frame = reader->at(at);
    ASSERT_TRUE(frame);
    for (; next < events.size() && events[next].at <= frame->at; ++next) {
      if (reader->text(events[next].what) != "outlier") continue;
      const std::string_view detail = reader->text(events[next].detail);
      out += detail.find(" ejects ") != std::string::npos;
      out -= detail.find(" takes back ") != std::string::npos;
    }
    EXPECT_EQ(frame->values[reader->columns().of(0, PolicyField::KeptOut)], out) << to_string(at);
    std::int64_t pods = 0;
    for (const auto& [name, state] : frame->pods) pods += state.kept_out_by;
    EXPECT_EQ(pods, out) << to_string(at);
    numbers.insert(out);
  }
  EXPECT_EQ(numbers, (std::set<std::int64_t>{0, 1}));
}

}  // namespace
}  // namespace orrery::session
