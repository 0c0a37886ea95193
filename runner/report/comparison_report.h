/// @file
/// What a comparison of two variants says, for people and for programs.
#pragma once

#include <string>

#include "runner/verdict/comparison.h"

namespace orrery::report {

/// What the two variants are called, and how they were compared.
struct ComparisonTitle {
  std::string base;
  std::string head;
  std::uint64_t first_seed = 1;
  std::uint64_t last_seed = 1;
};

/// The text of compare.json, ending in a newline.
[[nodiscard]] std::string comparison_json(const verdict::Comparison& comparison,
                                          const ComparisonTitle& title);

/// What the user sees: what changed first, then what parted first, then the conclusion.
[[nodiscard]] std::string comparison_text(const verdict::Comparison& comparison,
                                          const ComparisonTitle& title, bool colour);

/// The same as one HTML file.
[[nodiscard]] std::string comparison_html(const verdict::Comparison& comparison,
                                          const ComparisonTitle& title);

}  // namespace orrery::report
