/// @file
/// Latencies in bins of two significant decimal digits, and quantiles of them: what Envoy's
/// gradient controller sees instead of the samples.
///
/// Source: libcircllhist, hist_insert and hist_approx_quantile.
#pragma once

#include <array>
#include <cstdint>

#include "models/base/time_types.h"

namespace orrery::resilience {

/// Samples in whole microseconds up to a thousand seconds; longer ones count as that.
class DecimalHistogram {
 public:
  void record(Duration sample) {
    ++bins_[bin_of(sample.count_ns() / 1'000)];
    ++count_;
  }
  void clear() {
    bins_.fill(0);
    count_ = 0;
  }
  [[nodiscard]] std::uint32_t count() const { return count_; }

  /// The quantile, interpolated within its bin and truncated to microseconds [us].
  /// Requires: 0 <= quantile <= 1, and a sample.
  [[nodiscard]] std::int64_t quantile_us(double quantile) const;

 private:
  static constexpr std::size_t kPerDecade = 90;  ///< 1.0, 1.1, ..., 9.9.
  static constexpr std::size_t kDecades = 9;     ///< From 1 us.

  /// Bin 0 is for 0.
  static std::size_t bin_of(std::int64_t us) {
    if (us <= 0) return 0;
    std::size_t decade = 0;
    std::int64_t unit = 1;  // 10^decade
    while (us >= unit * 10) {
      if (++decade == kDecades) return kPerDecade * kDecades;
      unit *= 10;
    }
    return 1 + decade * kPerDecade + static_cast<std::size_t>(us * 10 / unit - 10);
  }

  std::array<std::uint32_t, 1 + kPerDecade * kDecades> bins_{};
  std::uint32_t count_ = 0;
};

}  // namespace orrery::resilience
