/// @file
/// What a canvas shows, as a plain list of shapes: views make it, a thin painter draws it, tests
/// and clicks look into it.
#pragma once

#include <QColor>
#include <QImage>
#include <QPainterPath>
#include <QRectF>
#include <QString>
#include <QVector>
#include <optional>
#include <vector>

#include "gui/theme/fonts.h"
#include "gui/theme/state.h"

namespace orrery::gui {

struct Shape {
  enum class Kind { Box, Path, Text, Glyph, Glow, Picture };
  Kind kind = Kind::Box;
  /// What it stands for: "card default/cart"; empty: decoration.
  QString tag;
  /// What a click on it does; empty: nothing.
  QString action;
  /// What of the run it stands for, for what can be done to that: "service shop/cart"; empty:
  /// nothing.
  QString thing;
  /// What a screen reader says of it; empty: nothing.
  QString says;
  QRectF rect;  ///< Of a text: the room that it has.
  qreal radius = 0;
  QPainterPath path;
  QColor fill;  ///< Invalid: none.
  QColor stroke;
  qreal width = 1;
  QVector<qreal> dash;
  bool round_caps = false;
  QString text;
  Type type = Type::Body;
  Qt::Alignment align = Qt::AlignLeft | Qt::AlignVCenter;
  bool wraps = false;
  std::optional<State> state;  ///< Of a glyph; of what the shape stands for.
  qreal opacity = 1;           ///< Of a glyph.
  QImage picture;
};

class DisplayList {
 public:
  Shape& box(const QRectF& rect, qreal radius, const QColor& fill, const QColor& stroke = {},
             qreal width = 1);
  /// Elided to its room if it is longer.
  Shape& text(const QRectF& room, const QString& text, Type type, const QColor& color,
              Qt::Alignment align = Qt::AlignLeft);
  /// A line of text that begins at `left` and stands around `middle`, as wide as it is. Returns
  /// where it ends.
  qreal words(qreal left, qreal middle, const QString& text, Type type, const QColor& color);
  /// The same, ending at `right`. Returns where it begins.
  qreal words_before(qreal right, qreal middle, const QString& text, Type type,
                     const QColor& color);
  Shape& line(QPointF from, QPointF to, const QColor& color, qreal width = 1);
  Shape& path(QPainterPath path, const QColor& fill, const QColor& stroke = {}, qreal width = 1);
  Shape& glyph(State state, QPointF centre, qreal size);
  /// Light that fades towards the edge of the rectangle.
  Shape& glow(const QRectF& rect, const QColor& color);
  Shape& picture(const QRectF& rect, QImage picture);
  /// Only a place to click.
  Shape& target(const QRectF& rect, const QString& action, const QString& tag);

  [[nodiscard]] const std::vector<Shape>& shapes() const { return shapes_; }
  /// The first with this tag; null: there is none.
  [[nodiscard]] const Shape* find(const QString& tag) const;
  /// The topmost with an action at the point; null: nothing happens there.
  [[nodiscard]] const Shape* hit(QPointF point) const;
  /// The topmost that stands for a thing of the run; of a line, near to it. Null: none does there.
  [[nodiscard]] const Shape* thing_at(QPointF point) const;

 private:
  Shape& add(Shape::Kind kind, const QRectF& rect);

  std::vector<Shape> shapes_;
};

}  // namespace orrery::gui
