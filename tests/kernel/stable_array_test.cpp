/// @file
/// An array whose elements stay where they are while others come, and that makes do with fewer
/// addresses than it wants.
#include "sim/kernel/stable_array.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <fstream>

namespace orrery::sim {
namespace {

struct Record {
  std::uint64_t number = 7;
  std::uint64_t others[3] = {};
};

TEST(StableArray, KeepsWhatIsInItWhereItIs) {
  constexpr std::size_t kCount = 200'000;  // 6.4 MB, and three large pages.
  StableArray<Record> array;
  EXPECT_TRUE(array.empty());
  const Record* const first = &array.add();
  EXPECT_EQ(first->number, 7U);
  for (std::size_t i = 1; i < kCount; ++i) array.add({i});
  EXPECT_EQ(array.size(), kCount);
  EXPECT_EQ(&array[0], first);
  std::uint64_t sum = 0;
  for (std::size_t i = 1; i < kCount; ++i) sum += array[i].number;
  EXPECT_EQ(sum, kCount * (kCount - 1) / 2);
}

TEST(StableArray, GrowsToASizeAndNeverShrinks) {
  StableArray<Record> array;
  array.grow_to(100'000);
  EXPECT_EQ(array.size(), 100'000U);
  EXPECT_EQ(array[99'999].number, 7U);
  array[3].number = 9;
  array.grow_to(10);
  EXPECT_EQ(array.size(), 100'000U);
  EXPECT_EQ(array[3].number, 9U);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHasShadowMemory = true;
#else
constexpr bool kHasShadowMemory = false;
#endif

/// Fills an array in a process that may have 64 MiB of addresses more, until there are no more.
void fill_within_a_limit() {
  std::size_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> pages;
  constexpr std::size_t kPageBytes = 4096;
  constexpr std::size_t kMore = std::size_t{64} << 20;
  const rlimit limit{pages * kPageBytes + kMore, RLIM_INFINITY};
  if (setrlimit(RLIMIT_AS, &limit) != 0) return;
  StableArray<Record> array;
  while (array.size() < kMore / 4 / sizeof(Record)) array.add({array.size()});
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (array[i].number != i) return;
  }
  std::fputs("a quarter is there", stderr);
  while (array.size() <= kMore / sizeof(Record)) array.add();
}

TEST(StableArray, TakesAsManyAddressesAsThereAre) {
  if (kHasShadowMemory) GTEST_SKIP() << "a sanitizer needs more addresses than any limit";
  EXPECT_EXIT(fill_within_a_limit(), ::testing::ExitedWithCode(kExitOurBug),
              "a quarter is there.*addresses for one more");
}

}  // namespace
}  // namespace orrery::sim
