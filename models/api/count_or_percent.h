/// @file
/// A count of pods, or a percentage of some total. Source: Kubernetes apimachinery intstr.
#pragma once

#include <cstdint>

namespace orrery::api {

struct CountOrPercent {
  std::int32_t value = 0;
  bool percent = false;

  friend bool operator==(const CountOrPercent&, const CountOrPercent&) = default;
};

/// `total` times the percentage, rounded up or down; a plain count as it is.
[[nodiscard]] constexpr std::int32_t resolved_up(const CountOrPercent& amount, std::int32_t total) {
  if (!amount.percent) return amount.value;
  return static_cast<std::int32_t>((std::int64_t{amount.value} * total + 99) / 100);
}
[[nodiscard]] constexpr std::int32_t resolved_down(const CountOrPercent& amount,
                                                   std::int32_t total) {
  if (!amount.percent) return amount.value;
  return static_cast<std::int32_t>(std::int64_t{amount.value} * total / 100);
}

}  // namespace orrery::api
