#include "models/base/random.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace orrery {
namespace {

/// The logarithm of x * 2^e. Requires: x has an exponent of its own.
///
/// In line, in the draws that hardly do anything else.
[[gnu::always_inline]] inline double log_of(double x, int e) {
  // x = m * 2^e with m in [sqrt(1/2), sqrt(2)), then log m = 2 atanh((m-1)/(m+1)) as a series.
  // Worked example: x = 3 -> m = 0.75, e = 2; s = -1/7; 2 atanh(s) + 2 ln 2 = 1.0986.
  constexpr auto kHalfRoot = std::bit_cast<std::uint64_t>(0.70710678118654752440);
  // By whole numbers: whether m needs another factor of 2 is as random as x, and a branch that
  // nobody can foresee costs more than the rest.
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const std::int64_t whole = static_cast<std::int64_t>(bits - kHalfRoot) >> 52;
  e += static_cast<int>(whole);
  const double m = std::bit_cast<double>(bits - (static_cast<std::uint64_t>(whole) << 52));
  const double s = (m - 1.0) / (m + 1.0);
  // The sum of s^(2k) / (2k + 1), halved again and again (Estrin): the terms are worked out side by
  // side, where one after another each would wait for the last.
  const double q = s * s;
  const double q2 = q * q;
  const double q4 = q2 * q2;
  const double first = (1.0 + q * (1.0 / 3)) + (1.0 / 5 + q * (1.0 / 7)) * q2;
  const double second = (1.0 / 9 + q * (1.0 / 11)) + (1.0 / 13 + q * (1.0 / 15)) * q2;
  const double third = (1.0 / 17 + q * (1.0 / 19)) + (1.0 / 21 + q * (1.0 / 23)) * q2;
  const double sum = first + (second + third * q4) * q4;
  // ln 2 in two parts, so that e * kLn2High is exact.
  constexpr double kLn2High = 0x1.62e42fee00000p-1;
  constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
  return static_cast<double>(e) * kLn2High + (2.0 * s * sum + static_cast<double>(e) * kLn2Low);
}

}  // namespace

std::uint64_t Draws::index(Purpose purpose, std::uint64_t count, std::uint64_t key,
                           std::uint64_t attempt) const {
  expects(count >= 1, "an index is drawn from at least one choice");
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(bits(purpose, key, attempt)) * count) >> 64);
}

Duration Draws::exponential(Purpose purpose, Duration mean, std::uint64_t key,
                            std::uint64_t attempt) const {
  // 1 - u lies in [2^-53, 1], so the logarithm exists.
  const double u = 1.0 - uniform(purpose, key, attempt);
  return ceil_from_seconds(-log_of(u, 0) * to_seconds(mean));
}

double portable_log(double x) {
  expects(x > 0 && std::isfinite(x), "a logarithm is taken of a positive number");
  constexpr double kToNormal = 0x1p54;
  if (x < std::numeric_limits<double>::min()) [[unlikely]] {  // No exponent of its own.
    return log_of(x * kToNormal, -54);
  }
  return log_of(x, 0);
}

double portable_exp(double x) {
  expects(std::fabs(x) <= 700.0, "an exponential is taken of a moderate number");
  // x = k ln 2 + r with |r| <= ln 2 / 2, then a Taylor series in r.
  // Worked example: x = 1 -> k = 1, r = 0.30685; 2 * exp(r) = 2.71828.
  constexpr double kLn2High = 0x1.62e42fee00000p-1;
  constexpr double kLn2Low = 0x1.a39ef35793c76p-33;
  constexpr double kToWhole = 0x1.8p52;  // Of a sum with it no digits behind the point are left.
  const double k = (x * 1.4426950408889634074 + kToWhole) - kToWhole;
  const double r = (x - k * kLn2High) - k * kLn2Low;
  // The terms r^n / n! from the square on, side by side (Estrin), the largest two last.
  const double r2 = r * r;
  const double r4 = r2 * r2;
  const double first = (1.0 / 2 + r * (1.0 / 6)) + (1.0 / 24 + r * (1.0 / 120)) * r2;
  const double second = (1.0 / 720 + r * (1.0 / 5040)) + (1.0 / 40320 + r * (1.0 / 362880)) * r2;
  const double third =
      (1.0 / 3628800 + r * (1.0 / 39916800)) + (1.0 / 479001600 + r * (1.0 / 6227020800.0)) * r2;
  const double sum = 1.0 + (r + r2 * (first + (second + third * r4) * r4));
  return sum * std::bit_cast<double>(static_cast<std::uint64_t>(static_cast<std::int64_t>(k) + 1023)
                                     << 52);
}

double Draws::normal(Purpose purpose, std::uint64_t key, std::uint64_t attempt) const {
  // Coefficients of AS 241, in ascending powers.
  using Poly = std::array<double, 8>;
  static constexpr Poly kA{3.3871328727963666080e0,  1.3314166789178437745e+2,
                           1.9715909503065514427e+3, 1.3731693765509461125e+4,
                           4.5921953931549871457e+4, 6.7265770927008700853e+4,
                           3.3430575583588128105e+4, 2.5090809287301226727e+3};
  static constexpr Poly kB{1.0,
                           4.2313330701600911252e+1,
                           6.8718700749205790830e+2,
                           5.3941960214247511077e+3,
                           2.1213794301586595867e+4,
                           3.9307895800092710610e+4,
                           2.8729085735721942674e+4,
                           5.2264952788528545610e+3};
  static constexpr Poly kC{1.42343711074968357734e0,  4.63033784615654529590e0,
                           5.76949722146069140550e0,  3.64784832476320460504e0,
                           1.27045825245236838258e0,  2.41780725177450611770e-1,
                           2.27238449892691845833e-2, 7.74545014278341407640e-4};
  static constexpr Poly kD{1.0,
                           2.05319162663775882187e0,
                           1.67638483018380384940e0,
                           6.89767334985100004550e-1,
                           1.48103976427480074590e-1,
                           1.51986665636164571966e-2,
                           5.47593808499534494600e-4,
                           1.05075007164441684324e-9};
  static constexpr Poly kE{6.65790464350110377720e0,  5.46378491116411436990e0,
                           1.78482653991729133580e0,  2.96560571828504891230e-1,
                           2.65321895265761230930e-2, 1.24266094738807843860e-3,
                           2.71155556874348757815e-5, 2.01033439929228813265e-7};
  static constexpr Poly kF{1.0,
                           5.99832206555887937690e-1,
                           1.36929880922735805310e-1,
                           1.48753612908506148525e-2,
                           7.86869131145613259100e-4,
                           1.84631831751005468180e-5,
                           1.42151175831644588870e-7,
                           2.04426310338993978564e-15};
  const auto ratio = [](const Poly& top, const Poly& bottom, double r) {
    double a = top[7];
    double b = bottom[7];
    for (std::size_t i = 7; i-- > 0;) {
      a = a * r + top[i];
      b = b * r + bottom[i];
    }
    return a / b;
  };
  // Centred on the cell, so that 0 and 1 are never drawn.
  const double p = (static_cast<double>(bits(purpose, key, attempt) >> 12) + 0.5) * 0x1.0p-52;
  const double q = p - 0.5;
  if (std::fabs(q) <= 0.425) return q * ratio(kA, kB, 0.180625 - q * q);
  const double tail = std::sqrt(-portable_log(q < 0 ? p : 1.0 - p));
  const double value = tail <= 5.0 ? ratio(kC, kD, tail - 1.6) : ratio(kE, kF, tail - 5.0);
  return q < 0 ? -value : value;
}

std::uint64_t key_of(const char* text, std::uint64_t length) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (std::uint64_t i = 0; i < length; ++i) {
    hash = (hash ^ static_cast<unsigned char>(text[i])) * 0x100000001b3ULL;
  }
  return mix64(hash);
}

}  // namespace orrery
