/// @file
/// UTF-8, as far as a reader needs it: what is text, and what would break a line of output.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace orrery::api {

/// The code point that starts at `text[at]`; moves `at` behind it. Nothing, and one byte further,
/// where the bytes are no UTF-8 (overlong forms and surrogates included).
/// Requires: at < text.size().
[[nodiscard]] std::optional<char32_t> next_code_point(std::string_view text, std::size_t& at);

/// `text` on one line of at most about `length_max` characters: control characters, line and
/// paragraph separators, direction marks and broken UTF-8 become escapes such as \n or \x00.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t length_max);

}  // namespace orrery::api
