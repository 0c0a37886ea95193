#include "gui/views/why_line.h"

#include <QCoreApplication>
#include <algorithm>
#include <utility>

namespace orrery::gui {
namespace {

constexpr qreal kArrow = 46;

struct WhyLine {
  Q_DECLARE_TR_FUNCTIONS(WhyLine)
};

qreal width_of_part(const WhyPart& part) {
  return 22 + width_of(part.who, Type::BodyStrong) + 7 + width_of(part.what, Type::Body);
}

/// Those of the parts that there is room for.
std::vector<bool> kept_parts(const std::vector<WhyPart>& parts, qreal room) {
  std::vector<bool> kept(parts.size(), true);
  const auto total = [&] {
    qreal sum = -kArrow;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (kept[i]) sum += width_of_part(parts[i]) + kArrow;
    }
    return sum;
  };
  for (std::size_t i = parts.size() / 2; parts.size() > 2 && i + 1 < parts.size(); ++i) {
    if (total() <= room) break;
    kept[i] = false;
  }
  return kept;
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
  const qreal middle = box.center().y();
  const qreal right = box.right() - 16;
  qreal x = list.words(box.left() + 16, middle, WhyLine::tr("Why"), Type::Body, theme.low) + 16;
  const std::vector<bool> kept = kept_parts(parts, right - x);
  bool first = true;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!kept[i]) continue;
    const WhyPart& part = parts[i];
    if (!first) {
      draw_arrow(list, x, middle, theme.low);
      x += kArrow - 4;
    }
    first = false;
    const qreal from = x;
    if (part.state) list.glyph(*part.state, {x + 7, middle}, 14);
    x = list.words(x + (part.state ? 22 : 0), middle, part.who, Type::BodyStrong, theme.high);
    const qreal wanted = width_of(part.what, Type::Body);
    const qreal given = std::max<qreal>(0, std::min(wanted, right - x - 7));
    const qreal height = height_of(Type::Body);
    list.text({x + 7, middle - height / 2, given + 1, height}, part.what, Type::Body, theme.mid);
    x += 7 + given;
    if (!part.action.isEmpty()) {
      list.target({from, box.top(), x - from, box.height()}, part.action, "why " + part.who);
    }
  }
}

}  // namespace orrery::gui
