// Faults between callers and the called, in whole runs.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "runner/report/report.h"
#include "runner/scenario/reading.h"
#include "runner/session/sim_session.h"
#include "runner/verdict/verdict.h"
#include "runner/why/chains.h"

namespace orrery::session {
namespace {

using scenario::FaultAction;
using scenario::FaultKind;
using scenario::Scenario;

/// The two pods of the live scenario, from 10 s to 20 s with a fault on the way to whom `end`
/// names.
Scenario with_fault(FaultKind kind, scenario::EdgeEnd end) {
  scenario::ScenarioReading reading = scenario::read_scenario("scenarios/live/two-pods.json");
  Scenario s = std::move(reading.scenario.value());
  s.expectations.clear();
  FaultAction fault;
  fault.kind = kind;
  fault.lasts = 10_s;
  fault.count = 0xffff'ffff;
  end.everybody = false;
  scenario::EdgeSettings edge;
  edge.to = std::move(end);
  edge.direction = scenario::EdgeDirection::Both;
  fault.edge = std::move(edge);
  s.timeline = {{"trouble", Instant::at(10_s), fault, {}}};
  return s;
}

scenario::EdgeEnd to_service() {
  scenario::EdgeEnd end;
  end.services = {"default/web"};
  return end;
}

FaultAction& fault_of(Scenario& s) { return std::get<FaultAction>(s.timeline[0].action); }

/// The share of requests that began between 11 s and 19 s, and failed.
double failed_share(const runner::RunResult& run) {
  const auto stats =
      verdict::within(run.services.at("default/web"), Instant::at(11_s), Instant::at(19_s));
  return 1 - static_cast<double>(stats.succeeded) / static_cast<double>(stats.requests);
}

/// What the record at the head of the chain of most failures says.
std::string origin(const runner::RunResult& run) {
  const auto chains = why::chains_of(run.log, run.failures, {});
  return chains.empty() ? "" : chains[0].steps[0].detail;
}

TEST(EdgeFaultInARun, IsTheOriginOfWhatFailsThroughIt) {
  for (const FaultKind kind :
       {FaultKind::NetworkPartition, FaultKind::Reset, FaultKind::DnsError, FaultKind::HttpAbort}) {
    SCOPED_TRACE(to_string(kind));
    const Scenario s = with_fault(kind, to_service());
    const std::vector<runner::RunResult> results{simulate(s, 1)};
    EXPECT_EQ(failed_share(results[0]), 1.0);
    ASSERT_EQ(results[0].faults.size(), 1U);
    EXPECT_FALSE(results[0].faults[0].targets.empty()) << results[0].faults[0].effect;

    const auto judgement = verdict::judge(s, results);
    const auto summary =
        nlohmann::json::parse(report::summary_json({s, report::World::Sim, results, judgement}));
    ASSERT_FALSE(summary.at("why").empty()) << summary.dump(1);
    const auto& first = summary.at("why").at(0).at("chain").at(0);
    EXPECT_EQ(first.at("what"), "fault");
    EXPECT_EQ(first.at("subject"), "Service/default/web");
    EXPECT_EQ(first.at("detail"), std::string{"trouble: "} + to_string(kind));
    EXPECT_EQ(summary.at("why").size(), 1U) << "and nothing else is";
  }
}

TEST(EdgeFaultInARun, IsWhatCallersWereToldWrong) {
  for (const scenario::WrongConfig wrong :
       {scenario::WrongConfig::Port, scenario::WrongConfig::Service,
        scenario::WrongConfig::Timeout}) {
    Scenario s = with_fault(FaultKind::BadConfig, to_service());
    fault_of(s).edge->wrong = wrong;
    fault_of(s).edge->timeout = 1_ms;
    const auto run = simulate(s, 1);
    EXPECT_EQ(failed_share(run), 1.0);
    EXPECT_TRUE(run.faults.at(0).recovered);
    const auto after =
        verdict::within(run.services.at("default/web"), Instant::at(21_s), Instant::at(38_s));
    EXPECT_EQ(after.requests, after.succeeded) << "it is rolled back";
    EXPECT_EQ(origin(run), "trouble: bad-config");
  }
}

TEST(EdgeFaultInARun, HoldsUpWhatALinkHasNoRoomFor) {
  Scenario s = with_fault(FaultKind::NetworkBandwidth, to_service());
  fault_of(s).bytes_per_second = 10'000;
  const auto run = simulate(s, 1);
  EXPECT_GT(failed_share(run), 0.9) << "14 of 50 requests a second";
  EXPECT_EQ(origin(run), "trouble: network-bandwidth");
  fault_of(s).bytes_per_second = 1'000'000'000;
  fault_of(s).edge->burst_bytes = 1'000'000;
  const auto wide = simulate(s, 1);
  EXPECT_EQ(failed_share(wide), 0.0);
  EXPECT_EQ(wide.faults.at(0).effect, "it held up no message");
}

TEST(EdgeFaultInARun, CutsOffWhatIsTooLarge) {
  Scenario s = with_fault(FaultKind::LimitData, to_service());
  fault_of(s).edge->limit_bytes = 699;
  const auto run = simulate(s, 1);
  EXPECT_EQ(failed_share(run), 1.0);
  EXPECT_EQ(origin(run), "trouble: limit-data");
  fault_of(s).edge->limit_bytes = 700;
  EXPECT_EQ(simulate(s, 1).faults.at(0).effect, "it met no message that is larger");
}

TEST(EdgeFaultInARun, ClosesConnectionsWhereThereIsAPool) {
  Scenario s = with_fault(FaultKind::SlowClose, to_service());
  fault_of(s).delay = 2_s;
  const auto without = simulate(s, 1);
  EXPECT_EQ(failed_share(without), 0.0);
  EXPECT_EQ(without.faults.at(0).effect,
            "it met no answer on a connection of a pool that carries a request at a time");
  resilience::ConnectionPoolConfig pool;
  pool.thresholds.max_connections = 8;
  s.policies[{"", "default/web"}].pool = pool;
  const auto run = simulate(s, 1);
  EXPECT_GT(failed_share(run), 0.8) << "8 connections are good for 4 of 50 requests a second";
  EXPECT_EQ(origin(run), "trouble: slow-close");
}

TEST(EdgeFaultInARun, DrawsItsPodsFromAllWorkloadsTogether) {
  scenario::EdgeEnd end;
  end.pods = {{api::Kind::Deployment, "default", "web"},
              {api::Kind::Deployment, "default", "more"}};
  Scenario s = with_fault(FaultKind::HttpAbort, end);
  // A second workload behind the same Service: four pods.
  for (std::size_t i = 0; i < s.objects.size(); ++i) {
    if (api::key_of(s.objects[i].object).kind != api::Kind::Deployment) continue;
    api::ManifestObject more = s.objects[i];
    auto& deployment = std::get<api::Deployment>(more.object);
    deployment.meta.name = "more";
    deployment.spec.pod_template.labels["set"] = "more";
    deployment.spec.selector.match_labels["set"] = "more";
    s.objects.push_back(std::move(more));
    break;
  }
  fault_of(s).count = 1;
  EXPECT_NEAR(failed_share(simulate(s, 1)), 0.25, 0.08);
  fault_of(s).count = 3;
  EXPECT_NEAR(failed_share(simulate(s, 1)), 0.75, 0.08);
  fault_of(s).share = 0.5;
  EXPECT_NEAR(failed_share(simulate(s, 1)), 0.5, 0.08);
}

TEST(EdgeFaultInARun, ThatMeetsNoMessageSaysSo) {
  Scenario s = with_fault(FaultKind::HttpAbort, to_service());
  fault_of(s).edge->from.everybody = false;
  fault_of(s).edge->from.services = {"default/web"};  // Which calls nobody.
  const auto run = simulate(s, 1);
  EXPECT_TRUE(run.faults.at(0).targets.empty());
  EXPECT_EQ(run.faults.at(0).effect, "it met no message");
  EXPECT_EQ(failed_share(run), 0.0);
}

}  // namespace
}  // namespace orrery::session
