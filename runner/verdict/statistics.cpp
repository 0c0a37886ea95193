#include "runner/verdict/statistics.h"

#include <cmath>

#include "models/base/contract.h"

namespace orrery::verdict {

double student_t_quantile(double q, std::uint64_t degrees) {
  expects(q > 0 && q < 1 && degrees >= 1, "a quantile lies inside (0, 1)");
  if (q == 0.5) return 0;
  if (q < 0.5) return -student_t_quantile(1 - q, degrees);
  // P(T <= t) by the finite series of Abramowitz & Stegun 26.7.3/4, inverted by bisection.
  const auto probability = [degrees](double t) {
    const double n = static_cast<double>(degrees);
    const double theta = std::atan(t / std::sqrt(n));
    const double c = std::cos(theta);
    double sum = 0;
    double term = degrees % 2 == 1 ? c : 1;
    for (std::uint64_t k = degrees % 2 == 1 ? 1 : 0; k + 2 <= degrees; k += 2) {
      sum += term;
      const double next = static_cast<double>(k + 1);
      term *= next / (next + 1) * c * c;
    }
    const double a = degrees % 2 == 1 ? 2 / 3.14159265358979323846 * (theta + std::sin(theta) * sum)
                                      : std::sin(theta) * sum;
    return 0.5 + a / 2;
  };
  double low = 0;
  double high = 1;
  while (probability(high) < q) high *= 2;
  for (int i = 0; i < 200 && high - low > 1e-12 * high; ++i) {
    const double middle = (low + high) / 2;
    (probability(middle) < q ? low : high) = middle;
  }
  return (low + high) / 2;
}

Estimate estimate(const std::vector<double>& values, double confidence) {
  expects(!values.empty(), "an estimate needs a value");
  expects(confidence > 0 && confidence < 1, "a confidence lies inside (0, 1)");
  const double n = static_cast<double>(values.size());
  double sum = 0;
  for (const double v : values) sum += v;
  Estimate e{sum / n, std::nullopt, std::nullopt};
  if (values.size() == 1) return e;
  double squares = 0;
  for (const double v : values) squares += (v - e.mean) * (v - e.mean);
  const double half = student_t_quantile(0.5 + confidence / 2, values.size() - 1) *
                      std::sqrt(squares / (n - 1) / n);
  e.low = e.mean - half;
  e.high = e.mean + half;
  return e;
}

}  // namespace orrery::verdict
