/// @file
/// xxHash64 of a text: the hash by which Envoy places hosts on rings and in tables.
#pragma once

#include <cstdint>
#include <string_view>

namespace orrery::resilience {

[[nodiscard]] std::uint64_t xx_hash64(std::string_view text, std::uint64_t seed = 0);

}  // namespace orrery::resilience
