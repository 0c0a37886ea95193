/// @file
/// Kubernetes quantities: "250m" of CPU, "64Mi" of memory, read exactly.
///
/// Source: Kubernetes resource.Quantity: a decimal number with one of the suffixes n u m (none)
/// k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent e3/E3. Fractions of the unit kept round up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orrery {

/// CPU in thousandths of a core: "1" -> 1000, "250m" -> 250, "0.1" -> 100, "1n" -> 1 (rounds up).
/// Returns nothing for text that is no quantity, is negative, or needs more than 63 bits.
[[nodiscard]] std::optional<std::int64_t> parse_milli(std::string_view text);

/// A whole amount (bytes, pods): "64Mi" -> 67108864, "1k" -> 1000, "1500m" -> 2 (rounds up).
[[nodiscard]] std::optional<std::int64_t> parse_amount(std::string_view text);

/// "250m", "2": the shortest text that reads back as `milli`.
[[nodiscard]] std::string milli_text(std::int64_t milli);

/// "64Mi", "1000": with the largest binary suffix that keeps it a whole number.
[[nodiscard]] std::string amount_text(std::int64_t amount);

}  // namespace orrery
