/// @file
/// Where the cards of a call graph stand, and how the lines between them run around the others:
/// layers from left to right.
///
/// By Graphviz's `dot`, whose ranks and crossings are better than those of a simple layered layout
/// (Gansner, Koutsofios, North, Vo: A technique for drawing directed graphs, 1993).
#pragma once

#include <QPainterPath>
#include <QPointF>
#include <QSizeF>
#include <cstdint>
#include <utility>
#include <vector>

namespace orrery::gui {

struct LayeredGraph {
  std::size_t nodes = 0;
  /// From, to.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;
  QSizeF card;  ///< Of each node.
};

struct Layout {
  QSizeF size;
  std::vector<QPointF> centres;      ///< By node.
  std::vector<QPainterPath> curves;  ///< By edge, from card to card.
  std::vector<qreal> columns;        ///< Middles of the layers, from left to right.
};

/// Fills about `room` if the graph is small, and goes beyond it if it is not. The same graph has
/// the same layout. Requires: edges name nodes.
[[nodiscard]] Layout lay_out(const LayeredGraph& graph, QSizeF room);

}  // namespace orrery::gui
