/// @file
/// The two parsers behind `read_documents`, each the adapter of one library.
#pragma once

#include <string>
#include <string_view>

#include "models/api/document.h"
#include "models/api/tree_builder.h"

namespace orrery::api {

/// One JSON value and nothing behind it; `first_line` is the line of `text`'s first character.
[[nodiscard]] Documents parse_json(std::string_view text, const std::string& file, int first_line,
                                   Budget& budget);

/// All YAML documents of `text`; reading ends at the first syntax error.
[[nodiscard]] Documents parse_yaml(std::string_view text, const std::string& file, int first_line,
                                   Budget& budget);

}  // namespace orrery::api
