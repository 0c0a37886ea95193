/// @file
/// Where pods run: zones, nodes, pods; the more there are, the less of each.
#pragma once

#include <QCoreApplication>

#include "gui/views/canvas.h"

namespace orrery::gui {

class ClusterView : public Canvas {
  Q_DECLARE_TR_FUNCTIONS(ClusterView)

 public:
  ClusterView(const Shown& shown, QWidget* parent);

 protected:
  [[nodiscard]] std::vector<Layer> still_layers() const override;

 private:
  void draw_zone(DisplayList& list, const ZoneNow& zone, const QRectF& box) const;
  void draw_node(DisplayList& list, const NodeNow& node, const QRectF& tile) const;
  void draw_pod(DisplayList& list, const PodNow& pod, const QRectF& place) const;
  [[nodiscard]] QString pod_text(const PodNow& pod) const;
  /// Nodes that are too small for shapes, as pixels.
  void draw_nodes_as_pixels(DisplayList& list, const ZoneNow& zone, const QRectF& grid,
                            std::size_t columns, qreal tile) const;
  void draw_key(DisplayList& list) const;
};

/// How many columns make the tiles of `count` nodes largest in a room; tiles are `aspect` times as
/// wide as high. Requires: count >= 1.
[[nodiscard]] std::size_t best_columns(std::size_t count, QSizeF room, qreal aspect);

}  // namespace orrery::gui
