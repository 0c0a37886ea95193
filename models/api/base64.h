/// @file
/// Base64 as JSON carries bytes in the Kubernetes API.
///
/// Source: RFC 4648, section 4; line breaks within are passed over, as Go's decoder does.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace orrery::api {

[[nodiscard]] std::string base64_of(std::string_view bytes);

/// The bytes, or nothing if `text` is not padded base64 of the standard alphabet.
[[nodiscard]] std::optional<std::string> bytes_of_base64(std::string_view text);

}  // namespace orrery::api
