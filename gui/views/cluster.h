/// @file
/// Where pods run: zones, nodes, pods; the more there are, the less of each.
#pragma once

#include <QCoreApplication>
#include <optional>
#include <vector>

#include "gui/views/canvas.h"

namespace orrery::gui {

class ClusterView : public Canvas {
  Q_DECLARE_TR_FUNCTIONS(ClusterView)

 public:
  /// A zone, node or pod, and where it stands.
  struct Place {
    QString thing;  ///< As of Shape::thing.
    QRectF where;
    QString says;
    std::optional<std::uint32_t> service;  ///< Of a pod.
  };

  ClusterView(const Shown& shown, QWidget* parent);

  /// What arrows have come to; nothing: nothing, or it is not there any more.
  [[nodiscard]] std::optional<Place> reached_place() const;

 protected:
  [[nodiscard]] std::vector<Layer> still_layers() const override;
  [[nodiscard]] std::vector<Layer> moving_layers() const override;
  /// All that a click acts on here is come to by arrows.
  [[nodiscard]] bool is_tab_stop(const Shape& /*shape*/) const override { return false; }
  void keyPressEvent(QKeyEvent* event) override;

 private:
  enum class Depth { Zone, Node, Pod };

  /// How the nodes of a zone are laid out.
  struct NodeGrid {
    QRectF room;
    std::size_t columns = 1;
    bool named = false;  ///< With a name, bars and pods; otherwise pixels.
    qreal tile = 0;      ///< Of pixels, the side of a node.
    QSizeF size;         ///< Of a node.
    QSizeF step;         ///< From one to the next.

    [[nodiscard]] QRectF place(std::size_t node) const {
      return {{room.left() + static_cast<qreal>(node % columns) * step.width(),
               room.top() + static_cast<qreal>(node / columns) * step.height()},
              size};
    }
  };
  /// How the pods of a node with a name are laid out.
  struct PodGrid {
    QRectF room;
    std::size_t columns = 1;
    bool named = false;
    qreal cell = 0;

    [[nodiscard]] QRectF place(std::size_t pod) const {
      const qreal side = named ? 12 : cell - 4;
      return {room.left() + static_cast<qreal>(pod % columns) * cell,
              room.top() + static_cast<qreal>(pod / columns) * cell, side, side};
    }
  };

  [[nodiscard]] std::vector<QRectF> zone_boxes() const;
  [[nodiscard]] NodeGrid node_grid(const ZoneNow& zone, const QRectF& box) const;
  /// Nothing: there is no room for pods, or there are none.
  [[nodiscard]] static std::optional<PodGrid> pod_grid(const NodeNow& node, const QRectF& tile);
  [[nodiscard]] std::vector<Place> places(Depth depth) const;
  [[nodiscard]] Place zone_place(const ZoneNow& zone, const QRectF& box) const;
  [[nodiscard]] Place node_place(const NodeNow& node, const QRectF& tile) const;
  [[nodiscard]] Place pod_place(const PodNow& pod, const QRectF& place) const;
  void reach(const Place& place);
  void go(int dx, int dy);
  void go_deeper();
  /// False: it is at no pod and no node.
  bool go_up();
  void draw_zone(DisplayList& list, const ZoneNow& zone, const QRectF& box) const;
  void draw_node(DisplayList& list, const NodeNow& node, const QRectF& tile) const;
  void draw_pod(DisplayList& list, const PodNow& pod, const QRectF& place) const;
  [[nodiscard]] QString pod_text(const PodNow& pod) const;
  [[nodiscard]] QString zone_text(const ZoneNow& zone) const;
  [[nodiscard]] QString node_text(const NodeNow& node) const;
  /// Nodes that are too small for shapes, as pixels.
  void draw_nodes_as_pixels(DisplayList& list, const ZoneNow& zone, const NodeGrid& grid) const;
  void draw_key(DisplayList& list) const;

  QString reached_;  ///< The thing that arrows have come to; empty: none.
};

/// How many columns make the tiles of `count` nodes largest in a room; tiles are `aspect` times as
/// wide as high. Requires: count >= 1.
[[nodiscard]] std::size_t best_columns(std::size_t count, QSizeF room, qreal aspect);

}  // namespace orrery::gui
