// Instances that fail, that are overloaded, and health checks served by the threads of requests.
#include <gtest/gtest.h>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

TrafficModel model(bool shares_threads, std::uint32_t concurrency, Duration work, double rate) {
  TrafficModel made;
  made.services.push_back(offers(works(work), concurrency));
  made.services[0].probes_share_threads = shares_threads;
  made.services[0].queue_max = 1000;
  made.journeys.push_back({.name = "j", .steps = {{0, 0}}, .timeout = {}});
  LoadModel load;
  load.rate_per_second = rate;
  load.until = Instant::at(10_s);
  load.mix.push_back({0, 1.0});
  made.load.push_back(load);
  return made;
}

TEST(Failing, AnInstanceAnswersWithErrorsUntilItIsWellAgain) {
  TrafficWorld world{model(false, 64, 1_ms, 100), 1};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(4_s));
  world.engine.set_failing(pod, true);
  world.run(Instant::at(6_s));
  world.engine.set_failing(pod, false);
  world.run();
  std::uint64_t early = 0;
  std::uint64_t sick = 0;
  std::uint64_t late = 0;
  for (const RequestSample& sample : world.engine.service(0).samples()) {
    const std::uint64_t errors = sample.counts.of(RequestOutcome::Error);
    (sample.at < Instant::at(4_s) ? early : sample.at < Instant::at(6_s) ? sick : late) += errors;
  }
  EXPECT_EQ(early, 0U);
  EXPECT_GT(sick, 100U);
  EXPECT_EQ(late, 0U);
}

TEST(Overload, IsToldWhenMoreRequestsAreWorkedOnThanTheWatchAllows) {
  TrafficWorld world{model(false, 64, 1_s, 20), 1};
  const InstanceId pod = world.pod(0);
  world.engine.set_busy_watch(pod, 5);
  world.publish_all();
  world.engine.start();
  KernelEvent event;
  while (!world.engine.has_notices() && world.kernel.pop(Instant::never(), event)) {
    world.engine.dispatch(event);
  }
  EXPECT_EQ(world.engine.take_overloaded(), std::vector<InstanceId>{pod});
  EXPECT_EQ(world.engine.view(pod).busy, 6U);
}

std::vector<ProbeAnswer> answers_of(TrafficWorld& world) {
  std::vector<ProbeAnswer> all;
  KernelEvent event;
  while (world.kernel.pop(Instant::never(), event)) {
    world.engine.dispatch(event);
    for (const ProbeAnswer& answer : world.engine.take_probe_answers()) all.push_back(answer);
  }
  return all;
}

TEST(SharedThreads, AProbeIsServedWhileAThreadIsFree) {
  TrafficWorld world{model(true, 1, 1_s, 0), 1};
  const InstanceId pod = world.pod(0);
  EXPECT_TRUE(world.engine.probes_share_threads(pod));
  world.engine.serve_probe(pod, 7, Instant::at(1_s));
  const auto answers = answers_of(world);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].tag, 7U);
  EXPECT_EQ(answers[0].outcome, RequestOutcome::Ok);
  EXPECT_EQ(world.engine.live_calls(), 0U);
  EXPECT_EQ(world.engine.launched(), 0U) << "no request";
}

TEST(SharedThreads, AProbeWaitsBehindRequestsAndIsGivenUpAtItsDeadline) {
  TrafficWorld world{model(true, 1, 3_s, 10), 1};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(2_s));
  ASSERT_EQ(world.engine.view(pod).busy, 1U);
  world.engine.serve_probe(pod, 7, Instant::at(3_s));
  bool timed_out = false;
  KernelEvent event;
  while (world.kernel.pop(Instant::at(3_s), event)) {
    world.engine.dispatch(event);
    for (const ProbeAnswer& answer : world.engine.take_probe_answers()) {
      timed_out = answer.outcome == RequestOutcome::Timeout;
      EXPECT_EQ(world.kernel.now(), Instant::at(3_s));
    }
  }
  EXPECT_TRUE(timed_out);
  world.run();
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

TEST(SharedThreads, AProbeOfAProcessThatEndsIsAnswered) {
  TrafficWorld world{model(true, 1, 3_s, 10), 1};
  const InstanceId pod = world.pod(0);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(2_s));
  world.engine.serve_probe(pod, 7, Instant::at(9_s));
  world.engine.kill(pod);
  const auto answers = answers_of(world);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].outcome, RequestOutcome::Reset);
  EXPECT_EQ(world.engine.live_calls(), 0U);
}

/// A pod of three threads that hangs from the start, and a second later has got 20 requests.
struct HungPod {
  HungPod() : world{model(), 5}, pod{world.pod(0)} {
    world.publish_all();
    world.engine.set_hanging(pod, true);
    world.engine.start();
    world.run(Instant::at(1_s));
  }
  static TrafficModel model() {
    TrafficModel model;
    model.services.push_back(offers(works(10_ms), 3));
    add_load(model, {{0, 0}}, 5, 100.0, 20);
    return model;
  }

  TrafficWorld world;
  InstanceId pod;
};

// A hung process takes requests and keeps its slots busy; what it holds goes on when it is well.
TEST(Hanging, HoldsItsRequestsAndGoesOnWithThemAfterwards) {
  HungPod hung;
  RequestEngine& engine = hung.world.engine;
  EXPECT_EQ(engine.view(hung.pod).busy, 3U);
  EXPECT_EQ(engine.view(hung.pod).queued, 17U);
  EXPECT_EQ(engine.journey(0).totals().ended_count(), 0U);
  engine.set_hanging(hung.pod, false);
  hung.world.run();
  EXPECT_EQ(engine.journey(0).totals().of(RequestOutcome::Ok), 20U);
  EXPECT_EQ(engine.view(hung.pod).cpu, 200_ms);
  EXPECT_EQ(engine.live_calls(), 0U);
}

TEST(Hanging, EndsWithTheProcess) {
  HungPod hung;
  RequestEngine& engine = hung.world.engine;
  engine.kill(hung.pod);
  engine.set_hanging(hung.pod, false);
  hung.world.run();
  EXPECT_EQ(engine.journey(0).totals().of(RequestOutcome::Reset), 20U);
  EXPECT_EQ(engine.live_calls(), 0U);
}

}  // namespace
}  // namespace orrery::sim
