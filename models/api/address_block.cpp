#include "models/api/address_block.h"

#include <arpa/inet.h>

#include <charconv>

namespace orrery::api {

std::optional<IpAddress> parse_address(const std::string& text) {
  IpAddress address;
  if (inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1) return address;
  address.v6 = true;
  if (inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

bool AddressBlock::holds(const IpAddress& address) const {
  if (address.v6 != first.v6) return false;
  for (std::uint32_t bit = 0; bit < prefix; bit += 8) {
    const std::uint32_t kept = prefix - bit;
    const unsigned mask = kept >= 8 ? 0xffU : 0xffU << (8 - kept);
    if (((address.bytes[bit / 8] ^ first.bytes[bit / 8]) & mask & 0xffU) != 0) return false;
  }
  return true;
}

std::optional<AddressBlock> parse_block(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const auto first = parse_address(text.substr(0, slash));
  AddressBlock block;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, block.prefix);
  if (!first || error != std::errc{} || stop != end) return std::nullopt;
  block.first = *first;
  if (block.prefix > (first->v6 ? 128U : 32U)) return std::nullopt;
  return block;
}

}  // namespace orrery::api
