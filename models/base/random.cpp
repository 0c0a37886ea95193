#include "models/base/random.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace orrery {
namespace {

// ln 2 in two parts, so that a whole number times kLn2High is exact.
constexpr double kLn2High = 0x1.62e42fee00000p-1;
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;

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
  return static_cast<double>(e) * kLn2High + (2.0 * s * sum + static_cast<double>(e) * kLn2Low);
}

/// For each 128th of [1, 2): the inverse of a number in its middle, and the logarithm of that
/// number. Of the first and the last it is 1 and 2, so that what is close to them is exact.
struct MiddleOfPart {
  double inverse;
  double log;
};
constexpr std::array<MiddleOfPart, 128> kMiddles{{
    {0x1.0000000000000p+0, 0x0.0p+0},
    {0x1.fa11caa01fa12p-1, 0x1.7dc475f810a69p-7},
    {0x1.f6310aca0dbb5p-1, 0x1.3cea44346a584p-6},
    {0x1.f25f644230ab5p-1, 0x1.b9fc027af919ap-6},
    {0x1.ee9c7f8458e02p-1, 0x1.1b0d98923d97fp-5},
    {0x1.eae807aba01ebp-1, 0x1.58a5bafc8e4d3p-5},
    {0x1.e741aa59750e4p-1, 0x1.95c830ec8e3f2p-5},
    {0x1.e3a9179dc1a73p-1, 0x1.d276b8adb0b56p-5},
    {0x1.e01e01e01e01ep-1, 0x1.075983598e471p-4},
    {0x1.dca01dca01dcap-1, 0x1.253f62f0a1417p-4},
    {0x1.d92f2231e7f8ap-1, 0x1.42edcbea646eep-4},
    {0x1.d5cac807572b2p-1, 0x1.60658a93750c4p-4},
    {0x1.d272ca3fc5b1ap-1, 0x1.7da766d7b12d0p-4},
    {0x1.cf26e5c44bfc6p-1, 0x1.9ab42462033aep-4},
    {0x1.cbe6d9601cbe7p-1, 0x1.b78c82bb0eda0p-4},
    {0x1.c8b265afb8a42p-1, 0x1.d4313d66cb35dp-4},
    {0x1.c5894d10d4986p-1, 0x1.f0a30c01162a4p-4},
    {0x1.c26b5392ea01cp-1, 0x1.0671512ca596fp-3},
    {0x1.bf583ee868d8bp-1, 0x1.14785846742acp-3},
    {0x1.bc4fd65883e7bp-1, 0x1.2266f190a5acdp-3},
    {0x1.b951e2b18ff23p-1, 0x1.303d718e47fd5p-3},
    {0x1.b65e2e3beee05p-1, 0x1.3dfc2b0ecc62ap-3},
    {0x1.b37484ad806cep-1, 0x1.4ba36f39a55e5p-3},
    {0x1.b094b31d922a4p-1, 0x1.59338d9982085p-3},
    {0x1.adbe87f94905ep-1, 0x1.66acd4272ad51p-3},
    {0x1.aaf1d2f87ebfdp-1, 0x1.740f8f54037a3p-3},
    {0x1.a82e65130e159p-1, 0x1.815c0a14357e9p-3},
    {0x1.a574107688a4ap-1, 0x1.8e928de886d41p-3},
    {0x1.a2c2a87c51ca0p-1, 0x1.9bb362e7dfb85p-3},
    {0x1.a01a01a01a01ap-1, 0x1.a8becfc882f19p-3},
    {0x1.9d79f176b682dp-1, 0x1.b5b519e8fb5a6p-3},
    {0x1.9ae24ea5510dap-1, 0x1.c2968558c18c2p-3},
    {0x1.9852f0d8ec0ffp-1, 0x1.cf6354e09c5ddp-3},
    {0x1.95cbb0be377aep-1, 0x1.dc1bca0abec7bp-3},
    {0x1.934c67f9b2ce6p-1, 0x1.e8c0252aa5a60p-3},
    {0x1.90d4f120190d5p-1, 0x1.f550a564b7b37p-3},
    {0x1.8e6527af1373fp-1, 0x1.00e6c45ad501dp-2},
    {0x1.8bfce8062ff3ap-1, 0x1.071b85fcd590dp-2},
    {0x1.899c0f601899cp-1, 0x1.0d46b579ab74bp-2},
    {0x1.87427bcc092b9p-1, 0x1.136870293a8b0p-2},
    {0x1.84f00c2780614p-1, 0x1.1980d2dd4236fp-2},
    {0x1.82a4a0182a4a0p-1, 0x1.1f8ff9e48a2f3p-2},
    {0x1.8060180601806p-1, 0x1.2596010df763ap-2},
    {0x1.7e225515a4f1dp-1, 0x1.2b9303ab89d25p-2},
    {0x1.7beb3922e017cp-1, 0x1.31871c9544185p-2},
    {0x1.79baa6bb6398bp-1, 0x1.3772662bfd85cp-2},
    {0x1.77908119ac60dp-1, 0x1.3d54fa5c1f710p-2},
    {0x1.756cac201756dp-1, 0x1.432ef2a04e813p-2},
    {0x1.734f0c541fe8dp-1, 0x1.49006804009d0p-2},
    {0x1.713786d9c7c09p-1, 0x1.4ec9732600269p-2},
    {0x1.6f26016f26017p-1, 0x1.548a2c3add263p-2},
    {0x1.6d1a62681c861p-1, 0x1.5a42ab0f4cfe2p-2},
    {0x1.6b1490aa31a3dp-1, 0x1.5ff3070a793d4p-2},
    {0x1.691473a88d0c0p-1, 0x1.659b57303e1f2p-2},
    {0x1.6719f3601671ap-1, 0x1.6b3bb2235943dp-2},
    {0x1.6524f853b4aa3p-1, 0x1.70d42e2789236p-2},
    {0x1.63356b88ac0dep-1, 0x1.7664e1239dbcfp-2},
    {0x1.614b36831ae94p-1, 0x1.7bede0a37afbfp-2},
    {0x1.5f66434292dfcp-1, 0x1.816f41da0d495p-2},
    {0x1.5d867c3ece2a5p-1, 0x1.86e919a330ba1p-2},
    {0x1.5babcc647fa91p-1, 0x1.8c5b7c858b48bp-2},
    {0x1.59d61f123ccaap-1, 0x1.91c67eb45a83ep-2},
    {0x1.5805601580560p-1, 0x1.972a341135159p-2},
    {0x1.56397ba7c52e2p-1, 0x1.9c86b02dc0862p-2},
    {0x1.54725e6bb82fep-1, 0x1.a1dc064d5b995p-2},
    {0x1.52aff56a8054bp-1, 0x1.a72a4966bd9e9p-2},
    {0x1.50f22e111c4c5p-1, 0x1.ac718c258b0e5p-2},
    {0x1.4f38f62dd4c9bp-1, 0x1.b1b1e0ebdfc5ap-2},
    {0x1.4d843bedc2c4cp-1, 0x1.b6eb59d3cf35cp-2},
    {0x1.4bd3edda68fe1p-1, 0x1.bc1e08b0dad0ap-2},
    {0x1.4a27fad76014ap-1, 0x1.c149ff115f027p-2},
    {0x1.4880522014880p-1, 0x1.c66f4e3ff6ff9p-2},
    {0x1.46dce34596066p-1, 0x1.cb8e0744d7acap-2},
    {0x1.453d9e2c776cap-1, 0x1.d0a63ae721e64p-2},
    {0x1.43a2730abee4dp-1, 0x1.d5b7f9ae2c684p-2},
    {0x1.420b5265e5951p-1, 0x1.dac353e2c5955p-2},
    {0x1.40782d10e6566p-1, 0x1.dfc859906d5b5p-2},
    {0x1.3ee8f42a5af07p-1, 0x1.e4c71a8687704p-2},
    {0x1.3d5d991aa75c6p-1, 0x1.e9bfa659861f5p-2},
    {0x1.3bd60d9232955p-1, 0x1.eeb20c640ddf3p-2},
    {0x1.3a524387ac822p-1, 0x1.f39e5bc811e5dp-2},
    {0x1.38d22d366088ep-1, 0x1.f884a36fe9ec1p-2},
    {0x1.3755bd1c945eep-1, 0x1.fd64f20f61571p-2},
    {0x1.35dce5f9f2af8p-1, 0x1.011fab125ff8ap-1},
    {0x1.34679ace01346p-1, 0x1.0389eefce633cp-1},
    {0x1.32f5ced6a1dfap-1, 0x1.05f14bd26459cp-1},
    {0x1.3187758e9ebb6p-1, 0x1.0855c884b450ep-1},
    {0x1.301c82ac40260p-1, 0x1.0ab76bece14d2p-1},
    {0x1.2eb4ea1fed14bp-1, 0x1.0d163ccb9d6b8p-1},
    {0x1.2d50a012d50a0p-1, 0x1.0f7241c9b497dp-1},
    {0x1.2bef98e5a3711p-1, 0x1.11cb81787ccf8p-1},
    {0x1.2a91c92f3c105p-1, 0x1.1422025243d45p-1},
    {0x1.293725bb804a5p-1, 0x1.1675cababa60ep-1},
    {0x1.27dfa38a1ce4dp-1, 0x1.18c6e0ff5cf07p-1},
    {0x1.268b37cd60127p-1, 0x1.1b154b57da29ep-1},
    {0x1.2539d7e9177b2p-1, 0x1.1d610fe677003p-1},
    {0x1.23eb79717605bp-1, 0x1.1faa34b87094cp-1},
    {0x1.22a0122a0122ap-1, 0x1.21f0bfc65beecp-1},
    {0x1.21579804855e6p-1, 0x1.2434b6f483934p-1},
    {0x1.2012012012012p-1, 0x1.26762013430e0p-1},
    {0x1.1ecf43c7fb84cp-1, 0x1.28b500df60783p-1},
    {0x1.1d8f5672e4abdp-1, 0x1.2af15f02640acp-1},
    {0x1.1c522fc1ce059p-1, 0x1.2d2b4012edc9dp-1},
    {0x1.1b17c67f2bae3p-1, 0x1.2f62a99509546p-1},
    {0x1.19e0119e0119ep-1, 0x1.3197a0fa7fe6ap-1},
    {0x1.18ab083902bdbp-1, 0x1.33ca2ba328994p-1},
    {0x1.1778a191bd684p-1, 0x1.35fa4edd36ea0p-1},
    {0x1.1648d50fc3201p-1, 0x1.38280fe58797fp-1},
    {0x1.151b9a3fdd5c9p-1, 0x1.3a5373e7ebdf9p-1},
    {0x1.13f0e8d344724p-1, 0x1.3c7c7fff73206p-1},
    {0x1.12c8b89edc0acp-1, 0x1.3ea33936b2f5bp-1},
    {0x1.11a3019a74826p-1, 0x1.40c7a4880dceap-1},
    {0x1.107fbbe011080p-1, 0x1.42e9c6ddf80bfp-1},
    {0x1.0f5edfab325a2p-1, 0x1.4509a5133bb0ap-1},
    {0x1.0e40655826011p-1, 0x1.472743f33aaadp-1},
    {0x1.0d24456359e3ap-1, 0x1.4942a83a2fc07p-1},
    {0x1.0c0a7868b4171p-1, 0x1.4b5bd6956e273p-1},
    {0x1.0af2f722eecb5p-1, 0x1.4d72d3a39fd01p-1},
    {0x1.09ddba6af8360p-1, 0x1.4f87a3f5026e9p-1},
    {0x1.08cabb37565e2p-1, 0x1.519a4c0ba3446p-1},
    {0x1.07b9f29b8eae2p-1, 0x1.53aad05b99b7cp-1},
    {0x1.06ab59c7912fbp-1, 0x1.55b9354b40bcep-1},
    {0x1.059eea0727586p-1, 0x1.57c57f336f191p-1},
    {0x1.04949cc1664c5p-1, 0x1.59cfb25fae87fp-1},
    {0x1.038c6b78247fcp-1, 0x1.5bd7d30e71c73p-1},
    {0x1.02864fc7729e9p-1, 0x1.5ddde57149923p-1},
    {0x1.0182436517a37p-1, 0x1.5fe1edad18919p-1},
    {0x1.0000000000000p-1, 0x1.62e42fefa39efp-1},
}};

/// -log(n / 2^53) with an absolute error below 2^-51 or, of what is larger than 1, a relative one.
/// Requires: n in 1..2^53.
///
/// Most of a draw is waiting for this. A product with an inverse from a table takes the place of
/// the division in log_of(), and where the value ends in whole nanoseconds, digits far behind the
/// point are no loss.
[[gnu::always_inline]] inline double minus_log(std::uint64_t n) {
  // n = c (1 + r) 2^e with c the middle of a part, then log n = e ln 2 + log c + log(1 + r).
  const auto bits = std::bit_cast<std::uint64_t>(static_cast<double>(n));
  constexpr std::uint64_t kMantissa = (std::uint64_t{1} << 52) - 1;
  const MiddleOfPart& middle = kMiddles[(bits >> 45) & 127];
  const double m = std::bit_cast<double>((bits & kMantissa) | std::bit_cast<std::uint64_t>(1.0));
  const double r = m * middle.inverse - 1.0;  // |r| <= 2^-7
  const double halvings = static_cast<double>(1023 + 53 - static_cast<int>(bits >> 52));
  const double r2 = r * r;
  const double series = (-1.0 / 2 + r * (1.0 / 3)) +
                        ((-1.0 / 4 + r * (1.0 / 5)) + (-1.0 / 6 + r * (1.0 / 7)) * r2) * r2;
  return (halvings * kLn2High - middle.log) + (halvings * kLn2Low - (r + series * r2));
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
  // 1 - uniform() lies in [2^-53, 1], so the logarithm exists.
  const std::uint64_t n = (std::uint64_t{1} << 53) - (bits(purpose, key, attempt) >> 11);
  const double drawn = std::ceil(minus_log(n) * static_cast<double>(mean.count_ns()));
  expects(drawn < 9.2e18, "what is drawn fits 64 bits of nanoseconds");
  return Duration::nanoseconds(static_cast<std::int64_t>(drawn));
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
