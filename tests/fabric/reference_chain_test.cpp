// Three tiers of ten servers, one after the other, each with a queue: once as SimGrid actors that
// wait on semaphores, the way such models are usually written, and once as a loop over our kernel.
//
// Both take the same arrivals and the same service times (draws by key), and both serve first come,
// first served. So not only their statistics must agree but, up to the rounding of SimGrid's
// clock, every single response time.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <deque>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "models/base/time_types.h"
#include "sim/kernel/kernel.h"

namespace orrery::sim {
namespace {

constexpr std::uint32_t kRequests = 40'000;
constexpr std::uint32_t kWarmUp = 4'000;
constexpr std::uint32_t kTiers = 3;
constexpr std::uint32_t kServers = 10;
constexpr Duration kInterarrivalMean = Duration::nanoseconds(1'428'571);  // 700/s.
constexpr Duration kServiceMean = Duration::milliseconds(10);

const Draws kDraws{2024};

Duration interarrival(std::uint32_t request) {
  return kDraws.exponential(Purpose::Arrival, kInterarrivalMean, request);
}
Duration service(std::uint32_t request, std::uint32_t tier) {
  return kDraws.exponential(Purpose::ServiceTime, kServiceMean, request, tier);
}

/// Response time of every request [s].
std::vector<double> with_actors() {
  namespace s4u = simgrid::s4u;
  std::vector<double> responses(kRequests);
  std::array<std::string, 4> words = {"reference", "--log=root.thres:critical",
                                      "--cfg=contexts/stack-size:64", "--cfg=surf/precision:1e-9"};
  std::array<char*, 5> arguments{};
  for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
  int count = static_cast<int>(words.size());
  s4u::Engine engine{&count, arguments.data()};
  s4u::NetZone* const zone = s4u::create_full_zone("zone");
  s4u::Host* const host = zone->create_host("host", 1e9);
  zone->seal();

  std::array<s4u::SemaphorePtr, kTiers> tiers;
  for (auto& tier : tiers) tier = s4u::Semaphore::create(kServers);
  const auto request = [&](std::uint32_t number) {
    const double start = s4u::Engine::get_clock();
    for (std::uint32_t tier = 0; tier < kTiers; ++tier) {
      tiers[tier]->acquire();
      s4u::this_actor::sleep_for(to_seconds(service(number, tier)));
      tiers[tier]->release();
    }
    responses[number] = s4u::Engine::get_clock() - start;
  };
  s4u::Actor::create("arrivals", host, [&] {
    for (std::uint32_t number = 0; number < kRequests; ++number) {
      s4u::this_actor::sleep_for(to_seconds(interarrival(number)));
      s4u::Actor::create("request", host, [&request, number] { request(number); });
    }
  });
  engine.run();
  return responses;
}

/// The same with our kernel.
std::vector<double> with_kernel() {
  constexpr std::uint8_t kArrival = 0;
  constexpr std::uint8_t kServed = 1;  // Index: request * kTiers + tier.
  struct Tier {
    std::uint32_t free = kServers;
    std::deque<std::uint32_t> waiting;
  };
  Kernel kernel;
  std::array<Tier, kTiers> tiers;
  std::vector<Instant> started(kRequests);
  std::vector<double> responses(kRequests);

  const auto serve = [&](std::uint32_t request, std::uint32_t tier) {
    kernel.schedule(kernel.now() + service(request, tier), EventClass::Ordinary,
                    {kServed, request * kTiers + tier});
  };
  const auto enter = [&](std::uint32_t request, std::uint32_t tier) {
    if (tiers[tier].free == 0) return tiers[tier].waiting.push_back(request);
    --tiers[tier].free;
    serve(request, tier);
  };
  const auto leave = [&](std::uint32_t tier) {
    if (tiers[tier].waiting.empty()) {
      ++tiers[tier].free;
      return;
    }
    const std::uint32_t next = tiers[tier].waiting.front();
    tiers[tier].waiting.pop_front();
    serve(next, tier);
  };

  kernel.schedule(Instant::at(interarrival(0)), EventClass::Ordinary, {kArrival, 0});
  for (KernelEvent event; kernel.pop(Instant::never(), event);) {
    if (event.kind == kArrival) {
      started[event.index] = kernel.now();
      enter(event.index, 0);
      if (const std::uint32_t next = event.index + 1; next < kRequests) {
        kernel.schedule(kernel.now() + interarrival(next), EventClass::Ordinary, {kArrival, next});
      }
      continue;
    }
    const std::uint32_t request = event.index / kTiers;
    const std::uint32_t tier = event.index % kTiers;
    leave(tier);
    if (tier + 1 < kTiers) {
      enter(request, tier + 1);
    } else {
      responses[request] = to_seconds(kernel.now() - started[request]);
    }
  }
  return responses;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double quantile(std::vector<double> values, double share) {
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

std::vector<double> after_warm_up(const std::vector<double>& values) {
  return {values.begin() + kWarmUp, values.end()};
}

TEST(ReferenceChain, ActorsAndKernelAgreeOnEveryRequest) {
  const std::vector<double> actors = with_actors();
  const std::vector<double> kernel = with_kernel();

  double furthest_apart = 0;
  for (std::uint32_t i = 0; i < kRequests; ++i) {
    furthest_apart = std::max(furthest_apart, std::fabs(actors[i] - kernel[i]));
  }
  EXPECT_LE(furthest_apart, 1e-6);

  const std::vector<double> settled_actors = after_warm_up(actors);
  const std::vector<double> settled_kernel = after_warm_up(kernel);
  EXPECT_NEAR(mean(settled_actors) / mean(settled_kernel), 1, 1e-4);
  EXPECT_NEAR(quantile(settled_actors, 0.5) / quantile(settled_kernel, 0.5), 1, 1e-4);
  EXPECT_NEAR(quantile(settled_actors, 0.95) / quantile(settled_kernel, 0.95), 1, 1e-4);
}

TEST(ReferenceChain, TheMeanIsThatOfErlangC) {
  // Erlang C with 10 servers and 7 erlang: a request waits with probability 0.22173, on average
  // 1 / (1000/s - 700/s). Over three tiers: 3 * (10 ms + 0.73910 ms) = 32.217 ms.
  // The mean of one run has a relative standard deviation of about 0.6 % (responses overlap), so
  // a right kernel fails here with less than one seed in a million; the seed is fixed.
  EXPECT_NEAR(mean(after_warm_up(with_kernel())) / 0.032217, 1, 0.03);
}

}  // namespace
}  // namespace orrery::sim
