#include "gui/draw/changes.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace orrery::gui {
namespace {

/// So many shapes of both lists together are passed over to find two alike.
constexpr std::size_t kAhead = 16;

using Seen = std::vector<const Shape*>;

Seen seen_of(const DisplayList& list) {
  Seen seen;
  for (const Shape& shape : list.shapes()) {
    if (!place_of(shape).isEmpty()) seen.push_back(&shape);
  }
  return seen;
}

/// How many of each are passed over until the next two that look alike; both to their ends, if
/// these are too far.
std::pair<std::size_t, std::size_t> to_the_next_alike(const Seen& a, std::size_t i,
                                                      std::size_t a_end, const Seen& b,
                                                      std::size_t j, std::size_t b_end) {
  for (std::size_t both = 1; both <= kAhead; ++both) {
    for (std::size_t of_a = 0; of_a <= both; ++of_a) {
      const std::size_t of_b = both - of_a;
      if (i + of_a >= a_end || j + of_b >= b_end) continue;
      if (looks_like(*a[i + of_a], *b[j + of_b])) return {of_a, of_b};
    }
  }
  return {a_end - i, b_end - j};
}

}  // namespace

bool looks_like(const Shape& a, const Shape& b) {
  if (a.kind != b.kind || a.rect != b.rect || a.fill != b.fill || a.stroke != b.stroke) {
    return false;
  }
  if (a.width != b.width || a.dash != b.dash || a.round_caps != b.round_caps) return false;
  switch (a.kind) {
    case Shape::Kind::Box:
      return a.radius == b.radius;
    case Shape::Kind::Path:
      return a.path == b.path;
    case Shape::Kind::Text:
      return a.type == b.type && a.align == b.align && a.wraps == b.wraps && a.text == b.text;
    case Shape::Kind::Glyph:
      return a.state == b.state && a.opacity == b.opacity;
    case Shape::Kind::Glow:
      return true;
    case Shape::Kind::Picture:
      return a.picture == b.picture;
  }
  return false;
}

QRectF place_of(const Shape& shape) {
  const auto wider = [&](qreal x, qreal y) { return shape.rect.adjusted(-x, -y, x, y); };
  const qreal line = shape.stroke.isValid() ? shape.width / 2 + 1.5 : 1;
  switch (shape.kind) {
    case Shape::Kind::Box:
    case Shape::Kind::Path:
      if (!shape.fill.isValid() && !shape.stroke.isValid()) return {};
      return wider(line, line);
    case Shape::Kind::Text: {
      if (shape.text.isEmpty()) return {};
      // Letters lean over, and rooms are lower than some of them.
      const qreal over = std::max(0.0, height_of(shape.type) - shape.rect.height()) / 2;
      return wider(4, 4 + over);
    }
    case Shape::Kind::Glyph:
      return wider(3, 3);
    case Shape::Kind::Glow:
    case Shape::Kind::Picture:
      return wider(1, 1);
  }
  return {};
}

std::vector<QRectF> places_of(const Shape& shape) {
  const QRectF whole = place_of(shape);
  if (whole.isEmpty()) return {};
  constexpr qreal kPiece = 32;
  const bool is_line = shape.kind == Shape::Kind::Path && !shape.fill.isValid();
  if (!is_line || std::min(whole.width(), whole.height()) < kPiece) return {whole};
  const qreal around = shape.width / 2 + 1.5;
  std::vector<QRectF> places;
  for (const QPolygonF& line : shape.path.toSubpathPolygons()) {
    for (qsizetype i = 1; i < line.size(); ++i) {
      // Straight parts are long, curved ones are many.
      const QLineF part{line[i - 1], line[i]};
      const auto steps = static_cast<int>(std::ceil(std::max(1.0, part.length() / kPiece)));
      for (int step = 0; step < steps; ++step) {
        const QPointF from = part.pointAt(static_cast<qreal>(step) / steps);
        const QPointF to = part.pointAt(static_cast<qreal>(step + 1) / steps);
        const QRectF place =
            QRectF{from, to}.normalized().adjusted(-around, -around, around, around);
        const QRectF both = places.empty() ? place : places.back().united(place);
        if (!places.empty() && std::max(both.width(), both.height()) < kPiece) {
          places.back() = both;
        } else {
          places.push_back(place);
        }
      }
    }
  }
  return places;
}

std::vector<QRectF> changed_places(const DisplayList& before, const DisplayList& after) {
  const Seen a = seen_of(before);
  const Seen b = seen_of(after);
  std::size_t a_end = a.size();
  std::size_t b_end = b.size();
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a_end && j < b_end && looks_like(*a[i], *b[j])) {
    ++i;
    ++j;
  }
  while (a_end > i && b_end > j && looks_like(*a[a_end - 1], *b[b_end - 1])) {
    --a_end;
    --b_end;
  }
  std::vector<QRectF> places;
  const auto take = [&](const Shape& shape) {
    for (const QRectF& place : places_of(shape)) places.push_back(place);
  };
  while (i < a_end || j < b_end) {
    if (i < a_end && j < b_end && looks_like(*a[i], *b[j])) {
      ++i;
      ++j;
      continue;
    }
    const auto [of_a, of_b] = to_the_next_alike(a, i, a_end, b, j, b_end);
    for (const std::size_t end = i + of_a; i < end; ++i) take(*a[i]);
    for (const std::size_t end = j + of_b; j < end; ++j) take(*b[j]);
  }
  return places;
}

}  // namespace orrery::gui
