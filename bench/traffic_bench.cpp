/// @file
/// How much does the request engine cost over a loop written by hand for one model?
///
/// Three M/M/10 stations in a row, 10 ms each, 700 requests/s, no latency, no policy: once as a
/// loop that knows nothing else, once as a journey through the engine, alternating in one process
/// so that both meet the same machine. Then the engine with latencies, with timeouts that hardly
/// ever fire, and with every policy a caller can have. A wrong mean or another number of tries
/// fails the program: a fast wrong answer is no answer.
///
/// Usage: traffic_bench [requests per run] [repetitions] [the one variant to run: 0..3]
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "bench/chain.h"

namespace {

using namespace orrery::bench;
using namespace orrery::literals;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t requests = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const int repetitions = argc > 2 ? std::atoi(argv[2]) : 5;
  const std::array<Variant, 4> variants{{{"bare", {}, {}},
                                         {"250us each way", 250_us, {}},
                                         {"250us each way, timeout 1s", 250_us, 1_s},
                                         {"250us each way, all policies", 250_us, 5_s, true}}};
  const std::size_t only = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : variants.size();
  bool right = true;
  for (const Variant& variant : variants) {
    if (only < variants.size() && &variant != &variants[only]) continue;
    std::vector<double> ratios;
    std::vector<double> ns_per_hop;
    const double expected = kTheorySeconds + 2.0 * kStations * to_seconds(variant.latency);
    for (int i = 0; i < repetitions; ++i) {
      const auto seed = static_cast<std::uint64_t>(i) + 1;
      const Measurement hand = by_hand(requests, seed);
      const Measurement engine = by_engine(requests, seed, variant);
      const double hand_rate = static_cast<double>(hand.hops) / hand.spent_seconds;
      const double engine_rate = static_cast<double>(engine.hops) / engine.spent_seconds;
      ratios.push_back(engine_rate / hand_rate);
      ns_per_hop.push_back(1e9 / engine_rate);
      right = right && std::fabs(hand.mean_seconds / kTheorySeconds - 1.0) < 0.02 &&
              // Twenty threads in pairs, chosen by their load: between no queue at all and the ten
              // behind one queue, for which there is a formula.
              (variant.policies ? engine.mean_seconds > (expected - kTheorySeconds) + 0.030 &&
                                      engine.mean_seconds < expected
                                : std::fabs(engine.mean_seconds / expected - 1.0) < 0.02);
    }
    std::printf("%-28s ratio to the loop by hand %.2f (%.2f..%.2f)  %.0f ns/hop  %.2f M hops/s\n",
                variant.name, median(ratios), *std::min_element(ratios.begin(), ratios.end()),
                *std::max_element(ratios.begin(), ratios.end()), median(ns_per_hop),
                1e3 / median(ns_per_hop));
  }
  if (!right) std::printf("FAIL: a mean is more than 2 %% off theory\n");
  return right ? 0 : 1;
}
