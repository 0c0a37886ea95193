/// @file
/// Instances some of whose requests fail when their work is done: for a full disk, or by what they
/// run.
#include <gtest/gtest.h>

#include <string>

#include "tests/traffic/failure_origin.h"
#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

constexpr std::uint64_t kSeed = 11;

/// Clients read and write in turn, 10,000 times.
struct Clients {
  Clients() : world{model(), kSeed}, ledger{log, {"a"}} { world.engine.explain_failures(ledger); }
  static TrafficModel model() {
    TrafficModel model;
    model.services.push_back(offers(works(1_ms), 1000));
    model.services[0].operations[0].name = "read";
    model.services[0].operations.push_back(works(1_ms));
    model.services[0].operations[1].name = "write";
    model.services[0].operations[1].writes = true;
    add_load(model, {{0, 0}}, kSeed, 100, 10'000);
    add_load(model, {{0, 1}}, kSeed + 1, 100, 10'000);
    model.load.back().mix = {{1, 1.0}};
    return model;
  }
  InstanceId pod(std::uint32_t number, double errors) {
    const ports::TableEndpoint at = TrafficWorld::endpoint(0, number);
    if (world.pods.empty()) world.pods.resize(1);
    world.pods[0].push_back(at);
    const InstanceId id = world.engine.add_instance(
        {.address = at.address, .port = at.port, .version = "v2", .error_probability = errors},
        log.append({}, 0, "rollout", "a"));
    world.engine.set_listening(id, true);
    return id;
  }
  void begin() {
    world.publish_all();
    world.engine.start();
  }
  [[nodiscard]] double failed(std::uint32_t journey) const {
    double requests = 0;
    double errors = 0;
    for (const RequestSample& sample : world.engine.journey(journey).samples()) {
      requests += static_cast<double>(sample.counts.ended_count());
      errors += static_cast<double>(sample.counts.ended[static_cast<int>(RequestOutcome::Error)]);
    }
    return errors / requests;
  }
  [[nodiscard]] std::string origin() const { return origin_of(ledger, log); }

  recording::EventLog log;
  TrafficWorld world;
  FailureLedger ledger;
};

TEST(Flaws, OfABadVersionAreItsShareOfErrorsAndLeadToWhatStartedIt) {
  Clients clients;
  (void)clients.pod(0, 0);
  (void)clients.pod(1, 0.3);
  clients.begin();
  clients.world.run();
  EXPECT_NEAR(clients.failed(0), 0.15, 0.015);  // 4 standard deviations.
  EXPECT_NEAR(clients.failed(1), 0.15, 0.015);
  EXPECT_EQ(clients.origin(), "rollout");

  Clients all;
  (void)all.pod(0, 1);
  all.begin();
  all.world.run();
  EXPECT_EQ(all.failed(0), 1.0);
}

TEST(Flaws, OfAFullDiskFailWhatWritesWhileItLasts) {
  Clients clients;
  const InstanceId pod = clients.pod(0, 0);
  clients.begin();
  clients.world.run(Instant::at(50_s));
  EXPECT_EQ(clients.failed(1), 0.0);
  clients.world.engine.set_disk_full(pod, true, clients.log.append({}, 0, "fault", "a"));
  clients.world.run(Instant::at(75_s));
  EXPECT_EQ(clients.failed(0), 0.0) << "reads go on";
  EXPECT_NEAR(clients.failed(1), 25.0 / 75, 0.02);
  EXPECT_EQ(clients.origin(), "fault");
  clients.world.engine.set_disk_full(pod, false);
  clients.world.run();
  EXPECT_NEAR(clients.failed(1), 0.25, 0.02) << "and none after it";
}

}  // namespace
}  // namespace orrery::sim
