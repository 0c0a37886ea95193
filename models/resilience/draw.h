/// @file
/// What 64 uniform bits, handed in by the caller, stand for: an index, a part of 1, a part of a
/// duration.
///
/// A policy never draws by itself. One draw is enough for several choices of one decision:
/// `sub_draw` makes the others of it.
#pragma once

#include <cstdint>

#include "models/base/random.h"
#include "models/base/time_types.h"

namespace orrery::resilience {

/// An index in 0..count-1, without the bias of a modulus beyond 2^-32. Requires: count >= 1.
[[nodiscard]] constexpr std::uint32_t index_from(std::uint64_t draw, std::uint32_t count) {
  return static_cast<std::uint32_t>(((draw >> 32) * count) >> 32);
}

/// Uniform in [0, 1), a multiple of 2^-53.
[[nodiscard]] constexpr double unit_from(std::uint64_t draw) {
  return static_cast<double>(draw >> 11) * 0x1.0p-53;
}

/// The draw of the `number`-th further choice of the same decision; number 0 is the draw itself.
[[nodiscard]] constexpr std::uint64_t sub_draw(std::uint64_t draw, std::uint32_t number) {
  return number == 0 ? draw : mix64(draw ^ (number * 0x2545f4914f6cdd1dULL));
}

/// `unit` of `whole`, rounded down to nanoseconds: below `whole` for every unit below 1.
/// Requires: whole >= 0, 0 <= unit.
[[nodiscard]] constexpr Duration part_of(Duration whole, double unit) {
  return Duration::nanoseconds(
      static_cast<std::int64_t>(static_cast<double>(whole.count_ns()) * unit));
}

}  // namespace orrery::resilience
