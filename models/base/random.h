/// @file
/// Counter-based random draws: the value is a function of what the draw is for, never of how many
/// draws came before, so that changing one policy leaves every other draw of a run as it was.
///
/// The generator is a keyed mixing hash (the finaliser of SplitMix64 applied to a chain of words),
/// and the distributions use our own logarithm and exponential: those of the C library differ in
/// the last bit between machines.
#pragma once

#include <cstdint>

#include "models/base/time_types.h"

namespace orrery {

/// Mixes all 64 bits of `x`: a bijection whose outputs for 1, 2, 3… pass as independent.
/// Source: SplitMix64 (Steele, Lea, Flood 2014), variant 13 of Stafford's mixers.
[[nodiscard]] constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// What a draw is for. Values are part of the model version: append, never renumber.
enum class Purpose : std::uint16_t {
  Arrival = 1,
  ServiceTime = 2,
  EndpointChoice = 3,
  CallError = 4,
  JourneyChoice = 5,
  RuntimeDelay = 6,
  ApiDelay = 7,
  KubeletJitter = 8,
  ProbePhase = 9,
  ObjectName = 10,
  ObjectUid = 11,
  SchedulerTie = 12,
  FaultTarget = 13,
  NetworkDelay = 14,
  AppStart = 15,
  CallTaken = 16,
  SchedulerPreemption = 17,
  RetryBackoff = 18,
  HostSample = 19,
  Ejection = 20,
  Admission = 21,
};

/// A source of draws for one seed. Copy it freely; it has no state.
class Draws {
 public:
  constexpr explicit Draws(std::uint64_t seed) : seed_{mix64(seed)} {}

  /// 64 uniform bits for (purpose, key, attempt).
  [[nodiscard]] constexpr std::uint64_t bits(Purpose purpose, std::uint64_t key,
                                             std::uint64_t attempt = 0) const {
    const std::uint64_t keyed =
        mix64(seed_ ^ mix64(key + static_cast<std::uint64_t>(purpose) * 0xd1342543de82ef95ULL));
    return mix64(keyed ^ (attempt * 0x2545f4914f6cdd1dULL));
  }

  /// Uniform in [0, 1), a multiple of 2^-53.
  [[nodiscard]] constexpr double uniform(Purpose purpose, std::uint64_t key,
                                         std::uint64_t attempt = 0) const {
    return static_cast<double>(bits(purpose, key, attempt) >> 11) * 0x1.0p-53;
  }

  /// Uniform in 0..count-1 without the bias of a modulus beyond 2^-64. Requires: count >= 1.
  [[nodiscard]] std::uint64_t index(Purpose purpose, std::uint64_t count, std::uint64_t key,
                                    std::uint64_t attempt = 0) const;

  /// Exponential with the given mean. Requires: mean >= 0.
  [[nodiscard]] Duration exponential(Purpose purpose, Duration mean, std::uint64_t key,
                                     std::uint64_t attempt = 0) const;

  /// Standard normal, by inversion (Wichura 1988, algorithm AS 241, PPND16).
  [[nodiscard]] double normal(Purpose purpose, std::uint64_t key, std::uint64_t attempt = 0) const;

 private:
  std::uint64_t seed_;
};

/// Mixes the bytes of a text into a key for Draws (FNV-1a, 64 bits, then mixed).
[[nodiscard]] std::uint64_t key_of(const char* text, std::uint64_t length);

/// Natural logarithm that is the same on every machine; relative error below 2^-50.
/// Requires: x > 0 and finite.
[[nodiscard]] double portable_log(double x);

/// Exponential function that is the same on every machine; relative error below 2^-50.
/// Requires: |x| <= 700.
[[nodiscard]] double portable_exp(double x);

}  // namespace orrery
