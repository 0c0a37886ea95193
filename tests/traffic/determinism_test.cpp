/// @file
/// What holds for every model: exact agreement with a calculation without events, conservation,
/// the same bytes for the same seed, and draws that do not depend on policies.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <queue>
#include <string>
#include <vector>

#include "tests/traffic/traffic_world.h"

namespace orrery::sim {
namespace {

/// A busy front that fans out to two services, one of them slow; 2 pods each on 2 nodes.
TrafficModel busy_model(Duration timeout) {
  TrafficModel model;
  model.services.push_back(offers(works_about(2_ms), 40));
  model.services.push_back(offers(works_about(5_ms), 3));
  model.services.push_back(offers(works_about(8_ms), 3));
  model.services[2].operations[0].error_probability = 0.02;
  CallModel sometimes = call(2);
  sometimes.probability = 0.6;
  sometimes.times = 2;
  sometimes.timeout = timeout;
  CallModel plain = call(1);
  plain.timeout = timeout;
  model.services[0].operations[0].steps = {{{plain, sometimes}}, {{plain}}};
  JourneyModel journey;
  journey.steps = {{0, 0}};
  journey.timeout = timeout * 3;
  model.journeys.push_back(journey);
  LoadModel load;
  load.rate_per_second = 400;
  load.until = Instant::at(20_s);
  load.mix.push_back({0, 1.0});
  model.load.push_back(load);
  return model;
}

void add_pods(TrafficWorld& world) {
  for (ServiceIndex service = 0; service < 3; ++service) {
    world.pod(service, 0, 0);
    world.pod(service, 1, 1);
  }
  world.publish_all();
}

struct Bytes {
  std::string fingerprint;
  std::uint64_t events = 0;
  std::vector<std::vector<RequestSample>> samples;
  std::vector<std::vector<ServiceGauge>> gauges;

  friend bool operator==(const Bytes&, const Bytes&) = default;
};

/// `impaired`: from 5 s to 12 s there is a fault on a way that nobody takes.
Bytes run_busy(std::uint64_t seed, Duration timeout, std::size_t buckets_above = 2048,
               bool impaired = false) {
  Kernel kernel{KernelOptions{buckets_above}};
  Fingerprint fingerprint;
  RequestEngine engine{kernel, busy_model(timeout), Draws{seed}, 2, fingerprint};
  for (ServiceIndex service = 0; service < 3; ++service) {
    std::vector<ports::TableEndpoint> table;
    for (std::uint32_t pod = 0; pod < 2; ++pod) {
      table.push_back(TrafficWorld::endpoint(service, pod));
      engine.set_listening(
          engine.add_instance({table.back().address, table.back().port, service, pod, pod, "v1"}),
          true);
    }
    for (ConsumerIndex consumer = 0; consumer <= 2; ++consumer) {
      engine.publish(consumer, service, table, 1);
    }
  }
  engine.start();
  KernelEvent event;
  if (impaired) {
    EdgeFault fault;
    fault.from.everybody = fault.to.everybody = false;
    fault.from.services = {2};
    fault.to.services = {0};
    fault.messages = EdgeMessages::Requests;
    while (kernel.pop(Instant::at(5_s), event)) engine.dispatch(event);
    const std::uint32_t handle = engine.add_edge_fault(fault);
    while (kernel.pop(Instant::at(12_s), event)) engine.dispatch(event);
    EXPECT_EQ(engine.remove_edge_fault(handle), 0U);
  }
  while (kernel.pop(Instant::never(), event)) engine.dispatch(event);
  EXPECT_EQ(engine.live_calls(), 0U);
  Bytes bytes;
  bytes.fingerprint = to_string(fingerprint);
  bytes.events = kernel.dispatched();
  for (ServiceIndex i = 0; i < 3; ++i) {
    bytes.samples.push_back(engine.service(i).samples());
    bytes.gauges.push_back(engine.gauges(i));
  }
  bytes.samples.push_back(engine.journey(0).samples());
  return bytes;
}

TEST(SameSeed, GivesTheSameBytes) {
  const Bytes once = run_busy(1, 40_ms);
  EXPECT_TRUE(once == run_busy(1, 40_ms));
  EXPECT_FALSE(once.fingerprint == run_busy(2, 40_ms).fingerprint);
}

TEST(SameSeed, GivesTheSameBytesWhateverTheEventListIs) {
  EXPECT_TRUE(run_busy(3, 40_ms) == run_busy(3, 40_ms, 8));
}

/// Where nothing stands between callers and services, hops are compiled without asking for it.
TEST(SameSeed, GivesTheSameBytesWhetherAnythingMayBeInTheWay) {
  EXPECT_TRUE(run_busy(4, 40_ms) == run_busy(4, 40_ms, 2048, true));
}

/// More than the engine looks ahead for (kCallsInCache), which may not show.
TEST(TenThousandCallsUnderWay, TakeTheirTime) {
  for (const bool routed : {false, true}) {
    SCOPED_TRACE(routed);
    TrafficModel model;
    model.services.push_back(offers(works(3_s), 10'000));
    model.services[0].operations[0].steps = {{{call(1)}}};
    model.services.push_back(offers(works(1_s), 10'000));
    if (routed) model.routes.push_back({.from = 0, .to = 1, .policy = {}});
    JourneyModel journey;
    journey.steps = {{0, 0}};
    model.journeys.push_back(journey);
    LoadModel load;
    load.rate_per_second = 2'500;
    load.until = Instant::at(5_s);
    load.mix.push_back({0, 1.0});
    model.load.push_back(load);
    TrafficWorld world{model, 1};
    world.pod(0, 0);
    world.pod(1, 1);
    world.publish_all();
    world.engine.start();
    world.run(Instant::at(4_s));
    EXPECT_GT(world.engine.live_calls(), 15'000U);
    world.run();
    const RequestCounts totals = world.engine.journey(0).totals();
    EXPECT_GT(totals.ended_count(), 12'000U);
    EXPECT_EQ(totals.of(RequestOutcome::Ok), totals.ended_count());
    const Duration each = 4_s + model.latency_between_zones * 2 + model.latency_in_zone * 2;
    EXPECT_EQ(totals.latency_max_ns, each.count_ns());
    EXPECT_EQ(totals.latency_sum_ns,
              each.count_ns() * static_cast<std::int64_t>(totals.ended_count()));
  }
}

/// The same timeouts twice: as timers that fire, and read off the latencies of a run that has none.
/// Abandoned requests cost their servers the same, so both must agree to the last request.
TEST(Timeouts, ThatFireAreExactlyTheRequestsThatTakeLongerWithoutThem) {
  std::uint64_t fired = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    TrafficModel model;
    model.services.push_back(offers(works_about(10_ms), 4));
    add_load(model, {{0, 0}}, seed, 340.0, 5000);
    const auto run = [&](Duration timeout) {
      model.journeys[0].timeout = timeout;
      TrafficWorld world{model, seed};
      world.pod(0);
      world.publish_all();
      world.engine.start();
      world.run();
      EXPECT_EQ(world.engine.live_calls(), 0U);
      return std::pair{world.engine.service(0).totals(), world.engine.gauges(0)};
    };
    // Just below the low end of a bucket, so that the counts without timers can be split there.
    const std::uint32_t bucket = latency_bucket(30_ms);
    const Duration timeout = latency_bucket_low(bucket) - 1_ns;
    const auto [without, gauges_without] = run(Duration{});
    const auto [with, gauges_with] = run(timeout);
    std::uint64_t longer = 0;
    for (const LatencyCount& count : without.latency) {
      if (count.bucket >= bucket) longer += count.count;
    }
    EXPECT_EQ(with.of(RequestOutcome::Timeout), longer) << "seed " << seed;
    EXPECT_EQ(with.of(RequestOutcome::Ok), without.of(RequestOutcome::Ok) - longer);
    for (std::size_t i = 0; i < gauges_with.size(); ++i) {
      EXPECT_EQ(gauges_with[i].busy, gauges_without[i].busy);
      EXPECT_EQ(gauges_with[i].queued, gauges_without[i].queued);
    }
    fired += longer;
  }
  EXPECT_GT(fired, 5000U) << "a comparison of timeouts needs timeouts";
}

/// Kiefer and Wolfowitz: in order of arrival, each request takes the server that is free first.
TEST(Queue, AgreesToTheNanosecondWithTheRecursionOfWaitingTimes) {
  constexpr std::uint64_t kRequests = 20'000;
  constexpr double kRate = 270.0;
  for (const std::uint32_t servers : {1U, 3U}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const Duration timeout = 45_ms;
      const Duration mean = Duration::milliseconds(3) * servers;
      TrafficModel model;
      model.services.push_back(offers(works_about(mean), servers));
      model.services[0].queue_max = kRequests;
      add_load(model, {{0, 0}}, seed, kRate, kRequests);
      model.journeys[0].timeout = timeout;

      const Draws draws{seed};
      const Duration way = model.latency_between_zones;
      std::priority_queue<Instant, std::vector<Instant>, std::greater<>> free_at;
      for (std::uint32_t i = 0; i < servers; ++i) free_at.push(Instant{});
      RequestCounts expected;
      Instant at;
      for (std::uint64_t i = 0; i < kRequests; ++i) {
        const Duration unit = draws.exponential(Purpose::Arrival, Duration::seconds(1), 0, i);
        at = at + Duration::nanoseconds(static_cast<std::int64_t>(
                      static_cast<double>(unit.count_ns()) * (1.0 / kRate)));
        const Duration work =
            draws.exponential(Purpose::ServiceTime, mean, call_key(journey_key(0, i), 0, 0));
        const Instant begin = std::max(at + way, free_at.top());
        free_at.pop();
        free_at.push(begin + work);
        const Duration response = begin + work + way - at;
        const bool late = response > timeout;
        ++expected.ended[static_cast<std::uint32_t>(late ? RequestOutcome::Timeout
                                                         : RequestOutcome::Ok)];
        expected.latency_sum_ns += std::min(response, timeout).count_ns();
      }

      TrafficWorld world{model, seed};
      world.pod(0);
      world.publish_all();
      world.engine.start();
      world.run();
      const RequestCounts seen = world.engine.service(0).totals();
      EXPECT_EQ(seen.ended, expected.ended) << servers << " servers, seed " << seed;
      EXPECT_EQ(seen.latency_sum_ns, expected.latency_sum_ns);
      EXPECT_GT(seen.of(RequestOutcome::Timeout), 100U);
    }
  }
}

/// Little's law is an identity once everything has ended: the area under the number of requests in
/// the system is the sum of the times they spent there.
TEST(LittlesLaw, HoldsExactly) {
  TrafficWorld world{busy_model(40_ms), 5};
  add_pods(world);
  world.engine.start();
  std::array<std::int64_t, 3> area{};
  Instant last;
  KernelEvent event;
  for (;;) {
    std::array<std::int64_t, 3> open{};
    for (ServiceIndex i = 0; i < 3; ++i) {
      open[i] = static_cast<std::int64_t>(world.engine.gauge(i).open);
    }
    if (!world.kernel.pop(Instant::never(), event)) break;
    for (ServiceIndex i = 0; i < 3; ++i) {
      area[i] += open[i] * (world.kernel.now() - last).count_ns();
    }
    last = world.kernel.now();
    world.engine.dispatch(event);
  }
  for (ServiceIndex i = 0; i < 3; ++i) {
    EXPECT_EQ(area[i], world.engine.service(i).totals().latency_sum_ns);
    EXPECT_GT(area[i], 0);
  }
}

/// Services with room for everyone, so that a latency is a draw and nothing else.
TEST(CommonRandomNumbers, LeaveEveryOtherDrawAsItWas) {
  struct Change {
    const char* what;
    std::function<void(TrafficModel&)> make;
    /// Services whose latencies may not change, one nanosecond more or less.
    std::vector<ServiceIndex> unchanged;
  };
  const auto base = [] {
    TrafficModel model = busy_model(Duration{});
    for (ServiceModel& service : model.services) service.concurrency = 100'000;
    model.services[2].operations[0].error_probability = 0;
    model.load[0].until = Instant::at(5_s);
    return model;
  };
  const auto run = [](const TrafficModel& model) {
    TrafficWorld world{model, 9};
    add_pods(world);
    world.engine.start();
    world.run();
    std::vector<RequestCounts> services;
    for (ServiceIndex i = 0; i < 3; ++i) services.push_back(world.engine.service(i).totals());
    return services;
  };
  const std::vector<Change> changes{
      {"a timeout that fires now and then",
       [](TrafficModel& m) { m.services[0].operations[0].steps[0].calls[1].timeout = 20_ms; },
       {}},
      {"a timeout that never fires",
       [](TrafficModel& m) { m.journeys[0].timeout = 100_s; },
       {0, 1, 2}},
      {"errors of the slow service",
       [](TrafficModel& m) {
         m.services[2].operations[0].error_probability = 0.3;
         m.services[0].operations[0].steps.pop_back();
       },
       {}},
      {"slower calls of one service",
       [](TrafficModel& m) { m.services[2].operations[0].cpu = Distribution::exponential(50_ms); },
       {1}},
      {"a call more often taken",
       [](TrafficModel& m) { m.services[0].operations[0].steps[0].calls[1].probability = 0.9; },
       {1}},
      {"more repetitions",
       [](TrafficModel& m) { m.services[0].operations[0].steps[0].calls[1].times = 5; },
       {1}},
  };
  const std::vector<RequestCounts> before = run(base());
  for (const Change& change : changes) {
    TrafficModel model = base();
    change.make(model);
    const std::vector<RequestCounts> after = run(model);
    for (const ServiceIndex service : change.unchanged) {
      EXPECT_EQ(before[service], after[service]) << change.what << ", service " << service;
    }
    // Arrivals and what the front draws for itself never change.
    EXPECT_EQ(before[0].ended_count(), after[0].ended_count()) << change.what;
  }
}

/// Calls that are not simply made and waited for, and processes that do not work evenly.
void make_odd(TrafficModel& model, std::uint64_t seed) {
  const Draws draws{seed};
  std::uint64_t drawn = 0;
  const auto one_in = [&](std::uint64_t count) {
    return draws.index(Purpose::FaultTarget, count, std::uint64_t{1} << 32, drawn++) == 0;
  };
  model.bytes_per_second_in_zone = 1'000'000;
  for (ServiceModel& service : model.services) {
    if (one_in(3)) service.server.queue.order = resilience::QueueOrder::Lifo;
    if (one_in(3)) service.server.queue.order = resilience::QueueOrder::AdaptiveLifo;
    if (one_in(3)) service.server.queue.age_max = 5_ms;
    if (one_in(3)) service.server.codel = resilience::CoDelConfig{.target = 1_ms};
    if (one_in(4)) service.server.limit = resilience::VegasLimitConfig{.initial_limit = 3};
    if (one_in(4)) {
      service.server.limit = resilience::AimdLimitConfig{.initial_limit = 2, .min_limit = 1};
    }
    if (one_in(4)) {
      service.server.limit = resilience::GradientLimitConfig{.min_rtt_interval = 50_ms,
                                                             .concurrency_update_interval = 5_ms,
                                                             .min_rtt_request_count = 5};
    }
    if (one_in(3)) service.warm_up = {.factor = 3, .lasts = 50_ms};
    if (one_in(3)) service.pauses = {.length = 5_ms, .every = 40_ms};
    if (one_in(3)) service.pauses = {.length = 5_ms, .requests = 20};
    for (CallStep& step : service.operations[0].steps) {
      for (CallModel& call : step.calls) {
        if (one_in(3)) call.times_least = 1;
        if (one_in(3)) call.answer_bytes = 2000;
        if (one_in(4)) call.condition = CallCondition::Failed;
        call.optional = one_in(3);
        call.detached = one_in(4);
        if (call.detached) continue;
        if (one_in(4)) call.undo = UndoModel{call.to, 0};
        if (!one_in(3)) continue;
        CacheModel cache;
        cache.keys = 5;
        cache.capacity = 3;
        cache.time_to_live = 20_ms;
        cache.single_flight = one_in(2);
        call.cache = cache;
      }
    }
  }
}

/// Some routes hedge.
void make_hedged(TrafficModel& model, std::uint64_t seed) {
  const Draws draws{seed};
  std::uint64_t drawn = 0;
  const auto pick = [&](std::uint64_t count) {
    return draws.index(Purpose::FaultTarget, count, std::uint64_t{1} << 33, drawn++);
  };
  for (RouteModel& route : model.routes) {
    if (pick(2) == 0) continue;
    resilience::GrpcHedgingPolicy policy;
    policy.max_attempts = static_cast<std::uint32_t>(2 + pick(4));
    policy.hedging_delay = Duration::milliseconds(static_cast<int>(pick(8)));
    if (pick(2) == 0) policy.non_fatal.add(resilience::GrpcCode::Unavailable);
    if (pick(2) == 0) policy.non_fatal.add(resilience::GrpcCode::Unknown);
    route.policy.hedging = policy;
  }
}

/// Some calls wait for threads, ask a limit of one more service, are not admitted, or have another
/// service called in their place; and nodes take turns.
void make_detoured(TrafficModel& model, std::uint64_t seed) {
  const Draws draws{seed};
  std::uint64_t drawn = 0;
  const auto pick = [&](std::uint64_t count) {
    return draws.index(Purpose::FaultTarget, count, std::uint64_t{1} << 34, drawn++);
  };
  const auto count = static_cast<std::uint32_t>(model.services.size());
  model.services.push_back(offers(works_about(1_ms), 2));
  model.shared_limits.push_back({.service = count, .requests_per_unit = 5, .unit = 30_ms});
  model.nodes_take_turns = pick(2) == 0;
  for (RouteModel& route : model.routes) {
    if (pick(2) == 0) route.policy.admission = resilience::AdmissionControlConfig{};
    if (pick(2) == 0) {
      const auto size = static_cast<std::uint32_t>(1 + pick(2));
      route.policy.thread_pool =
          resilience::hystrix_thread_pool(size, static_cast<std::int32_t>(pick(4)), 2);
      if (pick(3) == 0) route.policy.thread_pool->max_size += 1;
      route.policy.thread_pool->runs_timed_out = pick(2) == 0;
    }
    if (pick(3) == 0) {
      route.policy.shared_limit.emplace();
      route.policy.shared_limit->question.timeout = Duration::milliseconds(2);
      route.policy.shared_limit->question.failure_mode_deny = pick(2) == 0;
      route.shared_limit = 0;
    }
    // Calls lead to later services alone, so that this comes to an end.
    const auto other = static_cast<ServiceIndex>(pick(count));
    const bool later = route.from == kClients || other > route.from;
    const bool nested =
        std::any_of(model.routes.begin(), model.routes.end(), [&](const RouteModel& its) {
          if (its.from != route.from) return false;
          return (its.to == other && its.fallback) ||
                 (its.fallback && its.fallback->to == route.to);
        });
    if (pick(2) == 0 || !later || nested || other == route.to) continue;
    route.policy.fallback = resilience::FallbackConfig{
        .kind = resilience::FallbackConfig::Kind::OtherService, .concurrent_max = 2};
    route.fallback = FallbackModel{other, 0};
  }
}

/// Calls are split over three subsets: all pods, those of one node, and those without a label.
void make_split(TrafficModel& model, std::uint64_t seed) {
  const Draws draws{seed};
  std::uint64_t drawn = 0;
  const auto pick = [&](std::uint64_t count) {
    return draws.index(Purpose::FaultTarget, count, std::uint64_t{1} << 35, drawn++);
  };
  for (RouteModel& route : model.routes) {
    if (pick(3) == 0) continue;
    for (const auto& labels :
         {std::map<std::string, std::string, std::less<>>{{"all", "yes"}}, {{"node", "0"}}, {}}) {
      resilience::SubsetShare share{.labels = labels, .weight = 1, .policy = route.policy};
      if (pick(2) == 0) share.policy.pool.reset();
      if (pick(2) == 0) share.policy.outliers.reset();
      if (pick(4) == 0) share.policy.balancer.reset();
      if (pick(3) == 0) share.policy.balancer = resilience::RandomConfig{};
      if (pick(2) == 0) share.retry_limit.emplace();
      share.connect_timeout = Duration::milliseconds(static_cast<int>(pick(20)));
      route.policy.split.push_back(share);
    }
  }
}

/// A route goes on by the policy of another, as far as that makes the same calls.
void change_some_policy(RequestEngine& engine, const TrafficModel& model, std::uint64_t seed,
                        int time) {
  if (model.routes.empty()) return;
  const auto pick = [&](std::uint64_t which) {
    return static_cast<std::uint32_t>(mix64(mix64(seed) + 100 * which + std::uint64_t(time)) %
                                      model.routes.size());
  };
  const std::uint32_t route = pick(1);
  const resilience::RoutePolicy& own = model.routes[route].policy;
  resilience::RoutePolicy policy = model.routes[pick(2)].policy;
  policy.split = own.split;
  policy.fallback = own.fallback;
  policy.fallback_call = own.fallback_call;
  policy.shared_limit = own.shared_limit;
  // The clients outside would ask for ever.
  if (own.health || model.routes[route].from == kClients) policy.health = own.health;
  const std::uint64_t drawn = mix64(mix64(seed) + 300 + std::uint64_t(time));
  if (drawn % 2 == 0) {
    if (!policy.split.empty()) {
      const auto turned = static_cast<std::ptrdiff_t>(drawn / 2 % 2);
      std::rotate(policy.split.begin(), policy.split.begin() + turned, policy.split.end());
      policy.split[0].weight = static_cast<std::uint32_t>(drawn / 4 % 5);
    }
    return engine.set_policy(route, policy, 0, Keeps::Unchanged);
  }
  engine.set_policy(route, policy);
}

/// What the first service does well is a message for the last one.
void make_topical(TrafficModel& model, std::uint64_t seed) {
  TopicModel topic;
  topic.broker = 0;
  topic.operation = 0;
  topic.partitions = static_cast<std::uint32_t>(seed % 3 * 2);
  GroupModel group;
  group.service = static_cast<ServiceIndex>(model.services.size() - 1);
  group.consumers = static_cast<std::uint32_t>(1 + seed % 2);
  group.taken = static_cast<std::uint32_t>(1 + seed % 4);
  group.retries = static_cast<std::uint32_t>(seed % 3);
  group.backoff = 3_ms;
  if (seed % 2 == 0) group.timeout = 15_ms;
  group.session_timeout = 20_ms;
  group.rebalance = Duration::milliseconds(static_cast<int>(seed % 2 * 5));
  topic.groups.push_back(group);
  model.topics.push_back(topic);
}

/// All that is asked of the last service is a write.
void make_led(TrafficModel& model, std::uint64_t seed) {
  ServiceModel& service = model.services.back();
  service.leader = {Distribution::constant(10_ms), static_cast<std::uint32_t>(1 + seed % 2),
                    Distribution::exponential(1_ms)};
  for (OperationModel& operation : service.operations) operation.writes = true;
}

/// Services ask those they call how they are, some for an operation.
void make_checked(TrafficModel& model, std::uint64_t seed) {
  const Draws draws{seed};
  std::uint64_t drawn = 0;
  const auto pick = [&](std::uint64_t count) {
    return draws.index(Purpose::FaultTarget, count, std::uint64_t{1} << 35, drawn++);
  };
  for (ServiceModel& service : model.services) {
    if (pick(2) == 0) service.handshake = {.round_trips = 1, .cpu = 1_ms};
    service.probes_share_threads = pick(2) == 0;
  }
  for (RouteModel& route : model.routes) {
    const auto& balancer = route.policy.balancer;
    if (route.from == kClients || !balancer ||
        std::holds_alternative<resilience::PickFirstConfig>(*balancer)) {
      continue;
    }
    resilience::HealthCheckPolicy policy;
    policy.check.interval = policy.check.no_traffic_interval = 15_ms;
    policy.check.timeout = 10_ms;
    policy.check.unhealthy_threshold = static_cast<std::uint32_t>(1 + pick(2));
    policy.reuses_connection = pick(2) == 0;
    policy.closes_connections = pick(3) > 0;
    route.policy.health = policy;
    if (pick(2) == 0) route.checked_operation = 0;
  }
}

/// Random small worlds under random faults: whatever happens, every record is freed in the end.
TEST(SmallWorlds, LeaveNothingBehind) {
  constexpr auto kDraw = Purpose::FaultTarget;
  std::array<std::uint64_t, kRequestOutcomeCount> seen{};
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const Draws draws{seed};
    std::uint64_t drawn = 0;
    const auto pick = [&](std::uint64_t count) { return draws.index(kDraw, count, drawn++); };
    TrafficModel model;
    const auto service_count = static_cast<std::uint32_t>(2 + pick(3));
    for (std::uint32_t s = 0; s < service_count; ++s) {
      OperationModel operation = works_about(Duration::milliseconds(static_cast<int>(pick(6))));
      operation.error_probability = pick(2) == 0 ? 0.0 : 0.1;
      for (std::uint64_t steps = pick(3); steps > 0 && s + 1 < service_count; --steps) {
        CallStep step;
        for (std::uint64_t calls = 1 + pick(3); calls > 0; --calls) {
          CallModel child = call(static_cast<ServiceIndex>(s + 1 + pick(service_count - s - 1)));
          child.times = static_cast<std::uint32_t>(1 + pick(2));
          child.probability = pick(2) == 0 ? 1.0 : 0.5;
          child.timeout = Duration::milliseconds(static_cast<int>(5 + pick(40)));
          step.calls.push_back(child);
        }
        operation.steps.push_back(step);
      }
      ServiceModel service = offers(operation, static_cast<std::uint32_t>(1 + pick(4)));
      service.queue_max = static_cast<std::uint32_t>(pick(6));
      service.drains_on_term = pick(2) == 0;
      model.services.push_back(service);
    }
    for (ServiceIndex to = 0; to < service_count; ++to) {
      for (ServiceIndex from = 0; from <= to; ++from) {
        if (pick(2) == 0) continue;
        RouteModel route;
        if (from > 0) route.from = from - 1;
        route.to = to;
        const auto up_to = [&](std::uint64_t count) {
          return Duration::milliseconds(static_cast<int>(pick(count)));
        };
        resilience::RoutePolicy& policy = route.policy;
        policy.timeouts.overall = up_to(60);
        policy.timeouts.per_try = up_to(20);
        policy.timeouts.passes_deadline_on = pick(2) == 0;
        policy.retry.on = {resilience::RetryOn::Status5xx};
        policy.retry.retries = static_cast<std::uint32_t>(pick(4));
        policy.backoff = resilience::FixedBackoff{up_to(10)};
        switch (pick(5)) {
          case 0:
            policy.retry_limit = resilience::EnvoyRetryLimit{};
            break;
          case 1:
            policy.retry_limit = resilience::TpsBudgetConfig{};
            break;
          case 2:
            policy.retry_limit = resilience::GrpcRetryThrottleConfig{};
            break;
          case 3:
            policy.retry_limit = resilience::AwsRetryQuotaConfig{};
            break;
          default:
            break;
        }
        switch (pick(8)) {
          case 0:
            policy.balancer = resilience::RandomConfig{};
            break;
          case 1:
            policy.balancer = resilience::RoundRobinConfig{};
            break;
          case 2:
            policy.balancer = resilience::LeastRequestConfig{};
            break;
          case 3:
            policy.balancer = resilience::PeakEwmaConfig{};
            break;
          case 4:
            policy.balancer = resilience::PickFirstConfig{.shuffles = pick(2) == 0};
            break;
          case 5:
            policy.balancer = resilience::RingHashConfig{.ring_size_min = 16};
            break;
          case 6:
            policy.balancer = resilience::MaglevConfig{.table_size = 31};
            break;
          default:
            break;
        }
        policy.hash.key = static_cast<resilience::HashKey>(pick(3));
        if (pick(2) == 0) policy.hash.balance_factor = static_cast<std::uint32_t>(100 + pick(50));
        if (pick(3) == 0) policy.weights = {{"v1", 2.0}};
        if (pick(3) == 0) policy.slow_start = resilience::SlowStartConfig{.window = up_to(200)};
        if (pick(3) == 0) {
          policy.locality = resilience::PriorityLoadConfig{};
          if (pick(2) == 0) policy.locality = resilience::ZoneAwareConfig{.min_cluster_size = 1};
        }
        if (pick(3) == 0) policy.command = resilience::HystrixBreakerConfig{};
        if (pick(3) == 0) {
          policy.breaker.emplace();
          policy.breaker->minimum_calls = 5;
          policy.breaker->wait_in_open = 10_ms;
        }
        if (pick(3) == 0) {
          policy.rate_limit = resilience::LocalRateLimitConfig{.max_tokens = 20};
        }
        if (pick(3) == 0) policy.bulkhead = static_cast<std::uint32_t>(1 + pick(3));
        if (pick(3) == 0) {
          policy.pool.emplace();
          policy.pool->streams_per_connection = static_cast<std::uint32_t>(1 + pick(2));
          policy.pool->thresholds.max_connections = static_cast<std::uint32_t>(1 + pick(3));
          policy.pool->thresholds.max_pending_requests = static_cast<std::uint32_t>(pick(4));
          policy.pool->thresholds.max_requests = static_cast<std::uint32_t>(1 + pick(6));
        }
        if (pick(3) == 0) {
          policy.outliers.emplace();
          policy.outliers->detection.consecutive_5xx = static_cast<std::uint32_t>(1 + pick(3));
          policy.outliers->detection.interval = 20_ms;
          policy.outliers->detection.base_ejection_time = 30_ms;
          policy.outliers->detection.max_ejection_percent = 70;
        }
        if (pick(3) == 0) {
          policy.accrual = resilience::FailureAccrualConfig{.max_failures = 2};
          policy.accrual->backoff.min = 10_ms;
        }
        if (pick(4) == 0) policy.fallback.emplace();
        model.routes.push_back(route);
      }
    }
    if (pick(2) == 0) {
      model.latency_same_node = model.latency_in_zone = model.latency_between_zones = Duration{};
    }
    model.connect_timeout = Duration::milliseconds(static_cast<int>(1 + pick(30)));
    if (seed % 2 == 0) make_odd(model, seed);
    if (seed % 3 == 0) make_hedged(model, seed);
    if (seed % 5 < 2) make_detoured(model, seed);
    if (seed % 5 == 0) make_topical(model, seed);
    if (seed % 7 == 0) make_led(model, seed);
    const bool checks = seed % 11 < 4;
    if (checks) make_checked(model, seed);
    if (seed % 4 == 1) make_split(model, seed);
    add_load(model, {{0, 0}, {1, 0}}, seed, 500.0, 100);
    model.journeys[0].timeout = Duration::milliseconds(static_cast<int>(10 + pick(100)));
    model.load[0].population = static_cast<std::uint32_t>(pick(20));

    TrafficWorld world{model, seed, 3};
    std::vector<InstanceId> pods;
    std::vector<std::pair<ServiceIndex, std::size_t>> places;
    for (std::uint32_t s = 0; s < model.services.size(); ++s) {
      for (std::uint32_t node = 0; node < 3; ++node) {
        pods.push_back(world.pod(s, node, node / 2, true, kNone,
                                 {{"all", "yes"}, {"node", std::to_string(node)}}));
        places.emplace_back(s, node);
      }
    }
    world.publish_all();
    world.engine.start();
    for (int i = 1; i <= 30; ++i) {
      world.run(Instant::at(Duration::milliseconds(8) * i));
      if (seed % 3 == 1) change_some_policy(world.engine, model, seed, i);
      const std::size_t at = pick(pods.size());
      switch (pick(9)) {
        case 7:
        case 8:
          world.engine.set_hanging(pods[at], pick(2) == 0);
          break;
        case 0:
          world.engine.terminate(pods[at]);
          break;
        case 1:
          world.engine.kill(pods[at]);
          break;
        case 2:
          world.engine.lose(pods[at]);
          break;
        case 3:
          world.engine.remove(pods[at]);
          break;
        case 4:
          world.engine.publish(static_cast<ConsumerIndex>(pick(4)), places[at].first, {},
                               world.version);
          break;
        case 5:
          world.publish_all();
          break;
        case 6: {
          const auto& [service, node] = places[at];
          const ports::TableEndpoint& where = world.pods[service][node];
          const auto on = static_cast<std::uint32_t>(node);
          world.engine.kill(pods[at]);
          pods[at] =
              world.engine.add_instance({where.address, where.port, service, on, on / 2, "v2"});
          world.engine.set_listening(pods[at], true);
          break;
        }
      }
      (void)world.engine.take_drained();  // Their nodes would take them.
    }
    for (const InstanceId pod : pods) world.engine.set_hanging(pod, false);
    if (checks) {  // They end with the processes that make them.
      world.run(Instant::at(2_s));
      for (const InstanceId pod : pods) world.engine.kill(pod);
    }
    world.run();
    EXPECT_EQ(world.engine.live_calls(), 0U) << "seed " << seed;
    for (const InstanceId pod : pods) {
      const InstanceView view = world.engine.view(pod);
      EXPECT_EQ(view.busy + view.queued, 0U) << "seed " << seed;
      EXPECT_NE(view.state, InstanceState::Draining) << "seed " << seed;
    }
    std::uint64_t ended = 0;
    for (std::uint32_t s = 0; s < model.services.size(); ++s) {
      EXPECT_EQ(world.engine.gauge(s), ServiceGauge{}) << "seed " << seed;
      const RequestCounts totals = world.engine.service(s).totals();
      EXPECT_EQ(totals.unanswered, 0U);
      ended += totals.ended_count();
      for (std::uint32_t o = 0; o < kRequestOutcomeCount; ++o) seen[o] += totals.ended[o];
    }
    EXPECT_LE(ended, world.engine.launched());
    EXPECT_EQ(world.engine.journey(0).totals().ended_count(), 100U) << "seed " << seed;
  }
  for (std::uint32_t o = 0; o < kRequestOutcomeCount; ++o) {
    EXPECT_GT(seen[o], 50U) << to_string(static_cast<RequestOutcome>(o)) << " hardly happened";
  }
}

}  // namespace
}  // namespace orrery::sim
