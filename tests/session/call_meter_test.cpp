// What the counting of calls is made of: percentiles of a second.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "models/base/random.h"
#include "runner/session/second_latencies.h"

namespace orrery::session {
namespace {

TEST(SecondLatencies, PercentilesAreThoseOfTheNearestRank) {
  SecondLatencies seen;
  SecondLatencies both;
  for (std::uint64_t round = 0; round < 200; ++round) {
    SCOPED_TRACE(round);
    std::vector<std::uint32_t> buckets;
    seen.clear();
    both.clear();
    SecondLatencies other;
    const std::uint64_t count = 1 + mix64(round) % 300;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t bits = mix64(round * 1'000 + i);
      const Duration latency =
          Duration::nanoseconds(static_cast<std::int64_t>(mix64(bits) >> (10 + bits % 50)));
      buckets.push_back(latency_bucket(latency));
      (i % 3 == 0 ? other : seen).add(latency);
    }
    both.add(seen);
    both.add(other);
    ASSERT_EQ(both.count(), count);
    std::sort(buckets.begin(), buckets.end());
    const auto found = both.percentiles();
    const std::array<std::uint64_t, 3> percents{50, 95, 99};
    for (std::size_t i = 0; i < percents.size(); ++i) {
      std::size_t rank = 1;  // The least that so many percent do not lie above.
      while (rank * 100 < percents[i] * count) ++rank;
      ASSERT_EQ(found[i], buckets[rank - 1]) << percents[i];
    }
  }
}

}  // namespace
}  // namespace orrery::session
