// What the counting of calls is made of: percentiles of a second, and calls by their keys.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "models/base/random.h"
#include "runner/session/key_table.h"
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

TEST(KeyTable, HoldsWhatWasAddedAndNotRemoved) {
  KeyTable table;
  std::map<std::uint64_t, std::uint32_t> expected;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    // Few lowest bits, so that many stand in each other's way.
    const std::uint64_t bits = mix64(i);
    const std::uint64_t key = (bits >> 32) % 300 * 64 + bits % 5;
    if (bits % 7 < 4) {
      table.add(key, {i, i + 1});
      expected[key] = i;
    } else {
      table.remove(key);
      expected.erase(key);
    }
    ASSERT_EQ(table.size(), expected.size());
    if (i % 50 != 0) continue;
    for (std::uint64_t k = 0; k < 300 * 64; ++k) {
      const KeyTable::Place* found = table.find(k);
      const auto known = expected.find(k);
      ASSERT_EQ(found != nullptr, known != expected.end()) << k;
      if (found != nullptr) {
        ASSERT_EQ(found->first, known->second);
      }
    }
  }
}

}  // namespace
}  // namespace orrery::session
