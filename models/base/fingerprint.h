/// @file
/// The fingerprint of a run: one number over every model event it dispatched, in order.
#pragma once

#include <cstdint>
#include <string>

#include "models/base/random.h"
#include "models/base/time_types.h"

namespace orrery {

/// Accumulates (time, component, event kind, id). Two runs with equal fingerprints did the same.
class Fingerprint {
 public:
  constexpr void add(Instant at, std::uint64_t component_and_kind, std::uint64_t id) {
    value_ = mix64(value_ ^ static_cast<std::uint64_t>(at.count_ns())) + component_and_kind;
    value_ = mix64(value_ ^ id);
  }
  [[nodiscard]] constexpr std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0x6f7272657279ULL;
};

/// Sixteen hexadecimal digits.
[[nodiscard]] std::string to_string(const Fingerprint& fingerprint);

}  // namespace orrery
