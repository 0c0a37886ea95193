/// @file
/// Does a hop cost more in a large system than in a small one, and what does a call under way hold?
///
/// The same kind of graph twice: four layers of services, whose requests are trees of ten calls. A
/// service of the first layer calls three of the second at the same time, each of those one of the
/// third, and those one of the fourth; each works 10 ms and answers over 250 us. Small is 20
/// services, 500 pods and 1,000 requests/s; large is 1,000 services, 10,000 pods and 100,000
/// requests in flight. Without policies, and with every policy a caller can have, whose state is
/// each calling pod's own. They alternate; processor time counts, once both are in steady state.
///
/// Another number of calls or tries than the trees and the errors make fails the program, and so do
/// requests that fail for another reason, fewer than 100,000 in flight, a large hop that costs more
/// than 2.5 small ones, and a call without policies that holds more than 96 bytes: what the program
/// has in memory grows by that from a hundredth of the load to all of it, in pages of 4 KiB.
///
/// Usage: scale_bench [repetitions] [without policies: 0, or with: 1]
#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "bench/chain.h"
#include "sim/kernel/kernel.h"
#include "sim/traffic/request_engine.h"

namespace {

using namespace orrery;
using namespace orrery::sim;
using namespace orrery::literals;
using bench::cpu_seconds;

constexpr std::uint32_t kLayers = 4;
constexpr std::uint32_t kFanOut = 3;
constexpr std::uint32_t kCallsPerRequest = 10;
constexpr double kErrors = 0.005;

struct Size {
  const char* name;
  std::uint32_t services;
  std::uint32_t pods_of_each;
  std::uint32_t nodes;
  double requests_per_second;
  double warm_up_seconds;  ///< Requests take 57 ms.
  double measured_seconds;
};
constexpr Size kSmall{"small", 20, 25, 5, 1'000, 1, 100};
constexpr Size kLarge{"large", 1'000, 10, 100, 1'850'000, 0.4, 0.1};

/// A service of the layer below, another one for each that calls.
std::uint32_t callee(const Size& size, std::uint32_t service, std::uint32_t branch) {
  const std::uint32_t width = size.services / kLayers;
  const std::uint32_t layer = service / width;
  return (layer + 1) * width + (service % width * 7 + branch) % width;
}

TrafficModel model_of(const Size& size, bool policies) {
  const std::uint32_t width = size.services / kLayers;
  TrafficModel model;
  model.latency_same_node = model.latency_in_zone = model.latency_between_zones = 250_us;
  resilience::RoutePolicy policy = bench::all_policies();
  policy.rate_limit = resilience::LocalRateLimitConfig{
      .max_tokens = 100'000, .tokens_per_fill = 10'000, .fill_interval = 50_ms};
  const auto add_route = [&](std::uint32_t from, std::uint32_t to) {
    if (policies) model.routes.push_back({.from = from, .to = to, .policy = policy});
  };
  for (std::uint32_t i = 0; i < size.services; ++i) {
    ServiceModel service;
    service.concurrency = 4'096;
    OperationModel operation;
    operation.wait = Distribution::exponential(10_ms);
    const std::uint32_t layer = i / width;
    if (policies && layer + 1 == kLayers) operation.error_probability = kErrors;
    if (layer + 1 < kLayers) {
      CallStep step;
      for (std::uint32_t branch = 0; branch < (layer == 0 ? kFanOut : 1); ++branch) {
        CallModel call;
        call.to = callee(size, i, branch);
        step.calls.push_back(call);
        add_route(i, call.to);
      }
      operation.steps.push_back(step);
    }
    service.operations.push_back(operation);
    model.services.push_back(service);
  }
  LoadModel load;
  load.rate_per_second = size.requests_per_second;
  for (std::uint32_t entry = 0; entry < width; ++entry) {
    add_route(kClients, entry);
    JourneyModel journey;
    journey.steps.push_back({entry, 0});
    model.journeys.push_back(journey);
    load.mix.push_back({entry, 1.0});
  }
  model.load.push_back(load);
  return model;
}

/// A system of that size, under load.
class System {
 public:
  System(const Size& size, bool policies, std::uint64_t seed)
      : size_{size}, engine_{kernel_, model_of(size, policies), Draws{seed}, size.nodes, print_} {
    std::vector<std::vector<ports::TableEndpoint>> endpoints(size.services);
    std::uint32_t pods = 0;
    for (std::uint32_t service = 0; service < size.services; ++service) {
      for (std::uint32_t pod = 0; pod < size.pods_of_each; ++pod, ++pods) {
        endpoints[service].push_back(
            {"10." + std::to_string(service) + "." + std::to_string(pod), 80, "pod"});
        engine_.set_listening(engine_.add_instance({endpoints[service].back().address, 80, service,
                                                    pods % size.nodes, 0, "1"}),
                              true);
      }
    }
    for (std::uint32_t consumer = 0; consumer <= size.nodes; ++consumer) {
      for (std::uint32_t service = 0; service < size.services; ++service) {
        engine_.publish(consumer, service, endpoints[service], 1);
      }
    }
    engine_.start();
  }

  void run(double seconds) {
    const Instant until = kernel_.now() + Duration::nanoseconds(std::llround(seconds * 1e9));
    KernelEvent event;
    while (kernel_.pop(until, event)) engine_.dispatch(event);
    if (kernel_.now() < until) kernel_.advance_to(until);
  }

  [[nodiscard]] std::uint64_t requests_in_flight() const {
    std::uint64_t open = 0;
    for (std::uint32_t i = 0; i < size_.services / kLayers; ++i) open += engine_.journey(i).open();
    return open;
  }
  /// Requests, those that failed, calls, and tries, so far.
  struct Counts {
    double requests = 0;
    double failed = 0;
    double calls = 0;
    double tries = 0;
  };
  [[nodiscard]] Counts counts() const {
    Counts counts;
    for (std::uint32_t i = 0; i < size_.services / kLayers; ++i) {
      const RequestCounts totals = engine_.journey(i).totals();
      counts.requests += static_cast<double>(totals.ended_count());
      counts.failed += static_cast<double>(totals.ended_count() - totals.of(RequestOutcome::Ok));
    }
    counts.calls = static_cast<double>(engine_.launched());
    for (std::uint32_t i = 0; i < size_.services; ++i) {
      counts.tries += static_cast<double>(engine_.service(i).tries());
    }
    return counts;
  }
  [[nodiscard]] const RequestEngine& engine() const { return engine_; }

 private:
  Size size_;
  Kernel kernel_;
  Fingerprint print_;
  RequestEngine engine_;
};

/// Whether what happened is what such a system does; a collapsed run looks fast.
bool is_right(const System& system, const Size& size, bool policies) {
  const System::Counts counts = system.counts();
  const auto in_flight = static_cast<double>(system.requests_in_flight());
  // Of the calls to the last layer, three a request, so many fail once and are tried again.
  const double tries_per_call = policies ? 1 + 0.3 * kErrors : 1;
  const bool whole_trees = counts.calls <= kCallsPerRequest * (counts.requests + in_flight) &&
                           counts.calls >= kCallsPerRequest * counts.requests;
  const bool few_failures = counts.failed <= counts.requests * 3 * kErrors * kErrors;
  const bool tries_as_errors = std::fabs(counts.tries / counts.calls / tries_per_call - 1) < 0.001;
  if (whole_trees && few_failures && tries_as_errors) return true;
  std::printf("FAIL: %s: %.0f requests, %.0f failed, %.0f calls, %.0f tries\n", size.name,
              counts.requests, counts.failed, counts.calls, counts.tries);
  return false;
}

struct Measured {
  double ns_per_hop = 0;
  std::uint64_t in_flight = 0;
  bool right = true;
};

Measured measure(const Size& size, bool policies, std::uint64_t seed) {
  System system{size, policies, seed};
  system.run(size.warm_up_seconds);
  const std::uint64_t before = system.engine().launched();
  const double begun = cpu_seconds();
  system.run(size.measured_seconds);
  const double spent = cpu_seconds() - begun;
  const auto hops = static_cast<double>(system.engine().launched() - before);
  return {spent / hops * 1e9, system.requests_in_flight(), is_right(system, size, policies)};
}

/// What the program has in memory [bytes].
double resident_bytes() {
  malloc_trim(0);
  double pages = 0;
  std::ifstream{"/proc/self/statm"}.ignore(100, ' ') >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// What a live call adds to that [bytes].
double bytes_per_call(bool policies) {
  Size few = kLarge;
  few.requests_per_second /= 100;
  std::array<double, 2> bytes{};
  std::array<double, 2> calls{};
  std::size_t i = 0;
  prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  for (const Size& size : {few, kLarge}) {
    System system{size, policies, 1};
    system.run(size.warm_up_seconds);
    bytes[i] = resident_bytes();
    calls[i] = system.engine().live_calls();
    ++i;
  }
  prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
  return (bytes[1] - bytes[0]) / (calls[1] - calls[0]);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const int repetitions = argc > 1 ? std::atoi(argv[1]) : 5;
  bool right = true;
  const int only = argc > 2 ? std::atoi(argv[2]) : -1;
  for (const bool policies : {false, true}) {
    if (only >= 0 && policies != (only == 1)) continue;
    const char* const name = policies ? "all policies" : "no policies";
    std::array<std::vector<double>, 2> ns_per_hop;
    std::vector<double> ratios;
    std::uint64_t in_flight = 0;
    for (int i = 0; i < repetitions; ++i) {
      const auto seed = static_cast<std::uint64_t>(i) + 1;
      const Measured small = measure(kSmall, policies, seed);
      const Measured large = measure(kLarge, policies, seed);
      right = right && small.right && large.right;
      ns_per_hop[0].push_back(small.ns_per_hop);
      ns_per_hop[1].push_back(large.ns_per_hop);
      ratios.push_back(large.ns_per_hop / small.ns_per_hop);
      in_flight = large.in_flight;
    }
    const double bytes = bytes_per_call(policies);
    std::printf(
        "%-12s  small %.0f ns/hop  large %.0f ns/hop, %llu requests in flight: x %.2f "
        "(%.2f..%.2f)  %.0f bytes a live call\n",
        name, median(ns_per_hop[0]), median(ns_per_hop[1]),
        static_cast<unsigned long long>(in_flight), median(ratios),
        *std::min_element(ratios.begin(), ratios.end()),
        *std::max_element(ratios.begin(), ratios.end()), bytes);
    if (in_flight < 100'000 || median(ratios) > 2.5 || (!policies && bytes > 96)) {
      std::printf("FAIL: that is not at least 100,000, at most 2.5 and at most 96\n");
      right = false;
    }
  }
  return right ? 0 : 1;
}
