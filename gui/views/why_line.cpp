#include "gui/views/why_line.h"

#include <QCoreApplication>
#include <algorithm>
#include <utility>

namespace orrery::gui {
namespace {

constexpr qreal kArrow = 46;
constexpr qreal kStacked = 10;  ///< From the middle to each of two lines.

struct WhyLine {
  Q_DECLARE_TR_FUNCTIONS(WhyLine)
};

qreal width_of_part(const WhyPart& part) {
  return 22 + width_of(part.who, Type::BodyStrong) + 7 + width_of(part.what, Type::Body);
}

qreal width_of_parts(const std::vector<WhyPart>& parts) {
  qreal sum = -kArrow;
  for (const WhyPart& part : parts) sum += width_of_part(part) + kArrow;
  return sum;
}

/// Those of the parts that there is room for, and in any case the first and the last.
std::vector<WhyPart> kept_parts(std::vector<WhyPart> parts, qreal room) {
  while (parts.size() > 2 && width_of_parts(parts) > room) {
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(parts.size() / 2));
  }
  return parts;
}

void draw_arrow(DisplayList& list, qreal x, qreal middle, const QColor& color) {
  QPainterPath arrow{{x + 12, middle}};
  arrow.lineTo(x + 29, middle);
  arrow.moveTo(x + 24, middle - 4);
  arrow.lineTo(x + 29, middle);
  arrow.lineTo(x + 24, middle + 4);
  list.path(std::move(arrow), {}, color, 1.3).round_caps = true;
}

}  // namespace

void draw_why_line(DisplayList& list, const QRectF& box, const std::vector<WhyPart>& parts,
                   const Theme& theme) {
  list.box(box, 9, theme.window, theme.line).tag = "why";
  const qreal right = box.right() - 16;
  const QString title = WhyLine::tr("Why");
  const qreal begin = box.left() + 16 + width_of(title, Type::Body) + 16;
  const std::vector<WhyPart> kept = kept_parts(parts, right - begin);
  // Where two have no room side by side, one stands below the other; and below the title, where
  // it has no room beside that.
  const bool stacked = kept.size() == 2 && width_of_parts(kept) > right - begin;
  const qreal below = begin - 8;
  const bool narrow = stacked && below + kArrow - 4 + width_of_part(kept[1]) > right;
  qreal middle = box.center().y() - (stacked ? kStacked : 0);
  list.words(box.left() + 16, narrow ? middle : box.center().y(), title, Type::Body, theme.low);
  qreal x = begin;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const WhyPart& part = kept[i];
    if (i > 0) {
      if (stacked) {
        middle = box.center().y() + kStacked;
        x = narrow ? box.left() + 4 : below;
      }
      draw_arrow(list, x, middle, theme.low);
      x += kArrow - 4;
    }
    const qreal from = x;
    if (part.state) list.glyph(*part.state, {x + 7, middle}, 14);
    x = list.words(x + (part.state ? 22 : 0), middle, part.who, Type::BodyStrong, theme.high);
    const qreal wanted = width_of(part.what, Type::Body);
    const qreal given = std::max<qreal>(0, std::min(wanted, right - x - 7));
    const qreal height = height_of(Type::Body);
    list.text({x + 7, middle - height / 2, given + 1, height}, part.what, Type::Body, theme.mid);
    x += 7 + given;
    if (!part.action.isEmpty()) {
      const QRectF place = stacked ? QRectF{from, middle - kStacked, x - from, 2 * kStacked}
                                   : QRectF{from, box.top(), x - from, box.height()};
      list.target(place, part.action, "why " + part.who);
    }
  }
}

}  // namespace orrery::gui
