/// @file
/// What a balancer answers.
#pragma once

#include <cstdint>
#include <optional>

namespace orrery::resilience {

/// The index of a host, or none. It fits a register, where an optional one is passed on through
/// memory: a hop asks for one.
class HostChoice {
 public:
  constexpr HostChoice(std::nullopt_t) {}                    // NOLINT: stands for none.
  constexpr HostChoice(std::uint32_t host) : host_{host} {}  // NOLINT: stands for itself.
  constexpr operator std::optional<std::uint32_t>() const {  // NOLINT: says the same.
    return *this ? std::optional{host_} : std::nullopt;
  }

  [[nodiscard]] constexpr bool has_value() const { return host_ != kNone; }
  constexpr explicit operator bool() const { return has_value(); }
  /// Requires: has_value().
  constexpr std::uint32_t operator*() const { return host_; }

  friend constexpr bool operator==(HostChoice, HostChoice) = default;

 private:
  static constexpr std::uint32_t kNone = 0xffff'ffff;

  std::uint32_t host_ = kNone;
};

}  // namespace orrery::resilience
