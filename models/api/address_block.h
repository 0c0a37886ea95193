/// @file
/// Blocks of IP addresses.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace orrery::api {

/// An IPv4 or IPv6 address.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};  ///< In network order; IPv4 has the first four.
  bool v6 = false;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

/// "10.0.0.3" or "fd00::3"; nothing for any other text.
[[nodiscard]] std::optional<IpAddress> parse_address(const std::string& text);

/// All addresses that begin with the same bits.
struct AddressBlock {
  IpAddress first;
  std::uint32_t prefix = 0;  ///< [bits] 0..32, IPv6 0..128.

  [[nodiscard]] bool holds(const IpAddress& address) const;
  /// Whether every address of `other` is one of these.
  [[nodiscard]] bool holds(const AddressBlock& other) const {
    return other.prefix >= prefix && holds(other.first);
  }
};

/// "10.0.0.0/8"; nothing for any other text. Source: RFC 4632; bits after the prefix are ignored,
/// as Go's net.ParseCIDR does.
[[nodiscard]] std::optional<AddressBlock> parse_block(const std::string& text);

}  // namespace orrery::api
