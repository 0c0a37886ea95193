/// @file
/// Whether counts of picks agree with the shares they should have.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace orrery::testing {

/// Pearson's statistic of counts against expected shares, which sum to 1.
[[nodiscard]] inline double chi_square(const std::vector<std::uint64_t>& counts,
                                       const std::vector<double>& shares) {
  std::uint64_t all = 0;
  for (const std::uint64_t count : counts) all += count;
  double sum = 0.0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double expected = static_cast<double>(all) * shares[i];
    const double off = static_cast<double>(counts[i]) - expected;
    sum += off * off / expected;
  }
  return sum;
}

/// What chi-square with `count` classes exceeds with probability 1e-4 (Wilson and Hilferty 1931).
[[nodiscard]] inline double chi_square_bound(std::size_t count) {
  const auto freedom = static_cast<double>(count - 1);
  const double part = 2.0 / (9.0 * freedom);
  const double root = 1.0 - part + 3.719 * std::sqrt(part);
  return freedom * root * root * root;
}

}  // namespace orrery::testing
