/// @file
/// `Result<T>`: a value, or why the outside world did not give one. Shaped like `std::expected`.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace orrery {

/// Why something outside the program failed, in words for the person who has to act.
struct Failure {
  std::string what;  ///< One sentence: what was tried and how it ended.
  std::string hint;  ///< The next step, or empty.

  friend bool operator==(const Failure&, const Failure&) = default;
};

template <class T>
using Result = tl::expected<T, Failure>;

[[nodiscard]] inline tl::unexpected<Failure> failure(std::string what, std::string hint = {}) {
  return tl::unexpected<Failure>{Failure{std::move(what), std::move(hint)}};
}

}  // namespace orrery
