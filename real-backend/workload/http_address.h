/// @file
/// Numeric addresses such as "10.91.1.2:8080". Names are not looked up: tables carry addresses.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <charconv>
#include <string>

#include "models/base/result.h"

namespace orrery::workload {

[[nodiscard]] inline Result<boost::asio::ip::tcp::endpoint> parse_http_address(
    const std::string& text) {
  const std::size_t colon = text.rfind(':');
  boost::system::error_code failed;
  const auto address = boost::asio::ip::make_address(text.substr(0, colon), failed);
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto parsed = colon == std::string::npos
                          ? std::from_chars_result{nullptr, std::errc::invalid_argument}
                          : std::from_chars(text.data() + colon + 1, end, port);
  if (failed || parsed.ec != std::errc{} || parsed.ptr != end) {
    return failure("expected ADDRESS:PORT in numbers; found \"" + text + "\"");
  }
  return boost::asio::ip::tcp::endpoint{address, port};
}

}  // namespace orrery::workload
