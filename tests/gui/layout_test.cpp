#include <gtest/gtest.h>

#include <QRectF>

#include "gui/layout/layered.h"

namespace orrery::gui {
namespace {

/// Three layers of services that call some of the next, and calls past a layer.
LayeredGraph shop_like(std::size_t width) {
  LayeredGraph graph;
  graph.nodes = 1 + 3 * width;
  graph.card = {172, 50};
  const auto node = [&](std::size_t layer, std::size_t i) {
    return static_cast<std::uint32_t>(1 + layer * width + i % width);
  };
  for (std::size_t i = 0; i < width; ++i) {
    graph.edges.emplace_back(0, node(0, i));
    graph.edges.emplace_back(node(0, i), node(1, i * 3 + 1));
    graph.edges.emplace_back(node(0, i), node(2, i + 2));
    graph.edges.emplace_back(node(1, i), node(2, i * 2));
  }
  return graph;
}

QRectF card(const LayeredGraph& graph, QPointF centre) {
  return {centre.x() - graph.card.width() / 2, centre.y() - graph.card.height() / 2,
          graph.card.width(), graph.card.height()};
}

TEST(Layout, NoCardTouchesAnotherAndABadgeHasRoomAboveEach) {
  const LayeredGraph graph = shop_like(7);
  const Layout layout = lay_out(graph, {1100, 520});
  for (std::size_t a = 0; a < graph.nodes; ++a) {
    const QRectF with_badge = card(graph, layout.centres[a]).adjusted(-6, -16, 0, 0);
    for (std::size_t b = 0; b < graph.nodes; ++b) {
      if (a == b) continue;
      EXPECT_FALSE(with_badge.intersects(card(graph, layout.centres[b]))) << a << " and " << b;
    }
  }
}

TEST(Layout, CallsGoFromLeftToRightAndUnderNoCard) {
  const LayeredGraph graph = shop_like(7);
  const Layout layout = lay_out(graph, {1100, 520});
  for (std::size_t e = 0; e < graph.edges.size(); ++e) {
    const QPainterPath& curve = layout.curves[e];
    const QPointF from = layout.centres[graph.edges[e].first];
    const QPointF to = layout.centres[graph.edges[e].second];
    EXPECT_LT(from.x(), to.x());
    EXPECT_NEAR(curve.pointAtPercent(0).x(), from.x() + 86, 1.5);
    EXPECT_NEAR(curve.pointAtPercent(1).x(), to.x() - 86, 1.5);
    for (std::size_t n = 0; n < graph.nodes; ++n) {
      const QRectF inside = card(graph, layout.centres[n]).adjusted(2, 2, -2, -2);
      for (int i = 0; i <= 50; ++i) {
        EXPECT_FALSE(inside.contains(curve.pointAtPercent(i / 50.0))) << e << " under " << n;
      }
    }
  }
}

TEST(Layout, TheSameGraphHasTheSameLayout) {
  const LayeredGraph graph = shop_like(5);
  EXPECT_EQ(lay_out(graph, {1100, 520}).centres, lay_out(graph, {1100, 520}).centres);
}

TEST(Layout, AServiceThatCallsItselfAndOneWithoutCallsHavePlaces) {
  LayeredGraph graph;
  graph.nodes = 3;
  graph.card = {172, 50};
  graph.edges = {{0, 0}, {0, 1}, {1, 0}};
  const Layout layout = lay_out(graph, {1100, 520});
  EXPECT_EQ(layout.centres.size(), 3U);
  EXPECT_EQ(layout.curves.size(), 3U);
  EXPECT_FALSE(layout.curves[0].isEmpty());
}

}  // namespace
}  // namespace orrery::gui
