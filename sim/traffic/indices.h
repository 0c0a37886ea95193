/// @file
/// How the parts of a traffic model are named: by their place in it.
#pragma once

#include <cstdint>

namespace orrery::sim {

/// Index into TrafficModel::services.
using ServiceIndex = std::uint32_t;
/// As the caller of a route: the clients outside.
inline constexpr ServiceIndex kClients = 0xffff'ffff;
/// In place of any index: there is none.
inline constexpr std::uint32_t kNone = 0xffff'ffff;

}  // namespace orrery::sim
