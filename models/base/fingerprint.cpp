#include "models/base/fingerprint.h"

#include <fmt/format.h>

namespace orrery {

std::string to_string(const Fingerprint& fingerprint) {
  return fmt::format("{:016x}", fingerprint.value());
}

}  // namespace orrery
