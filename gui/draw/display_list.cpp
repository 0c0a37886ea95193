#include "gui/draw/display_list.h"

#include <QFontMetricsF>
#include <algorithm>
#include <utility>

namespace orrery::gui {

Shape& DisplayList::add(Shape::Kind kind, const QRectF& rect) {
  Shape& shape = shapes_.emplace_back();
  shape.kind = kind;
  shape.rect = rect;
  return shape;
}

Shape& DisplayList::box(const QRectF& rect, qreal radius, const QColor& fill, const QColor& stroke,
                        qreal width) {
  Shape& shape = add(Shape::Kind::Box, rect);
  shape.radius = radius;
  shape.fill = fill;
  shape.stroke = stroke;
  shape.width = width;
  return shape;
}

Shape& DisplayList::text(const QRectF& room, const QString& text, Type type, const QColor& color,
                         Qt::Alignment align) {
  Shape& shape = add(Shape::Kind::Text, room);
  shape.text = width_of(text, type) > room.width() + 0.5
                   ? QFontMetricsF{font_of(type)}.elidedText(text, Qt::ElideRight, room.width())
                   : text;
  shape.type = type;
  shape.fill = color;
  shape.align = align | Qt::AlignVCenter;
  return shape;
}

qreal DisplayList::words(qreal left, qreal middle, const QString& words, Type type,
                         const QColor& color) {
  const qreal width = width_of(words, type);
  const qreal height = height_of(type);
  text({left, middle - height / 2, width + 1, height}, words, type, color);
  return left + width;
}

qreal DisplayList::words_before(qreal right, qreal middle, const QString& words, Type type,
                                const QColor& color) {
  const qreal width = width_of(words, type);
  const qreal height = height_of(type);
  text({right - width - 1, middle - height / 2, width + 1, height}, words, type, color,
       Qt::AlignRight);
  return right - width;
}

Shape& DisplayList::line(QPointF from, QPointF to, const QColor& color, qreal width) {
  QPainterPath way{from};
  way.lineTo(to);
  return path(std::move(way), {}, color, width);
}

Shape& DisplayList::path(QPainterPath path, const QColor& fill, const QColor& stroke, qreal width) {
  Shape& shape = add(Shape::Kind::Path, path.boundingRect());
  shape.path = std::move(path);
  shape.fill = fill;
  shape.stroke = stroke;
  shape.width = width;
  return shape;
}

Shape& DisplayList::glyph(State state, QPointF centre, qreal size) {
  Shape& shape =
      add(Shape::Kind::Glyph, {centre.x() - size / 2, centre.y() - size / 2, size, size});
  shape.state = state;
  return shape;
}

Shape& DisplayList::glow(const QRectF& rect, const QColor& color) {
  Shape& shape = add(Shape::Kind::Glow, rect);
  shape.fill = color;
  return shape;
}

Shape& DisplayList::picture(const QRectF& rect, QImage picture) {
  Shape& shape = add(Shape::Kind::Picture, rect);
  shape.picture = std::move(picture);
  return shape;
}

Shape& DisplayList::target(const QRectF& rect, const QString& action, const QString& tag) {
  Shape& shape = add(Shape::Kind::Box, rect);
  shape.action = action;
  shape.tag = tag;
  return shape;
}

const Shape* DisplayList::find(const QString& tag) const {
  const auto found = std::find_if(shapes_.begin(), shapes_.end(),
                                  [&](const Shape& shape) { return shape.tag == tag; });
  return found == shapes_.end() ? nullptr : &*found;
}

const Shape* DisplayList::thing_at(QPointF point) const {
  constexpr qreal kNear = 12;
  const auto found = std::find_if(shapes_.rbegin(), shapes_.rend(), [&](const Shape& shape) {
    if (shape.thing.isEmpty()) return false;
    if (shape.kind != Shape::Kind::Path) return shape.rect.contains(point);
    QPainterPathStroker wide;
    wide.setWidth(kNear);
    return shape.rect.adjusted(-kNear, -kNear, kNear, kNear).contains(point) &&
           wide.createStroke(shape.path).contains(point);
  });
  return found == shapes_.rend() ? nullptr : &*found;
}

const Shape* DisplayList::hit(QPointF point) const {
  const auto found = std::find_if(shapes_.rbegin(), shapes_.rend(), [&](const Shape& shape) {
    return !shape.action.isEmpty() && shape.rect.contains(point);
  });
  return found == shapes_.rend() ? nullptr : &*found;
}

}  // namespace orrery::gui
