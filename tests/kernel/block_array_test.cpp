/// @file
/// An array in blocks: what is in it stays where it is, across blocks and while
/// others come.
#include "sim/kernel/block_array.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace orrery::sim {
namespace {

struct Record {
  std::uint64_t number = 7;
  std::uint64_t others[3] = {};
};

TEST(BlockArray, KeepsWhatIsInItWhereItIs) {
  constexpr std::size_t kCount = 200'000;  // 6.4 MB: four blocks.
  BlockArray<Record> array;
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

TEST(BlockArray, GrowsToASizeAndNeverShrinks) {
  BlockArray<Record> array;
  array.grow_to(100'000);
  EXPECT_EQ(array.size(), 100'000U);
  EXPECT_EQ(array[99'999].number, 7U);
  array[3].number = 9;
  array.grow_to(10);
  EXPECT_EQ(array.size(), 100'000U);
  EXPECT_EQ(array[3].number, 9U);
}

}  // namespace
}  // namespace orrery::sim
