/// @file
/// Who is hurt when a service is, and on what it depends itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gui/model/card_graph.h"

namespace orrery::gui {

/// How something of a graph hangs on one of its cards.
enum class Reach : std::uint8_t {
  Apart,
  Self,
  Hurt,    ///< It calls it, directly or through others.
  Needed,  ///< It is called by it, directly or through others.
};

struct BlastPath {
  std::vector<Reach> cards;  ///< What is both is hurt.
  std::vector<Reach> edges;  ///< By which that is so.
  std::size_t hurt = 0;      ///< Services.
  std::size_t needed = 0;
  bool users = false;  ///< Are hurt, too.
};

/// Requires: there is such a card.
[[nodiscard]] BlastPath blast_path_of(const CardGraph& graph, std::uint32_t card);

}  // namespace orrery::gui
