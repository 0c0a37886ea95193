/// @file
/// Services of which one pod leads: who writes where, what an election costs, who acknowledges.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

constexpr std::uint64_t kSeed = 3;
constexpr std::uint32_t kWrite = 0;
constexpr std::uint32_t kRead = 1;

/// Clients write and read, each 50 times a second, at a service that elects its leader in 5 s.
TrafficModel database(std::uint32_t acks = 1) {
  TrafficModel model;
  ServiceModel service = offers(works(1_ms), 1000);
  service.operations[0].writes = true;
  service.operations.push_back(works(1_ms));
  service.leader = {Distribution::constant(5_s), acks, {}};
  model.services.push_back(service);
  model.latency_same_node = model.latency_in_zone = model.latency_between_zones = Duration{};
  add_load(model, {{0, kWrite}}, kSeed, 50, 3'000);
  JourneyModel reads;
  reads.steps = {{0, kRead}};
  model.journeys.push_back(reads);
  LoadModel load = model.load[0];
  load.mix = {{1, 1.0}};
  model.load.push_back(load);
  return model;
}

struct Database {
  explicit Database(const TrafficModel& model, std::uint32_t count = 3)
      : world{model, kSeed}, ledger{log, {"db"}} {
    world.engine.explain_failures(ledger);
    for (std::uint32_t i = 0; i < count; ++i) pods.push_back(world.pod(0, i % 2));
    world.publish_all();
    world.engine.start();
  }
  /// Of those that began within these seconds: outcomes of writes (journey 0) or reads (1).
  [[nodiscard]] std::uint64_t ended(std::uint32_t journey, RequestOutcome outcome, Duration from,
                                    Duration until) const {
    std::uint64_t count = 0;
    for (const RequestSample& sample : world.engine.journey_steps(journey).samples()) {
      if (sample.at >= Instant::at(from) && sample.at < Instant::at(until)) {
        count += sample.counts.of(outcome);
      }
    }
    return count;
  }
  [[nodiscard]] double longest_ms(std::uint32_t journey, Duration from, Duration until) const {
    std::int64_t most = 0;
    for (const RequestSample& sample : world.engine.journey_steps(journey).samples()) {
      if (sample.at >= Instant::at(from) && sample.at < Instant::at(until)) {
        most = std::max(most, sample.counts.latency_max_ns);
      }
    }
    return static_cast<double>(most) * 1e-6;
  }
  [[nodiscard]] std::uint64_t served(std::uint32_t pod) const {
    return world.engine.view(pods[pod]).served;
  }
  ports::CauseId fault() { return log.append(world.kernel.now(), 0, "fault", "x"); }

  recording::EventLog log;
  TrafficWorld world;
  FailureLedger ledger;
  std::vector<InstanceId> pods;
};

TEST(Leader, DoesAllWritesAndItsShareOfReads) {
  Database db{database()};
  db.world.run();
  EXPECT_EQ(db.ended(0, RequestOutcome::Ok, 5_s, 600_s) +
                db.ended(0, RequestOutcome::NoEndpoints, 0_s, 5_s),
            3'000U)
      << "an election is on at first";
  const std::uint64_t writes = db.ended(0, RequestOutcome::Ok, 0_s, 600_s);
  EXPECT_EQ(db.world.engine.leader(0), db.pods[0]);
  EXPECT_NEAR(static_cast<double>(db.served(0)) - static_cast<double>(writes), 1'000, 110);
  EXPECT_NEAR(static_cast<double>(db.served(1)), 1'000, 110);
  EXPECT_NEAR(static_cast<double>(db.served(2)), 1'000, 110);
}

TEST(Leader, IsMissedByWritesAloneUntilTheNextOneIsElected) {
  Database db{database()};
  db.world.run(Instant::at(20_s));
  const ports::CauseId fault = db.fault();
  db.world.engine.kill(db.pods[0], fault);
  db.world.publish_all();
  EXPECT_FALSE(db.world.engine.leader(0));
  db.world.run(Instant::at(40_s));
  EXPECT_EQ(db.world.engine.leader(0), db.pods[1]);
  EXPECT_NEAR(static_cast<double>(db.ended(0, RequestOutcome::NoEndpoints, 20_s, 25_s)), 250, 60);
  EXPECT_EQ(db.ended(0, RequestOutcome::Ok, 20_s, 25_s), 0U);
  EXPECT_EQ(db.ended(0, RequestOutcome::NoEndpoints, 25_s, 40_s), 0U);
  EXPECT_GT(db.ended(0, RequestOutcome::Ok, 25_s, 40_s), 600U);
  EXPECT_EQ(db.ended(1, RequestOutcome::NoEndpoints, 0_s, 40_s), 0U) << "reads go on";
  // What the writes failed for leads to the fault.
  const auto tally =
      std::find_if(db.ledger.tallies().begin(), db.ledger.tallies().end(), [](const auto& one) {
        return one.first >= Instant::at(20_s) && one.kind.outcome == RequestOutcome::NoEndpoints;
      });
  ASSERT_NE(tally, db.ledger.tallies().end());
  const recording::LogRecord& why = db.log.records().at(tally->kind.cause - 1);
  EXPECT_EQ(why.what, "no-leader");
  EXPECT_EQ(why.cause, fault);
  EXPECT_EQ(db.log.records().back().what, "leader");
}

TEST(Leader, ThatIsToldToEndHandsOverLikewise) {
  Database db{database()};
  db.world.run(Instant::at(20_s));
  db.world.engine.terminate(db.pods[0]);
  EXPECT_FALSE(db.world.engine.leader(0));
  db.world.run(Instant::at(25_s));
  EXPECT_EQ(db.world.engine.leader(0), db.pods[1]);
}

TEST(Leader, IsElectedWhenThereIsSomebodyToElect) {
  Database db{database(), 1};
  db.world.run(Instant::at(20_s));
  db.world.engine.kill(db.pods[0]);
  db.world.run(Instant::at(40_s));
  EXPECT_FALSE(db.world.engine.leader(0));
  const InstanceId back = db.world.pod(0);
  db.world.publish_all();
  db.world.run(Instant::at(44_s));
  EXPECT_FALSE(db.world.engine.leader(0));
  db.world.run(Instant::at(45_s));
  EXPECT_EQ(db.world.engine.leader(0), back);
}

TEST(Leader, IsSlowWhoeverItIs) {
  Database db{database()};
  db.world.run(Instant::at(10_s));
  db.world.engine.slow_leader(0, 80_ms, db.fault());
  db.world.run(Instant::at(20_s));
  db.world.engine.kill(db.pods[0], db.fault());
  db.world.run(Instant::at(30_s));
  db.world.engine.slow_leader(0, {});
  db.world.run(Instant::at(40_s));
  EXPECT_NEAR(db.longest_ms(0, 6_s, 9_s), 1, 1e-6);
  EXPECT_NEAR(db.longest_ms(0, 10_s, 19_s), 81, 1e-6);
  EXPECT_NEAR(db.longest_ms(0, 26_s, 29_s), 81, 1e-6) << "the next one";
  EXPECT_NEAR(db.longest_ms(0, 31_s, 40_s), 1, 1e-6);
}

TEST(Leader, WaitsForTheSlowestOfTheAcksItNeeds) {
  struct Case {
    std::uint32_t acks;
    double replication_ms;
  };
  // Followers beside it, in its zone at 1 ms, and in another one at 15 ms; each way. They have the
  // millisecond of work to do as well.
  for (const Case& c : std::vector<Case>{{1, 0}, {2, 1.5}, {3, 3.5}, {4, 31.5}}) {
    TrafficModel model = database(c.acks);
    model.services[0].leader->replicate = Distribution::constant(500_us);
    model.latency_in_zone = 1_ms;
    model.latency_between_zones = 15_ms;
    TrafficWorld world{model, kSeed, 3};
    (void)world.pod(0, 0, 0);
    (void)world.pod(0, 2, 1);
    (void)world.pod(0, 1, 0);
    (void)world.pod(0, 0, 0);
    world.publish_all();
    world.engine.start();
    world.run();
    const auto writes = world.engine.journey_steps(0).samples();
    const auto reads = world.engine.journey_steps(1).samples();
    // The clients are 15 ms away.
    EXPECT_NEAR(static_cast<double>(writes[9].counts.latency_max_ns) * 1e-6, 31 + c.replication_ms,
                1e-6)
        << c.acks;
    EXPECT_NEAR(static_cast<double>(reads[9].counts.latency_max_ns) * 1e-6, 31, 1e-6);
  }
}

TEST(Leader, FailsWritesThatTooFewAcknowledge) {
  Database db{database(3)};
  db.world.run(Instant::at(10_s));
  const ports::CauseId fault = db.fault();
  db.world.engine.kill(db.pods[2], fault);
  db.world.run(Instant::at(20_s));
  EXPECT_EQ(db.ended(0, RequestOutcome::Error, 0_s, 10_s), 0U);
  EXPECT_NEAR(static_cast<double>(db.ended(0, RequestOutcome::Error, 10_s, 20_s)), 500, 80);
  EXPECT_EQ(db.ended(0, RequestOutcome::Ok, 10_s, 20_s), 0U);
  const auto tally =
      std::find_if(db.ledger.tallies().begin(), db.ledger.tallies().end(),
                   [](const auto& one) { return one.kind.outcome == RequestOutcome::Error; });
  ASSERT_NE(tally, db.ledger.tallies().end());
  EXPECT_EQ(tally->kind.cause, fault);
}

TEST(Leader, HasFollowersThatDoTheWorkOfEachWrite) {
  for (const std::uint32_t acks : {1U, 2U, 3U}) {
    Database db{database(acks)};
    db.world.run();
    const auto writes = static_cast<std::int64_t>(db.ended(0, RequestOutcome::Ok, 0_s, 600_s));
    EXPECT_GT(writes, 2'500);
    for (const std::uint32_t pod : {1U, 2U}) {
      const auto reads = static_cast<std::int64_t>(db.served(pod));
      EXPECT_EQ(db.world.engine.view(db.pods[pod]).cpu, Duration::milliseconds(reads + writes))
          << acks;
    }
    EXPECT_EQ(db.world.engine.live_calls(), 0U);
  }
}

EdgeSide of_database() {
  EdgeSide side;
  side.everybody = false;
  side.services = {0};
  return side;
}

/// Of what the database's pods say to one another, or to the third alone.
EdgeFault between_pods(EdgeFaultKind kind, bool to_third = false) {
  EdgeFault fault;
  fault.kind = kind;
  fault.messages = EdgeMessages::Both;
  fault.from = of_database();
  fault.to = of_database();
  if (to_third) {
    fault.to.services.clear();
    fault.to.addresses = {TrafficWorld::endpoint(0, 2).address};
  }
  fault.key = 5;
  return fault;
}

TEST(Leader, WaitsForAcksAsLongAsTheirWayTakes) {
  struct Case {
    std::uint32_t acks;
    bool third;
    double longer_ms;
  };
  for (const Case& c :
       std::vector<Case>{{1, false, 0}, {2, false, 14}, {2, true, 0}, {3, true, 14}}) {
    Database db{database(c.acks)};
    EdgeFault slow = between_pods(EdgeFaultKind::Delay, c.third);
    slow.delay = 7_ms;
    db.world.run(Instant::at(20_s));
    const std::uint32_t handle = db.world.engine.add_edge_fault(slow);
    db.world.run(Instant::at(30_s));
    EXPECT_GT(db.world.engine.remove_edge_fault(handle), 100U);
    db.world.run();
    const double plain = c.acks == 1 ? 1 : 2;
    EXPECT_NEAR(db.longest_ms(0, 10_s, 19_s), plain, 1e-6);
    EXPECT_NEAR(db.longest_ms(0, 21_s, 29_s), plain + c.longer_ms, 1e-6) << c.acks << c.third;
    EXPECT_NEAR(db.longest_ms(1, 21_s, 29_s), 1, 1e-6) << "reads need nobody else";
    EXPECT_EQ(db.world.engine.live_calls(), 0U);
  }
}

/// Writes time out from then to 29 s, or do not; reads never do, and in the end nothing is left.
void expect_writes_wait(const Database& db, bool they_wait, Duration from) {
  EXPECT_EQ(db.ended(0, RequestOutcome::Ok, from, 29_s) == 0, they_wait);
  EXPECT_EQ(db.ended(0, RequestOutcome::Timeout, from, 29_s) > 300, they_wait);
  EXPECT_EQ(db.ended(1, RequestOutcome::Ok, from, 29_s) > 300, true);
  EXPECT_EQ(db.ended(0, RequestOutcome::Timeout, 50_s, 600_s), 0U);
  EXPECT_EQ(db.world.engine.live_calls(), 0U) << "what was held back or sent again has arrived";
}

/// Of the first kind of timeouts; nothing: there were none.
std::optional<ports::CauseId> cause_of_timeouts(const Database& db) {
  for (const FailureTally& one : db.ledger.tallies()) {
    if (one.kind.outcome == RequestOutcome::Timeout) return one.kind.cause;
  }
  return std::nullopt;
}

TEST(Leader, DoesNotCountAFollowerThatIsCutOff) {
  for (const std::uint32_t acks : {2U, 3U}) {
    TrafficModel model = database(acks);
    model.journeys[0].timeout = 500_ms;
    Database db{model};
    db.world.run(Instant::at(20_s));
    const ports::CauseId cause = db.fault();
    EdgeFault cut = between_pods(EdgeFaultKind::Loss, true);
    cut.cause = static_cast<RecordId>(cause);
    const std::uint32_t handle = db.world.engine.add_edge_fault(cut);
    db.world.run(Instant::at(30_s));
    (void)db.world.engine.remove_edge_fault(handle);
    db.world.run();
    const bool needs_all = acks == 3;
    expect_writes_wait(db, needs_all, 20_s);
    if (needs_all) {
      EXPECT_EQ(cause_of_timeouts(db), cause);
    }
  }
}

/// Into the third of these pods come clients outside alone, or everybody on this port.
std::shared_ptr<const api::NetworkRules> third_closed(std::optional<int> port = std::nullopt) {
  std::vector<api::ObjectPtr> objects;
  const auto add = [&](auto object) {
    object.meta.namespace_name = "default";
    objects.push_back(std::make_shared<const api::Object>(std::move(object)));
  };
  for (std::uint32_t i = 0; i < 3; ++i) {
    api::Pod pod;
    pod.meta.name = "db-" + std::to_string(i);
    pod.meta.labels["number"] = std::to_string(i);
    pod.status.pod_ip = TrafficWorld::endpoint(0, i).address;
    add(pod);
  }
  api::NetworkPolicy policy;
  policy.meta.name = "third";
  policy.spec.pod_selector.match_labels["number"] = "2";
  policy.spec.ingress.emplace_back().peers.emplace_back().ip_block.emplace().cidr =
      std::string{api::kOutsideAddress} + "/32";
  if (port) policy.spec.ingress.emplace_back().ports.push_back({"TCP", *port, std::nullopt});
  add(policy);
  return std::make_shared<const api::NetworkRules>(std::move(objects));
}

TEST(Leader, DoesNotCountAFollowerThatANetworkPolicyCutsOff) {
  for (const std::uint32_t acks : {2U, 3U}) {
    TrafficModel model = database(acks);
    model.journeys[0].timeout = 500_ms;
    Database db{model};
    db.world.run(Instant::at(20_s));
    const ports::CauseId cause = db.fault();
    db.world.engine.set_network_rules(third_closed(),
                                      {.change = cause, .policies = {{"default/third", cause}}});
    db.world.run(Instant::at(30_s));
    db.world.engine.set_network_rules(third_closed(8080));
    db.world.run();
    const bool needs_all = acks == 3;
    expect_writes_wait(db, needs_all, 21_s);
    EXPECT_EQ(cause_of_timeouts(db), needs_all ? std::optional{cause} : std::nullopt);
  }
}

TEST(Leader, GivesAWriteUpWhenANetworkPolicyStays) {
  TrafficModel model = database(3);
  model.load[0].until = Instant::at(12_s);
  model.load[1].until = Instant::at(12_s);
  Database db{model};
  db.world.run(Instant::at(10_s));
  db.world.engine.set_network_rules(third_closed());
  db.world.run();
  EXPECT_GT(db.ended(0, RequestOutcome::Error, 10_s, 12_s), 50U);
  EXPECT_GT(db.longest_ms(0, 10_s, 12_s), 600'000);
  EXPECT_EQ(db.world.engine.live_calls(), 0U);
}

TEST(Leader, GivesAWriteUpWhenTcpGivesItsFollowerUp) {
  TrafficModel model = database(3);
  model.load[0].until = Instant::at(12_s);
  model.load[1].until = Instant::at(12_s);
  Database db{model};
  db.world.run(Instant::at(10_s));
  (void)db.world.engine.add_edge_fault(between_pods(EdgeFaultKind::Loss));
  db.world.run();
  EXPECT_GT(db.ended(0, RequestOutcome::Error, 10_s, 12_s), 50U);
  EXPECT_GT(db.longest_ms(0, 10_s, 12_s), 600'000);
  EXPECT_EQ(db.world.engine.live_calls(), 0U);
}

TEST(Leader, ThatEndsTakesItsWaitingWritesWithIt) {
  Database db{database(3)};
  db.world.run(Instant::at(20_s));
  const std::uint32_t handle =
      db.world.engine.add_edge_fault(between_pods(EdgeFaultKind::Loss, true));
  db.world.run(Instant::at(21_s));
  db.world.engine.kill(db.pods[0], db.fault());
  db.world.publish_all();
  db.world.run(Instant::at(22_s));
  (void)db.world.engine.remove_edge_fault(handle);
  db.world.run();
  EXPECT_GT(db.ended(0, RequestOutcome::Reset, 20_s, 21_s), 30U);
  EXPECT_EQ(db.world.engine.live_calls(), 0U);
}

TEST(Leader, MissesTheAckOfAFollowerThatEndsOverAWrite) {
  for (const bool silent : {false, true}) {
    TrafficModel model = database(3);
    model.services[0].leader->replicate = Distribution::constant(300_ms);
    Database db{model};
    db.world.run(Instant::at(20_s));
    if (silent) {
      db.world.engine.lose(db.pods[2], db.fault());
    } else {
      db.world.engine.kill(db.pods[2], db.fault());
    }
    db.world.run(Instant::at(22_s));
    EXPECT_GT(db.ended(0, RequestOutcome::Error, 19_s, 20_s), 5U) << silent;
    EXPECT_EQ(db.ended(0, RequestOutcome::Ok, 20_s, 22_s), 0U);
    db.world.run();
    EXPECT_EQ(db.world.engine.live_calls(), 0U);
  }
}

TEST(Leader, WaitsForAFollowerThatHangs) {
  Database db{database(3)};
  db.world.run(Instant::at(20_s));
  db.world.engine.set_hanging(db.pods[2], true, db.fault());
  db.world.run(Instant::at(21_s));
  EXPECT_EQ(db.ended(0, RequestOutcome::Ok, 20_s, 21_s), 0U);
  db.world.engine.set_hanging(db.pods[2], false);
  db.world.run();
  EXPECT_EQ(db.ended(0, RequestOutcome::Error, 5_s, 600_s), 0U);
  EXPECT_EQ(db.world.engine.live_calls(), 0U);
}

TEST(Leader, HasFaultsOfCallsMissItsFollowers) {
  Database db{database(3)};
  EdgeFault abort;
  abort.kind = EdgeFaultKind::Abort;
  abort.messages = EdgeMessages::Requests;
  abort.from = of_database();
  const std::uint32_t handle = db.world.engine.add_edge_fault(abort);
  db.world.run();
  EXPECT_EQ(db.ended(0, RequestOutcome::Error, 5_s, 600_s), 0U);
  EXPECT_EQ(db.world.engine.remove_edge_fault(handle), 0U);
}

TEST(Leader, IsFoundByCallersWithPoliciesToo) {
  TrafficModel model = database();
  RouteModel route;
  route.from = kClients;
  route.to = 0;
  route.policy.balancer = resilience::RoundRobinConfig{};
  model.routes.push_back(route);
  Database db{model};
  db.world.run();
  EXPECT_GT(db.ended(0, RequestOutcome::Ok, 6_s, 600_s), 2'000U);
  EXPECT_EQ(db.ended(0, RequestOutcome::Error, 0_s, 600_s), 0U) << "no write at a follower";
  EXPECT_NEAR(static_cast<double>(db.served(1)), 1'000, 110);
}

TEST(Leader, ThatTheCallersDoNotHaveYetIsNone) {
  Database db{database()};
  const std::vector<ports::TableEndpoint> others{TrafficWorld::endpoint(0, 1),
                                                 TrafficWorld::endpoint(0, 2)};
  db.world.engine.publish(kOutsideClients, 0, others, 2);
  db.world.run(Instant::at(20_s));
  EXPECT_EQ(db.world.engine.leader(0), db.pods[0]);
  EXPECT_EQ(db.ended(0, RequestOutcome::Ok, 0_s, 20_s), 0U);
  EXPECT_EQ(db.ended(1, RequestOutcome::NoEndpoints, 0_s, 20_s), 0U);
}

TEST(Leader, ThatIsOneNoMoreRefusesWhatIsOnItsWay) {
  // Its address is taken over by the next process while a write travels.
  TrafficModel model = database();
  model.latency_between_zones = 100_ms;
  Database db{model, 1};
  db.world.run(Instant::at(20_s));
  db.world.engine.kill(db.pods[0]);
  const auto at = TrafficWorld::endpoint(0, 0);
  db.world.engine.set_listening(
      db.world.engine.add_instance({at.address, at.port, 0, 0, 0, "v1", kNone, {}}), true);
  db.world.run(Instant::at(21_s));
  EXPECT_GT(db.ended(0, RequestOutcome::Error, 19_s, 20_s), 1U);
  EXPECT_GT(db.ended(1, RequestOutcome::Ok, 20_s, 21_s), 20U);
}

// A channel's free try at its next address is none at a leader: that has one address. The writes
// that come while it is at work on another are refused, once.
TEST(Leader, ThatRefusesACallerWithPickFirstIsNotTriedAgainForFree) {
  TrafficModel model = database();
  model.services[0].concurrency = 1;
  model.services[0].queue_max = 0;
  resilience::RoutePolicy policy;
  policy.balancer.emplace(resilience::PickFirstConfig{});
  model.routes = {{.from = kClients, .to = 0, .policy = policy}};
  Database run{model};
  run.world.run();
  EXPECT_EQ(run.world.engine.live_calls(), 0U);
  const RequestCounts writes = run.world.engine.journey(0).totals();
  EXPECT_EQ(writes.ended_count(), 3'000U);
  EXPECT_GT(writes.of(RequestOutcome::Refused), 10U);
}

}  // namespace
}  // namespace orrery::sim
