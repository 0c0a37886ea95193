#include "gui/draw/paint.h"

#include <QPaintEngine>
#include <QRadialGradient>
#include <QStaticText>
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

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
  const bool in_place = painter.transform().type() <= QTransform::TxTranslate;
  if (in_place && !shape.wraps && !shape.text.contains(QChar::LineFeed)) {
    const QStaticText line = laid_out(shape.text, shape.type);
    const qreal room = shape.rect.width() - width_of(shape.text, shape.type);
    const qreal in = shape.align.testFlag(Qt::AlignRight)     ? room
                     : shape.align.testFlag(Qt::AlignHCenter) ? room / 2
                                                              : 0;
    const qreal down = (shape.rect.height() - line.size().height()) / 2;
    painter.drawStaticText(shape.rect.topLeft() + QPointF{in, down}, line);
    return;
  }
  const int flags =
      static_cast<int>(shape.align.toInt()) |
      (shape.wraps ? static_cast<int>(Qt::TextWordWrap)
                   : static_cast<int>(Qt::TextSingleLine) | static_cast<int>(Qt::TextDontClip));
  painter.drawText(shape.rect, flags, shape.text);
}

void paint_picture(QPainter& painter, const Shape& shape) {
  const qreal ratio = painter.device()->devicePixelRatioF();
  const QSizeF pixels = shape.rect.size() * ratio;
  const QSize has = shape.picture.size();
  const bool fits = painter.transform().type() <= QTransform::TxTranslate &&
                    shape.picture.devicePixelRatio() == ratio &&
                    std::abs(pixels.width() - has.width()) < 1 &&
                    std::abs(pixels.height() - has.height()) < 1;
  if (!fits) return painter.drawImage(shape.rect, shape.picture);
  // Pixel by pixel, which is sharper and faster than to fit it into parts of pixels.
  const QPointF at = shape.rect.topLeft() * ratio;
  painter.drawImage(QPointF{std::round(at.x()), std::round(at.y())} / ratio, shape.picture);
}

/// Far from its border a box is plain, however large it is.
bool is_within(const Shape& box, const QRect& part) {
  const qreal border = box.radius + box.width + 1;
  return box.rect.adjusted(border, border, -border, -border).contains(part);
}

void paint_box(QPainter& painter, const Shape& shape, const QRegion& only) {
  const bool filled = shape.fill.isValid();
  const bool bordered = shape.stroke.isValid();
  if (!filled && !bordered) return;
  if (!only.isEmpty() && is_within(shape, only.boundingRect())) {
    if (filled) painter.fillRect(only.boundingRect(), shape.fill);
    return;
  }
  // A border of one pixel is sharp if it runs through the middle of pixels.
  const qreal in = bordered ? 0.5 : 0;
  const QRectF rect = shape.rect.adjusted(in, in, -in, -in);
  painter.setBrush(filled ? QBrush{shape.fill} : Qt::NoBrush);
  painter.setPen(pen_of(shape));
  if (shape.radius <= 0) return painter.drawRect(rect);
  const qreal half = shape.width / 2;
  if (!bordered || !shape.dash.isEmpty() || half >= shape.radius) {
    return painter.drawRoundedRect(rect, shape.radius, shape.radius);
  }
  painter.setPen(Qt::NoPen);
  if (filled) painter.drawRoundedRect(rect, shape.radius, shape.radius);
  // The same as a line along it, which takes ten times as long.
  QPainterPath border;
  border.addRoundedRect(rect.adjusted(-half, -half, half, half), shape.radius + half,
                        shape.radius + half);
  border.addRoundedRect(rect.adjusted(half, half, -half, -half), shape.radius - half,
                        shape.radius - half);
  painter.fillPath(border, shape.stroke);
}

/// Light that fades from the middle of the unit circle to its edge.
QRadialGradient light_of(const QColor& color) {
  QRadialGradient light{{0, 0}, 1};
  light.setColorAt(0, color);
  QColor half = color;
  half.setAlphaF(static_cast<float>(color.alphaF() * 0.45F));
  light.setColorAt(0.5, half);
  QColor none = color;
  none.setAlpha(0);
  light.setColorAt(1, none);
  return light;
}

void paint_light(QPainter& painter, const QRectF& rect, const QColor& color) {
  painter.save();
  painter.translate(rect.center());
  painter.scale(rect.width() / 2, rect.height() / 2);
  painter.setPen(Qt::NoPen);
  painter.setBrush(light_of(color));
  painter.drawEllipse(QPointF{0, 0}, 1, 1);
  painter.restore();
}

/// Opaque light as pixels: a gradient takes ten times as long, and that of a failing service is
/// painted each second as it fades.
const QImage& pixels_of_light(QSize size, QRgb color) {
  struct Known {
    QSize size;
    QRgb color;
    QImage pixels;
  };
  static std::vector<Known> known;
  const auto found = std::find_if(known.begin(), known.end(), [&](const Known& one) {
    return one.size == size && one.color == color;
  });
  if (found != known.end()) return found->pixels;
  // At every step of a zoom it has another size.
  constexpr std::size_t kMost = 16;
  if (known.size() >= kMost) known.clear();
  QImage pixels{size, QImage::Format_ARGB32_Premultiplied};
  pixels.fill(Qt::transparent);
  QPainter painter{&pixels};
  painter.setRenderHint(QPainter::Antialiasing);
  paint_light(painter, {{0, 0}, QSizeF{size}}, QColor{color});
  painter.end();
  return known.emplace_back(Known{size, color, std::move(pixels)}).pixels;
}

void paint_glow(QPainter& painter, const Shape& shape) {
  const QTransform to_pixels = painter.deviceTransform();
  const bool is_pixels = painter.paintEngine()->type() == QPaintEngine::Raster;
  if (!is_pixels || to_pixels.type() > QTransform::TxScale) {
    return paint_light(painter, shape.rect, shape.fill);
  }
  const QRectF place = to_pixels.mapRect(shape.rect);
  painter.save();
  painter.resetTransform();
  const QTransform base = painter.deviceTransform();
  painter.scale(1 / base.m11(), 1 / base.m22());
  painter.setOpacity(shape.fill.alphaF());
  painter.drawImage(place.topLeft().toPoint() - QPoint(qRound(base.dx()), qRound(base.dy())),
                    pixels_of_light(place.size().toSize(), shape.fill.rgb()));
  painter.restore();
}

bool is_seen(const Shape& shape, const QRegion& only) {
  if (!only.intersects(place_of(shape).toAlignedRect())) return false;
  const std::vector<QRectF> places = places_of(shape);
  return std::any_of(places.begin(), places.end(),
                     [&](const QRectF& place) { return only.intersects(place.toAlignedRect()); });
}

void paint_shape(QPainter& painter, const Shape& shape, const Theme& theme, const QRegion& only) {
  switch (shape.kind) {
    case Shape::Kind::Box:
      return paint_box(painter, shape, only);
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
    case Shape::Kind::Glow:
      return paint_glow(painter, shape);
    case Shape::Kind::Picture:
      return paint_picture(painter, shape);
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
    if (!only.isEmpty() && !is_seen(shape, only)) continue;
    paint_shape(painter, shape, theme, only);
  }
}

}  // namespace orrery::gui
