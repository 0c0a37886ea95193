#include "sim/world/process_model.h"

namespace orrery::sim {
namespace {

/// `per_second` over `age`, without overflow for any age of a run.
std::int64_t grown(std::int64_t per_second, Duration age) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t seconds = age.count_ns() / kSecond;
  const std::int64_t rest = age.count_ns() % kSecond;
  return per_second * seconds +
         static_cast<std::int64_t>(static_cast<double>(per_second) * static_cast<double>(rest) /
                                   static_cast<double>(kSecond));
}

}  // namespace

std::int64_t memory_at(const MemoryUse& use, Duration age, std::uint64_t requests,
                       std::uint64_t served) {
  return use.base + grown(use.per_second, age) +
         use.per_request * static_cast<std::int64_t>(requests) +
         use.per_served * static_cast<std::int64_t>(served);
}

std::int64_t disk_at(const DiskUse& use, Duration age) {
  return use.base + grown(use.per_second, age);
}

// Example: 60 MiB and 1 MiB more each second exceed 100 MiB after 40 s.
std::optional<Duration> outgrows(const MemoryUse& use, std::int64_t limit) {
  if (use.base > limit) return Duration{};
  if (use.per_second <= 0) return std::nullopt;
  const double seconds =
      static_cast<double>(limit - use.base) / static_cast<double>(use.per_second);
  if (seconds > 1e9) return std::nullopt;
  return Duration::nanoseconds(static_cast<std::int64_t>(seconds * 1e9) + 1);
}

}  // namespace orrery::sim
