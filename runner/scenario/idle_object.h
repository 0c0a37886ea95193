/// @file
/// An object that is read and understood, and finds nothing to act on.
#pragma once

#include <string>

#include "models/api/reading.h"

namespace orrery::scenario {

struct IdleObject {
  std::string object;  ///< "Service/web"
  api::Place where;
  std::string why;  ///< "its selector matches no pods"

  friend bool operator==(const IdleObject&, const IdleObject&) = default;
};

/// "Service/web: its selector matches no pods"
[[nodiscard]] inline std::string to_string(const IdleObject& idle) {
  return idle.object + ": " + idle.why;
}

}  // namespace orrery::scenario
