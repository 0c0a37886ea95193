/// @file
/// Names with a `*` in them.
#pragma once

#include <string_view>

namespace orrery::scenario {

/// `*` stands for any number of any characters; everything else for itself.
[[nodiscard]] bool matches_glob(std::string_view text, std::string_view pattern);

}  // namespace orrery::scenario
