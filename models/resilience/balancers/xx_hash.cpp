#include "models/resilience/balancers/xx_hash.h"

#include <xxhash.h>

namespace orrery::resilience {

std::uint64_t xx_hash64(std::string_view text, std::uint64_t seed) {
  return XXH64(text.data(), text.size(), seed);
}

}  // namespace orrery::resilience
