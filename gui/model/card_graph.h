/// @file
/// What the graph of services has cards for: services, or where there are many, groups of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gui/model/moment.h"

namespace orrery::gui {

/// More services than this open in groups.
inline constexpr std::size_t kServicesMost = 60;

struct Card {
  std::string name;  ///< "shop/cart", or of a group "shop".
  bool is_group = false;
  std::vector<std::uint32_t> services;  ///< Of a group more than one.
};

struct CardEdge {
  std::optional<std::uint32_t> from;  ///< A card; absent: the users.
  std::uint32_t to = 0;
  std::vector<std::size_t> edges;  ///< Of the scene.
};

struct CardGraph {
  std::vector<Card> cards;
  std::vector<CardEdge> edges;

  /// The card that the service is on; nothing: it is not shown.
  [[nodiscard]] std::optional<std::uint32_t> card_of(std::uint32_t service) const;
};

/// By namespace, if there are several, else by the first word of the name.
[[nodiscard]] std::string group_of_service(const recording::Scene& scene, std::uint32_t service);

/// Few services have a card each. Of many, all groups; or those of the opened group, and the groups
/// that they call or are called by.
[[nodiscard]] CardGraph card_graph(const recording::Scene& scene,
                                   const std::optional<std::string>& opened);

/// A group is as bad as the worst of its services; its figures are theirs together, latencies the
/// slowest's.
[[nodiscard]] ServiceNow card_now(const Moment& moment, const Card& card);
[[nodiscard]] EdgeNow edge_now(const Moment& moment, const CardEdge& edge);

}  // namespace orrery::gui
