/// @file
/// Why calls fail: from every failure the log leads to what it came from.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

using resilience::RetryOn;
using resilience::RoutePolicy;

constexpr std::uint64_t kSeed = 5;

/// A world whose failures are explained, and the log they are explained in.
struct Explained {
  explicit Explained(const TrafficModel& model)
      : world{model, kSeed}, ledger{log, names_of(model)} {
    world.engine.explain_failures(ledger);
  }
  static std::vector<std::string> names_of(const TrafficModel& model) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < model.services.size(); ++i) {
      names.push_back(std::string(1, static_cast<char>('a' + i)));
    }
    return names;
  }
  void begin() {
    world.publish_all();
    world.engine.start();
  }
  ports::CauseId fault(const std::string& subject) {
    return log.append(world.kernel.now(), 0, "fault", subject);
  }
  /// "fault Pod/c > failing c: b timeout > …", of the tally with most failures of users.
  [[nodiscard]] std::string chain() const {
    const FailureTally* most = nullptr;
    for (const FailureTally& tally : ledger.tallies()) {
      if (tally.kind.from != kClients) continue;
      if (most == nullptr || tally.count > most->count) most = &tally;
    }
    std::string text;
    for (ports::CauseId at = most == nullptr ? 0 : most->record; at != 0;) {
      const recording::LogRecord& record = log.records()[at - 1];
      std::string step = record.what + " " + record.subject;
      if (record.what == "failing") step += " (" + record.detail + ")";
      text = text.empty() ? step : step + " > " + text;
      at = record.cause;
    }
    return text;
  }
  [[nodiscard]] std::uint64_t failed_users() const {
    std::uint64_t count = 0;
    for (const FailureTally& tally : ledger.tallies()) {
      if (tally.kind.from == kClients) count += tally.count;
    }
    return count;
  }

  recording::EventLog log;
  TrafficWorld world;
  FailureLedger ledger;
};

/// Each service calls the next one; calls between them time out after `timeout` (0: never).
TrafficModel chain_of(std::uint32_t length, Duration timeout, std::uint32_t concurrency = 64) {
  TrafficModel model;
  for (std::uint32_t i = 0; i < length; ++i) {
    OperationModel operation = works(5_ms);
    if (i + 1 < length) {
      CallModel next = call(i + 1);
      next.timeout = timeout;
      operation.steps.push_back({{next}});
    }
    model.services.push_back(offers(operation, concurrency));
  }
  return model;
}

TEST(Causes, ARunWithoutFailuresHasNone) {
  TrafficModel model = chain_of(3, 1_s);
  add_load(model, {{0, 0}}, kSeed, 50.0, 200);
  Explained run{model};
  for (ServiceIndex service = 0; service < 3; ++service) run.world.pod(service);
  run.begin();
  run.world.run();
  EXPECT_TRUE(run.ledger.tallies().empty());
  EXPECT_TRUE(run.log.records().empty());
}

TEST(Causes, ACallThatIsHeldUpTooLongOrAbortedLeadsToTheInjection) {
  for (const bool aborts : {false, true}) {
    TrafficModel model = chain_of(2, aborts ? 1_s : 50_ms);
    resilience::RoutePolicy policy;
    policy.injection =
        aborts ? resilience::FaultInjectionConfig{.abort_probability = 1}
               : resilience::FaultInjectionConfig{.delay_probability = 1, .delay = 100_ms};
    model.routes.push_back({.from = 0, .to = 1, .policy = policy});
    add_load(model, {{0, 0}}, kSeed, 1.0, 20);
    Explained run{model};
    for (ServiceIndex service = 0; service < 2; ++service) run.world.pod(service);
    run.begin();
    run.world.run();
    EXPECT_EQ(run.failed_users(), 20U);
    EXPECT_EQ(run.chain(), std::string{"injected Service/b > failing Service/b (calls from a: "} +
                               (aborts ? "error" : "timeout") +
                               ") > failing Service/a (calls from users: upstream)");
  }
}

TEST(Causes, AResetLeadsToWhatKilledTheProcess) {
  TrafficModel model = chain_of(3, 1_s);
  model.services[2].operations[0].cpu = Distribution::constant(200_ms);
  add_load(model, {{0, 0}}, kSeed, 100.0, 100);
  Explained run{model};
  for (ServiceIndex service = 0; service < 2; ++service) run.world.pod(service);
  const InstanceId victim = run.world.pod(2);
  run.world.pod(2);
  run.begin();
  run.world.run(Instant::at(300_ms));
  run.world.engine.kill(victim, run.fault("Pod/c"));
  run.world.run(Instant::at(310_ms));
  EXPECT_GT(run.failed_users(), 0U);
  EXPECT_EQ(run.chain(),
            "fault Pod/c > failing Service/c (calls from b: reset) > "
            "failing Service/b (calls from a: upstream) > failing Service/a (calls from users: "
            "upstream)");
}

/// Why requests fail, so many a second, after the second of two pods has left the table at 5 s.
std::string origin_of_too_few(double rate) {
  TrafficModel model;
  model.services.push_back(offers(works(10_ms), 1));
  model.services[0].queue_max = 100;
  add_load(model, {{0, 0}}, kSeed, rate, 4000);
  Explained run{model};
  run.world.pod(0);
  run.world.pod(0);
  run.begin();
  run.world.run(Instant::at(5_s));
  const ports::CauseId cause = run.fault("Pod/a");
  const std::vector<ports::TableEndpoint> one{TrafficWorld::endpoint(0, 0)};
  for (ConsumerIndex consumer = 0; consumer <= 2; ++consumer) {
    run.world.engine.publish(consumer, 0, one, 2, std::nullopt, cause);
  }
  run.world.run(Instant::at(9_s));
  return run.chain();
}

TEST(Causes, APodTooFewLeadsToWhatTookIt) {
  // A pod alone carries 100 requests a second.
  EXPECT_EQ(origin_of_too_few(150), "fault Pod/a > failing Service/a (calls from users: refused)");
  EXPECT_EQ(origin_of_too_few(300),
            "load Service/a > failing Service/a (calls from users: refused)")
      << "there was too much to do before";
  EXPECT_EQ(origin_of_too_few(50), "") << "one of them is enough";
}

TEST(Causes, PodsThatCameBackAreNotToBlame) {
  TrafficModel model;
  model.services.push_back(offers(works(10_ms), 1));
  model.services[0].queue_max = 100;
  add_load(model, {{0, 0}}, kSeed, 50, 2000);
  add_load(model, {{0, 0}}, kSeed, 300, 2000);
  model.load[1].from = Instant::at(20_s);
  model.load[1].until = Instant::at(24_s);
  Explained run{model};
  run.world.pod(0);
  run.world.pod(0);
  run.begin();
  run.world.run(Instant::at(5_s));
  const std::vector<ports::TableEndpoint> one{TrafficWorld::endpoint(0, 0)};
  for (ConsumerIndex consumer = 0; consumer <= 2; ++consumer) {
    run.world.engine.publish(consumer, 0, one, 2, std::nullopt, run.fault("Pod/a"));
  }
  run.world.run(Instant::at(10_s));
  run.world.version = 2;
  run.world.publish_all();
  run.world.run(Instant::at(24_s));
  EXPECT_EQ(run.chain(), "load Service/a > failing Service/a (calls from users: refused)");
}

/// Where calls of a service whose second pod does not listen before 8 s come to, as it is in the
/// table from 5 s on. `replaces`: it is there in place of one that did listen.
struct EarlyPod {
  EarlyPod(double rate, bool replaces, bool unprobed = true) : run{model(rate, replaces)} {
    run.world.pod(0);
    if (replaces) run.world.pod(0);
    run.begin();
    run.world.run(Instant::at(5_s));
    const ports::CauseId cause = run.fault("Deployment/a");
    const InstanceId starts =
        run.world.pod(0, 0, 0, false, kNone, {}, unprobed ? "Pod/a" : "", cause);
    if (replaces) run.world.pods[0].erase(run.world.pods[0].begin() + 1);
    run.world.publish_all();
    run.world.run(Instant::at(8_s));
    run.world.engine.set_listening(starts, true);
    run.world.run(Instant::at(9_s));
  }
  /// A pod carries 100 requests a second.
  static TrafficModel model(double rate, bool ejects) {
    TrafficModel model;
    model.services.push_back(offers(works(10_ms), 1));
    model.services[0].queue_max = 100;
    if (ejects) {
      RoutePolicy policy;
      policy.balancer.emplace(resilience::RoundRobinConfig{});
      policy.outliers.emplace();
      policy.outliers->detection.max_ejection_percent = 100;
      model.routes = {{.from = kClients, .to = 0, .policy = policy}};
    }
    add_load(model, {{0, 0}}, kSeed, rate, 10'000);
    return model;
  }
  /// When the last call failed that leads to this; nothing: none did.
  [[nodiscard]] std::optional<Instant> last_of(const std::string& what) const {
    std::optional<Instant> last;
    for (const FailureTally& tally : run.ledger.tallies()) {
      if (tally.kind.cause == 0 || tally.count == 0) continue;
      if (run.log.records()[tally.kind.cause - 1].what == what) last = tally.last;
    }
    return last;
  }

  Explained run;
};

TEST(Causes, APodThatIsCalledBeforeItListensLeadsToItsStart) {
  EXPECT_EQ(EarlyPod(50, false).run.chain(),
            "fault Deployment/a > not-listening Pod/a > failing Service/a (calls from users: "
            "refused)");
  EXPECT_EQ(EarlyPod(50, false, false).run.chain(),
            "fault Deployment/a > failing Service/a (calls from users: refused)")
      << "something waits for it, so it is called for another reason";
}

TEST(Causes, WhoHasToDoTheWorkOfAPodUntilThatListensHasNoRoomForItsStart) {
  // After some failures all calls go to the other one, which is full after 2 s.
  const EarlyPod replaced{150, true};
  EXPECT_GT(replaced.last_of("not-listening").value(), Instant::at(8500_ms));
  EXPECT_FALSE(replaced.last_of("load").has_value());
  // These had no room before.
  const EarlyPod overloaded{900, false};
  EXPECT_GT(overloaded.last_of("not-listening").value(), Instant::at(7500_ms)) << "its own";
  EXPECT_GT(overloaded.last_of("load").value(), Instant::at(8500_ms));
}

TEST(Causes, NoEndpointsLeadToWhatEmptiedTheTable) {
  TrafficModel model = chain_of(2, 1_s);
  add_load(model, {{0, 0}}, kSeed, 100.0, 100);
  Explained run{model};
  run.world.pod(0);
  run.world.pod(1);
  run.begin();
  run.world.run(Instant::at(300_ms));
  const ports::CauseId cause = run.fault("EndpointSlice/b");
  run.world.engine.publish(1, 1, {}, 9, std::nullopt, cause);
  run.world.run();
  EXPECT_EQ(run.chain(),
            "fault EndpointSlice/b > failing Service/b (calls from a: no-endpoints) > failing "
            "Service/a (calls from users: upstream)");
}

TEST(Causes, EndpointsThatNeverWereAreAnOriginOfTheirOwn) {
  TrafficModel model = chain_of(1, 1_s);
  add_load(model, {{0, 0}}, kSeed, 100.0, 10);
  Explained run{model};
  run.world.engine.start();
  run.world.run();
  EXPECT_EQ(run.chain(),
            "no-endpoints Service/a > failing Service/a (calls from users: no-endpoints)");
}

TEST(Causes, ErrorsThatTheModelGivesAServiceAreItsOwn) {
  TrafficModel model = chain_of(2, 1_s);
  model.services[1].operations[0].error_probability = 0.5;
  add_load(model, {{0, 0}}, kSeed, 100.0, 100);
  Explained run{model};
  run.world.pod(0);
  run.world.pod(1);
  run.begin();
  run.world.run();
  EXPECT_EQ(run.chain(),
            "errors Service/b > failing Service/b (calls from a: error) > failing Service/a (calls "
            "from users: upstream)");
}

TEST(Causes, ABreakerThatOpensAndAHostThatIsEjectedHaveThatOfTheCallsThatFailed) {
  RoutePolicy breaks;
  breaks.command.emplace();
  RoutePolicy ejects;
  ejects.balancer.emplace(resilience::RoundRobinConfig{});
  ejects.outliers.emplace();
  std::uint64_t opened = 0;
  std::uint64_t ejected = 0;
  for (const RoutePolicy& policy : {breaks, ejects}) {
    TrafficModel model = chain_of(1, 1_s);
    model.routes = {{.from = kClients, .to = 0, .policy = policy}};
    add_load(model, {{0, 0}}, kSeed, 100.0, 6'000);
    Explained run{model};
    const InstanceId pod = run.world.pod(0);
    run.world.pod(0);
    run.begin();
    run.world.engine.set_failing(pod, true, run.fault("Pod/a"));
    run.world.run(Instant::at(20_s));
    run.world.engine.set_failing(pod, false);
    run.world.run();
    const auto origin_of = [&](ports::CauseId at) {
      std::string subject;
      for (; at != 0; at = run.log.records()[at - 1].cause) {
        subject = run.log.records()[at - 1].subject;
      }
      return subject;
    };
    for (const BreakerNotice& notice : run.world.engine.take_breaker_changes()) {
      const bool opens = notice.change.to == resilience::BreakerState::Open;
      EXPECT_EQ(origin_of(notice.cause), opens ? "Pod/a" : "");
      opened += opens ? 1 : 0;
    }
    for (const EjectionNotice& notice : run.world.engine.take_ejections()) {
      const bool returns = notice.event.what == resilience::OutlierEvent::What::Returned;
      EXPECT_EQ(origin_of(notice.cause), returns ? "" : "Pod/a");
      ejected += returns ? 0 : 1;
    }
  }
  EXPECT_GT(opened, 0U);
  EXPECT_GT(ejected, 0U);
}

// L13's chain: whoever waits for a slot waits for what those wait for that have the slots.
TEST(Causes, AFullServiceLeadsToWhatItsRequestsWaitForBelow) {
  TrafficModel model = chain_of(2, Duration{}, 10);
  for (ServiceModel& service : model.services) service.queue_max = 20;
  add_load(model, {{0, 0}}, kSeed, 200.0, 4000);
  model.routes.push_back({kClients, 0, {}});
  model.routes[0].policy.timeouts.overall = 1_s;
  Explained run{model};
  run.world.pod(0);
  const InstanceId victim = run.world.pod(1);
  run.begin();
  run.world.run(Instant::at(1_s));
  run.world.engine.set_hanging(victim, true, run.fault("Pod/b"));
  run.world.run(Instant::at(3_s));
  run.world.engine.set_hanging(victim, false);
  run.world.run(Instant::at(20_s));
  EXPECT_EQ(run.chain(), "fault Pod/b > failing Service/a (calls from users: refused)");
  std::uint64_t timeouts = 0;
  for (const FailureTally& tally : run.ledger.tallies()) {
    EXPECT_EQ(tally.kind.cause, 1U) << "there is no other origin";
    if (tally.kind.outcome == RequestOutcome::Timeout) timeouts += tally.count;
  }
  EXPECT_GT(timeouts, 0U);
}

// Who has the places of another subset is not to blame, though they are many more.
TEST(Causes, APoolOfASubsetThatIsFullLeadsToWhatItsOwnRequestsWaitFor) {
  TrafficModel model = chain_of(1, 1_s, 1'000);
  model.services[0].operations[0] = works(50_ms);
  add_load(model, {{0, 0}}, kSeed, 1'000.0, 4'000);
  RoutePolicy policy;
  policy.split = {{.labels = {{"version", "v1"}}, .weight = 1},
                  {.labels = {{"version", "v2"}}, .weight = 1}};
  for (resilience::SubsetShare& share : policy.split) {
    share.policy.balancer = resilience::RoundRobinConfig{};
  }
  policy.split[1].policy.pool.emplace();
  policy.split[1].policy.pool->thresholds.max_connections = 1;
  policy.split[1].policy.pool->thresholds.max_pending_requests = 1;
  model.routes = {{.from = kClients, .to = 0, .policy = policy}};
  Explained run{model};
  run.world.pod(0, 0, 0, true, kNone, {{"version", "v1"}});
  const InstanceId victim = run.world.pod(0, 0, 0, true, kNone, {{"version", "v2"}});
  run.begin();
  run.world.engine.set_hanging(victim, true, run.fault("Pod/a"));
  run.world.run(Instant::at(4_s));
  EXPECT_EQ(run.chain(), "fault Pod/a > failing Service/a (calls from users: overflow)");
  for (const FailureTally& tally : run.ledger.tallies()) {
    EXPECT_EQ(tally.kind.cause, 1U) << "there is no other origin";
  }
}

// Once the only pod is out, whoever finds nobody has the fault of those it failed as its origin.
TEST(Causes, PodsThatAreAllEjectedAreMissingForWhatTheyAnswered) {
  TrafficModel model = chain_of(1, 1_s);
  add_load(model, {{0, 0}}, kSeed, 100.0, 2'000);
  RoutePolicy policy;
  policy.balancer.emplace(resilience::RoundRobinConfig{});
  policy.outliers.emplace();
  policy.outliers->detection.max_ejection_percent = 100;
  policy.outliers->panic_threshold = 0;
  model.routes = {{.from = kClients, .to = 0, .policy = policy}};
  Explained run{model};
  const InstanceId pod = run.world.pod(0);
  run.begin();
  run.world.engine.set_failing(pod, true, run.fault("Pod/a"));
  run.world.run();
  EXPECT_EQ(run.chain(),
            "fault Pod/a > failing Service/a (calls from users: error) > failing Service/a (calls "
            "from users: no-endpoints)");
  for (const FailureTally& tally : run.ledger.tallies()) {
    EXPECT_NE(tally.kind.cause, 0U);
    EXPECT_FALSE(tally.feeds_itself) << "they are no causes of each other";
  }
}

// One subset has a pod that fails, another has lost its own, a third never had any.
TEST(Causes, ASubsetWithoutPodsLeadsToWhatTookItsOwn) {
  TrafficModel model = chain_of(1, 1_s);
  add_load(model, {{0, 0}}, kSeed, 100.0, 400);
  RoutePolicy policy;
  for (const char* version : {"v1", "v2", "v3"}) {
    policy.split.push_back({.labels = {{"version", version}}, .weight = 1});
    policy.split.back().policy.balancer = resilience::RoundRobinConfig{};
  }
  policy.split[2].weight = 0;
  // A policy that takes the place of another knows why there is nobody.
  for (const auto& keeps :
       {std::optional<Keeps>{}, std::optional{Keeps::Nothing}, std::optional{Keeps::Unchanged}}) {
    model.routes = {{.from = kClients, .to = 0, .policy = policy}};
    Explained run{model};
    const InstanceId bad = run.world.pod(0, 0, 0, true, kNone, {{"version", "v1"}});
    run.world.pod(0, 0, 0, true, kNone, {{"version", "v2"}});
    run.begin();
    run.world.run(Instant::at(1_s));
    const ports::CauseId illness = run.fault("Pod/a");
    run.world.engine.set_failing(bad, true, illness);
    run.world.run(Instant::at(2_s));
    const ports::CauseId emptied = run.fault("EndpointSlice/a");
    run.world.engine.publish(0, 0, {run.world.pods[0].data(), 1}, 9, std::nullopt, emptied);
    run.world.run(Instant::at(2500_ms));
    run.world.engine.publish(0, 0, {run.world.pods[0].data(), 1}, 10, std::nullopt, illness);
    run.world.run(Instant::at(2600_ms));
    if (keeps) run.world.engine.set_policy(0, policy, 0, *keeps);
    run.world.run();
    std::map<RequestOutcome, std::uint64_t> failed;
    for (const FailureTally& tally : run.ledger.tallies()) {
      failed[tally.kind.outcome] += tally.count;
      EXPECT_EQ(tally.kind.cause, tally.kind.outcome == RequestOutcome::Error ? illness : emptied);
    }
    EXPECT_GT(failed[RequestOutcome::Error], 100U);
    EXPECT_GT(failed[RequestOutcome::NoEndpoints], 80U);
  }
  policy.split[2].weight = 1;
  model.routes = {{.from = kClients, .to = 0, .policy = policy}};
  Explained run{model};
  const InstanceId bad = run.world.pod(0, 0, 0, true, kNone, {{"version", "v1"}});
  run.world.pod(0, 0, 0, true, kNone, {{"version", "v2"}});
  run.begin();
  run.world.engine.set_failing(bad, true, run.fault("Pod/a"));
  run.world.run();
  for (const FailureTally& tally : run.ledger.tallies()) {
    const std::string& what = run.log.records()[tally.kind.cause - 1].what;
    EXPECT_EQ(what, tally.kind.outcome == RequestOutcome::Error ? "fault" : "no-endpoints");
  }
  EXPECT_EQ(run.ledger.tallies().size(), 2U);
}

// Those of one subset are all ejected, the one of the other goes on failing for a reason of its
// own.
TEST(Causes, ASubsetWhosePodsAreEjectedLeadsToWhatTheyAnswered) {
  TrafficModel model = chain_of(1, 1_s);
  add_load(model, {{0, 0}}, kSeed, 100.0, 1'000);
  RoutePolicy policy;
  for (const char* version : {"v1", "v2"}) {
    policy.split.push_back({.labels = {{"version", version}}, .weight = 1});
    policy.split.back().policy.balancer = resilience::RoundRobinConfig{};
  }
  policy.split[0].policy.outliers.emplace();
  policy.split[0].policy.outliers->detection.max_ejection_percent = 100;
  policy.split[0].policy.outliers->panic_threshold = 0;
  model.routes = {{.from = kClients, .to = 0, .policy = policy}};
  Explained run{model};
  const InstanceId ejected = run.world.pod(0, 0, 0, true, kNone, {{"version", "v1"}});
  const InstanceId failing = run.world.pod(0, 0, 0, true, kNone, {{"version", "v2"}});
  run.begin();
  const ports::CauseId first = run.fault("Pod/first");
  run.world.engine.set_failing(ejected, true, first);
  run.world.engine.set_failing(failing, true, run.fault("Pod/second"));
  run.world.run();
  std::uint64_t count = 0;
  for (const FailureTally& tally : run.ledger.tallies()) {
    if (tally.kind.outcome != RequestOutcome::NoEndpoints) continue;
    count += tally.count;
    EXPECT_EQ(run.log.records()[tally.kind.cause - 1].cause, first);
  }
  EXPECT_GT(count, 300U);
}

TEST(Causes, ABacklogIsOfWhatMadeItUntilItIsWorkedOff) {
  // So many slots that everything gets in, and then needs more than a second to get out.
  TrafficModel model = chain_of(1, Duration{}, 1);
  model.services[0].queue_max = 100'000;
  add_load(model, {{0, 0}}, kSeed, 150.0, 3000);
  model.routes.push_back({kClients, 0, {}});
  model.routes[0].policy.timeouts.overall = 500_ms;
  Explained run{model};
  const InstanceId pod = run.world.pod(0);
  run.begin();
  run.world.run(Instant::at(5_s));
  EXPECT_EQ(run.failed_users(), 0U);
  run.world.engine.set_hanging(pod, true, run.fault("Pod/a"));
  run.world.run(Instant::at(8_s));
  run.world.engine.set_hanging(pod, false);
  const std::uint64_t before = run.failed_users();
  run.world.run();
  EXPECT_GT(run.failed_users(), before + 50) << "the backlog outlives the fault";
  for (const FailureTally& tally : run.ledger.tallies()) EXPECT_EQ(tally.kind.cause, 1U);
}

TEST(Causes, MoreThanAServiceCanDoIsTheLoadAlone) {
  TrafficModel model = chain_of(1, Duration{}, 1);
  model.services[0].queue_max = 50;
  add_load(model, {{0, 0}}, kSeed, 400.0, 2000);  // Two hundred a second are possible.
  Explained run{model};
  run.world.pod(0);
  run.begin();
  run.world.run();
  EXPECT_GT(run.failed_users(), 0U);
  EXPECT_EQ(run.chain(), "load Service/a > failing Service/a (calls from users: refused)");
}

// What keeps a metastable failure up is its own retries; what they come from is still its trigger.
TEST(Causes, OfAStormThatFeedsItselfIsItsTrigger) {
  TrafficModel model = chain_of(1, Duration{}, 4);
  model.services[0].operations[0].cpu = Distribution::constant(10_ms);
  model.services[0].queue_max = 1000;
  RoutePolicy policy;
  policy.timeouts.per_try = 400_ms;
  policy.retry.on = {RetryOn::GatewayError};
  policy.retry.retries = 3;
  policy.backoff = resilience::FixedBackoff{10_ms};
  model.routes.push_back({kClients, 0, policy});
  add_load(model, {{0, 0}}, kSeed, 300.0, 18'000);
  Explained run{model};
  const InstanceId pod = run.world.pod(0);
  run.begin();
  run.world.run(Instant::at(5_s));
  EXPECT_EQ(run.failed_users(), 0U);
  run.world.engine.set_hanging(pod, true, run.fault("Pod/a"));
  run.world.run(Instant::at(8_s));
  run.world.engine.set_hanging(pod, false);
  run.world.run(Instant::at(55_s));
  const auto& tallies = run.ledger.tallies();
  EXPECT_TRUE(std::any_of(tallies.begin(), tallies.end(), [](const FailureTally& tally) {
    return tally.feeds_itself && tally.count > 1000 && tally.last > Instant::at(50_s);
  }));
  EXPECT_TRUE(run.chain().starts_with("fault Pod/a > ")) << run.chain();
  EXPECT_LT(tallies.size(), 10U) << "however long it lasts";
}

TEST(Causes, ChangeNothingOfARun) {
  for (const bool explained : {false, true}) {
    static std::string plain;
    TrafficModel model = chain_of(3, 100_ms, 2);
    add_load(model, {{0, 0}}, kSeed, 300.0, 2000);
    TrafficWorld world{model, kSeed};
    recording::EventLog log;
    FailureLedger ledger{log, {"a", "b", "c"}};
    if (explained) world.engine.explain_failures(ledger);
    for (ServiceIndex service = 0; service < 3; ++service) world.pod(service);
    world.publish_all();
    world.engine.start();
    world.run();
    if (explained) {
      EXPECT_EQ(to_string(world.fingerprint), plain);
    } else {
      plain = to_string(world.fingerprint);
    }
  }
}

}  // namespace
}  // namespace orrery::sim
