#include "gui/draw/paint.h"

#include <QRadialGradient>

#include "gui/draw/changes.h"

namespace orrery::gui {
namespace {

QPen pen_of(const Shape& shape) {
  if (!shape.stroke.isValid()) return Qt::NoPen;
  QPen pen{shape.stroke, shape.width};
  if (!shape.dash.isEmpty()) pen.setDashPattern(shape.dash);
  pen.setCapStyle(shape.round_caps ? Qt::RoundCap : Qt::FlatCap);
  pen.setJoinStyle(Qt::RoundJoin);
  return pen;
}

void paint_text(QPainter& painter, const Shape& shape) {
  painter.setFont(font_of(shape.type));
  painter.setPen(shape.fill);
  const int flags =
      static_cast<int>(shape.align.toInt()) |
      (shape.wraps ? static_cast<int>(Qt::TextWordWrap)
                   : static_cast<int>(Qt::TextSingleLine) | static_cast<int>(Qt::TextDontClip));
  painter.drawText(shape.rect, flags, shape.text);
}

void paint_shape(QPainter& painter, const Shape& shape, const Theme& theme) {
  switch (shape.kind) {
    case Shape::Kind::Box: {
      if (!shape.fill.isValid() && !shape.stroke.isValid()) return;
      painter.setPen(pen_of(shape));
      painter.setBrush(shape.fill.isValid() ? QBrush{shape.fill} : Qt::NoBrush);
      // A border of one pixel is sharp if it runs through the middle of pixels.
      const qreal in = shape.stroke.isValid() ? 0.5 : 0;
      const QRectF rect = shape.rect.adjusted(in, in, -in, -in);
      if (shape.radius > 0) {
        painter.drawRoundedRect(rect, shape.radius, shape.radius);
      } else {
        painter.drawRect(rect);
      }
      return;
    }
    case Shape::Kind::Path:
      painter.setPen(pen_of(shape));
      painter.setBrush(shape.fill.isValid() ? QBrush{shape.fill} : Qt::NoBrush);
      painter.drawPath(shape.path);
      return;
    case Shape::Kind::Text:
      return paint_text(painter, shape);
    case Shape::Kind::Glyph:
      painter.setOpacity(shape.opacity);
      paint_glyph(painter, *shape.state, shape.rect, theme);
      painter.setOpacity(1);
      return;
    case Shape::Kind::Glow: {
      QRadialGradient light{{0, 0}, 1};
      light.setColorAt(0, shape.fill);
      QColor half = shape.fill;
      half.setAlphaF(static_cast<float>(shape.fill.alphaF() * 0.45F));
      light.setColorAt(0.5, half);
      QColor none = shape.fill;
      none.setAlpha(0);
      light.setColorAt(1, none);
      painter.save();
      painter.translate(shape.rect.center());
      painter.scale(shape.rect.width() / 2, shape.rect.height() / 2);
      painter.setPen(Qt::NoPen);
      painter.setBrush(light);
      painter.drawEllipse(QPointF{0, 0}, 1, 1);
      painter.restore();
      return;
    }
    case Shape::Kind::Picture:
      painter.drawImage(shape.rect, shape.picture);
      return;
  }
}

}  // namespace

void paint_glyph(QPainter& painter, State state, const QRectF& rect, const Theme& theme) {
  const QColor& color = theme.state(state);
  const QPointF c = rect.center();
  const qreal r = rect.width() / 2;
  painter.setPen(Qt::NoPen);
  painter.setBrush(color);
  const auto outline = [&](qreal width) {
    QPen pen{color, width};
    pen.setCapStyle(Qt::RoundCap);
    pen.setJoinStyle(Qt::RoundJoin);
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
  };
  switch (state) {
    case State::Healthy:
      painter.drawEllipse(c, r * 0.6, r * 0.6);
      return;
    case State::Degraded: {
      QPainterPath triangle;
      triangle.moveTo(c.x(), c.y() - r * 0.92);
      triangle.lineTo(c.x() + r, c.y() + r * 0.82);
      triangle.lineTo(c.x() - r, c.y() + r * 0.82);
      triangle.closeSubpath();
      painter.setPen(QPen{color, r * 0.2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin});
      painter.drawPath(triangle);
      painter.setPen(QPen{theme.card, r * 0.24, Qt::SolidLine, Qt::RoundCap});
      painter.drawLine(QPointF{c.x(), c.y() - r * 0.25}, QPointF{c.x(), c.y() + r * 0.22});
      painter.drawPoint(QPointF{c.x(), c.y() + r * 0.55});
      return;
    }
    case State::Failing: {
      QPainterPath diamond;
      diamond.moveTo(c.x(), c.y() - r);
      diamond.lineTo(c.x() + r, c.y());
      diamond.lineTo(c.x(), c.y() + r);
      diamond.lineTo(c.x() - r, c.y());
      diamond.closeSubpath();
      painter.setPen(QPen{color, r * 0.2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin});
      painter.drawPath(diamond);
      const qreal x = r * 0.28;
      painter.setPen(QPen{theme.card, r * 0.24, Qt::SolidLine, Qt::RoundCap});
      painter.drawLine(c + QPointF{-x, -x}, c + QPointF{x, x});
      painter.drawLine(c + QPointF{-x, x}, c + QPointF{x, -x});
      return;
    }
    case State::Lost: {
      outline(r * 0.22);
      const qreal s = r * 0.74;
      painter.drawRoundedRect(QRectF{c.x() - s, c.y() - s, 2 * s, 2 * s}, r * 0.2, r * 0.2);
      painter.drawLine(c + QPointF{-s * 0.55, s * 0.55}, c + QPointF{s * 0.55, -s * 0.55});
      return;
    }
    case State::Starting:
      outline(r * 0.24);
      painter.drawArc(QRectF{c.x() - r * 0.78, c.y() - r * 0.78, r * 1.56, r * 1.56}, 100 * 16,
                      -280 * 16);
      return;
    case State::Recovering:
    case State::Draining: {
      outline(r * 0.2);
      painter.drawEllipse(c, r * 0.82, r * 0.82);
      const qreal up = state == State::Recovering ? 1 : -1;
      QPainterPath chevron;
      chevron.moveTo(c.x() - r * 0.36, c.y() + up * r * 0.18);
      chevron.lineTo(c.x(), c.y() - up * r * 0.22);
      chevron.lineTo(c.x() + r * 0.36, c.y() + up * r * 0.18);
      painter.drawPath(chevron);
      return;
    }
  }
}

void paint(QPainter& painter, const DisplayList& list, const Theme& theme, const QRegion& only) {
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setRenderHint(QPainter::TextAntialiasing);
  painter.setRenderHint(QPainter::SmoothPixmapTransform, false);
  for (const Shape& shape : list.shapes()) {
    if (!only.isEmpty() && !only.intersects(place_of(shape).toAlignedRect())) continue;
    paint_shape(painter, shape, theme);
  }
}

}  // namespace orrery::gui
