#include "gui/views/drawer.h"

#include <algorithm>
#include <array>

namespace orrery::gui {
namespace {

struct DrawerText {
  Q_DECLARE_TR_FUNCTIONS(DrawerView)
};

constexpr std::array kDrawers{Drawer::Events, Drawer::Requests, Drawer::Limits, Drawer::Scenario,
                              Drawer::Lab};

QString title_of(Drawer drawer) {
  switch (drawer) {
    case Drawer::Events:
      return DrawerText::tr("Events");
    case Drawer::Requests:
      return DrawerText::tr("Requests");
    case Drawer::Limits:
      return DrawerText::tr("Limits");
    case Drawer::Scenario:
      return DrawerText::tr("Scenario");
    case Drawer::Lab:
      return DrawerText::tr("Lab");
    case Drawer::Compare:
    case Drawer::None:
      break;
  }
  return {};
}

QString action_of(Drawer drawer) { return "drawer " + name_of(drawer); }

}  // namespace

QString name_of(Drawer drawer) {
  switch (drawer) {
    case Drawer::Events:
      return QStringLiteral("events");
    case Drawer::Requests:
      return QStringLiteral("requests");
    case Drawer::Limits:
      return QStringLiteral("limits");
    case Drawer::Scenario:
      return QStringLiteral("scenario");
    case Drawer::Compare:
      return QStringLiteral("compare");
    case Drawer::Lab:
      return QStringLiteral("lab");
    case Drawer::None:
      break;
  }
  return QStringLiteral("none");
}

std::optional<Drawer> drawer_named(const QString& name) {
  for (const Drawer drawer : kDrawers) {
    if (name == name_of(drawer)) return drawer;
  }
  for (const Drawer drawer : {Drawer::Compare, Drawer::None}) {
    if (name == name_of(drawer)) return drawer;
  }
  return std::nullopt;
}

qreal draw_drawer_links(DisplayList& list, qreal right, qreal middle, const Theme& theme) {
  for (auto drawer = kDrawers.rbegin(); drawer != kDrawers.rend(); ++drawer) {
    // Those are not about what is inspected.
    if (*drawer == Drawer::Scenario || *drawer == Drawer::Lab) continue;
    const qreal left =
        list.words_before(right, middle, title_of(*drawer), Type::BodyMedium, theme.accent);
    list.target({left - 6, middle - 14, right - left + 12, 28}, action_of(*drawer),
                action_of(*drawer));
    right = left - 16;
  }
  return right;
}

qreal width_of_chip(const QString& text, Type type) { return width_of(text, type) + 20; }

qreal draw_chip(DisplayList& list, qreal left, qreal middle, const QString& text, bool chosen,
                const QString& action, const Theme& theme, qreal less, Type type) {
  const QRectF chip{left, middle - 13, width_of_chip(text, type) - less, 26};
  Shape& shape = list.box(chip, 8, chosen ? theme.raised : QColor{}, theme.line);
  shape.action = action;
  shape.tag = action;
  list.text(chip, text, type, chosen ? theme.high : theme.mid, Qt::AlignHCenter);
  return chip.right();
}

void DrawerView::draw_frame(DisplayList& list) const {
  const Theme& c = colors();
  draw_panel(list);
  const QPointF m{width() - kPadding - 5, kHeaderMiddle};
  const QRectF close{m.x() - 14, m.y() - 14, 28, 28};
  const auto type_of = [&](Drawer drawer, bool small) {
    if (drawer == shown().drawer) return small ? Type::BodyStrong : Type::Heading;
    return small ? Type::SmallMedium : Type::BodyMedium;
  };
  // In a narrow drawer they are closer together, then smaller.
  const auto apart = [&](bool small) {
    qreal words = 0;
    for (const Drawer drawer : kDrawers) {
      words += width_of(title_of(drawer), type_of(drawer, small));
    }
    return (close.left() - kPadding - words) / static_cast<qreal>(kDrawers.size());
  };
  const bool small = apart(false) < 12;
  const qreal gap = std::clamp(apart(small), 4.0, 20.0);
  qreal x = kPadding - gap / 2;
  for (const Drawer drawer : kDrawers) {
    const Type type = type_of(drawer, small);
    const bool chosen = drawer == shown().drawer;
    const QString title = title_of(drawer);
    const QRectF tab{x, kHeaderMiddle - 14, width_of(title, type) + gap, 28};
    list.text(tab.adjusted(gap / 2, 0, 1 - gap / 2, 0), title, type, chosen ? c.high : c.low).tag =
        "title " + name_of(drawer);
    if (!chosen) list.target(tab, action_of(drawer), action_of(drawer));
    x = tab.right();
  }
  QPainterPath cross;
  cross.moveTo(m + QPointF{-4.5, -4.5});
  cross.lineTo(m + QPointF{4.5, 4.5});
  cross.moveTo(m + QPointF{-4.5, 4.5});
  cross.lineTo(m + QPointF{4.5, -4.5});
  list.path(cross, {}, c.mid, 1.6).round_caps = true;
  list.target(close, action_of(Drawer::None), action_of(Drawer::None)).says = tr("Close");
}

void DrawerView::draw_scroll_bar(DisplayList& list, const QRectF& room, double from, double length,
                                 double all) const {
  if (all <= length) return;
  const double tall = std::max(24.0, room.height() * length / all);
  const double top =
      room.top() + (room.height() - tall) * std::clamp(from / (all - length), 0., 1.);
  list.box({room.right() - 4, top, 4, tall}, 2, colors().raised).tag = "scroll";
}

}  // namespace orrery::gui
