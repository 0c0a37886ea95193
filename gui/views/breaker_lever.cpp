#include "gui/views/breaker_lever.h"

#include <QPainterPath>

namespace orrery::gui {

void draw_breaker_lever(DisplayList& list, const QPointF& at, LeverPosition position,
                        const QColor& color) {
  const bool trying = position == LeverPosition::HalfOpen;
  QPainterPath lever{{at.x() - 7, at.y() + 1}};
  if (position == LeverPosition::Open) {
    lever.lineTo(at.x() + 6, at.y() - 5);
  } else {
    lever.lineTo(at.x() + 7, at.y() + (trying ? -1 : 1));
  }
  Shape& arm = list.path(lever, {}, color, 1.6);
  arm.round_caps = true;
  if (trying) arm.dash = {1.5, 1.5};
  QPainterPath ends;
  ends.addEllipse(QPointF{at.x() - 8, at.y() + 1}, 2, 2);
  ends.addEllipse(QPointF{at.x() + 8, at.y() + 1}, 2, 2);
  list.path(ends, color);
}

}  // namespace orrery::gui
