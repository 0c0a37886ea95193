/// @file
/// Text as people compare it when they search.
#pragma once

#include <string>
#include <string_view>

namespace orrery::gui {

/// With A to Z as a to z.
[[nodiscard]] inline std::string small(std::string_view text) {
  std::string letters{text};
  for (char& letter : letters) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return letters;
}

}  // namespace orrery::gui
