#include "models/api/unicode.h"

#include <fmt/format.h>

#include "models/base/contract.h"

namespace orrery::api {
namespace {

/// Characters that move the cursor, end a line or reorder what follows.
bool is_disruptive(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff;
}

std::string escaped(char32_t c) {
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  const auto number = static_cast<std::uint32_t>(c);
  return number < 0x80 ? fmt::format("\\x{:02x}", number) : fmt::format("\\u{:04x}", number);
}

}  // namespace

std::optional<char32_t> next_code_point(std::string_view text, std::size_t& at) {
  expects(at < text.size(), "a code point is read inside the text");
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) {
    ++at;
    return first;
  }
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() - at < length) {
    ++at;
    return std::nullopt;
  }
  char32_t code = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned char next = byte(at + i);
    if ((next & 0xc0U) != 0x80) {
      ++at;
      return std::nullopt;
    }
    code = (code << 6) | (next & 0x3fU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (overlong || surrogate || code > 0x10ffff) {
    ++at;
    return std::nullopt;
  }
  at += length;
  return code;
}

std::string one_line(std::string_view text, std::size_t length_max) {
  std::string line;
  std::size_t length = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (length >= length_max) return line + "…";
    const std::size_t start = at;
    const std::optional<char32_t> code = next_code_point(text, at);
    if (!code) {
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[start]));
    } else if (is_disruptive(*code)) {
      line += escaped(*code);
    } else {
      line += text.substr(start, at - start);
    }
    ++length;
  }
  return line;
}

}  // namespace orrery::api
