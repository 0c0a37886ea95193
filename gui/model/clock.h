/// @file
/// Times as people type them.
#pragma once

#include <optional>
#include <string_view>

#include "models/base/time_types.h"

namespace orrery::gui {

/// Since the start of a run: "2:10", "2:10.5", "130s", "2min"; nothing: it is none of these.
[[nodiscard]] std::optional<Instant> read_clock(std::string_view text);

}  // namespace orrery::gui
