/// @file
/// Requests cost no allocation once the slab, the queues and the rows of the series have grown.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <new>

#include "tests/traffic/traffic_world.h"

namespace {
std::uint64_t allocations = 0;
}  // namespace

// Plain and aligned: records are aligned to cache lines. Not inlined, or the compiler would take
// the free() in them for a mismatch with new.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  const auto line = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(line, (size + line - 1) / line * line)) return memory;
  std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace orrery::sim {
namespace {

TEST(Requests, AreNotAllocatedOneByOne) {
  TrafficModel model;
  model.services.push_back(offers(works_about(2_ms), 20));
  model.services.push_back(offers(works_about(3_ms), 20));
  model.services[0].operations[0].steps = {{{call(1), call(1)}}};
  for (CallModel& child : model.services[0].operations[0].steps[0].calls) child.timeout = 15_ms;
  model.journeys.push_back({"", {{0, 0}}, 30_ms});
  LoadModel load;
  load.rate_per_second = 2000;
  load.mix.push_back({0, 1.0});
  model.load.push_back(load);
  TrafficWorld world{model, 1};
  world.pod(0);
  world.pod(1);
  world.publish_all();
  world.engine.start();
  world.run(Instant::at(10_s));
  const std::uint64_t calls_before = world.engine.launched();
  const std::uint64_t before = allocations;
  world.run(Instant::at(30_s));
  const std::uint64_t during = allocations - before;
  const std::uint64_t calls = world.engine.launched() - calls_before;
  EXPECT_GT(calls, 100'000U);
  EXPECT_GT(world.engine.service(1).totals().of(RequestOutcome::Timeout), 100U);
  EXPECT_LT(during, 100U) << "for " << calls << " calls; samples are bound to grow now and then";
}

}  // namespace
}  // namespace orrery::sim
