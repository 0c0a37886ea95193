#include "gui/model/blast_path.h"

namespace orrery::gui {
namespace {

/// The cards that lead to one, or with `down` those that it leads to, itself included.
std::vector<bool> reached_from(const CardGraph& graph, std::uint32_t card, bool down) {
  std::vector<bool> reached(graph.cards.size(), false);
  reached[card] = true;
  std::vector<std::uint32_t> next{card};
  while (!next.empty()) {
    const std::uint32_t at = next.back();
    next.pop_back();
    for (const CardEdge& edge : graph.edges) {
      if (!edge.from || (down ? *edge.from : edge.to) != at) continue;
      const std::uint32_t other = down ? edge.to : *edge.from;
      if (reached[other]) continue;
      reached[other] = true;
      next.push_back(other);
    }
  }
  return reached;
}

}  // namespace

BlastPath blast_path_of(const CardGraph& graph, std::uint32_t card) {
  const std::vector<bool> hurt = reached_from(graph, card, false);
  const std::vector<bool> needed = reached_from(graph, card, true);
  BlastPath path;
  for (std::uint32_t i = 0; i < graph.cards.size(); ++i) {
    const std::size_t services = graph.cards[i].services.size();
    Reach reach = Reach::Apart;
    if (i == card) {
      reach = Reach::Self;
    } else if (hurt[i]) {
      reach = Reach::Hurt;
      path.hurt += services;
    } else if (needed[i]) {
      reach = Reach::Needed;
      path.needed += services;
    }
    path.cards.push_back(reach);
  }
  for (const CardEdge& edge : graph.edges) {
    // From a caller of it towards it; from it, or what it needs, on.
    const bool up = hurt[edge.to] && (!edge.from || hurt[*edge.from]);
    const bool down = edge.from && needed[*edge.from] && needed[edge.to];
    path.edges.push_back(up ? Reach::Hurt : down ? Reach::Needed : Reach::Apart);
    path.users = path.users || (up && !edge.from);
  }
  return path;
}

}  // namespace orrery::gui
