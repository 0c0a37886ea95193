/// @file
/// Means over seeds and how sure they are.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace orrery::verdict {

/// A value with the confidence interval of its mean over seeds; no interval with one seed.
struct Estimate {
  double mean = 0;
  std::optional<double> low;
  std::optional<double> high;
};

/// Mean and Student's t interval. Requires: at least one value, 0 < confidence < 1.
[[nodiscard]] Estimate estimate(const std::vector<double>& values, double confidence);

/// The q-quantile of Student's t distribution with `degrees` degrees of freedom.
/// Absolute error below 1e-9. Requires: 0 < q < 1, degrees >= 1.
[[nodiscard]] double student_t_quantile(double q, std::uint64_t degrees);

}  // namespace orrery::verdict
