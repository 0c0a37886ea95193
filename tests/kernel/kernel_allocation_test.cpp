// Counts every allocation of this program: a kernel that has reached its peak makes none.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <new>
#include <vector>

#include "models/base/random.h"
#include "sim/kernel/kernel.h"

namespace {
std::uint64_t allocation_count = 0;
}  // namespace

void* operator new(std::size_t size) {
  ++allocation_count;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocation_count;
  const auto line = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(line, (size + line - 1) / line * line)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace orrery::sim {
namespace {

class KernelAllocationTest : public testing::TestWithParam<std::size_t> {};

INSTANTIATE_TEST_SUITE_P(BucketsAbove, KernelAllocationTest,
                         testing::Values(100, std::numeric_limits<std::size_t>::max()));

TEST_P(KernelAllocationTest, SteadyStateAllocatesNothing) {
  constexpr std::uint32_t kInFlight = 3'000;
  Kernel kernel{KernelOptions{.buckets_above = GetParam()}};
  const Draws draws{7};
  std::uint64_t key = 0;
  std::vector<KernelTimer> timeouts;
  const auto start = [&](std::uint32_t slot) {
    kernel.schedule(kernel.now() + draws.exponential(Purpose::ServiceTime, 10_ms, key++),
                    EventClass::Ordinary, {0, slot});
    kernel.arm(timeouts[slot], kernel.now() + 30_ms, EventClass::Timeout);
  };
  for (std::uint32_t slot = 0; slot < kInFlight; ++slot) {
    timeouts.push_back(kernel.create_timer({1, slot}));
    start(slot);
  }
  std::uint64_t fired = 0;
  const auto run = [&](int events) {
    for (KernelEvent event; events > 0 && kernel.pop(Instant::never(), event); --events) {
      if (event.kind == 0) {
        kernel.disarm(timeouts[event.index]);
        start(event.index);
      } else {
        ++fired;
      }
    }
  };
  run(500'000);
  const std::uint64_t before = allocation_count;
  run(500'000);
  EXPECT_EQ(allocation_count, before);
  EXPECT_GT(fired, 1'000U) << "timers that do fire are part of the steady state";
}

TEST(KernelAllocation, ReArmingATimerAllocatesNothing) {
  Kernel kernel;
  const KernelTimer timer = kernel.create_timer({0, 0});
  kernel.arm(timer, Instant::at(1_s), EventClass::Timeout);
  const std::uint64_t before = allocation_count;
  for (int i = 0; i < 10'000; ++i) {
    kernel.arm(timer, Instant::at(1_s + Duration::milliseconds(i)), EventClass::Timeout);
  }
  EXPECT_EQ(allocation_count, before);
}

}  // namespace
}  // namespace orrery::sim
